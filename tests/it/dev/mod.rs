//! The one-command stack as a developer meets it: it needs nothing, prints all addresses, leaves
//! nothing behind, and finds its data again. One data directory with its own Postgres goes through
//! all of it, start by start.

mod kills;
mod postgres;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use futures::{SinkExt as _, StreamExt as _};
use infima_halo::clock::Clock;
use infima_halo::dev;
use infima_halo::halo::VENDOR;
use infima_halo::sandbox::{Act, Call, Effect, Sandbox};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection, Row as _};
use tokio::process::Command;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

use crate::support::data_dir;
use crate::support::db::TestDatabase;
use crate::support::program::{Ended, Running, program, run};
use crate::support::served::{Reply, client};

/// The line that is printed once everything is up.
const UP: &str = "The stack stays up; Ctrl-C stops it.";

/// A data directory.
struct Home(PathBuf);

impl Home {
    /// `dev` in this directory, as a terminal would start it: in its own process group, which
    /// Ctrl-C reaches as a whole.
    fn dev(&self, options: &[&str]) -> Command {
        let mut command = program(&["dev", "--data-dir"]);
        command.arg(&self.0).args(options).process_group(0);
        command
    }

    fn announced(&self) -> Value {
        let text = fs::read(self.0.join("dev.json")).expect("the addresses are written before the story");
        serde_json::from_slice(&text).expect("they are JSON")
    }

    /// The tenants as they are on disk, while no stack is running.
    async fn tenants(&self) -> Sandbox {
        dev::sandbox(&self.0, 0, Clock::system()).await.expect("no other process uses the tenants")
    }

    /// Sends SIGKILL to the stack and its child processes, so that none writes to the files any
    /// more. Gives the server's process id.
    async fn kill_the_server(&self) -> Pid {
        let mut connection = PgConnection::connect(self.announced()["database"].as_str().unwrap()).await.unwrap();
        let made = sqlx::query_scalar("select pid from pg_stat_activity").fetch_all(&mut connection).await.unwrap();
        let file = fs::read_to_string(self.0.join("postgres/data/postmaster.pid")).expect("the server is running");
        let server: i32 = file.lines().next().unwrap().trim().parse().unwrap();
        kill(Pid::from_raw(server), Signal::SIGKILL).expect("it is there");
        for process in made {
            // A process that has ended by itself is as good as killed.
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
        Pid::from_raw(server)
    }

    fn reports_that_the_server_is_gone(&self, server: Pid, ended: Ended) {
        let log = fs::canonicalize(self.0.join("postgres")).unwrap().join("postgres.log");
        let log = log.display();
        let said =
            format!("error: Postgres (process {server}) has stopped; its log is {log}. Start again to continue.");
        assert_eq!(
            (ended.status.code(), ended.stderr.lines().last()),
            (Some(1), Some(said.as_str())),
            "{}",
            ended.stderr
        );
        assert!(!self.0.join("dev.json").exists(), "the addresses lead nowhere any more");
    }

    /// The address of the database does not outlive the stack that announced it.
    async fn nothing_is_left(&self, database: &str) {
        assert!(!self.0.join("dev.json").exists(), "the addresses lead nowhere any more");
        assert!(!self.0.join("postgres/data/postmaster.pid").exists(), "the server's process id");
        PgConnection::connect(database).await.expect_err("the server has stopped");
    }
}

/// Sends Ctrl-C, and gives the end of everything that the process started.
async fn interrupted(running: Running) -> Ended {
    let group = running.pid();
    killpg(group, Signal::SIGINT).expect("it is there");
    let ended = running.end().await;
    assert_eq!(killpg(group, None), Err(Errno::ESRCH), "a child was left");
    ended
}

#[tokio::test]
async fn dev_starts_from_nothing_and_keeps_its_data() -> anyhow::Result<()> {
    let home = Home(data_dir::make("dev").await);

    // The first start, where both of its ports are used by other programs.
    let (port, sandbox_port) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    let taken = [&port, &sandbox_port].map(|listener| listener.local_addr().unwrap().port());
    let options = ["--port", &taken[0].to_string(), "--sandbox-port", &taken[1].to_string()];
    let mut first = Running::start(&mut home.dev(&options));
    let story = first.says_before(UP).await;
    for (port, whose) in taken.iter().zip(["the API", "a Halo"]) {
        let line = format!("  Port {port} is taken; another one is used for {whose}.\n");
        assert!(story.contains(&line), "{story}");
    }
    let announced = home.announced();
    has_the_documented_shape(&announced);
    for address in ["graphql", "playground", "sandbox"] {
        let address = announced[address].as_str().unwrap();
        assert!(story.contains(&format!(" {address}")), "{address} is not announced: {story}");
        let port = url::Url::parse(address).unwrap().port().unwrap();
        assert!(!taken.contains(&port), "{address}");
    }
    every_address_answers(&announced).await;
    every_token_is_its_callers(&announced).await;
    the_operators_commands_work_on_it(&announced).await;
    matches_the_documented_transcript(&story, announced["sandbox"].as_str().unwrap());
    let database = announced["database"].as_str().unwrap().to_owned();
    let ours = subscriptions_of_ours(&database).await;

    let ended = interrupted(first).await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let tokens = announced["tokens"].as_object().unwrap();
    for token in tokens.values() {
        assert!(ended.stdout.contains(token.as_str().unwrap()), "a token is not announced");
    }
    home.nothing_is_left(&database).await;
    drop((port, sandbox_port));
    let made = home.is_the_table_of(&story, &ours).await;

    // The second start resumes: it creates nothing again, and ends by itself.
    let second = run(&mut home.dev(&["--port", "0", "--sandbox-port", "1", "--exit"])).await;
    assert_eq!(second.status.code(), Some(0), "{}{}", second.stdout, second.stderr);
    let moved = "--sandbox-port does not move them";
    for done in ["is connected already", "all 9 are mapped already", "all known already", moved] {
        assert!(second.stdout.contains(done), "{done}: {}", second.stdout);
    }
    home.nothing_is_left(&database).await;
    assert_eq!(home.is_the_table_of(&second.stdout, &ours).await, made, "the same subscriptions");

    // The database server dies during the set-up. Whichever process notices it first, that is what
    // is reported.
    let mut without_server = Running::start(&mut home.dev(&["--port", "0", "--exit"]));
    without_server.says("4. ").await;
    home.reports_that_the_server_is_gone(home.kill_the_server().await, without_server.end().await);

    // A new start without the set-up: only the roster is there. Then the stack is killed.
    let mut third = Running::start(&mut home.dev(&["--port", "0", "--fresh", "--no-story"]));
    let said = third.says_before(UP).await;
    assert!(said.contains("1. INFIMA's platform reports") && !said.contains("2. "), "{said}");
    let announced = home.announced();
    let database = announced["database"].as_str().unwrap().to_owned();
    assert_eq!(counts(&database).await, json!({ "clients": 15, "connections": 0, "associations": 0, "runs": 0 }));
    third.kill().await;
    assert!(home.0.join("dev.json").exists(), "no process was left to remove it");
    let sandbox = home.tenants().await;
    let tenant = sandbox.tenant(dev::TENANTS[0]);
    assert!(creates(&tenant).is_empty(), "the tenant is new, too");
    tenant.act(Act::SetScopes { scopes: vec!["read:customers".into()] })?;
    sandbox.stop().await;

    // The killed stack left its server behind. The server is used again; the step that cannot be
    // done is named.
    let fourth = run(&mut home.dev(&["--port", "0", "--exit"])).await;
    assert_eq!(fourth.status.code(), Some(1), "{}", fourth.stdout);
    assert!(fourth.stdout.contains("Postgres is already running (process "), "{}", fourth.stdout);
    assert!(fourth.stdout.contains("420 known already") || fourth.stdout.contains("all known already"));
    let failed = "error: step 2 (The partner saves its Halo connection) failed: ";
    assert!(fourth.stderr.contains(failed) && fourth.stderr.contains("edit:softwarelicensing"), "{}", fourth.stderr);
    home.nothing_is_left(&database).await;

    // Without `--exit`, the stack says why the set-up stopped and what can be done, and stays.
    let mut fifth = Running::start(&mut home.dev(&["--port", "0"]));
    let said = fifth.says_before(UP).await;
    assert!(said.contains("The story stopped: step 2 ") && said.contains("\n(--fresh begins with nothing.)"), "{said}");
    // The stack stays until its server dies.
    home.reports_that_the_server_is_gone(home.kill_the_server().await, fifth.end().await);
    data_dir::remove(&home.0).await;
    Ok(())
}

/// A given database is not ours to empty: `--fresh` refuses, and is not offered.
#[tokio::test]
async fn dev_with_given_database_refuses_fresh() -> anyhow::Result<()> {
    let home = Home(data_dir::make("given").await);
    let database = TestDatabase::create().await;
    let dev = |options: &[&str]| {
        let mut command = home.dev(&["--port", "0", "--sandbox-port", "0"]);
        command.args(options).env("DATABASE_URL", database.app_url().expose_secret());
        command.env("MIGRATE_DATABASE_URL", database.owner_url().expose_secret());
        command
    };
    let sandbox = home.tenants().await;
    sandbox.tenant(dev::TENANTS[0]).act(Act::SetScopes { scopes: Vec::new() })?;
    sandbox.stop().await;
    let kept = fs::read_dir(home.0.join("sandbox"))?.count();

    let refused = run(&mut dev(&["--fresh"])).await;
    assert_eq!(refused.status.code(), Some(1), "{}", refused.stdout);
    assert!(refused.stderr.starts_with("error: --fresh does not empty a database that DATABASE_URL names"));
    assert_eq!(fs::read_dir(home.0.join("sandbox"))?.count(), kept, "nothing was removed");

    let mut running = Running::start(&mut dev(&[]));
    let said = running.says_before(UP).await;
    assert!(said.contains("The story stopped: step 2 ") && !said.contains("--fresh"), "{said}");
    assert!(said.contains("empties the database that DATABASE_URL names and removes "), "{said}");
    assert_eq!(interrupted(running).await.status.code(), Some(0));
    database.owner().await.acquire().await.expect("a database that was given is not stopped");
    data_dir::remove(&home.0).await;
    Ok(())
}

/// The transcript in `docs/development.md` is what is printed, except for addresses, times and
/// progress.
fn matches_the_documented_transcript(story: &str, sandbox: &str) {
    let document = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/development.md")).unwrap();
    let (_, shown) = document.split_once("```text\n").expect("the document shows a transcript");
    let (shown, _) = shown.split_once("```").unwrap();
    let transcript = |text: &str| -> Vec<String> {
        let (_, text) = text.split_once("The user guide's story, through the API:\n").expect("the set-up is described");
        let lines = text.lines().filter(|line| !line.starts_with("   (waiting: "));
        let timeless = |line: &str| match line.strip_suffix(" UTC") {
            Some(line) => line[..line.len() - "2026-11-24 11:31".len()].to_owned(),
            None => line.to_owned(),
        };
        let mut lines: Vec<String> = lines.map(timeless).collect();
        // A sync reports its clients' results in the order in which it reaches them.
        let is_result = |line: &String| line.contains(" created with quantity ") || line.contains(" -> ");
        for together in lines.chunk_by_mut(|one, next| is_result(one) && is_result(next)) {
            together.sort();
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    };
    assert_eq!(
        transcript(shown),
        transcript(&story.replace(sandbox, "http://127.0.0.1:4010")),
        "the transcript in docs/development.md is stale"
    );
}

/// What scripts may rely on, no more and no less.
fn has_the_documented_shape(announced: &Value) {
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        keys(announced),
        ["database", "environment", "graphql", "halo", "playground", "sandbox", "tokens", "websocket"]
    );
    let environment = ["DATABASE_URL", "INFIMA_ENV", "INFIMA_HALO_DEVELOPMENT_ADDRESSES", "INFIMA_KEYS"];
    assert_eq!(keys(&announced["environment"]), environment);
    let tokens = ["other_partner_admin", "partner_admin", "partner_viewer", "platform", "support"];
    assert_eq!(keys(&announced["tokens"]), tokens);
    assert_eq!(keys(&announced["halo"]), ["client_id", "client_secret", "other", "url"]);
    assert_eq!(keys(&announced["halo"]["other"]), ["client_id", "client_secret", "url"]);
    let mut texts = Vec::from(["database", "graphql", "playground", "sandbox", "websocket"].map(|key| &announced[key]));
    texts.extend(announced["tokens"].as_object().unwrap().values());
    texts.extend(["client_id", "client_secret", "url"].map(|key| &announced["halo"][key]));
    texts.extend(announced["halo"]["other"].as_object().unwrap().values());
    assert!(texts.iter().all(|text| text.as_str().is_some_and(|text| !text.is_empty())), "{texts:?}");
    assert_eq!(announced["halo"]["url"], announced["sandbox"]);
    assert_ne!(announced["halo"]["url"], announced["halo"]["other"]["url"]);
}

async fn every_address_answers(announced: &Value) {
    let http = client();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for page in ["playground", "sandbox"] {
        let reply = Reply::of(http.get(text(&announced[page])).header("accept", "text/html")).await;
        assert_eq!(reply.status, 200, "{page}");
    }
    for halo in [&announced["halo"], &announced["halo"]["other"]] {
        let grant = [
            ("grant_type", "client_credentials"),
            ("client_id", halo["client_id"].as_str().unwrap()),
            ("client_secret", halo["client_secret"].as_str().unwrap()),
            ("scope", "read:customers"),
        ];
        let reply = Reply::of(http.post(format!("{}/auth/token", text(&halo["url"]))).form(&grant)).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(reply.body["access_token"].is_string(), "{}", reply.body);
    }
    let mut connection = PgConnection::connect(announced["database"].as_str().unwrap()).await.unwrap();
    connection.ping().await.unwrap();

    let mut request = text(&announced["websocket"]).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let init = json!({ "type": "connection_init", "payload": { "token": announced["tokens"]["support"] } });
    socket.send(Message::text(init.to_string())).await.unwrap();
    let answer = loop {
        // Pings may come before it.
        if let Message::Text(text) = socket.next().await.expect("the socket is open").unwrap() {
            break text;
        }
    };
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["type"], "connection_ack");
}

async fn the_operators_commands_work_on_it(announced: &Value) {
    let environment = announced["environment"].as_object().unwrap();
    let mut preview = program(&["sync", "--partner", "northwind-msp", "--dry-run"]);
    let ended = run(preview.envs(environment.iter().map(|(name, value)| (name, value.as_str().unwrap())))).await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("Nothing was changed. Requests to Halo: "), "{}", ended.stdout);
}

async fn every_token_is_its_callers(announced: &Value) {
    let http = client();
    let query = json!({ "query": "{ viewer { role partner { externalId } } }" });
    for (key, role, partner) in [
        ("partner_admin", "PARTNER_ADMIN", Some("northwind-msp")),
        ("partner_viewer", "PARTNER_VIEWER", Some("northwind-msp")),
        ("other_partner_admin", "PARTNER_ADMIN", Some("quayside-it")),
        ("support", "SUPPORT", None),
        ("platform", "PLATFORM", None),
    ] {
        let token = announced["tokens"][key].as_str().unwrap();
        let request = http.post(announced["graphql"].as_str().unwrap()).bearer_auth(token).json(&query);
        let viewer = Reply::of(request).await.body["data"]["viewer"].take();
        let expected = json!({ "role": role, "partner": partner.map(|id| json!({ "externalId": id })) });
        assert_eq!(viewer, expected, "{key}");
    }
}

/// What the database knows of the partner's clients, by name: the subscription in Halo, how many
/// users are active now, and when it was last synced.
async fn subscriptions_of_ours(database: &str) -> BTreeMap<String, (i32, i32, String)> {
    let mut connection = PgConnection::connect(database).await.unwrap();
    let rows = sqlx::query(
        "select c.name, a.subscription_id, \
                (select count(*)::integer from users u where u.client_id = c.id and u.state = 'active') as active, \
                to_char(a.last_synced_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as synced \
         from associations a join clients c on c.id = a.client_id where a.state = 'active'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    rows.iter()
        .map(|row| (row.get("name"), (row.get("subscription_id"), row.get("active"), row.get("synced"))))
        .collect()
}

async fn counts(database: &str) -> Value {
    let mut connection = PgConnection::connect(database).await.unwrap();
    let all = "select jsonb_build_object('clients', (select count(*) from clients), \
                                         'connections', (select count(*) from connections), \
                                         'associations', (select count(*) from associations), \
                                         'runs', (select count(*) from sync_runs))";
    sqlx::query_scalar(all).fetch_one(&mut connection).await.unwrap()
}

/// The subscriptions that were created over Halo's API, in order.
fn creates(tenant: &infima_halo::sandbox::Tenant) -> Vec<i32> {
    let journal = tenant.journal();
    let created = journal.iter().filter(|entry| matches!(entry.call, Call::Create | Call::Late));
    let effects = created.flat_map(|entry| &entry.effects);
    effects.filter_map(|effect| if let Effect::Created { id, .. } = effect { Some(*id) } else { None }).collect()
}

impl Home {
    /// Compares the table that the set-up ended with, with the database and the tenant. Gives the
    /// subscriptions that were ever created there.
    async fn is_the_table_of(&self, said: &str, ours: &BTreeMap<String, (i32, i32, String)>) -> Vec<i32> {
        let sandbox = self.tenants().await;
        let tenant = sandbox.tenant(dev::TENANTS[0]);
        let customers = tenant.customers();
        let expected: Vec<Vec<String>> = ours
            .iter()
            .map(|(client, (id, active, synced))| {
                let live = tenant.subscription(*id).filter(|one| !one.deleted && one.vendor == VENDOR);
                let live = live.unwrap_or_else(|| panic!("{client} has no subscription in Halo"));
                assert_eq!(live.count, f64::from(*active), "{client}");
                let customer = customers.iter().find(|customer| customer.id == live.client_id).unwrap();
                let first = tenant.count_at_creation(*id).unwrap();
                let date = format!("{synced} UTC");
                Vec::from([client.clone(), customer.name.clone(), id.to_string(), first, active.to_string(), date])
            })
            .collect();
        let (_, table) = said.split_once("8. What Halo holds now\n").expect("the story comes to its end");
        let rows = table.lines().skip(1).take_while(|line| !line.is_empty());
        let cells =
            |line: &str| line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(String::from).collect();
        let rows: Vec<Vec<String>> = rows.map(cells).collect();
        let without_date = |rows: &[Vec<String>]| rows.iter().map(|row| row[..5].to_vec()).collect::<Vec<_>>();
        assert_eq!(rows.len(), 9, "{said}");
        assert_eq!(without_date(&rows), without_date(&expected), "{said}");
        // A later start syncs again: the date is later than what the database had at first.
        assert!(rows.iter().zip(&expected).all(|(row, expected)| row[5] >= expected[5]), "{said}");
        let made = creates(&tenant);
        sandbox.stop().await;
        assert_eq!(made.len(), 9, "a second subscription is a wrong invoice: {made:?}");
        made
    }
}
