//! Carries a plan out, step by step, and makes no choices of its own.
//!
//! Each write to Halo stands between two notes of ours: the intent before a create, the outcome after. What came back is
//! compared with what was read. An error that concerns one client is that client's; one that concerns all stops the run.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::Stop;
use super::observe::Sighted;
use super::steps::{self, reached};
use crate::domain::connection::Connection;
use crate::domain::plan::{Action, Plan, Step};
use crate::domain::problem::{Problem, ProblemCode};
use crate::domain::run::Outcome;
use crate::halo::{CreateError, HaloError, Kept, NewSubscription, Session, Subscription, SubscriptionLookup};
use crate::ids::HaloSubscriptionId;
use crate::ops::Ops;
use crate::storage::connections;
use crate::storage::leases::{self, SyncLease};
use crate::storage::results::{self, Becomes, Report, Seen};

/// A record read longer ago is read once more before it is written: the partner may have moved it meanwhile.
const FRESH: Duration = Duration::from_secs(60);
/// So many clients in a row that Halo does not answer for mean that it does not answer at all.
const SILENT_IN_A_ROW: u32 = 3;
/// Outcomes that need no request are noted in batches.
const BATCH: usize = 100;

pub(super) struct Executor<'a> {
    ops: &'a Ops,
    lease: &'a SyncLease,
    session: &'a Session,
    stop: &'a CancellationToken,
    records: BTreeMap<HaloSubscriptionId, Subscription>,
    read_at: Instant,
    /// Halo did not keep a subscription's fields: nothing is written until somebody has looked.
    writes_held: Option<Problem>,
    silent: u32,
    unreachable: Option<Problem>,
}

/// What the steps of a plan came to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Halo shows what we want.
    pub confirmed: u32,
    /// Failed, or not done.
    pub open: u32,
    /// Creates of which nobody knows whether Halo carried them out. They are open, too.
    pub doubts: u32,
}

impl Tally {
    fn add(&mut self, done: &Done) {
        match done.report.outcome {
            Outcome::Created | Outcome::Updated | Outcome::Unchanged => self.confirmed += 1,
            Outcome::Failed | Outcome::Skipped => self.open += 1,
        }
        self.doubts += u32::from(done.doubt);
    }
}

/// What became of one step.
struct Done {
    report: Report,
    /// Halo may have done what it did not confirm.
    doubt: bool,
    /// Nothing more is written for this partner until a person has looked.
    hold_writes: bool,
}

impl Done {
    fn with(report: Report) -> Self {
        Self { report, doubt: false, hold_writes: false }
    }
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        ops: &'a Ops,
        lease: &'a SyncLease,
        session: &'a Session,
        connection: &Connection,
        sighted: Sighted,
        stop: &'a CancellationToken,
    ) -> Self {
        let writes_held = connection.writes_held_since.map(|since| Problem::new(ProblemCode::FieldsNotKept, since));
        Self {
            ops,
            lease,
            session,
            stop,
            records: sighted.records,
            read_at: sighted.at,
            writes_held,
            silent: 0,
            unreachable: None,
        }
    }

    /// Halo did not answer for some clients, who have to be tried again.
    pub(super) fn unreachable(&self) -> Option<Problem> {
        self.unreachable.clone()
    }

    /// Takes every step and notes its outcome.
    pub(super) async fn carry_out(&mut self, plan: &Plan) -> Result<Tally, Stop> {
        let mut tally = Tally::default();
        let (writing, noting): (Vec<_>, Vec<_>) = plan.steps.iter().partition(|step| step.action.writes());
        for batch in noting.chunks(BATCH) {
            let mut tx = self.ops.db.begin(self.lease.scope()).await?;
            for step in batch {
                let done = Done::with(note(step));
                results::record(&mut tx, self.lease, &done.report, self.ops.clock.now()).await?;
                tally.add(&done);
            }
            tx.commit().await?;
            reached(self.ops, steps::Step::Noted);
        }
        for step in writing {
            if self.stop.is_cancelled() {
                return Err(Stop::Told);
            }
            let done = self.take(step).await?;
            tally.add(&done);
            let mut tx = self.ops.db.begin(self.lease.scope()).await?;
            let now = self.ops.clock.now();
            if done.hold_writes {
                connections::hold_writes(&mut tx, self.lease, now).await?;
            }
            results::record(&mut tx, self.lease, &done.report, now).await?;
            tx.commit().await?;
            reached(self.ops, steps::Step::Recorded);
            if self.silent >= SILENT_IN_A_ROW {
                return Err(Stop::Halo(HaloError::Unavailable("several requests in a row were not answered".into())));
            }
        }
        Ok(tally)
    }

    async fn take(&mut self, step: &Step) -> Result<Done, Stop> {
        if let Some(problem) = &self.writes_held {
            let report = Report { problem: Some(problem.clone()), ..open(step, Outcome::Skipped) };
            return Ok(Done::with(report));
        }
        match &step.action {
            Action::Create { name, marker, quantity } => self.create(step, name, marker, *quantity).await,
            Action::Adopt { subscription, quantity } => self.adopt(step, *subscription, *quantity).await,
            Action::SetQuantity { subscription, to, .. } => {
                self.set_quantity(step, *subscription, *to, Becomes::Confirmed { quantity: *to }).await
            }
            Action::End { set_to_zero: Some(subscription) } => {
                self.set_quantity(step, *subscription, 0, Becomes::Ended).await
            }
            Action::End { set_to_zero: None } | Action::Leave { .. } | Action::Wait(_) | Action::Report(_) => {
                Ok(Done::with(note(step)))
            }
        }
    }

    async fn create(&mut self, step: &Step, name: &str, marker: &str, quantity: u32) -> Result<Done, Stop> {
        self.room().await?;
        let mut tx = self.ops.db.begin(self.lease.scope()).await?;
        if !results::intend_create(&mut tx, self.lease, step.association, step.revision).await? {
            return Ok(superseded(step));
        }
        tx.commit().await?;
        reached(self.ops, steps::Step::CreateIntended);
        let deadline = self.deadline().await?;
        reached(self.ops, steps::Step::CreateDue);
        let new =
            NewSubscription { customer: step.customer, name: name.to_owned(), quantity, marker: marker.to_owned() };
        match self.session.create_subscription(&new, deadline).await {
            Ok(created) => {
                reached(self.ops, steps::Step::CreateAnswered);
                self.silent = 0;
                self.created(step, created, quantity).await
            }
            Err(CreateError::Doubtful(error)) => {
                reached(self.ops, steps::Step::CreateDoubtful);
                self.silent += u32::from(matches!(error, HaloError::Unavailable(_)));
                let problem = Problem::new(ProblemCode::CreateUnconfirmed, self.ops.clock.now());
                let report =
                    Report { problem: Some(problem), evidence: Some(error.evidence()), ..open(step, Outcome::Skipped) };
                Ok(Done { doubt: true, ..Done::with(report) })
            }
            Err(CreateError::Refused(error)) => {
                reached(self.ops, steps::Step::CreateRefused);
                let mut tx = self.ops.db.begin(self.lease.scope()).await?;
                results::create_refused(&mut tx, self.lease, step.association).await?;
                tx.commit().await?;
                reached(self.ops, steps::Step::CreateForgotten);
                self.failed(step, error, ProblemCode::CreateRefused, None)
            }
        }
    }

    async fn created(&mut self, step: &Step, created: Subscription, quantity: u32) -> Result<Done, Stop> {
        // What Halo created is this association's, whatever a person changed meanwhile.
        match self.own(step, created.id, None).await? {
            Owned::Now => {}
            Owned::ByAnother => return Ok(owned_by_another(step, created.id, self.ops.clock.now())),
            Owned::NotWanted => return Ok(one_too_many(step, created.id, self.ops.clock.now())),
        }
        let seen = Some(seen(&created));
        if created.quantity.whole() != Some(quantity) {
            let problem = Problem::about(
                ProblemCode::QuantityRefused,
                format!("{quantity}: Halo shows {}", created.quantity),
                self.ops.clock.now(),
            );
            let report = Report {
                quantity_after: created.quantity.whole(),
                problem: Some(problem),
                becomes: Becomes::NeedsAttention,
                seen,
                ..open(step, Outcome::Failed)
            };
            return Ok(Done::with(report));
        }
        if !created.active {
            let problem = Problem::new(ProblemCode::SubscriptionInactive, self.ops.clock.now());
            let report = Report {
                quantity_after: Some(quantity),
                problem: Some(problem),
                becomes: Becomes::NeedsAttention,
                seen,
                ..open(step, Outcome::Failed)
            };
            return Ok(Done::with(report));
        }
        let evidence = created.marker.is_none().then(|| "Halo did not show the marker of the new record".to_owned());
        let report = Report {
            quantity_after: Some(quantity),
            problem: step.warning.clone(),
            evidence,
            becomes: Becomes::Confirmed { quantity },
            seen,
            ..open(step, Outcome::Created)
        };
        Ok(Done::with(report))
    }

    async fn adopt(&mut self, step: &Step, id: HaloSubscriptionId, quantity: u32) -> Result<Done, Stop> {
        match self.own(step, id, Some(step.revision)).await? {
            Owned::Now => {}
            Owned::ByAnother => return Ok(owned_by_another(step, id, self.ops.clock.now())),
            Owned::NotWanted => return Ok(superseded(step)),
        }
        let before = step.seen.as_ref().and_then(|seen| seen.quantity);
        if before != Some(quantity) {
            return self.set_quantity(step, id, quantity, Becomes::Confirmed { quantity }).await;
        }
        let report = Report {
            quantity_before: before,
            quantity_after: before,
            becomes: Becomes::Confirmed { quantity },
            seen: self.records.get(&id).map(seen),
            ..open(step, Outcome::Unchanged)
        };
        Ok(Done::with(report))
    }

    /// Notes that the association owns the subscription; not where another one does.
    async fn own(&self, step: &Step, id: HaloSubscriptionId, revision: Option<i32>) -> Result<Owned, Stop> {
        let mut tx = self.ops.db.begin(self.lease.scope()).await?;
        match results::take_subscription(&mut tx, self.lease, step.association, revision, id).await {
            Ok(true) => {
                tx.commit().await?;
                reached(self.ops, steps::Step::Owned);
                Ok(Owned::Now)
            }
            Ok(false) => Ok(Owned::NotWanted),
            Err(error) if error.violates("one_owner_per_subscription") => Ok(Owned::ByAnother),
            Err(error) => Err(error.into()),
        }
    }

    async fn set_quantity(
        &mut self,
        step: &Step,
        id: HaloSubscriptionId,
        quantity: u32,
        becomes: Becomes,
    ) -> Result<Done, Stop> {
        let Some(before) = self.fresh(id).await? else {
            let problem = Problem::new(ProblemCode::SubscriptionDeleted, self.ops.clock.now());
            let report =
                Report { problem: Some(problem), becomes: Becomes::NeedsAttention, ..open(step, Outcome::Failed) };
            return Ok(Done::with(report));
        };
        let from = before.quantity.whole();
        self.room().await?;
        if !self.is_current(step).await? {
            return Ok(superseded(step));
        }
        let deadline = self.deadline().await?;
        reached(self.ops, steps::Step::QuantityDue);
        let answer = match self.session.set_quantity(id, before.customer, quantity, deadline).await {
            Ok(answer) => answer,
            Err(error) => return self.failed(step, error, ProblemCode::QuantityRefused, Some(quantity)),
        };
        reached(self.ops, steps::Step::QuantityAnswered);
        self.silent = 0;
        if let Some(other) = answer.as_ref().filter(|after| after.id != id) {
            return Ok(another_record(step, id, other, self.ops.clock.now()));
        }
        // Halo may answer nothing, or less than the whole record: then only a look tells.
        let untouched = before.untouched();
        let after = match answer {
            Some(after)
                if after.quantity.whole() == Some(quantity) && untouched.kept_in(&after.untouched()) == Kept::All =>
            {
                after
            }
            _ => match self.session.subscription(id).await? {
                SubscriptionLookup::Found(after) => after,
                SubscriptionLookup::Deleted => {
                    let problem = Problem::new(ProblemCode::SubscriptionDeleted, self.ops.clock.now());
                    let report = Report {
                        problem: Some(problem),
                        becomes: Becomes::NeedsAttention,
                        ..open(step, Outcome::Failed)
                    };
                    return Ok(Done::with(report));
                }
            },
        };
        let now = self.ops.clock.now();
        let mut report = Report {
            quantity_before: from,
            quantity_after: after.quantity.whole(),
            problem: step.warning.clone(),
            becomes,
            seen: Some(seen(&after)),
            ..open(step, Outcome::Updated)
        };
        if after.quantity.whole() != Some(quantity) {
            let shown = format!("{quantity}: Halo shows {}", after.quantity);
            report.problem = Some(Problem::about(ProblemCode::QuantityRefused, shown, now));
            report.outcome = Outcome::Failed;
            report.becomes = Becomes::NeedsAttention;
        }
        let mut hold_writes = false;
        match untouched.kept_in(&after.untouched()) {
            Kept::All => {}
            Kept::Edited(fields) => {
                report.problem = Some(Problem::about(ProblemCode::FieldsChanged, fields.join(", "), now));
            }
            Kept::Blanked(fields) => {
                let problem = Problem::about(ProblemCode::FieldsNotKept, fields.join(", "), now);
                tracing::error!(subscription = %id, fields = fields.join(", "), "Halo did not keep fields; writing stops");
                self.writes_held = Some(problem.clone());
                hold_writes = true;
                report.problem = Some(problem);
                report.outcome = Outcome::Failed;
                report.becomes = Becomes::NeedsAttention;
            }
        }
        self.records.insert(id, after);
        Ok(Done { hold_writes, ..Done::with(report) })
    }

    /// The record as it is now, read once more where the last look is too long ago. None: it is gone.
    async fn fresh(&mut self, id: HaloSubscriptionId) -> Result<Option<Subscription>, Stop> {
        if let Some(record) = self.records.get(&id).filter(|_| self.read_at.elapsed() < FRESH) {
            return Ok(Some(record.clone()));
        }
        match self.session.subscription(id).await? {
            SubscriptionLookup::Found(record) => Ok(Some(record)),
            SubscriptionLookup::Deleted => Ok(None),
        }
    }

    async fn is_current(&self, step: &Step) -> Result<bool, Stop> {
        let mut db = self.ops.db.read(self.lease.scope()).await?;
        Ok(results::is_current(&mut db, self.lease, step.association, step.revision).await?)
    }

    /// Waits for the budget before anything is promised, so that the lease that is checked next covers the request alone.
    async fn room(&self) -> Result<(), Stop> {
        Ok(self.stop.run_until_cancelled(self.session.reserve()).await.ok_or(Stop::Told)??)
    }

    /// Checks the lease and begins it anew; the request that follows ends before it does.
    async fn deadline(&self) -> Result<Instant, Stop> {
        let asked = Instant::now();
        let mut db = self.ops.db.read(self.lease.scope()).await?;
        let lasts = leases::renew(&mut db, self.lease, self.ops.settings.lease.length).await?;
        Ok(asked + lasts)
    }

    /// What an error means for one client; what concerns all of them stops the run.
    fn failed(
        &mut self,
        step: &Step,
        error: HaloError,
        refused: ProblemCode,
        quantity: Option<u32>,
    ) -> Result<Done, Stop> {
        let now = self.ops.clock.now();
        let evidence = Some(error.evidence());
        match error {
            HaloError::Rejected { reason } => {
                let subject = quantity.map_or(reason.clone(), |quantity| format!("{quantity}: {reason}"));
                let problem = Problem::about(refused, subject, now);
                let report = Report {
                    problem: Some(problem),
                    evidence,
                    becomes: Becomes::NeedsAttention,
                    ..open(step, Outcome::Failed)
                };
                Ok(Done::with(report))
            }
            HaloError::NotFound => {
                let problem = match quantity {
                    Some(_) => Problem::new(ProblemCode::SubscriptionDeleted, now),
                    None => Problem::about(refused, "Halo answered that there is nothing at this address", now),
                };
                let report = Report {
                    problem: Some(problem),
                    evidence,
                    becomes: Becomes::NeedsAttention,
                    ..open(step, Outcome::Failed)
                };
                Ok(Done::with(report))
            }
            HaloError::Unavailable(_) | HaloError::DeadlinePassed => {
                self.silent += 1;
                let problem = Problem::new(ProblemCode::HaloUnreachable, now);
                self.unreachable = Some(problem.clone());
                let report = Report { problem: Some(problem), evidence, ..open(step, Outcome::Skipped) };
                Ok(Done::with(report))
            }
            other => Err(Stop::Halo(other)),
        }
    }
}

/// The outcome of a step that writes nothing.
fn note(step: &Step) -> Report {
    let shown = step.seen.as_ref().map(|shown| Seen {
        name: shown.name.clone(),
        quantity: shown.quantity,
        customer: shown.customer,
    });
    match &step.action {
        Action::Leave { quantity, .. } => Report {
            quantity_before: Some(*quantity),
            quantity_after: Some(*quantity),
            problem: step.warning.clone(),
            becomes: Becomes::Confirmed { quantity: *quantity },
            seen: shown,
            ..open(step, Outcome::Unchanged)
        },
        Action::End { .. } => Report { becomes: Becomes::Ended, seen: shown, ..open(step, Outcome::Unchanged) },
        Action::Wait(problem) => {
            Report { problem: Some(problem.clone()), becomes: Becomes::NotSeen, ..open(step, Outcome::Skipped) }
        }
        Action::Report(problem) => Report {
            problem: Some(problem.clone()),
            becomes: Becomes::NeedsAttention,
            seen: shown,
            ..open(step, Outcome::Failed)
        },
        Action::Create { .. } | Action::Adopt { .. } | Action::SetQuantity { .. } => open(step, Outcome::Skipped),
    }
}

/// A report that says nothing but the outcome yet.
fn open(step: &Step, outcome: Outcome) -> Report {
    let before = step.seen.as_ref().and_then(|shown| shown.quantity);
    Report {
        association: step.association,
        client: step.client,
        outcome,
        quantity_before: before,
        quantity_after: before,
        changed_in_halo: step.changed_in_halo,
        problem: None,
        evidence: None,
        becomes: Becomes::Unchanged,
        seen: None,
    }
}

/// A person changed the association after the plan was made: the run that this queued acts on it.
fn superseded(step: &Step) -> Done {
    Done::with(open(step, Outcome::Skipped))
}

/// What became of taking a subscription as the association's own.
enum Owned {
    Now,
    /// Another association has it.
    ByAnother,
    /// A person gave the association another one meanwhile, or changed what it is for.
    NotWanted,
}

/// A person gave the association another subscription while this one was being created.
fn one_too_many(step: &Step, id: HaloSubscriptionId, now: chrono::DateTime<chrono::Utc>) -> Done {
    let problem = Problem::about(ProblemCode::DuplicateSubscription, id.to_string(), now);
    let report = Report { problem: Some(problem), becomes: Becomes::NeedsAttention, ..open(step, Outcome::Failed) };
    Done::with(report)
}

fn owned_by_another(step: &Step, id: HaloSubscriptionId, now: chrono::DateTime<chrono::Utc>) -> Done {
    let problem = Problem::about(ProblemCode::AmbiguousRecovery, id.to_string(), now);
    let report = Report { problem: Some(problem), becomes: Becomes::NeedsAttention, ..open(step, Outcome::Failed) };
    Done::with(report)
}

/// Halo answered the write with another record: it is shown, never adopted.
fn another_record(
    step: &Step,
    id: HaloSubscriptionId,
    other: &Subscription,
    now: chrono::DateTime<chrono::Utc>,
) -> Done {
    let problem = Problem::about(ProblemCode::DuplicateSubscription, format!("{id}, {}", other.id), now);
    let report = Report {
        problem: Some(problem),
        evidence: Some(format!("a write to subscription {id} was answered with subscription {}", other.id)),
        becomes: Becomes::NeedsAttention,
        ..open(step, Outcome::Failed)
    };
    Done::with(report)
}

fn seen(record: &Subscription) -> Seen {
    Seen { name: record.name.clone(), quantity: record.quantity.whole(), customer: record.customer }
}
