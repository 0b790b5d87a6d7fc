//! Who takes part: the partners, each with two Halos of its own, and what was confirmed to them.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use infima_halo::auth::Role;
use infima_halo::clock::Clock;
use infima_halo::ids::{AssociationId, ClientId, PartnerId, RunId};
use infima_halo::sandbox::{Sandbox, SandboxOptions, Tenant, TenantSeed};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::support::hostile_halo::HostileHalo;
use crate::support::served::client;
use crate::support::world::World;

const PARTNERS: [&str; 2] = ["alpha", "beta"];
const HOSTILE: &str = "hostile";
const CLIENTS: [&str; 4] = ["Alder", "Birch", "Cedar", "Dogwood"];
/// A request is given up after this long: its process was killed, or the answer is late.
const MAX_WAIT: Duration = Duration::from_secs(40);
/// Codes that no well-formed request may end in, whatever happens meanwhile.
const UNREASONABLE: [&str; 9] = [
    "INTERNAL",
    "BAD_REQUEST",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "UNAUTHENTICATED",
    "RATE_LIMITED",
    "INVALID",
    "REQUIRED",
    "no code",
];

/// A partner that takes part.
pub struct Party {
    pub name: &'static str,
    pub id: PartnerId,
    pub token: String,
    /// What it may connect to: two tenants of the sandbox, whose customers have the same ids and
    /// other names. None: its Halo is the hostile one.
    pub tenants: Vec<Tenant>,
    pub clients: Vec<Racer>,
    /// A user has found that Halo is not connected.
    pub is_disconnected: AtomicBool,
}

/// A client, with numbers of users that no other client ever has.
pub struct Racer {
    pub name: &'static str,
    pub id: ClientId,
    /// The least number of users; the most is nine more.
    pub least: usize,
    /// Each import: its version, how many users are active by it, and whether it was confirmed.
    pub imports: Mutex<Vec<(i64, usize, bool)>>,
}

pub struct Stage {
    pub world: World,
    pub halo: HostileHalo,
    pub parties: Vec<Party>,
    pub address: watch::Sender<String>,
    pub platform: String,
    pub confirmed_runs: Mutex<Vec<RunId>>,
    pub confirmed_associations: Mutex<Vec<AssociationId>>,
    version: AtomicI64,
    client: reqwest::Client,
    done: watch::Sender<usize>,
    ends: Mutex<BTreeMap<(&'static str, String), usize>>,
    unreasonable: Mutex<Vec<String>>,
    _sandbox: Sandbox,
}

impl Stage {
    pub async fn set() -> Self {
        let customers = |at: &'static str| CLIENTS.map(|name| format!("{name} {at}"));
        let seeds = PARTNERS.iter().flat_map(|partner| {
            ["home", "away"].map(|at| TenantSeed::with_customers(&format!("{partner}-{at}"), customers(at)))
        });
        let options = SandboxOptions { dir: None, clock: Clock::system() };
        let sandbox = Sandbox::start(options, seeds.collect()).await.expect("the sandbox starts");
        let halo = HostileHalo::start().await;
        let world = World::builder().empty_roster().for_processes().unlimited_requests().build().await;
        let token = |role: Role, partner: Option<&str>| world.token(role, partner).expose_secret().to_owned();
        let mut parties = Vec::new();
        for name in PARTNERS.into_iter().chain([HOSTILE]) {
            let clients = CLIENTS.iter().enumerate().map(|(place, client)| (*client, 10 * place + 1));
            let clients: Vec<_> = clients.collect();
            world.import_partner(name, &clients).await;
            let id = world.partner_named(name).await;
            let mut racers = Vec::new();
            for (client, least) in clients {
                let found = sqlx::query_scalar("select id from clients where external_id = $1");
                let found = found.bind(format!("{name}/{client}")).fetch_one(&world.owner).await;
                let id = ClientId(found.expect("it was imported"));
                racers.push(Racer { name: client, id, least, imports: Mutex::new(vec![(0, least, true)]) });
            }
            let is_hostile = name == HOSTILE;
            let tenants = ["home", "away"].into_iter().filter(|_| !is_hostile);
            let tenants: Vec<_> = tenants.map(|at| sandbox.tenant(&format!("{name}-{at}"))).collect();
            tenants.iter().for_each(|tenant| tenant.configure(|settings| settings.rate_limit = usize::MAX));
            let token = token(Role::PartnerAdmin, Some(name));
            parties.push(Party { name, id, token, tenants, clients: racers, is_disconnected: AtomicBool::new(false) });
        }
        let platform = token(Role::Platform, None);
        Self {
            world,
            halo,
            parties,
            address: watch::Sender::new(String::new()),
            platform,
            confirmed_runs: Mutex::default(),
            confirmed_associations: Mutex::default(),
            version: 1_000.into(),
            client: client(),
            done: watch::Sender::new(0),
            ends: Mutex::default(),
            unreasonable: Mutex::default(),
            _sandbox: sandbox,
        }
    }

    /// What the processes are given beside the usual settings.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let tenants = self.parties.iter().flat_map(|party| &party.tenants);
        let mut addresses: Vec<_> = tenants.map(|tenant| format!("127.0.0.1:{}", tenant.port())).collect();
        addresses.push(self.halo.address.clone());
        vec![
            ("INFIMA_HALO_DEVELOPMENT_ADDRESSES", addresses.join(",")),
            ("INFIMA_HALO_REQUESTS", "700".into()),
            ("INFIMA_HALO_WINDOW_SECONDS", "1".into()),
            ("INFIMA_WORKER_COOL_DOWN_SECONDS", "1".into()),
            ("INFIMA_LOG", "error,infima_halo::cli=info".into()),
        ]
    }

    /// Operations that have ended.
    pub fn done(&self) -> usize {
        *self.done.borrow()
    }

    pub async fn until_done(&self, number: usize) {
        let _ = self.done.subscribe().wait_for(|done| *done >= number).await;
    }

    pub fn next_version(&self) -> i64 {
        self.version.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends an operation and counts what it ends in, which is returned with the data; there are
    /// none if it was refused, or if its answer was cut off.
    pub async fn ask(
        &self,
        token: &str,
        what: &'static str,
        document: &str,
        variables: Value,
    ) -> (String, Option<Value>) {
        let mut address = self.address.subscribe();
        let url = address.borrow_and_update().clone();
        let sent =
            self.client.post(&url).bearer_auth(token).json(&json!({ "query": document, "variables": variables }));
        let answer = async { sent.timeout(MAX_WAIT).send().await?.text().await };
        let (end, data) = match answer.await {
            Ok(text) => self.judge(what, &text),
            Err(error) if error.is_timeout() => ("late".into(), None),
            Err(_) => {
                // The next process is at another address.
                let _ = tokio::time::timeout(MAX_WAIT, address.changed()).await;
                ("cut off".into(), None)
            }
        };
        *self.ends.lock().unwrap().entry((what, end.clone())).or_default() += 1;
        self.done.send_modify(|done| *done += 1);
        (end, data)
    }

    fn judge(&self, what: &'static str, text: &str) -> (String, Option<Value>) {
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        let payload = body["data"].as_object().and_then(|data| data.values().next()).cloned();
        let error = body["errors"][0]["extensions"]["code"].as_str().map(str::to_owned);
        let user_error = payload.as_ref().and_then(|payload| payload["userErrors"][0]["code"].as_str());
        let end = match (error, user_error, &payload) {
            (Some(code), ..) => code,
            (None, Some(code), _) => code.to_owned(),
            (None, None, Some(_)) if body["errors"].is_null() => "done".into(),
            _ => "no code".into(),
        };
        if UNREASONABLE.contains(&&*end) {
            self.unreasonable.lock().unwrap().push(format!("{what}: {text}"));
        }
        let data = payload.filter(|_| body["errors"].is_null());
        (end, data)
    }

    /// The answers that no request may get.
    pub fn unreasonable(&self) -> Vec<String> {
        self.unreasonable.lock().unwrap().clone()
    }

    pub fn print(&self) {
        for ((what, end), number) in self.ends.lock().unwrap().iter() {
            println!("{what:<22} {end:<32} {number:>6}");
        }
    }
}
