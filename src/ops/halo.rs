//! The one place where values of `halo/` are translated into values of the domain.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{HaloFailure, HaloFailureCode, OpError, Ops, UserError};
use crate::auth::PartnerScope;
use crate::domain::association::{Billing, CustomerDetails, MappedCustomer};
use crate::domain::connection::{Check, CheckOutcome, CheckSubject, Connection};
use crate::domain::guide::GuideStep;
use crate::domain::plan::ObservedSubscription;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::roster::RosterState;
use crate::halo::{
    CheckResult, ConnectionReport, Credentials, Customer, HaloError, InvoicedSubscription, LimitedBy, NotBilledReason,
    Priority, RecurringBilling, Session, Subject, Subscription,
};
use crate::ids::{ConnectionId, PartnerId};
use crate::ops::connection::not_connected;
use crate::seal::{Binding, Sealed};
use crate::storage::billing::Shown;
use crate::storage::connections::{self, Stored, StoredConnection};

/// What the seal of a connection's secret is bound to: the row that keeps it, and the Halo that it
/// may be sent to.
pub(super) fn secret_binding(id: ConnectionId, partner: PartnerId, url: &str) -> Binding<'_> {
    Binding { table: "connections", column: "sealed_secret", row: id.0, partner, address: url }
}

/// Opens a session with the partner's Halo for a user who waits, and returns it with the stored
/// connection.
pub(super) async fn stored_session(ops: &Ops, scope: &PartnerScope) -> Result<(Connection, Session), OpError> {
    let stored = connections::load(&mut *ops.db.read(scope).await?, scope).await?;
    interactive_session(ops, scope, stored)
}

/// Opens a session for a verb that writes: an archived partner is refused.
pub(super) async fn active_session(ops: &Ops, scope: &PartnerScope) -> Result<(Connection, Session), OpError> {
    let stored = connections::load(&mut *ops.db.read(scope).await?, scope).await?;
    if stored.as_ref().is_some_and(|stored| stored.partner_state == RosterState::Archived) {
        return Err(OpError::Archived);
    }
    interactive_session(ops, scope, stored)
}

fn interactive_session(
    ops: &Ops,
    scope: &PartnerScope,
    stored: Option<StoredConnection>,
) -> Result<(Connection, Session), OpError> {
    let Some(Stored { connection, sealed_secret: Some(sealed), .. }) = stored.and_then(|stored| stored.connection)
    else {
        return Err(not_connected());
    };
    let session = open_session(ops, scope, Priority::Interactive, &connection, sealed)?;
    Ok((connection, session))
}

/// Opens a session with the Halo of this connection, under its sealed secret.
pub(super) fn open_session(
    ops: &Ops,
    scope: &PartnerScope,
    priority: Priority,
    connection: &Connection,
    sealed: Vec<u8>,
) -> Result<Session, OpError> {
    let binding = secret_binding(connection.id, scope.partner(), &connection.url);
    let secret = ops.keys.open(&Sealed::from_bytes(sealed)?, &binding)?;
    // The address was accepted when it was saved. It only fails if it is a development address that
    // is no longer allowed.
    let url = ops.halo.address(&connection.url).map_err(|_| HaloError::Blocked)?;
    let credentials = Credentials::new(url, &connection.application_client_id, &secret);
    let session = ops.halo.session(credentials, priority).of_partner(scope.partner());
    Ok(match priority {
        Priority::Interactive => session.asked_by(&scope.actor().subject),
        Priority::Background => session,
    })
}

/// The problem of a run that met the error. `last_worked` is when the connection last worked;
/// `retried` says whether the run is tried again by itself.
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
        HaloError::RateLimited { by: LimitedBy::OurBudget, .. } => ProblemKind::BudgetExhausted { retried },
        HaloError::BudgetUnavailable | HaloError::DeadlinePassed => ProblemKind::RequestNotSent { retried },
        HaloError::NoAnswer => ProblemKind::HaloUnreachable { retried },
        HaloError::Unavailable { answer, .. } => ProblemKind::HaloUnavailable { answer: answer.clone(), retried },
        HaloError::NotUnderstood(_) | HaloError::NotFound => ProblemKind::AnswerNotUnderstood,
        HaloError::AnswerTooLarge(_) => ProblemKind::AnswerTooLarge,
        HaloError::Rejected { reason } => ProblemKind::RequestRefused { reason: reason.clone() },
        HaloError::NotHalo => ProblemKind::NotAHaloAddress { tried: Vec::new() },
        HaloError::NoTokenAddress { tried } => ProblemKind::NotAHaloAddress { tried: tried.clone() },
        HaloError::Blocked => ProblemKind::AddressBlocked,
    }
}

/// The failure as a user reads it who waits for the answer: nothing is tried again by itself.
pub(super) fn failure(error: &HaloError) -> HaloFailure {
    let code = match error {
        HaloError::CredentialsRejected => HaloFailureCode::CredentialsRejected,
        HaloError::PermissionDenied(_) | HaloError::NothingVisible(_) => HaloFailureCode::PermissionMissing,
        HaloError::LicensingOff => HaloFailureCode::LicensingOff,
        HaloError::RateLimited { by: LimitedBy::Halo, .. } => HaloFailureCode::RateLimited,
        HaloError::RateLimited { by: LimitedBy::OurBudget, .. } => HaloFailureCode::BudgetExhausted,
        HaloError::BudgetUnavailable | HaloError::DeadlinePassed => HaloFailureCode::RequestNotSent,
        HaloError::NoAnswer => HaloFailureCode::Unreachable,
        HaloError::Unavailable { .. } => HaloFailureCode::Unavailable,
        HaloError::NotUnderstood(_) | HaloError::NotFound => HaloFailureCode::AnswerNotUnderstood,
        HaloError::AnswerTooLarge(_) => HaloFailureCode::AnswerTooLarge,
        HaloError::Rejected { .. } => HaloFailureCode::RequestRefused,
        HaloError::NotHalo | HaloError::NoTokenAddress { .. } => HaloFailureCode::NotAHaloAddress,
        HaloError::Blocked => HaloFailureCode::AddressBlocked,
    };
    let wait = if let HaloError::RateLimited { wait, .. } = error { Some(*wait) } else { None };
    let seconds = |wait: Duration| wait.as_secs().max(1);
    let problem = problem_kind(error, None, false);
    let remedy = match wait.filter(|wait| !wait.is_zero()) {
        Some(wait) => format!("Try again in {} seconds.", seconds(wait)),
        None => problem.remedy().unwrap_or_default().to_owned(),
    };
    HaloFailure { code, message: format!("{} {remedy}", problem.message()), retry_after: wait.map(seconds) }
}

/// The failure as an error of a mutation's input.
pub(super) fn user_error(error: &HaloError, field: &[&str]) -> UserError {
    let HaloFailure { code, message, .. } = failure(error);
    UserError::new(code.into(), field, message)
}

/// The failure of a request that a mutation cannot do without.
pub(super) fn refused(error: HaloError) -> OpError {
    OpError::Refused(vec![user_error(&error, &[])])
}

/// The findings of a check, in the guide's words, without what only a write shows.
pub(super) fn checks(report: &ConnectionReport) -> Vec<Check> {
    report.checks.iter().map(|check| finding(check.subject, &check.outcome)).collect()
}

fn finding(subject: Subject, result: &CheckResult) -> Check {
    let (subject, required, guide_step) = match subject {
        Subject::Address => (CheckSubject::Address, true, GuideStep::ConnectionDetails),
        Subject::Credentials => (CheckSubject::Credentials, true, GuideStep::Application),
        Subject::Permission(permission) => (permission.into(), permission.required(), permission.guide_step()),
    };
    let failed = |error| subject.failed_message(&problem_kind(error, None, false));
    let (outcome, message) = match result {
        CheckResult::Passed => (CheckOutcome::Granted, subject.observed_message()),
        CheckResult::Empty => (CheckOutcome::Warning, subject.empty_message()),
        CheckResult::Unavailable(error) if shows_what_is_missing(error) => (CheckOutcome::Warning, failed(error)),
        CheckResult::Failed(error) if shows_what_is_missing(error) => (CheckOutcome::Missing, failed(error)),
        // An address without an answer is as useless as a wrong one.
        CheckResult::Failed(HaloError::NoAnswer) if subject == CheckSubject::Address => {
            (CheckOutcome::Missing, failed(&HaloError::NoAnswer))
        }
        CheckResult::Unavailable(error) | CheckResult::Failed(error) => (CheckOutcome::Unknown, failed(error)),
        CheckResult::NotReached => (CheckOutcome::Unknown, subject.not_reached_message()),
        CheckResult::NotChecked => (CheckOutcome::Unknown, subject.not_checked_message()),
    };
    Check { subject, outcome, required, message, guide_step: guide_step.heading().to_owned() }
}

/// Whether the error is about what was checked, and not about why it could not be.
fn shows_what_is_missing(error: &HaloError) -> bool {
    match error {
        HaloError::CredentialsRejected
        | HaloError::PermissionDenied(_)
        | HaloError::NothingVisible(_)
        | HaloError::LicensingOff
        | HaloError::NotHalo
        | HaloError::NoTokenAddress { .. }
        | HaloError::Blocked => true,
        HaloError::NoAnswer
        | HaloError::Unavailable { .. }
        | HaloError::RateLimited { .. }
        | HaloError::BudgetUnavailable
        | HaloError::DeadlinePassed
        | HaloError::NotUnderstood(_)
        | HaloError::AnswerTooLarge(_)
        | HaloError::NotFound
        | HaloError::Rejected { .. } => false,
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

/// A customer, as an association keeps it.
pub(super) fn mapped_customer(customer: Customer) -> MappedCustomer {
    let Customer { id, name, top_level, site, domain, phone, address, active: _ } = customer;
    MappedCustomer { id, name: Some(name), top_level, details: CustomerDetails { site, domain, phone, address } }
}

/// Whether recurring invoices bill a subscription.
pub(super) fn shown_billing(invoiced: InvoicedSubscription) -> Shown {
    Shown { billing: billing(invoiced.billing), invoice: invoiced.invoice }
}

fn billing(billing: RecurringBilling) -> Billing {
    match billing {
        RecurringBilling::Billed => Billing::OnRecurringInvoice,
        RecurringBilling::NotBilled(None) => Billing::NotOnRecurringInvoice,
        RecurringBilling::NotBilled(Some(NotBilledReason::InvoiceDisabled)) => Billing::InvoiceDisabled,
        RecurringBilling::NotBilled(Some(NotBilledReason::InvoiceEnded)) => Billing::InvoiceEnded,
        RecurringBilling::NotBilled(Some(NotBilledReason::InvoiceNotStarted)) => Billing::InvoiceNotStarted,
        RecurringBilling::NotBilled(Some(NotBilledReason::LineInactive)) => Billing::LineInactive,
        RecurringBilling::NotBilled(Some(NotBilledReason::LineEnded)) => Billing::LineEnded,
        RecurringBilling::NotBilled(Some(NotBilledReason::LineNotStarted)) => Billing::LineNotStarted,
        RecurringBilling::Unknown => Billing::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::guide::Permission;
    use crate::domain::problem::UnusableAnswer;

    /// One error of each kind. A new kind does not compile until it is here.
    fn every_error() -> Vec<HaloError> {
        let limited = |by| HaloError::RateLimited { wait: Duration::from_secs(7), by };
        let tried = || vec!["https://halo.example/auth/token".to_owned()];
        let unavailable = |answer| HaloError::Unavailable { answer, evidence: "GET /Client".into() };
        let errors = vec![
            HaloError::CredentialsRejected,
            HaloError::PermissionDenied(Permission::ReadCustomers),
            HaloError::PermissionDenied(Permission::AgentSoftwareLicencing),
            HaloError::NothingVisible(Permission::AgentCustomers),
            HaloError::LicensingOff,
            HaloError::NotFound,
            limited(LimitedBy::Halo),
            limited(LimitedBy::OurBudget),
            HaloError::NoAnswer,
            unavailable(UnusableAnswer::ServerError { status: 503 }),
            unavailable(UnusableAnswer::NotApi),
            unavailable(UnusableAnswer::NoTokens { tried: tried() }),
            HaloError::NotUnderstood("JSON of an unexpected shape".into()),
            HaloError::AnswerTooLarge("/Client: the answer is too large".into()),
            HaloError::Rejected { reason: "The search is too long.".into() },
            HaloError::NotHalo,
            HaloError::NoTokenAddress { tried: tried() },
            HaloError::Blocked,
            HaloError::BudgetUnavailable,
            HaloError::DeadlinePassed,
        ];
        for error in &errors {
            match error {
                HaloError::CredentialsRejected
                | HaloError::PermissionDenied(_)
                | HaloError::NothingVisible(_)
                | HaloError::LicensingOff
                | HaloError::NotFound
                | HaloError::RateLimited { .. }
                | HaloError::NoAnswer
                | HaloError::Unavailable { .. }
                | HaloError::NotUnderstood(_)
                | HaloError::AnswerTooLarge(_)
                | HaloError::Rejected { .. }
                | HaloError::NotHalo
                | HaloError::NoTokenAddress { .. }
                | HaloError::Blocked
                | HaloError::BudgetUnavailable
                | HaloError::DeadlinePassed => {}
            }
        }
        errors
    }

    /// What a user reads, in a run that is tried again and where a person waits.
    #[test]
    fn every_error_has_the_code_that_is_true() {
        let mut table = String::new();
        for error in every_error() {
            let (run, waiting) = (problem_kind(&error, None, true), failure(&error));
            let code = Problem::new(run.clone(), DateTime::UNIX_EPOCH).code().as_str();
            table +=
                &format!("{error:?}\n    {code}: {}\n    {:?}: {}\n", run.message(), waiting.code, waiting.message);
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn only_a_request_without_an_answer_is_unreachable() {
        for error in every_error() {
            let kind = problem_kind(&error, None, false);
            let unreachable = matches!(kind, ProblemKind::HaloUnreachable { .. });
            assert_eq!(unreachable, error == HaloError::NoAnswer, "{error:?}");
            assert!(kind.remedy().is_some() && !kind.message().contains("itself"), "{error:?}");
        }
    }
}
