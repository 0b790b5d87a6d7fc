//! The checks of a connection: one for the address, one for the credentials, and one for each
//! permission.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::domain::guide::Permission;

/// What the guide asks a partner to set up, in its own words: on the agent, and on the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
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

    /// Whether only a write shows that the permission is granted.
    pub(super) fn is_shown_by_writes(self) -> bool {
        matches!(self, CheckSubject::EditSoftwareLicensing | CheckSubject::AgentSoftwareLicencing)
    }
}

impl From<Permission> for CheckSubject {
    fn from(permission: Permission) -> Self {
        match permission {
            Permission::ReadCustomers => CheckSubject::ReadCustomers,
            Permission::ReadInvoices => CheckSubject::ReadInvoices,
            Permission::EditSoftwareLicensing => CheckSubject::EditSoftwareLicensing,
            Permission::AgentCustomers => CheckSubject::AgentCustomers,
            Permission::AgentUsers => CheckSubject::AgentUsers,
            Permission::AgentSoftwareLicencing => CheckSubject::AgentSoftwareLicencing,
            Permission::AgentInvoices => CheckSubject::AgentInvoices,
        }
    }
}

/// The result of one check of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CheckOutcome {
    Granted,
    Missing,
    /// Only a write can show it, or an earlier check failed.
    Unknown,
    /// Granted, but something in the answer should be reviewed.
    Warning,
}

impl CheckOutcome {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One finding of a check of the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    #[serde(rename = "permission")]
    pub subject: CheckSubject,
    pub outcome: CheckOutcome,
    /// Whether syncs need the subject.
    pub required: bool,
    pub message: String,
    /// The heading of the published guide that describes the set-up.
    pub guide_step: String,
}
