//! Reads an association's lifecycle for a decision of the domain, and stores what was decided.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::{problem_json, read_problem};
use super::error::inconsistent;
use super::leases::interval;
use super::{Result, StorageError, signed};
use crate::domain::association::{AssociationEvent, Impossible, LastSync, Lifecycle, Observed, PendingWrite};
use crate::ids::{AssociationId, HaloSubscriptionId, PartnerId, RunId};

struct Row {
    /// The revision of the partner's connection, for what a run does.
    connection_revision: Option<i32>,
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

/// Associations by their ids, each locked.
#[derive(Default)]
pub struct LockedAssociations(HashMap<AssociationId, Locked>);

impl LockedAssociations {
    /// The association, unless a user has changed it since this revision.
    pub(super) fn unchanged(&self, id: AssociationId, revision: i32) -> Option<&Locked> {
        self.0.get(&id).filter(|locked| locked.lifecycle.revision == revision)
    }
}

/// The rows of associations. Checked statements are literals; this puts their columns into three.
macro_rules! select_associations {
    ($head:literal, $from:literal, $($bind:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            $head + r#" now() as "now!", a.id as "id!", a.revision as "revision!", a.state as "state!", a.ending,
                      a.ended_at, a.shared as "shared!", a.subscription_id, a.create_sent_at, a.create_failure,
                      a.creation_approved as "creation_approved!", a.duplicate_search_until,
                      a.unverified as "unverified!", a.pending_write, a.pending_write_at, a.observed_name,
                      a.observed_quantity, a.observed_at, a.billing as "billing!", a.last_synced_at,
                      a.last_synced_quantity, a.confirmed_fall, a.problem "# + $from,
            $($bind),+
        )
    };
}

pub(super) async fn lock(db: &mut PgConnection, partner: PartnerId, id: AssociationId) -> Result<Option<Locked>> {
    let row = select_associations!(
        "select null::integer as connection_revision,",
        "from associations a where partner_id = $1 and id = $2 for no key update",
        partner.0,
        id.0
    );
    let row = row.fetch_optional(db).await?;
    row.map(|row| Ok(Locked { id, partner, now: row.now, lifecycle: row.try_into()? })).transpose()
}

// Each part of the next two statements waits for the locks of the one before it, and reads what a
// lock has waited for: a row is locked as it is then, not as it was when the statement began. That
// is why the connection, which is only read, is locked as well. (`for key share` would not do: it
// lets a row change, and returns it as it was.)

/// Locks a run, if this lease on it lasts, and associations of its partner behind it, always in the
/// same order. `None` if the lease has ended or there is none of these associations.
pub(super) async fn lock_behind_lease(
    db: &mut PgConnection,
    partner: PartnerId,
    (run, token): (RunId, Uuid),
    ids: &[AssociationId],
) -> Result<Option<LockedBehindLease>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = select_associations!(
        r#"with held as materialized (
               select partner_id from sync_runs where id = $1 and lease_token = $2 and lease_until > now()
               for no key update
           )
           select c.revision as "connection_revision?","#,
        "from held
         left join lateral (select revision from connections where partner_id = held.partner_id for share) c on true
         cross join lateral (
             select * from associations where partner_id = held.partner_id and id = any ($3) order by id
             for no key update
         ) a",
        run.0,
        token,
        &ids
    );
    behind_lease(partner, rows.fetch_all(db).await?)
}

/// The same for one association, with a lease that lasts for `length` from now.
pub(super) async fn lock_behind_renewed_lease(
    db: &mut PgConnection,
    partner: PartnerId,
    (run, token): (RunId, Uuid),
    length: Duration,
    id: AssociationId,
) -> Result<Option<LockedBehindLease>> {
    let rows = select_associations!(
        r#"with held as (
               update sync_runs set lease_until = now() + $3 where id = $1 and lease_token = $2 and lease_until > now()
               returning partner_id
           )
           select c.revision as "connection_revision?","#,
        "from held
         left join lateral (select revision from connections where partner_id = held.partner_id for share) c on true
         cross join lateral (
             select * from associations where partner_id = held.partner_id and id = $4 for no key update
         ) a",
        run.0,
        token,
        interval(length),
        id.0
    );
    behind_lease(partner, rows.fetch_all(db).await?)
}

/// What was locked behind a lease.
pub(super) struct LockedBehindLease {
    /// The database's clock.
    pub now: DateTime<Utc>,
    /// The revision of the partner's connection.
    pub connection_revision: Option<i32>,
    pub associations: LockedAssociations,
}

fn behind_lease(partner: PartnerId, rows: Vec<Row>) -> Result<Option<LockedBehindLease>> {
    let Some(first) = rows.first() else { return Ok(None) };
    let (now, connection_revision) = (first.now, first.connection_revision);
    let locked = rows.into_iter().map(|row| {
        let id = AssociationId(row.id);
        Ok((id, Locked { id, partner, now: row.now, lifecycle: row.try_into()? }))
    });
    let associations = LockedAssociations(locked.collect::<Result<_>>()?);
    Ok(Some(LockedBehindLease { now, connection_revision, associations }))
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
