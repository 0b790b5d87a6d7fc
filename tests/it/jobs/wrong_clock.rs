//! A worker on a machine whose clock is wrong, as a real process: libfaketime moves what it reads.

use std::fs;
use std::path::PathBuf;

use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};

use crate::support::program::Web;
use crate::support::until;
use crate::support::worker::Worker;
use crate::support::world::World;

/// The library, if it is installed. Without it the test is left out, and says so.
fn libfaketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let found = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|library| library.exists());
    if found.is_none() {
        println!("skipped: libfaketime is not installed (Debian: libfaketime)");
    }
    found
}

async fn count(world: &World, what: &'static str) -> i64 {
    sqlx::query_scalar(what).fetch_one(&world.owner).await.expect("the database answers")
}

#[tokio::test]
async fn worker_with_a_wrong_clock_says_so_and_enqueues_nothing_and_the_night_comes_once() {
    const JOBS: &str = "select count(*) from apalis.jobs where job_type = 'maintenance'";
    const NIGHTS: &str = "select count(*) from sync_runs where nightly_date is not null";
    let Some(library) = libfaketime() else { return };
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().synced().build().await;
    // A night is due at once.
    world.change(sqlx::query("update connections set created_at = now() - interval '3 days'")).await;
    world.change(sqlx::query("update associations set created_at = now() - interval '3 days'")).await;
    world.set_users("Alder", 4).await;
    let wrong = [
        ("LD_PRELOAD", library.to_str().expect("a plain path")),
        ("FAKETIME", "+1d"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("INFIMA_WORKER_LISTEN", "127.0.0.1:0"),
    ];
    let mut wrong = Worker::start_with(&world, &wrong);
    let line = wrong.says("working").await;
    let address = line.split("address=").nth(1).expect("it says where").trim().to_owned();
    let line = wrong.says("this machine's clock differs").await;
    assert!(line.contains("ahead_s=8639") || line.contains("ahead_s=8640"), "{line}");
    // After a minute in which it was wrong.
    let (web, ready) = (Web::new(), format!("http://{address}/health/ready"));
    until(async || web.get(&ready).await.status == 503).await;
    let because = String::from_utf8(web.get(&ready).await.body).expect("it answers JSON");
    assert!(because.contains("clock differs from the database's by 86"), "{because}");
    assert_eq!((count(&world, JOBS).await, count(&world, NIGHTS).await), (0, 0), "it enqueues nothing");

    let right = Worker::start(&world);
    let done = "select count(*) from sync_runs where nightly_date is not null and state = 'succeeded'";
    until(async || count(&world, done).await == 1).await;
    assert_eq!(world.billed(), [("Alder".to_owned(), vec![4])].into());
    let again = enqueue_nightly_syncs(world.ops(), Selection::Due).await.expect("the database answers");
    assert_eq!((again, count(&world, NIGHTS).await), (Vec::new(), 1));
    let is_todays =
        "select count(*) from sync_runs where nightly_requested_at between now() - interval '1 hour' and now()";
    assert_eq!(count(&world, is_todays).await, 1, "it is recorded by the database's clock");
    right.kill().await;
    wrong.kill().await;
}
