//! What the tenant was asked and what that did: the only witness a recovery test may believe.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::Fault;

/// What kind of request it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    Discovery,
    InstanceInfo,
    Token,
    CustomerList,
    CustomerSingle,
    SubscriptionList,
    SubscriptionSingle,
    /// `POST /api/SoftwareLicence` with an element that has no id.
    Create,
    /// `POST /api/SoftwareLicence` with ids only.
    Update,
    Delete,
    ChangeList,
    InvoiceList,
    InvoiceSingle,
    /// Anything else that came over HTTP.
    Other,
    /// Not a request: a partner did something inside Halo.
    ByHand,
    /// Not a request: a create that had been answered with an error took effect later.
    Late,
}

impl Call {
    pub fn is_list(self) -> bool {
        use Call::*;
        matches!(self, CustomerList | SubscriptionList | ChangeList | InvoiceList)
    }
}

/// What a request changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    TokenIssued,
    Created {
        id: i32,
        client_id: i32,
        count: f64,
    },
    /// Written, changed or not.
    Updated {
        id: i32,
        client_id: i32,
        from: f64,
        to: f64,
    },
    Deleted {
        id: i32,
    },
    /// Answered with an error, and will be created all the same.
    CreatedLater,
}

/// One request, or one act by hand, in the order in which they took effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub no: u64,
    pub at: DateTime<Utc>,
    pub tenant: String,
    pub call: Call,
    pub method: String,
    /// As it was sent; paths are case-insensitive, so compare [`Entry::call`] instead.
    pub path: String,
    pub query: String,
    /// 0 where the connection was cut without an answer.
    pub status: u16,
    /// The JSON sent, or the harmless fields of a token request. Never a secret, never a token.
    pub sent: Value,
    pub effects: Vec<Effect>,
    /// Faults that took part.
    pub faults: Vec<Fault>,
}
