//! The command line as an operator meets it: the real program, its words and its exit codes.

use std::time::{Duration, Instant};

use infima_halo::config::Variables;
use infima_halo::dev::postgres::{self, Postgres, PostgresOptions};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use tokio::process::Command;

use crate::support::data_dir;
use crate::support::db::TestDatabase;
use crate::support::program::{Running, Web, program, run};

/// A key that is not published.
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

/// The error of a program that exits with 1: one line, without a trace of our internals.
async fn complaint(command: &mut Command) -> String {
    let ended = run(command).await;
    assert_eq!(ended.status.code(), Some(1), "{}{}", ended.stdout, ended.stderr);
    let said = ended.stderr.lines().filter(|line| !line.starts_with('{')).collect::<Vec<_>>().join("\n");
    assert!(said.starts_with("error: ") && !said.contains("backtrace"), "{said}");
    said
}

#[tokio::test]
async fn serve_without_settings_names_all_of_them() {
    let said = complaint(&mut program(&["serve"])).await;
    let needed = ["DATABASE_URL", "INFIMA_KEYS", "INFIMA_AUTH_JWKS_URL", "INFIMA_AUTH_ISSUER", "INFIMA_AUTH_AUDIENCE"];
    assert_eq!(said.lines().count(), needed.len(), "{said}");
    for (line, variable) in said.lines().zip(needed) {
        assert!(line.trim_start_matches("error: ").starts_with(variable), "{line}");
    }
}

#[tokio::test]
async fn invalid_database_url_is_not_printed() {
    let database = TestDatabase::create().await;
    let mut serve = production(&["serve"], &database);
    let said = complaint(serve.env("DATABASE_URL", "postgres//app:planted-password@db")).await;
    assert!(said.starts_with("error: DATABASE_URL is not an address of the form"), "{said}");
    assert!(!said.contains("planted"), "{said}");
}

#[tokio::test]
async fn production_with_development_key_is_refused() {
    let database = TestDatabase::create().await;
    let mut serve = production(&["serve"], &database);
    let said = complaint(serve.env("INFIMA_KEYS", infima_halo::seal::DEVELOPMENT_KEYS)).await;
    assert!(said.contains("INFIMA_KEYS holds the published development key"), "{said}");
}

#[tokio::test]
async fn keyring_of_another_database_is_refused() {
    let database = TestDatabase::create().await;
    let rotated = run(&mut production(&["rotate-keys"], &database)).await;
    assert!(rotated.status.success(), "{}", rotated.stderr);
    assert_eq!(rotated.stdout, "0 stored secrets were re-encrypted with the key 'test'.\n");
    let mut worker = production(&["worker"], &database);
    let said = complaint(worker.env("INFIMA_KEYS", "test:EjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8=")).await;
    assert!(said.starts_with("error: INFIMA_KEYS is not the keyring this database was sealed with"), "{said}");
}

#[tokio::test]
async fn invalid_development_address_is_refused_with_an_example() {
    let database = TestDatabase::create().await;
    let mut worker = production(&["worker"], &database);
    worker.env("INFIMA_ENV", "development").env("INFIMA_HALO_DEVELOPMENT_ADDRESSES", "localhost");
    let said = complaint(&mut worker).await;
    let wanted = "error: INFIMA_HALO_DEVELOPMENT_ADDRESSES: \"localhost\" is not host:port, such as 127.0.0.1:8089";
    assert!(said.starts_with(wanted), "{said}");
}

#[tokio::test]
async fn metrics_are_served_only_on_their_listener() {
    let database = TestDatabase::create().await;
    let mut serve = production(&["serve"], &database);
    let mut running = Running::start(serve.env("INFIMA_METRICS_LISTEN", "127.0.0.1:0"));
    let line: serde_json::Value = serde_json::from_str(&running.logs("\"serving\"").await).unwrap();
    let http = crate::support::served::client();
    let get = async |of: &str| {
        let answer = http.get(format!("http://{}/metrics", line[of].as_str().unwrap())).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, metrics) = get("metrics").await;
    assert!(status == 200 && metrics.contains("infima_build_info"), "{metrics}");
    assert_eq!(get("address").await.0, 404);
    assert!(running.stop().await.success());
}

#[tokio::test]
async fn database_without_tables_is_refused_naming_migrate() {
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    sqlx::query("ALTER TABLE canary RENAME TO canary_of_yore").execute(&owner).await.unwrap();
    let said = complaint(&mut production(&["serve"], &database)).await;
    assert_eq!(said, "error: the database has no tables of ours yet: run `infima-halo migrate` first");
}

/// `migrate` is the first command that is run, before the application's role has an address.
#[tokio::test]
async fn migrate_needs_only_the_owner_url_and_is_idempotent() {
    let said = complaint(&mut program(&["migrate"])).await;
    assert!(said.starts_with("error: MIGRATE_DATABASE_URL (or MIGRATE_DATABASE_URL_FILE) is not set: "), "{said}");
    let database = TestDatabase::create().await;
    let mut migrate = program(&["migrate"]);
    let migrated = run(migrate.env("MIGRATE_DATABASE_URL", database.owner_url().expose_secret())).await;
    assert_eq!((migrated.status.code(), migrated.stdout.as_str()), (Some(0), "The database is up to date.\n"));
}

#[tokio::test]
async fn schema_command_needs_no_settings() {
    let printed = run(&mut program(&["schema"])).await;
    assert!(printed.status.success(), "{}", printed.stderr);
    assert_eq!(printed.stdout, infima_halo::graphql::sdl());
}

#[tokio::test]
async fn sync_command_with_nothing_to_do_says_why() {
    let database = TestDatabase::create().await;
    let night = run(&mut production(&["sync", "--night"], &database)).await;
    assert!(night.status.success(), "{}", night.stderr);
    assert!(night.stdout.starts_with("Nothing to sync: "), "{}", night.stdout);
    let since = ["sync", "--failed-since", "2026-11-24T00:00:00Z", "--spread", "60"];
    let since = run(&mut production(&since, &database)).await;
    assert_eq!(since.stdout, "Nothing to sync: no partner's latest sync since then failed.\n");
    let said = complaint(&mut production(&["sync", "--partner", "unknown"], &database)).await;
    assert_eq!(said, "error: there is no partner with the external id 'unknown'");
}

#[tokio::test]
async fn contradictory_arguments_are_refused() {
    let wrong: [&[&str]; 4] = [
        &["sync"],
        &["sync", "--night", "--partner", "a"],
        &["sync", "--night", "--dry-run"],
        &["sync", "--partner", "a", "--spread", "5"],
    ];
    for arguments in wrong {
        assert_eq!(run(&mut program(arguments)).await.status.code(), Some(2), "{arguments:?}");
    }
}

/// Without a command, `dev` runs.
#[tokio::test]
async fn dev_option_without_dev_is_refused_with_a_tip() {
    let hint = "tip: options of the development stack need the command `dev`";
    for arguments in [&["--exit"][..], &["--port", "80000"], &["--port=0", "--exit"]] {
        let ended = run(&mut program(arguments)).await;
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
        assert!(ended.stderr.contains(hint), "{}", ended.stderr);
    }
    for arguments in [&["--night"][..], &["serve", "--port", "80"], &["serve", "--exit"]] {
        let ended = run(&mut program(arguments)).await;
        assert!(ended.status.code() == Some(2) && !ended.stderr.contains(hint), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn invalid_argument_is_refused_with_an_example() {
    for (arguments, wanted) in [
        (["sync", "--failed-since", "yesterday"], "such as 2026-11-24T03:00:00Z"),
        (["sync", "--failed-since", "2026-11-24T03:00:00"], "a date, a time and its zone"),
        (["sync", "--spread", "10m"], "a whole number of seconds is needed, such as 600"),
        (["dev", "--port", "http"], "a port is a number up to 65535"),
        (["dev", "--sandbox-port", "65536"], "a port is a number up to 65535"),
        (["sandbox", "--port", "http"], "a port is a number up to 65535"),
    ] {
        let ended = run(&mut program(&arguments)).await;
        assert_eq!(ended.status.code(), Some(2), "{arguments:?}");
        assert!(ended.stderr.contains(wanted), "{}", ended.stderr);
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for command in ["dev", "sandbox"] {
        let said = complaint(&mut program(&[command, "--data-dir", file])).await;
        assert!(said.contains(file) && said.contains("(--data-dir)"), "{said}");
    }
    let database = TestDatabase::create().await;
    let to_come = complaint(&mut production(&["sync", "--failed-since", "2999-01-01T00:00:00Z"], &database)).await;
    assert!(to_come.starts_with("error: --failed-since is in the future"), "{to_come}");
}

/// Each command says at once which address is meant and what is wrong there.
#[tokio::test]
async fn unusable_database_error_names_address_and_cause() {
    let database = TestDatabase::create().await;
    let closed_port = "postgres://app:planted@127.0.0.1:1/there";
    for command in [&["serve"][..], &["worker"], &["rotate-keys"], &["sync", "--night"]] {
        let begun = Instant::now();
        let said = complaint(production(command, &database).env("DATABASE_URL", closed_port)).await;
        let refused = "error: Postgres at 127.0.0.1:1 (DATABASE_URL) cannot be reached: Connection refused";
        assert!(said.starts_with(refused), "{command:?}: {said}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{command:?} waits for a server that refuses");
    }
    let mut migrate = production(&["migrate"], &database);
    let said = complaint(migrate.env("MIGRATE_DATABASE_URL", closed_port)).await;
    assert!(said.starts_with("error: Postgres at 127.0.0.1:1 (MIGRATE_DATABASE_URL) cannot be reached"), "{said}");
    let said = complaint(migrate.env("MIGRATE_DATABASE_URL", "postgres//app:planted@db")).await;
    assert!(said.starts_with("error: MIGRATE_DATABASE_URL is not an address of the form"), "{said}");
    let said = complaint(migrate.env_remove("MIGRATE_DATABASE_URL").env("DATABASE_URL", closed_port)).await;
    assert!(said.starts_with("error: Postgres at 127.0.0.1:1 (DATABASE_URL) cannot be reached"), "{said}");
    let said = complaint(migrate.env("DATABASE_URL", database.app_url().expose_secret())).await;
    let owner = "error: the role in DATABASE_URL may not change the tables: give `migrate` the database's owner";
    assert!(said.starts_with(owner), "{said}");
    let absent = database.app_url().expose_secret().replacen("/infima_test_", "/infima_gone_", 1);
    let said = complaint(production(&["worker"], &database).env("DATABASE_URL", absent)).await;
    assert!(said.contains("refuses the connection: database \"infima_gone_"), "{said}");
}

#[tokio::test]
async fn serve_and_worker_become_ready_and_stop_on_signal() {
    let (database, web) = (TestDatabase::create().await, Web::new());
    for (command, says) in [("serve", "serving"), ("worker", "working")] {
        let (running, address) = started(&mut production(&[command], &database), says).await;
        let metrics = (command == "worker").then_some("metrics");
        for path in ["health/live", "health/ready"].into_iter().chain(metrics) {
            assert_eq!(web.get(&format!("http://{address}/{path}")).await.status, 200, "{command} {path}");
        }
        assert_eq!(running.stop().await.code(), Some(0), "{command}");
    }
}

/// Starts the program, and gives the address at which it answers.
async fn started(command: &mut Command, says: &str) -> (Running, String) {
    let mut running = Running::start(command);
    let line = running.logs(&format!("\"{says}\"")).await;
    let line: Value = serde_json::from_str(&line).expect("logs that are no terminal's are JSON");
    (running, line["address"].as_str().expect("it says where it answers").to_owned())
}

/// A database server that is gone, and one that accepts requests and never answers. In both cases
/// the health check answers soon and rightly, and the processes end on their signal.
#[tokio::test]
async fn serve_and_worker_without_database_are_unready_and_stop() {
    /// How long a worker waits for its syncs, and how long it may take beyond that on a busy
    /// machine.
    const STOP: Duration = Duration::from_secs(1);
    const BEYOND: Duration = Duration::from_secs(8);
    let data_dir = data_dir::make("away").await;
    let mut variables = Variables::of_this_process();
    variables.set("DATABASE_URL", "");
    variables.set("DATABASE_URL_FILE", "");
    let own = async || {
        let options = PostgresOptions { say: |_| (), ..PostgresOptions::new(&data_dir, &variables).unwrap() };
        postgres::provide(options).await.unwrap()
    };
    let (web, database) = (Web::new(), TestDatabase::create().await);
    for server_is_killed in [true, false] {
        let cluster = own().await;
        infima_halo::app::migrate(cluster.owner_url(), "the test's database").await.unwrap();
        let mut both = Vec::new();
        for (command, says) in [("serve", "serving"), ("worker", "working")] {
            let mut command = production(&[command], &database);
            command.env("DATABASE_URL", cluster.app_url().expose_secret());
            command.env("INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", STOP.as_secs().to_string());
            both.push(started(&mut command, says).await);
        }
        let processes = processes_of(&cluster).await;
        let signal = if server_is_killed { Signal::SIGKILL } else { Signal::SIGSTOP };
        for process in &processes {
            // A process that has ended by itself is as good as killed.
            let _ = kill(*process, signal);
        }

        for (_, address) in &both {
            let begun = Instant::now();
            let answer = web.get(&format!("http://{address}/health/ready")).await;
            assert_eq!(answer.status, 503);
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(body, json!({ "ready": false, "because": "the database does not answer" }));
            assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
            assert_eq!(web.get(&format!("http://{address}/health/live")).await.status, 200);
        }
        for (running, _) in both {
            let begun = Instant::now();
            assert_eq!(running.stop().await.code(), Some(0), "{server_is_killed}");
            assert!(begun.elapsed() < STOP + BEYOND, "{:?}", begun.elapsed());
        }
        for process in processes {
            let _ = kill(process, Signal::SIGCONT);
        }
        cluster.stop().await.unwrap();
    }
    data_dir::remove(&data_dir).await;
}

/// The server's processes: the postmaster and its children.
async fn processes_of(cluster: &Postgres) -> Vec<Pid> {
    let mut connection = PgConnection::connect(cluster.owner_url().expose_secret()).await.unwrap();
    let all = "select pid from pg_stat_activity where pid <> pg_backend_pid() \
                 union all select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::integer";
    let ids: Vec<i32> = sqlx::query_scalar(all).fetch_all(&mut connection).await.unwrap();
    ids.into_iter().map(Pid::from_raw).collect()
}
