//! Faults beside the database's: two schedulers, a Halo that is down for hours, and a cut
//! connection for notifications. A worker that is frozen past its lease, and one that is killed
//! anywhere, are in `jobs::leases` and `ops::sync::crash`.

use std::time::{Duration, Instant};

use infima_halo::auth::Role;
use infima_halo::domain::run::RunState;
use infima_halo::sandbox::{Fault, Lasting, Matching};
use secrecy::ExposeSecret as _;

use super::night::Night;
use crate::http::sockets::Socket;
use crate::support::api_process::ApiProcess;
use crate::support::cable::Cable;
use crate::support::until;
use crate::support::worker::Worker;
use crate::support::world::{PARTNER, World};

#[tokio::test]
async fn two_schedulers_make_one_night() {
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().synced().build().await;
    // A night that is over, and that the association was there for.
    for statement in [
        "update partners set time_zone = 'UTC', night_start = (now() at time zone 'UTC' - interval '3 hours')::time,
             night_end = (now() at time zone 'UTC' - interval '2 hours')::time",
        "update connections set created_at = created_at - interval '3 days'",
        "update associations set created_at = created_at - interval '3 days'",
    ] {
        sqlx::query(statement).execute(&world.owner).await.unwrap();
    }
    let mut workers: Vec<_> = (0..2).map(|_| Worker::start(&world)).collect();
    for worker in &mut workers {
        worker.works().await;
    }
    // Each scheduler enqueues again and again; maintenance runs at least three times.
    let maintained = "select count(*) from apalis.jobs where job_type = 'maintenance' and status = 'Done'
                      and convert_from(job, 'UTF8') like '%requeue_orphans%'";
    until(async || sqlx::query_scalar::<_, i64>(maintained).fetch_one(&world.owner).await.unwrap() >= 3).await;
    let nights = "select count(*) from sync_runs where nightly_date is not null and state = 'succeeded'";
    until(async || sqlx::query_scalar::<_, i64>(nights).fetch_one(&world.owner).await.unwrap() > 0).await;
    let nights = "select count(*) from sync_runs where nightly_date is not null";
    assert_eq!(sqlx::query_scalar::<_, i64>(nights).fetch_one(&world.owner).await.unwrap(), 1);
    for worker in workers {
        worker.kill().await;
    }
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

/// How often the runs are tried in vain. In between hours pass, which are taken out.
const TRIES: i32 = 5;

#[tokio::test]
async fn halo_down_for_hours_loses_nothing() {
    let night = Night::in_the_middle(World::builder(), &[]).await;
    let world = &night.world;
    world.tenant.inject(Fault::Maintenance, Matching::any(), Lasting::Sticky);
    world.tenant.release();
    let waiting = async |attempts: i32| -> bool {
        let waiting =
            "select count(*) from sync_runs where state = 'queued' and attempts >= $1 and next_attempt_at > now()";
        let waiting = sqlx::query_scalar::<_, i64>(waiting).bind(attempts);
        waiting.fetch_one(&world.owner).await.unwrap() == 3
    };
    for attempt in 1..=TRIES {
        until(async || waiting(attempt).await).await;
        let hours = "update sync_runs set next_attempt_at = now() where state = 'queued'";
        sqlx::query(hours).execute(&world.owner).await.unwrap();
    }
    world.tenant.clear_faults();
    let hours = "update sync_runs set next_attempt_at = now() where state = 'queued'";
    sqlx::query(hours).execute(&world.owner).await.unwrap();
    let owner = world.database.owner_url().expose_secret();
    night.ends_well("Halo down for hours", Instant::now(), owner).await;
    drop(night.end().await);
}

#[tokio::test]
async fn cut_listener_misses_no_change() {
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().mapped().build().await;
    let run = world.request_sync().await;
    let cable = Cable::lay();
    let listens_at = cable.through(world.database.app_url().expose_secret());
    let serve = ApiProcess::start(&world, &[("LISTEN_DATABASE_URL", &listens_at)]).await;
    let token = world.token(Role::PartnerAdmin, Some(PARTNER)).expose_secret().to_owned();
    let mut socket = Socket::signed_in(serve.address, &token).await;
    socket.subscribe("run", &format!("subscription {{ haloSyncRun(id: \"{run}\") {{ status }} }}")).await;
    let status = |message: &serde_json::Value| {
        message["payload"]["data"]["haloSyncRun"]["status"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(status(&socket.next().await), "QUEUED");
    // The run ends while nothing listens.
    cable.refuse(true);
    cable.cut();
    world.work(run).await;
    assert_eq!(world.run(run).await.state, RunState::Succeeded);
    cable.refuse(false);
    let begun = Instant::now();
    let heard = async { while status(&socket.next().await) != "SUCCEEDED" {} };
    tokio::time::timeout(Duration::from_secs(30), heard).await.expect("the change is heard");
    println!("LISTEN's connection cut: heard after {:.1} s", begun.elapsed().as_secs_f64());
    assert!(serve.running.stop().await.success());
}
