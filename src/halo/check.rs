//! The connection check: is the address a Halo, are the credentials right, and is each permission
//! of the guide granted?
//!
//! Each answer comes from a real request, because a token that looks right may grant nothing
//! (docs/halo-api.md, section 8). Only writing cannot be checked without a write; the first create
//! is that check.

use super::{
    HaloError, Session,
    customers::WireClient,
    invoices::WireInvoice,
    paging::ListedRecord,
    subscriptions::WireLicence,
    token::{OAuthScope, Token},
    transport::MaxWait,
};
use crate::domain::guide::{GuideStep, Permission};
use crate::ids::HaloTenant;

/// The result of a connection check.
#[derive(Clone, Debug)]
pub struct ConnectionReport {
    /// The tenant, known once the address has proved to be a Halo.
    pub tenant: Option<HaloTenant>,
    /// Address, credentials, then the guide's permissions in its order.
    pub checks: Vec<CheckEntry>,
}

#[derive(Clone, Debug)]
pub struct CheckEntry {
    pub subject: Subject,
    pub outcome: CheckResult,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Address,
    Credentials,
    Permission(Permission),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckResult {
    Passed,
    /// The read succeeded with an empty list: a new tenant, or an agent whose team sees nothing.
    Empty,
    /// The permission is missing and the integration works without it.
    Unavailable(HaloError),
    /// The check failed and has to be fixed.
    Failed(HaloError),
    /// The check was not made because an earlier one failed.
    NotReached,
    /// The permission is in the guide and not used by this integration.
    NotChecked,
}

impl ConnectionReport {
    /// Returns the first failure that keeps the connection from working; `None` if it works.
    pub fn failure(&self) -> Option<(Subject, &HaloError)> {
        self.failures().next()
    }

    /// Returns everything that keeps the connection from working.
    pub fn failures(&self) -> impl Iterator<Item = (Subject, &HaloError)> {
        self.checks.iter().filter_map(|check| match &check.outcome {
            CheckResult::Failed(error) => Some((check.subject, error)),
            _ => None,
        })
    }

    fn unreached() -> Self {
        let permissions = Permission::GUIDE.map(Subject::Permission);
        let subjects = [Subject::Address, Subject::Credentials].into_iter().chain(permissions);
        let checks = subjects.map(|subject| CheckEntry {
            subject,
            outcome: match subject {
                Subject::Permission(Permission::AgentUsers) => CheckResult::NotChecked,
                _ => CheckResult::NotReached,
            },
        });
        Self { tenant: None, checks: checks.collect() }
    }

    /// Lists a level of the agent that the guide does not ask for, after those that it does.
    fn list(&mut self, level: Permission) {
        let subject = Subject::Permission(level);
        if self.checks.iter().any(|check| check.subject == subject) {
            return;
        }
        let of_the_agent = |check: &CheckEntry| match check.subject {
            Subject::Permission(permission) => permission.guide_step() == GuideStep::ApiAgent,
            Subject::Address | Subject::Credentials => true,
        };
        let place = self.checks.iter().take_while(|check| of_the_agent(check)).count();
        self.checks.insert(place, CheckEntry { subject, outcome: CheckResult::NotReached });
    }

    fn set(&mut self, subject: Subject, outcome: CheckResult) {
        if let Some(check) = self.checks.iter_mut().find(|check| check.subject == subject) {
            check.outcome = outcome;
        }
    }
}

impl Session {
    /// Checks everything with at most a dozen requests. It never fails; every result is in the
    /// report. It requests a new token, because an old one lacks what the partner granted after it
    /// was issued.
    pub async fn check(&self) -> ConnectionReport {
        let mut report = ConnectionReport::unreached();
        self.examine(&mut report).await;
        report
    }

    async fn examine(&self, report: &mut ConnectionReport) {
        match self.discovery().await {
            Ok(discovery) => report.tenant = Some(discovery.tenant(&self.credentials.url)),
            // No Halo describes itself at such length.
            Err(HaloError::AnswerTooLarge(_)) => {
                return report.set(Subject::Address, CheckResult::Failed(HaloError::NotHalo));
            }
            Err(error) => return report.set(Subject::Address, CheckResult::Failed(error)),
        }
        report.set(Subject::Address, CheckResult::Passed);

        let token = match self.new_token().await {
            Ok(token) => token,
            Err(HaloError::PermissionDenied(missing)) => {
                report.set(Subject::Credentials, CheckResult::Passed);
                let failed = CheckResult::Failed(HaloError::PermissionDenied(missing));
                return report.set(Subject::Permission(missing), failed);
            }
            // Discovery answered, but no address issues tokens.
            Err(error @ HaloError::NoTokenAddress { .. }) => {
                return report.set(Subject::Address, CheckResult::Failed(error));
            }
            Err(error) => return report.set(Subject::Credentials, CheckResult::Failed(error)),
        };
        report.set(Subject::Credentials, CheckResult::Passed);
        for scope in [OAuthScope::ReadCustomers, OAuthScope::EditLicensing, OAuthScope::ReadInvoices] {
            self.examine_scope(report, &token, scope).await;
        }
    }

    /// Checks both layers with one real read: the application's scope, and the agent's access level
    /// below it.
    async fn examine_scope(&self, report: &mut ConnectionReport, token: &Token, scope: OAuthScope) {
        let (read, agent) = match scope {
            OAuthScope::ReadCustomers => (self.first_of::<WireClient>().await, Permission::AgentCustomers),
            OAuthScope::EditLicensing => (self.first_of::<WireLicence>().await, Permission::AgentSoftwareLicencing),
            OAuthScope::ReadInvoices if !token.grants(scope) => {
                (Err(HaloError::PermissionDenied(Permission::ReadInvoices)), Permission::AgentInvoices)
            }
            OAuthScope::ReadInvoices => (self.first_of::<WireInvoice>().await, Permission::AgentInvoices),
        };
        let application = scope.permission();
        let bad =
            |error| if application.required() { CheckResult::Failed(error) } else { CheckResult::Unavailable(error) };
        let (of_application, of_agent) = match read {
            Ok(true) => (CheckResult::Passed, CheckResult::Passed),
            Ok(false) if scope == OAuthScope::ReadCustomers => (CheckResult::Passed, CheckResult::Empty),
            Ok(false) => (CheckResult::Passed, CheckResult::Passed),
            // The scope was granted, so the agent's level is missing. The guide's agent has no
            // Invoices level, so only a refusal has a line about it.
            Err(error @ HaloError::PermissionDenied(missing)) if missing == agent => {
                report.list(agent);
                (CheckResult::Passed, bad(error))
            }
            Err(error @ HaloError::PermissionDenied(_)) => (bad(error), CheckResult::NotReached),
            Err(error) => (bad(error.clone()), bad(error)),
        };
        report.set(Subject::Permission(application), of_application);
        report.set(Subject::Permission(agent), of_agent);
    }

    /// Returns whether the list has a row that this agent can see.
    async fn first_of<R: ListedRecord>(&self) -> Result<bool, HaloError> {
        Ok(!self.page::<R>(&[], 1, 1, MaxWait::Default).await?.rows.is_empty())
    }
}
