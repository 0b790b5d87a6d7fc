//! Writes of a quantity whose result is not recorded: what is stored before such a write, and what
//! an observation says of it afterwards.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::observe::Observation;
use super::run::step_result::overwritten;
use crate::domain::plan::{Desired, Lookup, Sent, UnconfirmedWrite};
use crate::domain::problem::Problem;
use crate::halo::{FieldDiff, PreservedFields, QuantityChange};
use crate::ids::HaloSubscriptionId;
use crate::storage::outcomes::PendingWrite;

/// The pending write that [`crate::storage::outcomes::intend_quantity`] stores.
#[derive(Serialize, Deserialize)]
pub(super) struct PendingWriteNote {
    pub subscription: HaloSubscriptionId,
    pub sent: Sent,
    pub fields: PreservedFields,
}

pub(super) fn quantity_change(sent: Sent) -> QuantityChange {
    QuantityChange { from: sent.from, to: sent.to }
}

/// Attaches unconfirmed writes to their associations and checks whether one of them overwrote other
/// fields of its record. Such an association waits for a user, and all writes for the partner are
/// suspended. Returns the last such problem.
pub(super) fn attach_unconfirmed_writes(
    desired: &mut Desired,
    pending: &[PendingWrite],
    observation: &Observation,
    now: DateTime<Utc>,
) -> Option<Problem> {
    let mut found = None;
    for PendingWrite { association, before, timed_out } in pending {
        let Some(association) = desired.associations.iter_mut().find(|it| it.id == *association) else { continue };
        let record = association.subscription.and_then(|id| observation.records.get(&id));
        let before = serde_json::from_value::<PendingWriteNote>(before.clone());
        // A user may have given the association another subscription since then.
        let (Some(record), Ok(before)) = (record, before) else { continue };
        let is_own = match observation.observed.subscriptions.get(&record.id) {
            Some(Lookup::Found(observed)) => association.is_verified_by(observed),
            _ => !association.unverified,
        };
        if before.subscription != record.id || !is_own {
            continue;
        }
        association.unconfirmed_write = Some(UnconfirmedWrite { sent: before.sent, timed_out: *timed_out });
        let Some(after) = &record.fields else { continue };
        if let FieldDiff::Overwritten(fields) = before.fields.diff(after, quantity_change(before.sent)) {
            tracing::error!(subscription = %record.id, fields = fields.join(", "), "Halo overwrote fields; writes are suspended");
            let problem = overwritten(fields, now);
            association.problem = Some(problem.clone());
            desired.suspended_since = desired.suspended_since.or(Some(now));
            found = Some(problem);
        }
    }
    found
}
