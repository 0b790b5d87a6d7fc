//! Discovery, tokens, and the two permission layers (docs/halo-api.md, sections 1 and 2).

use axum::http::header;
use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::Duration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::form_urlencoded;

use super::{
    answer::Answer,
    disk::Record,
    fault::{Fault, Faults},
    request_log::{Call, Effect},
    server::Asked,
    state::{Level, State, Token},
};

/// What `read:` and `edit:` may be followed by.
const AREAS: &str = "tickets calendar customers crm timesheets contracts suppliers items projects sales quotes sos pos \
                     invoices reporting software softwarelicensing kb assets distributionlists";
const OTHER_SCOPES: &str = "all all:standard all:teams admin offline_access editMine:timesheets access:chat \
                            access:adpasswordreset";

/// `GET /api/authinfo`, without a token.
pub(super) fn discovery(state: &State, faults: &Faults) -> Answer {
    let base = state.url();
    let auth_url = match () {
        () if faults.has(Fault::AuthUrlWithoutPath) => base,
        () if faults.has(Fault::AuthUrlElsewhere) => "https://auth.attacker.example/auth".into(),
        () => format!("{base}/auth"),
    };
    let mut body = json!({ "auth_url": auth_url, "tenant_id": state.tenant_id() });
    let members = body.as_object_mut().expect("made as an object above");
    if faults.has(Fault::DiscoveryWithoutTenant) || state.tenant_id().is_none() {
        members.remove("tenant_id");
    }
    if faults.has(Fault::DiscoveryOfAnother) {
        members.insert("tenant_id".into(), json!("another-tenant"));
    }
    if faults.has(Fault::DiscoveryWithoutAuthUrl) {
        members.remove("auth_url");
    }
    Answer::json(200, body)
}

/// `GET /api/InstanceInfo`, without a token.
pub(super) fn instance(state: &State) -> Answer {
    let base = state.url();
    Answer::json(
        200,
        json!({
            "app_version": "2.250.1", "database_version": "2.250", "app_name": "HaloPSA", "agent_url": base,
            "portal_url": format!("{base}/portal"), "auth_url": format!("{base}/auth"), "agent_count": 7, "dbid": 1,
        }),
    )
}

/// The fields of a token request that may be shown.
pub(super) fn harmless(asked: &Asked) -> Value {
    let shown = |name: &str| matches!(name, "grant_type" | "scope" | "tenant" | "client_id");
    let form = form_urlencoded::parse(&asked.body);
    let fields = form.filter(|(name, _)| shown(name)).map(|(name, value)| (name.into_owned(), json!(value)));
    let tenant = asked.param("tenant").map(|tenant| ("tenant".to_owned(), json!(tenant)));
    Value::Object(fields.chain(tenant).collect())
}

/// `POST /auth/token`.
pub(super) fn token(
    state: &mut State,
    asked: &Asked,
    faults: &Faults,
    effects: &mut Vec<Effect>,
) -> Result<Answer, Answer> {
    let at_root = asked.segment(0) == "token";
    if at_root != faults.has(Fault::TokenAtRoot) || faults.has(Fault::TokenNowhere) {
        return Err(Answer::empty(404));
    }
    if asked.method != "POST" {
        return Err(oauth(400, "invalid_request", "The specified HTTP method is not valid.", "ID2084"));
    }
    if !asked.content_type().starts_with("application/x-www-form-urlencoded") {
        return Err(oauth(400, "invalid_request", "The specified 'Content-Type' header is not valid.", "ID2083"));
    }
    let form: Vec<_> = form_urlencoded::parse(&asked.body).collect();
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref());

    let tenant = asked.param("tenant").or(field("tenant")).filter(|tenant| !tenant.is_empty());
    let own = [Some(state.name.as_str()), state.tenant_id()];
    let wrong = tenant.is_some_and(|tenant| own.into_iter().flatten().all(|own| !tenant.eq_ignore_ascii_case(own)));
    if wrong
        || tenant.is_some() && faults.has(Fault::TenantHarmful)
        || tenant.is_none() && faults.has(Fault::TenantNeeded)
    {
        return Err(Answer::empty(500));
    }
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(oauth(400, "unsupported_grant_type", "The grant type is not supported.", "ID2032")),
        None => return Err(oauth(400, "invalid_request", "The mandatory 'grant_type' is missing.", "ID2029")),
    }

    let basic = basic_credentials(asked);
    let given = match (&basic, field("client_id"), field("client_secret")) {
        (Some((id, secret)), _, _) => (id.as_str(), secret.as_str()),
        (None, id, secret) => (id.unwrap_or_default(), secret.unwrap_or_default()),
    };
    let access = &state.access;
    // A wrong secret, a deleted application and a deleted agent look the same to a client.
    let good = given.0.eq_ignore_ascii_case(&access.client_id) && given.1 == access.client_secret;
    if !(good && access.application_exists && access.agent_exists) {
        return Err(oauth(401, "invalid_client", "The specified client credentials are invalid.", "ID2055"));
    }

    if faults.has(Fault::ClientNotAllowed) {
        let text = "This client application is not allowed to use the specified grant type.";
        return Err(oauth(400, "unauthorized_client", text, "ID2064"));
    }

    let asked_for: Vec<&str> = field("scope").unwrap_or_default().split_whitespace().collect();
    if asked_for.iter().any(|scope| !exists(scope)) {
        return Err(oauth(400, "invalid_scope", "The specified 'scope' is not supported.", "ID2052"));
    }
    let has_all = access.scopes.iter().any(|scope| scope == "all");
    let granted = |scope: &&str| has_all || access.scopes.iter().any(|own| own == scope);
    let (scopes, refused): (Vec<&str>, Vec<&str>) = asked_for.into_iter().partition(granted);
    if !refused.is_empty() && faults.has(Fault::ScopeAsInvalidScope) {
        return Err(oauth(400, "invalid_scope", "The specified 'scope' is invalid.", "ID2052"));
    }
    if !refused.is_empty() && faults.has(Fault::ScopeAsInvalidRequest) {
        let text = "This client application is not allowed to use the specified scope.";
        return Err(oauth(400, "invalid_request", text, "ID2051"));
    }

    let mut lifetime = state.settings.token_lifetime;
    let mut lives = None;
    for fault in &faults.0 {
        match fault {
            Fault::TokenLives(seconds) => lifetime = *seconds,
            Fault::TokenDiesAfter(seconds) => lives = Some(*seconds),
            _ => {}
        }
    }
    let secret = || BASE64_STANDARD.encode(uuid::Uuid::new_v4());
    let token = format!("eyJ{}.{}.{}", secret(), secret(), secret()).replace(['=', '+', '/'], "");
    let mut body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": lifetime });
    let members = body.as_object_mut().expect("made as an object above");
    if !scopes.is_empty() && !faults.has(Fault::TokenWithoutScope) {
        members.insert("scope".into(), json!(scopes.join(" ")));
    }
    if faults.has(Fault::TokenWithoutLifetime) {
        members.remove("expires_in");
    }
    if faults.has(Fault::TokenLifetimeAsText) {
        members.insert("expires_in".into(), json!(lifetime.to_string()));
    }
    let until = state.clock.now() + Duration::seconds(lives.unwrap_or(lifetime).into());
    let scopes = scopes.into_iter().map(String::from).collect();
    state.put(Record::Token(Token { hash: hash(&token), scopes, until }));
    effects.push(Effect::TokenIssued);
    Ok(Answer::json(200, body).with(header::CACHE_CONTROL, "no-store"))
}

/// Returns the scopes of the request's token.
///
/// # Errors
/// An empty 401 if the token is missing, expired, or carries no scope (section 2: a token requested
/// without `scope` permits nothing).
pub(super) fn scopes_of_caller(state: &State, asked: &Asked) -> Result<Vec<String>, Answer> {
    let header = asked.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, token) = header.split_once(' ').unwrap_or_default();
    let known = state.tokens.get(&hash(token)).filter(|_| kind.eq_ignore_ascii_case("bearer"));
    let live = known.filter(|token| token.until > state.clock.now() && !token.scopes.is_empty());
    live.map(|token| token.scopes.clone()).ok_or(Answer::empty(401))
}

/// Both layers: the token's scopes and the agent's level.
///
/// # Errors
/// An empty 403 for lists and writes; an empty 401 for single records, as was measured on detail
/// endpoints (section 2), so that a client does not take every 401 for an expired token.
pub(super) fn permit(
    state: &State,
    scopes: &[String],
    area: &str,
    needed: Level,
    call: Call,
    faults: &Faults,
) -> Result<(), Answer> {
    let access = &state.access;
    let denied = || {
        let single = matches!(call, Call::CustomerSingle | Call::SubscriptionSingle | Call::InvoiceSingle);
        Answer::empty(if single { 401 } else { 403 })
    };
    let has = |scope: &str| scopes.iter().any(|own| own == scope);
    let edits = has("all") || has("all:standard") || has(&format!("edit:{area}"));
    // `edit:` was measured to include reading elsewhere; for licences it is probable (section 2).
    let reads = has(&format!("read:{area}")) || edits && !faults.has(Fault::EditDoesNotRead);
    let level = match area {
        "customers" => access.agent.customers,
        "softwarelicensing" => access.agent.licensing,
        _ => access.agent.invoices,
    };
    if level < needed || !(if needed == Level::Modify { edits } else { reads }) {
        return Err(denied());
    }
    if area == "softwarelicensing" && !access.licensing_on {
        return Err(match call {
            Call::SubscriptionList if faults.has(Fault::LicensingOffAsEmpty) => {
                Answer::json(200, json!({ "record_count": 0, "licences": [] }))
            }
            Call::ChangeList if faults.has(Fault::LicensingOffAsEmpty) => {
                Answer::json(200, json!({ "record_count": 0, "changes": [] }))
            }
            _ if faults.has(Fault::LicensingOffAsUnauthorized) => Answer::empty(401),
            _ if faults.has(Fault::LicensingOffAsNotFound) => Answer::empty(404),
            _ => Answer::empty(403),
        });
    }
    Ok(())
}

fn exists(scope: &str) -> bool {
    let named = |names: &str, name: &str| names.split_whitespace().any(|one| one == name);
    let of_area = |kind: &str| scope.strip_prefix(kind).is_some_and(|area| named(AREAS, area));
    named(OTHER_SCOPES, scope) || of_area("read:") || of_area("edit:")
}

fn basic_credentials(asked: &Asked) -> Option<(String, String)> {
    let header = asked.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = BASE64_STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.into(), secret.into()))
}

fn hash(token: &str) -> String {
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// OpenIddict's way of refusing.
fn oauth(status: u16, error: &str, description: &str, id: &str) -> Answer {
    let uri = format!("https://documentation.openiddict.com/errors/{id}");
    Answer::json(status, json!({ "error": error, "error_description": description, "error_uri": uri }))
}
