//! The only module that calls Halo.
//!
//! It covers what a sync and a connection form need of one Halo tenant: the connection check,
//! customer search, reading subscriptions, creating one, setting a quantity, and which
//! subscriptions are on a recurring invoice. Halo's own terms (`client`, `licence`, `count`) stay
//! inside this module; its errors are named by what to do next ([`HaloError`]).
//!
//! It knows no partners, database, jobs or plans. It does not decide whether to write; it writes
//! the quantity and nothing else, creates on request, and never sends a create twice. It deletes
//! nothing and never writes an invoice.
//!
//! Its only caller is `ops`. `app` builds the one [`Halo`] of the process and passes the budget, a
//! function that is called before every request.
//!
//! `transport` sends one request with permit and token; `paging` reads lists to their ends, and
//! `lookup` records whose ids are known; one file for each noun holds its wire format. Halo's
//! answers are decoded leniently and never trusted: each has a limit of its own, and a list is read
//! page by page and kept only within [`KeptRows`].
//! docs/halo-api.md holds what is known of Halo's API, and how well.

mod budget;
mod check;
mod customers;
mod decode;
mod discovery;
mod error;
mod host_memory;
mod invoices;
mod kept_rows;
mod lookup;
mod paging;
mod preserved_fields;
pub mod probe;
mod reason;
mod subscriptions;
mod token;
mod transport;
mod url;
mod writes;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use crate::{
    clock::Clock,
    ids::{HaloTenant, PartnerId},
    net::{AllowList, HttpClient},
};

pub use self::{
    budget::{Account, Budget, BudgetAnswer, BudgetRequest, BudgetUnavailable, Priority},
    check::{CheckEntry, CheckResult, ConnectionReport, Subject},
    customers::{Customer, CustomerLookup, CustomerPage},
    error::{HaloError, LimitedBy, WriteError},
    invoices::{InvoicedSubscription, NotBilledReason, RecurringBilling},
    kept_rows::KeptRows,
    preserved_fields::{FieldDiff, PreservedFields, QuantityChange},
    subscriptions::{Quantity, Subscription, SubscriptionLookup, Subscriptions, VENDOR},
    url::{HaloUrl, HaloUrlProblem},
    writes::{NewSubscription, asks_for_site},
};

/// The details that a partner types into the connection form.
#[derive(Clone)]
pub struct Credentials {
    pub url: HaloUrl,
    pub application_client_id: String,
    pub client_secret: SecretString,
}

impl Credentials {
    /// Trims the white space that copying and pasting leaves around the Client ID and Client
    /// Secret.
    pub fn new(url: HaloUrl, application_client_id: &str, client_secret: &SecretString) -> Self {
        Self {
            url,
            application_client_id: application_client_id.trim().to_owned(),
            client_secret: client_secret.expose_secret().trim().into(),
        }
    }
}

/// How long a request waits.
#[derive(Clone, Copy, Debug)]
pub struct HaloSettings {
    /// The longest wait for budget in a sync; a longer wait is returned as
    /// [`HaloError::RateLimited`].
    pub background_max_wait: Duration,
    /// The longest wait for budget in a bulk read, which is completed once it is long.
    pub bulk_read_max_wait: Duration,
    /// The longest wait for budget while a user waits.
    pub interactive_max_wait: Duration,
    /// The longest time for one request, answer included.
    pub request_timeout: Duration,
}

impl Default for HaloSettings {
    fn default() -> Self {
        Self {
            background_max_wait: Duration::from_secs(30),
            bulk_read_max_wait: Duration::from_secs(600),
            interactive_max_wait: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
        }
    }
}

/// The Halo client of this process: one per process, cheap to clone.
#[derive(Clone)]
pub struct Halo(Arc<Inner>);

struct Inner {
    http: HttpClient,
    budget: Budget,
    clock: Clock,
    settings: HaloSettings,
    tokens: token::Tokens,
    hosts: host_memory::HostMemory,
    turns: budget::Turns,
}

impl Halo {
    /// Creates the client. `http` has to be a client for typed addresses
    /// ([`HttpClient::for_typed_addresses`]).
    pub fn new(http: HttpClient, budget: Budget, clock: Clock, settings: HaloSettings) -> Self {
        let (tokens, hosts) = (token::Tokens::default(), host_memory::HostMemory::default());
        let turns = budget::Turns::default();
        Self(Arc::new(Inner { http, budget, clock, settings, tokens, hosts, turns }))
    }

    /// Parses the address that a partner typed, by the rules of this process (which development
    /// addresses exist).
    pub fn address(&self, typed: &str) -> Result<HaloUrl, HaloUrlProblem> {
        let none = AllowList::default();
        HaloUrl::parse(typed, self.0.http.guard().map_or(&none, |guard| guard.allowed()))
    }

    /// Starts a session with one tenant. It sends nothing yet.
    pub fn session(&self, credentials: Credentials, priority: Priority) -> Session {
        Session {
            halo: self.0.clone(),
            credentials,
            priority,
            sent: AtomicU32::new(0),
            reserved: AtomicBool::new(false),
            most_requests: u32::MAX,
            tokens_before: self.0.tokens.issued.load(Ordering::Relaxed),
            partner: None,
            own_token: None,
            caller: None,
            accepted: AtomicBool::new(true),
            discovery: OnceCell::new(),
        }
    }
}

/// One caller's session with one tenant: a sync run, a search, a connection check. A session's
/// requests are sent one after the other.
pub struct Session {
    halo: Arc<Inner>,
    credentials: Credentials,
    priority: Priority,
    sent: AtomicU32,
    /// Whether the budget has already granted the next request.
    reserved: AtomicBool,
    most_requests: u32,
    /// The number of tokens that the process had requested when the session began.
    tokens_before: u64,
    /// The partner who owns the credentials.
    partner: Option<PartnerId>,
    /// The token of credentials that are not stored.
    own_token: Option<token::TokenSlot>,
    /// The user who waits for the answers.
    caller: Option<String>,
    /// Whether Halo has accepted the credentials, now or before they were stored.
    accepted: AtomicBool,
    discovery: OnceCell<discovery::Discovery>,
}

impl Session {
    /// Marks the credentials as the stored ones of this partner.
    pub fn of_partner(mut self, partner: PartnerId) -> Self {
        self.partner = Some(partner);
        self
    }

    /// Marks the credentials as just typed by a user of this partner. Until Halo has issued a token
    /// for them, their owner is not proven. Their token is never kept beyond the session.
    pub fn unverified_for(mut self, partner: PartnerId) -> Self {
        self.accepted.store(false, Ordering::Relaxed);
        self.own_token = Some(token::TokenSlot::default());
        self.of_partner(partner)
    }

    /// Names the user who waits for the answers, whose share of the budget they count on.
    pub fn asked_by(mut self, caller: &str) -> Self {
        self.caller = Some(caller.to_owned());
        self
    }

    /// Limits the session to this many requests; the next one is [`HaloError::RateLimited`] by our
    /// own budget.
    pub fn at_most(mut self, requests: u32) -> Self {
        self.most_requests = requests;
        self
    }

    /// Returns the number of requests sent so far, including those for discovery and tokens.
    pub fn requests(&self) -> u32 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Returns the tenant's identity: the tenant id of discovery, else the host. Discovery is
    /// requested once in each session.
    pub async fn tenant(&self) -> Result<HaloTenant, HaloError> {
        let discovery = self.discovery().await.map_err(HaloError::in_use)?;
        Ok(discovery.tenant(&self.credentials.url))
    }

    /// Returns how far Halo's clock is ahead of this process', if Halo says what time it has.
    pub async fn clock_ahead(&self) -> Result<Option<TimeDelta>, HaloError> {
        Ok(self.discovery().await.map_err(HaloError::in_use)?.clock_ahead)
    }

    /// Returns whether Halo reports the tenant's name itself, instead of this client deriving it
    /// from the host.
    pub async fn names_its_tenant(&self) -> Result<bool, HaloError> {
        let discovery = self.discovery().await.map_err(HaloError::in_use)?;
        Ok(discovery.tenant_parameter().is_some())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("url", &self.credentials.url)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}
