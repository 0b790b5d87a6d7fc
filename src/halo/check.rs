//! The connection's doctor: is this a Halo, are the credentials right, and is each permission of the guide there?
//!
//! Each answer comes from a real request, because a token that looks right may be good for nothing (Halo's API notes, section
//! 8). The only thing that cannot be tried without writing is writing; the first create is that test.

use super::{
    HaloError, Permission, Session,
    customers::WireClient,
    invoices::WireInvoice,
    paging::Record,
    subscriptions::WireLicence,
    token::{Scope, Token},
    transport::MaxWait,
};
use crate::ids::HaloTenant;

/// What the check found.
#[derive(Clone, Debug)]
pub struct ConnectionReport {
    /// Known once the address has proved to be a Halo.
    pub tenant: Option<HaloTenant>,
    /// Address, credentials, then the guide's permissions in its order.
    pub checks: Vec<Check>,
}

#[derive(Clone, Debug)]
pub struct Check {
    pub subject: Subject,
    pub outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Address,
    Credentials,
    Permission(Permission),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// The read worked and the list is empty: a new tenant, or an agent whose team sees nothing.
    Empty,
    /// It is not there and the integration does without.
    Unavailable(HaloError),
    /// It has to be mended.
    Failed(HaloError),
    /// An earlier check failed, so nothing is known.
    NotReached,
    /// In the guide, not used by this integration.
    NotChecked,
}

impl ConnectionReport {
    /// The first thing that keeps the connection from working; `None` when it works.
    pub fn failure(&self) -> Option<(Subject, &HaloError)> {
        self.checks.iter().find_map(|check| match &check.outcome {
            Outcome::Failed(error) => Some((check.subject, error)),
            _ => None,
        })
    }

    fn unreached() -> Self {
        let permissions = Permission::GUIDE.map(Subject::Permission);
        let subjects = [Subject::Address, Subject::Credentials].into_iter().chain(permissions);
        let checks = subjects.map(|subject| Check {
            subject,
            outcome: match subject {
                Subject::Permission(Permission::AgentUsers) => Outcome::NotChecked,
                _ => Outcome::NotReached,
            },
        });
        Self { tenant: None, checks: checks.collect() }
    }

    fn set(&mut self, subject: Subject, outcome: Outcome) {
        if let Some(check) = self.checks.iter_mut().find(|check| check.subject == subject) {
            check.outcome = outcome;
        }
    }
}

impl Session {
    /// Checks everything, in at most a dozen requests; it never fails, everything is in the report. A new token is asked for,
    /// because what a partner just granted is not in an old one.
    pub async fn check(&self) -> ConnectionReport {
        let mut report = ConnectionReport::unreached();
        self.examine(&mut report).await;
        report
    }

    async fn examine(&self, report: &mut ConnectionReport) {
        match self.discovery().await {
            Ok(discovery) => report.tenant = Some(discovery.tenant(&self.credentials.url)),
            Err(error) => return report.set(Subject::Address, Outcome::Failed(error)),
        }
        report.set(Subject::Address, Outcome::Passed);

        let token = match self.new_token().await {
            Ok(token) => token,
            Err(HaloError::PermissionDenied(missing)) => {
                report.set(Subject::Credentials, Outcome::Passed);
                let failed = Outcome::Failed(HaloError::PermissionDenied(missing));
                return report.set(Subject::Permission(missing), failed);
            }
            // Discovery answered, but nothing gives out tokens.
            Err(error @ HaloError::NotHalo) => return report.set(Subject::Address, Outcome::Failed(error)),
            Err(error) => return report.set(Subject::Credentials, Outcome::Failed(error)),
        };
        report.set(Subject::Credentials, Outcome::Passed);
        for scope in [Scope::ReadCustomers, Scope::EditLicensing, Scope::ReadInvoices] {
            self.examine_scope(report, &token, scope).await;
        }
    }

    /// One real read shows both layers at once: the application's scope, and the agent's level below it.
    async fn examine_scope(&self, report: &mut ConnectionReport, token: &Token, scope: Scope) {
        let (read, agent) = match scope {
            Scope::ReadCustomers => (self.first_of::<WireClient>().await, Permission::AgentCustomers),
            Scope::EditLicensing => (self.first_of::<WireLicence>().await, Permission::AgentSoftwareLicencing),
            Scope::ReadInvoices if !token.grants(scope) => {
                (Err(HaloError::PermissionDenied(Permission::ReadInvoices)), Permission::AgentInvoices)
            }
            Scope::ReadInvoices => (self.first_of::<WireInvoice>().await, Permission::AgentInvoices),
        };
        let application = scope.permission();
        let bad = |error| if application.required() { Outcome::Failed(error) } else { Outcome::Unavailable(error) };
        let (of_application, of_agent) = match read {
            Ok(true) => (Outcome::Passed, Outcome::Passed),
            Ok(false) if scope == Scope::ReadCustomers => (Outcome::Passed, Outcome::Empty),
            Ok(false) => (Outcome::Passed, Outcome::Passed),
            // The scope was granted, so it is the agent. The guide's agent has no Invoices level to report on its own.
            Err(error @ HaloError::PermissionDenied(missing)) if missing == agent && application.required() => {
                (Outcome::Passed, bad(error))
            }
            Err(error @ HaloError::PermissionDenied(_)) => (bad(error), Outcome::NotReached),
            Err(error) => (bad(error.clone()), bad(error)),
        };
        report.set(Subject::Permission(application), of_application);
        report.set(Subject::Permission(agent), of_agent);
    }

    /// Whether the list has any row that this agent can see.
    async fn first_of<R: Record>(&self) -> Result<bool, HaloError> {
        Ok(!self.page::<R>(&[], 1, 1, MaxWait::Default).await?.rows.is_empty())
    }
}
