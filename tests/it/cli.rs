//! The command line as an operator meets it: the real program, its words and its exit codes.

use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::process::Command;

use crate::support::db::TestDatabase;
use crate::support::program::{Running, Web, program, run};

/// 32 bytes that nobody else has.
const KEYS: &str = "test:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";

/// The program in a complete production.
fn production(arguments: &[&str], database: &TestDatabase) -> Command {
    let mut command = program(arguments);
    command
        .env("DATABASE_URL", database.app_url().expose_secret())
        .env("MIGRATE_DATABASE_URL", database.owner_url().expose_secret())
        .env("INFIMA_KEYS", KEYS)
        .env("INFIMA_LISTEN", "127.0.0.1:0")
        .env("INFIMA_WORKER_LISTEN", "127.0.0.1:0")
        .env("INFIMA_AUTH_JWKS_URL", "https://id.example.com/jwks")
        .env("INFIMA_AUTH_ISSUER", "https://id.example.com")
        .env("INFIMA_AUTH_AUDIENCE", "halo");
    command
}

/// What is said when it ends with 1: one line, without a trace of our insides.
async fn complaint(command: &mut Command) -> String {
    let ended = run(command).await;
    assert_eq!(ended.status.code(), Some(1), "{}{}", ended.stdout, ended.stderr);
    let said = ended.stderr.lines().filter(|line| !line.starts_with('{')).collect::<Vec<_>>().join("\n");
    assert!(said.starts_with("error: ") && !said.contains("backtrace"), "{said}");
    said
}

#[tokio::test]
async fn what_serve_needs_is_named_all_at_once() {
    let said = complaint(&mut program(&["serve"])).await;
    let needed = ["DATABASE_URL", "INFIMA_KEYS", "INFIMA_AUTH_JWKS_URL", "INFIMA_AUTH_ISSUER", "INFIMA_AUTH_AUDIENCE"];
    assert_eq!(said.lines().count(), needed.len(), "{said}");
    for (line, variable) in said.lines().zip(needed) {
        assert!(line.trim_start_matches("error: ").starts_with(variable), "{line}");
    }
}

#[tokio::test]
async fn an_address_that_is_none_is_not_repeated() {
    let database = TestDatabase::fresh().await;
    let mut serve = production(&["serve"], &database);
    let said = complaint(serve.env("DATABASE_URL", "postgres//app:planted-password@db")).await;
    assert!(said.starts_with("error: DATABASE_URL is not an address of the form"), "{said}");
    assert!(!said.contains("planted"), "{said}");
}

#[tokio::test]
async fn production_refuses_the_published_key() {
    let database = TestDatabase::fresh().await;
    let mut serve = production(&["serve"], &database);
    let said = complaint(serve.env("INFIMA_KEYS", infima_halo::seal::DEVELOPMENT_KEYS)).await;
    assert!(said.contains("INFIMA_KEYS holds the published development key"), "{said}");
}

#[tokio::test]
async fn another_keyring_than_the_databases_is_refused() {
    let database = TestDatabase::fresh().await;
    let rotated = run(&mut production(&["rotate-keys"], &database)).await;
    assert!(rotated.status.success(), "{}", rotated.stderr);
    assert_eq!(rotated.stdout, "0 stored secrets were sealed anew with the key 'test'.\n");
    let mut worker = production(&["worker"], &database);
    let said = complaint(worker.env("INFIMA_KEYS", "test:EjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8=")).await;
    assert!(said.starts_with("error: INFIMA_KEYS is not the keyring this database was sealed with"), "{said}");
}

#[tokio::test]
async fn a_database_without_tables_leads_to_migrate() {
    let database = TestDatabase::fresh().await;
    let owner = database.owner().await;
    sqlx::query("ALTER TABLE canary RENAME TO canary_of_yore").execute(&owner).await.unwrap();
    let said = complaint(&mut production(&["serve"], &database)).await;
    assert_eq!(said, "error: the database has no tables of ours yet: run `infima-halo migrate` first");
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let database = TestDatabase::fresh().await;
    let migrated = run(&mut production(&["migrate"], &database)).await;
    assert_eq!((migrated.status.code(), migrated.stdout.as_str()), (Some(0), "The database is up to date.\n"));
}

#[tokio::test]
async fn the_schema_needs_nothing_that_runs() {
    let printed = run(&mut program(&["schema"])).await;
    assert!(printed.status.success(), "{}", printed.stderr);
    assert_eq!(printed.stdout, infima_halo::graphql::sdl());
}

#[tokio::test]
async fn a_sync_by_hand_says_why_there_is_none() {
    let database = TestDatabase::fresh().await;
    let night = run(&mut production(&["sync", "--night"], &database)).await;
    assert!(night.status.success(), "{}", night.stderr);
    assert!(night.stdout.starts_with("Nothing to sync: "), "{}", night.stdout);
    let since = ["sync", "--failed-since", "2026-11-24T00:00:00Z", "--spread", "60"];
    let since = run(&mut production(&since, &database)).await;
    assert_eq!(since.stdout, "Nothing to sync: no partner's latest sync since then failed.\n");
    let said = complaint(&mut production(&["sync", "--partner", "nobody"], &database)).await;
    assert_eq!(said, "error: there is no partner with the external id 'nobody'");
}

#[tokio::test]
async fn contradictions_on_the_command_line_are_refused() {
    let wrong: [&[&str]; 5] = [
        &["sync"],
        &["sync", "--night", "--partner", "a"],
        &["sync", "--night", "--dry-run"],
        &["sync", "--partner", "a", "--spread", "5"],
        &["sync", "--failed-since", "yesterday"],
    ];
    for arguments in wrong {
        assert_eq!(run(&mut program(arguments)).await.status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test]
async fn serve_and_worker_live_are_ready_and_stop_when_told() {
    let (database, web) = (TestDatabase::fresh().await, Web::new());
    for (command, says) in [("serve", "serving"), ("worker", "working")] {
        let mut running = Running::start(&mut production(&[command], &database));
        let line = running.logs(&format!("\"{says}\"")).await;
        let line: Value = serde_json::from_str(&line).expect("logs that are no terminal's are JSON");
        let address = line["address"].as_str().expect("it says where it answers");
        for path in ["health/live", "health/ready", "metrics"] {
            assert_eq!(web.get(&format!("http://{address}/{path}")).await.status, 200, "{command} {path}");
        }
        assert_eq!(running.stop().await.code(), Some(0), "{command}");
    }
}
