//! What a webhook is notified of. A payload has ids, numbers and codes, as the API has them, and no
//! name: it leaves INFIMA, and what it says can be looked up by those who may see it.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::{Value, json};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::domain::problem::ProblemCode;
use crate::domain::run::{RunState, Summary, Trigger};
use crate::ids::{AssociationId, ClientId, PartnerId, ProblemId, RunId, WebhookDeliveryId, WebhookId};

/// The kinds of event. Their names are part of payloads: none is ever given another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumString, IntoStaticStr, VariantArray)]
pub enum EventType {
    #[strum(serialize = "halo.sync.failed")]
    SyncFailed,
    #[strum(serialize = "halo.problem.opened")]
    ProblemOpened,
    #[strum(serialize = "halo.problem.resolved")]
    ProblemResolved,
    #[strum(serialize = "halo.night.finished")]
    NightFinished,
    #[strum(serialize = "halo.exclusion.ended")]
    ExclusionEnded,
    /// Sent when a user asks for it, whatever the webhook reports.
    #[strum(serialize = "halo.webhook.test")]
    Test,
}

impl EventType {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Something that happened to a partner's integration.
#[derive(Clone, Debug)]
pub struct Event {
    pub partner: PartnerId,
    pub at: DateTime<Utc>,
    pub fact: Fact,
}

#[derive(Clone, Debug)]
pub enum Fact {
    SyncFailed {
        run: RunId,
        trigger: Trigger,
        problem: Option<ProblemCode>,
    },
    ProblemOpened(Problem),
    ProblemResolved(Problem),
    NightFinished {
        run: RunId,
        night: NaiveDate,
        state: RunState,
        problem: Option<ProblemCode>,
        summary: Summary,
    },
    ExclusionEnded {
        client: ClientId,
        review_on: NaiveDate,
    },
    /// The id is that of the delivery, for each test is one of its own.
    Test {
        webhook: WebhookId,
        delivery: WebhookDeliveryId,
    },
}

/// A record of the history of problems.
#[derive(Clone, Debug)]
pub struct Problem {
    pub id: ProblemId,
    /// `None`: the problem is the connection's.
    pub of: Option<(ClientId, AssociationId)>,
    pub code: ProblemCode,
    pub blocks_sync: bool,
    pub first_seen_at: DateTime<Utc>,
}

impl Event {
    pub fn event_type(&self) -> EventType {
        match &self.fact {
            Fact::SyncFailed { .. } => EventType::SyncFailed,
            Fact::ProblemOpened(_) => EventType::ProblemOpened,
            Fact::ProblemResolved(_) => EventType::ProblemResolved,
            Fact::NightFinished { .. } => EventType::NightFinished,
            Fact::ExclusionEnded { .. } => EventType::ExclusionEnded,
            Fact::Test { .. } => EventType::Test,
        }
    }

    /// Names the fact: the same fact is the same event, however often it is read.
    pub fn key(&self) -> String {
        let subject = match &self.fact {
            Fact::SyncFailed { run, .. } | Fact::NightFinished { run, .. } => run.to_string(),
            Fact::ProblemOpened(problem) | Fact::ProblemResolved(problem) => problem.id.to_string(),
            // A client may be excluded again.
            Fact::ExclusionEnded { client, .. } => format!("{client} {}", self.at.timestamp()),
            Fact::Test { delivery, .. } => delivery.to_string(),
        };
        format!("{} {subject}", self.event_type().as_str())
    }

    /// The body that is sent.
    pub fn payload(&self) -> String {
        let mut data = self.data();
        data["partnerId"] = self.partner.to_string().into();
        json!({ "type": self.event_type().as_str(), "timestamp": time(self.at), "data": data }).to_string()
    }

    fn data(&self) -> Value {
        match &self.fact {
            Fact::SyncFailed { run, trigger, problem } => json!({
                "runId": run.to_string(),
                "trigger": code(trigger.as_str()),
                "problem": problem.map(|problem| code(problem.as_str())),
            }),
            Fact::ProblemOpened(problem) | Fact::ProblemResolved(problem) => json!({
                "problemId": problem.id.to_string(),
                "clientId": problem.of.map(|(client, _)| client.to_string()),
                "associationId": problem.of.map(|(_, association)| association.to_string()),
                "problem": code(problem.code.as_str()),
                "blocksSync": problem.blocks_sync,
                "firstSeenAt": time(problem.first_seen_at),
            }),
            Fact::NightFinished { run, night, state, problem, summary } => json!({
                "runId": run.to_string(),
                "night": night,
                "status": code(state.as_str()),
                "problem": problem.map(|problem| code(problem.as_str())),
                "created": summary.created,
                "updated": summary.updated,
                "unchanged": summary.unchanged,
                "failed": summary.failed,
                "skipped": summary.skipped,
            }),
            Fact::ExclusionEnded { client, review_on } => {
                json!({ "clientId": client.to_string(), "reviewOn": review_on })
            }
            Fact::Test { webhook, .. } => json!({ "webhookId": webhook.to_string() }),
        }
    }
}

/// A code as the API has it.
fn code(stored: &str) -> String {
    stored.to_ascii_uppercase()
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
