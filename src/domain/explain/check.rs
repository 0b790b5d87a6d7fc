//! Explains the findings of a check of the connection. Each text says what was observed, because
//! more than that is not known.

use crate::domain::connection::{CheckOutcome, CheckSubject};
use crate::domain::guide::Permission;
use crate::domain::problem::ProblemKind;

const WITHOUT_INVOICES: &str =
    "Syncs work without it, but INFIMA cannot see which subscriptions are on a recurring invoice.";

impl CheckSubject {
    /// The subject as Halo's screens and the guide spell it.
    pub fn label(self) -> &'static str {
        match self {
            CheckSubject::Address => "Halo PSA URL",
            CheckSubject::Credentials => "Client ID and Client Secret",
            CheckSubject::AgentCustomers => Permission::AgentCustomers.label(),
            CheckSubject::AgentUsers => Permission::AgentUsers.label(),
            CheckSubject::AgentSoftwareLicencing => Permission::AgentSoftwareLicencing.label(),
            CheckSubject::AgentInvoices => Permission::AgentInvoices.label(),
            CheckSubject::ReadCustomers => Permission::ReadCustomers.label(),
            CheckSubject::ReadInvoices => Permission::ReadInvoices.label(),
            CheckSubject::EditSoftwareLicensing => Permission::EditSoftwareLicensing.label(),
        }
    }

    /// What a check that found nothing wrong has observed.
    pub fn observed_message(self) -> String {
        let observed = match self {
            CheckSubject::Address => "a Halo answers there",
            CheckSubject::Credentials => "Halo accepts them",
            CheckSubject::AgentCustomers => "works. Halo shows the agent its customers",
            CheckSubject::AgentSoftwareLicencing => "Halo shows the agent its subscriptions",
            CheckSubject::AgentInvoices => "works. Halo shows the agent its recurring invoices",
            CheckSubject::ReadCustomers => "works. Halo answers the application's request for customers",
            CheckSubject::ReadInvoices => "works. Halo grants it to the application",
            CheckSubject::EditSoftwareLicensing => "Halo grants it to the application",
            CheckSubject::AgentUsers => return self.not_checked_message(),
        };
        format!("{}: {observed}.", self.label())
    }

    /// What is said of a list that has no entry.
    pub fn empty_message(self) -> String {
        format!("{}: Halo answers with an empty list. Is the agent a member of a default team?", self.label())
    }

    pub fn not_reached_message(self) -> String {
        format!("{}: not reached, because of what is wrong above.", self.label())
    }

    pub fn not_checked_message(self) -> String {
        format!("{}: in the guide, not used by this integration, not checked.", self.label())
    }

    /// What a failed check has observed, and what follows where syncs work without the subject.
    pub fn failed_message(self, problem: &ProblemKind) -> String {
        let (label, observed) = (self.label(), problem.message());
        match self {
            CheckSubject::ReadInvoices => format!("{label}: {observed} {WITHOUT_INVOICES}"),
            CheckSubject::AgentInvoices => {
                format!("{label}: {observed} The guide does not ask for it. {WITHOUT_INVOICES}")
            }
            CheckSubject::Address
            | CheckSubject::Credentials
            | CheckSubject::AgentCustomers
            | CheckSubject::AgentUsers
            | CheckSubject::AgentSoftwareLicencing
            | CheckSubject::ReadCustomers
            | CheckSubject::EditSoftwareLicensing => format!("{label}: {observed}"),
        }
    }

    /// What is known of a permission to write, once Halo has shown subscriptions.
    pub fn write_message(self, outcome: CheckOutcome) -> String {
        let label = self.label();
        match outcome {
            CheckOutcome::Granted | CheckOutcome::Warning => {
                format!("{label}: works. Halo has accepted a subscription that INFIMA wrote.")
            }
            CheckOutcome::Missing => format!(
                "{label}: missing. Halo shows subscriptions and refused one that INFIMA wrote. Grant it in Halo, then \
                 sync again: only a sync can show that it works."
            ),
            CheckOutcome::Unknown => format!(
                "{label}: Halo shows its subscriptions. Whether INFIMA may change them will be known with the first \
                 subscription that it writes."
            ),
        }
    }
}
