//! The published guide by which a partner sets Halo up: its headings, and the permissions that it
//! asks for.

use serde::{Deserialize, Serialize};

/// A heading of the published guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum GuideStep {
    ApiAgent,
    Application,
    ConnectionDetails,
    Mapping,
    SubscriptionManagement,
    SyncProcess,
}

impl GuideStep {
    /// The heading as the guide spells it.
    pub fn heading(self) -> &'static str {
        match self {
            GuideStep::ApiAgent => "Creating an API Agent",
            GuideStep::Application => "Creating an Application",
            GuideStep::ConnectionDetails => "Save Halo PSA Connection Details",
            GuideStep::Mapping => "Map INFIMA Clients to Halo Clients",
            GuideStep::SubscriptionManagement => "Subscription Management",
            GuideStep::SyncProcess => "Sync Process",
        }
    }
}

/// Makes the address of a heading within the published guide, whose page names its headings in
/// lower case with hyphens.
pub fn address_of_heading(guide: &str, heading: &str) -> String {
    let words = heading.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    format!("{guide}#{}", words.collect::<Vec<_>>().join("-").to_ascii_lowercase())
}

/// A permission in Halo. There are two layers: what the application may ask for, and what the agent
/// that it logs in as may see. What counts is the intersection of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Application: `read:customers`.
    ReadCustomers,
    /// Application: `read:invoices`. Used if granted, never required.
    ReadInvoices,
    /// Application: `edit:softwarelicensing`.
    EditSoftwareLicensing,
    /// Agent: Customers, Read Only.
    AgentCustomers,
    /// Agent: Users, Read Only. In the guide, not used by this integration, not checked.
    AgentUsers,
    /// Agent: Software Licencing, Read And Modify. Halo answers the same when its Software
    /// Licencing module is switched off (Configuration, Asset Management), so a text about this
    /// permission names both.
    AgentSoftwareLicencing,
    /// Agent: Invoices, Read Only. Not in the guide; only needed to see which subscriptions are on
    /// a recurring invoice.
    AgentInvoices,
}

impl Permission {
    /// The permissions of the guide, in its order.
    pub const GUIDE: [Permission; 6] = [
        Permission::AgentCustomers,
        Permission::AgentUsers,
        Permission::AgentSoftwareLicencing,
        Permission::ReadCustomers,
        Permission::ReadInvoices,
        Permission::EditSoftwareLicensing,
    ];

    /// Whether the integration cannot work without the permission.
    pub fn required(self) -> bool {
        !matches!(self, Permission::ReadInvoices | Permission::AgentUsers | Permission::AgentInvoices)
    }

    /// The permission as Halo's screens and the guide spell it.
    pub fn label(self) -> &'static str {
        match self {
            Permission::ReadCustomers => "read:customers",
            Permission::ReadInvoices => "read:invoices",
            Permission::EditSoftwareLicensing => "edit:softwarelicensing",
            Permission::AgentCustomers => "Customers Access Level: Read Only",
            Permission::AgentUsers => "Users Access Level: Read Only",
            Permission::AgentSoftwareLicencing => "Software Licencing Access Level: Read And Modify",
            Permission::AgentInvoices => "Invoices Access Level: Read Only",
        }
    }

    /// Who lacks the permission, in a sentence.
    pub fn holder(self) -> &'static str {
        match self.guide_step() {
            GuideStep::Application => "the application",
            _ => "the agent",
        }
    }

    /// The heading in the guide under which the permission is granted.
    pub fn guide_step(self) -> GuideStep {
        match self {
            Permission::ReadCustomers | Permission::ReadInvoices | Permission::EditSoftwareLicensing => {
                GuideStep::Application
            }
            Permission::AgentCustomers
            | Permission::AgentUsers
            | Permission::AgentSoftwareLicencing
            | Permission::AgentInvoices => GuideStep::ApiAgent,
        }
    }
}
