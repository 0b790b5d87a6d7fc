//! Sets the quantity of a subscription and checks that Halo changed nothing else.
//!
//! The record is read singly before the write, unless it was read singly for the plan: a list row,
//! which the plan is made of for most partners, may leave members out or shorten them and is no
//! measure for what a write must leave as it is. That is one request more for each changed client
//! of a partner with many, and none for an unchanged one. The read also shows a record that changed
//! since the plan was made.

use std::time::Instant;

use super::StopReason;
use super::execute::{Executor, Write};
use super::failpoints::{Failpoint, commit, pass};
use super::step_result::{
    StepResult, already_set, answered_with_another, created_beside, needs_attention, observed_fields, overwritten,
    quantity_not_taken, report, superseded, warning,
};
use crate::domain::association::{StepReport, Transition};
use crate::domain::plan::{Sent, Step};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::Outcome;
use crate::halo::{FieldDiff, HaloError, PreservedFields, Subscription, WriteError};
use crate::ids::HaloSubscriptionId;
use crate::ops::sync::observe::refused_single_read;
use crate::ops::sync::pending_writes::{PendingWriteNote, quantity_change};
use crate::storage::outcomes;

impl Executor<'_> {
    pub(super) async fn set_quantity(
        &mut self,
        step: &Step,
        id: HaloSubscriptionId,
        quantity: u32,
        transition: Transition,
    ) -> Result<StepResult, StopReason> {
        let ops = self.ops;
        let blocked = |kind| -> Result<StepResult, StopReason> {
            Ok(needs_attention(step, Problem::new(kind, ops.clock.now())).into())
        };
        let (before, fields) = match self.record_before_write(id).await {
            Ok(Some((record, fields))) => (record, fields),
            Ok(None) => return blocked(ProblemKind::SubscriptionDeleted),
            Err(error) => return self.failed(step, error, Write::Quantity(quantity)),
        };
        if !before.active && transition != Transition::Ended {
            return blocked(ProblemKind::SubscriptionInactive { id });
        }
        if before.quantity.whole() == Some(quantity) {
            return Ok(already_set(step, &before, quantity, transition));
        }
        let sent = Sent { from: before.quantity.whole(), to: quantity };
        self.reserve_request().await?;
        let Some(deadline) = self.intend_quantity(step, id, &fields, sent).await? else {
            return Ok(superseded(step));
        };
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
        match self.read_after(id, &fields, sent, answer).await {
            Ok(Some(after)) => Ok(self.written(step, &fields, after, sent, transition)),
            Ok(None) => blocked(ProblemKind::SubscriptionDeleted),
            Err(error) => self.failed(step, error, Write::Quantity(quantity)),
        }
    }

    /// The record as a single read shows it, with the members that a write must leave as they are;
    /// `None` if Halo has no such record.
    async fn record_before_write(
        &self,
        id: HaloSubscriptionId,
    ) -> Result<Option<(Subscription, PreservedFields)>, HaloError> {
        let known = self.records.get(&id).filter(|record| record.fields.is_some()).cloned();
        match known.and_then(with_fields) {
            Some(known) => Ok(Some(known)),
            None => self.read_record(id).await,
        }
    }

    async fn read_record(&self, id: HaloSubscriptionId) -> Result<Option<(Subscription, PreservedFields)>, HaloError> {
        match self.session.subscription(id).await? {
            Some(record) => with_fields(record).map(Some).ok_or_else(refused_single_read),
            None => Ok(None),
        }
    }

    /// Stores the write that is about to be sent, with the fields that it must preserve, and
    /// returns the instant by which the write has to end. `None` if a user has changed the
    /// association since the plan was made.
    async fn intend_quantity(
        &self,
        step: &Step,
        id: HaloSubscriptionId,
        fields: &PreservedFields,
        sent: Sent,
    ) -> Result<Option<Instant>, StopReason> {
        let pending = PendingWriteNote { subscription: id, sent, fields: fields.clone() };
        let pending = serde_json::to_value(pending).expect("plain data");
        let (mut tx, locked, deadline) = self.begin_write(step.association).await?;
        if !outcomes::intend_quantity(&mut tx, &locked, step.association, step.revision, pending).await? {
            return Ok(None);
        }
        commit(tx, Failpoint::QuantityIntentRecorded).await?;
        Ok(Some(deadline))
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

    /// The record after the write. The answer is believed if it shows every member as it was. It
    /// may also show less than the record, or something else: then the record is read.
    async fn read_after(
        &self,
        id: HaloSubscriptionId,
        before: &PreservedFields,
        sent: Sent,
        answer: Option<Subscription>,
    ) -> Result<Option<(Subscription, PreservedFields)>, HaloError> {
        let complete = |(after, fields): &(Subscription, PreservedFields)| {
            after.quantity.whole() == Some(sent.to)
                && before.diff(fields, quantity_change(sent)) == FieldDiff::Unchanged
        };
        match answer.and_then(with_fields).filter(complete) {
            Some(after) => Ok(Some(after)),
            None => self.read_record(id).await,
        }
    }

    /// The result of a write after which Halo shows `after`.
    fn written(
        &mut self,
        step: &Step,
        before: &PreservedFields,
        (after, fields): (Subscription, PreservedFields),
        sent: Sent,
        transition: Transition,
    ) -> StepResult {
        let now = self.ops.clock.now();
        let (warning, changed_in_halo) = warning(step, sent.from);
        let mut result = StepResult::from(StepReport {
            quantity_before: step.before_sent.or(sent.from),
            quantity_after: after.quantity.whole(),
            problem: warning,
            changed_in_halo,
            transition,
            observed: Some(observed_fields(&after)),
            ..report(step, Outcome::Updated)
        });
        if after.quantity.whole() == Some(sent.to) {
            self.write_is_shown();
        } else {
            result.fail(quantity_not_taken(sent.to, &after, now));
        }
        match before.diff(&fields, quantity_change(sent)) {
            FieldDiff::Unchanged => {}
            FieldDiff::Edited(fields) => {
                result.report.problem = Some(Problem::new(ProblemKind::FieldsChanged { fields }, now));
            }
            FieldDiff::Overwritten(fields) => {
                let fields_text = fields.join(", ");
                tracing::error!(subscription = %after.id, fields = fields_text, "Halo overwrote fields; writes are suspended");
                let shown = result.report.quantity_after.filter(|_| result.report.outcome == Outcome::Updated);
                result.fail(overwritten(fields, now));
                if let Some(quantity) = shown {
                    result.report.transition = Transition::WrittenWithProblem { quantity };
                }
                result.suspend_writes = true;
            }
        }
        self.records.insert(after.id, after);
        result
    }
}

fn with_fields(record: Subscription) -> Option<(Subscription, PreservedFields)> {
    let fields = record.fields.clone()?;
    Some((record, fields))
}
