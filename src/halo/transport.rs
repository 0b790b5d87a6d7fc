//! One request to Halo: a permit from the budget, a token, the request, and what its status means.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use chrono::DateTime;
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use super::{
    Account, BudgetAnswer, BudgetAsk, HaloError, LimitedBy, Permission, Priority, Session,
    reason::reason,
    token::{Scope, Token},
    url::host_of,
};
use crate::net::{Answer, Body, Call, Method, NetError, StatusCode};

/// How long to wait after a 429 without `Retry-After` (Halo's API notes, section 7): between this…
const UNSAID_WAIT: Duration = Duration::from_secs(30);
/// … and this much more, spread so that processes do not come back together.
const UNSAID_SPREAD: u64 = 30;
/// No `Retry-After` is believed beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The part of Halo that a request reads or writes; it decides which permission is missing when Halo refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    Customers,
    Licences,
    Invoices,
}

impl Area {
    /// The agent's level without which nothing of it is shown.
    pub(super) fn level(self) -> Permission {
        match self {
            Area::Customers => Permission::AgentCustomers,
            Area::Licences => Permission::AgentSoftwareLicencing,
            Area::Invoices => Permission::AgentInvoices,
        }
    }
}

/// A request to the API.
pub(super) struct Ask<'a> {
    pub area: Area,
    pub path: &'a str,
    pub query: &'a [(&'static str, String)],
    /// A body makes it a POST.
    pub body: Option<Value>,
    pub max_wait: MaxWait,
}

/// How long a request may wait for the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MaxWait {
    /// As long as its priority does.
    Default,
    /// A write is not sent after this, nor is its answer waited for any longer.
    Until(Instant),
    /// So much of a list has been read that giving up would cost more than waiting: read again from its beginning, it would
    /// use the budget up at the same place.
    BulkRead,
}

impl MaxWait {
    fn deadline(self) -> Option<Instant> {
        match self {
            MaxWait::Until(deadline) => Some(deadline),
            MaxWait::Default | MaxWait::BulkRead => None,
        }
    }
}

/// Why a request failed, and whether Halo may have acted on it all the same.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: HaloError,
    pub may_have_acted: bool,
}

/// The failure of a request that certainly did nothing.
impl From<HaloError> for Failure {
    fn from(error: HaloError) -> Self {
        Self { error, may_have_acted: false }
    }
}

impl From<Failure> for HaloError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl HaloError {
    /// In use, "no Halo here" is not final: a Halo in maintenance does not look like one either.
    pub(super) fn in_use(self) -> Self {
        match self {
            HaloError::NotHalo => HaloError::Unavailable("discovery: what answers does not look like a Halo".into()),
            other => other,
        }
    }
}

impl Session {
    /// Sends one request to the API and gives a successful answer back.
    ///
    /// A refusal of the token is answered with a new token, once. A second 401 with a fresh token is a missing permission:
    /// some of Halo's endpoints answer 401 for that (Halo's API notes, section 2).
    pub(super) async fn api(&self, ask: Ask<'_>) -> Result<Answer, Failure> {
        let mut token = self.token(None).await?;
        // A cached token may be older than a permission the partner has just granted: scopes are fixed when it is issued.
        let mut may_renew = true;
        loop {
            let answer = self.send_with(&token, &ask).await?;
            let status = answer.status;
            if status.is_success() {
                return Ok(answer);
            }
            let stale = status == StatusCode::UNAUTHORIZED
                || (status == StatusCode::FORBIDDEN && token.issued_before(self) && ask.area != Area::Invoices);
            if stale && may_renew && !is_html(&answer) {
                may_renew = false;
                token = self.token(Some(&token)).await?;
                continue;
            }
            return Err(self.refused(&ask, &token, &answer));
        }
    }

    async fn send_with(&self, token: &Token, ask: &Ask<'_>) -> Result<Answer, Failure> {
        let mut url = self.credentials.url.at(&format!("/api{}", ask.path));
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(ask.query);
        }
        let (method, body) = match &ask.body {
            Some(value) => (Method::POST, Body::Json(value.clone())),
            None => (Method::GET, Body::Empty),
        };
        let call = Call { method, url, bearer: Some(&token.value), body, within: None };
        self.exchange(call, ask.max_wait).await
    }

    fn refused(&self, ask: &Ask<'_>, token: &Token, answer: &Answer) -> Failure {
        let status = answer.status;
        let seen = format!("{} {}: {}", if ask.body.is_some() { "POST" } else { "GET" }, ask.path, status.as_u16());
        if !status.is_client_error() || status == StatusCode::REQUEST_TIMEOUT || is_html(answer) {
            // A redirect, a gateway's page, a server error: not Halo's word. It may have acted before it failed.
            return Failure { error: HaloError::Unavailable(seen), may_have_acted: true };
        }
        let error = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => HaloError::PermissionDenied(token.missing(ask.area)),
            StatusCode::NOT_FOUND => HaloError::NotFound,
            _ => {
                let secret = self.credentials.client_secret.expose_secret();
                HaloError::Rejected { reason: reason(&answer.body, &[secret, token.value.expose_secret()]) }
            }
        };
        error.into()
    }

    /// Sends one request of any kind: waits for a permit, counts it, and turns 429 into a wait that everybody hears of.
    /// Any other status is an answer.
    pub(super) async fn exchange(&self, mut call: Call<'_>, max_wait: MaxWait) -> Result<Answer, Failure> {
        let account = self.account(&call.url);
        let reserved = account == self.own_account() && self.reserved.swap(false, Ordering::Relaxed);
        if !reserved {
            self.permit(&account, max_wait).await?;
        }
        let left = max_wait.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(HaloError::DeadlinePassed.into());
        }
        let limit = self.halo.settings.request_timeout;
        call.within = Some(left.map_or(limit, |left| left.min(limit)));
        let (method, path) = (call.method.clone(), call.url.path().to_owned());

        self.sent.fetch_add(1, Ordering::Relaxed);
        let began = Instant::now();
        let result = self.halo.http.send(call).await;
        let status = result.as_ref().map_or(0, |answer| answer.status.as_u16());
        metrics::counter!("halo_requests_total", "status" => status.to_string()).increment(1);
        metrics::histogram!("halo_request_seconds").record(began.elapsed());
        tracing::debug!(%method, path, status, duration_ms = began.elapsed().as_millis() as u64, "asked Halo");

        let answer = result.map_err(|error| without_answer(error, &path))?;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let wait = self.wait_said_in(&answer);
            let ask = BudgetAsk::LimitedByHalo { account, wait };
            // Should the budget not hear of it, this caller still waits.
            let _ = (self.halo.budget)(ask).await;
            return Err(HaloError::RateLimited { wait, by: LimitedBy::Halo }.into());
        }
        Ok(answer)
    }

    /// On what a request to `url` is counted. A Halo may name another host for its tokens, which then gets the credentials of
    /// whoever saved that Halo: there they are tried, whatever was accepted where.
    fn account(&self, url: &Url) -> Account {
        let host = host_of(url);
        let accepted = self.accepted.load(Ordering::Relaxed) && host == self.credentials.url.host();
        Account { host, unverified_for: self.partner.filter(|_| !accepted) }
    }

    fn own_account(&self) -> Account {
        self.account(&self.credentials.url.at("/"))
    }

    /// Waits until the budget lets the next request go, which then does not wait: so that whatever the caller has to check
    /// before it sends is checked at the last moment.
    pub async fn reserve(&self) -> Result<(), HaloError> {
        if !self.reserved.load(Ordering::Relaxed) {
            self.permit(&self.own_account(), MaxWait::Default).await?;
            self.reserved.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits until the budget lets one request go; a long wait is handed back instead.
    async fn permit(&self, account: &Account, max_wait: MaxWait) -> Result<(), HaloError> {
        let settings = &self.halo.settings;
        let longest = match (self.priority, max_wait) {
            (Priority::Interactive, _) => settings.people_max_wait,
            (Priority::Background, MaxWait::BulkRead) => settings.long_reading_max_wait,
            (Priority::Background, MaxWait::Default | MaxWait::Until(_)) => settings.sync_max_wait,
        };
        if self.requests() >= self.most_requests {
            return Err(HaloError::RateLimited { wait: Duration::ZERO, by: LimitedBy::OurBudget });
        }
        let began = Instant::now();
        loop {
            let ask = BudgetAsk::Request { account: account.clone(), priority: self.priority };
            let wait = match (self.halo.budget)(ask).await {
                Ok(BudgetAnswer::Go) => return Ok(()),
                Ok(BudgetAnswer::Wait(wait)) => wait,
                Err(_) => return Err(HaloError::BudgetUnavailable),
            };
            if began.elapsed() + wait > longest {
                return Err(HaloError::RateLimited { wait, by: LimitedBy::OurBudget });
            }
            if max_wait.deadline().is_some_and(|deadline| Instant::now() + wait >= deadline) {
                return Err(HaloError::DeadlinePassed);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// `Retry-After` in seconds or as a date, capped; where Halo says nothing, 30 to 60 seconds.
    fn wait_said_in(&self, answer: &Answer) -> Duration {
        let now = self.halo.clock.now();
        let said = answer.headers.get("retry-after").and_then(|value| value.to_str().ok()).map(str::trim);
        let wait = said.and_then(|said| match said.parse::<u64>() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => (DateTime::parse_from_rfc2822(said).ok()?.to_utc() - now).to_std().ok(),
        });
        let unsaid = || {
            let mut hasher = DefaultHasher::new();
            (self.credentials.url.host(), now.timestamp_nanos_opt(), self.requests()).hash(&mut hasher);
            UNSAID_WAIT + Duration::from_secs(hasher.finish() % (UNSAID_SPREAD + 1))
        };
        wait.unwrap_or_else(unsaid).clamp(Duration::from_secs(1), LONGEST_WAIT)
    }

    /// A new token, whatever is kept; with the errors of a connection check.
    pub(super) async fn new_token(&self) -> Result<Arc<Token>, HaloError> {
        let slot = self.halo.tokens.slot(&self.credentials, self.halo.clock.now());
        let mut held = slot.lock().await;
        *held = None;
        let fresh = Arc::new(self.ask_for_token().await?);
        *held = Some(fresh.clone());
        Ok(fresh)
    }

    /// A usable token that is not `refused`; asks Halo for one where need be, once for all that wait for it.
    pub(super) async fn token(&self, refused: Option<&Arc<Token>>) -> Result<Arc<Token>, HaloError> {
        let slot = self.halo.tokens.slot(&self.credentials, self.halo.clock.now());
        let mut held = slot.lock().await;
        if let Some(token) = held.as_ref()
            && token.usable_at(self.halo.clock.now())
            && !refused.is_some_and(|refused| Arc::ptr_eq(refused, token))
        {
            return Ok(token.clone());
        }
        *held = None;
        let fresh = Arc::new(self.ask_for_token().await.map_err(HaloError::in_use)?);
        *held = Some(fresh.clone());
        Ok(fresh)
    }
}

impl Token {
    /// The permission that a refusal in `area` points to. A scope that was not granted is the application's; otherwise it is
    /// the agent's level.
    pub(super) fn missing(&self, area: Area) -> Permission {
        match area {
            Area::Customers if !self.grants(Scope::ReadCustomers) => Permission::ReadCustomers,
            Area::Licences if !self.grants(Scope::EditLicensing) => Permission::EditSoftwareLicensing,
            Area::Invoices if !self.grants(Scope::ReadInvoices) => Permission::ReadInvoices,
            area => area.level(),
        }
    }
}

fn without_answer(error: NetError, path: &str) -> Failure {
    match error {
        NetError::Blocked => HaloError::Blocked.into(),
        NetError::Unreachable => HaloError::Unavailable(NO_ANSWER.into()).into(),
        NetError::Interrupted => Failure { error: HaloError::Unavailable(NO_ANSWER.into()), may_have_acted: true },
        NetError::TooLarge => Failure {
            error: HaloError::NotUnderstood(format!("{path}: the answer is too large")),
            may_have_acted: true,
        },
    }
}

/// One text whether nothing listens, the connection is cut or time runs out: it tells nothing about the network.
const NO_ANSWER: &str = "no answer from this address";

/// Halo's own refusals are empty or JSON; a page is a gateway's, a firewall's or a login's.
pub(super) fn is_html(answer: &Answer) -> bool {
    answer.body.trim_ascii_start().first() == Some(&b'<')
}
