//! Associating clients with Halo customers, and every way in which an association ends or needs a
//! user to resolve it.

use infima_halo::auth::{Denied, Role};
use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::connection::ConnectionState;
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::roster::{ClientRecord, RosterState};
use infima_halo::domain::run::RunState;
use infima_halo::halo::VENDOR;
use infima_halo::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId};
use infima_halo::ops::association::resolve::Resolution;
use infima_halo::ops::association::save::{Associated, Mapping, associate_clients};
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::check::check_connection;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::roster::import::Roster;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::ops::{OpError, UserErrorCode};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};

use crate::support::halo_admin::{SUCCEEDED, refusal};
use crate::support::world::{PARTNER, World, request};

fn errors(associated: &Associated) -> Vec<(UserErrorCode, String)> {
    associated.errors.iter().map(|error| (error.code, error.field.join("."))).collect()
}

/// The only error of the only association, which was not stored.
async fn refused(world: &World, mapping: Mapping) -> UserErrorCode {
    let associated = world.associate(&[mapping]).await.expect("each entry by itself");
    assert_eq!(associated.run, None, "there is nothing to bring about");
    assert_eq!(associated.errors.len(), 1);
    associated.errors[0].code
}

async fn problem_of(world: &World, client: &str) -> Option<ProblemCode> {
    world.association(client).await.problem.map(|problem| problem.code())
}

fn creates(world: &World) -> usize {
    world.tenant.journal().iter().filter(|entry| entry.call == Call::Create).count()
}

#[tokio::test]
async fn save_with_invalid_entries_stores_the_valid_ones() {
    let world =
        World::builder().clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 1), ("Dogwood", 1), ("Elm", 1)]).build().await;
    world.import_partner("contoso", &[("Foreign", 1)]).await;
    let (foreign,): (uuid::Uuid,) = sqlx::query_as("select id from clients where name = 'Foreign'")
        .fetch_one(&world.owner)
        .await
        .expect("it was imported");
    world.connect().await;
    world.archive_client("Cedar").await;
    world.tenant.act(Act::SetCustomerActive { id: world.customer("Dogwood").0, active: false }).expect("it is there");
    let alder = world.mapping("Alder", "Alder").await;
    let to = |client, customer| Mapping { client, customer, allow_shared: false, replace: None };
    let cedar: (uuid::Uuid,) = sqlx::query_as("select id from clients where name = 'Cedar'")
        .fetch_one(&world.owner)
        .await
        .expect("it was imported");
    let inactive = HaloCustomerId(world.customer("Alder").0 + 3);
    let elm = world.client("Elm").await;

    let associated = world
        .associate(&[
            alder,
            to(None, world.customer("Elm")),
            to(Some(ClientId(uuid::Uuid::nil())), world.customer("Elm")),
            to(Some(ClientId(foreign)), world.customer("Elm")),
            to(Some(ClientId(cedar.0)), world.customer("Cedar")),
            to(Some(world.client("Dogwood").await), inactive),
            to(Some(elm), HaloCustomerId(4711)),
            alder,
            to(Some(world.client("Birch").await), world.customer("Alder")),
        ])
        .await
        .expect("each entry by itself");
    assert_eq!(
        errors(&associated),
        [
            (UserErrorCode::ClientNotFound, "associations.1.clientId".to_owned()),
            (UserErrorCode::ClientNotFound, "associations.2.clientId".to_owned()),
            (UserErrorCode::ClientNotFound, "associations.3.clientId".to_owned()),
            (UserErrorCode::ClientArchived, "associations.4.clientId".to_owned()),
            (UserErrorCode::HaloCustomerInactive, "associations.5.haloCustomerId".to_owned()),
            (UserErrorCode::HaloCustomerNotFound, "associations.6.haloCustomerId".to_owned()),
            (UserErrorCode::Duplicate, "associations.7.clientId".to_owned()),
            (UserErrorCode::CustomerAlreadyAssociated, "associations.8.haloCustomerId".to_owned()),
        ]
    );
    assert_eq!(world.look().await, Some(SUCCEEDED));
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

#[tokio::test]
async fn save_of_201_associations_is_refused() -> anyhow::Result<()> {
    let names: Vec<_> = (0..200).map(|number| format!("Client {number}")).collect();
    let world = World::builder().customers(&names).build().await;
    let clients = names.iter().map(|name| ClientRecord {
        external_id: format!("{PARTNER}/{name}"),
        partner_external_id: PARTNER.into(),
        name: name.clone(),
        state: RosterState::Active,
        version: 1,
    });
    world.import(Roster { clients: clients.collect(), ..Roster::default() }).await;
    world.connect().await;
    let ids: Vec<(uuid::Uuid, String)> =
        sqlx::query_as("select id, name from clients order by id").fetch_all(&world.owner).await?;
    let mut mappings: Vec<_> = ids
        .iter()
        .map(|(id, name)| Mapping {
            client: Some(ClientId(*id)),
            customer: world.customer(name),
            allow_shared: false,
            replace: None,
        })
        .collect();
    mappings.push(mappings[0]);
    assert_eq!(refusal(world.associate(&mappings).await), [UserErrorCode::TooMany]);
    assert_eq!(refusal(world.associate(&[]).await), [UserErrorCode::Required]);
    mappings.pop();

    let mark = world.mark();
    let associated = world.associate(&mappings).await.expect("two hundred are allowed");
    assert_eq!((associated.errors.len(), associated.associations.len()), (0, 200));
    assert!(world.mark() - mark <= 5, "customers are verified by pages");
    Ok(())
}

#[tokio::test]
async fn save_while_halo_is_unreachable_stores_nothing() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::Maintenance, Matching::any(), Lasting::Sticky);
    let mapping = world.mapping("Alder", "Alder").await;
    assert_eq!(refusal(world.associate(&[mapping]).await), [UserErrorCode::HaloUnreachable]);
    assert_eq!(world.associations().await.len(), 0);
}

#[tokio::test]
async fn save_without_connection_or_as_support_is_refused() {
    let world = World::builder().clients(&[("Alder", 3)]).build().await;
    let mapping = world.mapping("Alder", "Alder").await;
    assert_eq!(refusal(world.associate(&[mapping]).await), [UserErrorCode::NotConnected]);
    world.connect().await;
    for caller in [world.caller(Role::Support, None).await, world.caller(Role::PartnerViewer, Some(PARTNER)).await] {
        let tried = associate_clients(world.ops(), &request(&caller), world.partner().await, &[mapping]).await;
        assert!(matches!(tried, Err(OpError::Denied(Denied::Forbidden))), "{tried:?}");
    }
}

#[tokio::test]
async fn save_of_same_pair_changes_nothing() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let before = world.association("Alder").await.id;
    let again = world.map(&["Alder"]).await;
    assert_eq!((again.errors.len(), again.run), (0, None));
    assert_eq!(again.associations[0].id, before);
    assert_eq!(creates(&world), 1);
}

#[tokio::test]
async fn save_with_other_customer_requires_replace() {
    for (ending, left) in [(Ending::KeepQuantity, 3), (Ending::SetToZero, 0)] {
        let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
        world.tenant.act(Act::AddCustomer { name: "Newmarket".into() }).expect("any name will do");
        let other = world.mapping("Alder", "Newmarket").await;
        assert_eq!(refused(&world, other).await, UserErrorCode::AlreadyAssociated);

        let replacing = Mapping { replace: Some(ending), ..other };
        let associated = world.associate(&[replacing]).await.expect("it was said");
        assert_eq!(associated.errors, []);
        assert_eq!(world.work(associated.run.expect("a new subscription")).await, SUCCEEDED);
        let billed = [("Alder".into(), vec![left]), ("Birch".into(), vec![5]), ("Newmarket".into(), vec![3])];
        assert_eq!(world.billed(), billed.into(), "{ending:?}");
        assert_eq!(world.associations().await.len(), 2, "the old one is over");
    }
}

#[tokio::test]
async fn shared_customer_has_one_subscription_per_client() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    world.tenant.act(Act::AddCustomer { name: "Group".into() }).expect("any name will do");
    world.add_client("Cedar", 2).await;
    world.add_client("Dogwood", 4).await;
    assert_eq!(world.associate(&[world.mapping("Cedar", "Group").await]).await.unwrap().errors, []);
    let second = world.mapping("Dogwood", "Group").await;
    assert_eq!(refused(&world, second).await, UserErrorCode::CustomerAlreadyAssociated);
    let shared = Mapping { allow_shared: true, ..second };
    assert_eq!(world.associate(&[shared]).await.unwrap().errors, []);
    assert_eq!(world.look().await, Some(SUCCEEDED));

    let live = world.tenant.live_subscriptions_of(world.customer("Group").0, VENDOR);
    let mut seen: Vec<_> = live.iter().map(|one| (one.count, one.name.as_str())).collect();
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(
        seen,
        [(2.0, "INFIMA Security Awareness Training"), (4.0, "INFIMA Security Awareness Training – Dogwood")]
    );
}

#[tokio::test]
async fn removed_association_is_ending_until_halo_confirms() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let (alder, birch) = (world.association("Alder").await.id, world.association("Birch").await.id);
    assert_eq!(
        world.remove(birch, Ending::KeepQuantity).await.expect("it is mapped"),
        None,
        "nothing is written to Halo"
    );
    let run = world.remove(alder, Ending::SetToZero).await.expect("it is mapped").expect("Halo has to confirm");
    let ending = world.association("Alder").await;
    assert_eq!((ending.state, ending.ending), (AssociationState::Ending, Some(Ending::SetToZero)));
    assert_eq!(world.remove(alder, Ending::SetToZero).await.expect("once is enough"), None);

    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.associations().await.len(), 0);
    assert_eq!(world.billed(), [("Alder".into(), vec![0]), ("Birch".into(), vec![5])].into(), "nothing is deleted");
    assert_eq!(
        refusal(world.remove(AssociationId::generate(), Ending::KeepQuantity).await),
        [UserErrorCode::AssociationNotFound]
    );
}

#[tokio::test]
async fn removal_with_refused_zero_can_keep_quantity() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let id = world.association("Alder").await.id;
    world.tenant.inject(Fault::ZeroRefused, Matching::any(), Lasting::Sticky);
    let run = world.remove(id, Ending::SetToZero).await.expect("it is mapped").expect("Halo has to confirm");
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Failed));
    let ending = world.association("Alder").await;
    assert_eq!(ending.state, AssociationState::Ending);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::QuantityRefused));
    world.remove(id, Ending::KeepQuantity).await.expect("the user sets it in Halo");
    assert_eq!(world.associations().await.len(), 0);
}

#[tokio::test]
async fn removal_during_unconfirmed_create_zeroes_subscription() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    world.map(&["Alder"]).await;
    assert_eq!(world.look().await, Some(RunOutcome::PutBack));
    let id = world.association("Alder").await.id;
    world.remove(id, Ending::SetToZero).await.expect("it is mapped");
    assert_eq!(world.association("Alder").await.state, AssociationState::Ending);
    assert_eq!(world.look().await, Some(SUCCEEDED));
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into(), "what was created is not billed");
    assert_eq!(world.associations().await.len(), 0);
}

#[tokio::test]
async fn removed_pair_saved_again_readopts_subscription() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let old = world.record_of("Alder").await.id;
    world.remove(world.association("Alder").await.id, Ending::KeepQuantity).await.expect("it is mapped");
    world.set_users("Alder", 8).await;
    world.map(&["Alder"]).await;
    assert_eq!(world.look().await, Some(SUCCEEDED));
    assert_eq!((world.record_of("Alder").await.id, creates(&world)), (old, 1));
    assert_eq!(world.billed(), [("Alder".into(), vec![8])].into());
}

#[tokio::test]
async fn ending_pair_saved_again_becomes_active() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let id = world.association("Alder").await.id;
    let run = world.remove(id, Ending::SetToZero).await.expect("it is mapped").expect("Halo has to confirm");
    world.map(&["Alder"]).await;
    assert_eq!(world.work(run).await, SUCCEEDED);
    let association = world.association("Alder").await;
    assert_eq!((association.id, association.state), (id, AssociationState::Active));
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

#[tokio::test]
async fn restored_associations_create_no_second_subscription() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).mapped().build().await;
    // The rows as they were before the subscriptions were created.
    sqlx::query("create table yesterday as select * from associations").execute(&world.owner).await.expect("a copy");
    assert_eq!(world.look().await, Some(SUCCEEDED));
    world.set_users("Birch", 6).await;
    for statement in
        ["delete from sync_results", "delete from associations", "insert into associations select * from yesterday"]
    {
        sqlx::query(statement).execute(&world.owner).await.expect("the copy comes back");
    }
    assert_eq!(world.association("Alder").await.subscription, None);

    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![6])].into());
    assert_eq!(creates(&world), 2);
}

#[tokio::test]
async fn archived_client_is_billed_zero_and_stays_associated() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.archive_client("Alder").await;
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
    let result = world.results(run.id).await.remove(0);
    assert_eq!(result.problem.map(|problem| problem.code()), Some(ProblemCode::QuantityFell), "and it is reported");
    assert_eq!(world.associations().await.len(), 1);
}

#[tokio::test]
async fn deleted_subscription_is_recreated_on_request() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let id = world.association("Alder").await.id;
    assert_eq!(refusal(world.recreate(id).await), [UserErrorCode::SubscriptionNotDeleted]);
    let gone = world.record_of("Alder").await.id;
    world.tenant.act(Act::DeleteSubscription { id: gone }).expect("it is there");
    world.sync().await;
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::SubscriptionDeleted));

    let run = world.recreate(id).await.expect("it is gone");
    assert_eq!(refusal(world.recreate(id).await), [UserErrorCode::SubscriptionNotDeleted], "once is enough");
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_ne!(world.record_of("Alder").await.id, gone);
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

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
    // A subscription that was not offered may be another vendor's product.
    for wrong in [other, 4711] {
        let wrong = Resolution::Adopt(HaloSubscriptionId(wrong));
        assert_eq!(refusal(world.resolve(id, wrong).await), [UserErrorCode::SubscriptionNotACandidate]);
    }
    assert_eq!(refusal(world.resolve(id, Resolution::Continue).await), [UserErrorCode::NothingToResolve]);
    let run = world.resolve(id, Resolution::Adopt(HaloSubscriptionId(orphan))).await.expect("it was offered");
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
    assert_eq!(world.tenant.subscription(other).expect("it is there").count, 9.0);
    let again = world.resolve(id, Resolution::CreateNew).await;
    assert_eq!(refusal(again), [UserErrorCode::NothingToResolve]);
}

#[tokio::test]
async fn existing_subscription_stays_when_create_new_is_chosen() {
    let (world, id, orphan, _) = with_an_orphan().await;
    let run = world.resolve(id, Resolution::CreateNew).await.expect("that was asked");
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
        let run = world.resolve(world.association("Alder").await.id, Resolution::Continue).await.expect("it waits");
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
    world.resolve(birch.id, Resolution::Continue).await.expect("it can be acknowledged");
    world.look().await;
    assert_eq!(world.tenant.subscription(birch.subscription.unwrap().id.0).unwrap().count, 0.0);
}

/// A refused save has changed nothing: otherwise the old association would be billed 0 under an
/// error.
#[tokio::test]
async fn replace_with_taken_customer_keeps_old_association() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    world.remove(world.association("Birch").await.id, Ending::KeepQuantity).await.expect("it is mapped");
    world.look().await;
    world.import_partner("contoso", &[("Foreign", 1)]).await;
    let (theirs, caller) =
        (world.partner_named("contoso").await, world.caller(Role::PartnerAdmin, Some("contoso")).await);
    save_connection(world.ops(), &request(&caller), theirs, world.details()).await.expect("they share the Halo");
    let foreign: uuid::Uuid =
        sqlx::query_scalar("select id from clients where name = 'Foreign'").fetch_one(&world.owner).await.unwrap();
    let customer = world.customer("Birch");
    let mapping = Mapping { client: Some(ClientId(foreign)), customer, allow_shared: false, replace: None };
    let mapped = associate_clients(world.ops(), &request(&caller), theirs, &[mapping]).await.expect("it is free");
    assert_eq!(mapped.errors, []);

    let before = world.association("Alder").await;
    let mapping = Mapping { replace: Some(Ending::SetToZero), ..world.mapping("Alder", "Birch").await };
    assert_eq!(refused(&world, mapping).await, UserErrorCode::CustomerAlreadyAssociated);
    let after = world.association("Alder").await;
    assert_eq!((after.id, after.state), (before.id, AssociationState::Active));
    let associated = world.associate(&[Mapping { allow_shared: true, ..mapping }]).await.expect("it is said");
    assert_eq!(associated.errors, []);
    assert_eq!(world.association("Alder").await.customer.id, customer);
}

/// The customer goes to another client while the end of the first association is not confirmed yet.
#[tokio::test]
async fn ending_association_resumed_may_share_its_customer() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    world.tenant.inject(Fault::ZeroRefused, Matching::any(), Lasting::Sticky);
    world.remove(world.association("Alder").await.id, Ending::SetToZero).await.expect("it is mapped");
    world.look().await;
    let elsewhere = Mapping { replace: Some(Ending::KeepQuantity), ..world.mapping("Birch", "Alder").await };
    assert_eq!(world.associate(&[elsewhere]).await.expect("it is free").errors, []);
    let again = Mapping { allow_shared: true, ..world.mapping("Alder", "Alder").await };
    assert_eq!(world.associate(&[again]).await.expect("it is shared").errors, []);
    world.tenant.clear_faults();
    world.look().await;
    assert_eq!(world.association("Alder").await.state, AssociationState::Active);
}

#[tokio::test]
async fn concurrent_partner_edit_is_kept_with_a_warning() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let id = world.record_of("Alder").await.id;
    world.set_users("Alder", 4).await;
    world.set_users("Birch", 6).await;
    world.tenant.inject(Fault::PartnerEditsMeanwhile, Matching::call(Call::Update).id(id), Lasting::Once);
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::FieldsChanged));
    let record = world.record_of("Alder").await;
    assert_eq!((record.count, record.price, record.name.ends_with("(edited)")), (4.0, 1.0, true));
    assert_eq!(world.billed(), [("Alder".into(), vec![4]), ("Birch".into(), vec![6])].into());
}

#[tokio::test]
async fn moved_subscription_is_synced_where_it_is() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let (id, there) = (world.record_of("Alder").await.id, world.customer("Birch").0);
    world.tenant.act(Act::MoveSubscription { id, client_id: there }).expect("both are there");
    world.set_users("Alder", 4).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    let record = world.record_of("Alder").await;
    assert_eq!((record.client_id, record.count), (there, 4.0), "it was not moved back");
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::SubscriptionMoved));
}

#[tokio::test]
async fn merged_customer_subscription_is_synced_and_reported() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let (id, into) = (world.customer("Alder").0, world.customer("Birch").0);
    world.tenant.act(Act::MergeCustomer { id, into }).expect("both are there");
    world.set_users("Alder", 4).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.record_of("Alder").await.count, 4.0);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::CustomerMerged));
}

#[tokio::test]
async fn customer_gone_before_create_is_reported() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 1)]).mapped().build().await;
    world.tenant.act(Act::DeleteCustomer { id: world.customer("Alder").0 }).expect("it is there");
    world.tenant.act(Act::SetCustomerActive { id: world.customer("Birch").0, active: false }).expect("it is there");
    assert_eq!(world.look().await, Some(RunOutcome::Finished(RunState::PartiallySucceeded)));
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::CustomerDeleted));
    assert_eq!(problem_of(&world, "Birch").await, Some(ProblemCode::CustomerInactive));
    assert_eq!(world.billed(), [("Cedar".into(), vec![1])].into(), "the others are done");
}

#[tokio::test]
async fn refused_zero_is_retried_when_users_return() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.tenant.inject(Fault::ZeroRefused, Matching::any(), Lasting::Sticky);
    world.set_users("Alder", 0).await;
    assert_eq!(world.sync().await.state, RunState::Failed);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::QuantityRefused));
    let mark = world.mark();
    assert_eq!(world.sync().await.state, RunState::Failed);
    assert_eq!(world.writes_since(mark), 0, "the answer is known");
    world.set_users("Alder", 2).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![2])].into());
}
