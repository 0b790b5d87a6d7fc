//! The audit log: who did what to which partner's integration, and when.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::auth::Actor;
use crate::ids::{ActivityId, PartnerId};

#[derive(Clone, Debug)]
pub struct Activity {
    pub id: ActivityId,
    pub partner: PartnerId,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// What was done, as `noun.verb`.
    pub act: String,
    /// The global id of what it was done to.
    pub subject: Option<String>,
    /// Why, in support's words.
    pub reason: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub request_id: Option<String>,
}
