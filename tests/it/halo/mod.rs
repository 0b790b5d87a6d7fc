//! The module that speaks to Halo, against the sandbox: what it sends, how it reads every response,
//! and what it never does.

mod access;
pub(crate) mod budget;
mod check;
mod customers;
mod fairness;
mod faults;
mod invoices;
mod subscriptions;
mod writes;

use chrono::{DateTime, Utc};
use futures::FutureExt;
use infima_halo::clock::Clock;
use infima_halo::halo::{
    BudgetAnswer, BudgetRequest, Credentials, Halo, HaloSettings, KeptRows, NewSubscription, Priority, Session,
    Subscription,
};
use infima_halo::ids::{HaloCustomerId, HaloSubscriptionId};
use infima_halo::net::{AllowList, Guard, HttpClient, HttpLimits};
use infima_halo::sandbox::{
    Act, AgentLevels, Call, CustomerSeed, Fault, Lasting, Level, Matching, Sandbox, SandboxOptions, SubscriptionSeed,
    Tenant, TenantSeed,
};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_millis(400);

struct HaloWorld {
    tenant: Tenant,
    clock: Clock,
    /// The permits that were requested; the budget answers from `answers`, then `Go`.
    asked: Arc<Mutex<Vec<BudgetRequest>>>,
    answers: Arc<Mutex<Vec<BudgetAnswer>>>,
    halo: Halo,
    _sandbox: Sandbox,
}

impl HaloWorld {
    async fn of(seed: TenantSeed) -> HaloWorld {
        HaloWorld::with_timeout(seed, TIMEOUT).await
    }

    async fn with_timeout(seed: TenantSeed, request_timeout: Duration) -> HaloWorld {
        let clock = Clock::manual("2026-11-24T02:00:00Z".parse::<DateTime<Utc>>().unwrap());
        let name = seed.name.clone();
        let sandbox = Sandbox::start(SandboxOptions { dir: None, clock: clock.clone() }, vec![seed]).await.unwrap();
        let tenant = sandbox.tenant(&name);
        tenant.configure(|settings| settings.rate_limit = 100_000);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(Vec::new()));
        let (received, script) = (asked.clone(), answers.clone());
        let budget = Arc::new(move |message: BudgetRequest| {
            let request = matches!(message, BudgetRequest::Permit { .. });
            received.lock().unwrap().push(message);
            let scripted = if request { script.lock().unwrap().pop() } else { None };
            async move { Ok(scripted.unwrap_or(BudgetAnswer::Go)) }.boxed()
        });
        let allowed = AllowList::parse([tenant.url().trim_start_matches("http://")]).unwrap();
        let limits = HttpLimits { answer: 1 << 20, ..HttpLimits::default() };
        let http = HttpClient::for_typed_addresses(Guard::new(allowed), limits).unwrap();
        let settings = HaloSettings { request_timeout, ..HaloSettings::default() };
        let halo = Halo::new(http, budget, clock.clone(), settings);
        HaloWorld { tenant, clock, asked, answers, halo, _sandbox: sandbox }
    }

    /// Customers 41, 42 … with `licences` subscriptions of another vendor each.
    async fn with(customers: usize, licences: usize) -> HaloWorld {
        let other = || SubscriptionSeed::new("Backup", "Datto", 3, 9.0, 5.0);
        let customers = (0..customers)
            .map(|n| CustomerSeed::named(format!("Customer {n:03}")).with((0..licences).map(|_| other())))
            .collect();
        HaloWorld::of(TenantSeed { customers, ..TenantSeed::empty("acme") }).await
    }

    fn credentials(&self) -> Credentials {
        let url = self.halo.address(&self.tenant.url()).unwrap();
        let secret = SecretString::from(format!(" {} ", self.tenant.client_secret()));
        Credentials::new(url, &format!("{}\n", self.tenant.client_id()), &secret)
    }

    fn session(&self) -> Session {
        self.halo.session(self.credentials(), Priority::Background)
    }

    fn once(&self, fault: Fault) {
        self.tenant.inject(fault, Matching::any(), Lasting::Once);
    }

    fn sticky(&self, fault: Fault) {
        self.tenant.inject(fault, Matching::any(), Lasting::Sticky);
    }

    fn calls(&self, call: Call) -> usize {
        self.tenant.journal().iter().filter(|entry| entry.call == call).count()
    }

    /// Forgets nothing; counts the requests that `during` makes.
    async fn requests<T>(&self, during: impl Future<Output = T>) -> (T, usize) {
        let count =
            || self.tenant.journal().iter().filter(|entry| !entry.method.is_empty() && is_http(entry.call)).count();
        let before = count();
        let done = during.await;
        (done, count() - before)
    }

    async fn created(&self, session: &Session, quantity: u32) -> Subscription {
        session.create_subscription(&new(quantity), soon()).await.unwrap()
    }
}

fn is_http(call: Call) -> bool {
    !matches!(call, Call::ByHand | Call::Late)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

const CUSTOMER: HaloCustomerId = HaloCustomerId(41);

fn new(quantity: u32) -> NewSubscription {
    let name = "INFIMA Security Awareness Training".to_owned();
    NewSubscription { customer: CUSTOMER, name, quantity, marker: "infima:test-marker".into(), with_site: false }
}

fn found(lookup: Option<Subscription>) -> Subscription {
    lookup.expect("the subscription is there")
}

const GUIDE_SCOPES: [&str; 3] = ["read:customers", "read:invoices", "edit:softwarelicensing"];

fn levels(customers: Level, licensing: Level, invoices: Level) -> Act {
    Act::SetAgentLevels(AgentLevels { customers, licensing, invoices })
}

/// `ops` runs these on a worker's task; this only has to compile.
#[expect(dead_code, reason = "a check of types")]
fn every_call_can_be_made_on_another_task(
    session: &'static Session,
    new: &'static NewSubscription,
    billed: &'static BTreeMap<HaloSubscriptionId, HaloCustomerId>,
) {
    fn movable(_: impl Future + Send) {}
    movable(session.check());
    movable(session.customers(&[]));
    movable(session.search_customers("", 1, 1));
    movable(session.subscriptions(&[]));
    movable(session.subscriptions_of(CUSTOMER, &mut KeptRows::default()));
    movable(session.create_subscription(new, soon()));
    movable(session.set_quantity(HaloSubscriptionId(1), CUSTOMER, 1, soon()));
    movable(session.recurring_billing(billed));
}
