//! A partner whose Halo attacks the integration, and another partner beside it: the real `serve`
//! and the real `worker` stay small under every attack, each request ends in a code that says what
//! happened, and the other partner notices nothing.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::future::join_all;
use infima_halo::auth::Role;
use infima_halo::config::Variables;
use infima_halo::domain::run::RunState;
use infima_halo::ids::{ClientId, HaloCustomerId};
use infima_halo::ops::association::save::{Mapping, associate_clients};
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::sync::run::Failpoint;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::support::api_process::ApiProcess;
use crate::support::hostile_halo::{Attack, CUSTOMERS, HostileHalo};
use crate::support::served::{Reply, client};
use crate::support::until;
use crate::support::worker::Worker;
use crate::support::world::{PARTNER, World, details_of, request};

/// The most memory that `serve` and `worker` may take up, in MB.
const MOST: u64 = 200;
/// How many searches the partner's users make at the same time, and by `make soak`.
const SEARCHES: usize = 32;
const MANY_SEARCHES: usize = 100;
/// How often the other partner asks meanwhile.
const BESIDE: usize = 10;
const CLIENTS: [(&str, usize); 4] = [("Alder", 3), ("Birch", 4), ("Cedar", 5), ("Dogwood", 6)];
const NEIGHBOUR: &str = "neighbour";

/// What searches, previews and a sync end in. Under each attack some may also succeed, as a search
/// that is shown a page and a preview that shows the last known state; find that the memory for
/// answers is taken up; or run out of time on a slow machine.
const ATTACKS: [(Attack, &[&str]); 13] = [
    (Attack::ManyRows, &["answer_too_large"]),
    (Attack::EndlessPages, &["answer_too_large"]),
    (Attack::GzipBomb, &["answer_too_large"]),
    (Attack::HugeText, &["answer_too_large"]),
    (Attack::LongTexts, &["answer_too_large"]),
    (Attack::ManyValues, &["answer_too_large"]),
    (Attack::DeepNesting, &["answer_too_large"]),
    (Attack::OddNumbers, &["answer_not_understood"]),
    (Attack::SlowDrip, &["unreachable"]),
    (Attack::HugeHeaders, &["subscription_not_visible", "customers_not_visible"]),
    (Attack::LongToken, &["answer_not_understood"]),
    (Attack::HugeToken, &["answer_too_large"]),
    (Attack::HugeDescription, &["answer_too_large"]),
];
const ALWAYS_POSSIBLE: [&str; 4] = ["none", "budget_exhausted", "timeout", "unreachable"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_halo_takes_up_no_memory_and_no_other_partner_notices() {
    let (world, halo) = connected().await;
    let ApiProcess { running: serve, address } = serve(&world, &halo).await;
    let url = format!("http://{address}/graphql");
    let mut worker =
        Worker::start_with(&world, &settings(&world, &halo).each_ref().map(|(name, value)| (*name, &**value)));
    worker.works().await;
    let users = Users { client: client(), url, attacked: token(&world, PARTNER), neighbour: token(&world, NEIGHBOUR) };
    let (serve_pid, worker_pid) = (serve.pid().as_raw(), worker.pid().as_raw());

    let soaking = Variables::of_this_process().get("INFIMA_SOAK_KILLS").is_some();
    let many = if soaking { MANY_SEARCHES } else { SEARCHES };
    let mut wrong = Vec::new();
    for (attack, expected) in ATTACKS {
        for pid in [serve_pid, worker_pid] {
            std::fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("the peak can be reset");
        }
        halo.set(Some(attack));
        let began = Instant::now();
        let run = world.request_sync().await;
        let searches = join_all((0..many).map(|number| users.searches(format!("{attack:?} {number}"))));
        let previews = join_all((0..4).map(|_| users.previews()));
        let (searches, previews, slowest, run) = tokio::join!(searches, previews, users.are_not_disturbed(), async {
            world.until_run(run, |run| run.state.is_finished() || run.problem.is_some()).await
        });
        let problems = world.results(run.id).await.into_iter().filter_map(|result| result.problem);
        let problems = problems.chain(run.problem).map(|problem| code(problem.code().as_str()));
        let ends: BTreeSet<String> = searches.into_iter().chain(previews).chain(problems).collect();
        let peaks = [serve_pid, worker_pid].map(peak);
        let [serve_peak, worker_peak] = peaks;
        println!(
            "{attack:?}: serve {serve_peak} MB, worker {worker_peak} MB, {:?}, neighbour {slowest:?}, {ends:?}",
            began.elapsed()
        );
        let is_named = |end: &String| expected.contains(&end.as_str()) || ALWAYS_POSSIBLE.contains(&end.as_str());
        if !ends.iter().all(is_named)
            || !expected.iter().any(|end| ends.contains(*end))
            || peaks.iter().any(|peak| *peak >= MOST)
        {
            wrong.push(format!("{attack:?}: {peaks:?} MB, {ends:?}"));
        }

        halo.set(None);
        if let Some(run) = world.open_run().await {
            world.bring_forward(run).await;
            world.until_run(run, |run| run.state.is_finished()).await;
        }
    }
    worker.kill().await;
    assert!(serve.stop().await.success());
    assert_eq!(wrong, [""; 0], "{wrong:#?}");
}

/// The partner's own Halo is hostile, and the neighbour's is the sandbox.
async fn connected() -> (World, HostileHalo) {
    let halo = HostileHalo::start().await;
    let address = halo.address.clone();
    let world = World::builder().clients(&CLIENTS).for_processes().unlimited_requests().adjust(move |variables| {
        let known = variables.get("INFIMA_HALO_DEVELOPMENT_ADDRESSES").and_then(|known| known.to_str());
        let all = format!("{},{address}", known.expect("the tests' addresses"));
        variables.set("INFIMA_HALO_DEVELOPMENT_ADDRESSES", all);
    });
    let world = world.build().await;
    let details = Details {
        url: Some(format!("http://{}", halo.address)),
        application_client_id: Some("any".into()),
        client_secret: Some("any".into()),
        tenant_change: None,
    };
    let admin = world.admin().await;
    save_connection(world.ops(), &request(&admin), world.partner().await, details).await.expect("it is honest yet");
    let mut mappings = Vec::new();
    for ((name, _), customer) in CLIENTS.iter().zip(CUSTOMERS) {
        let client = Some(world.client(name).await);
        mappings.push(Mapping { client, customer: HaloCustomerId(customer), allow_shared: false, replace: None });
    }
    let run = world.associate(&mappings).await.expect("the customers are there").run.expect("there is something to do");
    world.work(run).await;
    assert_eq!(world.run(run).await.state, RunState::Succeeded);

    world.import_partner(NEIGHBOUR, &[("Elm", 2)]).await;
    let admin = world.caller(Role::PartnerAdmin, Some(NEIGHBOUR)).await;
    let neighbour = world.partner_named(NEIGHBOUR).await;
    save_connection(world.ops(), &request(&admin), neighbour, world.details()).await.expect("the details are right");
    (world, halo)
}

/// What both processes are given beside the worker's own settings.
fn settings(world: &World, halo: &HostileHalo) -> [(&'static str, String); 4] {
    [
        ("INFIMA_HALO_TIMEOUT_SECONDS", "10".into()),
        ("INFIMA_HALO_DEVELOPMENT_ADDRESSES", format!("127.0.0.1:{},{}", world.tenant.port(), halo.address)),
        ("INFIMA_HALO_REQUESTS", "700".into()),
        ("INFIMA_HALO_WINDOW_SECONDS", "1".into()),
    ]
}

async fn serve(world: &World, halo: &HostileHalo) -> ApiProcess {
    let settings = settings(world, halo);
    let more = [("INFIMA_REQUESTS_PER_MINUTE", "100000"), ("INFIMA_DATABASE_CONNECTIONS", "20")];
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str())).chain(more);
    ApiProcess::start(world, &settings.collect::<Vec<_>>()).await
}

fn token(world: &World, partner: &str) -> String {
    let role = Role::PartnerAdmin;
    let lifetime = chrono::Duration::hours(1);
    let token = world.mint.mint(role, Some(partner), &format!("admin of {partner}"), "Sam", lifetime, &world.clock);
    token.expose_secret().to_owned()
}

struct Users {
    client: reqwest::Client,
    url: String,
    attacked: String,
    neighbour: String,
}

impl Users {
    async fn ask(&self, token: &str, document: &str, variables: Value) -> Reply {
        let body = json!({ "query": document, "variables": variables });
        Reply::of(self.client.post(&self.url).bearer_auth(token).json(&body)).await
    }

    /// The code of a search that fails; "none" if it finds something.
    async fn searches(&self, search: String) -> String {
        let document = "query($search: String!) { haloCustomers(search: $search) { nodes { name } } }";
        end(&self.ask(&self.attacked, document, json!({ "search": search })).await)
    }

    async fn previews(&self) -> String {
        end(&self.ask(&self.attacked, "{ haloSyncPreview { complete entries { problem { code } } } }", json!({})).await)
    }

    /// The neighbour asks its own Halo; returns the slowest answer's time.
    async fn are_not_disturbed(&self) -> Duration {
        let mut slowest = Duration::ZERO;
        for number in 0..BESIDE {
            let document =
                "query($search: String!) { partner { name } haloCustomers(search: $search) { nodes { name } } }";
            let began = Instant::now();
            // Each search is another one, so that Halo is asked.
            let reply = self.ask(&self.neighbour, document, json!({ "search": "e".repeat(number + 1) })).await;
            slowest = slowest.max(began.elapsed());
            assert_eq!((reply.status, &reply.body["errors"]), (200, &Value::Null), "{:?}", reply.body);
        }
        slowest
    }
}

fn end(reply: &Reply) -> String {
    if reply.body["errors"].is_null() { "none".to_owned() } else { code(reply.code()) }
}

/// The same name for the code of an error and of a problem.
fn code(name: &str) -> String {
    name.to_lowercase().trim_start_matches("halo_").to_owned()
}

/// The most memory that the process has taken up since it was last reset, in MB.
fn peak(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process is alive");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel counts it");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

/// A run that ends every process that takes it up: the third worker does not take it up, and
/// executes another partner's run.
#[tokio::test]
async fn run_that_ends_two_workers_is_set_aside_and_other_runs_go_their_way() {
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().synced().build().await;
    let run = world.request_sync().await;
    for _ in 0..2 {
        let mut worker = Worker::stopping_at(&world, &[Failpoint::HaloRead]);
        worker.stopped_at().await;
        worker.kill().await;
    }
    world.import_partner(NEIGHBOUR, &[("Elm", 2)]).await;
    let admin = world.caller(Role::PartnerAdmin, Some(NEIGHBOUR)).await;
    let neighbour = world.partner_named(NEIGHBOUR).await;
    let tenant = world.sandbox.tenant("other");
    save_connection(world.ops(), &request(&admin), neighbour, details_of(&tenant))
        .await
        .expect("the details are right");
    let client = sqlx::query_scalar("select id from clients where external_id = 'neighbour/Elm'");
    let client = Some(ClientId(client.fetch_one(&world.owner).await.expect("it was imported")));
    let customer = HaloCustomerId(tenant.customers()[0].id);
    let mapping = Mapping { client, customer, allow_shared: false, replace: None };
    let associated = associate_clients(world.ops(), &request(&admin), neighbour, &[mapping]).await;
    let other = associated.expect("the mapping is right").run.expect("there is something to do");
    let worker = Worker::start(&world);
    let set_aside = world.until_run(run, |run| run.problem.is_some()).await;
    assert_eq!(set_aside.state, RunState::Queued);
    assert_eq!(set_aside.problem.map(|problem| problem.code().as_str()), Some("internal_fault"));
    let wait = set_aside.next_attempt_at - world.clock.now();
    assert!(wait > chrono::Duration::minutes(4) && wait <= chrono::Duration::minutes(5), "{wait}");
    let state = "select state = 'succeeded' from sync_runs where id = $1";
    until(async || sqlx::query_scalar(state).bind(other.0).fetch_one(&world.owner).await.expect("it is there")).await;
    assert_eq!(world.run(run).await.state, RunState::Queued);
    worker.kill().await;
}
