//! The one place where Halo's words become the domain's.

use chrono::{DateTime, Utc};

use super::{OpError, Ops, UserError, UserErrorCode};
use crate::auth::PartnerScope;
use crate::domain::association::Billing;
use crate::domain::connection::{Check, CheckOutcome, CheckSubject, Connection};
use crate::domain::guide::{GuideStep, Permission};
use crate::domain::plan::ObservedSubscription;
use crate::domain::problem::{Problem, ProblemCode, ProblemKind};
use crate::halo::{
    CheckResult, ConnectionReport, Credentials, HaloError, NotBilledReason, Priority, RecurringBilling, Session,
    Subject, Subscription,
};
use crate::ids::{ConnectionId, PartnerId};
use crate::seal::{Binding, Sealed};
use crate::storage::connections;

/// Where a connection's secret is kept, and the Halo it may be sent to: what its seal is bound to.
pub(super) fn secret_binding(id: ConnectionId, partner: PartnerId, url: &str) -> Binding<'_> {
    Binding { table: "connections", column: "sealed_secret", row: id.0, partner, address: url }
}

/// A conversation with the partner's Halo under the stored credentials, and the connection as it is stored. None where the
/// partner is not connected.
pub(super) async fn stored_session(
    ops: &Ops,
    scope: &PartnerScope,
    priority: Priority,
) -> Result<Option<(Connection, Session)>, OpError> {
    let stored = connections::find_with_secret(&mut *ops.db.read(scope).await?, scope).await?;
    let Some((connection, Some(sealed))) = stored else { return Ok(None) };
    let binding = secret_binding(connection.id, scope.partner(), &connection.url);
    let secret = ops.keys.open(&Sealed::from_bytes(sealed)?, &binding)?;
    // The address was read when it was saved; it only fails where a development address is not allowed any more.
    let url = ops.halo.address(&connection.url).map_err(|_| HaloError::Blocked)?;
    let credentials = Credentials::new(url, &connection.application_client_id, &secret);
    let session = ops.halo.session(credentials, priority).of_partner(scope.partner());
    Ok(Some((connection, session)))
}

/// What is wrong, for the partner. `last_worked` is when the connection last worked.
pub(super) fn problem(error: &HaloError, last_worked: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Problem {
    Problem::new(problem_kind(error, last_worked), now)
}

pub(super) fn problem_kind(error: &HaloError, last_worked: Option<DateTime<Utc>>) -> ProblemKind {
    match error {
        HaloError::CredentialsRejected => ProblemKind::CredentialsRejected { last_worked },
        &HaloError::PermissionDenied(permission) => ProblemKind::PermissionMissing { permission },
        HaloError::LicensingOff => ProblemKind::LicensingOff,
        HaloError::RateLimited { .. } => ProblemKind::RateLimited,
        HaloError::Unavailable(_) | HaloError::BudgetUnavailable | HaloError::DeadlinePassed => {
            ProblemKind::HaloUnreachable
        }
        HaloError::NotUnderstood(_)
        | HaloError::AnswerTooLarge(_)
        | HaloError::NotFound
        | HaloError::Rejected { .. } => ProblemKind::AnswerNotUnderstood,
        HaloError::NotHalo => ProblemKind::NotAHaloAddress { tried: Vec::new() },
        HaloError::NoTokenAddress { tried } => ProblemKind::NotAHaloAddress { tried: tried.clone() },
        HaloError::Blocked => ProblemKind::AddressBlocked,
    }
}

/// The same for somebody who is filling in a form.
pub(super) fn user_error(error: &HaloError, field: &[&str], now: DateTime<Utc>) -> UserError {
    let problem = problem(error, None, now);
    let code = match problem.code() {
        ProblemCode::CredentialsRejected => UserErrorCode::CredentialsRejected,
        ProblemCode::PermissionMissing => UserErrorCode::PermissionMissing,
        ProblemCode::LicensingOff => UserErrorCode::LicensingOff,
        ProblemCode::RateLimited => UserErrorCode::HaloRateLimited,
        ProblemCode::HaloUnreachable => UserErrorCode::HaloUnreachable,
        ProblemCode::NotAHaloAddress => UserErrorCode::NotAHaloAddress,
        ProblemCode::AddressBlocked => UserErrorCode::AddressBlocked,
        _ => UserErrorCode::HaloAnswerNotUnderstood,
    };
    let message = match problem.remedy() {
        Some(remedy) => format!("{} {remedy}", problem.message()),
        None => match error {
            HaloError::RateLimited { wait, .. } => {
                format!("Halo has had enough requests for now. Try again in {} seconds.", wait.as_secs().max(1))
            }
            _ => "Halo did not answer. Check the address, or try again in a few minutes.".to_owned(),
        },
    };
    UserError::new(code, field, message)
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
            format!("{label}: not there. INFIMA cannot tell which subscriptions are on a recurring invoice."),
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
