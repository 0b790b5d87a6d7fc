//! Reads an association's lifecycle for a decision of the domain, and stores what was decided.

use std::collections::HashMap;

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::{problem_json, read_problem};
use super::error::inconsistent;
use super::{Result, StorageError, signed};
use crate::domain::association::{AssociationEvent, Impossible, LastSync, Lifecycle, Observed, PendingWrite};
use crate::ids::{AssociationId, HaloSubscriptionId, PartnerId};

struct Row {
    id: Uuid,
    now: DateTime<Utc>,
    revision: i32,
    state: String,
    ending: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    shared: bool,
    subscription_id: Option<i32>,
    create_sent_at: Option<DateTime<Utc>>,
    create_failure: Option<String>,
    creation_approved: bool,
    duplicate_search_until: Option<DateTime<Utc>>,
    unverified: bool,
    pending_write: Option<Value>,
    pending_write_at: Option<DateTime<Utc>>,
    observed_name: Option<String>,
    observed_quantity: Option<i32>,
    observed_at: Option<DateTime<Utc>>,
    billing: String,
    last_synced_at: Option<DateTime<Utc>>,
    last_synced_quantity: Option<i32>,
    confirmed_fall: Option<i32>,
    problem: Option<Value>,
}

impl TryFrom<Row> for Lifecycle {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Lifecycle {
            revision: row.revision,
            state: row.state.parse().map_err(inconsistent("associations", "state", row.id))?,
            ending: row
                .ending
                .map(|ending| ending.parse().map_err(inconsistent("associations", "ending", row.id)))
                .transpose()?,
            ended_at: row.ended_at,
            shared: row.shared,
            subscription: row.subscription_id.map(HaloSubscriptionId),
            create_sent_at: row.create_sent_at,
            create_failure: row.create_failure,
            creation_approved: row.creation_approved,
            duplicate_search_until: row.duplicate_search_until,
            unverified: row.unverified,
            pending_write: row.pending_write.map(|before| PendingWrite { before, sent_at: row.pending_write_at }),
            observed: Observed {
                name: row.observed_name,
                quantity: row.observed_quantity.map(i32::unsigned_abs),
                at: row.observed_at,
            },
            billing: row.billing.parse().map_err(inconsistent("associations", "billing", row.id))?,
            last_synced: row
                .last_synced_at
                .zip(row.last_synced_quantity)
                .map(|(at, quantity)| LastSync { at, quantity: quantity.unsigned_abs() }),
            confirmed_fall: row.confirmed_fall.map(i32::unsigned_abs),
            problem: read_problem("associations", row.id, row.problem)?,
        })
    }
}

/// An association whose row is locked until the transaction ends: a user's act and a run's step
/// never decide about it at the same time.
pub(super) struct Locked {
    id: AssociationId,
    partner: PartnerId,
    /// The database's clock.
    pub now: DateTime<Utc>,
    pub lifecycle: Lifecycle,
}

pub(super) async fn lock(db: &mut PgConnection, partner: PartnerId, id: AssociationId) -> Result<Option<Locked>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id, now() as "now!", revision, state, ending, ended_at, shared, subscription_id, create_sent_at, create_failure,
                  creation_approved, duplicate_search_until, unverified, pending_write, pending_write_at, observed_name,
                  observed_quantity, observed_at, billing, last_synced_at, last_synced_quantity, confirmed_fall,
                  problem
           from associations where partner_id = $1 and id = $2 for no key update"#,
        partner.0,
        id.0
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| Ok(Locked { id, partner, now: row.now, lifecycle: row.try_into()? })).transpose()
}

impl Locked {
    /// Has the domain decide what the event makes of the association, and stores it.
    pub async fn apply(
        &self,
        db: &mut PgConnection,
        event: &AssociationEvent,
    ) -> Result<std::result::Result<Lifecycle, Impossible>> {
        let after = match self.lifecycle.apply(event, self.now) {
            Ok(after) => after,
            Err(impossible) => return Ok(Err(impossible)),
        };
        let pending = after.pending_write.as_ref();
        sqlx::query!(
            "update associations set
                 revision = $4, state = $5, ending = $6, ended_at = $7, shared = $8, subscription_id = $9,
                 create_sent_at = $10, creation_approved = $11, duplicate_search_until = $12, pending_write = $13,
                 pending_write_at = $14, observed_name = $15, observed_quantity = $16, observed_at = $17,
                 billing = $18, billing_invoice_id = case when billing = $18 then billing_invoice_id end,
                 last_synced_at = $19, last_synced_quantity = $20, problem = $21, create_failure = $22,
                 unverified = $23, confirmed_fall = $24
             where partner_id = $1 and id = $2 and revision = $3",
            self.partner.0,
            self.id.0,
            self.lifecycle.revision,
            after.revision,
            after.state.as_str(),
            after.ending.map(|ending| ending.as_str()),
            after.ended_at,
            after.shared,
            after.subscription.map(|id| id.0),
            after.create_sent_at,
            after.creation_approved,
            after.duplicate_search_until,
            pending.map(|pending| &pending.before),
            pending.and_then(|pending| pending.sent_at),
            after.observed.name,
            signed(after.observed.quantity),
            after.observed.at,
            after.billing.as_str(),
            after.last_synced.map(|last| last.at),
            signed(after.last_synced.map(|last| last.quantity)),
            problem_json(after.problem.as_ref()),
            after.create_failure,
            after.unverified,
            signed(after.confirmed_fall)
        )
        .execute(db)
        .await?;
        Ok(Ok(after))
    }
}

/// Locks several associations in one statement, always in the same order.
pub(super) async fn lock_many(
    db: &mut PgConnection,
    partner: PartnerId,
    ids: &[AssociationId],
) -> Result<HashMap<AssociationId, Locked>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, now() as "now!", revision, state, ending, ended_at, shared, subscription_id, create_sent_at, create_failure,
                  creation_approved, duplicate_search_until, unverified, pending_write, pending_write_at, observed_name,
                  observed_quantity, observed_at, billing, last_synced_at, last_synced_quantity, confirmed_fall,
                  problem
           from associations where partner_id = $1 and id = any ($2) order by id for no key update"#,
        partner.0,
        &ids
    )
    .fetch_all(db)
    .await?;
    let locked = rows.into_iter().map(|row| {
        let (id, now) = (AssociationId(row.id), row.now);
        Ok((id, Locked { id, partner, now, lifecycle: row.try_into()? }))
    });
    locked.collect()
}

/// The rows of what the domain has made of locked associations, for the statement that stores them.
pub(super) fn changed_rows(changed: &[(&Locked, Lifecycle)]) -> Value {
    // As precise as a column is.
    let time = |at: Option<DateTime<Utc>>| at.map(|at| at.trunc_subsecs(6));
    let row = |(locked, after): &(&Locked, Lifecycle)| {
        let pending = after.pending_write.as_ref();
        json!({
            "id": locked.id.0,
            "known_revision": locked.lifecycle.revision,
            "revision": after.revision,
            "state": after.state.as_str(),
            "ending": after.ending.map(|ending| ending.as_str()),
            "ended_at": time(after.ended_at),
            "shared": after.shared,
            "subscription_id": after.subscription.map(|id| id.0),
            "create_sent_at": time(after.create_sent_at),
            "create_failure": after.create_failure,
            "creation_approved": after.creation_approved,
            "duplicate_search_until": time(after.duplicate_search_until),
            "unverified": after.unverified,
            "pending_write": pending.map(|pending| &pending.before),
            "pending_write_at": time(pending.and_then(|pending| pending.sent_at)),
            "observed_name": after.observed.name,
            "observed_quantity": signed(after.observed.quantity),
            "observed_at": time(after.observed.at),
            "billing": after.billing.as_str(),
            "last_synced_at": time(after.last_synced.map(|last| last.at)),
            "last_synced_quantity": signed(after.last_synced.map(|last| last.quantity)),
            "confirmed_fall": signed(after.confirmed_fall),
            "problem": problem_json(after.problem.as_ref()),
        })
    };
    Value::Array(changed.iter().map(row).collect())
}

/// Locks an association and applies the event. `None`: the partner has no such association.
pub(super) async fn apply(
    db: &mut PgConnection,
    partner: PartnerId,
    id: AssociationId,
    event: &AssociationEvent,
) -> Result<Option<std::result::Result<Lifecycle, Impossible>>> {
    match lock(db, partner, id).await? {
        Some(locked) => Ok(Some(locked.apply(db, event).await?)),
        None => Ok(None),
    }
}
