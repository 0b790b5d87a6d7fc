//! A real worker is killed from outside at every step of a sync, and the next worker completes the
//! run. The test compares Halo's request log and records, and the rows that remain.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};
use infima_halo::domain::association::AssociationState;
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::{Outcome, RunState};
use infima_halo::ids::RunId;
use infima_halo::ops::sync::run::{Failpoint, RunOutcome};
use infima_halo::sandbox::{Act, Call, Effect, Entry, Fault, Lasting, Matching, TenantId};
use nix::sys::signal::Signal;
use strum::VariantArray;

use crate::support::worker::Worker;
use crate::support::world::World;

/// How many worlds run at the same time: most of their time is waiting for leases to end.
const AT_ONCE: usize = 8;

/// What has to go wrong for a run to pass a failpoint.
#[derive(Clone, Copy)]
enum Scenario {
    /// Nothing.
    Plain,
    /// Discovery names the tenant otherwise from then on.
    TenantRenamed,
    /// Birch's subscription was put on an invoice: billing is stored only where it has changed.
    Invoiced,
    /// The run is the week's first nightly sync.
    Nightly,
    /// Halo does so in response to the create.
    Create(Fault),
    /// Halo does so in response to the update.
    Update(Fault),
    /// The process is stopped after the update, before the create.
    Stopped,
    /// The process is stopped while Halo is silent about the update, which it has carried out.
    OutOfTime,
}

/// The circumstances in which a run passes the failpoint. A new failpoint does not compile without
/// them.
fn scenario(failpoint: Failpoint) -> Scenario {
    match failpoint {
        Failpoint::RunClaimed
        | Failpoint::DesiredLoaded
        | Failpoint::HaloRead
        | Failpoint::ObservationRecorded
        | Failpoint::OutcomesWithoutWriteRecorded
        | Failpoint::CreateIntentRecorded
        | Failpoint::BeforeCreate
        | Failpoint::AfterCreate
        | Failpoint::SubscriptionIdRecorded
        | Failpoint::QuantityIntentRecorded
        | Failpoint::BeforeQuantityUpdate
        | Failpoint::AfterQuantityUpdate
        | Failpoint::OutcomeRecorded
        | Failpoint::BeforeFinishCommit
        | Failpoint::RunFinished => Scenario::Plain,
        Failpoint::TenantCarriedOver => Scenario::TenantRenamed,
        Failpoint::BillingRecorded => Scenario::Invoiced,
        Failpoint::ReconciliationRecorded => Scenario::Nightly,
        Failpoint::CreateUnconfirmed => Scenario::Create(Fault::CutAfter),
        Failpoint::CreateRefused | Failpoint::CreateIntentCleared => Scenario::Create(Fault::RefusedAsText),
        Failpoint::CreateFailureRecorded => Scenario::Create(Fault::CreateFails),
        Failpoint::QuantityRefused
        | Failpoint::QuantityIntentCleared
        | Failpoint::BeforeRescheduleCommit
        | Failpoint::RunRescheduled => Scenario::Update(Fault::RateLimitedSeconds(1)),
        Failpoint::BeforeHandoverCommit | Failpoint::RunHandedOver => Scenario::Stopped,
        Failpoint::LeasesEnded => Scenario::OutOfTime,
    }
}

#[tokio::test]
async fn worker_killed_at_any_failpoint_bills_correctly() {
    stream::iter(Failpoint::VARIANTS).for_each_concurrent(AT_ONCE, |failpoint| killed_at(*failpoint)).await;
}

/// Alder is to be created, Birch to be updated, Cedar to be left alone: all in one run.
pub async fn three_clients() -> (World, RunId) {
    let world =
        World::builder().clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 2)]).for_processes().connected().build().await;
    let first = world.map(&["Birch", "Cedar"]).await.run.unwrap();
    world.work(first).await;
    world.set_users("Birch", 6).await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.request_sync().await, run, "it joins the run that waits");
    (world, run)
}

async fn killed_at(failpoint: Failpoint) {
    let (world, run) = three_clients().await;
    let before = world.connection().await.last_synced_at;
    let mut stops = vec![failpoint];
    match scenario(failpoint) {
        Scenario::Plain => {}
        Scenario::TenantRenamed => {
            let tenant_id = TenantId::Named("renamed".into());
            world.tenant.act(Act::SetTenantId { tenant_id }).expect("done by hand");
        }
        Scenario::Invoiced => {
            let id = world.record_of("Birch").await.id;
            world.tenant.act(Act::PutOnInvoice { id }).expect("done by hand");
        }
        Scenario::Nightly => {
            let nightly = "update sync_runs set trigger = 'nightly' where state = 'queued'";
            world.change(sqlx::query(nightly)).await;
        }
        Scenario::Create(fault) => world.tenant.inject(fault, Matching::call(Call::Create), Lasting::Once),
        Scenario::Update(fault) => world.tenant.inject(fault, Matching::call(Call::Update), Lasting::Once),
        Scenario::Stopped => stops.insert(0, Failpoint::AfterQuantityUpdate),
        Scenario::OutOfTime => world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Update), Lasting::Once),
    }
    let stops: Vec<&str> = stops.iter().map(|failpoint| failpoint.into()).collect();
    let mut settings = vec![("INFIMA_FAILPOINTS", stops.join(","))];
    if let Scenario::OutOfTime = scenario(failpoint) {
        let patient = ["INFIMA_HALO_TIMEOUT_SECONDS", "INFIMA_WORKER_LEASE_SECONDS"];
        settings.extend(patient.map(|name| (name, "60".to_owned())));
        settings.push(("INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", "1".to_owned()));
    }
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut worker = Worker::start_with(&world, &settings);
    match scenario(failpoint) {
        Scenario::Stopped => {
            assert_eq!(worker.stopped_at().await, Failpoint::AfterQuantityUpdate);
            worker.signal(Signal::SIGTERM);
            worker.signal(Signal::SIGCONT);
        }
        Scenario::OutOfTime => {
            world.tenant.until(|tenant| tenant.held() == 1).await;
            worker.signal(Signal::SIGTERM);
        }
        Scenario::Plain
        | Scenario::TenantRenamed
        | Scenario::Invoiced
        | Scenario::Nightly
        | Scenario::Create(_)
        | Scenario::Update(_) => {}
    }
    assert_eq!(worker.stopped_at().await, failpoint);
    honest(&world, run, before).await;
    worker.kill().await;

    let next = Worker::start(&world);
    let ended = world.until_run(run, |run| run.state.is_finished()).await;
    assert_eq!(ended.state, RunState::Succeeded, "killed at {failpoint:?}: {ended:?}");
    next.kill().await;
    assert_eq!(world.tenant.unconsumed_faults(), [], "killed at {failpoint:?}");
    let birch = world.association("Birch").await.client;
    let birch = world.results(run).await.into_iter().find(|result| result.client == birch).unwrap();
    let evidence = (birch.outcome, birch.quantity_before, birch.quantity_after, birch.changed_in_halo);
    assert_eq!(evidence, (Outcome::Updated, Some(5), Some(6), false), "killed at {failpoint:?}");
    as_it_should_be(&world, &[("Alder", 3), ("Birch", 6), ("Cedar", 2)]).await;
}

/// No date and no quantity says more than Halo has confirmed, whatever the step.
async fn honest(world: &World, run: RunId, before: Option<DateTime<Utc>>) {
    let connection = world.connection().await;
    let succeeded = world.run(run).await.state == RunState::Succeeded;
    let moved = connection.last_synced_at > before;
    assert_eq!(moved, succeeded, "the connection's date moves with the run's success");
    assert!(connection.last_synced_at >= before, "the connection's date never goes back");
    quantities_are_true(world, &["Alder", "Birch", "Cedar"]).await;
}

/// A quantity that we call synced has been in Halo.
pub async fn quantities_are_true(world: &World, clients: &[&str]) {
    for name in clients {
        let association = world.association(name).await;
        let Some(synced) = association.last_synced else { continue };
        let id = association.subscription.expect("what was synced has a subscription").id.0;
        assert!(quantities(world, id).contains(&synced.quantity), "{name}: {synced:?} was never in Halo");
    }
}

/// Every quantity that Halo has had for a subscription.
fn quantities(world: &World, id: i32) -> BTreeSet<u32> {
    let effects = world.tenant.journal().into_iter().flat_map(|entry| entry.effects);
    let had = effects.filter_map(|effect| match effect {
        Effect::Created { id: of, count, .. } | Effect::Updated { id: of, to: count, .. } if of == id => {
            Some(count as u32)
        }
        _ => None,
    });
    had.collect()
}

/// Every client has one subscription, created once, with its count; everything is confirmed, and a
/// second run has nothing to write.
pub async fn as_it_should_be(world: &World, clients: &[(&str, u32)]) {
    let expected = clients.iter().map(|(name, count)| ((*name).to_owned(), vec![*count])).collect();
    assert_eq!(world.billed(), expected);
    for (name, count) in clients {
        let customer = world.customer(name).0;
        let effects = world.tenant.journal().into_iter().flat_map(|entry| entry.effects);
        let created =
            effects.filter(|effect| matches!(effect, Effect::Created { client_id, .. } if *client_id == customer));
        assert_eq!(created.count(), 1, "{name} was created more than once");
        let association = world.association(name).await;
        assert_eq!(association.state, AssociationState::Active, "{name}: {association:?}");
        assert_eq!(association.last_synced.map(|synced| synced.quantity), Some(*count), "{name}");
    }
    let before = world.connection().await.last_synced_at.expect("everything was synced");
    let mark = world.mark();
    let second = world.sync().await;
    assert_eq!((second.state, second.summary.unchanged), (RunState::Succeeded, clients.len() as u32));
    assert_eq!(world.writes_since(mark), 0, "a second run has nothing to write");
    assert!(world.connection().await.last_synced_at.unwrap() >= before);
}

/// The create is answered with an error, and its record shows only in the second lookup.
#[tokio::test]
async fn create_visible_after_first_lookup_is_not_repeated() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::AppearsAfterLook, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled, "the first look is empty and early");
    world.pass_confirmation_timeout("Alder").await;
    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.tenant.unconsumed_faults(), []);
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

/// The update emptied the fields that were not sent. Nothing more is written, and both the
/// connection and the run report it.
#[tokio::test]
async fn halo_overwriting_fields_is_written_once() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    world.set_users("Alder", 4).await;
    world.set_users("Birch", 6).await;
    world.tenant.inject(Fault::ReplacesOnUpdate, Matching::call(Call::Update), Lasting::Sticky);
    let before = world.connection().await.last_synced_at;
    let mark = world.mark();
    let run = world.sync().await;
    assert_eq!((run.state, run.summary.failed, run.summary.skipped), (RunState::Failed, 1, 1));
    assert_eq!(world.writes_since(mark), 1);
    let connection = world.connection().await;
    assert_eq!(connection.problem.map(|problem| problem.code()), Some(ProblemCode::FieldsOverwritten));
    assert_eq!(connection.last_synced_at, before, "a failed sync does not move the date");
    world.sync().await;
    assert_eq!(world.writes_since(mark), 1, "until a person has looked");
    assert!(world.connection().await.problem.is_some());
}

/// A restored database does not know the subscriptions that were created since. None is created
/// again, and none is lost.
#[tokio::test]
async fn restored_database_creates_no_second_subscription() {
    const TABLES: &str = "partners, clients, client_exclusions, users, connections, associations, problems, sync_pauses, \
                          sync_runs, sync_results, webhooks, webhook_secrets, webhook_deliveries, activity";
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).only(&["Birch"]).synced().build().await;
    let waiting = world.map(&["Alder"]).await.run.unwrap();

    let owner = world.database.owner().await;
    let run_all = async |statements: Vec<String>| {
        for statement in statements {
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&owner).await.unwrap();
        }
    };
    let keep = TABLES.split(", ").map(|table| format!("create table yesterday.{table} as table public.{table}"));
    run_all(std::iter::once("create schema yesterday".to_owned()).chain(keep).collect()).await;

    assert_eq!(world.work(waiting).await, RunOutcome::Finished(RunState::Succeeded));
    world.set_users("Birch", 9).await;
    world.sync().await;
    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![9])].into());

    let mut back = vec![format!("truncate {TABLES}")];
    for table in TABLES.split(", ") {
        // Postgres works out generated columns itself.
        let columns: String = sqlx::query_scalar(
            "select string_agg(column_name, ', ') from information_schema.columns
             where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'",
        )
        .bind(table)
        .fetch_one(&owner)
        .await
        .unwrap();
        back.push(format!("insert into public.{table} ({columns}) select {columns} from yesterday.{table}"));
    }
    run_all(back).await;
    assert_eq!(world.association("Alder").await.subscription, None);

    let mark = world.mark();
    assert_eq!(world.work(waiting).await, RunOutcome::Finished(RunState::Succeeded));
    world.set_users("Birch", 9).await;
    let run = world.sync().await;
    assert_eq!((run.state, run.summary.unchanged), (RunState::Succeeded, 2));
    assert_eq!(world.writes_since(mark), 0);
    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![9])].into());
    let alder = world.association("Alder").await;
    assert_eq!(alder.last_synced.map(|synced| synced.quantity), Some(3));
}

#[tokio::test]
async fn worker_killed_during_create_bills_correctly() {
    for held in [Fault::HeldBefore, Fault::HeldAfter] {
        let (world, run) = three_clients().await;
        world.tenant.inject(held, Matching::call(Call::Create), Lasting::Once);
        let worker = Worker::start(&world);
        world.tenant.until(|tenant| tenant.held() == 1).await;
        worker.kill().await;

        // The next worker looks before Halo has completed the create.
        let mark = world.mark();
        let next = Worker::start(&world);
        let looked = |entry: &Entry| entry.call == Call::SubscriptionList;
        world.tenant.until(|tenant| tenant.journal()[mark..].iter().any(looked)).await;
        world.tenant.release();
        let ended = world.until_run(run, |run| run.state.is_finished()).await;
        assert_eq!(ended.state, RunState::Succeeded, "{held:?}: {ended:?}");
        next.kill().await;
        as_it_should_be(&world, &[("Alder", 3), ("Birch", 6), ("Cedar", 2)]).await;
    }
}
