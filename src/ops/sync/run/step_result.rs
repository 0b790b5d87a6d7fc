//! What became of one step of a plan, and what follows for its association.

use chrono::{DateTime, Utc};

use crate::domain::association::{ObservedFields, StepReport, Transition};
use crate::domain::plan::{Action, Step};
use crate::domain::problem::{Overwritten, Problem, ProblemCode, ProblemKind, QuantityRefusal};
use crate::domain::run::Outcome;
use crate::halo::Subscription;
use crate::ids::HaloSubscriptionId;

/// What the steps of a plan came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Halo shows what we want.
    pub confirmed: u32,
    /// Of these, those that follow the active user count; the others came to their end.
    pub followed: u32,
    /// Failed, or not done.
    pub open: u32,
    /// Creates of which nobody knows whether Halo carried them out. They are open, too.
    pub doubts: u32,
}

impl Tally {
    pub fn add(&mut self, done: &Done, outcome: Outcome) {
        match outcome {
            Outcome::Created | Outcome::Updated | Outcome::Unchanged => self.confirmed += 1,
            Outcome::Failed | Outcome::Skipped => self.open += 1,
        }
        self.followed += u32::from(matches!(done.report.transition, Transition::Confirmed { .. }));
        self.doubts += u32::from(done.doubt);
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.confirmed += other.confirmed;
        self.followed += other.followed;
        self.open += other.open;
        self.doubts += other.doubts;
    }
}

/// What became of one step.
pub(super) struct Done {
    pub report: StepReport,
    /// Halo may have done what it did not confirm.
    pub doubt: bool,
    /// Nothing more is written for this partner until a person has looked.
    pub suspend_writes: bool,
}

impl Done {
    pub fn with(report: StepReport) -> Self {
        Self { report, doubt: false, suspend_writes: false }
    }
}

/// The outcome of a step that writes nothing.
pub(super) fn note(step: &Step) -> StepReport {
    let shown = step.seen.as_ref().map(|shown| ObservedFields { name: shown.name.clone(), quantity: shown.quantity });
    // What an interrupted attempt sent has arrived: that is where this client's evidence is.
    let there = match step.before_sent {
        Some(before) => StepReport { quantity_before: Some(before), ..open(step, Outcome::Updated) },
        None => open(step, Outcome::Unchanged),
    };
    match &step.action {
        Action::NoChange { quantity, .. } => StepReport {
            quantity_after: Some(*quantity),
            problem: step.warning.clone(),
            transition: Transition::Confirmed { quantity: *quantity },
            observed: shown,
            ..there
        },
        Action::End { .. } => StepReport { transition: Transition::Ended, observed: shown, ..there },
        Action::Defer(problem) => StepReport {
            problem: Some(problem.clone()),
            transition: Transition::NotObserved,
            ..open(step, Outcome::Skipped)
        },
        // It is tried again soon, and nobody has to mend anything.
        Action::Blocked(problem) if problem.code() == ProblemCode::HaloUnreachable => {
            StepReport { problem: Some(problem.clone()), ..open(step, Outcome::Skipped) }
        }
        Action::Blocked(problem) => StepReport {
            problem: Some(problem.clone()),
            transition: Transition::NeedsAttention,
            observed: shown,
            ..open(step, Outcome::Failed)
        },
        Action::Create { .. } | Action::Readopt { .. } | Action::SetQuantity { .. } => open(step, Outcome::Skipped),
    }
}

/// A report that says nothing but the outcome yet.
pub(super) fn open(step: &Step, outcome: Outcome) -> StepReport {
    let before = step.seen.as_ref().and_then(|shown| shown.quantity);
    StepReport {
        association: step.association,
        revision: step.revision,
        client: step.client,
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

/// Somebody has to mend this before the client's subscription is right again.
pub(super) fn broken(step: &Step, problem: Problem) -> StepReport {
    StepReport { problem: Some(problem), transition: Transition::NeedsAttention, ..open(step, Outcome::Failed) }
}

/// A person changed the association after the plan was made: the run that this queued acts on it.
pub(super) fn superseded(step: &Step) -> Done {
    Done::with(open(step, Outcome::Skipped))
}

/// A person gave the association another subscription while this one was being created.
pub(super) fn one_too_many(step: &Step, id: HaloSubscriptionId, now: DateTime<Utc>) -> Done {
    let problem = Problem::new(ProblemKind::DuplicateSubscription { ids: vec![id] }, now);
    Done::with(StepReport { duplicate: Some(true), ..broken(step, problem) })
}

pub(super) fn owned_by_another(step: &Step, id: HaloSubscriptionId, now: DateTime<Utc>) -> Done {
    let problem = Problem::new(ProblemKind::AmbiguousRecovery { ids: vec![id] }, now);
    let report = broken(step, problem);
    Done::with(report)
}

/// Halo made a new record out of an update of one that is still there: nothing more is written until somebody has looked.
pub(super) fn made_a_record(step: &Step, id: HaloSubscriptionId, other: &Subscription, now: DateTime<Utc>) -> Done {
    let what = Some(Overwritten::Record { made: other.id, beside: id });
    let problem = Problem::new(ProblemKind::FieldsOverwritten { what }, now);
    let evidence = Some(format!("a write to subscription {id}, which is there, made subscription {}", other.id));
    Done { suspend_writes: true, ..Done::with(StepReport { evidence, ..broken(step, problem) }) }
}

/// Halo did not keep these fields of a subscription.
pub(in crate::ops::sync) fn blanked(fields: &[&str], now: DateTime<Utc>) -> Problem {
    let what = Some(Overwritten::Fields(fields.iter().map(|&field| field.to_owned()).collect()));
    Problem::new(ProblemKind::FieldsOverwritten { what }, now)
}

/// Halo answered the write with another record: it is shown, never adopted.
pub(super) fn another_record(step: &Step, id: HaloSubscriptionId, other: &Subscription, now: DateTime<Utc>) -> Done {
    let problem = Problem::new(ProblemKind::DuplicateSubscription { ids: vec![id, other.id] }, now);
    let report = StepReport {
        evidence: Some(format!("a write to subscription {id} was answered with subscription {}", other.id)),
        ..broken(step, problem)
    };
    Done::with(report)
}

/// Halo took the write and shows another quantity. That is no refusal: the next run writes it again.
pub(super) fn not_taken(quantity: u32, shown: &Subscription, now: DateTime<Utc>) -> Problem {
    let refusal = QuantityRefusal::NotKept { shown: shown.quantity.to_string() };
    Problem::new(ProblemKind::QuantityRefused { quantity, refusal }, now)
}

pub(super) fn observed_fields(record: &Subscription) -> ObservedFields {
    ObservedFields { name: record.name.clone(), quantity: record.quantity.whole() }
}
