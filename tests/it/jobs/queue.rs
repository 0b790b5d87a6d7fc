//! Every requested sync is executed: the queue wakes workers, joins requests, and loses nothing.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures::future::join_all;
use infima_halo::auth::Role;
use infima_halo::domain::connection::ConnectionState;
use infima_halo::domain::problem::{Problem, ProblemCode};
use infima_halo::domain::run::{RunState, Trigger};
use infima_halo::ids::RunId;
use infima_halo::ops::admin::housekeeping::sweep;
use infima_halo::ops::association::save::{Mapping, associate_clients};
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::ops::sync::request::request_sync;
use infima_halo::ops::sync::run::{Failpoint, RunOutcome};
use infima_halo::queue::{self, MaintenanceTask};
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use infima_halo::seal;
use nix::sys::signal::Signal;
use secrecy::ExposeSecret as _;

use crate::ops::sync::crash::{as_it_should_be, three_clients};
use crate::support::db::TestDatabase;
use crate::support::halo_admin::SUCCEEDED;
use crate::support::program::{program, run as ended};
use crate::support::worker::Worker;
use crate::support::world::{World, details_of, request};

#[tokio::test]
async fn concurrent_equal_saves_make_one_run_and_subscription() {
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().connected().build().await;
    let mapping = world.mapping("Alder", "Alder").await;
    let saves = join_all((0..20).map(|_| world.associate(std::slice::from_ref(&mapping)))).await;
    let requests = join_all((0..20).map(|_| world.request_sync())).await;
    assert!(saves.iter().all(|saved| saved.as_ref().unwrap().errors.is_empty()));
    let runs: BTreeSet<RunId> = saves.into_iter().filter_map(|saved| saved.unwrap().run).chain(requests).collect();
    assert_eq!(runs.len(), 1);

    let workers = [Worker::start(&world), Worker::start(&world)];
    // A second time, while the workers are busy.
    join_all((0..20).map(|_| world.associate(std::slice::from_ref(&mapping)))).await;
    let run = *runs.first().unwrap();
    assert_eq!(world.until_run(run, |run| run.state.is_finished()).await.state, RunState::Succeeded);
    for worker in workers {
        worker.kill().await;
    }
    as_it_should_be(&world, &[("Alder", 3)]).await;
}

async fn jobs(world: &World, wanted: RunId) -> i64 {
    sqlx::query_scalar(
        "select count(*) from apalis.jobs where status = 'Pending' and strpos(convert_from(job, 'UTF8'), $1) > 0",
    )
    .bind(wanted.0.to_string())
    .fetch_one(&world.database.owner().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn lost_job_is_requeued_once() -> anyhow::Result<()> {
    let (world, run) = three_clients().await;
    sqlx::query("delete from apalis.jobs").execute(&world.database.owner().await).await?;
    for _ in 0..3 {
        assert_eq!(sweep(world.ops()).await?, 1);
        assert_eq!(jobs(&world, run).await, 1);
    }
    sqlx::query("delete from apalis.jobs").execute(&world.database.owner().await).await?;
    let worker = Worker::start(&world);
    assert_eq!(world.until_run(run, |run| run.state.is_finished()).await.state, RunState::Succeeded);
    worker.kill().await;
    Ok(())
}

#[tokio::test]
async fn run_waiting_for_another_is_queued_when_that_one_ends() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let running = world.map(&["Alder"]).await.run.unwrap();
    let owner = world.database.owner().await;
    let become_of_it = async |change: &str| {
        let change = format!("update sync_runs set {change} where id = $1");
        sqlx::query(sqlx::AssertSqlSafe(change)).bind(running.0).execute(&owner).await.unwrap();
    };
    let lease = "lease_token = gen_random_uuid(), lease_until = now() + interval '1 hour'";
    become_of_it(&format!("state = 'running', read_at = now(), {lease}")).await;
    let waiting = world.request_sync().await;
    assert_ne!(waiting, running);
    sqlx::query("delete from apalis.jobs").execute(&owner).await?;
    assert_eq!(sweep(world.ops()).await?, 0, "a worker holds it");

    become_of_it("lease_until = now() - interval '1 hour'").await;
    assert_eq!(sweep(world.ops()).await?, 1, "a dead worker's run is taken up");
    assert_eq!((jobs(&world, running).await, jobs(&world, waiting).await), (1, 0));
    assert_eq!(world.work(running).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(jobs(&world, waiting).await, 1, "its turn has come");
    Ok(())
}

/// A run that ends its workers is set aside, for longer each time. Support sees it at once, and the
/// run goes its way when the fault is gone; neither a user nor the next night begins it sooner.
#[tokio::test]
async fn run_whose_workers_died_is_set_aside() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.set_users("Alder", 4).await;
    let run = world.request_sync().await;
    let dies = async || {
        let died = "update sync_runs set state = 'running', starts = starts + 1, lease_token = gen_random_uuid(),
                        lease_until = now() - interval '1 hour' where id = $1";
        world.change(sqlx::query(died).bind(run.0)).await;
    };
    let waits = async || -> i64 {
        let minutes =
            "select round(extract(epoch from next_attempt_at - now()) / 60)::bigint from sync_runs where id = $1";
        sqlx::query_scalar(minutes).bind(run.0).fetch_one(&world.owner).await.unwrap()
    };
    let mark = world.tenant.journal().len();
    dies().await;
    for minutes in [5, 10, 20] {
        dies().await;
        assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
        assert_eq!(waits().await, minutes);
        let code = |problem: Option<Problem>| problem.map(|problem| problem.code());
        assert_eq!(code(world.run(run).await.problem), Some(ProblemCode::InternalFault));
        let connection = world.connection().await;
        assert_eq!(connection.state, ConnectionState::NeedsAttention, "support is shown the partner");
        assert_eq!(code(connection.problem), Some(ProblemCode::InternalFault));
        assert_eq!(world.request_sync().await, run, "a request joins it");
        world.clock.advance(chrono::Duration::days(1));
        enqueue_nightly_syncs(world.ops(), Selection::Due).await.unwrap();
        assert_eq!((world.open_run().await, waits().await), (Some(run), minutes), "and so does the night");
        assert_eq!(world.work(run).await, RunOutcome::Skipped);
    }
    assert_eq!(world.tenant.journal().len(), mark, "nothing was sent to Halo");

    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.connection().await.state, ConnectionState::Connected);
    assert_eq!(world.billed(), [("Alder".to_owned(), vec![4])].into());
}

/// Two runs during which a worker died are not executed in one process at the same time: another
/// worker's death would be blamed on both.
#[tokio::test]
async fn runs_whose_worker_died_are_executed_one_after_the_other() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let run = world.request_sync().await;
    let died = "update sync_runs set state = 'running', starts = 1, lease_token = gen_random_uuid(),
                    lease_until = now() - interval '1 hour' where id = $1";
    world.change(sqlx::query(died).bind(run.0)).await;
    let other = world.ops().taken_over.acquire().await.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Skipped);
    assert_eq!(sweep(world.ops()).await.unwrap(), 1, "it is tried again");
    drop(other);
    assert_eq!(world.work(run).await, SUCCEEDED);
}

/// Four partners failed. One is no longer connected, one has succeeded with everything since, one
/// with a single client. Of the two that are left, the second one's time has not come yet, also for
/// the sweep that runs meanwhile.
#[tokio::test]
async fn failed_runs_are_requested_again_spread_out() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).build().await;
    world.import_partner("second", &[("Second", 4)]).await;
    world.import_partner("gone", &[("Gone", 4)]).await;
    world.import_partner("resolved", &[("Resolved", 4)]).await;
    let owner = world.database.owner().await;
    sqlx::query(
        "insert into connections (id, partner_id, url, tenant, application_client_id, sealed_secret, sealed_with,
                                  credentials_updated_at, state, checks)
         select gen_random_uuid(), id, 'https://halo.example', external_id, 'any',
                case external_id when 'gone' then null else '\\x00'::bytea end,
                case external_id when 'gone' then null else 'k' end,
                now(), case external_id when 'gone' then 'disconnected' else 'connected' end, '[]'
         from partners",
    )
    .execute(&owner)
    .await?;
    sqlx::query(
        "insert into sync_runs (id, partner_id, trigger, state, interactive, queued_at, finished_at)
         select gen_random_uuid(), id, 'on_demand', 'failed', false, '2019-12-31T23:59:00Z', now() from partners",
    )
    .execute(&owner)
    .await?;
    sqlx::query(
        "insert into sync_runs (id, partner_id, trigger, state, interactive, queued_at, finished_at, client_ids)
         select gen_random_uuid(), p.id, 'on_demand', 'succeeded', true, now(), now() + interval '1 minute',
                case p.external_id when 'second' then array[c.id] end
         from partners p join clients c on c.partner_id = p.id where p.external_id in ('second', 'resolved')",
    )
    .execute(&owner)
    .await?;
    let mut asked = program(&["sync", "--failed-since", "2020-01-01T00:00:00Z", "--no-wait"]);
    asked.env("INFIMA_ENV", "development").env("INFIMA_KEYS", seal::DEVELOPMENT_KEYS);
    let asked = ended(asked.env("DATABASE_URL", world.database.app_url().expose_secret())).await;
    assert_eq!(asked.stdout, "Queued the syncs of 2 partners.\n", "{}", asked.stderr);

    assert_eq!(sweep(world.ops()).await?, 1);
    let waits: Vec<i32> = sqlx::query_scalar(
        "select round(extract(epoch from next_attempt_at - min(next_attempt_at) over ()) / 60)::integer from sync_runs
         where state = 'queued' order by next_attempt_at",
    )
    .fetch_all(&owner)
    .await?;
    assert_eq!(waits, [0, 5], "minutes");
    let audited: Vec<bool> = sqlx::query_scalar(
        "select a.actor = r.requested_by from activity a
         join sync_runs r on r.id = replace(a.subject, 'run_', '')::uuid and r.partner_id = a.partner_id
         where a.act = 'sync.requested'",
    )
    .fetch_all(&owner)
    .await?;
    assert_eq!(audited, [true, true]);
    Ok(())
}

#[tokio::test]
async fn duplicate_job_is_processed_once() {
    let (world, run) = three_clients().await;
    let looks = join_all((0..8).map(|_| world.work(run))).await;
    let finished = looks.iter().filter(|looked| **looked == RunOutcome::Finished(RunState::Succeeded)).count();
    assert_eq!(finished, 1, "{looks:?}");
    as_it_should_be(&world, &[("Alder", 3), ("Birch", 6), ("Cedar", 2)]).await;
}

#[tokio::test]
async fn request_joins_a_run_that_has_not_read_yet() {
    let (world, run) = three_clients().await;
    let mut worker = Worker::stopping_at(&world, &[Failpoint::RunClaimed, Failpoint::DesiredLoaded]);
    assert_eq!(worker.stopped_at().await, Failpoint::RunClaimed);
    assert_eq!(world.request_sync().await, run, "it has not read yet");
    worker.signal(Signal::SIGCONT);
    assert_eq!(worker.stopped_at().await, Failpoint::DesiredLoaded);
    let next = world.request_sync().await;
    assert_ne!(next, run);
    assert_eq!(world.request_sync().await, next, "one waits at most");
    worker.kill().await;
    let worker = Worker::start(&world);
    assert_eq!(world.until_run(run, |run| run.state.is_finished()).await.state, RunState::Succeeded);
    assert_eq!(world.until_run(next, |run| run.state.is_finished()).await.state, RunState::Succeeded);
    worker.kill().await;
}

#[tokio::test]
async fn run_for_some_clients_syncs_only_those() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let mapped = world.clock.now();
    world.clock.advance(TimeDelta::hours(1));
    world.set_users("Alder", 4).await;
    world.set_users("Birch", 6).await;
    let admin = world.admin().await;
    let only = Some(vec![Some(world.client("Alder").await)]);
    let asked = request_sync(world.ops(), &request(&admin), world.partner().await, only).await?;
    let mark = world.mark();
    let run = asked.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![4]), ("Birch".into(), vec![5])].into());
    let run = world.run(run).await;
    assert_eq!((run.summary.updated, run.progress.total), (1, 1));
    assert_eq!(run.summary.halo_requests as usize, world.mark() - mark);
    let last_synced_at = world.connection().await.last_synced_at;
    assert_eq!(last_synced_at, Some(mapped), "all clients have been confirmed since then, and Birch not since");
    Ok(())
}

/// Every worker enqueues every tick.
#[tokio::test]
async fn concurrent_ticks_make_one_job() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let (app, owner) = (database.app().await, database.owner().await);
    let jobs = "select convert_from(job, 'UTF8'), status, count(*) from apalis.jobs group by 1, 2 order by 1";
    let jobs = || sqlx::query_as::<_, (String, String, i64)>(jobs).fetch_all(&owner);
    let enqueue = async |tasks: &[(MaintenanceTask, i64)]| {
        Ok::<_, anyhow::Error>(queue::enqueue_maintenance(&mut *app.acquire().await?, tasks).await?)
    };
    for enqueued in join_all((0..8).map(|_| enqueue(&[(MaintenanceTask::RequeueOrphans, 7)]))).await {
        enqueued?;
    }
    let next = [(MaintenanceTask::RequeueOrphans, 8), (MaintenanceTask::EnqueueNightly, 7)];
    enqueue(&next).await?;
    let (orphans, nightly) = (r#"{"task":"requeue_orphans"}"#.to_owned(), r#"{"task":"enqueue_nightly"}"#.to_owned());
    let pending = [(nightly.clone(), "Pending".to_owned(), 1), (orphans.clone(), "Pending".to_owned(), 2)];
    assert_eq!(jobs().await?, pending);

    // A worker whose clock is a little behind enqueues when the job is done already.
    sqlx::query("update apalis.jobs set status = 'Done'").execute(&owner).await?;
    enqueue(&[(MaintenanceTask::RequeueOrphans, 8)]).await?;
    assert_eq!(jobs().await?, [(nightly, "Done".to_owned(), 1), (orphans, "Done".to_owned(), 2)]);
    Ok(())
}

/// What a job costs the queue does not depend on how many others wait or are done.
#[tokio::test]
async fn fetching_and_ending_a_job_reads_no_other_jobs() -> anyhow::Result<()> {
    const JOBS: i64 = 2_000;
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    sqlx::raw_sql(
        "insert into apalis.workers (id, worker_type, storage_name) values ('worker', 'sync.nightly', 'postgres')",
    )
    .execute(&owner)
    .await?;
    sqlx::query(
        "insert into apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority, metadata)
         select apalis.generate_ulid(), 'sync.nightly', 'job', 'Pending', 0, 1, now(), 0, ''::hstore
         from generate_series(1, $1)",
    )
    .bind(JOBS)
    .execute(&owner)
    .await?;
    sqlx::raw_sql("analyze apalis.jobs").execute(&owner).await?;
    let (fetch, end) = (
        "select id from apalis.get_jobs('worker', 'sync.nightly', 1)",
        "update apalis.jobs set status = 'Done' where id = $1",
    );
    for _ in 0..JOBS / 2 {
        let id: String = sqlx::query_scalar(fetch).fetch_one(&owner).await?;
        sqlx::query(end).bind(id).execute(&owner).await?;
    }
    let held = "select count(*) from apalis.jobs where lock_by is not null";
    assert_eq!(sqlx::query_scalar::<_, i64>(held).fetch_one(&owner).await?, 0);
    let mut tx = owner.begin().await?;
    let read =
        "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relid = 'apalis.jobs'::regclass";
    let before: i64 = sqlx::query_scalar(read).fetch_one(&mut *tx).await?;
    sqlx::query(fetch).execute(&mut *tx).await?;
    let read = sqlx::query_scalar::<_, i64>(read).fetch_one(&mut *tx).await? - before;
    assert!((1..20).contains(&read), "{read} rows were read");
    Ok(())
}

#[tokio::test]
async fn finished_jobs_and_dead_workers_are_pruned() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    for statement in [
        "insert into apalis.workers (id, worker_type, storage_name, last_seen)
         values ('alive', 'sync', 'postgres', now()), ('dead', 'sync', 'postgres', now() - interval '2 days'),
                ('silent for an hour', 'sync', 'postgres', now() - interval '1 hour'),
                ('dead with a job', 'sync', 'postgres', now() - interval '2 days')",
        "insert into apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, done_at, lock_by, priority, metadata)
         select id, 'sync', '', status, 0, 1, now() - age, case when status in ('Done', 'Failed') then now() - age end, worker,
                0, ''::hstore
         from (values ('done', 'Done', interval '2 hours', 'dead'), ('failed', 'Failed', '2 hours', null),
                      ('killed', 'Killed', '2 hours', null), ('just done', 'Done', '10 minutes', 'alive'),
                      ('waiting for long', 'Pending', '2 hours', null), ('at work', 'Running', '2 hours', 'dead with a job'))
              as j (id, status, age, worker)",
    ] {
        sqlx::query(statement).execute(&owner).await?;
    }
    let mut app = database.app().await.acquire().await?;
    assert_eq!(queue::prune_jobs(&mut app).await?, 3);
    assert_eq!(queue::prune_workers(&mut app).await?, 1);
    let left = async |table: &str| -> Vec<String> {
        let ids = format!("select id from apalis.{table} order by id");
        sqlx::query_scalar(sqlx::AssertSqlSafe(ids)).fetch_all(&owner).await.unwrap()
    };
    assert_eq!(left("jobs").await, ["at work", "just done", "waiting for long"]);
    assert_eq!(left("workers").await, ["alive", "dead with a job", "silent for an hour"]);
    Ok(())
}

/// Two partners, each with its own Halo; one slot for nightly syncs, and the sync in it does not
/// end.
#[tokio::test]
async fn interactive_sync_does_not_wait_for_nightly_syncs() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().connected().build().await;
    let first = world.map(&["Alder"]).await.run.unwrap();
    world.work(first).await;
    world.import_partner("second", &[("Second", 4)]).await;
    let admin = world.caller(Role::PartnerAdmin, Some("second")).await;
    let second = world.partner_named("second").await;
    let other = world.sandbox.tenant("other");
    save_connection(world.ops(), &request(&admin), second, details_of(&other)).await?;

    let [(_, night)] = enqueue_nightly_syncs(world.ops(), Selection::Today).await?[..] else { panic!("one night") };
    assert_eq!(world.run(night).await.trigger, Trigger::Nightly);
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::Discovery), Lasting::Sticky);
    let slots = [("INFIMA_WORKER_NIGHTLY_CONCURRENCY", "1"), ("INFIMA_WORKER_INTERACTIVE_CONCURRENCY", "1")];
    let patient = [slots[0], slots[1], ("INFIMA_HALO_TIMEOUT_SECONDS", "60")];
    let worker = Worker::start_with(&world, &patient);
    world.tenant.until(|tenant| tenant.held() == 1).await;

    let client = clients_of(&world, "second").await;
    let customer = infima_halo::ids::HaloCustomerId(other.customers()[0].id);
    let mapping = Mapping { client: Some(client), customer, allow_shared: false, replace: None };
    associate_clients(world.ops(), &request(&admin), second, &[mapping]).await?;
    other.until(|other| !other.live_subscriptions_of(customer.0, infima_halo::halo::VENDOR).is_empty()).await;
    assert_eq!(world.run(night).await.state, RunState::Running, "the night is still at it");
    world.tenant.clear_faults();
    worker.kill().await;
    Ok(())
}

async fn clients_of(world: &World, partner: &str) -> infima_halo::ids::ClientId {
    let id = sqlx::query_scalar("select id from clients where partner_id = $1")
        .bind(world.partner_named(partner).await.0)
        .fetch_one(&world.database.owner().await)
        .await
        .unwrap();
    infima_halo::ids::ClientId(id)
}
