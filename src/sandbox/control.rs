//! The sandbox's own face, beside Halo's: JSON under `/sandbox/` for scripts and other processes,
//! and the page.

use std::collections::BTreeMap;

use axum::{
    http::{Method, header},
    response::Response,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    admin_actions::Act,
    answer::Answer,
    fault::{Fault, Lasting, Matching},
    server::Asked,
    state::Settings,
    tenant::Tenant,
};

/// `POST /sandbox/faults`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inject {
    fault: Fault,
    #[serde(default)]
    matching: Matching,
    #[serde(default)]
    lasting: Lasting,
}

pub(super) fn serve(tenant: &Tenant, asked: &Asked) -> Response {
    answer(tenant, asked).unwrap_or_else(|refusal| refusal).send()
}

fn answer(tenant: &Tenant, asked: &Asked) -> Result<Answer, Answer> {
    // Other web pages in the same browser must not work the sandbox, nor by a name of theirs that
    // leads to 127.0.0.1.
    let host = asked.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !matches!(name, "127.0.0.1" | "localhost") {
        return Err(complaint(403, "ask for 127.0.0.1 or localhost"));
    }
    let path: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
    match (&asked.method, path.as_slice()) {
        (&Method::GET, [] | ["sandbox"]) => Ok(page()),
        (&Method::GET, ["sandbox", "state"]) => Ok(Answer::json(200, state(tenant))),
        (&Method::GET, ["sandbox", "journal"]) => {
            let after = asked.int("after")?.unwrap_or(0);
            let newer = |entry: &_| json!(entry);
            let journal = tenant.journal();
            let rows = journal.iter().filter(|entry| i64::try_from(entry.no).is_ok_and(|no| no > after));
            Ok(Answer::json(200, rows.map(newer).collect()))
        }
        (&Method::GET, ["sandbox", "credentials"]) => Ok(Answer::json(200, tenant.credentials())),
        (&Method::GET, ["sandbox", "faults"]) => {
            let catalogue = Fault::all().map(|fault| json!({ "fault": fault, "meaning": fault.meaning() }));
            let armed = tenant.state().armed.clone();
            Ok(Answer::json(200, json!({ "catalogue": catalogue.collect::<Vec<_>>(), "armed": armed })))
        }
        (&Method::POST, ["sandbox", "act"]) => {
            let id = tenant.act(body::<Act>(asked)?).map_err(|refused| complaint(409, &refused.to_string()))?;
            Ok(Answer::json(200, json!({ "id": id })))
        }
        (&Method::POST, ["sandbox", "faults"]) => {
            let Inject { fault, matching, lasting } = body(asked)?;
            tenant.inject(fault, matching, lasting);
            Ok(Answer::json(200, json!({})))
        }
        (&Method::DELETE, ["sandbox", "faults"]) => {
            tenant.clear_faults();
            Ok(Answer::json(200, json!({})))
        }
        (&Method::POST, ["sandbox", "release"]) => {
            tenant.release();
            Ok(Answer::json(200, json!({ "held": tenant.held() })))
        }
        (&Method::POST, ["sandbox", "settings"]) => {
            let settings: Settings = body(asked)?;
            tenant.configure(|old| *old = settings);
            Ok(Answer::json(200, json!(tenant.state().settings)))
        }
        _ => Err(complaint(404, "this is INFIMA's Halo sandbox: its page is at /, Halo's API under /api and /auth")),
    }
}

/// The page keeps to itself: it loads nothing from anywhere.
fn page() -> Answer {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    Answer::text(200, "text/html; charset=utf-8", include_str!("page.html").into())
        .with(header::CONTENT_SECURITY_POLICY, policy)
}

/// The tenant as the page shows it.
fn state(tenant: &Tenant) -> Value {
    let state = tenant.state();
    let mut history: BTreeMap<i32, Vec<Value>> = BTreeMap::new();
    for change in state.changes.iter().filter(|change| change.field_name == "count") {
        let step = json!({ "at": change.at, "count": change.new_value.parse::<f64>().ok(), "who": change.who });
        history.entry(change.licence_id).or_default().push(step);
    }
    let subscriptions = state.subscriptions.values().map(|one| {
        let mut row = json!(one);
        row["client_name"] = json!(state.customer_name(one.client_id));
        row["invoice_id"] = json!(state.invoice_of(one.id));
        row["history"] = json!(history.get(&one.id));
        row
    });
    let access = &state.access;
    json!({
        "tenant": state.name,
        "url": state.url(),
        "now": state.clock.now(),
        "customers": state.customers.values().collect::<Vec<_>>(),
        "subscriptions": subscriptions.collect::<Vec<_>>(),
        "invoices": state.invoices.values().collect::<Vec<_>>(),
        "access": {
            "client_id": access.client_id,
            "application_exists": access.application_exists,
            "scopes": access.scopes,
            "agent_exists": access.agent_exists,
            "agent": access.agent,
            "agent_customers": access.agent_customers,
            "tenant_id": state.tenant_id(),
            "licensing_on": access.licensing_on,
        },
        "settings": state.settings,
        "armed": state.armed,
        "held": tenant.held(),
        "last_entry": state.journal.back().map_or(0, |entry| entry.no),
    })
}

/// JSON only: a foreign page's form cannot send that.
fn body<T: DeserializeOwned>(asked: &Asked) -> Result<T, Answer> {
    if !asked.content_type().starts_with("application/json") {
        return Err(complaint(415, "send JSON with Content-Type: application/json"));
    }
    serde_json::from_slice(&asked.body).map_err(|cause| complaint(400, &cause.to_string()))
}

fn complaint(status: u16, text: &str) -> Answer {
    Answer::json(status, json!({ "error": text }))
}
