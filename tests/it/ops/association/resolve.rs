//! Problems that a user has to resolve: existing, duplicate and overwritten subscriptions.

use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::connection::ConnectionState;
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::RunState;
use infima_halo::halo::VENDOR;
use infima_halo::ids::{AssociationId, HaloSubscriptionId};
use infima_halo::ops::UserErrorCode;
use infima_halo::ops::association::resolve::Answer;
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::check::check_connection;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};

use crate::ops::association::{creates, problem_of};
use crate::support::halo_admin::{SUCCEEDED, refusal};
use crate::support::world::{World, request};

/// A customer with one subscription of ours that no association owns, beside another vendor's.
async fn with_an_orphan() -> (World, AssociationId, i32, i32) {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let client_id = world.customer("Alder").0;
    let add = |vendor: &str, name: &str| {
        let (name, vendor) = (name.into(), vendor.into());
        world.tenant.act(Act::AddSubscription { client_id, name, vendor, count: 9 }).expect("the customer is there")
    };
    let (orphan, other) = (add(VENDOR, "Security training"), add("Microsoft", "Microsoft 365"));
    world.map(&["Alder"]).await;
    assert_eq!(world.look().await, Some(RunOutcome::Finished(RunState::Failed)));
    let association = world.association("Alder").await;
    let problem = association.problem.expect("a person has to choose");
    assert_eq!(problem.code(), ProblemCode::SubscriptionExists);
    assert_eq!(problem.subscriptions(), [HaloSubscriptionId(orphan)]);
    assert_eq!(creates(&world), 0);
    (world, association.id, orphan, other)
}

#[tokio::test]
async fn existing_subscription_is_adopted_on_request() {
    let (world, id, orphan, other) = with_an_orphan().await;
    // A person may name any subscription of the customer, but none of another one.
    let client_id = world.tenant.act(Act::AddCustomer { name: "Elsewhere".into() }).expect("it is new");
    let (name, vendor) = ("Security training".into(), "Microsoft".into());
    let elsewhere = world.tenant.act(Act::AddSubscription { client_id, name, vendor, count: 9 }).expect("it is there");
    for wrong in [elsewhere, 4711] {
        let wrong = Answer::Adopt(Some(HaloSubscriptionId(wrong)));
        assert_eq!(refusal(world.resolve(id, wrong).await), [UserErrorCode::SubscriptionNotACandidate]);
    }
    assert_eq!(refusal(world.resolve(id, Answer::Continue).await), [UserErrorCode::NothingToResolve]);
    let run = world.resolve(id, Answer::Adopt(Some(HaloSubscriptionId(orphan)))).await.expect("it was offered");
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
    assert_eq!(world.tenant.subscription(other).expect("it is there").count, 9.0);
    let again = world.resolve(id, Answer::CreateNew).await;
    assert_eq!(refusal(again), [UserErrorCode::NothingToResolve]);
}

#[tokio::test]
async fn existing_subscription_stays_when_create_new_is_chosen() {
    let (world, id, orphan, _) = with_an_orphan().await;
    let run = world.resolve(id, Answer::CreateNew).await.expect("that was asked");
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.billed(), [("Alder".into(), vec![9, 3])].into());
    assert_ne!(world.record_of("Alder").await.id, orphan);
    let mark = world.mark();
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.writes_since(mark), 0);
}

#[tokio::test]
async fn duplicate_subscription_deactivated_in_halo_is_resolved() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let first = world.record_of("Alder").await.id;
    let second = world.tenant.act(Act::CopySubscription { id: first }).expect("it is there");
    world.remove(world.association("Alder").await.id, Ending::KeepQuantity).await.expect("it is mapped");
    world.map(&["Alder"]).await;
    assert_eq!(world.look().await, Some(RunOutcome::Finished(RunState::Failed)));
    let problem = world.association("Alder").await.problem.expect("a person has to choose");
    assert_eq!(problem.code(), ProblemCode::DuplicateSubscription);
    assert_eq!(problem.subscriptions(), [first, second].map(HaloSubscriptionId));

    world.tenant.act(Act::SetSubscriptionActive { id: first, active: false }).expect("it is there");
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.record_of("Alder").await.id, second);
}

#[tokio::test]
async fn overwritten_fields_suspend_writes_until_acknowledged() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 1)]).synced().build().await;
    let id = world.record_of("Alder").await.id;
    world.tenant.act(Act::RepriceSubscription { id, price: 4.5, cost: 2.25 }).expect("it is there");
    world.set_users("Alder", 4).await;
    world.set_users("Birch", 6).await;
    world.tenant.inject(Fault::ReplacesOnUpdate, Matching::call(Call::Update).id(id), Lasting::Once);
    let run = world.sync().await;
    assert_eq!(run.state, RunState::PartiallySucceeded);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::FieldsOverwritten));
    assert_eq!(problem_of(&world, "Birch").await, Some(ProblemCode::FieldsOverwritten), "it waits too");
    let connection = world.connection().await;
    assert_eq!(connection.problem.map(|problem| problem.code()), Some(ProblemCode::FieldsOverwritten));

    // Nothing is written any more, whatever is requested.
    let mark = world.mark();
    world.set_users("Cedar", 2).await;
    assert_eq!(world.sync().await.state, RunState::Failed);
    assert_eq!(world.writes_since(mark), 0);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::FieldsOverwritten), "until it is acknowledged");

    // A recheck, or the same details again, only proves that Halo answers.
    let (admin, partner) = (world.admin().await, world.partner().await);
    let rechecked = check_connection(world.ops(), &request(&admin), partner, &Details::default()).await;
    assert_eq!(rechecked.expect("it is connected").problem, None);
    for save in [false, true] {
        if save {
            world.connect().await;
        }
        let connection = world.connection().await;
        let problem = connection.problem.expect("writes are held");
        assert_eq!(
            (connection.state, problem.code()),
            (ConnectionState::NeedsAttention, ProblemCode::FieldsOverwritten)
        );
        assert_eq!(Some(problem.since), connection.writes_suspended_since);
    }

    // The acknowledgement comes while a sync is running that began before.
    world.tenant.inject(Fault::HeldAfter, Matching::call(Call::SubscriptionList), Lasting::Once);
    let stale = world.request_sync().await;
    let say = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        let run = world.resolve(world.association("Alder").await.id, Answer::Continue).await.expect("it waits");
        world.tenant.release();
        run
    };
    let (_, run) = tokio::join!(world.work(stale), say);
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.connection().await.problem, None);
    let count = |client: &str| world.live_at(world.customer(client))[0].count;
    assert_eq!((count("Alder"), count("Birch"), count("Cedar")), (4.0, 6.0, 2.0));
}

/// Only a client that is being removed waits: its association can acknowledge, too.
#[tokio::test]
async fn acknowledging_overwritten_fields_on_ending_resumes_writes() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    world.set_users("Alder", 4).await;
    let id = world.record_of("Alder").await.id;
    world.tenant.act(Act::RepriceSubscription { id, price: 4.5, cost: 2.25 }).expect("it is there");
    world.tenant.inject(Fault::ReplacesOnUpdate, Matching::call(Call::Update), Lasting::Once);
    world.sync().await;
    let (alder, birch) = (world.association("Alder").await, world.association("Birch").await);
    world.remove(birch.id, Ending::SetToZero).await.expect("it is mapped");
    world.look().await;
    world.remove(alder.id, Ending::KeepQuantity).await.expect("it is mapped");
    world.look().await;
    assert_eq!(problem_of(&world, "Birch").await, Some(ProblemCode::FieldsOverwritten));
    world.resolve(birch.id, Answer::Continue).await.expect("it can be acknowledged");
    world.look().await;
    assert_eq!(world.tenant.subscription(birch.subscription.unwrap().id.0).unwrap().count, 0.0);
}

/// The record that a person makes in Halo by hand: with a name of their own, and not of our vendor.
fn made_by_hand(world: &World, client: &str) -> HaloSubscriptionId {
    let (client_id, name, vendor) = (world.customer(client).0, "Training".into(), String::new());
    let made = world.tenant.act(Act::AddSubscription { client_id, name, vendor, count: 0 });
    HaloSubscriptionId(made.expect("the customer is there"))
}

#[tokio::test]
async fn refused_create_is_resolved_by_adopting_a_subscription_made_by_hand() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::RefusedAsText, Matching::call(Call::Create), Lasting::Sticky);
    world.map(&["Alder"]).await;
    world.look().await;
    let association = world.association("Alder").await;
    assert_eq!(association.problem.as_ref().map(|it| it.code()), Some(ProblemCode::CreateRefused));

    let made = made_by_hand(&world, "Alder");
    let run = world.resolve(association.id, Answer::Adopt(Some(made))).await.expect("it is the customer's");
    let adopted = world.association("Alder").await.subscription.expect("it was adopted");
    assert_eq!((adopted.id, adopted.name.as_deref(), adopted.quantity), (made, Some("Training"), Some(0)));
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.tenant.subscription(made.0).expect("it is there").count, 3.0);
}

#[tokio::test]
async fn create_that_halo_cannot_store_becomes_refused_and_needs_attention() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).connected().build().await;
    let alder = world.customer("Alder");
    world.tenant.inject(Fault::CreateFails, Matching::call(Call::Create).client_id(alder.0), Lasting::Sticky);
    world.map(&["Alder", "Birch"]).await;
    world.look().await;
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::CreateUnconfirmed), "it may be stored");
    assert_eq!(world.association("Birch").await.last_synced.map(|last| last.quantity), Some(5), "it does not wait");

    // It is looked for, is not there, and is refused again.
    world.wait_out().await;
    let association = world.association("Alder").await;
    assert_eq!(association.state, AssociationState::NeedsAttention, "a person has to know");
    let problem = association.problem.expect("it was refused");
    assert_eq!(problem.code(), ProblemCode::CreateRefused);
    assert!(problem.message().contains("Cannot insert the value NULL"), "{}", problem.message());
    assert_eq!(world.open_run().await, None, "the run has ended");

    let made = made_by_hand(&world, "Alder");
    let run = world.resolve(association.id, Answer::Adopt(Some(made))).await.expect("it is the customer's");
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.tenant.subscription(made.0).expect("it is there").count, 3.0);
    assert_eq!(world.billed(), [("Birch".into(), vec![5])].into());
}

/// Halo gives no reason, and there is none to read in its answer.
#[tokio::test]
async fn create_that_fails_without_a_reason_becomes_refused_and_needs_attention() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).connected().build().await;
    let create = Matching::call(Call::Create).client_id(world.customer("Alder").0);
    world.tenant.inject(Fault::ServerErrorBefore, create, Lasting::Sticky);
    world.map(&["Alder", "Birch"]).await;
    world.look().await;
    world.wait_out().await;
    let association = world.association("Alder").await;
    assert_eq!(association.state, AssociationState::NeedsAttention, "a person has to know");
    assert_eq!(association.problem.map(|it| it.code()), Some(ProblemCode::CreateRefused));
    assert_eq!(world.open_run().await, None, "the run has ended");

    let made = made_by_hand(&world, "Alder");
    let run = world.resolve(association.id, Answer::Adopt(Some(made))).await.expect("it is the customer's");
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.tenant.subscription(made.0).expect("it is there").count, 3.0);
}

#[tokio::test]
async fn create_refused_for_want_of_a_site_is_sent_with_the_main_site() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::SiteRequired, Matching::call(Call::Create), Lasting::Sticky);
    world.map(&["Alder"]).await;
    assert_eq!(world.look().await, Some(SUCCEEDED));
    assert_eq!(world.record_of("Alder").await.site_id, world.customer("Alder").0 + 9);
    assert_eq!(creates(&world), 2);
}
