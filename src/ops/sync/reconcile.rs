//! Compares everything of a partner with its Halo, on request and once a week after a nightly sync.
//! It changes nothing in Halo.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::auth::{Act, PartnerScope};
use crate::domain::activity::Action;
use crate::domain::connection::Connection;
use crate::domain::reconciliation::{Facts, Reconciliation, Shown, compare};
use crate::halo::{HaloError, Session};
use crate::ops::connection::ensure_unchanged;
use crate::ops::{OpError, Ops, Request, Target, halo};
use crate::storage::reconciliations;

/// The most requests that one comparison sends while a user waits.
const MAX_REQUESTS: u32 = 90;
/// How often it is made by itself.
const INTERVAL: TimeDelta = TimeDelta::days(7);

/// Compares now, for a user who waits.
pub async fn reconcile(ops: &Ops, request: &Request<'_>, target: impl Into<Target>) -> Result<Reconciliation, OpError> {
    let scope = request.authorize(ops, Act::Reconcile, target).await?;
    let (connection, session) = halo::active_session(ops, &scope).await?;
    let session = session.at_most(MAX_REQUESTS);
    let report = match read_and_compare(ops, &scope, &connection, &session).await {
        Err(OpError::Halo(error)) => return Err(halo::refused(error)),
        report => report?,
    };
    let mut tx = ops.begin_active(&scope, request).await?;
    ensure_unchanged(&mut tx, &connection).await?;
    reconciliations::record(&mut tx, &scope, &report).await?;
    tx.record(Action::ConnectionReconciled, Some(connection.id.to_string()), None, None).await?;
    tx.commit().await?;
    Ok(report)
}

/// Whether it is to be made by itself, as of the latest one.
pub(super) fn is_due(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    last.is_none_or(|last| last + INTERVAL <= now)
}

/// Reads everything from Halo and compares it. It stores nothing.
pub(super) async fn read_and_compare(
    ops: &Ops,
    scope: &PartnerScope,
    connection: &Connection,
    session: &Session,
) -> Result<Reconciliation, OpError> {
    let owned = reconciliations::owned(&mut *ops.db.read(scope).await?, scope, &connection.tenant).await?;
    let known: BTreeMap<_, _> = owned.iter().map(|owned| (owned.subscription, owned.customer)).collect();
    let subscriptions = session.our_subscriptions(&known.keys().copied().collect()).await?;
    let active_customers: BTreeSet<_> =
        session.active_customers().await?.into_iter().map(|customer| customer.id).collect();
    let (billing, fixed) = match session.billing_of_all(&known).await {
        Ok((billing, fixed)) => {
            let billing = billing.into_iter().map(|(id, invoiced)| (id, halo::shown_billing(invoiced).billing));
            (Some(billing.collect()), fixed)
        }
        // The guide's agent has no Invoices level.
        Err(HaloError::PermissionDenied(_)) => (None, BTreeMap::new()),
        Err(error) => return Err(error.into()),
    };
    let shown = |record: crate::halo::Subscription| Shown {
        id: record.id,
        customer: record.customer,
        quantity: record.quantity.whole(),
        active: record.active,
        customer_name: record.customer_name,
    };
    let subscriptions: Vec<_> = subscriptions.into_iter().map(shown).collect();
    let unknown: Vec<_> = subscriptions.iter().map(|shown| shown.id).filter(|id| !known.contains_key(id)).collect();
    let associated = reconciliations::associated(&mut *ops.db.read(scope).await?, &connection.tenant, &unknown).await?;
    let facts = Facts { subscriptions, associated, active_customers, billing, fixed };
    Ok(compare(connection.tenant.clone(), &owned, &facts, ops.clock.now()))
}
