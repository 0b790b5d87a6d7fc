//! The module that speaks to Halo, against the sandbox: what it sends, how it reads every response,
//! and what it never does.

pub(crate) mod budget;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use futures::FutureExt;
use infima_halo::{
    clock::Clock,
    domain::guide::Permission,
    halo::{
        BudgetAnswer, BudgetRequest, CheckResult, ConnectionReport, Credentials, CustomerLookup, Halo, HaloError,
        HaloSettings, Kept, LimitedBy, NewSubscription, NotBilledReason, Priority, Quantity, RecurringBilling, Session,
        Subject, Subscription, SubscriptionLookup, VENDOR, WriteError,
    },
    ids::{HaloCustomerId, HaloSubscriptionId},
    net::{AllowList, Guard, HttpClient, HttpLimits},
    sandbox::{
        Act, AgentLevels, Call, CustomerSeed, Fault, Lasting, Level, Matching, Sandbox, SandboxOptions,
        SubscriptionSeed, Tenant, TenantSeed,
    },
};
use secrecy::SecretString;
use serde_json::json;

const TIMEOUT: Duration = Duration::from_millis(400);

struct World {
    tenant: Tenant,
    clock: Clock,
    /// The permits that were requested; the budget answers from `answers`, then `Go`.
    asked: Arc<Mutex<Vec<BudgetRequest>>>,
    answers: Arc<Mutex<Vec<BudgetAnswer>>>,
    halo: Halo,
    _sandbox: Sandbox,
}

impl World {
    async fn of(seed: TenantSeed) -> World {
        World::with_timeout(seed, TIMEOUT).await
    }

    async fn with_timeout(seed: TenantSeed, request_timeout: Duration) -> World {
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
        World { tenant, clock, asked, answers, halo, _sandbox: sandbox }
    }

    /// Customers 41, 42 … with `licences` subscriptions of another vendor each.
    async fn with(customers: usize, licences: usize) -> World {
        let other = || SubscriptionSeed::new("Backup", "Datto", 3, 9.0, 5.0);
        let customers = (0..customers)
            .map(|n| CustomerSeed::named(format!("Customer {n:03}")).with((0..licences).map(|_| other())))
            .collect();
        World::of(TenantSeed { customers, ..TenantSeed::empty("acme") }).await
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
    NewSubscription { customer: CUSTOMER, name, quantity, marker: "infima:test-marker".into() }
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
    movable(session.subscriptions_of(CUSTOMER));
    movable(session.create_subscription(new, soon()));
    movable(session.set_quantity(HaloSubscriptionId(1), CUSTOMER, 1, soon()));
    movable(session.recurring_billing(billed));
}

// --- The connection check

#[tokio::test]
async fn tenant_set_up_by_the_guide_passes_every_check() {
    let world = World::with(2, 1).await;
    let session = world.session();
    let report = session.check().await;
    assert_eq!(report.failure(), None);
    assert_eq!(report.tenant.unwrap().0, "acme");
    for check in &report.checks {
        let expected = match check.subject {
            Subject::Permission(Permission::AgentUsers) => CheckResult::NotChecked,
            _ => CheckResult::Passed,
        };
        assert_eq!(check.outcome, expected, "{:?}", check.subject);
    }
    // Discovery, token, customers, licences, invoices; each of them requested from the budget
    // first.
    assert_eq!(session.requests(), 5);
    assert_eq!(world.asked.lock().unwrap().len(), 5);
}

fn outcome_of(report: &ConnectionReport, subject: Subject) -> Option<&CheckResult> {
    report.checks.iter().find(|check| check.subject == subject).map(|check| &check.outcome)
}

/// However a Halo says that a scope is missing, the check says which one it is.
#[tokio::test]
async fn missing_scope_is_named() {
    for answer in [None, Some(Fault::ScopeAsInvalidScope), Some(Fault::ScopeAsInvalidRequest)] {
        for (lacking, permission) in [
            ("read:customers", Permission::ReadCustomers),
            ("edit:softwarelicensing", Permission::EditSoftwareLicensing),
            ("read:invoices", Permission::ReadInvoices),
        ] {
            let world = World::with(1, 0).await;
            let scopes = GUIDE_SCOPES.iter().filter(|scope| **scope != lacking).map(|scope| (*scope).into()).collect();
            world.tenant.act(Act::SetScopes { scopes }).unwrap();
            answer.into_iter().for_each(|fault| world.sticky(fault));
            let session = world.session();
            let report = session.check().await;
            let denied = HaloError::PermissionDenied(permission);
            assert_eq!(outcome_of(&report, Subject::Credentials), Some(&CheckResult::Passed), "{lacking} {answer:?}");
            let outcome = outcome_of(&report, Subject::Permission(permission)).unwrap();
            if permission == Permission::ReadInvoices {
                assert_eq!((outcome, report.failure()), (&CheckResult::Unavailable(denied), None), "{answer:?}");
            } else {
                assert_eq!(outcome, &CheckResult::Failed(denied), "{lacking} {answer:?}");
            }
            assert!(session.requests() <= 12, "{} requests for {lacking} {answer:?}", session.requests());
        }
    }
}

#[tokio::test]
async fn missing_agent_level_is_named() {
    let world = World::with(1, 0).await;
    let failed = |permission| Some(CheckResult::Failed(HaloError::PermissionDenied(permission)));
    for (act, permission) in [
        (levels(Level::None, Level::Modify, Level::Read), Permission::AgentCustomers),
        (levels(Level::Read, Level::None, Level::Read), Permission::AgentSoftwareLicencing),
    ] {
        world.tenant.act(act).unwrap();
        let report = world.session().check().await;
        assert_eq!(outcome_of(&report, Subject::Permission(permission)).cloned(), failed(permission));
        let (subject, _) = report.failure().unwrap();
        assert_eq!(subject, Subject::Permission(permission), "nothing else is wrong");
    }
    world.tenant.act(levels(Level::Read, Level::Modify, Level::None)).unwrap();
    let report = world.session().check().await;
    let denied = HaloError::PermissionDenied(Permission::AgentInvoices);
    let outcome = outcome_of(&report, Subject::Permission(Permission::ReadInvoices));
    assert_eq!((outcome, report.failure()), (Some(&CheckResult::Unavailable(denied)), None));
}

/// Halo's responses are the same for these cases, and so are our errors.
#[tokio::test]
async fn credentials_that_do_not_work_are_rejected_alike() {
    for act in [Act::RotateSecret, Act::DeleteApplication, Act::DeleteAgent] {
        let world = World::with(1, 0).await;
        let session = world.session();
        world.tenant.act(act.clone()).unwrap();
        let report = session.check().await;
        let rejected = Some((Subject::Credentials, &HaloError::CredentialsRejected));
        assert_eq!(report.failure(), rejected, "{act:?}");
        assert_eq!(
            outcome_of(&report, Subject::Permission(Permission::AgentCustomers)),
            Some(&CheckResult::NotReached)
        );
    }
}

#[tokio::test]
async fn address_without_halo_receives_no_secret() {
    let world = World::with(1, 0).await;
    for fault in [Fault::HtmlOk, Fault::WrongShape, Fault::RedirectToLogin, Fault::RedirectElsewhere] {
        world.sticky(fault);
        let session = world.session();
        assert_eq!(session.check().await.failure(), Some((Subject::Address, &HaloError::NotHalo)), "{fault:?}");
        // The same holds later: a Halo in maintenance does not look like an address without Halo.
        assert!(matches!(session.tenant().await, Err(HaloError::Unavailable(_))), "{fault:?}");
        world.tenant.clear_faults();
    }
    for fault in [Fault::Maintenance, Fault::CutBefore, Fault::BadGateway, Fault::HeldBefore] {
        world.sticky(fault);
        let report = world.session().check().await;
        let failure = report.failure();
        assert!(matches!(failure, Some((Subject::Address, HaloError::Unavailable(_)))), "{fault:?}: {failure:?}");
        world.tenant.clear_faults();
    }
    assert_eq!(world.calls(Call::Token), 0);

    let private = Credentials { url: world.credentials().url, ..world.credentials() };
    let nowhere = HttpClient::for_typed_addresses(Guard::new(AllowList::default()), HttpLimits::default()).unwrap();
    let go: infima_halo::halo::Budget = Arc::new(|_| async { Ok(BudgetAnswer::Go) }.boxed());
    let guarded = Halo::new(nowhere, go, world.clock.clone(), HaloSettings::default());
    let report = guarded.session(private, Priority::Interactive).check().await;
    assert_eq!(report.failure(), Some((Subject::Address, &HaloError::Blocked)));
}

#[tokio::test]
async fn discovery_of_any_shape_yields_a_token() {
    let world = World::with(1, 0).await;
    for fault in
        [Fault::AuthUrlWithoutPath, Fault::AuthUrlElsewhere, Fault::DiscoveryWithoutAuthUrl, Fault::TenantHarmful]
    {
        world.sticky(fault);
        assert_eq!(world.session().check().await.failure(), None, "{fault:?}");
        assert_eq!(world.session().tenant().await.unwrap().0, "acme", "{fault:?}");
        assert!(world.tenant.unconsumed_faults().is_empty(), "{fault:?}");
        world.tenant.clear_faults();
    }
    world.sticky(Fault::DiscoveryWithoutTenant);
    let host = world.tenant.url().trim_start_matches("http://").to_owned();
    assert_eq!(world.session().tenant().await.unwrap().0, host);
}

#[tokio::test]
async fn token_address_is_found_and_remembered() {
    let world = World::with(1, 0).await;
    world.sticky(Fault::AuthUrlWithoutPath);
    world.sticky(Fault::TokenAtRoot);
    assert_eq!(world.session().check().await.failure(), None);
    let paths = || -> Vec<String> {
        let journal = world.tenant.journal();
        journal.iter().filter(|entry| entry.call == Call::Token).map(|entry| entry.path.clone()).collect()
    };
    assert_eq!(paths(), ["/auth/token", "/token"]);
    assert_eq!(world.session().check().await.failure(), None);
    assert_eq!(paths()[2..], ["/token"], "what worked is tried first");

    world.tenant.clear_faults();
    world.sticky(Fault::TokenNowhere);
    let report = world.session().check().await;
    let tried = ["/auth/token", "/token"].map(|path| format!("{}{path}", world.tenant.url())).to_vec();
    assert_eq!(report.failure(), Some((Subject::Address, &HaloError::NoTokenAddress { tried })));
    // In use, a Halo in maintenance looks like that.
    world.clock.advance(chrono::Duration::hours(2));
    let in_use = world.session().search_customers("", 1, 1).await;
    assert!(matches!(in_use, Err(HaloError::Unavailable(_))), "{in_use:?}");
}

#[tokio::test]
async fn agent_without_customers_is_reported() {
    let world = World::with(1, 0).await;
    world.sticky(Fault::EmptyList);
    let report = world.session().check().await;
    assert_eq!(report.failure(), None);
    assert_eq!(outcome_of(&report, Subject::Permission(Permission::AgentCustomers)), Some(&CheckResult::Empty));
}

// --- Tokens, budget, limits

#[tokio::test]
async fn token_is_requested_once_while_valid() {
    let world = World::with(1, 0).await;
    let sessions: Vec<Session> = (0..20).map(|_| world.session()).collect();
    let searches = sessions.iter().map(|session| session.search_customers("", 1, 10));
    assert!(futures::future::join_all(searches).await.iter().all(Result::is_ok));
    assert_eq!(world.calls(Call::Token), 1);
    world.clock.advance(chrono::Duration::minutes(55));
    world.session().search_customers("", 1, 10).await.unwrap();
    assert_eq!(world.calls(Call::Token), 1);
    world.clock.advance(chrono::Duration::minutes(4));
    world.session().search_customers("", 1, 10).await.unwrap();
    assert_eq!(world.calls(Call::Token), 2);
    // Other credentials never use the old token.
    let mut other = world.credentials();
    other.client_secret = "another".into();
    let refused = world.halo.session(other, Priority::Interactive).search_customers("", 1, 10).await;
    assert_eq!(refused, Err(HaloError::CredentialsRejected));
}

#[tokio::test]
async fn refused_token_is_renewed_once_then_permission_denied() {
    let world = World::with(1, 0).await;
    world.once(Fault::TokenDiesAfter(0));
    let session = world.session();
    session.search_customers("", 1, 10).await.unwrap();
    assert_eq!(world.calls(Call::Token), 2);
    world.tenant.inject(Fault::Unauthorized, Matching::call(Call::CustomerList), Lasting::Sticky);
    let denied = session.search_customers("", 1, 10).await;
    assert_eq!(denied, Err(HaloError::PermissionDenied(Permission::AgentCustomers)));
    assert_eq!(world.calls(Call::Token), 3);
}

/// Scopes are fixed when a token is issued; what a partner grants later has to work before the old
/// token ends.
#[tokio::test]
async fn scope_granted_later_works_at_once() {
    let world = World::with(1, 0).await;
    world.tenant.act(Act::SetScopes { scopes: vec!["edit:softwarelicensing".into()] }).unwrap();
    let denied = world.session().search_customers("", 1, 10).await;
    assert_eq!(denied, Err(HaloError::PermissionDenied(Permission::ReadCustomers)));
    world.tenant.act(Act::SetScopes { scopes: GUIDE_SCOPES.map(String::from).to_vec() }).unwrap();
    world.session().search_customers("", 1, 10).await.unwrap();
}

#[tokio::test]
async fn rate_limit_pauses_every_session_of_the_tenant() {
    let world = World::with(1, 0).await;
    let session = world.session();
    session.tenant().await.unwrap();
    for (fault, least, most) in [
        (Fault::RateLimitedSeconds(7), 7, 7),
        (Fault::RateLimitedDate(90), 90, 90),
        (Fault::RateLimitedSeconds(86_400), 300, 300),
        (Fault::RateLimitedSilent, 30, 60),
    ] {
        world.once(fault);
        let Err(HaloError::RateLimited { wait, by: LimitedBy::Halo }) = session.search_customers("", 1, 1).await else {
            panic!("{fault:?} is not seen as a limit");
        };
        assert!((least..=most).contains(&wait.as_secs()), "{fault:?}: {wait:?}");
        let reported = world.asked.lock().unwrap().last().cloned();
        assert!(
            matches!(reported, Some(BudgetRequest::LimitedByHalo { wait: said, .. }) if said == wait),
            "{reported:?}"
        );
    }
}

#[tokio::test]
async fn request_without_permit_is_not_sent() {
    let world = World::with(1, 0).await;
    world.session().search_customers("", 1, 1).await.unwrap();
    let waits = |seconds: &[u64]| {
        *world.answers.lock().unwrap() = seconds.iter().map(|s| BudgetAnswer::Wait(Duration::from_secs(*s))).collect();
    };
    waits(&[31]);
    let limit = |seconds| HaloError::RateLimited { wait: Duration::from_secs(seconds), by: LimitedBy::OurBudget };
    let (late, sent) = world.requests(world.session().search_customers("", 1, 1)).await;
    assert_eq!((late, sent), (Err(limit(31)), 0));
    waits(&[6]);
    let people = world.halo.session(world.credentials(), Priority::Interactive);
    assert_eq!(people.search_customers("", 1, 1).await, Err(limit(6)));
    assert_eq!(people.requests(), 0);
    // A short wait is waited for here.
    *world.answers.lock().unwrap() = vec![BudgetAnswer::Wait(Duration::from_millis(5))];
    people.search_customers("", 1, 1).await.unwrap();
    // A deadline is never overrun, and what was not sent was not created.
    waits(&[25]);
    let create = world.session();
    let refused = create.create_subscription(&new(1), soon()).await;
    assert_eq!(refused, Err(WriteError::Refused(HaloError::DeadlinePassed)));
    let refused = create.create_subscription(&new(1), Instant::now()).await;
    assert_eq!(refused, Err(WriteError::Refused(HaloError::DeadlinePassed)));
    assert_eq!(world.calls(Call::Create), 0);
}

/// Halo promises no field but the id.
#[tokio::test]
async fn row_without_customer_affects_no_other_row() {
    let world = World::with(1, 4).await;
    let ids: Vec<_> = world.tenant.subscriptions().iter().map(|it| HaloSubscriptionId(it.id)).collect();
    world.sticky(Fault::RowWithoutCustomer(ids[3].0));
    let (found, sent) = world.requests(world.session().subscriptions(&ids[..3])).await;
    assert_eq!(found.unwrap().len(), 3);
    let (all, more) = world.requests(world.session().subscriptions(&ids)).await;
    assert!(all.unwrap().values().all(|it| matches!(it, SubscriptionLookup::Found(_))));
    assert!(more <= sent + 1, "that one is asked for by itself");
    // Another vendor's cannot be what an interrupted create made.
    assert_eq!(world.session().subscriptions_of(HaloCustomerId(41)).await.unwrap().len(), 3);
}

/// An agent whose team sees nothing: otherwise the partner would read that everything was deleted,
/// and create it again.
#[tokio::test]
async fn tenant_with_only_empty_lists_lacks_a_permission() {
    let world = World::with(1, 3).await;
    world.sticky(Fault::EmptyList);
    let gone: Vec<_> = (9901..9904).map(HaloSubscriptionId).collect();
    let lookups = world.session().subscriptions(&gone).await;
    assert_eq!(lookups, Err(HaloError::PermissionDenied(Permission::AgentSoftwareLicencing)));
    assert_eq!(world.session().subscription(gone[0]).await, Ok(None), "one may be gone");
}

/// Otherwise a partner would be advised to create again what exists.
#[tokio::test]
async fn disabled_licensing_is_not_a_deleted_record() {
    let world = World::with(1, 2).await;
    let id = HaloSubscriptionId(world.tenant.subscriptions()[0].id);
    world.tenant.act(Act::SwitchLicensing { on: false }).unwrap();
    world.sticky(Fault::LicensingOffAsNotFound);
    assert_eq!(world.session().subscription(id).await, Err(HaloError::LicensingOff));
    world.tenant.act(Act::SwitchLicensing { on: true }).unwrap();
    world.tenant.act(Act::DeleteSubscription { id: id.0 }).unwrap();
    assert_eq!(world.session().subscription(id).await, Ok(None));
}

/// Read again from its first page, such a list would be given up at the same place each time.
#[tokio::test]
async fn long_list_read_waits_for_budget_and_completes() {
    let world = World::with(2, 130).await;
    world.tenant.configure(|settings| settings.page_cap = 2);
    let http = HttpClient::for_typed_addresses(
        Guard::new(AllowList::parse([world.tenant.url().trim_start_matches("http://")]).unwrap()),
        HttpLimits::default(),
    );
    let granted = Arc::new(AtomicU32::new(0));
    let wait_at = Arc::new(AtomicU32::new(50));
    let (counted, at) = (granted.clone(), wait_at.clone());
    // This many requests are granted, then each has to wait once.
    let budget: infima_halo::halo::Budget = Arc::new(move |_| {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        let over = number == at.load(Ordering::Relaxed);
        let answer = if over { BudgetAnswer::Wait(Duration::from_millis(20)) } else { BudgetAnswer::Go };
        async move { Ok(answer) }.boxed()
    });
    let settings = HaloSettings { background_max_wait: Duration::from_millis(5), ..HaloSettings::default() };
    let halo = Halo::new(http.unwrap(), budget, world.clock.clone(), settings);
    let ids: Vec<_> = world.tenant.subscriptions().iter().map(|it| HaloSubscriptionId(it.id)).collect();
    let read = || async { halo.session(world.credentials(), Priority::Background).subscriptions(&ids).await };

    let limited = HaloError::RateLimited { wait: Duration::from_millis(20), by: LimitedBy::OurBudget };
    assert_eq!(read().await, Err(limited), "a short one is given up");
    wait_at.store(granted.load(Ordering::Relaxed) + 120, Ordering::Relaxed);
    let (found, sent) = world.requests(read()).await;
    assert_eq!((found.unwrap().len(), sent), (260, 130), "in pages");
}

// --- Customers

#[tokio::test]
async fn customer_search_is_paged() {
    let world = World::of(TenantSeed::northwind()).await;
    let session = world.session();
    let hits = session.search_customers(" łódź ", 1, 10).await.unwrap();
    assert_eq!(hits.customers.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Łódź Precision"]);
    assert_eq!((hits.total, hits.has_more), (Some(1), false));
    let twins = session.search_customers("Springfield Veterinary", 1, 10).await.unwrap();
    assert_eq!((twins.customers.len(), twins.customers[0].top_level.as_deref()), (2, Some("Customers")));
    assert!(
        session.search_customers("(old)", 1, 10).await.unwrap().customers.is_empty(),
        "inactive ones are not offered"
    );

    world.tenant.configure(|settings| settings.page_cap = 7);
    let (mut seen, mut page_no) = (BTreeSet::new(), 1);
    loop {
        let page = session.search_customers("", page_no, 50).await.unwrap();
        assert!(page.customers.iter().all(|customer| seen.insert(customer.id)), "no page repeats another");
        if !page.has_more {
            break;
        }
        page_no += 1;
    }
    assert_eq!((seen.len(), page_no), (20, 3));
    for fault in [Fault::NoRecordCount, Fault::BareArray, Fault::LargeLogos] {
        world.once(fault);
        assert_eq!(session.search_customers("", 1, 5).await.unwrap().customers.len(), 5, "{fault:?}");
    }
}

#[tokio::test]
async fn customer_lookup_uses_fewest_requests() {
    let world = World::with(250, 0).await;
    let session = world.session();
    world.tenant.act(Act::DeleteCustomer { id: 45 }).unwrap();
    world.tenant.act(Act::SetCustomerActive { id: 46, active: false }).unwrap();
    session.tenant().await.unwrap();
    let ids = |from: i32, to: i32| (from..to).map(HaloCustomerId).collect::<Vec<_>>();

    let (found, requests) = world.requests(session.customers(&ids(41, 43))).await;
    assert_eq!((found.unwrap().len(), requests), (2, 3), "a token and two single reads");
    let (found, requests) = world.requests(session.customers(&ids(41, 291))).await;
    let found = found.unwrap();
    assert_eq!((found.len(), requests), (250, 4), "three pages, and one that the list lacks");
    assert_eq!(found[&HaloCustomerId(45)], CustomerLookup::Missing);
    assert!(matches!(&found[&HaloCustomerId(46)], CustomerLookup::Found(customer) if !customer.active));
    // Two of the last page: reading two more pages would be no cheaper.
    let (found, requests) = world.requests(session.customers(&[41, 289, 290].map(HaloCustomerId))).await;
    assert_eq!((found.unwrap().len(), requests), (3, 3));
}

// --- Reading subscriptions

#[tokio::test]
async fn all_subscriptions_of_a_customer_are_read() {
    let world = World::with(3, 45).await;
    let session = world.session();
    world.tenant.configure(|settings| settings.page_cap = 20);
    let id = world.tenant.live_subscriptions_of(41, "Datto")[7].id;
    world.tenant.act(Act::SetSubscriptionActive { id, active: false }).unwrap();
    for fault in [None, Some(Fault::NoRecordCount), Some(Fault::BareArray), Some(Fault::CountAsText)] {
        fault.into_iter().for_each(|fault| world.sticky(fault));
        let rows = session.subscriptions_of(CUSTOMER).await.unwrap();
        assert_eq!(rows.len(), 45, "{fault:?}");
        assert_eq!(rows.iter().filter(|row| !row.active).count(), 1, "{fault:?}");
        assert!(rows.iter().all(|row| row.quantity == Quantity::Whole(3) && !row.is_from_our_vendor()), "{fault:?}");
        world.tenant.clear_faults();
    }
    // Not whole is not taken for whole.
    for fault in [
        Fault::RepeatedPage,
        Fault::EndlessPage,
        Fault::WrongShape,
        Fault::ErrorInsideOk,
        Fault::HugeAnswer,
        Fault::DeepJson,
    ] {
        world.sticky(fault);
        let refused = session.subscriptions_of(CUSTOMER).await;
        assert!(
            matches!(refused, Err(HaloError::NotUnderstood(_) | HaloError::AnswerTooLarge(_))),
            "{fault:?}: {refused:?}"
        );
        world.tenant.clear_faults();
    }
    for fault in [Fault::TruncatedJson, Fault::CutHalfway, Fault::HtmlOk, Fault::ServerErrorAfter] {
        world.once(fault);
        let refused = session.subscriptions_of(CUSTOMER).await;
        assert!(matches!(refused, Err(HaloError::Unavailable(_))), "{fault:?}: {refused:?}");
    }
}

/// A hidden row would be created a second time.
#[tokio::test]
async fn list_ends_by_its_rows_and_not_by_its_count() {
    for cap in [100, 50, 7] {
        let world = World::with(2, 120).await;
        world.tenant.configure(|settings| settings.page_cap = cap);
        world.sticky(Fault::CountOfPage);
        let session = world.session();
        assert_eq!(session.subscriptions_of(CUSTOMER).await.unwrap().len(), 120, "cap {cap}");
        let all: Vec<_> = world.tenant.subscriptions().iter().map(|one| HaloSubscriptionId(one.id)).collect();
        let lookups = session.subscriptions(&all).await.unwrap();
        assert!(lookups.values().all(|it| matches!(it, SubscriptionLookup::Found(_))), "cap {cap}");
    }
}

#[tokio::test]
async fn search_offers_more_than_a_count_of_the_page_says() {
    let world = World::with(120, 0).await;
    world.sticky(Fault::CountOfPage);
    for (page_no, size, rows, has_more, total) in
        [(1, 25, 25, true, None), (1, 100, 100, true, None), (2, 100, 20, false, None), (3, 100, 0, false, Some(0))]
    {
        let page = world.session().search_customers("", page_no, size).await.unwrap();
        let seen = (page.customers.len(), page.has_more, page.total);
        assert_eq!(seen, (rows, has_more, total), "page {page_no} of {size}");
    }
    world.tenant.clear_faults();
    let exact = world.session().search_customers("Customer 00", 1, 10).await.unwrap();
    assert_eq!((exact.customers.len(), exact.has_more, exact.total), (10, false, Some(10)));
}

/// A customer's row holds its logo, so a page of them may be larger than what is read.
#[tokio::test]
async fn page_that_is_too_large_is_read_in_smaller_pages() {
    let names = (0..120).map(|n| format!("Customer {n:03}"));
    // Large rows take the sandbox a while.
    let world = World::with_timeout(TenantSeed::with_customers("acme", names), Duration::from_secs(20)).await;
    world.sticky(Fault::LargeLogos);
    let session = world.session();
    let page = session.search_customers("", 1, 100).await.unwrap();
    assert_eq!((page.customers.len(), page.total, page.has_more), (100, Some(120), true));
    let ids: BTreeSet<_> = page.customers.iter().map(|customer| customer.id).collect();
    assert_eq!(ids.len(), 100, "no row twice");
    assert_eq!(session.search_customers("", 2, 100).await.unwrap().customers.len(), 20);
    let all: Vec<_> = (41..161).map(HaloCustomerId).collect();
    let found = session.customers(&all).await.unwrap();
    assert!(found.values().all(|it| matches!(it, CustomerLookup::Found(_))));
    // What was learned saves the pages that are too large.
    let (again, requests) = world.requests(session.search_customers("", 1, 100)).await;
    assert_eq!((again.unwrap().customers.len(), requests), (100, 4));
}

#[tokio::test]
async fn subscription_lookup_uses_fewest_requests() {
    let world = World::with(10, 30).await;
    let session = world.session();
    let all: Vec<_> = world.tenant.subscriptions().iter().map(|one| HaloSubscriptionId(one.id)).collect();
    session.subscription(all[0]).await.unwrap();
    let (found, requests) = world.requests(session.subscriptions(&all)).await;
    assert_eq!((found.unwrap().len(), requests), (300, 3));
    // The first page, which had one of them, shows that the list is long.
    let few = [all[0], all[150], all[299]];
    let (found, requests) = world.requests(session.subscriptions(&few)).await;
    assert_eq!((found.unwrap().len(), requests), (3, 3));
    // A repeated page costs only single reads.
    world.tenant.inject(Fault::RepeatedPage, Matching::call(Call::SubscriptionList), Lasting::Sticky);
    let some: Vec<_> = all[90..130].to_vec();
    assert_eq!(session.subscriptions(&some).await.unwrap().len(), 40);
}

#[tokio::test]
async fn subscription_missing_from_list_is_not_deleted() {
    let world = World::with(2, 3).await;
    let session = world.session();
    let all: Vec<_> = world.tenant.subscriptions().iter().map(|one| HaloSubscriptionId(one.id)).collect();
    world.once(Fault::RowMissing(all[2].0));
    let lookups = session.subscriptions(&all).await.unwrap();
    assert!(lookups.values().all(|lookup| matches!(lookup, SubscriptionLookup::Found(_))));
}

/// Every known way in which Halo may say that a record is gone.
#[tokio::test]
async fn deleted_subscription_is_recognised() {
    use Fault::*;
    let world = World::with(2, 3).await;
    let session = world.session();
    let all: Vec<_> = world.tenant.subscriptions().iter().map(|one| HaloSubscriptionId(one.id)).collect();
    let gone = all[1];
    world.tenant.act(Act::DeleteSubscription { id: gone.0 }).unwrap();
    let answers = [GoneAsDeleted, GoneAsEmpty, GoneAsNull, GoneAsBadRequest, GoneAsUnauthorized, GoneAsForbidden];
    for fault in [None, Some(DeletedListed)].into_iter().chain(answers.map(Some)) {
        fault.into_iter().for_each(|fault| world.sticky(fault));
        assert_eq!(session.subscription(gone).await, Ok(None), "{fault:?}");
        let lookups = session.subscriptions(&all).await.unwrap();
        assert_eq!(lookups.len(), all.len());
        let deleted: Vec<_> = lookups.iter().filter(|(_, l)| **l == SubscriptionLookup::Deleted).collect();
        assert_eq!(deleted, [(&gone, &SubscriptionLookup::Deleted)], "{fault:?}");
        world.tenant.clear_faults();
    }
    // A refused read does not mean that the record is gone.
    world.tenant.act(levels(Level::Read, Level::None, Level::Read)).unwrap();
    let denied = Err(HaloError::PermissionDenied(Permission::AgentSoftwareLicencing));
    assert_eq!(session.subscription(gone).await, denied);
    // Nor does a failing Halo.
    world.tenant.act(levels(Level::Read, Level::Modify, Level::Read)).unwrap();
    world.sticky(Maintenance);
    assert!(matches!(session.subscription(all[0]).await, Err(HaloError::Unavailable(_))));
}

#[tokio::test]
async fn fractional_quantity_is_reported_as_it_is() {
    let world = World::with(1, 1).await;
    let id = HaloSubscriptionId(world.tenant.subscriptions()[0].id);
    world.once(Fault::CountAsFraction);
    let subscription = found(world.session().subscription(id).await.unwrap());
    assert_eq!(subscription.quantity, Quantity::NotWhole("3.5".into()));
    world.once(Fault::SingleAsArray);
    assert_eq!(found(world.session().subscription(id).await.unwrap()).quantity, Quantity::Whole(3));
}

// --- Creating

#[tokio::test]
async fn create_response_of_any_shape_is_understood() {
    for fault in [
        None,
        Some(Fault::AnswerAsArray),
        Some(Fault::AnswerOk),
        Some(Fault::AnswerWithWarning),
        Some(Fault::CountAsText),
    ] {
        let world = World::with(1, 0).await;
        fault.into_iter().for_each(|fault| world.once(fault));
        let subscription = world.created(&world.session(), 17).await;
        assert_eq!((subscription.customer, &subscription.quantity), (CUSTOMER, &Quantity::Whole(17)), "{fault:?}");
        assert_eq!(subscription.marker.as_deref(), Some("infima:test-marker"));
        assert!(subscription.active && !subscription.deleted && subscription.is_from_our_vendor());
        let there = &world.tenant.live_subscriptions_of(41, VENDOR)[0];
        assert_eq!((there.id, there.kind, there.count), (subscription.id.0, 1, 17.0), "{fault:?}");
    }
}

#[tokio::test]
async fn refused_create_gives_reason_and_creates_nothing() {
    use Fault::*;
    let world = World::with(1, 0).await;
    let session = world.session();
    for fault in [RefusedAsText, RefusedAsDictionary, RefusedAsError, RefusedAsMessage, RefusedAsException] {
        world.once(fault);
        let refused = session.create_subscription(&new(5), soon()).await;
        let Err(WriteError::Refused(HaloError::Rejected { reason })) = refused else {
            panic!("{fault:?}: {refused:?}")
        };
        assert!(reason.ends_with("A Site must be selected"), "{fault:?}: {reason}");
    }
    world.once(RateLimitedSeconds(7));
    let refused = session.create_subscription(&new(5), soon()).await;
    assert!(matches!(refused, Err(WriteError::Refused(HaloError::RateLimited { .. }))), "{refused:?}");
    world.tenant.act(levels(Level::Read, Level::Read, Level::Read)).unwrap();
    let refused = session.create_subscription(&new(5), soon()).await;
    let denied = HaloError::PermissionDenied(Permission::AgentSoftwareLicencing);
    assert_eq!(refused, Err(WriteError::Refused(denied)));
    assert!(world.tenant.subscriptions().is_empty());
}

/// Any response that is not clearly success or refusal is unclear, and is never resolved by sending
/// again.
#[tokio::test]
async fn create_without_clear_answer_is_sent_once() {
    use Fault::*;
    for fault in [
        ServerErrorBefore,
        ServerErrorAfter,
        BadGateway,
        Maintenance,
        GatewayTimeoutBefore,
        GatewayTimeoutAfter,
        CutBefore,
        CutAfter,
        CutHalfway,
        HeldBefore,
        HeldAfter,
        AppearsAfterLook,
        AppearsAfterSeconds(60),
        TruncatedJson,
        HtmlOk,
        RedirectToLogin,
        RedirectElsewhere,
        WrongShape,
        DeepJson,
        HugeAnswer,
        AnswerEmpty,
        AnswerWithoutId,
    ] {
        let world = World::with(1, 0).await;
        let session = world.session();
        session.search_customers("", 1, 1).await.unwrap();
        world.tenant.inject(fault, Matching::call(Call::Create), Lasting::Once);
        let doubtful = session.create_subscription(&new(5), soon()).await;
        assert!(matches!(doubtful, Err(WriteError::Doubtful(_))), "{fault:?}: {doubtful:?}");
        world.tenant.clear_faults();
        let arrived = |tenant: &Tenant| tenant.journal().iter().filter(|entry| entry.call == Call::Create).count();
        world.tenant.until(|tenant| arrived(tenant) == 1).await;
        assert_eq!(arrived(&world.tenant), 1, "{fault:?}");
    }
}

// --- Setting the quantity

#[tokio::test]
async fn set_quantity_writes_only_the_quantity() {
    use Fault::*;
    let world = World::with(1, 0).await;
    let session = world.session();
    let id = world.created(&session, 5).await.id;
    world.tenant.act(Act::RenameSubscription { id: id.0, name: "Schulung".into() }).unwrap();
    world.tenant.act(Act::RepriceSubscription { id: id.0, price: 2.5, cost: 1.25 }).unwrap();
    world.tenant.act(Act::EditNotes { id: id.0, notes: "agreed in May".into() }).unwrap();
    let before = found(session.subscription(id).await.unwrap());

    for (quantity, fault) in
        [(6, None), (7, Some(AnswerAsArray)), (8, Some(AnswerOk)), (9, Some(AnswerEmpty)), (10, Some(HtmlOk))]
    {
        fault.into_iter().for_each(|fault| world.tenant.inject(fault, Matching::call(Call::Update), Lasting::Once));
        let answered = session.set_quantity(id, CUSTOMER, quantity, soon()).await.unwrap();
        assert_eq!(answered.is_some(), !matches!(fault, Some(AnswerEmpty | HtmlOk)), "{fault:?}");
        if let Some(after) = answered {
            assert_eq!((after.id, after.quantity.whole()), (id, Some(quantity)));
            assert_eq!(before.untouched().kept_in(&after.untouched()), Kept::All);
        }
    }
    let sent: Vec<_> =
        world.tenant.journal().into_iter().filter(|entry| entry.call == Call::Update).map(|entry| entry.sent).collect();
    assert_eq!(sent[0], json!([{ "id": id.0, "client_id": 41, "count": 6 }]));

    for (fault, kept) in [
        (PartnerEditsMeanwhile, Kept::Edited(vec!["name", "price"])),
        (ReplacesOnUpdate, Kept::Blanked(vec!["name", "price", "cost", "notes"])),
    ] {
        world.once(fault);
        let after = session.set_quantity(id, CUSTOMER, 11, soon()).await.unwrap().unwrap();
        assert_eq!(before.untouched().kept_in(&after.untouched()), kept, "{fault:?}");
    }
}

#[tokio::test]
async fn refused_quantity_gives_reason() {
    use Fault::*;
    let world = World::with(1, 0).await;
    let session = world.session();
    let id = world.created(&session, 5).await.id;
    world.once(ZeroRefused);
    let refused = session.set_quantity(id, CUSTOMER, 0, soon()).await;
    assert!(
        matches!(&refused, Err(WriteError::Refused(HaloError::Rejected { reason })) if reason.contains("greater than 0")),
        "{refused:?}"
    );
    world.tenant.act(Act::DeleteSubscription { id: id.0 }).unwrap();
    let refused = session.set_quantity(id, CUSTOMER, 6, soon()).await;
    assert_eq!(refused, Err(WriteError::Refused(HaloError::NotFound)));
}

// --- Recurring invoices

/// Halo's answers for one subscription of customer 41, which is on an invoice.
async fn world_with_invoice() -> (World, HaloSubscriptionId) {
    let world = World::with(1, 0).await;
    let id = world.created(&world.session(), 5).await.id;
    world.tenant.act(Act::PutOnInvoice { id: id.0 }).unwrap();
    (world, id)
}

async fn billing(world: &World, id: HaloSubscriptionId) -> RecurringBilling {
    world.session().recurring_billing(&[(id, CUSTOMER)].into()).await.unwrap()[&id]
}

#[tokio::test]
async fn subscription_is_billed_only_by_an_invoice_line_that_bills() {
    let (world, id) = world_with_invoice().await;
    let not_billed = |reason| RecurringBilling::NotBilled(Some(reason));
    let (past, today, none) = ("2026-10-31T00:00:00", "2026-11-24T00:00:00", "1901-01-01T00:00:00");
    let date = |date: &str| date.to_owned();
    for (act, undo, expected) in [
        (
            Act::SetInvoiceDisabled { id: id.0, disabled: true },
            Act::SetInvoiceDisabled { id: id.0, disabled: false },
            not_billed(NotBilledReason::InvoiceDisabled),
        ),
        (
            Act::EndInvoice { id: id.0, date: date(past) },
            Act::EndInvoice { id: id.0, date: date(none) },
            not_billed(NotBilledReason::InvoiceEnded),
        ),
        (
            Act::SetInvoiceLineInactive { id: id.0, inactive: true },
            Act::SetInvoiceLineInactive { id: id.0, inactive: false },
            not_billed(NotBilledReason::LineInactive),
        ),
        (
            Act::EndInvoiceLine { id: id.0, date: date(past) },
            Act::EndInvoiceLine { id: id.0, date: date(none) },
            not_billed(NotBilledReason::LineEnded),
        ),
        (
            Act::EndInvoice { id: id.0, date: date(today) },
            Act::EndInvoice { id: id.0, date: date("2031-01-01T00:00:00") },
            RecurringBilling::Billed,
        ),
    ] {
        world.tenant.act(act.clone()).unwrap();
        assert_eq!(billing(&world, id).await, expected, "{act:?}");
        world.tenant.act(undo).unwrap();
        assert_eq!(billing(&world, id).await, RecurringBilling::Billed, "after {act:?}");
    }
    world.tenant.act(Act::TakeOffInvoices { id: id.0 }).unwrap();
    assert_eq!(billing(&world, id).await, RecurringBilling::NotBilled(None));

    world.tenant.act(levels(Level::Read, Level::Modify, Level::None)).unwrap();
    let denied = world.session().recurring_billing(&[(id, CUSTOMER)].into()).await;
    assert_eq!(denied, Err(HaloError::PermissionDenied(Permission::AgentInvoices)));
}

#[tokio::test]
async fn invoices_listed_without_lines_are_read_singly() {
    for fault in [Fault::InvoiceLinesEmpty, Fault::InvoiceLinesLeftOut] {
        let (world, id) = world_with_invoice().await;
        world.sticky(fault);
        assert_eq!(billing(&world, id).await, RecurringBilling::Billed, "{fault:?}");
        world.tenant.act(Act::TakeOffInvoices { id: id.0 }).unwrap();
        assert_eq!(billing(&world, id).await, RecurringBilling::NotBilled(None), "{fault:?}");
        // Where a single read fails, nothing is claimed.
        world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::InvoiceSingle), Lasting::Sticky);
        assert_eq!(billing(&world, id).await, RecurringBilling::Unknown, "{fault:?}");
    }
}

#[tokio::test]
async fn single_reads_of_invoices_are_bounded_and_begin_with_the_own_customers() {
    let customers = (0..60).map(|n| {
        let other = SubscriptionSeed::new("Backup", "Datto", 3, 9.0, 5.0);
        CustomerSeed::named(format!("Customer {n:03}")).with([other]).invoiced()
    });
    let world = World::of(TenantSeed { customers: customers.collect(), ..TenantSeed::empty("acme") }).await;
    let last = world.tenant.subscriptions().pop().unwrap();
    world.sticky(Fault::InvoiceLinesEmpty);
    let session = world.session();
    session.tenant().await.unwrap();
    let own = [(HaloSubscriptionId(last.id), HaloCustomerId(last.client_id))].into();
    let (found, requests) = world.requests(session.recurring_billing(&own)).await;
    assert_eq!(found.unwrap()[&HaloSubscriptionId(last.id)], RecurringBilling::Billed);
    assert_eq!(requests, 4, "a token, a page, its proof, and the invoice of the customer");
    let absent = [(HaloSubscriptionId(1), HaloCustomerId(41))].into();
    let (found, requests) = world.requests(session.recurring_billing(&absent)).await;
    assert_eq!(found.unwrap()[&HaloSubscriptionId(1)], RecurringBilling::Unknown);
    assert!(requests <= 52, "{requests} requests");
}

#[tokio::test]
async fn invoices_are_read_only_until_every_subscription_is_found() {
    let (world, id) = world_with_invoice().await;
    let session = world.session();
    session.subscription(id).await.unwrap();
    let (found, requests) = world.requests(session.recurring_billing(&[(id, CUSTOMER)].into())).await;
    assert_eq!((found.unwrap()[&id], requests), (RecurringBilling::Billed, 1));
    let (found, requests) = world.requests(session.recurring_billing(&BTreeMap::new())).await;
    assert_eq!((found.unwrap().len(), requests), (0, 0));
}

// --- Everything that can go wrong

/// No error contains the secret or a token, none is a panic, and no create is sent twice, whatever
/// Halo does.
#[tokio::test]
async fn halo_fault_leaks_no_secret_and_repeats_no_create() {
    let world = World::with(3, 2).await;
    let secret = world.tenant.client_secret();
    let clean = |error: &HaloError| {
        let text = format!("{error} {error:?} {}", error.evidence());
        assert!(!text.contains(&secret) && !text.contains("eyJ") && !text.contains('<'), "{text}");
    };
    for fault in Fault::all() {
        world.sticky(fault);
        let session = world.session();
        let id = HaloSubscriptionId(world.tenant.subscriptions()[0].id);
        let report = session.check().await;
        report.checks.iter().for_each(|check| match &check.outcome {
            CheckResult::Failed(error) | CheckResult::Unavailable(error) => clean(error),
            _ => {}
        });
        let before = world.calls(Call::Create);
        if let Err(WriteError::Refused(error) | WriteError::Doubtful(error)) =
            session.create_subscription(&new(1), soon()).await
        {
            clean(&error);
        }
        session.search_customers("c", 1, 10).await.err().iter().for_each(clean);
        session.subscription(id).await.err().iter().for_each(clean);
        if let Err(WriteError::Refused(error) | WriteError::Doubtful(error)) =
            session.set_quantity(id, CUSTOMER, 4, soon()).await
        {
            clean(&error);
        }
        // One more request is the retry after a stale token was refused.
        let is_refused_at_once = matches!(fault, Fault::Unauthorized | Fault::Forbidden | Fault::EditDoesNotRead);
        let most = if is_refused_at_once || matches!(fault, Fault::TokenDiesAfter(_)) { 2 } else { 1 };
        assert!(world.calls(Call::Create) - before <= most, "{fault:?}");
        world.tenant.clear_faults();
    }
}
