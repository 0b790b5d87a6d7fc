//! The main promise: each associated client is in Halo, once, with the right quantity and nothing
//! else changed.

mod changes_in_halo;
pub(crate) mod crash;
mod faults;
mod model;
mod nightly;
mod preview;
mod soak;

use infima_halo::app::App;
use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::{Outcome, RunState};
use infima_halo::halo::VENDOR;
use infima_halo::ops::association::resolve::Resolution;
use infima_halo::ops::association::save::Mapping;
use infima_halo::ops::sync::run::{RunOutcome, run_sync};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use tokio_util::sync::CancellationToken;

use crate::support::world::World;

#[tokio::test]
async fn associated_client_gets_subscription_with_active_user_count() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).connected().build().await;
    let associated = world.map(&["Alder", "Birch"]).await;
    assert_eq!(associated.errors, []);
    assert_eq!(world.association("Alder").await.state, AssociationState::Pending);

    let run = associated.run.expect("the subscriptions are to be created");
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));

    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![5])].into());
    let alder = world.association("Alder").await;
    assert_eq!(alder.state, AssociationState::Active);
    assert_eq!(alder.last_synced.map(|sync| sync.quantity), Some(3));
    assert!(world.results(run).await.iter().all(|result| result.outcome == Outcome::Created));
}

#[tokio::test]
async fn second_sync_writes_nothing() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 0)]).synced().build().await;

    let mark = world.mark();
    let second = world.sync().await;
    assert_eq!(second.state, RunState::Succeeded);
    assert_eq!(second.summary.unchanged, 2);
    assert_eq!(world.writes_since(mark), 0);
    assert_eq!(world.connection().await.last_synced_at, Some(world.clock.now()));
}

#[tokio::test]
async fn quantity_update_keeps_the_partners_changes() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::RenameSubscription { id, name: "Training, billed monthly".into() }).unwrap();
    world.tenant.act(Act::RepriceSubscription { id, price: 4.5, cost: 2.25 }).unwrap();
    world.set_users("Alder", 7).await;

    let run = world.sync().await;
    assert_eq!((run.state, run.summary.updated), (RunState::Succeeded, 1));
    let record = world.tenant.subscription(id).unwrap();
    assert_eq!((record.count, record.name.as_str()), (7.0, "Training, billed monthly"));
    assert_eq!((record.price, record.purchase_price), (4.5, 2.25));
    assert_eq!(world.results(run.id).await[0].quantity_before, Some(3));
}

#[tokio::test]
async fn create_with_lost_response_is_found_and_not_repeated() {
    for fault in [Fault::CutAfter, Fault::ServerErrorAfter, Fault::GatewayTimeoutAfter] {
        let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
        world.tenant.inject(fault, Matching::call(Call::Create), Lasting::Once);
        let run = world.map(&["Alder"]).await.run.unwrap();
        assert_eq!(world.work(run).await, RunOutcome::PutBack, "{fault:?}");
        let association = world.association("Alder").await;
        assert_eq!(association.state, AssociationState::Pending, "{fault:?}");
        assert_eq!(association.problem.unwrap().code(), ProblemCode::CreateUnconfirmed, "{fault:?}");

        world.bring_forward(run).await;
        assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded), "{fault:?}");
        assert_eq!(world.billed(), [("Alder".into(), vec![3])].into(), "{fault:?}");
        assert_eq!(world.association("Alder").await.state, AssociationState::Active, "{fault:?}");
        let creates = world.tenant.journal().iter().filter(|entry| entry.call == Call::Create).count();
        assert_eq!(creates, 1, "{fault:?}");
        assert_eq!(world.tenant.unconsumed_faults(), []);
    }
}

/// While the first client is written, Halo is slow and the partner tidies up: the plan for the
/// others is out of date.
#[tokio::test]
async fn stale_observation_is_read_again_before_the_write() {
    let clients = [("Alder", 3), ("Birch", 3), ("Cedar", 3), ("Dogwood", 3), ("Elder", 3)];
    let world =
        World::builder().clients(&clients).set("INFIMA_HALO_MAX_OBSERVATION_AGE_SECONDS", 0).synced().build().await;
    for (name, _) in clients {
        world.set_users(name, 8).await;
    }
    let (birch, cedar) = (world.record_of("Birch").await.id, world.record_of("Cedar").await.id);
    let (dogwood, elder) = (world.record_of("Dogwood").await.id, world.record_of("Elder").await.id);
    let elsewhere = world.customer("Alder").0;

    world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Update), Lasting::Once);
    let (run, mark) = (world.request_sync().await, world.mark());
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        world.tenant.act(Act::SetSubscriptionActive { id: birch, active: false }).unwrap();
        world.tenant.act(Act::MoveSubscription { id: cedar, client_id: elsewhere }).unwrap();
        world.tenant.act(Act::SetCount { id: dogwood, count: 8 }).unwrap();
        world.tenant.act(Act::DeleteSubscription { id: elder }).unwrap();
        world.tenant.release();
    };
    let (looked, ()) = tokio::join!(world.work(run), meanwhile);
    assert_eq!(looked, RunOutcome::Finished(RunState::PartiallySucceeded));

    assert_eq!(world.writes_since(mark), 2, "Alder's and Cedar's");
    assert_eq!(world.tenant.subscription(birch).unwrap().count, 3.0);
    let moved = world.tenant.subscription(cedar).unwrap();
    assert_eq!((moved.client_id, moved.count), (elsewhere, 8.0), "it stays where the partner put it");
    let mut problems = Vec::new();
    for (name, _) in clients {
        problems.push(world.association(name).await.problem.map(|problem| problem.code()));
    }
    let expected = [
        None,
        Some(ProblemCode::SubscriptionInactive),
        Some(ProblemCode::SubscriptionMoved),
        None,
        Some(ProblemCode::SubscriptionDeleted),
    ];
    assert_eq!(problems, expected);
    assert_eq!(world.run(run).await.summary.unchanged, 1, "Dogwood's is as it should be");
}

#[tokio::test]
async fn empty_lookup_counts_only_after_confirmation_timeout() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::CutBefore, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::PutBack);

    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, RunOutcome::PutBack, "Halo may still be at work");
    assert_eq!(world.tenant.live_subscriptions_of(world.customer("Alder").0, VENDOR), []);

    world.pass_confirmation_timeout("Alder").await;
    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

#[tokio::test]
async fn deleted_subscription_is_reported_and_not_recreated() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).synced().build().await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::DeleteSubscription { id }).unwrap();
    world.set_users("Birch", 4).await;
    let before = world.connection().await.last_synced_at;

    let run = world.sync().await;
    assert_eq!(run.state, RunState::PartiallySucceeded);
    let alder = world.association("Alder").await;
    assert_eq!(alder.state, AssociationState::NeedsAttention);
    assert_eq!(alder.problem.unwrap().code(), ProblemCode::SubscriptionDeleted);
    assert_eq!(world.billed(), [("Birch".into(), vec![4])].into());
    assert_eq!(world.connection().await.last_synced_at, before, "one broken client holds the date back");
}

#[tokio::test]
async fn rejected_credentials_stop_the_run() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).synced().build().await;
    world.tenant.act(Act::RotateSecret).unwrap();
    let mark = world.mark();

    let run = world.sync().await;
    assert_eq!(run.state, RunState::Failed);
    let problem = world.connection().await.problem.expect("the connection needs attention");
    assert_eq!(problem.code(), ProblemCode::CredentialsRejected);
    assert!(world.mark() - mark <= 4, "the tenant is not hammered");
}

#[tokio::test]
async fn quantity_changed_in_halo_is_corrected_and_reported() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::SetCount { id, count: 30 }).unwrap();

    let run = world.sync().await;
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
    let result = world.results(run.id).await.remove(0);
    assert!(result.changed_in_halo);
    assert_eq!(result.problem.unwrap().code(), ProblemCode::QuantityChangedInHalo);
    assert_eq!(world.sync().await.summary.unchanged, 1);
}

#[tokio::test]
async fn late_create_after_retry_is_reported_as_duplicate() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::AppearsAfterSeconds(3600), Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::PutBack);
    for _ in 0..2 {
        world.pass_confirmation_timeout("Alder").await;
        world.bring_forward(run).await;
        world.work(run).await;
    }
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into(), "it was sent again, after the confirmation timeout");

    world.clock.advance(chrono::Duration::hours(2));
    world.set_users("Alder", 4).await;
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Succeeded);
    let problem = world.association("Alder").await.problem.expect("the duplicate is reported");
    assert_eq!(problem.code(), ProblemCode::DuplicateSubscription);
    assert_eq!(world.billed()["Alder"].len(), 2, "a person decides which one goes");
    assert!(world.billed()["Alder"].contains(&4), "the client's own stays right");

    // The duplicate is not forgotten over another problem, nor after a while.
    sqlx::query("update associations set duplicate_search_until = duplicate_search_until - interval '2 days'")
        .execute(&world.owner)
        .await
        .unwrap();
    world.set_users("Alder", 5).await;
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Update), Lasting::Once);
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::PutBack);
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::HaloUnreachable);
    world.pass_confirmation_timeout("Alder").await;
    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    let problem = world.association("Alder").await.problem.expect("the duplicate is still there");
    assert_eq!(problem.code(), ProblemCode::DuplicateSubscription);

    let duplicate = problem.subscriptions()[0].0;
    world.tenant.act(Act::SetSubscriptionActive { id: duplicate, active: false }).unwrap();
    world.sync().await;
    assert_eq!(world.association("Alder").await.problem, None);
    assert_eq!(world.billed(), [("Alder".into(), vec![5])].into());
}

/// Halo answers each create of one client as if it had failed: the create is not retried for ever,
/// and the others are done.
#[tokio::test]
async fn create_that_always_fails_is_deferred_to_the_next_run() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).only(&["Birch"]).synced().build().await;
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Create), Lasting::Sticky);
    world.map(&["Alder"]).await;
    let run = world.request_sync().await;
    let mut looks = 0;
    while world.work(run).await == RunOutcome::PutBack {
        looks += 1;
        assert!(looks < 20, "there is an end");
        world.pass_confirmation_timeout("Alder").await;
        world.bring_forward(run).await;
    }
    assert_eq!(world.run(run).await.state, RunState::PartiallySucceeded);
    let creates = world.tenant.journal().iter().filter(|entry| entry.call == Call::Create).count();
    assert!(creates <= 6, "{creates} creates");
    world.tenant.clear_faults();
    world.pass_confirmation_timeout("Alder").await;
    world.sync().await;
    world.pass_confirmation_timeout("Alder").await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![2])].into());
}

#[tokio::test]
async fn fields_overwritten_by_unconfirmed_write_are_detected() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).synced().build().await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::RepriceSubscription { id, price: 4.5, cost: 2.25 }).unwrap();
    world.set_users("Alder", 7).await;
    world.tenant.inject(Fault::ReplacesOnUpdate, Matching::call(Call::Update), Lasting::Once);
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Update), Lasting::Once);
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::PutBack);

    world.set_users("Birch", 9).await;
    world.bring_forward(run).await;
    world.work(run).await;
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::FieldsOverwritten);
    assert!(world.connection().await.writes_suspended_since.is_some());
    assert_eq!(world.billed()["Birch"], [2], "nothing more is written until a person has looked");

    // The user accepts that the fields are blank.
    let run = world.resolve(world.association("Alder").await.id, Resolution::Continue).await.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!((world.billed()["Birch"].clone(), world.connection().await.writes_suspended_since), (vec![9], None));
}

/// Eleven clients on one customer stay together when they are observed again, and every observation
/// is too old at once.
#[tokio::test]
async fn run_with_always_stale_observations_ends() {
    let names: Vec<_> = (0..11).map(|number| format!("Site {number:02}")).collect();
    let world = World::builder()
        .clients(&names.iter().map(|name| (name, 2)).collect::<Vec<_>>())
        .customers(&["Alder"])
        .set("INFIMA_HALO_MAX_OBSERVATION_AGE_SECONDS", 0)
        .connected()
        .build()
        .await;
    let mut mappings = Vec::new();
    for name in &names {
        mappings.push(Mapping { allow_shared: true, ..world.mapping(name, "Alder").await });
    }
    let run = world.associate(&mappings).await.unwrap().run.unwrap();
    let worked = tokio::time::timeout(std::time::Duration::from_secs(60), world.work(run)).await;
    assert_eq!(worked.expect("it ends"), RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![2; 11])].into());
}

/// The response itself is evidence enough: the old record need not be read.
#[tokio::test]
async fn update_that_creates_a_record_suspends_writes() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 3), ("Cedar", 3)]).synced().build().await;
    world.set_users("Alder", 4).await;
    world.set_users("Birch", 4).await;
    world.tenant.inject(Fault::UpdateMakesRow, Matching::call(Call::Update), Lasting::Sticky);
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::SubscriptionSingle), Lasting::Sticky);
    let run = world.sync().await;
    assert_eq!(run.state, RunState::PartiallySucceeded);
    world.tenant.clear_faults();
    world.tenant.inject(Fault::UpdateMakesRow, Matching::call(Call::Update), Lasting::Sticky);
    world.sync().await;
    assert_eq!(world.tenant.subscriptions().len(), 4);
    assert!(world.connection().await.writes_suspended_since.is_some());
}

#[tokio::test]
async fn creates_over_the_budget_complete_in_later_windows() {
    let names: Vec<_> = (0..70).map(|number| format!("Client {number:02}")).collect();
    let world = World::builder()
        .clients(&names.iter().map(|name| (name, 1)).collect::<Vec<_>>())
        .set("INFIMA_HALO_REQUESTS", 120)
        .set("INFIMA_HALO_INTERACTIVE_RESERVE", 20)
        .connected()
        .build()
        .await;
    let run = world.map(&names.iter().map(String::as_str).collect::<Vec<_>>()).await.run.unwrap();
    let mut left = names.len();
    while left > 0 {
        world.new_budget().await;
        world.bring_forward(run).await;
        world.work(run).await;
        let before = std::mem::replace(&mut left, names.len() - world.billed().len());
        assert!(left < before, "each window brings some, and {left} are left");
    }
    assert!(world.billed().values().all(|quantities| quantities == &[1]), "one each");
}

#[tokio::test]
async fn removal_during_a_run_is_not_overridden() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let alder = world.association("Alder").await;

    world.tenant.inject(Fault::HeldAfter, Matching::call(Call::SubscriptionSingle), Lasting::Once);
    let stale = world.request_sync().await;
    let decide = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        let run = world.remove(alder.id, Ending::SetToZero).await.unwrap();
        world.tenant.release();
        run
    };
    let (_, ending) = tokio::join!(world.work(stale), decide);
    assert_eq!(world.association("Alder").await.state, AssociationState::Ending, "the plan was made before");
    assert_eq!(world.results(stale).await[0].outcome, Outcome::Skipped);
    world.work(ending.expect("the end is to be confirmed")).await;
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
}

/// The partner disconnects and connects again while a write is under way.
#[tokio::test]
async fn new_run_waits_for_the_cancelled_runs_write() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.set_users("Alder", 4).await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::Update), Lasting::Once);
    let cancelled = world.request_sync().await;
    let reconnect = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        world.disconnect().await;
        world.set_users("Alder", 9).await;
        world.connect().await;
        let next = world.open_run().await.expect("a new connection is synced");
        let looked = world.work(next).await;
        world.tenant.release();
        assert_eq!(looked, RunOutcome::Nothing, "it waits");
        next
    };
    let (looked, next) = tokio::join!(world.work(cancelled), reconnect);
    assert_eq!((looked, world.run(cancelled).await.state), (RunOutcome::Nothing, RunState::Cancelled));
    world.end_leases().await;
    assert_eq!(world.work(next).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![9])].into());
}

/// A partner without nightly syncs has no next one that would take over.
#[tokio::test]
async fn unreachable_halo_is_retried_for_a_day() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    world.tenant.inject(Fault::Maintenance, Matching::any(), Lasting::Sticky);
    assert_eq!(world.work(run).await, RunOutcome::PutBack);
    world.clock.advance(chrono::Duration::hours(23));
    assert_eq!(world.look().await, Some(RunOutcome::PutBack));
    world.clock.advance(chrono::Duration::hours(1));
    assert_eq!(world.look().await, Some(RunOutcome::Finished(RunState::Failed)));
    assert_eq!(world.connection().await.problem.unwrap().code(), ProblemCode::HaloUnreachable);

    // A new request has a day of its own.
    assert_eq!(world.work(world.request_sync().await).await, RunOutcome::PutBack);
}

#[tokio::test]
async fn blocked_address_is_a_connection_problem() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    let mut config = world.config.clone();
    config.halo.development_addresses.clear();
    let elsewhere = App::build(&config, world.clock.clone(), 2).await.unwrap();
    let looked = run_sync(&elsewhere.ops, run, "elsewhere", &CancellationToken::new()).await.unwrap();
    assert_eq!(looked, RunOutcome::Finished(RunState::Failed));
    assert_eq!(world.connection().await.problem.unwrap().code(), ProblemCode::AddressBlocked);
}

/// A list row need not name its customer. Overlooked, the subscription of the interrupted create
/// would be created again.
#[tokio::test]
async fn created_subscription_is_found_in_row_without_customer() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::PutBack);
    let made = world.tenant.subscriptions()[0].id;
    world.tenant.inject(Fault::RowWithoutCustomer(made), Matching::call(Call::SubscriptionList), Lasting::Sticky);
    world.wait_out().await;
    assert_eq!(world.run(run).await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

#[tokio::test]
async fn unreadable_subscription_does_not_stop_others() {
    for (fault, code) in [
        (Fault::WrongShape, ProblemCode::AnswerNotUnderstood),
        (Fault::ServerErrorBefore, ProblemCode::HaloUnreachable),
    ] {
        let world = World::builder().clients(&[("Alder", 3), ("Birch", 3)]).synced().build().await;
        world.set_users("Alder", 4).await;
        world.set_users("Birch", 4).await;
        let alder = world.association("Alder").await.subscription.unwrap().id;
        let read = Matching::call(Call::SubscriptionSingle).id(alder.0);
        world.tenant.inject(fault, read, Lasting::Sticky);
        let run = world.request_sync().await;
        let first = world.work(run).await;
        assert_eq!(world.billed()["Birch"], [4], "{fault:?}");
        assert_eq!(world.association("Alder").await.problem.map(|it| it.code()), Some(code), "{fault:?}");
        // A read without answer is retried a few times.
        assert_eq!(first == RunOutcome::PutBack, fault == Fault::ServerErrorBefore);
        while world.look().await == Some(RunOutcome::PutBack) {}
        assert_eq!(world.run(run).await.state, RunState::PartiallySucceeded, "{fault:?}");
        world.tenant.clear_faults();
        assert_eq!(world.sync().await.state, RunState::Succeeded, "{fault:?}");
        assert_eq!(world.billed()["Alder"], [4], "{fault:?}");
    }
}

/// Four clients with a changed count. Halo always fails to update the first three of the alphabet.
async fn halo_failing_for_three_of_four_clients() -> World {
    let names = ["Alder", "Birch", "Cedar", "Dogwood"];
    let world = World::builder().clients(&names.map(|name| (name, 3))).synced().build().await;
    for name in names {
        world.set_users(name, 4).await;
    }
    for name in &names[..3] {
        let id = world.association(name).await.subscription.unwrap().id;
        world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Update).id(id.0), Lasting::Sticky);
    }
    world
}

#[tokio::test]
async fn clients_halo_fails_for_do_not_stop_others() {
    let world = halo_failing_for_three_of_four_clients().await;
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::PutBack, "three in a row");
    assert_eq!(world.billed()["Dogwood"], [3]);
    assert_eq!(world.look().await, Some(RunOutcome::PutBack));
    assert_eq!(world.billed()["Dogwood"], [4]);
}

#[tokio::test]
async fn unwritable_record_does_not_stop_others() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 3), ("Cedar", 3)]).synced().build().await;
    for name in ["Alder", "Birch", "Cedar"] {
        world.set_users(name, 4).await;
    }
    let alder = world.association("Alder").await.subscription.unwrap().id;
    world.tenant.inject(Fault::Forbidden, Matching::call(Call::Update).id(alder.0), Lasting::Sticky);
    assert_eq!(world.sync().await.state, RunState::PartiallySucceeded);
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::PermissionMissing);
    assert_eq!((world.billed()["Birch"].clone(), world.billed()["Cedar"].clone()), (vec![4], vec![4]));
    assert_eq!(world.connection().await.problem, None);

    // An agent that may write nothing is the connection's problem, and Halo is not tried for every
    // client.
    world.set_users("Birch", 5).await;
    world.set_users("Cedar", 5).await;
    world.tenant.inject(Fault::Forbidden, Matching::call(Call::Update), Lasting::Sticky);
    let mark = world.mark();
    assert_eq!(world.sync().await.state, RunState::Failed);
    assert_eq!(world.connection().await.problem.unwrap().code(), ProblemCode::PermissionMissing);
    assert_eq!(world.writes_since(mark), 3, "two clients' writes, the first one again with a new token");
}

/// A restored database does not know the subscription that Halo has.
#[tokio::test]
async fn set_to_zero_finds_an_unknown_subscription() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    sqlx::query("update associations set subscription_id = null, state = 'pending'")
        .execute(&world.owner)
        .await
        .unwrap();
    let run = world.remove(world.association("Alder").await.id, Ending::SetToZero).await.unwrap();
    assert_eq!(world.work(run.expect("Halo is to be asked")).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
}

/// Only a refusal counts as one: some Halos never accept a 0.
#[tokio::test]
async fn zero_not_kept_by_halo_is_written_again() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 0)]).connected().build().await;
    world.tenant.inject(Fault::CountNotKept, Matching::call(Call::Create).nth(2), Lasting::Once);
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![0])].into());
    assert!(world.results(run).await.iter().all(|result| result.outcome == Outcome::Created));

    world.set_users("Alder", 0).await;
    world.tenant.inject(Fault::CountNotKept, Matching::call(Call::Update), Lasting::Once);
    assert_eq!(world.sync().await.state, RunState::PartiallySucceeded);
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::QuantityRefused);
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed()["Alder"], [0]);
}

/// Halo is still carrying out the write whose answer timed out when a user ends the association.
#[tokio::test]
async fn late_write_does_not_undo_set_to_zero() {
    let world = World::builder().clients(&[("Alder", 3)]).set("INFIMA_HALO_TIMEOUT_SECONDS", 1).synced().build().await;
    world.set_users("Alder", 4).await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::Update), Lasting::Once);
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::PutBack);

    let ended = world.remove(world.association("Alder").await.id, Ending::SetToZero).await.unwrap();
    assert_eq!(ended, Some(run));
    assert_eq!(world.look().await, Some(RunOutcome::PutBack), "it waits for what Halo may be at work on");
    world.tenant.release();
    world.tenant.until(|tenant| tenant.held() == 0).await;
    world.wait_out().await;
    assert_eq!(world.run(run).await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
}

#[tokio::test]
async fn removed_pair_saved_again_readopts_moved_subscription() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 3)]).only(&["Alder"]).synced().build().await;
    let alder = world.association("Alder").await;
    let id = alder.subscription.unwrap().id;
    world.tenant.act(Act::MoveSubscription { id: id.0, client_id: world.customer("Birch").0 }).unwrap();
    assert_eq!(world.remove(alder.id, Ending::KeepQuantity).await.unwrap(), None, "nothing is to be written");
    world.set_users("Alder", 5).await;
    world.work(world.map(&["Alder"]).await.run.unwrap()).await;
    assert_eq!(world.association("Alder").await.subscription.unwrap().id, id);
    assert_eq!(world.billed(), [("Birch".into(), vec![5])].into());
}

/// A duplicate may appear while no sync runs for days.
#[tokio::test]
async fn possible_duplicate_is_looked_for_until_a_lookup() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::AppearsAfterSeconds(7200), Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::PutBack);
    for _ in 0..2 {
        world.pass_confirmation_timeout("Alder").await;
        world.bring_forward(run).await;
        world.work(run).await;
    }
    sqlx::query("update associations set duplicate_search_until = duplicate_search_until - interval '2 days'")
        .execute(&world.owner)
        .await
        .unwrap();
    world.clock.advance(chrono::Duration::hours(48));
    world.sync().await;
    let problem = world.association("Alder").await.problem.expect("the duplicate is reported");
    assert_eq!(problem.code(), ProblemCode::DuplicateSubscription);
}

/// The subscription of one client's interrupted create is no candidate for another client of the
/// same customer.
#[tokio::test]
async fn create_of_another_client_is_no_candidate() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::PutBack);
    sqlx::query("update sync_runs set state = 'cancelled', finished_at = now()").execute(&world.owner).await.unwrap();
    let shared = Mapping { allow_shared: true, ..world.mapping("Birch", "Alder").await };
    let run = world.associate(&[shared]).await.unwrap().run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![3, 5])].into());
}

/// Removed clients with deleted subscriptions are associated again, in a tenant that has no other
/// subscription.
#[tokio::test]
async fn removed_pairs_with_deleted_subscriptions_are_created_again() {
    let names = ["Alder", "Birch", "Cedar"];
    let world = World::builder().clients(&names.map(|name| (name, 3))).synced().build().await;
    for name in names {
        let association = world.association(name).await;
        world.remove(association.id, Ending::KeepQuantity).await.unwrap();
        world.tenant.act(Act::DeleteSubscription { id: association.subscription.unwrap().id.0 }).unwrap();
    }
    world.tenant.inject(Fault::GoneAsEmpty, Matching::call(Call::SubscriptionSingle), Lasting::Sticky);
    let run = world.map(&names).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), names.map(|name| (name.to_owned(), vec![3])).into());
}

/// Three clients in a row that Halo never answers for are their own problem, not an outage.
#[tokio::test]
async fn three_clients_without_answer_is_no_outage() {
    let world = halo_failing_for_three_of_four_clients().await;
    let run = world.request_sync().await;
    for _ in 0..6 {
        world.wait_out().await;
        assert_eq!(world.run(run).await.state, RunState::Queued);
    }
    world.clock.advance(chrono::Duration::days(1));
    world.wait_out().await;
    assert_eq!(world.run(run).await.state, RunState::PartiallySucceeded);
    assert_eq!(world.connection().await.problem, None);
}

/// One customer's list is not understood: nothing is created there, and the others are synced.
#[tokio::test]
async fn unreadable_customer_list_stops_only_that_customer() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 3)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::PutBack);
    let of_alder = Matching::call(Call::SubscriptionList).client_id(world.customer("Alder").0);
    world.tenant.inject(Fault::WrongShape, of_alder, Lasting::Sticky);
    world.wait_out().await;
    assert_eq!(world.run(run).await.state, RunState::PartiallySucceeded);
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::AnswerNotUnderstood);
    assert_eq!(world.billed()["Birch"], [3]);
}

/// The first of two equal writes is still under way when the second is confirmed.
#[tokio::test]
async fn unconfirmed_write_is_resolved_before_it_is_repeated() {
    let world = World::builder().clients(&[("Alder", 3)]).set("INFIMA_HALO_TIMEOUT_SECONDS", 1).synced().build().await;
    world.set_users("Alder", 10).await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::Update), Lasting::Once);
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::PutBack);
    assert_eq!(world.look().await, Some(RunOutcome::PutBack), "it may still be carried out");
    world.remove(world.association("Alder").await.id, Ending::SetToZero).await.unwrap();
    assert_eq!(world.look().await, Some(RunOutcome::PutBack));
    world.tenant.release();
    world.tenant.until(|tenant| tenant.held() == 0).await;
    assert_eq!(world.look().await, Some(RunOutcome::Finished(RunState::Succeeded)), "it has arrived");
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
}

/// A write that Halo clearly refused is not under way: the next count is written at once.
#[tokio::test]
async fn refused_quantity_does_not_delay_the_next_one() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.set_users("Alder", 0).await;
    world.tenant.inject(Fault::ZeroRefused, Matching::call(Call::Update), Lasting::Sticky);
    assert_eq!(world.sync().await.state, RunState::Failed);
    world.set_users("Alder", 8).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![8])].into());
}
