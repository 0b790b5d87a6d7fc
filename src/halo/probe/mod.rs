//! The probe tests on one real tenant what docs/halo-api.md says about Halo.
//!
//! It looks at Halo's raw answers, because the rest of this module decodes leniently and would hide
//! what the probe looks for. It sends its requests one after the other through the session's
//! transport, never more than [`MOST_REQUESTS`], and stops at the first 429. Reading is the
//! default; [`Session::probe_writes`] creates one subscription and changes only that.
//!
//! A report holds no value of Halo's: answers are described by their shape ([`shape`]).

mod checks;
mod read;
mod report;
mod shape;
mod token;
mod write;

use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{HaloError, Session, transport::MaxWait};
use crate::net::{AnswerLimits, Body, Call, Method};

pub use checks::{CHECKS, Check};
pub use report::{ProbeReport, Verdict};
pub use write::ProbeWrites;

/// More requests than a probe needs, and a fraction of what Halo allows in five minutes.
pub const MOST_REQUESTS: u32 = 80;
/// An id that no tenant is expected to have: ids are signed 32-bit integers.
const UNKNOWN_ID: i32 = 2_147_483_000;

/// One answer of Halo.
struct Seen {
    status: u16,
    json: Option<Value>,
    bytes: usize,
}

impl Seen {
    fn describe(&self) -> String {
        match &self.json {
            Some(json) => format!("{}, {}", self.status, shape::shape(json)),
            None if self.bytes == 0 => format!("{} with an empty body", self.status),
            None => format!("{} with {} bytes that are not JSON", self.status, self.bytes),
        }
    }

    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn object(&self) -> Option<&Map<String, Value>> {
        self.json.as_ref()?.as_object()
    }

    /// Returns the rows under `key`, or of a bare array.
    fn rows(&self, key: &str) -> Option<&Vec<Value>> {
        let json = self.json.as_ref().filter(|_| self.is_success())?;
        json.get(key).unwrap_or(json).as_array()
    }
}

/// A probe in progress.
struct Probe<'s> {
    session: &'s Session,
    report: ProbeReport,
    bearer: Option<SecretString>,
    slowest: Duration,
    rate_headers: Vec<String>,
    limited: bool,
}

impl Session {
    /// Tests every statement that reading can test.
    pub async fn probe_reads(&self) -> ProbeReport {
        let mut probe = Probe {
            session: self,
            report: ProbeReport::default(),
            bearer: None,
            slowest: Duration::ZERO,
            rate_headers: Vec::new(),
            limited: false,
        };
        probe.discovery().await;
        if probe.tokens().await {
            probe.customers().await;
            probe.licences().await;
            probe.invoices().await;
        }
        probe.answers();
        probe.report.requests = self.requests();
        probe.report
    }
}

impl Probe<'_> {
    async fn get(&mut self, path: &str, query: &[(&str, &str)]) -> Option<Seen> {
        let mut url = self.session.credentials.url.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let bearer = self.bearer.clone();
        self.send(Call { bearer: bearer.as_ref(), ..Call::get(url, AnswerLimits::PAGE) }).await
    }

    async fn post(&mut self, path: &str, body: Value) -> Option<Seen> {
        let url = self.session.credentials.url.at(path);
        let bearer = self.bearer.clone();
        let call = Call::get(url, AnswerLimits::PAGE);
        self.send(Call { method: Method::POST, bearer: bearer.as_ref(), body: Body::Json(body), ..call }).await
    }

    /// Sends one request. `None` means that there is no answer to look at; nothing is sent after a
    /// 429.
    async fn send(&mut self, call: Call<'_>) -> Option<Seen> {
        if self.limited {
            return None;
        }
        let began = Instant::now();
        let answer = match self.session.exchange(call, MaxWait::Default).await.map_err(HaloError::from) {
            Ok(answer) => answer,
            Err(HaloError::RateLimited { wait, .. }) => {
                self.limited = true;
                let seen = format!("429 after {} requests, wait {} s", self.session.requests(), wait.as_secs());
                self.report.judge("limits.rate", false, seen);
                return None;
            }
            Err(error) => {
                if error == HaloError::NoAnswer {
                    self.report.judge("answers.latency", false, "a request got no answer");
                }
                return None;
            }
        };
        self.slowest = self.slowest.max(began.elapsed());
        for name in answer.headers.keys().map(|name| name.as_str()) {
            let limits = name.contains("ratelimit") || name.contains("rate-limit") || name == "retry-after";
            if limits && !self.rate_headers.iter().any(|known| known == name) {
                self.rate_headers.push(name.to_owned());
            }
        }
        let json = serde_json::from_slice(&answer.body).ok();
        Some(Seen { status: answer.status.as_u16(), json, bytes: answer.body.len() })
    }

    /// Records what all answers have in common.
    fn answers(&mut self) {
        if self.session.requests() == 0 {
            return;
        }
        let seen = if self.rate_headers.is_empty() { "none".into() } else { self.rate_headers.join(", ") };
        self.report.judge("limits.headers", self.rate_headers.is_empty(), seen);
        if !self.limited {
            self.report.judge("limits.rate", true, format!("{} requests without a 429", self.session.requests()));
        }
        let slowest = self.slowest.as_millis();
        self.report.judge("answers.latency", true, format!("the slowest answer took {slowest} ms"));
    }
}
