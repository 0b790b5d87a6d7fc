//! Creates a subscription, or adopts one that an earlier create made and whose id was lost.

use super::StopReason;
use super::execute::{Executor, Write};
use super::failpoints::{Failpoint, commit, pass};
use super::step_result::{
    StepResult, needs_attention, observed_fields, owned_by_another, report, second_subscription, superseded,
};
use crate::domain::association::{StepReport, Transition};
use crate::domain::plan::Step;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::Outcome;
use crate::halo::{HaloError, NewSubscription, Subscription, WriteError, asks_for_site};
use crate::ids::HaloSubscriptionId;
use crate::storage::outcomes;

/// Whether an association got a subscription.
enum Ownership {
    Taken,
    OwnedByAnother,
    /// A user gave the association another subscription meanwhile, or changed what it is for.
    Superseded,
}

impl Executor<'_> {
    pub(super) async fn create(
        &mut self,
        step: &Step,
        name: &str,
        marker: &str,
        quantity: u32,
    ) -> Result<StepResult, StopReason> {
        let (mut tx, locked, deadline) = self.begin_write(step.association).await?;
        let Some(intent) = outcomes::intend_create(&mut tx, &locked, step.association, step.revision).await? else {
            return Ok(superseded(step));
        };
        commit(tx, Failpoint::CreateIntentRecorded).await?;
        pass(Failpoint::BeforeCreate);
        let new = NewSubscription {
            customer: step.customer,
            name: name.to_owned(),
            quantity,
            marker: marker.to_owned(),
            with_site: intent.earlier_failure.as_deref().is_some_and(asks_for_site),
        };
        match self.session.create_subscription(&new, deadline).await {
            Ok(created) => {
                pass(Failpoint::AfterCreate);
                self.breaker.record(Ok(()));
                self.write_is_shown();
                self.created(step, created, quantity).await
            }
            Err(WriteError::Doubtful(error)) => {
                pass(Failpoint::CreateUnconfirmed);
                self.breaker.record(Err(&error));
                let problem = Problem::new(ProblemKind::CreateUnconfirmed, self.ops.clock.now());
                let evidence = Some(error.evidence());
                let report = StepReport { problem: Some(problem), evidence, ..report(step, Outcome::Skipped) };
                Ok(StepResult { unconfirmed_create: true, ..report.into() })
            }
            Err(WriteError::Failed { reason, error }) => {
                pass(Failpoint::CreateUnconfirmed);
                let mut tx = self.begin().await?;
                outcomes::create_failed(&mut tx, step.association, &reason).await?;
                commit(tx, Failpoint::CreateFailureRecorded).await?;
                Ok(self.not_stored(step, reason, error, intent.earlier_failure.is_some()))
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

    /// Reports a record that Halo answered that it could not store. It is looked for before the
    /// create is sent again; a second failure, with the record's absence confirmed in between, is a
    /// refusal.
    fn not_stored(&self, step: &Step, reason: String, error: HaloError, again: bool) -> StepResult {
        let (now, evidence) = (self.ops.clock.now(), Some(error.evidence()));
        if again {
            let problem = Problem::new(ProblemKind::CreateRefused { reason }, now);
            return StepReport { evidence, ..needs_attention(step, problem) }.into();
        }
        let problem = Some(Problem::new(ProblemKind::CreateUnconfirmed, now));
        let report = StepReport { problem, evidence, ..report(step, Outcome::Skipped) };
        StepResult { unconfirmed_create: true, ..report.into() }
    }

    async fn created(
        &mut self,
        step: &Step,
        mut created: Subscription,
        quantity: u32,
    ) -> Result<StepResult, StopReason> {
        // A created subscription is this association's, even if a user changed the association
        // meanwhile.
        match self.own(step, created.id, None).await? {
            Ownership::Taken => drop(self.created.insert(created.id)),
            Ownership::OwnedByAnother => return Ok(owned_by_another(step, created.id, self.ops.clock.now())),
            Ownership::Superseded => return Ok(second_subscription(step, created.id, self.ops.clock.now())),
        }
        // The answer may be less than the whole record, and Halo may create with another quantity
        // than it was sent.
        if created.quantity.whole() != Some(quantity) {
            match self.session.subscription(created.id).await {
                Ok(Some(found)) => created = found,
                Ok(None) => {
                    let problem = Problem::new(ProblemKind::SubscriptionDeleted, self.ops.clock.now());
                    return Ok(needs_attention(step, problem).into());
                }
                Err(error) => return self.failed(step, error, Write::Quantity(quantity)),
            }
        }
        if created.active && created.quantity.whole() != Some(quantity) {
            let id = created.id;
            self.records.insert(id, created);
            let mut result = self.set_quantity(step, id, quantity, Transition::Confirmed { quantity }).await?;
            if result.report.outcome == Outcome::Updated {
                result.report.outcome = Outcome::Created;
                result.report.quantity_before = None;
            }
            return Ok(result);
        }
        let observed = Some(observed_fields(&created));
        if !created.active {
            let problem = Problem::new(ProblemKind::SubscriptionInactive { id: created.id }, self.ops.clock.now());
            let quantity_after = created.quantity.whole();
            return Ok(StepReport { quantity_after, observed, ..needs_attention(step, problem) }.into());
        }
        let report = StepReport {
            quantity_after: Some(quantity),
            problem: step.warning.clone(),
            evidence: created.marker.is_none().then(|| "Halo did not show the marker of the new record".to_owned()),
            transition: Transition::Confirmed { quantity },
            observed,
            ..report(step, Outcome::Created)
        };
        Ok(report.into())
    }

    pub(super) async fn readopt(
        &mut self,
        step: &Step,
        id: HaloSubscriptionId,
        quantity: u32,
    ) -> Result<StepResult, StopReason> {
        match self.own(step, id, Some(step.revision)).await? {
            Ownership::Taken => {}
            Ownership::OwnedByAnother => return Ok(owned_by_another(step, id, self.ops.clock.now())),
            Ownership::Superseded => return Ok(superseded(step)),
        }
        let before = step.observed.as_ref().and_then(|observed| observed.quantity);
        if before != Some(quantity) {
            return self.set_quantity(step, id, quantity, Transition::Confirmed { quantity }).await;
        }
        let report = StepReport {
            quantity_before: before,
            quantity_after: before,
            transition: Transition::Confirmed { quantity },
            observed: self.records.get(&id).map(observed_fields),
            ..report(step, Outcome::Unchanged)
        };
        Ok(report.into())
    }

    /// Stores that the association owns the subscription, unless another association does.
    async fn own(
        &mut self,
        step: &Step,
        id: HaloSubscriptionId,
        revision: Option<i32>,
    ) -> Result<Ownership, StopReason> {
        let mut tx = self.begin().await?;
        match outcomes::take_subscription(&mut tx, step.association, revision, id).await {
            Ok(true) => {
                commit(tx, Failpoint::SubscriptionIdRecorded).await?;
                self.owned.insert(id, step.customer);
                Ok(Ownership::Taken)
            }
            Ok(false) => Ok(Ownership::Superseded),
            Err(error) if error.violates("one_owner_per_subscription") => Ok(Ownership::OwnedByAnother),
            Err(error) => Err(error.into()),
        }
    }
}
