//! The partners with hostile Halos, their neighbour with a good one, and what they ask.

use std::time::{Duration, Instant};

use infima_halo::auth::{Caller, Role};
use infima_halo::ids::{ClientId, HaloCustomerId, PartnerId, RunId};
use infima_halo::ops::association::save::{Mapping, associate_clients};
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::sync::request::request_sync;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::hostile_halo::{CUSTOMERS, HostileHalo};
use crate::support::served::{Reply, client};
use crate::support::until;
use crate::support::world::{World, request};

const HOSTILE: [&str; 3] = ["first", "second", "third"];
const CLIENTS: [(&str, usize); 4] = [("Alder", 3), ("Birch", 4), ("Cedar", 5), ("Dogwood", 6)];
const NEIGHBOUR: &str = "neighbour";

pub struct Scene {
    pub world: World,
    pub hostile: Vec<Hostile>,
    neighbour: Neighbour,
    client: reqwest::Client,
}

/// A partner whose Halo is hostile.
pub struct Hostile {
    pub halo: HostileHalo,
    pub partner: PartnerId,
    token: String,
}

struct Neighbour {
    partner: PartnerId,
    caller: Caller,
    token: String,
}

impl Scene {
    pub async fn set() -> Self {
        let mut halos = Vec::new();
        for _ in HOSTILE {
            halos.push(HostileHalo::start().await);
        }
        let addresses: Vec<_> = halos.iter().map(|halo| halo.address.clone()).collect();
        let world =
            World::builder().for_processes().unlimited_requests().customers(&["Elm"]).adjust(move |variables| {
                let known = variables.get("INFIMA_HALO_DEVELOPMENT_ADDRESSES").and_then(|known| known.to_str());
                let all = format!("{},{}", known.expect("the tests' addresses"), addresses.join(","));
                variables.set("INFIMA_HALO_DEVELOPMENT_ADDRESSES", all);
            });
        let world = world.build().await;
        let mut hostile = Vec::new();
        for (name, halo) in HOSTILE.into_iter().zip(halos) {
            let details = Details {
                url: Some(format!("http://{}", halo.address)),
                application_client_id: Some("any".into()),
                client_secret: Some("any".into()),
                tenant_change: None,
            };
            let (partner, run) = join(&world, name, &CLIENTS, details, CUSTOMERS.collect()).await;
            world.work(run).await;
            is_succeeded(&world, run).await;
            hostile.push(Hostile { halo, partner, token: token(&world, name) });
        }
        let customers = vec![world.customer("Elm").0];
        let (partner, run) = join(&world, NEIGHBOUR, &[("Elm", 2)], world.details(), customers).await;
        world.work(run).await;
        is_succeeded(&world, run).await;
        let caller = world.caller(Role::PartnerAdmin, Some(NEIGHBOUR)).await;
        let neighbour = Neighbour { partner, caller, token: token(&world, NEIGHBOUR) };
        Self { world, hostile, neighbour, client: client() }
    }

    /// What both processes are given beside the usual settings.
    pub fn settings(&self) -> [(&'static str, String); 4] {
        let hostile = self.hostile.iter().map(|hostile| hostile.halo.address.clone());
        let addresses: Vec<_> =
            [format!("127.0.0.1:{}", self.world.tenant.port())].into_iter().chain(hostile).collect();
        [
            ("INFIMA_HALO_TIMEOUT_SECONDS", "10".into()),
            ("INFIMA_HALO_DEVELOPMENT_ADDRESSES", addresses.join(",")),
            ("INFIMA_HALO_REQUESTS", "700".into()),
            ("INFIMA_HALO_WINDOW_SECONDS", "1".into()),
        ]
    }

    async fn ask(&self, url: &str, token: &str, document: &str, variables: Value) -> Reply {
        let body = json!({ "query": document, "variables": variables });
        Reply::of(self.client.post(url).bearer_auth(token).json(&body)).await
    }

    /// The code of a search that fails; "none" if it finds something.
    pub async fn search(&self, url: &str, hostile: &Hostile, search: String) -> String {
        let document = "query($search: String!) { haloCustomers(search: $search) { nodes { name } } }";
        end(&self.ask(url, &hostile.token, document, json!({ "search": search })).await)
    }

    pub async fn preview(&self, url: &str, hostile: &Hostile) -> String {
        let document = "{ haloSyncPreview { complete entries { problem { code } } } }";
        end(&self.ask(url, &hostile.token, document, json!({})).await)
    }

    /// The neighbour's users ask its own Halo so often, and on until the attack is over. Returns
    /// how long each answer took.
    pub async fn neighbour_is_answered(&self, url: &str, times: usize, over: watch::Receiver<bool>) -> Vec<Duration> {
        let mut took = Vec::new();
        while took.len() < times || !*over.borrow() {
            let document =
                "query($search: String!) { partner { name } haloCustomers(search: $search) { nodes { name } } }";
            // Each search is another one, so that Halo is asked.
            let (began, search) = (Instant::now(), json!({ "search": took.len().to_string() }));
            let reply = self.ask(url, &self.neighbour.token, document, search).await;
            took.push(began.elapsed());
            assert_eq!((reply.status, &reply.body["errors"]), (200, &Value::Null), "{:?}", reply.body);
        }
        took
    }

    pub async fn request_sync(&self, partner: PartnerId) -> RunId {
        let support = self.world.caller(Role::Support, None).await;
        let asked = infima_halo::ops::Request { reason: Some("a test".into()), ..request(&support) };
        let requested = request_sync(self.world.ops(), &asked, partner, None).await;
        requested.expect("the request is allowed").run.expect("there is something to sync")
    }

    pub async fn request_neighbours_sync(&self) -> RunId {
        let requested =
            request_sync(self.world.ops(), &request(&self.neighbour.caller), self.neighbour.partner, None).await;
        requested.expect("the request is allowed").run.expect("there is something to sync")
    }

    pub async fn is_synced(&self, run: RunId) {
        is_succeeded(&self.world, run).await;
    }

    /// The codes of the problems that a run meets, once it has met some or has ended.
    pub async fn problems_of(&self, run: RunId) -> Vec<String> {
        let state = "select state in ('queued', 'running') and problem is null from sync_runs where id = $1";
        until(async || !self.read::<bool>(state, run).await).await;
        let codes = "select array_remove(array_agg(problem ->> 'code'), null) from (
                         select problem from sync_runs where id = $1
                         union all select problem from sync_results where run_id = $1) as problems";
        let codes: Option<Vec<String>> = self.read(codes, run).await;
        codes.unwrap_or_default().iter().map(|name| code(name)).collect()
    }

    /// Has all Halos be honest again, and the runs end.
    pub async fn end_attacks(&self) {
        self.hostile.iter().for_each(|hostile| hostile.halo.set(None));
        let open = "with due as (update sync_runs set next_attempt_at = now()
                                 where state = 'queued' and next_attempt_at > now())
                    select count(*) from sync_runs where state in ('queued', 'running')";
        until(async || {
            let open: i64 = sqlx::query_scalar(open).fetch_one(&self.world.owner).await.expect("the database answers");
            open == 0
        })
        .await;
    }

    async fn read<T>(&self, statement: &'static str, run: RunId) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let found = sqlx::query_scalar(statement).bind(run.0).fetch_one(&self.world.owner).await;
        found.expect("the database answers")
    }
}

/// A partner with clients, each mapped to a customer of its Halo. Also returns the run that creates
/// the subscriptions.
async fn join(
    world: &World,
    name: &str,
    clients: &[(&str, usize)],
    details: Details,
    customers: Vec<i32>,
) -> (PartnerId, RunId) {
    world.import_partner(name, clients).await;
    let admin = world.caller(Role::PartnerAdmin, Some(name)).await;
    let partner = world.partner_named(name).await;
    save_connection(world.ops(), &request(&admin), partner, details).await.expect("the details are right");
    let mut mappings = Vec::new();
    for ((client, _), customer) in clients.iter().zip(customers) {
        let id = sqlx::query_scalar("select id from clients where external_id = $1").bind(format!("{name}/{client}"));
        let client = Some(ClientId(id.fetch_one(&world.owner).await.expect("it was imported")));
        mappings.push(Mapping { client, customer: HaloCustomerId(customer), allow_shared: false, replace: None });
    }
    let associated = associate_clients(world.ops(), &request(&admin), partner, &mappings).await;
    (partner, associated.expect("the customers are there").run.expect("there is something to do"))
}

async fn is_succeeded(world: &World, run: RunId) {
    let state = "select state = 'succeeded' from sync_runs where id = $1";
    until(async || sqlx::query_scalar(state).bind(run.0).fetch_one(&world.owner).await.expect("it is there")).await;
}

fn token(world: &World, partner: &str) -> String {
    let role = Role::PartnerAdmin;
    let lifetime = chrono::Duration::hours(1);
    let token = world.mint.mint(role, Some(partner), &format!("admin of {partner}"), "Sam", lifetime, &world.clock);
    token.expose_secret().to_owned()
}

fn end(reply: &Reply) -> String {
    if reply.body["errors"].is_null() { "none".to_owned() } else { code(reply.code()) }
}

/// The same name for the code of an error and of a problem.
fn code(name: &str) -> String {
    name.to_lowercase().trim_start_matches("halo_").to_owned()
}
