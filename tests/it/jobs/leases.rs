//! One sync of a partner at a time, whatever happens to the process that executes it.

use std::time::{Duration, Instant};

use infima_halo::config::{Config, Variables};
use infima_halo::domain::run::RunState;
use infima_halo::ops::admin::housekeeping::sweep;
use infima_halo::ops::sync::run::Failpoint;
use infima_halo::queue::Kind;
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use infima_halo::seal;
use nix::sys::signal::Signal;

use crate::ops::sync::crash::{as_it_should_be, three_clients};
use crate::support::until;
use crate::support::worker::Worker;
use crate::support::world::World;

const AFTERWARDS: &[(&str, u32)] = &[("Alder", 3), ("Birch", 6), ("Cedar", 2)];

#[tokio::test]
async fn stalled_worker_that_resumes_writes_nothing() {
    for step in [
        Failpoint::CreateIntentRecorded,
        Failpoint::BeforeCreate,
        Failpoint::AfterCreate,
        Failpoint::BeforeQuantityUpdate,
    ] {
        let (world, run) = three_clients().await;
        let mut stalled = Worker::stopping_at(&world, &[step]);
        stalled.stopped_at().await;
        let other = Worker::start(&world);
        let ended = world.until_run(run, |run| run.state.is_finished()).await;
        assert_eq!(ended.state, RunState::Succeeded, "{step:?}");
        let results = world.results(run).await.len();
        other.kill().await;

        let mark = world.mark();
        stalled.signal(Signal::SIGCONT);
        stalled.says("another worker has taken this sync over").await;
        assert_eq!(world.writes_since(mark), 0, "{step:?}");
        assert_eq!(world.results(run).await.len(), results, "{step:?}");
        stalled.kill().await;
        as_it_should_be(&world, AFTERWARDS).await;
    }
}

#[tokio::test]
async fn dead_workers_run_is_taken_over() {
    let (world, run) = three_clients().await;
    let mut dies = Worker::stopping_at(&world, &[Failpoint::SubscriptionIdRecorded]);
    dies.stopped_at().await;
    let mut other = Worker::start(&world);
    other.works().await;
    dies.kill().await;
    let ended = world.until_run(run, |run| run.state.is_finished()).await;
    assert_eq!(ended.state, RunState::Succeeded);
    other.kill().await;
    as_it_should_be(&world, AFTERWARDS).await;
}

/// A process that is frozen while the queue hands it jobs keeps their rows locked: no other one can
/// fetch them, enqueue them again, or enqueue the same maintenance.
#[tokio::test]
async fn jobs_that_a_frozen_worker_was_fetching_are_handed_to_another() -> anyhow::Result<()> {
    let (world, run) = three_clients().await;
    let owner = world.database.owner().await;
    sqlx::query("delete from apalis.jobs").execute(&owner).await?;
    assert_eq!(sweep(world.ops()).await?, 1);
    // A fetch waits where it has taken the job, until the worker is frozen.
    sqlx::raw_sql(
        "create function wait_for_the_test() returns trigger language plpgsql
         as 'begin perform pg_advisory_xact_lock_shared(1); return new; end';
         create trigger wait_for_the_test before update on apalis.jobs for each row
         when (new.status = 'Queued') execute function wait_for_the_test()",
    )
    .execute(&owner)
    .await?;
    let mut held = owner.begin().await?;
    sqlx::query("select pg_advisory_xact_lock(1)").execute(&mut *held).await?;
    let frozen = Worker::start(&world);
    let waiting = "select count(*) from pg_locks l join pg_database d on d.oid = l.database
                   where d.datname = current_database() and l.locktype = 'advisory' and not l.granted";
    // The sync and the maintenance.
    until(async || world.value::<i64>(waiting).await == 2).await;
    frozen.signal(Signal::SIGSTOP);
    frozen.is_stopped().await;
    held.rollback().await?;

    let other = Worker::start(&world);
    let ended = world.until_run(run, |run| run.state.is_finished()).await;
    assert_eq!(ended.state, RunState::Succeeded);
    other.kill().await;
    frozen.kill().await;
    as_it_should_be(&world, AFTERWARDS).await;
    Ok(())
}

/// Without a wake-up, the worker would poll with its heartbeat: every five seconds.
#[tokio::test]
async fn requested_run_wakes_a_worker() {
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().mapped().build().await;
    let worker = Worker::start_with(&world, &[("INFIMA_WORKER_POLL_SECONDS", "60")]);
    is_listening(&world).await;
    let mut begun = Instant::now();
    for users in 4..=7 {
        world.set_users("Alder", users).await;
        let run = world.request_sync().await;
        let ended = world.until_run(run, |run| run.state.is_finished()).await;
        assert_eq!(ended.state, RunState::Succeeded);
        if users == 4 {
            // From here on the next poll is a whole heartbeat away.
            begun = Instant::now();
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "three syncs took {:?}", begun.elapsed());
    worker.kill().await;
    as_it_should_be(&world, &[("Alder", 7)]).await;
}

/// Waits until each kind of job has a listener.
async fn is_listening(world: &World) {
    let listeners =
        "select count(*) from pg_stat_activity where datname = current_database() and query like 'LISTEN %'";
    let all = i64::try_from(Kind::ALL.len()).unwrap();
    until(async || world.value::<i64>(listeners).await >= all).await;
}

/// The time until the lease ends, a request that may still be under way has timed out, the sweep
/// runs, and the queue is polled.
#[test]
fn default_takeover_time_is_under_a_minute() -> anyhow::Result<()> {
    let mut variables = Variables::from([("DATABASE_URL", "postgres://localhost/x")]);
    variables.set("INFIMA_KEYS", seal::DEVELOPMENT_KEYS);
    let config = Config::read(&variables)?;
    let worker = &config.worker;
    let longest = worker.lease + config.halo.timeout + worker.sweep + worker.poll;
    assert!(longest.as_secs() < 60, "{longest:?}");
    Ok(())
}

/// The same as with short times, with the defaults of production.
#[tokio::test]
async fn dead_workers_run_is_taken_over_with_default_settings() {
    let (world, run) = three_clients().await;
    let mut dies = Worker::by_default(&world, &[("INFIMA_FAILPOINTS", Failpoint::SubscriptionIdRecorded.into())]);
    dies.stopped_at().await;
    let mut other = Worker::by_default(&world, &[]);
    other.works().await;
    dies.kill().await;
    let ended = world.until_run_within(Duration::from_secs(120), run, |run| run.state.is_finished()).await;
    assert_eq!(ended.state, RunState::Succeeded);
    other.kill().await;
    as_it_should_be(&world, AFTERWARDS).await;
}

#[tokio::test]
async fn stopped_worker_releases_its_run_at_once() {
    let (world, run) = three_clients().await;
    let mut worker = Worker::stopping_at(&world, &[Failpoint::AfterQuantityUpdate]);
    worker.stopped_at().await;
    worker.signal(Signal::SIGTERM);
    worker.signal(Signal::SIGCONT);
    assert!(worker.ended().await.success());
    let waiting = world.run(run).await;
    assert_eq!((waiting.state, waiting.summary.updated, waiting.problem), (RunState::Queued, 1, None));

    let next = Worker::start(&world);
    let ended = world.until_run(run, |run| run.state.is_finished()).await;
    assert_eq!(ended.state, RunState::Succeeded);
    next.kill().await;
    as_it_should_be(&world, AFTERWARDS).await;
}

#[tokio::test]
async fn stopped_worker_does_not_wait_for_a_halo_read() {
    let (world, run) = three_clients().await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::SubscriptionList), Lasting::Once);
    let mut worker = Worker::start_with(&world, &[("INFIMA_HALO_TIMEOUT_SECONDS", "60")]);
    world.tenant.until(|tenant| tenant.held() == 1).await;
    worker.signal(Signal::SIGTERM);
    assert!(worker.ended().await.success());
    let waiting = world.run(run).await;
    assert_eq!((waiting.state, waiting.problem), (RunState::Queued, None));
    assert!(waiting.next_attempt_at <= world.clock.now());
}

#[tokio::test]
async fn released_run_is_merged_into_the_waiting_run() {
    let (world, run) = three_clients().await;
    let mut worker = Worker::stopping_at(&world, &[Failpoint::AfterQuantityUpdate]);
    worker.stopped_at().await;
    world.set_users("Cedar", 4).await;
    let waiting = world.request_sync().await;
    assert_ne!(waiting, run, "the one that is under way has read already");
    worker.signal(Signal::SIGTERM);
    worker.signal(Signal::SIGCONT);
    assert!(worker.ended().await.success());
    assert_eq!(world.run(run).await.state, RunState::Cancelled);

    let next = Worker::start(&world);
    let ended = world.until_run(waiting, |run| run.state.is_finished()).await;
    assert_eq!(ended.state, RunState::Succeeded);
    next.kill().await;
    as_it_should_be(&world, &[("Alder", 3), ("Birch", 6), ("Cedar", 4)]).await;
}

#[tokio::test]
async fn worker_survives_lost_postgres_connections() -> anyhow::Result<()> {
    for step in [Failpoint::DesiredLoaded, Failpoint::AfterCreate, Failpoint::OutcomeRecorded] {
        let (world, run) = three_clients().await;
        let mut worker = Worker::stopping_at(&world, &[step]);
        worker.stopped_at().await;
        let cut = sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and usename = 'infima_app'",
        );
        cut.execute(&world.database.owner().await).await?;
        worker.signal(Signal::SIGCONT);
        // The worker reaches the same step again when it resumes its run, unless the step was done.
        let ended = world.until_run(run, |run| run.state.is_finished());
        tokio::pin!(ended);
        let ended = loop {
            tokio::select! {
                ended = &mut ended => break ended,
                _ = worker.stopped_at() => worker.signal(Signal::SIGCONT),
            }
        };
        assert_eq!(ended.state, RunState::Succeeded, "{step:?}");
        worker.kill().await;
        as_it_should_be(&world, AFTERWARDS).await;
    }
    Ok(())
}
