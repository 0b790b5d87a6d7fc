//! A Halo whose identity changes: it gets a name, loses it, or has another one. The partner's own
//! subscriptions prove that it is the same Halo; else a person decides, once.

use infima_halo::auth::Role;
use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::connection::{Connection, ConnectionState};
use infima_halo::domain::problem::{ProblemCode, ProblemKind, TenantEvidence};
use infima_halo::domain::run::RunState;
use infima_halo::ids::{HaloCustomerId, RunId};
use infima_halo::ops::association::resolve::Answer;
use infima_halo::ops::association::save::{Mapping, associate_clients};
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::confirm_tenant::confirm_tenant_change;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::connection::tenant::TenantDecision;
use infima_halo::ops::{OpError, Request, UserErrorCode};
use infima_halo::sandbox::{Act, Call, TenantId};
use serde_json::{Value, json};

use crate::ops::association::{creates, problem_of};
use crate::support::halo_admin::refusal;
use crate::support::world::{World, details_of, request};

/// Synced clients in a Halo whose discovery names no tenant.
async fn nameless(clients: &[(&str, usize)]) -> World {
    let world = World::builder().clients(clients).build().await;
    rename(&world, TenantId::Absent);
    world.connect().await;
    let names: Vec<_> = clients.iter().map(|(name, _)| *name).collect();
    world.map(&names).await;
    assert!(world.look().await.is_some());
    assert_eq!(world.is_billed_right().await, Ok(()));
    world
}

fn rename(world: &World, tenant_id: TenantId) {
    world.tenant.act(Act::SetTenantId { tenant_id }).expect("done by hand");
}

async fn save(world: &World, details: Details) -> Result<(Connection, Option<RunId>), OpError> {
    let admin = world.admin().await;
    save_connection(world.ops(), &request(&admin), world.partner().await, details).await
}

async fn confirm(world: &World, decision: TenantDecision) -> Result<(Connection, Option<RunId>), OpError> {
    let admin = world.admin().await;
    confirm_tenant_change(world.ops(), &request(&admin), world.partner().await, decision).await
}

async fn lose_marker(world: &World, client: &str) {
    let id = world.record_of(client).await.id;
    world.tenant.act(Act::ClearMarkers { id }).expect("it is there");
}

/// The audit log's rows about the tenant, with the role of the actor and what they say.
async fn audited(world: &World) -> Vec<(String, String, Value)> {
    sqlx::query_as(
        "select act, actor ->> 'role', after from activity where act like 'connection.tenant_%' order by at, id",
    )
    .fetch_all(&world.owner)
    .await
    .expect("the test's database answers")
}

fn evidence(found: u32, total: u32) -> Option<ProblemKind> {
    Some(ProblemKind::TenantChanged { evidence: Some(TenantEvidence { found, total }) })
}

async fn problem_kind(world: &World) -> Option<ProblemKind> {
    world.connection().await.problem.map(|problem| problem.kind)
}

#[tokio::test]
async fn tenant_that_gets_a_name_is_followed_by_a_run() {
    let world = nameless(&[("Alder", 3), ("Birch", 4), ("Cedar", 5)]).await;
    rename(&world, TenantId::Own);
    world.set_users("Alder", 9).await;
    let run = world.sync().await;
    assert_eq!((run.state, run.summary.updated), (RunState::Succeeded, 1));
    assert_eq!(world.is_billed_right().await, Ok(()));
    assert_eq!(creates(&world), 3);
    let connection = world.connection().await;
    assert_eq!((connection.tenant.0.as_str(), connection.state), ("northwind", ConnectionState::Connected));
    let found = json!({ "tenant": "northwind", "found": 3, "total": 3 });
    assert_eq!(audited(&world).await, [("connection.tenant_carried_over".into(), "system".into(), found)]);

    // From then on the tenant is known, and nothing more is looked for.
    world.sync().await;
    let mark = world.mark();
    world.sync().await;
    let reads = |entry: &&infima_halo::sandbox::Entry| entry.call == Call::SubscriptionList;
    assert_eq!(world.tenant.journal()[mark..].iter().filter(reads).count(), 1);
}

#[tokio::test]
async fn tenant_is_followed_whatever_happens_to_its_name() {
    let world = nameless(&[("Alder", 3), ("Birch", 4)]).await;
    for (users, (tenant_id, known_as)) in [
        (TenantId::Own, "northwind"),
        (TenantId::Named("NorthWind".into()), "northwind"),
        (TenantId::Named("northwind-msp".into()), "northwind-msp"),
        (TenantId::Absent, "127.0.0.1"),
    ]
    .into_iter()
    .enumerate()
    {
        rename(&world, tenant_id.clone());
        world.set_users("Alder", 10 + users).await;
        assert_eq!(world.sync().await.state, RunState::Succeeded, "{tenant_id:?}");
        assert_eq!(world.is_billed_right().await, Ok(()), "{tenant_id:?}");
        let known = world.connection().await.tenant.0;
        assert!(known.starts_with(known_as), "{tenant_id:?}: {known}");
    }
    assert_eq!(audited(&world).await.len(), 3, "another case is no other name");
    assert_eq!(creates(&world), 2);
}

#[tokio::test]
async fn saved_details_of_a_renamed_tenant_are_accepted() {
    let world = nameless(&[("Alder", 3), ("Birch", 4)]).await;
    rename(&world, TenantId::Own);
    let (connection, run) = save(&world, world.details()).await.expect("both subscriptions are there");
    assert_eq!(connection.tenant.0, "northwind");
    world.work(run.expect("mapped clients are synced at once")).await;
    assert_eq!(world.is_billed_right().await, Ok(()));
    let rows = audited(&world).await;
    assert_eq!((rows.len(), rows[0].1.as_str()), (1, "partner_admin"));
}

#[tokio::test]
async fn many_subscriptions_are_proven_by_a_bounded_number_of_reads() {
    let names: Vec<_> = (0..30).map(|number| format!("Client {number:02}")).collect();
    let clients: Vec<_> = names.iter().map(|name| (name.as_str(), 2)).collect();
    let world = nameless(&clients).await;
    // A list with a huge count makes single reads look cheaper: the worst case.
    rename(&world, TenantId::Own);
    let unchanged = {
        let mark = world.mark();
        world.sync().await;
        world.mark() - mark
    };
    let mark = world.mark();
    world.sync().await;
    assert!(unchanged <= world.mark() - mark + 22, "at most 20 subscriptions are looked for");
    assert_eq!(world.is_billed_right().await, Ok(()));
}

#[tokio::test]
async fn half_found_subscriptions_are_a_question_that_is_asked_once() -> anyhow::Result<()> {
    let world = nameless(&[("Alder", 3), ("Birch", 4)]).await;
    rename(&world, TenantId::Own);
    lose_marker(&world, "Birch").await;
    world.set_users("Alder", 9).await;
    world.set_users("Birch", 9).await;
    let mark = world.mark();
    assert_eq!(world.sync().await.state, RunState::Failed);
    assert_eq!(problem_kind(&world).await, evidence(1, 2));
    let (code, message) = match save(&world, world.details()).await {
        Err(OpError::Refused(errors)) => (errors[0].code, errors[0].message.clone()),
        other => panic!("this should have been refused: {other:?}"),
    };
    assert_eq!(code, UserErrorCode::TenantChanged);
    assert!(message.contains("Of 2 of your subscriptions that INFIMA looked for, it shows 1."), "{message}");
    assert_eq!(world.writes_since(mark), 0);

    let (connection, run) = confirm(&world, TenantDecision::CarryOver).await?;
    assert_eq!((connection.tenant.0.as_str(), connection.state), ("northwind", ConnectionState::Connected));
    world.work(run.expect("both are mapped")).await;
    assert_eq!(world.record_of("Alder").await.count, 9.0, "it was verified");
    let birch = world.association("Birch").await;
    let id = birch.subscription.expect("its id is known").id;
    assert_eq!(birch.problem.map(|it| it.kind), Some(ProblemKind::AmbiguousRecovery { ids: vec![id] }));
    assert_eq!(world.tenant.subscription(id.0).expect("it is there").count, 4.0, "it was not");
    assert_eq!(refusal(confirm(&world, TenantDecision::CarryOver).await), [UserErrorCode::NothingToResolve]);

    world.resolve(birch.id, Answer::Adopt(Some(id))).await.expect("it is the candidate");
    world.look().await;
    assert_eq!(world.is_billed_right().await, Ok(()));
    assert_eq!(creates(&world), 2);
    Ok(())
}

#[tokio::test]
async fn archived_associations_are_never_written_again() -> anyhow::Result<()> {
    let world = nameless(&[("Alder", 3), ("Birch", 4)]).await;
    let old = world.association("Alder").await;
    rename(&world, TenantId::Own);
    lose_marker(&world, "Birch").await;
    world.sync().await;
    let mark = world.mark();
    let (connection, run) = confirm(&world, TenantDecision::Archive).await?;
    assert_eq!((connection.tenant.0.as_str(), run), ("northwind", None));
    assert_eq!(world.associations().await.len(), 0);
    let found = world.read(async |db, scope| infima_halo::storage::associations::find_many(db, scope, &[old.id]).await);
    let archived = found.await.remove(0);
    assert_eq!((archived.state, archived.last_synced), (AssociationState::Ended, old.last_synced));

    // Mapped again, each client's record is a candidate about which a person decides.
    world.set_users("Alder", 9).await;
    world.map(&["Alder", "Birch"]).await;
    world.look().await;
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::SubscriptionExists));
    assert_eq!(world.writes_since(mark), 0);
    Ok(())
}

/// The other Halo has records with the same ids, which belong to others.
#[tokio::test]
async fn carried_over_ids_of_another_halo_are_not_written() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 4)]).only(&["Alder"]).synced().build().await;
    let other = world.sandbox.tenant("other");
    let own = world.record_of("Alder").await;
    for _ in 0..3 {
        let client_id = other.customers()[0].id;
        let add = Act::AddSubscription { client_id, name: own.name.clone(), vendor: own.vendor.clone(), count: 7 };
        other.act(add).expect("any name will do");
    }
    let before: Vec<_> = other.subscriptions().iter().map(|one| (one.id, one.count)).collect();
    assert!(before.iter().any(|(id, _)| *id == own.id), "an id that both have: {before:?}");
    // Birch waits for its subscription, on a customer whose id another customer has there.
    world.map(&["Birch"]).await;
    let details = Details { tenant_change: Some(TenantDecision::CarryOver), ..details_of(&other) };
    save(&world, details).await.expect("the admin says that it is the same Halo");
    for _ in 0..3 {
        world.set_users("Alder", 9).await;
        world.sync().await;
        world.wait_out().await;
    }
    let after: Vec<_> = other.subscriptions().iter().map(|one| (one.id, one.count)).collect();
    assert_eq!(after, before, "nothing was written");
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::AmbiguousRecovery));
    assert_eq!(problem_of(&world, "Birch").await, Some(ProblemCode::CustomerDeleted));

    // Back at the own Halo, which the same records prove again.
    let own_halo = Details { tenant_change: Some(TenantDecision::CarryOver), ..world.details() };
    save(&world, own_halo).await.expect("it is the own Halo");
    world.sync().await;
    world.wait_out().await;
    assert_eq!(world.is_billed_right().await, Ok(()));
}

/// The subscription has another id, as after the partner imported the records into a new tenant.
#[tokio::test]
async fn carried_over_subscription_with_another_id_is_found_by_its_marker() -> anyhow::Result<()> {
    let world = nameless(&[("Alder", 3), ("Birch", 4)]).await;
    rename(&world, TenantId::Own);
    let id = world.record_of("Alder").await.id;
    let copied = world.tenant.act(Act::CopySubscription { id }).expect("it is there");
    world.tenant.act(Act::DeleteSubscription { id }).expect("it is there");
    world.set_users("Alder", 9).await;
    world.sync().await;
    assert_eq!(problem_kind(&world).await, evidence(1, 2));
    confirm(&world, TenantDecision::CarryOver).await?;
    world.look().await;
    assert_eq!(world.association("Alder").await.subscription.map(|it| it.id.0), Some(copied));
    assert_eq!(world.is_billed_right().await, Ok(()));
    assert_eq!(creates(&world), 2);
    Ok(())
}

/// Another partner has adopted the subscription under the tenant's new name.
#[tokio::test]
async fn subscription_of_another_partner_is_not_taken_over() -> anyhow::Result<()> {
    let world = nameless(&[("Alder", 3)]).await;
    rename(&world, TenantId::Own);
    world.import_partner("other", &[("Dogwood", 6)]).await;
    let (partner, admin) = (world.partner_named("other").await, world.caller(Role::PartnerAdmin, Some("other")).await);
    save_connection(world.ops(), &request(&admin), partner, world.details()).await?;
    let client: (uuid::Uuid,) = sqlx::query_as("select id from clients where name = 'Dogwood'")
        .fetch_one(&world.owner)
        .await
        .expect("it was imported");
    let customer = HaloCustomerId(world.customer("Alder").0);
    let client = Some(infima_halo::ids::ClientId(client.0));
    let mapping = Mapping { client, customer, allow_shared: false, replace: None };
    let mapped = associate_clients(world.ops(), &request(&admin), partner, &[mapping]).await?;
    world.work(mapped.run.expect("there is something to create")).await;
    let id = world.record_of("Alder").await.id;
    let adopt = "update associations set subscription_id = $1, state = 'active', problem = null where partner_id = $2";
    world.change(sqlx::query(adopt).bind(id).bind(partner.0)).await;

    world.set_users("Alder", 9).await;
    let mark = world.mark();
    world.sync().await;
    assert_eq!(world.writes_since(mark), 0);
    assert_eq!(world.connection().await.tenant.0, "northwind");
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::AmbiguousRecovery));
    Ok(())
}

#[tokio::test]
async fn support_confirms_with_a_reason_and_a_viewer_not_at_all() -> anyhow::Result<()> {
    let world = nameless(&[("Alder", 3)]).await;
    rename(&world, TenantId::Own);
    lose_marker(&world, "Alder").await;
    world.sync().await;
    let (support, partner) = (world.caller(Role::Support, None).await, world.partner().await);
    let silent = confirm_tenant_change(world.ops(), &request(&support), partner, TenantDecision::CarryOver).await;
    assert_eq!(refusal(silent), [UserErrorCode::ReasonRequired]);
    let viewer = world.caller(Role::PartnerViewer, Some("northwind")).await;
    let denied = confirm_tenant_change(world.ops(), &request(&viewer), partner, TenantDecision::CarryOver).await;
    assert!(matches!(denied, Err(OpError::Denied(_))), "{denied:?}");
    let explained = Request { reason: Some("ticket 7".to_owned()), ..request(&support) };
    confirm_tenant_change(world.ops(), &explained, partner, TenantDecision::CarryOver).await?;
    let rows = audited(&world).await;
    assert_eq!((rows.len(), rows[0].1.as_str()), (1, "support"));
    Ok(())
}

/// A client that was unmapped before is mapped again: its old record is found.
#[tokio::test]
async fn ended_association_is_resumed_after_the_tenant_got_a_name() {
    let world = nameless(&[("Alder", 3), ("Birch", 4)]).await;
    world.remove(world.association("Alder").await.id, Ending::KeepQuantity).await.expect("it is mapped");
    rename(&world, TenantId::Own);
    world.sync().await;
    world.set_users("Alder", 9).await;
    world.map(&["Alder"]).await;
    world.look().await;
    assert_eq!(world.is_billed_right().await, Ok(()));
    assert_eq!(creates(&world), 2);
}
