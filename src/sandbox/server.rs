//! From a request to an answer: what is asked, which faults take part, may this token do that, and
//! the journal.

use axum::{
    body::Bytes,
    extract::{Request, State as Handed},
    http::{HeaderMap, Method, header},
    response::Response,
};
use chrono::Duration;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    answer::{Answer, Content},
    auth, control, customers,
    disk::Record,
    fault::{Fault, Faults, Lasting},
    invoices,
    request_log::{Call, Effect, Entry},
    state::{Level, RetryAfter, State},
    subscriptions,
    tenant::Tenant,
};

/// A request, read whole.
pub(super) struct Asked {
    pub method: Method,
    pub path: String,
    /// The path in lower case: Halo's paths are case-insensitive (docs/halo-api.md, section 1).
    pub segments: Vec<String>,
    pub raw_query: String,
    /// Names in lower case.
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body, where it is JSON.
    pub json: Option<Value>,
    pub call: Call,
}

/// Everything that comes to a tenant's port.
pub(super) async fn serve(Handed(tenant): Handed<Tenant>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, 16 << 20).await else { return Answer::cut().send() };
    let asked = Asked::new(parts, body);
    if !matches!(asked.segment(0), "api" | "auth" | "token") {
        return control::serve(&tenant, &asked);
    }
    // On a task of its own: a client that gives up does not stop Halo from doing what it was asked.
    tokio::spawn(async move { tenant.work(asked).await }).await.unwrap_or_else(|_| Answer::cut()).send()
}

impl Tenant {
    async fn work(&self, asked: Asked) -> Answer {
        let faults = match self.change(|state| arrive(state, &asked)) {
            Some(Ok(faults)) => faults,
            Some(Err(limited)) => return limited,
            None => return Answer::cut(),
        };
        if faults.has(Fault::HeldBefore) {
            self.hold().await;
        }
        let latency = self.state().settings.latency_ms;
        if latency > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(latency.into())).await;
        }
        let answer = self.change(|state| process(state, &asked, &faults)).unwrap_or_else(Answer::cut);
        if faults.has(Fault::HeldAfter) {
            self.hold().await;
        }
        answer
    }
}

/// The rate limit, then the faults that take part.
fn arrive(state: &mut State, asked: &Asked) -> Result<Faults, Answer> {
    if let Err(wait) = state.spend_request() {
        let answer = limited(state, wait);
        record(state, asked, &answer, Vec::new(), &Faults::default());
        return Err(answer);
    }
    let mut faults = Faults::default();
    if state.armed.is_empty() {
        return Ok(faults);
    }
    let mut armed = state.armed.clone();
    armed.retain_mut(|one| {
        let wanted = one.matching.call.is_none_or(|call| call == asked.call)
            && one.matching.id.is_none_or(|id| asked.ids("id").contains(&id))
            && one.matching.client_id.is_none_or(|id| asked.ids("client_id").contains(&id));
        if !wanted || !one.fault.can_be_about(asked.call) {
            return true;
        }
        if one.matching.nth > 1 {
            one.matching.nth -= 1;
            return true;
        }
        one.used += 1;
        faults.0.push(one.fault);
        one.lasting == Lasting::Sticky
    });
    if armed != state.armed {
        state.put(Record::Armed(armed));
    }
    Ok(faults)
}

fn process(state: &mut State, asked: &Asked, faults: &Faults) -> Answer {
    state.apply_due_changes(false);
    let mut effects = Vec::new();
    let answer = short_circuit(state, faults).unwrap_or_else(|| {
        let answer = route(state, asked, faults, &mut effects).unwrap_or_else(|refusal| refusal);
        corrupt_response(answer, faults)
    });
    record(state, asked, &answer, effects, faults);
    state.apply_due_changes(asked.call == Call::SubscriptionList);
    // By the tenant's own clock, as every other time in its answers.
    let answer = answer.with(header::DATE, http_date(state, Duration::zero()));
    if state.settings.unfamiliar {
        return answer.with(header::HeaderName::from_static("x-ratelimit-remaining"), "299");
    }
    answer
}

fn record(state: &mut State, asked: &Asked, answer: &Answer, effects: Vec<Effect>, faults: &Faults) {
    let token_request = asked.call == Call::Token;
    state.put(Record::Entry(Entry {
        no: state.next_entry_no(),
        at: state.clock.now(),
        tenant: state.name.clone(),
        call: asked.call,
        method: asked.method.to_string(),
        path: asked.path.clone(),
        // A client in error may put its secret into the address.
        query: if token_request { String::new() } else { asked.raw_query.clone() },
        status: answer.status,
        sent: if token_request { auth::harmless(asked) } else { asked.json.clone().unwrap_or_default() },
        effects,
        faults: faults.0.clone(),
    }));
}

/// Answers given without doing anything.
fn short_circuit(state: &State, faults: &Faults) -> Option<Answer> {
    use Fault::*;
    faults.0.iter().find_map(|fault| {
        Some(match fault {
            ServerErrorBefore => Answer::empty(500),
            BadGateway => Answer::html(502, "502 Bad Gateway"),
            Maintenance => Answer::html(503, "We are down for maintenance"),
            GatewayTimeoutBefore => Answer::html(504, "504 Gateway Time-out"),
            CutBefore => Answer::cut(),
            HtmlOk => Answer::html(200, "Log in to Halo"),
            RedirectToLogin => Answer::empty(302).with(header::LOCATION, "/auth/account/login"),
            RedirectElsewhere => Answer::empty(307).with(header::LOCATION, "http://169.254.169.254/latest/meta-data/"),
            WrongShape => Answer::json(200, json!({ "unexpected": { "shape": true } })),
            ErrorInsideOk => Answer::json(200, json!({ "load_error": "Could not load data", "error": "error" })),
            DeepJson => Answer::json_text(200, "[".repeat(100_000) + &"]".repeat(100_000)),
            HugeAnswer => Answer { content: Content::Huge, ..Answer::empty(200) },
            Unauthorized => Answer::empty(401),
            Forbidden => Answer::empty(403),
            RateLimitedSilent => Answer::json(429, json!("Rate Limit Reached")),
            RateLimitedSeconds(wait) => too_many(state).with(header::RETRY_AFTER, wait.to_string()),
            RateLimitedDate(wait) => {
                too_many(state).with(header::RETRY_AFTER, http_date(state, Duration::seconds((*wait).into())))
            }
            _ => return None,
        })
    })
}

/// What happens to an answer on its way back.
fn corrupt_response(answer: Answer, faults: &Faults) -> Answer {
    use Fault::*;
    for fault in &faults.0 {
        match (fault, &answer.content) {
            (ServerErrorAfter, _) => return Answer::exception(),
            (GatewayTimeoutAfter, _) => return Answer::html(504, "504 Gateway Time-out"),
            (CutAfter, _) => return Answer::cut(),
            (CutHalfway, Content::Json(value)) => return Answer { content: Content::Halfway(value.clone()), ..answer },
            (TruncatedJson, Content::Json(value)) => {
                let whole = value.to_string();
                let half = String::from_utf8_lossy(&whole.as_bytes()[..whole.len() / 2]).into_owned();
                return Answer { headers: answer.headers, ..Answer::json_text(answer.status, half) };
            }
            _ => {}
        }
    }
    answer
}

fn limited(state: &State, wait: Duration) -> Answer {
    let seconds = (wait.num_milliseconds() + 999) / 1000;
    match state.settings.retry_after {
        RetryAfter::Absent => too_many(state),
        RetryAfter::Seconds => too_many(state).with(header::RETRY_AFTER, seconds.to_string()),
        RetryAfter::HttpDate => {
            too_many(state).with(header::RETRY_AFTER, http_date(state, wait + Duration::seconds(1)))
        }
    }
}

fn too_many(state: &State) -> Answer {
    let minutes = state.settings.rate_window_seconds / 60;
    let text =
        format!("Rate Limit Reached - {} Requests per rolling {minutes} minute window", state.settings.rate_limit);
    Answer::text(429, "text/plain; charset=utf-8", text)
}

fn http_date(state: &State, wait: Duration) -> String {
    (state.clock.now() + wait).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

type Handler = fn(&mut State, &Asked, &Faults, &mut Vec<Effect>) -> Result<Answer, Answer>;

fn route(state: &mut State, asked: &Asked, faults: &Faults, effects: &mut Vec<Effect>) -> Result<Answer, Answer> {
    match asked.call {
        Call::Discovery => return Ok(auth::discovery(state, faults)),
        Call::InstanceInfo => return Ok(auth::instance(state)),
        Call::Token => return auth::token(state, asked, faults, effects),
        _ => {}
    }
    let scopes = auth::scopes_of_caller(state, asked)?;
    let (area, needed, handler): (&str, Level, Handler) = match asked.call {
        Call::CustomerList => ("customers", Level::Read, customers::list),
        Call::CustomerSingle => ("customers", Level::Read, customers::single),
        Call::SubscriptionList => ("softwarelicensing", Level::Read, subscriptions::list),
        Call::SubscriptionSingle => ("softwarelicensing", Level::Read, subscriptions::single),
        Call::ChangeList => ("softwarelicensing", Level::Read, subscriptions::changes),
        Call::Create | Call::Update => ("softwarelicensing", Level::Modify, subscriptions::write),
        Call::Delete => ("softwarelicensing", Level::Modify, subscriptions::delete),
        Call::InvoiceList => ("invoices", Level::Read, invoices::list),
        Call::InvoiceSingle => ("invoices", Level::Read, invoices::single),
        // There is no PUT or PATCH anywhere (section 4.2).
        _ if asked.known() => return Err(Answer::empty(405)),
        _ => return Err(Answer::problem(404, "Not Found")),
    };
    auth::permit(state, &scopes, area, needed, asked.call, faults)?;
    handler(state, asked, faults, effects)
}

impl Asked {
    fn new(parts: axum::http::request::Parts, body: Bytes) -> Self {
        let path = parts.uri.path().to_owned();
        let segments: Vec<String> =
            path.split('/').filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect();
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        let pairs = form_urlencoded::parse(raw_query.as_bytes());
        let query = pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned())).collect();
        let json = serde_json::from_slice(&body).ok();
        let call = classify(&parts.method, &segments, json.as_ref());
        Self { method: parts.method, path, segments, raw_query, query, headers: parts.headers, body, json, call }
    }

    pub(super) fn segment(&self, index: usize) -> &str {
        self.segments.get(index).map_or("", String::as_str)
    }

    fn known(&self) -> bool {
        matches!(self.segment(1), "client" | "softwarelicence" | "licencechange" | "recurringinvoice")
    }

    pub(super) fn content_type(&self) -> &str {
        self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn int(&self, name: &str) -> Result<Option<i64>, Answer> {
        let parse = |text: &str| text.trim().parse().map_err(|_| not_valid(name, text));
        self.param(name).filter(|text| !text.is_empty()).map(parse).transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Answer> {
        match self.param(name).map(str::to_ascii_lowercase).as_deref() {
            Some("true") => Ok(true),
            None | Some("false" | "") => Ok(false),
            Some(text) => Err(not_valid(name, text)),
        }
    }

    /// The id in the path.
    pub(super) fn path_id(&self) -> Result<i32, Answer> {
        self.segment(2).parse().map_err(|_| not_valid("id", self.segment(2)))
    }

    /// Ids this request is about, for matching faults.
    fn ids(&self, name: &str) -> Vec<i32> {
        let elements = self.json.as_ref().and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
        let sent = elements.iter().filter_map(|element| element[name].as_i64());
        let asked = self.param(name).and_then(|text| text.parse().ok());
        let in_path = self.segment(2).parse().ok().filter(|_| name == "id" || self.segment(1) == "client");
        sent.chain(asked).chain(in_path).filter_map(|id| i32::try_from(id).ok()).collect()
    }
}

fn not_valid(name: &str, text: &str) -> Answer {
    Answer::invalid(name, format!("The value '{text}' is not valid."))
}

fn classify(method: &Method, segments: &[String], json: Option<&Value>) -> Call {
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (method.as_str(), path.as_slice()) {
        ("GET", ["api", "authinfo"]) => Call::Discovery,
        ("GET", ["api", "instanceinfo"]) => Call::InstanceInfo,
        (_, ["auth", "token"] | ["token"]) => Call::Token,
        ("GET", ["api", "client"]) => Call::CustomerList,
        ("GET", ["api", "client", _]) => Call::CustomerSingle,
        ("GET", ["api", "softwarelicence"]) => Call::SubscriptionList,
        ("GET", ["api", "softwarelicence", _]) => Call::SubscriptionSingle,
        ("DELETE", ["api", "softwarelicence", _]) => Call::Delete,
        ("POST", ["api", "softwarelicence"]) => {
            let has_id = |element: &Value| element["id"].as_i64().is_some_and(|id| id != 0);
            let updates = json.and_then(Value::as_array).is_some_and(|all| !all.is_empty() && all.iter().all(has_id));
            if updates { Call::Update } else { Call::Create }
        }
        ("GET", ["api", "licencechange"]) => Call::ChangeList,
        ("GET", ["api", "recurringinvoice"]) => Call::InvoiceList,
        ("GET", ["api", "recurringinvoice", _]) => Call::InvoiceSingle,
        _ => Call::Other,
    }
}
