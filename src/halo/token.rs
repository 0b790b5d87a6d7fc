//! Tokens: requested with exactly the guide's scopes, kept while they are valid, never printed.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::{
    Credentials, HaloError, HaloUrl, Session, decode,
    discovery::Discovery,
    transport::{MaxWait, is_html},
};
use crate::domain::guide::Permission;
use crate::net::{Answer, AnswerLimits, Body, Call, Method, StatusCode};

/// The assumed life of a token if Halo does not report one.
const DEFAULT_LIFE: TimeDelta = TimeDelta::minutes(10);
/// A token is replaced this long before it expires; a short-lived one at half its life.
const MARGIN: TimeDelta = TimeDelta::minutes(2);
/// The longest life that is believed, whatever Halo reports.
const LONGEST_LIFE: TimeDelta = TimeDelta::hours(1);

/// The longest token that is accepted, in bytes. Halo's are around one kilobyte.
const MAX_TOKEN: usize = 16 << 10;
/// The tokens that a process keeps, and their bytes: more than its partners need. A token beyond
/// that costs its partner one request.
const MAX_KEPT: usize = 2_000;
const MAX_KEPT_BYTES: usize = 4 << 20;

/// The scopes of the guide. Reading subscriptions is assumed to be part of editing them, as it is
/// where it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OAuthScope {
    ReadCustomers,
    ReadInvoices,
    EditLicensing,
}

impl OAuthScope {
    const ALL: [OAuthScope; 3] = [OAuthScope::ReadCustomers, OAuthScope::ReadInvoices, OAuthScope::EditLicensing];
    const REQUIRED: [OAuthScope; 2] = [OAuthScope::ReadCustomers, OAuthScope::EditLicensing];

    fn name(self) -> &'static str {
        self.permission().label()
    }

    pub(super) fn permission(self) -> Permission {
        match self {
            OAuthScope::ReadCustomers => Permission::ReadCustomers,
            OAuthScope::ReadInvoices => Permission::ReadInvoices,
            OAuthScope::EditLicensing => Permission::EditSoftwareLicensing,
        }
    }
}

pub(super) struct Token {
    pub value: SecretString,
    /// The scopes that Halo reports as granted, else the requested ones (a server may leave out an
    /// unchanged scope).
    granted: BTreeSet<String>,
    usable_until: DateTime<Utc>,
    /// The number of this token among the tokens of the process.
    serial: u64,
}

impl Token {
    pub(super) fn grants(&self, scope: OAuthScope) -> bool {
        self.granted.contains(scope.name()) || self.granted.contains("all")
    }

    pub(super) fn usable_at(&self, now: DateTime<Utc>) -> bool {
        now < self.usable_until
    }

    /// Returns whether the token was issued before the session began.
    pub(super) fn issued_before(&self, session: &Session) -> bool {
        self.serial <= session.tokens_before
    }
}

/// The tokens of the process, for stored credentials. A token belongs to address, Client ID and
/// Secret together, so new details never use an old token.
#[derive(Default)]
pub(super) struct Tokens {
    slots: Mutex<HashMap<TokenKey, TokenSlot>>,
    pub issued: AtomicU64,
}

/// The lock is held while a token is requested, so that only one request is sent.
pub(super) type TokenSlot = Arc<tokio::sync::Mutex<Option<Arc<Token>>>>;

#[derive(PartialEq, Eq, Hash)]
struct TokenKey {
    url: HaloUrl,
    application_client_id: String,
    secret: [u8; 32],
}

impl Tokens {
    pub(super) fn slot(&self, credentials: &Credentials, now: DateTime<Utc>) -> TokenSlot {
        let key = TokenKey {
            url: credentials.url.clone(),
            application_client_id: credentials.application_client_id.clone(),
            secret: Sha256::digest(credentials.client_secret.expose_secret()).into(),
        };
        let mut slots = self.slots.lock().expect("nothing panics while holding the token table");
        if !slots.contains_key(&key) {
            make_space(&mut slots, now);
        }
        slots.entry(key).or_default().clone()
    }
}

/// Forgets tokens that are over, and the next ones to be over until there is space for one more. A
/// slot that a caller uses stays.
fn make_space(slots: &mut HashMap<TokenKey, TokenSlot>, now: DateTime<Utc>) {
    let mut kept = Vec::new();
    slots.retain(|_, slot| {
        let token = slot.try_lock().ok().and_then(|held| held.clone());
        if Arc::strong_count(slot) > 1 {
            return true;
        }
        let Some(token) = token.filter(|token| token.usable_at(now)) else { return false };
        kept.push((token.usable_until, token.value.expose_secret().len()));
        true
    });
    // The longest-lived ones that fit are kept.
    kept.sort_unstable_by_key(|(until, _)| std::cmp::Reverse(*until));
    let mut bytes = 0;
    let fitting = kept.iter().take(MAX_KEPT - 1).take_while(|(_, length)| {
        bytes += length;
        bytes <= MAX_KEPT_BYTES - MAX_TOKEN
    });
    let fitting = fitting.count();
    let Some((last, _)) = kept.get(fitting) else { return };
    slots.retain(|_, slot| {
        let until = slot.try_lock().ok().and_then(|held| held.as_ref().map(|token| token.usable_until));
        Arc::strong_count(slot) > 1 || until.is_some_and(|until| until > *last)
    });
}

/// Why the token endpoint refused.
enum TokenRejection {
    OAuthScope,
    Failed(HaloError),
}

impl From<HaloError> for TokenRejection {
    fn from(error: HaloError) -> Self {
        TokenRejection::Failed(error)
    }
}

impl Session {
    /// Returns where the session's token is kept: beside those of the process, or in the session
    /// itself if a user only tries the credentials.
    pub(super) fn token_slot(&self) -> TokenSlot {
        match &self.own_token {
            Some(slot) => slot.clone(),
            None => self.halo.tokens.slot(&self.credentials, self.halo.clock.now()),
        }
    }

    /// Requests a token with the guide's three scopes; if a scope is refused, without the optional
    /// one; then with single scopes, to name the missing one.
    pub(super) async fn request_token(&self) -> Result<Token, HaloError> {
        let discovery = self.discovery().await?;
        for scopes in [&OAuthScope::ALL[..], &OAuthScope::REQUIRED] {
            match self.request_token_with(discovery, scopes).await {
                Ok(token) => return Ok(token),
                Err(TokenRejection::Failed(error)) => return Err(error),
                Err(TokenRejection::OAuthScope) => {}
            }
        }
        for scope in OAuthScope::REQUIRED {
            match self.request_token_with(discovery, &[scope]).await {
                Ok(_) => {}
                Err(TokenRejection::Failed(error)) => return Err(error),
                Err(TokenRejection::OAuthScope) => return Err(HaloError::PermissionDenied(scope.permission())),
            }
        }
        Err(HaloError::NotUnderstood("token: each scope is granted alone, but not together".into()))
    }

    /// Requests a token at each address that may issue tokens, the one that worked last first,
    /// until one of them answers as a token endpoint.
    async fn request_token_with(&self, discovery: &Discovery, scopes: &[OAuthScope]) -> Result<Token, TokenRejection> {
        let known = self.known_token_url().filter(|known| discovery.token_urls.contains(known));
        let others = discovery.token_urls.iter().filter(|url| Some(*url) != known.as_ref());
        let mut pages = 0;
        for url in known.iter().chain(others) {
            let tenant = discovery.tenant_parameter();
            let mut answer = self.post_token(url, scopes, tenant).await?;
            // A tenant parameter can be harmful: a wrong one is answered with 500
            // (docs/halo-api.md, section 2).
            if tenant.is_some() && !is_final(&answer) && !is_absent(&answer) {
                answer = self.post_token(url, scopes, None).await?;
            }
            if is_no_endpoint(&answer) {
                pages += u32::from(!is_absent(&answer));
                continue;
            }
            let token = self.classify_response(&answer, scopes)?;
            self.remember_token_url(url);
            return Ok(token);
        }
        Err(TokenRejection::Failed(if pages > 0 {
            // A page may be that of a gateway or of a Halo in maintenance.
            HaloError::not_api("token: a page instead of a token")
        } else {
            HaloError::NoTokenAddress { tried: discovery.token_urls.iter().map(Url::to_string).collect() }
        }))
    }

    async fn post_token(&self, url: &Url, scopes: &[OAuthScope], tenant: Option<&str>) -> Result<Answer, HaloError> {
        let mut url = url.clone();
        if let Some(tenant) = tenant {
            url.query_pairs_mut().append_pair("tenant", tenant);
        }
        let scope = scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" ");
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.credentials.application_client_id)
            .append_pair("client_secret", self.credentials.client_secret.expose_secret())
            .append_pair("scope", &scope)
            .finish();
        let call = Call { method: Method::POST, body: Body::Form(form), ..Call::get(url, AnswerLimits::FEW_FACTS) };
        Ok(self.exchange(call, MaxWait::Default).await?)
    }

    fn classify_response(&self, answer: &Answer, scopes: &[OAuthScope]) -> Result<Token, TokenRejection> {
        let status = answer.status;
        if status.is_success() {
            return self.read_token(answer, scopes).map_err(TokenRejection::Failed);
        }
        let error = oauth_error(answer);
        Err(match error.as_deref() {
            Some("invalid_scope" | "invalid_request") => TokenRejection::OAuthScope,
            Some("invalid_client" | "unauthorized_client" | "invalid_grant" | "unsupported_grant_type") => {
                TokenRejection::Failed(HaloError::CredentialsRejected)
            }
            _ if status == StatusCode::UNAUTHORIZED && !is_html(answer) => {
                TokenRejection::Failed(HaloError::CredentialsRejected)
            }
            _ if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT => {
                TokenRejection::Failed(HaloError::NotUnderstood(format!("token: {}", status.as_u16())))
            }
            _ => TokenRejection::Failed(HaloError::unavailable(status, format!("token: {}", status.as_u16()))),
        })
    }

    fn read_token(&self, answer: &Answer, scopes: &[OAuthScope]) -> Result<Token, HaloError> {
        let said: Map<String, Value> = decode::json(&answer.body, "token")?;
        let Some(value) =
            said.get("access_token").and_then(Value::as_str).filter(|value| (1..=MAX_TOKEN).contains(&value.len()))
        else {
            return Err(HaloError::NotUnderstood("token: no usable access_token in the answer".into()));
        };
        let life = said.get("expires_in").and_then(decode::whole).filter(|seconds| *seconds > 0);
        let life = life.and_then(TimeDelta::try_seconds).unwrap_or(DEFAULT_LIFE).min(LONGEST_LIFE);
        let known = |name: &&str| *name == "all" || OAuthScope::ALL.iter().any(|scope| scope.name() == *name);
        let granted = match said.get("scope").and_then(Value::as_str) {
            Some(names) => names.split_whitespace().filter(known).map(str::to_owned).collect(),
            None => scopes.iter().map(|scope| scope.name().to_owned()).collect(),
        };
        self.accepted.store(true, Ordering::Relaxed);
        Ok(Token {
            value: value.into(),
            granted,
            usable_until: self.halo.clock.now() + life - MARGIN.min(life / 2),
            serial: self.halo.tokens.issued.fetch_add(1, Ordering::Relaxed) + 1,
        })
    }
}

/// Returns whether tokens are not issued at this address: nothing is there, or a page is.
fn is_no_endpoint(answer: &Answer) -> bool {
    let status = answer.status;
    is_absent(answer) || status.is_redirection() || is_html(answer) && !status.is_server_error()
}

fn is_absent(answer: &Answer) -> bool {
    matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED)
}

/// Returns whether a request without the tenant parameter would get the same answer.
fn is_final(answer: &Answer) -> bool {
    answer.status.is_success() || matches!(oauth_error(answer).as_deref(), Some("invalid_client" | "invalid_scope"))
}

fn oauth_error(answer: &Answer) -> Option<String> {
    let said: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
    Some(said.get("error")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> TokenKey {
        let url = HaloUrl::parse("halo.example.com", &crate::net::AllowList::default()).unwrap();
        TokenKey { url, application_client_id: number.to_string(), secret: [0; 32] }
    }

    /// A table with so many tokens of this length; the later ones last longer.
    fn table(many: usize, length: usize, now: DateTime<Utc>) -> HashMap<TokenKey, TokenSlot> {
        let token = |number: usize| Token {
            value: "t".repeat(length).into(),
            granted: BTreeSet::new(),
            usable_until: now + TimeDelta::seconds(number as i64),
            serial: 0,
        };
        (0..many).map(|number| (key(number), TokenSlot::new(Some(Arc::new(token(number))).into()))).collect()
    }

    #[test]
    fn kept_tokens_are_bounded_by_number_and_bytes() {
        let now = DateTime::UNIX_EPOCH;
        for (many, length, kept) in [(100, 1_000, 99), (5_000, 100, MAX_KEPT - 1), (1_000, MAX_TOKEN, 255)] {
            let mut slots = table(many, length, now);
            make_space(&mut slots, now);
            assert_eq!(slots.len(), kept, "{many} of {length} bytes");
            assert!(slots.contains_key(&key(many - 1)) && !slots.contains_key(&key(0)), "the longest-lived are kept");
        }
    }

    #[test]
    fn slot_in_use_is_kept() {
        let now = DateTime::UNIX_EPOCH;
        let mut slots = table(5_000, 100, now);
        let in_use = slots[&key(0)].clone();
        make_space(&mut slots, now);
        assert!(slots.contains_key(&key(0)));
        drop(in_use);
        make_space(&mut slots, now);
        assert!(!slots.contains_key(&key(0)), "it is over");
    }
}
