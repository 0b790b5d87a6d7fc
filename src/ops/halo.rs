//! The one place where Halo's words become the domain's.

use chrono::{DateTime, Utc};

use super::{OpError, Ops, UserError, UserErrorCode};
use crate::auth::PartnerScope;
use crate::domain::association::Billing;
use crate::domain::connection::{Check, CheckOutcome, CheckSubject, Connection};
use crate::domain::guide::{GuideStep, Permission};
use crate::domain::plan::ObservedSubscription;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::roster::RosterState;
use crate::halo::{
    CheckResult, ConnectionReport, Credentials, HaloError, LimitedBy, NotBilledReason, Priority, RecurringBilling,
    Session, Subject, Subscription,
};
use crate::ids::{ConnectionId, PartnerId};
use crate::ops::connection::not_connected;
use crate::seal::{Binding, Sealed};
use crate::storage::connections;

/// Where a connection's secret is kept, and the Halo it may be sent to: what its seal is bound to.
pub(super) fn secret_binding(id: ConnectionId, partner: PartnerId, url: &str) -> Binding<'_> {
    Binding { table: "connections", column: "sealed_secret", row: id.0, partner, address: url }
}

/// A conversation with the partner's Halo under the stored credentials, and the connection as it is
/// stored. None where the partner is not connected.
pub(super) async fn stored_session(
    ops: &Ops,
    scope: &PartnerScope,
    priority: Priority,
) -> Result<Option<(Connection, Session)>, OpError> {
    let stored = connections::load(&mut *ops.db.read(scope).await?, scope).await?;
    match stored.and_then(|stored| stored.connection) {
        Some((connection, Some(sealed))) => {
            let session = open_session(ops, scope, priority, &connection, sealed)?;
            Ok(Some((connection, session)))
        }
        _ => Ok(None),
    }
}

/// The same for a verb that writes: refuses an archived partner, and one without a connection.
pub(super) async fn active_session(
    ops: &Ops,
    scope: &PartnerScope,
    priority: Priority,
) -> Result<(Connection, Session), OpError> {
    let stored = connections::load(&mut *ops.db.read(scope).await?, scope).await?;
    if stored.as_ref().is_some_and(|stored| stored.partner_state == RosterState::Archived) {
        return Err(OpError::Archived);
    }
    match stored.and_then(|stored| stored.connection) {
        Some((connection, Some(sealed))) => {
            let session = open_session(ops, scope, priority, &connection, sealed)?;
            Ok((connection, session))
        }
        _ => Err(not_connected()),
    }
}

/// A conversation with the Halo of this connection, under its sealed secret.
pub(super) fn open_session(
    ops: &Ops,
    scope: &PartnerScope,
    priority: Priority,
    connection: &Connection,
    sealed: Vec<u8>,
) -> Result<Session, OpError> {
    let binding = secret_binding(connection.id, scope.partner(), &connection.url);
    let secret = ops.keys.open(&Sealed::from_bytes(sealed)?, &binding)?;
    // The address was read when it was saved; it only fails where a development address is not
    // allowed any more.
    let url = ops.halo.address(&connection.url).map_err(|_| HaloError::Blocked)?;
    let credentials = Credentials::new(url, &connection.application_client_id, &secret);
    Ok(ops.halo.session(credentials, priority).of_partner(scope.partner()))
}

/// What a run met. `last_worked` is when the connection last worked; `retried`: the run is tried
/// again by itself.
pub(super) fn problem(
    error: &HaloError,
    last_worked: Option<DateTime<Utc>>,
    retried: bool,
    now: DateTime<Utc>,
) -> Problem {
    Problem::new(problem_kind(error, last_worked, retried), now)
}

pub(super) fn problem_kind(error: &HaloError, last_worked: Option<DateTime<Utc>>, retried: bool) -> ProblemKind {
    match error {
        HaloError::CredentialsRejected => ProblemKind::CredentialsRejected { last_worked },
        &HaloError::PermissionDenied(permission) | &HaloError::NothingVisible(permission) => {
            ProblemKind::PermissionMissing { permission }
        }
        HaloError::LicensingOff => ProblemKind::LicensingOff,
        HaloError::RateLimited { by: LimitedBy::Halo, .. } => ProblemKind::RateLimited { retried },
        // INFIMA itself held the request back; Halo has said nothing.
        HaloError::RateLimited { by: LimitedBy::OurBudget, .. }
        | HaloError::BudgetUnavailable
        | HaloError::DeadlinePassed => ProblemKind::BudgetExhausted { retried },
        HaloError::Unavailable(_) => ProblemKind::HaloUnreachable { retried },
        HaloError::NotUnderstood(_)
        | HaloError::AnswerTooLarge(_)
        | HaloError::NotFound
        | HaloError::Rejected { .. } => ProblemKind::AnswerNotUnderstood,
        HaloError::NotHalo => ProblemKind::NotAHaloAddress { tried: Vec::new() },
        HaloError::NoTokenAddress { tried } => ProblemKind::NotAHaloAddress { tried: tried.clone() },
        HaloError::Blocked => ProblemKind::AddressBlocked,
    }
}

/// The error for a user who waits for Halo's answer: nothing is tried again by itself.
pub(super) fn user_error(error: &HaloError, field: &[&str]) -> UserError {
    let problem = problem_kind(error, None, false);
    let code = match problem {
        ProblemKind::CredentialsRejected { .. } => UserErrorCode::CredentialsRejected,
        ProblemKind::PermissionMissing { .. } => UserErrorCode::PermissionMissing,
        ProblemKind::LicensingOff => UserErrorCode::LicensingOff,
        ProblemKind::RateLimited { .. } => UserErrorCode::HaloRateLimited,
        ProblemKind::BudgetExhausted { .. } => UserErrorCode::HaloBudgetExhausted,
        ProblemKind::HaloUnreachable { .. } => UserErrorCode::HaloUnreachable,
        ProblemKind::NotAHaloAddress { .. } => UserErrorCode::NotAHaloAddress,
        ProblemKind::AddressBlocked => UserErrorCode::AddressBlocked,
        _ => UserErrorCode::HaloAnswerNotUnderstood,
    };
    let remedy = match error {
        HaloError::RateLimited { wait, .. } if !wait.is_zero() => {
            format!("Try again in {} seconds.", wait.as_secs().max(1))
        }
        _ => problem.remedy().unwrap_or_default().to_owned(),
    };
    UserError::new(code, field, format!("{} {remedy}", problem.message()))
}

/// The connection doctor's report, in the guide's words.
pub(super) fn checks(report: &ConnectionReport) -> Vec<Check> {
    report.checks.iter().map(|check| line(check.subject, &check.outcome)).collect()
}

fn line(subject: Subject, outcome: &CheckResult) -> Check {
    let (subject, label, required, guide_step) = match subject {
        Subject::Address => (CheckSubject::Address, "Halo PSA URL", true, GuideStep::ConnectionDetails),
        Subject::Credentials => {
            (CheckSubject::Credentials, "Client ID and Client Secret", true, GuideStep::Application)
        }
        Subject::Permission(permission) => {
            (checked(permission), permission.label(), permission.required(), permission.guide_step())
        }
    };
    let (outcome, message) = match outcome {
        CheckResult::Passed => (CheckOutcome::Granted, format!("{label}: works.")),
        CheckResult::Empty => (
            CheckOutcome::Warning,
            format!("{label}: works, but the list is empty. Is the agent a member of a default team?"),
        ),
        CheckResult::Unavailable(_) => (
            CheckOutcome::Warning,
            format!("{label}: missing. INFIMA cannot see which subscriptions are on a recurring invoice."),
        ),
        CheckResult::Failed(HaloError::PermissionDenied(missing)) => {
            (CheckOutcome::Missing, format!("{label}: Halo refuses access. {} is missing.", missing.label()))
        }
        CheckResult::Failed(error) => (CheckOutcome::Missing, format!("{label}: {error}.")),
        CheckResult::NotReached => {
            (CheckOutcome::Unknown, format!("{label}: not reached, because of what is wrong above."))
        }
        CheckResult::NotChecked => {
            (CheckOutcome::Unknown, format!("{label}: in the guide, not used by this integration, not checked."))
        }
    };
    Check { subject, outcome, required, message, guide_step: guide_step.heading().to_owned() }
}

fn checked(permission: Permission) -> CheckSubject {
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

/// A subscription as the plan sees it.
pub(super) fn observed(subscription: &Subscription) -> ObservedSubscription {
    ObservedSubscription {
        id: subscription.id,
        customer: subscription.customer,
        name: subscription.name.clone(),
        quantity: subscription.quantity.whole(),
        active: subscription.active,
        marker: subscription.marker.clone(),
        ours: subscription.is_from_our_vendor(),
        customer_name: subscription.customer_name.clone(),
    }
}

/// What recurring invoices say of a subscription, in the domain's words.
pub(super) fn billing(billing: RecurringBilling) -> Billing {
    match billing {
        RecurringBilling::Billed => Billing::OnRecurringInvoice,
        RecurringBilling::NotBilled(None) => Billing::NotOnRecurringInvoice,
        RecurringBilling::NotBilled(Some(NotBilledReason::InvoiceDisabled)) => Billing::InvoiceDisabled,
        RecurringBilling::NotBilled(Some(NotBilledReason::InvoiceEnded)) => Billing::InvoiceEnded,
        RecurringBilling::NotBilled(Some(NotBilledReason::LineInactive)) => Billing::LineInactive,
        RecurringBilling::NotBilled(Some(NotBilledReason::LineEnded)) => Billing::LineEnded,
        RecurringBilling::Unknown => Billing::Unknown,
    }
}
