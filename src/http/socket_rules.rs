//! The rules of the `graphql-transport-ws` protocol that async-graphql does not keep: which message may come when, and
//! with which code a socket is closed for the wrong one. Pure: messages in, verdicts out.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::graphql_params::GraphqlParams;

/// A close code of the protocol, and the reason it gives for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Close {
    pub(super) code: u16,
    pub(super) reason: String,
}

impl Close {
    pub(super) fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

/// What becomes of a client's message.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It goes on to the library.
    Forward(String),
    /// It is answered at once.
    Reply(String),
    Ignore,
    Close(Close),
}

#[derive(Clone, Copy, PartialEq)]
enum Phase {
    New,
    /// `connection_init` has come and is being looked at.
    Initialising,
    Ready,
}

/// The state of one socket.
pub(super) struct Rules {
    phase: Phase,
    active: HashSet<String>,
}

/// The mark that our executor puts on a result that ends its operation: it is sent as `error` instead of `next`.
pub(super) const ENDED: &str = "operationEnded";

impl Rules {
    pub(super) fn new() -> Self {
        Self { phase: Phase::New, active: HashSet::new() }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    pub(super) fn client_says(&mut self, text: &str) -> Verdict {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else {
            return bad("A message has to be a JSON object.");
        };
        let kind = message.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
        let id = message.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
        match (kind.as_str(), id) {
            ("connection_init", _) if self.phase == Phase::New => {
                self.phase = Phase::Initialising;
                Verdict::Forward(text.to_owned())
            }
            ("connection_init", _) => Verdict::Close(Close::new(4429, "Too many initialisation requests")),
            ("ping", _) => Verdict::Reply(match message.get("payload") {
                Some(payload) => json!({ "type": "pong", "payload": payload }).to_string(),
                None => json!({ "type": "pong" }).to_string(),
            }),
            ("pong", _) => Verdict::Ignore,
            ("subscribe", Some(_)) if self.phase != Phase::Ready => Verdict::Close(Close::new(4401, "Unauthorized")),
            ("subscribe", Some(id)) => self.subscribe(id, message.remove("payload").unwrap_or_default()),
            ("complete", Some(id)) if self.active.remove(&id) => Verdict::Forward(text.to_owned()),
            ("complete", Some(_)) => Verdict::Ignore,
            ("subscribe" | "complete", None) => bad("The message needs an `id`."),
            _ => bad("There is no message of this type."),
        }
    }

    fn subscribe(&mut self, id: String, payload: Value) -> Verdict {
        let ask = match GraphqlParams::from_json(payload) {
            Ok(ask) => ask,
            Err(refusal) => return bad(&refusal.message),
        };
        if self.active.contains(&id) {
            return Verdict::Close(Close::new(4409, format!("Subscriber for {} already exists", short(&id))));
        }
        // Rewritten, because the library's request knows no `documentId`.
        let document = ask.document_id.map(|id| json!({ "persistedQuery": { "sha256Hash": id } }));
        let forwarded = json!({ "type": "subscribe", "id": id, "payload": {
            "query": ask.query.unwrap_or_default(),
            "operationName": ask.operation_name,
            "variables": ask.variables,
            "extensions": document.unwrap_or_else(|| json!({})),
        }});
        self.active.insert(id);
        Verdict::Forward(forwarded.to_string())
    }

    /// What is sent for a message of the library's, if anything: nothing about operations that are over.
    pub(super) fn library_says(&mut self, text: String) -> Option<String> {
        let Ok(Value::Object(mut message)) = serde_json::from_str(&text) else { return None };
        let kind = message.get("type").and_then(Value::as_str).unwrap_or("").to_owned();
        let id = message.get("id").and_then(Value::as_str).unwrap_or("").to_owned();
        match kind.as_str() {
            "connection_ack" => {
                self.phase = Phase::Ready;
                Some(text)
            }
            "next" if !self.active.contains(&id) => None,
            "next" if message["payload"]["extensions"].get(ENDED).is_some() => {
                self.active.remove(&id);
                let errors = message["payload"]["errors"].take();
                Some(json!({ "type": "error", "id": id, "payload": errors }).to_string())
            }
            "complete" => self.active.remove(&id).then_some(text),
            _ => Some(text),
        }
    }
}

fn bad(reason: &str) -> Verdict {
    Verdict::Close(Close::new(4400, reason))
}

/// A close frame's reason has room for 123 bytes.
fn short(id: &str) -> String {
    id.chars().take(20).collect()
}
