//! A partner's Halo connection, as far as anyone may see it: the secret is not part of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use crate::ids::{ConnectionId, HaloTenant, PartnerId};

/// Whether a connection can be used.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ConnectionState {
    Connected,
    NeedsAttention,
    Disconnected,
}

impl ConnectionState {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Clone, Debug)]
pub struct Connection {
    pub id: ConnectionId,
    pub partner: PartnerId,
    /// `https://host`, without a path.
    pub url: String,
    pub tenant: HaloTenant,
    pub application_client_id: String,
    pub credentials_updated_at: DateTime<Utc>,
    pub state: ConnectionState,
    pub problem: Option<Problem>,
    pub checks: Vec<Check>,
    /// Since when nothing is written because Halo did not keep a subscription's other fields.
    pub writes_suspended_since: Option<DateTime<Utc>>,
    pub last_verified_at: Option<DateTime<Utc>>,
    /// Last Sync Date: when a whole run last succeeded.
    pub last_synced_at: Option<DateTime<Utc>>,
}

impl Connection {
    /// Whether syncs can be asked for.
    pub fn is_usable(&self) -> bool {
        self.state != ConnectionState::Disconnected
    }
}

/// What the guide asks a partner to set up, in its own words: on the agent, and on the application.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CheckSubject {
    Address,
    Credentials,
    /// The agent's Customers Access Level.
    AgentCustomers,
    /// The agent's Users Access Level.
    AgentUsers,
    /// The agent's Software Licencing Access Level.
    AgentSoftwareLicencing,
    /// The agent's Invoices Access Level: not in the guide, only needed to see recurring invoices.
    AgentInvoices,
    ReadCustomers,
    ReadInvoices,
    EditSoftwareLicensing,
}

impl CheckSubject {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The result of one check of a connection.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CheckOutcome {
    Granted,
    Missing,
    /// It cannot be known without trying, or an earlier check failed.
    Unknown,
    /// Granted, but something about the answer is worth a look.
    Warning,
}

impl CheckOutcome {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One line of the connection doctor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    #[serde(rename = "permission")]
    pub subject: CheckSubject,
    pub outcome: CheckOutcome,
    /// Without it, nothing can be synced.
    pub required: bool,
    pub message: String,
    /// The heading of the published guide under which it is set up.
    pub guide_step: String,
}
