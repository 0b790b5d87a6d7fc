//! The two layers of permission in Halo: the scopes of the application, and the access levels of
//! the agent it logs in as. The intersection of both counts (docs/halo-api.md, section 2).

use std::fmt;

/// One permission of the published guide, and the one that the guide does not ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Application: `read:customers`.
    ReadCustomers,
    /// Application: `read:invoices`. Used where granted, never required.
    ReadInvoices,
    /// Application: `edit:softwarelicensing`.
    EditSoftwareLicensing,
    /// Agent: Customers, Read Only.
    AgentCustomers,
    /// Agent: Users, Read Only. In the guide, not used by this integration, not checked.
    AgentUsers,
    /// Agent: Software Licencing, Read And Modify. Halo answers the same when its Software
    /// Licencing module is switched off (Configuration, Asset Management), so a text about this one
    /// should name both.
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

    /// Returns whether the integration needs the permission.
    pub fn required(self) -> bool {
        !matches!(self, Permission::ReadInvoices | Permission::AgentUsers | Permission::AgentInvoices)
    }

    /// Returns the name that Halo's screens and the guide use.
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

    /// Returns the heading of the guide under which the permission is granted.
    pub fn guide_step(self) -> &'static str {
        match self {
            Permission::ReadCustomers | Permission::ReadInvoices | Permission::EditSoftwareLicensing => {
                "Creating an Application"
            }
            _ => "Creating an API Agent",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
