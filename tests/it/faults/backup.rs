//! A backup of a live system, restored elsewhere: no second subscription, and what Halo has got
//! since then is reported.

use std::os::unix::fs::MetadataExt as _;
use std::process::Stdio;

use infima_halo::domain::run::{Outcome, RunState};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::process::Command;

use crate::support::db::{TestDatabase, postgres_program};
use crate::support::worker::Worker;
use crate::support::world::World;

/// A program of Postgres', connected to this database. Only the user that runs the server may enter
/// the folder of its socket. `None` where it is not installed.
fn tool(program: &str, database: &SecretString) -> Option<Command> {
    let program = postgres_program(program)?;
    let mut command = Command::new(program);
    command.env_clear().env("LC_ALL", "C").current_dir("/").kill_on_drop(true);
    let url = url::Url::parse(database.expose_secret()).unwrap();
    if let Some((_, sockets)) = url.query_pairs().find(|(name, _)| name == "host") {
        let owner = std::fs::metadata(&*sockets).unwrap();
        command.uid(owner.uid()).gid(owner.gid());
    }
    command.arg("--dbname").arg(database.expose_secret());
    Some(command)
}

#[tokio::test]
async fn restored_backup_creates_no_second_subscription_and_reports_the_drift() {
    let world = World::builder()
        .clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 2)])
        .only(&["Alder", "Birch"])
        .for_processes()
        .synced()
        .build()
        .await;
    let Some(mut dump) = tool("pg_dump", world.database.owner_url()) else {
        println!("SKIPPED: pg_dump is not installed, so no backup was made.");
        return;
    };
    // The backup is made while a worker works.
    world.set_users("Alder", 4).await;
    let night = world.request_sync().await;
    let worker = Worker::start(&world);
    world.until_run(night, |run| run.state == RunState::Succeeded).await;
    let dumped = dump.args(["--format", "plain", "--no-owner"]).output().await.unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));

    // What happens after it is lost with the database, and stays in Halo.
    let mapped = world.map(&["Cedar"]).await.run.unwrap();
    world.until_run(mapped, |run| run.state == RunState::Succeeded).await;
    world.set_users("Birch", 9).await;
    let last = world.request_sync().await;
    world.until_run(last, |run| run.state == RunState::Succeeded).await;
    worker.kill().await;
    let before = [("Alder", 4), ("Birch", 9), ("Cedar", 2)].map(|(name, count)| (name.to_owned(), vec![count]));
    assert_eq!(world.billed(), before.into());

    let elsewhere = TestDatabase::create_without_tables().await;
    let mut restore = tool("psql", elsewhere.owner_url()).expect("it comes with pg_dump");
    restore.args(["--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1"]);
    let mut restore = restore.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut into = restore.stdin.take().unwrap();
    // The schema is there already.
    let script = String::from_utf8(dumped.stdout).unwrap().replace("CREATE SCHEMA public;", "");
    let feeding = tokio::spawn(async move { tokio::io::AsyncWriteExt::write_all(&mut into, script.as_bytes()).await });
    let restored = restore.wait_with_output().await.unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    feeding.await.unwrap().unwrap();

    let world = world.over(elsewhere).await;
    let mark = world.mark();
    let mut worker = Worker::start(&world);
    worker.works().await;
    let night = world.request_sync().await;
    world.until_run(night, |run| run.state == RunState::Succeeded).await;
    let birch = world.client("Birch").await;
    let birch = world.results(night).await.into_iter().find(|result| result.client == birch).unwrap();
    let reported = (birch.outcome, birch.quantity_before, birch.quantity_after, birch.changed_in_halo);
    assert_eq!(reported, (Outcome::Updated, Some(9), Some(5), true), "Halo had another quantity than was known");
    assert_eq!(world.writes_since(mark), 1, "Alder is as it was");

    // The client that was mapped after the backup is mapped again.
    let again = world.map(&["Cedar"]).await.run.unwrap();
    world.until_run(again, |run| run.state == RunState::Succeeded).await;
    let after = [("Alder", 4), ("Birch", 5), ("Cedar", 2)].map(|(name, count)| (name.to_owned(), vec![count]));
    assert_eq!(world.billed(), after.into(), "each has one subscription");
    assert_eq!(world.writes_since(mark), 1, "Cedar's was found by its marker");
    worker.kill().await;
}
