//! Tokens: asked for with exactly the guide's scopes, kept while they last, never printed.

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
use url::form_urlencoded;

use super::{
    Credentials, HaloError, HaloUrl, Permission, Session, decode,
    discovery::Discovery,
    transport::{MaxWait, is_html},
};
use crate::net::{Answer, Body, Call, Method, StatusCode};

/// How long a token is believed to last when Halo does not say.
const UNSAID_LIFE: TimeDelta = TimeDelta::minutes(10);
/// Given back this long before it ends; a short-lived one at half its life.
const MARGIN: TimeDelta = TimeDelta::minutes(2);
/// No longer, whatever Halo says.
const LONGEST_LIFE: TimeDelta = TimeDelta::hours(24);

/// The scopes of the guide. Reading subscriptions is taken to be part of editing them, as it is where it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    ReadCustomers,
    ReadInvoices,
    EditLicensing,
}

impl Scope {
    const ALL: [Scope; 3] = [Scope::ReadCustomers, Scope::ReadInvoices, Scope::EditLicensing];
    const REQUIRED: [Scope; 2] = [Scope::ReadCustomers, Scope::EditLicensing];

    fn name(self) -> &'static str {
        self.permission().label()
    }

    pub(super) fn permission(self) -> Permission {
        match self {
            Scope::ReadCustomers => Permission::ReadCustomers,
            Scope::ReadInvoices => Permission::ReadInvoices,
            Scope::EditLicensing => Permission::EditSoftwareLicensing,
        }
    }
}

pub(super) struct Token {
    pub value: SecretString,
    /// Space-separated names: what Halo says it granted, else what was asked for (a server may leave out an unchanged scope).
    granted: BTreeSet<String>,
    usable_until: DateTime<Utc>,
    /// Counts the process' tokens.
    serial: u64,
}

impl Token {
    pub(super) fn grants(&self, scope: Scope) -> bool {
        self.granted.contains(scope.name()) || self.granted.contains("all")
    }

    pub(super) fn usable_at(&self, now: DateTime<Utc>) -> bool {
        now < self.usable_until
    }

    /// Whether it was there before the session began.
    pub(super) fn issued_before(&self, session: &Session) -> bool {
        self.serial <= session.tokens_before
    }
}

/// The process' tokens. A token belongs to address, Client ID and Secret together, so new details never meet an old token.
#[derive(Default)]
pub(super) struct Tokens {
    slots: Mutex<HashMap<Owner, Slot>>,
    pub issued: AtomicU64,
}

/// Held while a token is asked for, so that it is asked for once.
type Slot = Arc<tokio::sync::Mutex<Option<Arc<Token>>>>;

#[derive(PartialEq, Eq, Hash)]
struct Owner {
    url: HaloUrl,
    application_client_id: String,
    secret: [u8; 32],
}

impl Tokens {
    pub(super) fn slot(&self, credentials: &Credentials, now: DateTime<Utc>) -> Slot {
        let owner = Owner {
            url: credentials.url.clone(),
            application_client_id: credentials.application_client_id.clone(),
            secret: Sha256::digest(credentials.client_secret.expose_secret()).into(),
        };
        let mut slots = self.slots.lock().expect("nothing panics while holding the token table");
        if !slots.contains_key(&owner) {
            let alive = |slot: &Slot| {
                // Somebody is asking, or there is a token that still works.
                Arc::strong_count(slot) > 1
                    || slot.try_lock().is_ok_and(|held| held.as_ref().is_some_and(|token| token.usable_at(now)))
            };
            slots.retain(|_, slot| alive(slot));
        }
        slots.entry(owner).or_default().clone()
    }
}

/// What the token endpoint said no to.
enum No {
    Scope,
    Failed(HaloError),
}

impl From<HaloError> for No {
    fn from(error: HaloError) -> Self {
        No::Failed(error)
    }
}

impl Session {
    /// Asks for the guide's three scopes; on a scope refusal without the optional one; then singly, to name the missing one.
    pub(super) async fn ask_for_token(&self) -> Result<Token, HaloError> {
        let discovery = self.discovery().await?;
        for scopes in [&Scope::ALL[..], &Scope::REQUIRED] {
            match self.ask_for(discovery, scopes).await {
                Ok(token) => return Ok(token),
                Err(No::Failed(error)) => return Err(error),
                Err(No::Scope) => {}
            }
        }
        for scope in Scope::REQUIRED {
            match self.ask_for(discovery, &[scope]).await {
                Ok(_) => {}
                Err(No::Failed(error)) => return Err(error),
                Err(No::Scope) => return Err(HaloError::PermissionDenied(scope.permission())),
            }
        }
        Err(HaloError::NotUnderstood("token: each scope is granted alone, but not together".into()))
    }

    async fn ask_for(&self, discovery: &Discovery, scopes: &[Scope]) -> Result<Token, No> {
        let answer = self.post_token(discovery, scopes, discovery.tenant_parameter()).await?;
        match self.judge(&answer, scopes) {
            Ok(token) => Ok(token),
            // A tenant parameter can be harmful: a wrong one is answered with 500 (Halo's API notes, section 2).
            Err(_) if discovery.tenant_parameter().is_some() && !is_final(&answer) => {
                let answer = self.post_token(discovery, scopes, None).await?;
                self.judge(&answer, scopes)
            }
            Err(no) => Err(no),
        }
    }

    async fn post_token(
        &self,
        discovery: &Discovery,
        scopes: &[Scope],
        tenant: Option<&str>,
    ) -> Result<Answer, HaloError> {
        let mut url = discovery.token_url.clone();
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
        let call = Call { method: Method::POST, url, bearer: None, body: Body::Form(form), within: None };
        Ok(self.exchange(call, MaxWait::Default).await?)
    }

    fn judge(&self, answer: &Answer, scopes: &[Scope]) -> Result<Token, No> {
        let status = answer.status;
        if status.is_success() {
            return self.read_token(answer, scopes).map_err(No::Failed);
        }
        let error = oauth_error(answer);
        Err(match error.as_deref() {
            Some("invalid_scope" | "invalid_request") => No::Scope,
            Some("invalid_client" | "unauthorized_client" | "invalid_grant" | "unsupported_grant_type") => {
                No::Failed(HaloError::CredentialsRejected)
            }
            _ if status == StatusCode::UNAUTHORIZED && !is_html(answer) => No::Failed(HaloError::CredentialsRejected),
            _ if status == StatusCode::NOT_FOUND => No::Failed(HaloError::NotHalo),
            _ => No::Failed(HaloError::Unavailable(format!("token: {}", status.as_u16()))),
        })
    }

    fn read_token(&self, answer: &Answer, scopes: &[Scope]) -> Result<Token, HaloError> {
        let said: Map<String, Value> = decode::json(&answer.body, "token")?;
        let Some(value) = said.get("access_token").and_then(Value::as_str).filter(|value| !value.is_empty()) else {
            return Err(HaloError::NotUnderstood("token: no access_token in the answer".into()));
        };
        let life = said.get("expires_in").and_then(decode::whole).filter(|seconds| *seconds > 0);
        let life = life.and_then(TimeDelta::try_seconds).unwrap_or(UNSAID_LIFE).min(LONGEST_LIFE);
        let granted = match said.get("scope").and_then(Value::as_str) {
            Some(names) => names.split_whitespace().map(str::to_owned).collect(),
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

/// Asking without the tenant parameter would change nothing.
fn is_final(answer: &Answer) -> bool {
    answer.status.is_success() || matches!(oauth_error(answer).as_deref(), Some("invalid_client" | "invalid_scope"))
}

fn oauth_error(answer: &Answer) -> Option<String> {
    let said: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
    Some(said.get("error")?.as_str()?.to_owned())
}
