//! The only room that speaks to Halo.
//!
//! For: everything a sync and a connection form need of one Halo tenant: the connection check, customer search, reading
//! subscriptions, creating one, setting a quantity, and which subscriptions are on a recurring invoice. Halo's own words
//! (`client`, `licence`, `count`) end at this room's wall; its errors are named by what to do next ([`HaloError`]).
//!
//! Not for: partners, the database, jobs, plans. It never decides whether to write; it writes the quantity and nothing
//! else, creates when told to, and never sends a create twice. Nothing here deletes, or writes an invoice.
//!
//! Callers: `ops` alone. `app` builds the one [`Halo`] of the process and hands it the budget: a function asked before every
//! single request, which is the only seam to what other processes do.
//!
//! How to read it: `transport` sends one request with permit and token; `paging` reads lists to their end; a file for
//! each noun holds its wire format. What Halo answers is foreign: it is decoded leniently and never trusted. Where a comment
//! names Halo's API notes, that is `api-notes.md` beside this file: what is known, and how well.

mod budget;
mod check;
mod customers;
mod decode;
mod discovery;
mod error;
mod invoices;
mod paging;
mod permission;
mod preserved_fields;
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

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use crate::{
    clock::Clock,
    ids::{HaloTenant, PartnerId},
    net::{AllowList, HttpClient},
};

pub use self::{
    budget::{Account, Budget, BudgetAnswer, BudgetAsk, BudgetUnavailable, Priority},
    check::{Check, ConnectionReport, Outcome, Subject},
    customers::{Customer, CustomerLookup, CustomerPage},
    error::{HaloError, LimitedBy, WriteError},
    permission::Permission,
    preserved_fields::{Kept, PreservedFields},
    subscriptions::{Quantity, Subscription, SubscriptionLookup, VENDOR},
    url::{HaloUrl, HaloUrlProblem},
    writes::NewSubscription,
};

/// What a partner types into the connection form.
#[derive(Clone)]
pub struct Credentials {
    pub url: HaloUrl,
    pub application_client_id: String,
    pub client_secret: SecretString,
}

impl Credentials {
    /// Trims what copying and pasting leaves around the Client ID and Client Secret.
    pub fn new(url: HaloUrl, application_client_id: &str, client_secret: &SecretString) -> Self {
        Self {
            url,
            application_client_id: application_client_id.trim().to_owned(),
            client_secret: client_secret.expose_secret().trim().into(),
        }
    }
}

/// How long this room waits by itself.
#[derive(Clone, Copy, Debug)]
pub struct HaloSettings {
    /// The longest wait for budget in a sync; a longer one is handed back as [`HaloError::RateLimited`].
    pub sync_max_wait: Duration,
    /// The same in the midst of a long reading, which is brought to its end.
    pub long_reading_max_wait: Duration,
    /// The same while somebody looks at a screen.
    pub people_max_wait: Duration,
    /// The longest time for one request, answer included.
    pub request_timeout: Duration,
}

impl Default for HaloSettings {
    fn default() -> Self {
        Self {
            sync_max_wait: Duration::from_secs(30),
            long_reading_max_wait: Duration::from_secs(600),
            people_max_wait: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
        }
    }
}

/// Halo as this process sees it: one per process, cheap to clone.
#[derive(Clone)]
pub struct Halo(Arc<Inner>);

struct Inner {
    http: HttpClient,
    budget: Budget,
    clock: Clock,
    settings: HaloSettings,
    tokens: token::Tokens,
}

impl Halo {
    /// `http` has to be a client for typed addresses ([`HttpClient::for_typed_addresses`]).
    pub fn new(http: HttpClient, budget: Budget, clock: Clock, settings: HaloSettings) -> Self {
        Self(Arc::new(Inner { http, budget, clock, settings, tokens: token::Tokens::default() }))
    }

    /// Reads what a partner typed as their Halo's address, by the rules of this process (which development addresses exist).
    pub fn address(&self, typed: &str) -> Result<HaloUrl, HaloUrlProblem> {
        let none = AllowList::default();
        HaloUrl::parse(typed, self.0.http.guard().map_or(&none, |guard| guard.allowed()))
    }

    /// Starts speaking to one tenant. Sends nothing yet.
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
            accepted: AtomicBool::new(true),
            discovery: OnceCell::new(),
        }
    }
}

/// One caller's conversation with one tenant: a sync run, a search, a connection check. Its calls are meant to be made one
/// after the other.
pub struct Session {
    halo: Arc<Inner>,
    credentials: Credentials,
    priority: Priority,
    sent: AtomicU32,
    /// The budget has granted the next request already.
    reserved: AtomicBool,
    most_requests: u32,
    /// The process' tokens when the session began.
    tokens_before: u64,
    /// Whose credentials these are.
    partner: Option<PartnerId>,
    /// Halo has accepted them, now or before they were stored.
    accepted: AtomicBool,
    discovery: OnceCell<discovery::Discovery>,
}

impl Session {
    /// These are the stored credentials of this partner.
    pub fn of_partner(mut self, partner: PartnerId) -> Self {
        self.partner = Some(partner);
        self
    }

    /// Somebody of this partner's has just typed them: until Halo has given out a token for them, they may be anybody's.
    pub fn unverified_for(self, partner: PartnerId) -> Self {
        self.accepted.store(false, Ordering::Relaxed);
        self.of_partner(partner)
    }

    /// Lets the session send no more requests than this; the next one is [`HaloError::RateLimited`] by our own budget.
    pub fn at_most(mut self, requests: u32) -> Self {
        self.most_requests = requests;
        self
    }

    /// The requests sent so far, those for discovery and token included.
    pub fn requests(&self) -> u32 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Which Halo this is: the tenant id of discovery, else the host. Asked of Halo once in each session.
    pub async fn tenant(&self) -> Result<HaloTenant, HaloError> {
        let discovery = self.discovery().await.map_err(HaloError::in_use)?;
        Ok(discovery.tenant(&self.credentials.url))
    }

    /// Whether that is Halo's own word, rather than the host's name for want of it.
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
