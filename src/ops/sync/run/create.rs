//! Creating a subscription, or taking back one of ours whose id was lost.

use super::Stop;
use super::execute::{Executor, Write};
use super::failpoints::{Failpoint, commit, pass};
use super::step_result::{Done, broken, observed_fields, one_too_many, open, owned_by_another, superseded};
use crate::domain::association::{StepReport, Transition};
use crate::domain::plan::Step;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::Outcome;
use crate::halo::{HaloError, NewSubscription, Subscription, WriteError};
use crate::ids::HaloSubscriptionId;
use crate::storage::outcomes;

/// What became of taking a subscription as the association's own.
enum Owned {
    Now,
    /// Another association has it.
    ByAnother,
    /// A person gave the association another one meanwhile, or changed what it is for.
    NotWanted,
}

impl Executor<'_> {
    pub(super) async fn create(&mut self, step: &Step, name: &str, marker: &str, quantity: u32) -> Result<Done, Stop> {
        let mut tx = self.begin().await?;
        if !outcomes::intend_create(&mut tx, step.association, step.revision).await? {
            return Ok(superseded(step));
        }
        commit(tx, Failpoint::CreateIntentRecorded).await?;
        let deadline = self.deadline().await?;
        pass(Failpoint::BeforeCreate);
        let new =
            NewSubscription { customer: step.customer, name: name.to_owned(), quantity, marker: marker.to_owned() };
        match self.session.create_subscription(&new, deadline).await {
            Ok(created) => {
                pass(Failpoint::AfterCreate);
                self.silent = 0;
                self.accepted = true;
                self.created(step, created, quantity).await
            }
            Err(WriteError::Doubtful(error)) => {
                pass(Failpoint::CreateUnconfirmed);
                self.silent += u32::from(matches!(error, HaloError::Unavailable(_)));
                let problem = Problem::new(ProblemKind::CreateUnconfirmed, self.ops.clock.now());
                let report = StepReport {
                    problem: Some(problem),
                    evidence: Some(error.evidence()),
                    ..open(step, Outcome::Skipped)
                };
                Ok(Done { doubt: true, ..Done::with(report) })
            }
            Err(WriteError::Refused(error)) => {
                pass(Failpoint::CreateRefused);
                let mut tx = self.begin().await?;
                outcomes::create_refused(&mut tx, step.association).await?;
                commit(tx, Failpoint::CreateIntentCleared).await?;
                self.failed(step, error, Write::Create)
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
        // The answer need not be the whole record, and a Halo may create with another quantity than was asked for.
        let mut created = created;
        if created.quantity.whole() != Some(quantity) {
            match self.session.subscription(created.id).await {
                Ok(Some(there)) => created = there,
                Ok(None) => {
                    let problem = Problem::new(ProblemKind::SubscriptionDeleted, self.ops.clock.now());
                    return Ok(Done::with(broken(step, problem)));
                }
                Err(error) => return self.failed(step, error, Write::Quantity(quantity)),
            }
        }
        if created.active && created.quantity.whole() != Some(quantity) {
            let id = created.id;
            self.records.insert(id, created);
            let mut done = self.set_quantity(step, id, quantity, Transition::Confirmed { quantity }).await?;
            if done.report.outcome == Outcome::Updated {
                done.report.outcome = Outcome::Created;
                done.report.quantity_before = None;
            }
            return Ok(done);
        }
        let observed = Some(observed_fields(&created));
        if !created.active {
            let problem = Problem::new(ProblemKind::SubscriptionInactive { id: created.id }, self.ops.clock.now());
            let report = StepReport { quantity_after: created.quantity.whole(), observed, ..broken(step, problem) };
            return Ok(Done::with(report));
        }
        let evidence = created.marker.is_none().then(|| "Halo did not show the marker of the new record".to_owned());
        let report = StepReport {
            quantity_after: Some(quantity),
            problem: step.warning.clone(),
            evidence,
            transition: Transition::Confirmed { quantity },
            observed,
            ..open(step, Outcome::Created)
        };
        Ok(Done::with(report))
    }

    pub(super) async fn adopt(&mut self, step: &Step, id: HaloSubscriptionId, quantity: u32) -> Result<Done, Stop> {
        match self.own(step, id, Some(step.revision)).await? {
            Owned::Now => {}
            Owned::ByAnother => return Ok(owned_by_another(step, id, self.ops.clock.now())),
            Owned::NotWanted => return Ok(superseded(step)),
        }
        let before = step.seen.as_ref().and_then(|seen| seen.quantity);
        if before != Some(quantity) {
            return self.set_quantity(step, id, quantity, Transition::Confirmed { quantity }).await;
        }
        let report = StepReport {
            quantity_before: before,
            quantity_after: before,
            transition: Transition::Confirmed { quantity },
            observed: self.records.get(&id).map(observed_fields),
            ..open(step, Outcome::Unchanged)
        };
        Ok(Done::with(report))
    }

    /// Notes that the association owns the subscription; not where another one does.
    async fn own(&mut self, step: &Step, id: HaloSubscriptionId, revision: Option<i32>) -> Result<Owned, Stop> {
        let mut tx = self.begin().await?;
        match outcomes::take_subscription(&mut tx, step.association, revision, id).await {
            Ok(true) => {
                commit(tx, Failpoint::SubscriptionIdRecorded).await?;
                self.taken.insert(id);
                Ok(Owned::Now)
            }
            Ok(false) => Ok(Owned::NotWanted),
            Err(error) if error.violates("one_owner_per_subscription") => Ok(Owned::ByAnother),
            Err(error) => Err(error.into()),
        }
    }
}
