//! Machines whose clocks are wrong: what is due is decided by the database's clock, so no night is
//! lost and none comes twice.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use infima_halo::app::App;
use infima_halo::clock::Clock;
use infima_halo::domain::run::{RunState, Trigger};
use infima_halo::ids::RunId;
use infima_halo::jobs;
use infima_halo::ops::Ops;
use infima_halo::ops::admin::status;
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::ops::sync::run::run_sync;
use tokio_util::sync::CancellationToken;

use crate::support::world::World;

/// The app on a machine whose clock is wrong by so much.
async fn app_on(world: &World, wrong_by: TimeDelta) -> App {
    App::build(&world.config, world.clock.wrong_by(wrong_by), 4).await.expect("the app starts")
}

async fn dates(world: &World) -> Vec<String> {
    let dates = "select nightly_date from sync_runs where nightly_date is not null order by nightly_date";
    let dates: Vec<NaiveDate> = world.values(dates).await;
    dates.iter().map(ToString::to_string).collect()
}

async fn tick(ops: &Ops) -> Vec<RunId> {
    let queued = enqueue_nightly_syncs(ops, Selection::Due).await.expect("the database answers");
    queued.into_iter().map(|(_, run)| run).collect()
}

#[tokio::test]
async fn scheduler_with_a_wrong_clock_neither_loses_nor_doubles_a_night() {
    for wrong_by in [TimeDelta::days(1), TimeDelta::days(7), TimeDelta::days(-1), TimeDelta::hours(9)] {
        let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
        let wrong = app_on(&world, wrong_by).await;
        for hour in 0..4 * 24 {
            // Each of them comes first in every other hour, and the wrong one also does the work.
            let order = if hour % 2 == 0 { [&wrong.ops, world.ops()] } else { [world.ops(), &wrong.ops] };
            for ops in order {
                for run in tick(ops).await {
                    run_sync(&wrong.ops, run, "wrong", &CancellationToken::new()).await.expect("it is executed");
                    let run = world.run(run).await;
                    assert_eq!((run.state, run.trigger), (RunState::Succeeded, Trigger::Nightly), "{wrong_by}");
                }
            }
            world.clock.advance(TimeDelta::hours(1));
        }
        assert_eq!(dates(&world).await, ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28"], "{wrong_by}");
    }
}

/// By the real clock of Postgres: this machine's is a week ahead.
#[tokio::test]
async fn what_a_machine_a_week_ahead_stores_has_the_dates_of_the_database() -> anyhow::Result<()> {
    let mut world = World::builder().clients(&[("Alder", 3)]).for_processes().build().await;
    let wrong = Clock::system().wrong_by(TimeDelta::days(7));
    world.app = App::build(&world.config, wrong, 4).await.expect("the app starts");
    world.connect().await;
    world.map(&["Alder"]).await;
    world.look().await;
    let queued = enqueue_nightly_syncs(world.ops(), Selection::Today).await?;
    assert_eq!(queued.len(), 1);
    let right: bool = world
        .value(
            "select (select bool_and(nightly_date = (now() at time zone 'Europe/Berlin')::date
                                 and nightly_requested_at between now() - interval '1 hour' and now())
                 from sync_runs where nightly_date is not null)
            and (select bool_and(created_at <= now()) from connections)
            and (select bool_and(created_at <= now()) from associations)",
        )
        .await;
    assert!(right);
    Ok(())
}

#[tokio::test]
async fn wrong_clock_enqueues_no_maintenance() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    let jobs = async || -> i64 {
        let count = "select count(*) from apalis.jobs where job_type = 'maintenance'";
        world.value(count).await
    };
    let wrong = app_on(&world, TimeDelta::seconds(6)).await;
    jobs::enqueue_maintenance(&wrong.ops, Duration::from_secs(5)).await?;
    assert_eq!(jobs().await, 0);
    // It is taken out of service after a minute, and not for a clock that is being set.
    assert_eq!(status::check_ready(&wrong.ops).await, Ok(()));
    let nearly_right = app_on(&world, TimeDelta::seconds(4)).await;
    jobs::enqueue_maintenance(&nearly_right.ops, Duration::from_secs(5)).await?;
    assert_eq!(jobs().await, 3);
    Ok(())
}

/// What a release that believed its own clock has left behind.
#[tokio::test]
async fn night_from_the_future_is_released_and_audited() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let run = world.sync().await.id;
    let future = "2026-12-01T02:00:00Z".parse::<DateTime<Utc>>().expect("a constant");
    let obeyed = "update sync_runs set trigger = 'nightly', nightly_date = '2026-12-01', nightly_requested_at = $2
                  where id = $1";
    world.change(sqlx::query(obeyed).bind(run.0).bind(future)).await;

    assert_eq!(tick(world.ops()).await, [], "no night is due");
    assert_eq!(dates(&world).await, Vec::<String>::new());
    assert_eq!(world.run(run).await.trigger, Trigger::Nightly, "the run stays");
    let audited: Vec<(String, String)> =
        sqlx::query_as("select act, before ->> 'night' from activity where act = 'sync.night_released'")
            .fetch_all(&world.owner)
            .await?;
    assert_eq!(audited, [("sync.night_released".to_owned(), "2026-12-01".to_owned())]);

    for _ in 0..24 {
        for run in tick(world.ops()).await {
            world.work(run).await;
        }
        world.clock.advance(TimeDelta::hours(1));
    }
    assert_eq!(dates(&world).await, ["2026-11-25"]);
    Ok(())
}
