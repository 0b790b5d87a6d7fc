//! Sets the quantity of a subscription and checks that Halo changed nothing else.

use super::StopReason;
use super::execute::{Executor, Write};
use super::failpoints::{Failpoint, commit, pass};
use super::step_result::{
    StepResult, answered_with_another, created_beside, needs_attention, observed_fields, overwritten,
    quantity_not_taken, report, superseded,
};
use crate::domain::association::{StepReport, Transition};
use crate::domain::plan::{Sent, Step};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::Outcome;
use crate::halo::{HaloError, Kept, Subscription, WriteError};
use crate::ids::HaloSubscriptionId;
use crate::ops::sync::observe::PendingWriteNote;
use crate::storage::outcomes;

impl Executor<'_> {
    pub(super) async fn set_quantity(
        &mut self,
        step: &Step,
        id: HaloSubscriptionId,
        quantity: u32,
        transition: Transition,
    ) -> Result<StepResult, StopReason> {
        let Some(before) = self.records.get(&id).cloned() else {
            let problem = Problem::new(ProblemKind::AnswerNotUnderstood, self.ops.clock.now());
            return Ok(needs_attention(step, problem).into());
        };
        let sent = Sent { from: before.quantity.whole(), to: quantity };
        if !self.intend_quantity(step, &before, sent).await? {
            return Ok(superseded(step));
        }
        let deadline = self.deadline().await?;
        pass(Failpoint::BeforeQuantityUpdate);
        let answer = match self.session.set_quantity(id, before.customer, quantity, deadline).await {
            Ok(answer) => answer,
            // A failed quantity is read back before it is written again, whatever Halo's reason
            // was.
            Err(WriteError::Doubtful(error) | WriteError::Failed { error, .. }) => {
                return self.failed(step, error, Write::Quantity(quantity));
            }
            Err(WriteError::Refused(error)) => {
                pass(Failpoint::QuantityRefused);
                self.forget_quantity(step).await?;
                return self.failed(step, error, Write::Quantity(quantity));
            }
        };
        pass(Failpoint::AfterQuantityUpdate);
        self.breaker.record(Ok(()));
        if let Some(other) = answer.as_ref().filter(|after| after.id != id) {
            return Ok(self.another_record(step, id, other).await);
        }
        match self.read_after(&before, quantity, answer).await {
            Ok(Some(after)) => Ok(self.written(step, &before, after, sent, transition)),
            Ok(None) => {
                let problem = Problem::new(ProblemKind::SubscriptionDeleted, self.ops.clock.now());
                Ok(needs_attention(step, problem).into())
            }
            Err(error) => self.failed(step, error, Write::Quantity(quantity)),
        }
    }

    /// Stores the write that is about to be sent, with the fields that it must preserve. Returns
    /// false if a user has changed the association since the plan was made.
    async fn intend_quantity(&self, step: &Step, before: &Subscription, sent: Sent) -> Result<bool, StopReason> {
        let pending = PendingWriteNote { subscription: before.id, sent, fields: before.untouched() };
        let pending = serde_json::to_value(pending).expect("plain data");
        let mut tx = self.begin().await?;
        if !outcomes::intend_quantity(&mut tx, step.association, step.revision, &pending).await? {
            return Ok(false);
        }
        commit(tx, Failpoint::QuantityIntentRecorded).await?;
        Ok(true)
    }

    /// Removes the pending write that Halo certainly did not carry out.
    async fn forget_quantity(&self, step: &Step) -> Result<(), StopReason> {
        let mut tx = self.begin().await?;
        outcomes::quantity_refused(&mut tx, step.association).await?;
        commit(tx, Failpoint::QuantityIntentCleared).await?;
        Ok(())
    }

    /// The result of a write to `id` that Halo answered with `other`.
    async fn another_record(&self, step: &Step, id: HaloSubscriptionId, other: &Subscription) -> StepResult {
        let now = self.ops.clock.now();
        match self.session.subscription(id).await {
            Ok(None) => answered_with_another(step, id, other, now),
            // A Halo that creates records out of updates would create one for each client and
            // night.
            Ok(Some(_)) | Err(_) => created_beside(step, id, other, now),
        }
    }

    /// The record after the write. Halo may answer nothing, or less than the whole record: then the
    /// record is read.
    async fn read_after(
        &self,
        before: &Subscription,
        quantity: u32,
        answer: Option<Subscription>,
    ) -> Result<Option<Subscription>, HaloError> {
        let complete = |after: &Subscription| {
            after.quantity.whole() == Some(quantity) && before.untouched().kept_in(&after.untouched()) == Kept::All
        };
        match answer.filter(complete) {
            Some(after) => Ok(Some(after)),
            None => self.session.subscription(before.id).await,
        }
    }

    /// The result of a write after which Halo shows `after`.
    fn written(
        &mut self,
        step: &Step,
        before: &Subscription,
        after: Subscription,
        sent: Sent,
        transition: Transition,
    ) -> StepResult {
        let now = self.ops.clock.now();
        let mut result = StepResult::from(StepReport {
            quantity_before: step.before_sent.or(sent.from),
            quantity_after: after.quantity.whole(),
            problem: step.warning.clone(),
            transition,
            observed: Some(observed_fields(&after)),
            ..report(step, Outcome::Updated)
        });
        if after.quantity.whole() == Some(sent.to) {
            self.write_is_shown();
        } else {
            result.fail(quantity_not_taken(sent.to, &after, now));
        }
        match before.untouched().kept_in(&after.untouched()) {
            Kept::All => {}
            Kept::Edited(fields) => {
                let fields = fields.iter().map(|&field| field.to_owned()).collect();
                result.report.problem = Some(Problem::new(ProblemKind::FieldsChanged { fields }, now));
            }
            Kept::Blanked(fields) => {
                let fields_text = fields.join(", ");
                tracing::error!(subscription = %after.id, fields = fields_text, "Halo overwrote fields; writes are suspended");
                result.fail(overwritten(&fields, now));
                result.suspend_writes = true;
            }
        }
        self.records.insert(after.id, after);
        result
    }
}
