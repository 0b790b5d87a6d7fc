//! Sends one request to Halo: a permit from the budget, a token, the request, and what its status
//! means.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use chrono::DateTime;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::timeout;
use tracing::Instrument as _;
use url::Url;

use super::{
    Account, BudgetAnswer, BudgetRequest, HaloError, LimitedBy, Priority, Session,
    reason::reason,
    token::{OAuthScope, Token},
    url::host_of,
};
use crate::domain::guide::Permission;
use crate::domain::problem::UnusableAnswer;
use crate::net::{Answer, AnswerLimits, Body, Call, Method, NetError, StatusCode};

/// The reason for an internal error of Halo's that states none.
const UNEXPLAINED: &str = "an internal error of Halo's (status 500), for which it gave no reason";
/// The least wait after a 429 without `Retry-After` (docs/halo-api.md, section 7).
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// The most seconds added to that wait, so that processes do not return together.
const DEFAULT_WAIT_SPREAD: u64 = 30;
/// The wait after an answer for which there was no memory.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// The longest `Retry-After` that is obeyed.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// The part of Halo that a request reads or writes. It decides which permission is missing when
/// Halo refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    Customers,
    Licences,
    Invoices,
}

impl Area {
    /// Returns the agent's access level without which none of it is shown.
    pub(super) fn level(self) -> Permission {
        match self {
            Area::Customers => Permission::AgentCustomers,
            Area::Licences => Permission::AgentSoftwareLicencing,
            Area::Invoices => Permission::AgentInvoices,
        }
    }
}

/// A request to the API.
pub(super) struct ApiRequest<'a> {
    pub area: Area,
    pub path: &'a str,
    pub query: &'a [(&'static str, String)],
    /// The JSON body; a request with one is a POST.
    pub body: Option<Value>,
    pub max_wait: MaxWait,
    pub limits: AnswerLimits,
}

/// How long a request may wait for the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MaxWait {
    /// As long as the session's priority allows.
    Default,
    /// A write is not sent after this instant, and its answer is not awaited any longer.
    Until(Instant),
    /// A list has been read so far that giving up costs more than waiting: read again from its
    /// beginning, it would exhaust the budget at the same page.
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

/// Why a request failed, and whether Halo may have acted on it nevertheless.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: HaloError,
    pub may_have_acted: bool,
    /// Halo's own reason, if a write ended in an error of Halo's that it describes.
    pub reason: Option<String>,
}

/// A failure of a request that certainly did nothing.
impl From<HaloError> for Failure {
    fn from(error: HaloError) -> Self {
        Self { error, may_have_acted: false, reason: None }
    }
}

impl From<Failure> for HaloError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl HaloError {
    /// Converts an error of the connection check for normal use, where "no Halo here" is not final:
    /// a Halo in maintenance does not look like a Halo either.
    pub(super) fn in_use(self) -> Self {
        match self {
            HaloError::NotHalo => HaloError::not_api("discovery: what answers does not look like a Halo"),
            HaloError::NoTokenAddress { tried } => HaloError::Unavailable {
                answer: UnusableAnswer::NoTokens { tried },
                evidence: "no address issues tokens".into(),
            },
            other => other,
        }
    }
}

impl Session {
    /// Sends one request to the API and returns a successful answer.
    ///
    /// A refusal of the token leads to one new token. A second 401 with a new token is a missing
    /// permission: some of Halo's endpoints answer 401 for that (docs/halo-api.md, section 2).
    pub(super) async fn api(&self, request: ApiRequest<'_>) -> Result<Answer, Failure> {
        let mut token = self.token(None).await?;
        // A cached token may be older than a permission that the partner has just granted: scopes
        // are fixed when it is issued.
        let mut may_renew = true;
        loop {
            let answer = self.send_with(&token, &request).await?;
            let status = answer.status;
            if status.is_success() {
                return Ok(answer);
            }
            let stale = status == StatusCode::UNAUTHORIZED
                || (status == StatusCode::FORBIDDEN && token.issued_before(self) && request.area != Area::Invoices);
            if stale && may_renew && !is_html(&answer) {
                may_renew = false;
                token = self.token(Some(&token)).await?;
                continue;
            }
            return Err(self.refused(&request, &token, &answer));
        }
    }

    async fn send_with(&self, token: &Token, request: &ApiRequest<'_>) -> Result<Answer, Failure> {
        let mut url = self.credentials.url.at(&format!("/api{}", request.path));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        let (method, body) = match &request.body {
            Some(value) => (Method::POST, Body::Json(value.clone())),
            None => (Method::GET, Body::Empty),
        };
        let call = Call { method, url, bearer: Some(&token.value), body, within: None, limits: request.limits };
        self.exchange(call, request.max_wait).await
    }

    fn refused(&self, request: &ApiRequest<'_>, token: &Token, answer: &Answer) -> Failure {
        let status = answer.status;
        let seen =
            format!("{} {}: {}", if request.body.is_some() { "POST" } else { "GET" }, request.path, status.as_u16());
        if !status.is_client_error() || status == StatusCode::REQUEST_TIMEOUT || is_html(answer) {
            // A redirect, a gateway's page or a server error is not Halo's refusal: Halo may have
            // acted before it. A 500 for a write is Halo's own, which could not store what was
            // sent; other server errors are a gateway's.
            let not_stored = status == StatusCode::INTERNAL_SERVER_ERROR && request.body.is_some();
            let reason = not_stored.then(|| self.reason(token, answer).unwrap_or_else(|| UNEXPLAINED.to_owned()));
            return Failure { error: HaloError::unavailable(status, seen), may_have_acted: true, reason };
        }
        let error = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                HaloError::PermissionDenied(token.missing(request.area))
            }
            StatusCode::NOT_FOUND => HaloError::NotFound,
            _ => {
                let reason = self.reason(token, answer).unwrap_or_else(|| "no reason was given".to_owned());
                HaloError::Rejected { reason }
            }
        };
        error.into()
    }

    /// Returns the reason in the answer's body, safe to show.
    fn reason(&self, token: &Token, answer: &Answer) -> Option<String> {
        let secret = self.credentials.client_secret.expose_secret();
        reason(&answer.body, &[secret, token.value.expose_secret()])
    }

    /// Sends one request of any kind: waits for a permit, counts it, and reports a 429 to the
    /// budget of all processes. Any other status is an answer.
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
        let span = tracing::info_span!("halo.request", %method, path, status = tracing::field::Empty);
        let result = self.halo.http.send(call).instrument(span.clone()).await;
        let status = result.as_ref().map_or(0, |answer| answer.status.as_u16());
        span.record("status", status);
        metrics::counter!("halo_requests_total", "status" => status.to_string()).increment(1);
        metrics::histogram!("halo_request_seconds").record(began.elapsed());
        tracing::debug!(%method, path, status, duration_ms = began.elapsed().as_millis() as u64, "request to Halo answered");

        let answer = result.map_err(|error| classify_net_error(error, &path))?;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            let wait = self.retry_after(&answer);
            let message = BudgetRequest::LimitedByHalo { account, wait };
            // If the report to the budget fails, this caller still waits.
            let _ = (self.halo.budget)(message).await;
            return Err(HaloError::RateLimited { wait, by: LimitedBy::Halo }.into());
        }
        Ok(answer)
    }

    /// Returns the account on which a request to `url` is counted. A Halo may name another host for
    /// its tokens, and that host then receives the credentials of the partner who saved that Halo:
    /// they count as unverified there, wherever else they were accepted.
    fn account(&self, url: &Url) -> Account {
        let host = host_of(url);
        let accepted = self.accepted.load(Ordering::Relaxed) && host == self.credentials.url.host();
        Account { host, unverified_for: self.partner.filter(|_| !accepted) }
    }

    fn own_account(&self) -> Account {
        self.account(&self.credentials.url.at("/"))
    }

    /// Waits until the budget grants the next request, which then does not wait, so that the
    /// caller's last checks happen just before it is sent.
    pub async fn reserve(&self) -> Result<(), HaloError> {
        if !self.reserved.load(Ordering::Relaxed) {
            self.permit(&self.own_account(), MaxWait::Default).await?;
            self.reserved.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits until the budget grants one request; a long wait is returned as an error instead.
    async fn permit(&self, account: &Account, max_wait: MaxWait) -> Result<(), HaloError> {
        let settings = &self.halo.settings;
        let longest = match (self.priority, max_wait) {
            (Priority::Interactive, _) => settings.interactive_max_wait,
            (Priority::Background, MaxWait::BulkRead) => settings.bulk_read_max_wait,
            (Priority::Background, MaxWait::Default | MaxWait::Until(_)) => settings.background_max_wait,
        };
        if self.requests() >= self.most_requests {
            return Err(HaloError::RateLimited { wait: Duration::ZERO, by: LimitedBy::OurBudget });
        }
        let began = Instant::now();
        // The requests of one caller wait in the order in which they came, and none longer than a
        // user does. Other callers do not wait for them.
        let _turn = match self.priority {
            Priority::Interactive => {
                let waited = timeout(longest, self.halo.turns.take(account, self.caller.as_deref())).await;
                Some(waited.map_err(|_| HaloError::RateLimited { wait: longest, by: LimitedBy::OurBudget })?)
            }
            Priority::Background => None,
        };
        loop {
            let (caller, account) = (self.caller.clone(), account.clone());
            let message = BudgetRequest::Permit { account, priority: self.priority, caller };
            let (wait, by) = match (self.halo.budget)(message).await {
                Ok(BudgetAnswer::Go) => return Ok(()),
                Ok(BudgetAnswer::Wait { wait, by }) => (wait, by),
                Err(_) => return Err(HaloError::BudgetUnavailable),
            };
            if began.elapsed() + wait > longest {
                return Err(HaloError::RateLimited { wait, by });
            }
            if max_wait.deadline().is_some_and(|deadline| Instant::now() + wait >= deadline) {
                return Err(HaloError::DeadlinePassed);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Returns `Retry-After` in seconds or as a date, capped; without one, 30 to 60 seconds.
    fn retry_after(&self, answer: &Answer) -> Duration {
        let now = self.halo.clock.now();
        let said = answer.headers.get("retry-after").and_then(|value| value.to_str().ok()).map(str::trim);
        let wait = said.and_then(|said| match said.parse::<u64>() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => (DateTime::parse_from_rfc2822(said).ok()?.to_utc() - now).to_std().ok(),
        });
        let default = || {
            let mut hasher = DefaultHasher::new();
            (self.credentials.url.host(), now.timestamp_nanos_opt(), self.requests()).hash(&mut hasher);
            DEFAULT_WAIT + Duration::from_secs(hasher.finish() % (DEFAULT_WAIT_SPREAD + 1))
        };
        wait.unwrap_or_else(default).clamp(Duration::from_secs(1), LONGEST_WAIT)
    }

    /// Requests a new token even if a valid one is kept; returns the errors of a connection check.
    pub(super) async fn new_token(&self) -> Result<Arc<Token>, HaloError> {
        let slot = self.token_slot();
        let mut held = slot.lock().await;
        *held = None;
        let fresh = Arc::new(self.request_token().await?);
        *held = Some(fresh.clone());
        Ok(fresh)
    }

    /// Returns a valid token that is not `refused`; requests one if necessary, once for all callers
    /// that wait for it.
    pub(super) async fn token(&self, refused: Option<&Arc<Token>>) -> Result<Arc<Token>, HaloError> {
        let slot = self.token_slot();
        let mut held = slot.lock().await;
        if let Some(token) = held.as_ref()
            && token.usable_at(self.halo.clock.now())
            && !refused.is_some_and(|refused| Arc::ptr_eq(refused, token))
        {
            return Ok(token.clone());
        }
        *held = None;
        let fresh = Arc::new(self.request_token().await.map_err(HaloError::in_use)?);
        *held = Some(fresh.clone());
        Ok(fresh)
    }
}

impl Token {
    /// Returns the permission that a refusal in `area` points to. A scope that was not granted is
    /// the application's; otherwise it is the agent's access level.
    pub(super) fn missing(&self, area: Area) -> Permission {
        match area {
            Area::Customers if !self.grants(OAuthScope::ReadCustomers) => Permission::ReadCustomers,
            Area::Licences if !self.grants(OAuthScope::EditLicensing) => Permission::EditSoftwareLicensing,
            Area::Invoices if !self.grants(OAuthScope::ReadInvoices) => Permission::ReadInvoices,
            area => area.level(),
        }
    }
}

fn classify_net_error(error: NetError, path: &str) -> Failure {
    match error {
        NetError::Blocked => HaloError::Blocked.into(),
        NetError::Unreachable => HaloError::NoAnswer.into(),
        NetError::Interrupted => Failure { may_have_acted: true, ..HaloError::NoAnswer.into() },
        NetError::TooLarge => Failure {
            error: HaloError::AnswerTooLarge(format!("{path}: the answer is too large")),
            may_have_acted: true,
            reason: None,
        },
        NetError::NotSent => HaloError::RateLimited { wait: BUSY_WAIT, by: LimitedBy::OurBudget }.into(),
        NetError::Busy => Failure {
            error: HaloError::RateLimited { wait: BUSY_WAIT, by: LimitedBy::OurBudget },
            may_have_acted: true,
            reason: None,
        },
    }
}

/// Returns whether the answer is a page. Halo's own refusals are empty or JSON; a page comes from a
/// gateway, a firewall or a login.
pub(super) fn is_html(answer: &Answer) -> bool {
    answer.body.trim_ascii_start().first() == Some(&b'<')
}
