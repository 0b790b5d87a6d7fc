//! The command line as an operator meets it: the real program, its words and its exit codes.

use std::process::Stdio;
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
use crate::support::until;
use crate::support::world::{PARTNER, World};

/// A key that is not published.
pub(crate) const KEYS: &str = "test:q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=";

/// The program in a complete production.
pub(crate) fn production(arguments: &[&str], database: &TestDatabase) -> Command {
    let mut command = program(arguments);
    command
        .env("DATABASE_URL", database.app_url().expose_secret())
        .env("MIGRATE_DATABASE_URL", database.owner_url().expose_secret())
        .env("INFIMA_KEYS", KEYS)
        .env("INFIMA_LISTEN", "127.0.0.1:0")
        .env("INFIMA_DRAIN_SECONDS", "0")
        .env("INFIMA_WORKER_LISTEN", "127.0.0.1:0")
        .env("INFIMA_AUTH_JWKS_URL", "https://id.example.com/jwks")
        .env("INFIMA_AUTH_ISSUER", "https://id.example.com")
        .env("INFIMA_AUTH_AUDIENCE", "halo");
    command
}

/// The error of a program that exits with 1: one line, without a trace of our internals.
pub(crate) async fn complaint(command: &mut Command) -> String {
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

/// As after `| head`.
#[tokio::test]
async fn output_whose_reader_is_gone_is_no_panic() {
    for arguments in [&["simulate", "--partners", "10"][..], &["schema"], &["doctor", "--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = program(arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let ended = child.wait_with_output().await.unwrap();
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{arguments:?}");
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
async fn metrics_are_served_only_on_their_listener() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let mut serve = production(&["serve"], &database);
    let mut running = Running::start(serve.env("INFIMA_METRICS_LISTEN", "127.0.0.1:0"));
    let line: serde_json::Value = serde_json::from_str(&running.logs("\"serving\"").await)?;
    let http = crate::support::served::client();
    let get = async |of: &str| {
        let answer = http.get(format!("http://{}/metrics", line[of].as_str().unwrap())).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, metrics) = get("metrics").await;
    assert!(status == 200 && metrics.contains("infima_build_info"), "{metrics}");
    assert_eq!(get("address").await.0, 404);
    assert!(running.stop().await.success());
    Ok(())
}

#[tokio::test]
async fn database_without_tables_is_refused_naming_migrate() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    sqlx::query("ALTER TABLE canary RENAME TO canary_of_yore").execute(&owner).await?;
    let said = complaint(&mut production(&["serve"], &database)).await;
    assert_eq!(said, "error: the database has no tables of ours yet: run `infima-halo migrate` first");
    Ok(())
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

/// A small installation: one process answers and works.
#[tokio::test]
async fn serve_with_worker_runs_queued_syncs() {
    let (database, web) = (TestDatabase::create().await, Web::new());
    let (running, address) = started(&mut production(&["serve", "--with-worker"], &database), "serving").await;
    assert_eq!(web.get(&format!("http://{address}/health/ready")).await.status, 200);
    let owner = database.owner().await;
    // Workers of the queue announce themselves in its table.
    let announced = "select count(*) from apalis.workers where last_seen > now() - interval '1 minute'";
    until(async || sqlx::query_scalar::<_, i64>(announced).fetch_one(&owner).await.unwrap() > 0).await;
    assert_eq!(running.stop().await.code(), Some(0));
}

#[tokio::test]
async fn ready_asks_the_process_on_its_port() {
    let database = TestDatabase::create().await;
    let (running, address) = started(&mut production(&["serve"], &database), "serving").await;
    let port = address.rsplit_once(':').unwrap().1;
    let asked = run(&mut program(&["ready", "--port", port])).await;
    assert_eq!((asked.status.code(), asked.stdout.as_str()), (Some(0), "{\"ready\":true}\n"), "{}", asked.stderr);
    assert_eq!(running.stop().await.code(), Some(0));
    let said = complaint(&mut program(&["ready", "--port", port])).await;
    assert!(said.starts_with(&format!("error: 127.0.0.1:{port} does not answer: Connection refused")), "{said}");
}

#[tokio::test]
async fn migrate_status_shows_what_is_applied_and_changes_nothing() {
    let (database, empty) = (TestDatabase::create().await, TestDatabase::create_without_tables().await);
    let status = async |database: &TestDatabase| {
        let mut command = production(&["migrate", "status"], database);
        let ended = run(&mut command).await;
        (ended.status.code(), ended.stdout)
    };
    let (code, applied) = status(&database).await;
    assert!(code == Some(0) && applied.starts_with("0001  applied  initial schema\n"), "{applied}");
    assert!(applied.lines().all(|line| line.contains("  applied  ")), "{applied}");
    let missing = applied.replace("  applied  ", "  missing  ");
    assert_eq!(status(&empty).await, (Some(1), missing.clone()));
    assert_eq!(status(&empty).await, (Some(1), missing), "it changed something");

    let owner = database.owner().await;
    sqlx::query("delete from _sqlx_migrations where version = 2").execute(&owner).await.unwrap();
    let said = complaint(&mut production(&["serve"], &database)).await;
    assert_eq!(said, "error: the database lacks 1 migrations of this release: run `infima-halo migrate` first");
}

/// The release before works on the new schema, so `serve` starts; but it must not migrate.
#[tokio::test]
async fn older_release_serves_a_newer_schema_and_does_not_migrate_it() {
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'of a newer release', true, 'x', 0)";
    sqlx::query(newer).execute(&owner).await.unwrap();
    let said = complaint(&mut production(&["migrate"], &database)).await;
    assert!(said.starts_with("error: the database has been migrated by a newer release (migration 9999"), "{said}");
    let status = run(&mut production(&["migrate", "status"], &database)).await;
    assert!(status.stdout.ends_with("9999  unknown  applied by a newer release\n"), "{}", status.stdout);
    let (running, _) = started(&mut production(&["serve"], &database), "serving").await;
    assert_eq!(running.stop().await.code(), Some(0));
}

#[tokio::test]
async fn doctor_prints_a_line_for_each_check_and_the_worst_is_the_exit_code() {
    let wrong = run(program(&["doctor"]).env("INFIMA_LISTEN", "localhost")).await;
    assert_eq!(wrong.status.code(), Some(1), "{}", wrong.stdout);
    for variable in ["DATABASE_URL", "INFIMA_KEYS", "INFIMA_AUTH_ISSUER", "INFIMA_LISTEN"] {
        assert!(wrong.stdout.contains(&format!("failed   configuration  {variable}")), "{}", wrong.stdout);
    }

    let database = TestDatabase::create().await;
    let keys = infima_halo::auth::DevTokenIssuer::generate(crate::support::world::rules()).jwks();
    let router = axum::Router::new().route("/jwks", axum::routing::get(async move || axum::Json(keys)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let jwks = format!("http://{}/jwks", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let doctor = async |arguments: &[&str], jwks: &str| {
        let mut command = production(&[&["doctor", "--json"], arguments].concat(), &database);
        let ended = run(command.env("INFIMA_AUTH_JWKS_URL", jwks)).await;
        let lines = ended.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let severities = lines.map(|line| {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            (text("subject"), text("severity"), text("message"))
        });
        (ended.status.code(), severities.collect::<Vec<_>>())
    };
    let (code, well) = doctor(&[], &jwks).await;
    assert!(code == Some(0) && well.iter().all(|(_, severity, _)| severity == "ok"), "{well:?}");
    let subjects: Vec<_> = well.iter().map(|(subject, ..)| subject.as_str()).collect();
    let expected = [
        "configuration",
        "database",
        "migrations",
        "row-level security",
        "keyring",
        "clock",
        "notifications",
        "queue",
        "nightly syncs",
        "problems",
        "housekeeping",
        "sign-in keys",
    ];
    assert_eq!(subjects, expected);

    let failed = |findings: &[(String, String, String)]| {
        let failed = findings.iter().filter(|(_, severity, _)| severity == "failed");
        failed.map(|(subject, _, message)| format!("{subject}: {message}")).collect::<Vec<_>>()
    };
    let (code, findings) = doctor(&["--partner", "unknown"], "http://127.0.0.1:1/jwks").await;
    let keys = "sign-in keys: the issuer's keys cannot be fetched: does http://127.0.0.1:1/jwks answer from here?";
    let expected = [keys.to_owned(), "Halo: no partner has the id unknown".to_owned()];
    assert_eq!((code, failed(&findings)), (Some(1), expected.to_vec()));

    // A run that is due and that no worker has taken.
    let owner = database.owner().await;
    let partner = "insert into partners (id, external_id, name, time_zone, state, source_version, nightly_sync, night_start, night_end)
                   values (gen_random_uuid(), 'p', 'P', 'UTC', 'active', 1, true, '01:00', '05:00')";
    sqlx::query(partner).execute(&owner).await.unwrap();
    let due = "insert into sync_runs (id, partner_id, trigger, state, interactive, next_attempt_at)
               select gen_random_uuid(), id, 'on_demand', 'queued', true, now() - interval '5 minutes' from partners";
    sqlx::query(due).execute(&owner).await.unwrap();
    let (code, findings) = doctor(&[], &jwks).await;
    let (_, severity, message) = findings.iter().find(|(subject, ..)| subject == "queue").unwrap();
    assert!(code == Some(3) && severity == "warning" && message.ends_with("is a worker running?"), "{findings:?}");

    let housekeeping = async || {
        let (_, findings) = doctor(&[], &jwks).await;
        let (_, severity, message) = findings.into_iter().find(|(subject, ..)| subject == "housekeeping").unwrap();
        format!("{severity}: {message}")
    };
    assert_eq!(housekeeping().await, "ok: has not run yet: a worker does it");
    let ran = "insert into housekeeping (job, ran_at, removed) values ('old_runs', now(), 7)";
    sqlx::query(ran).execute(&owner).await.unwrap();
    assert_eq!(housekeeping().await, "ok: removed by the latest runs: old_runs 7");
    sqlx::query("update housekeeping set ran_at = now() - interval '5 hours'").execute(&owner).await.unwrap();
    let silent = "old_runs 7; one has not run for 5 hours: is a worker running?";
    assert_eq!(housekeeping().await, format!("warning: removed by the latest runs: {silent}"));

    sqlx::query("delete from _sqlx_migrations where version = 2").execute(&owner).await.unwrap();
    let (code, findings) = doctor(&[], &jwks).await;
    let expected = "migrations: the database lacks 1 migrations of this release: run `infima-halo migrate` first";
    assert_eq!((code, failed(&findings)), (Some(1), vec![expected.to_owned()]));
}

#[tokio::test]
async fn doctor_compares_the_clock_of_a_partners_halo() {
    for (is_right, severity) in [(true, "ok"), (false, "warning")] {
        // The clock of a world that no other process shares stands still.
        let builder = World::builder().connected();
        let world = if is_right { builder.for_processes() } else { builder }.build().await;
        let mut doctor = production(&["doctor", "--json", "--partner", PARTNER], &world.database);
        doctor
            .env("INFIMA_ENV", "development")
            .env("INFIMA_KEYS", infima_halo::seal::DEVELOPMENT_KEYS)
            .env("INFIMA_HALO_DEVELOPMENT_ADDRESSES", format!("127.0.0.1:{}", world.tenant.port()));
        let said = run(&mut doctor).await.stdout;
        let halo: Value = serde_json::from_str(said.lines().next_back().unwrap()).unwrap();
        assert_eq!((&halo["subject"], &halo["severity"]), (&json!("Halo"), &json!(severity)), "{halo}");
        let message = halo["message"].as_str().unwrap();
        assert_eq!(message.ends_with("this machine's"), !is_right, "{message}");
    }
}

/// Every worker publishes them, so that an operator sees what waits whichever process is asked.
#[tokio::test]
async fn worker_publishes_figures_of_all_partners() {
    let (database, web) = (TestDatabase::create().await, Web::new());
    let (running, address) = started(&mut production(&["worker"], &database), "working").await;
    let metrics = format!("http://{address}/metrics");
    until(async || {
        let answer = web.get(&metrics).await;
        String::from_utf8_lossy(&answer.body).contains("sync_runs{state=\"queued\"} 0")
    })
    .await;
    let answer = web.get(&metrics).await;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    for metric in
        ["sync_oldest_due_run_seconds 0", "partners_with_failed_night 0", "database_connections{state=\"idle\"}"]
    {
        assert!(text.contains(metric), "{metric} in {text}");
    }
    assert_eq!(running.stop().await.code(), Some(0));
}

/// The steps of docs/operations.md, with the program of this test in place of the release's.
#[tokio::test]
async fn plain_install_follows_the_first_installation() {
    let directory = data_dir::make("install").await;
    let install = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/install");
    let mut script = Command::new(install);
    script.arg(&directory).env("PROGRAM", env!("CARGO_BIN_EXE_infima-halo"));
    let installed = run(&mut script).await;
    assert!(installed.status.success(), "{}{}", installed.stdout, installed.stderr);
    let licenses = std::fs::read_to_string(directory.join("licenses/THIRD-PARTY.txt")).unwrap();
    assert!(licenses.contains("\ntokio v1.") && !licenses.contains("infima-halo v"), "{licenses}");
    let again = run(&mut script).await;
    assert!(!again.status.success() && again.stderr.contains("is not empty"), "{}", again.stderr);

    let database = TestDatabase::create_without_tables().await;
    let of_install = |arguments: &[&str]| {
        let template = production(arguments, &database);
        let variables = template.as_std().get_envs().filter_map(|(name, value)| Some((name, value?)));
        let mut command = Command::new(directory.join("bin/infima-halo"));
        command.args(arguments).env_clear().envs(variables).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let migrated = run(&mut of_install(&["migrate"])).await;
    assert!(migrated.status.success(), "{}", migrated.stderr);
    let web = Web::new();
    for (command, says) in [("serve", "serving"), ("worker", "working")] {
        let (running, address) = started(&mut of_install(&[command]), says).await;
        assert_eq!(web.get(&format!("http://{address}/health/ready")).await.status, 200, "{command}");
        assert_eq!(running.stop().await.code(), Some(0), "{command}");
    }
    data_dir::remove(&directory).await;
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
async fn serve_and_worker_without_database_are_unready_and_stop() -> anyhow::Result<()> {
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
        infima_halo::app::migrate(cluster.owner_url(), "the test's database").await?;
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
            let body: Value = serde_json::from_slice(&answer.body)?;
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
        cluster.stop().await?;
    }
    data_dir::remove(&data_dir).await;
    Ok(())
}

/// The server's processes: the postmaster, which is stopped first, so that it makes no more of
/// them, and its children.
async fn processes_of(cluster: &Postgres) -> Vec<Pid> {
    let mut connection = PgConnection::connect(cluster.owner_url().expose_secret()).await.unwrap();
    let postmaster = "select split_part(pg_read_file('postmaster.pid'), chr(10), 1)::integer";
    let postmaster: i32 = sqlx::query_scalar(postmaster).fetch_one(&mut connection).await.unwrap();
    kill(Pid::from_raw(postmaster), Signal::SIGSTOP).unwrap();
    // Also those that have just begun, which no view of the server shows yet.
    let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children")).unwrap();
    let children = children.split_whitespace().map(|pid| pid.parse().unwrap());
    [postmaster].into_iter().chain(children).map(Pid::from_raw).collect()
}

/// The soft limit of open files is raised as far as it goes, and a hard one that is too low is
/// said.
#[tokio::test]
async fn limit_of_open_files_is_raised_and_a_low_one_is_logged() {
    let database = TestDatabase::create().await;
    let serve = production(&["serve"], &database);
    let program = serve.as_std().get_program().to_owned();
    let mut command = Command::new("sh");
    command.arg("-c").arg("ulimit -n 2048 && ulimit -Sn 256 && exec \"$0\" serve").arg(program).env_clear();
    for (name, value) in serve.as_std().get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.kill_on_drop(true).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut running = Running::start(&mut command);
    let line = running.logs("fewer files").await;
    assert!(line.contains("2048"), "{line}");
    running.logs("\"serving\"").await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.pid())).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(files.split_whitespace().skip(3).take(2).collect::<Vec<_>>(), ["2048", "2048"], "{files}");
    assert_eq!(running.stop().await.code(), Some(0));
}
