//! Associating clients with Halo customers.

use infima_halo::auth::{Denied, Role};
use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::roster::{ClientRecord, RosterState};
use infima_halo::domain::run::RunState;
use infima_halo::halo::VENDOR;
use infima_halo::ids::{ClientId, HaloCustomerId};
use infima_halo::ops::association::save::{Associated, Mapping, associate_clients};
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::roster::import::Roster;
use infima_halo::ops::{OpError, UserErrorCode};
use infima_halo::sandbox::{Act, Fault, Lasting, Matching};

use crate::ops::association::creates;
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
    assert_eq!(refusal(world.associate(&[mapping]).await), [UserErrorCode::HaloUnavailable]);
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
async fn shared_customer_has_one_subscription_per_client() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    world.tenant.act(Act::AddCustomer { name: "Group".into() }).expect("any name will do");
    world.add_client("Cedar", 2).await;
    world.add_client("Dogwood", 4).await;
    assert_eq!(world.associate(&[world.mapping("Cedar", "Group").await]).await?.errors, []);
    let second = world.mapping("Dogwood", "Group").await;
    assert_eq!(refused(&world, second).await, UserErrorCode::CustomerAlreadyAssociated);
    let shared = Mapping { allow_shared: true, ..second };
    assert_eq!(world.associate(&[shared]).await?.errors, []);
    assert_eq!(world.look().await, Some(SUCCEEDED));

    let live = world.tenant.live_subscriptions_of(world.customer("Group").0, VENDOR);
    let mut seen: Vec<_> = live.iter().map(|one| (one.count, one.name.as_str())).collect();
    seen.sort_by(|a, b| a.0.total_cmp(&b.0));
    assert_eq!(
        seen,
        [(2.0, "INFIMA Security Awareness Training"), (4.0, "INFIMA Security Awareness Training – Dogwood")]
    );
    Ok(())
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

/// A refused save has changed nothing: otherwise the old association would be billed 0 under an
/// error.
#[tokio::test]
async fn replace_with_taken_customer_keeps_old_association() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    world.remove(world.association("Birch").await.id, Ending::KeepQuantity).await.expect("it is mapped");
    world.look().await;
    world.import_partner("contoso", &[("Foreign", 1)]).await;
    let (theirs, caller) =
        (world.partner_named("contoso").await, world.caller(Role::PartnerAdmin, Some("contoso")).await);
    save_connection(world.ops(), &request(&caller), theirs, world.details()).await.expect("they share the Halo");
    let foreign: uuid::Uuid =
        sqlx::query_scalar("select id from clients where name = 'Foreign'").fetch_one(&world.owner).await?;
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
    Ok(())
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

/// What the partner pays for stays as it is, whether Halo merged the customers or a user moved the
/// subscription, and whatever the mapping says of the old quantity.
#[tokio::test]
async fn client_mapped_to_where_its_subscription_is_keeps_it() -> anyhow::Result<()> {
    for merged in [false, true] {
        for replace in [None, Some(Ending::SetToZero), Some(Ending::KeepQuantity)] {
            let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
            let own = world.record_of("Alder").await.id;
            let into = world.tenant.act(Act::AddCustomer { name: "Survivor".into() }).expect("it is new");
            let old = world.customer("Alder").0;
            let act = match merged {
                true => Act::MergeCustomer { id: old, into },
                false => Act::MoveSubscription { id: own, client_id: into },
            };
            world.tenant.act(act).expect("both are there");
            world.sync().await;

            let mark = world.mark();
            let client = Some(world.client("Alder").await);
            let mapping = Mapping { client, customer: HaloCustomerId(into), allow_shared: false, replace };
            let saved = world.associate(&[mapping]).await?;
            assert_eq!(errors(&saved), [], "merged: {merged}, replace: {replace:?}");
            assert_eq!(world.work(saved.run.expect("it changed")).await, SUCCEEDED);
            let association = world.association("Alder").await;
            assert_eq!(association.subscription.map(|it| it.id.0), Some(own));
            assert_eq!((association.customer.id.0, association.problem), (into, None));
            assert_eq!(world.writes_since(mark), 0, "merged: {merged}, replace: {replace:?}");
        }
    }
    Ok(())
}
