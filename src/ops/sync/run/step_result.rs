//! The result of one step of a plan, and what follows for its association.

use chrono::{DateTime, Utc};

use crate::domain::association::{ObservedFields, StepReport, Transition};
use crate::domain::plan::{Action, Step};
use crate::domain::problem::{Overwritten, Problem, ProblemCode, ProblemKind, QuantityRefusal};
use crate::domain::run::Outcome;
use crate::halo::Subscription;
use crate::ids::HaloSubscriptionId;

/// The results of a run, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    /// Halo shows the desired state.
    pub confirmed: u32,
    /// Failed or skipped.
    pub open: u32,
    /// Creates that Halo may or may not have carried out. They are open, too.
    pub unconfirmed_creates: u32,
}

impl Counts {
    /// Counts one result by the outcome that was recorded for it.
    pub fn add(&mut self, result: &StepResult, outcome: Outcome) {
        match outcome {
            Outcome::Created | Outcome::Updated | Outcome::Unchanged => self.confirmed += 1,
            Outcome::Failed | Outcome::Skipped => self.open += 1,
        }
        self.unconfirmed_creates += u32::from(result.unconfirmed_create);
    }
}

pub(super) struct StepResult {
    pub report: StepReport,
    /// Halo may have created a subscription that it did not confirm.
    pub unconfirmed_create: bool,
    /// Nothing more is written for this partner until a user has acknowledged the problem.
    pub suspend_writes: bool,
}

impl From<StepReport> for StepResult {
    fn from(report: StepReport) -> Self {
        Self { report, unconfirmed_create: false, suspend_writes: false }
    }
}

impl StepResult {
    /// Turns the result into a failure that a user has to resolve.
    pub fn fail(&mut self, problem: Problem) {
        self.report.problem = Some(problem);
        self.report.outcome = Outcome::Failed;
        self.report.transition = Transition::NeedsAttention;
    }
}

/// The result of a step that writes nothing to Halo.
pub(super) fn result_without_write(step: &Step) -> StepResult {
    let observed = step.observed.as_ref();
    let observed = observed.map(|shown| ObservedFields { name: shown.name.clone(), quantity: shown.quantity });
    // If the unconfirmed write of an earlier attempt has arrived, this result is its record.
    let confirmed = match step.before_sent {
        Some(before) => StepReport { quantity_before: Some(before), ..report(step, Outcome::Updated) },
        None => report(step, Outcome::Unchanged),
    };
    let report = match &step.action {
        Action::NoChange { quantity, .. } => StepReport {
            quantity_after: Some(*quantity),
            problem: step.warning.clone(),
            transition: Transition::Confirmed { quantity: *quantity },
            observed,
            ..confirmed
        },
        Action::AwaitUsers => StepReport { transition: Transition::NotNeeded, ..confirmed },
        Action::End { .. } => StepReport { transition: Transition::Ended, observed, ..confirmed },
        Action::Defer(problem) => StepReport {
            problem: Some(problem.clone()),
            transition: Transition::NotObserved,
            ..report(step, Outcome::Skipped)
        },
        // The run tries again soon, and no user has to resolve anything.
        Action::Blocked(problem) if problem.is_transient() => {
            StepReport { problem: Some(problem.clone()), ..report(step, Outcome::Skipped) }
        }
        Action::Blocked(problem) => StepReport { observed, ..needs_attention(step, problem.clone()) },
        Action::Create { .. } | Action::Readopt { .. } | Action::SetQuantity { .. } => report(step, Outcome::Skipped),
    };
    report.into()
}

/// A report with the outcome and what was observed before the step.
pub(super) fn report(step: &Step, outcome: Outcome) -> StepReport {
    let before = step.observed.as_ref().and_then(|observed| observed.quantity);
    StepReport {
        association: step.association,
        revision: step.revision,
        client: step.client,
        users: step.users,
        outcome,
        quantity_before: before,
        quantity_after: before,
        changed_in_halo: step.changed_in_halo,
        problem: None,
        evidence: None,
        transition: Transition::Unchanged,
        observed: None,
        duplicate: step.duplicate,
    }
}

/// A failure that a user has to resolve before the client's subscription is right again.
pub(super) fn needs_attention(step: &Step, problem: Problem) -> StepReport {
    StepReport { problem: Some(problem), transition: Transition::NeedsAttention, ..report(step, Outcome::Failed) }
}

/// A user changed the association after the plan was made. The run that this change queued acts on
/// it.
pub(super) fn superseded(step: &Step) -> StepResult {
    report(step, Outcome::Skipped).into()
}

/// A user gave the association another subscription while this one was being created.
pub(super) fn second_subscription(step: &Step, id: HaloSubscriptionId, now: DateTime<Utc>) -> StepResult {
    let problem = Problem::new(ProblemKind::DuplicateSubscription { ids: vec![id] }, now);
    StepReport { duplicate: Some(true), ..needs_attention(step, problem) }.into()
}

pub(super) fn owned_by_another(step: &Step, id: HaloSubscriptionId, now: DateTime<Utc>) -> StepResult {
    let problem = Problem::new(ProblemKind::AmbiguousRecovery { ids: vec![id] }, now);
    needs_attention(step, problem).into()
}

/// Halo created a new record out of an update of a record that still exists: writes are suspended.
pub(super) fn created_beside(
    step: &Step,
    id: HaloSubscriptionId,
    other: &Subscription,
    now: DateTime<Utc>,
) -> StepResult {
    let what = Some(Overwritten::Record { made: other.id, beside: id });
    let problem = Problem::new(ProblemKind::FieldsOverwritten { what }, now);
    let evidence = Some(format!("a write to subscription {id}, which still exists, created subscription {}", other.id));
    StepResult { suspend_writes: true, ..StepReport { evidence, ..needs_attention(step, problem) }.into() }
}

/// The problem of fields that Halo overwrote in a write of the quantity.
pub(in crate::ops::sync) fn overwritten(fields: Vec<String>, now: DateTime<Utc>) -> Problem {
    Problem::new(ProblemKind::FieldsOverwritten { what: Some(Overwritten::Fields(fields)) }, now)
}

/// The step's warning, and whether the quantity was changed in Halo. What the step says of the
/// quantity is not true if the record shows another one than the list did.
pub(super) fn warning(step: &Step, shown: Option<u32>) -> (Option<Problem>, bool) {
    if step.observed.as_ref().is_none_or(|listed| listed.quantity == shown) {
        return (step.warning.clone(), step.changed_in_halo);
    }
    let of_quantity = [ProblemCode::QuantityChangedInHalo, ProblemCode::QuantityFell];
    (step.warning.clone().filter(|warning| !of_quantity.contains(&warning.code())), false)
}

/// Halo shows the quantity already in the record, unlike in the list that the step was planned by.
pub(super) fn already_set(step: &Step, record: &Subscription, quantity: u32, transition: Transition) -> StepResult {
    let (warning, changed_in_halo) = warning(step, Some(quantity));
    let report = StepReport {
        quantity_before: Some(quantity),
        quantity_after: Some(quantity),
        problem: warning,
        changed_in_halo,
        transition,
        observed: Some(observed_fields(record)),
        ..report(step, Outcome::Unchanged)
    };
    report.into()
}

/// Halo answered the write to a deleted record with another record, which is reported and never
/// adopted.
pub(super) fn answered_with_another(
    step: &Step,
    id: HaloSubscriptionId,
    other: &Subscription,
    now: DateTime<Utc>,
) -> StepResult {
    let problem = Problem::new(ProblemKind::DuplicateSubscription { ids: vec![id, other.id] }, now);
    let evidence = Some(format!("a write to subscription {id} was answered with subscription {}", other.id));
    StepReport { evidence, ..needs_attention(step, problem) }.into()
}

/// Halo accepted the write and shows another quantity. That is no refusal: the next run writes the
/// quantity again.
pub(super) fn quantity_not_taken(quantity: u32, after: &Subscription, now: DateTime<Utc>) -> Problem {
    let refusal = QuantityRefusal::NotKept { shown: after.quantity.to_string() };
    Problem::new(ProblemKind::QuantityRefused { quantity, refusal }, now)
}

pub(super) fn observed_fields(record: &Subscription) -> ObservedFields {
    ObservedFields { name: record.name.clone(), quantity: record.quantity.whole() }
}
