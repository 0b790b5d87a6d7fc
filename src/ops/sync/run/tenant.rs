//! Follows a Halo whose identity has changed while it is still the same: discovery begins to name
//! its tenant, or names it otherwise.

use super::StopReason;
use super::failpoints::{Failpoint, commit};
use crate::domain::activity::Action;
use crate::domain::connection::Connection;
use crate::domain::problem::TenantEvidence;
use crate::halo::Session;
use crate::ops::Ops;
use crate::ops::connection::tenant;
use crate::storage::activity::{self, Entry};
use crate::storage::leases::{LeasedTx, SyncLease};
use crate::storage::{associations, connections};

/// Carries the connection and its associations over to the identity that the Halo has now, if the
/// partner's own subscriptions prove that it is the same Halo. Returns the connection as it is
/// then, or the evidence that did not suffice.
pub(super) async fn follow(
    ops: &Ops,
    lease: &SyncLease,
    connection: &Connection,
    session: &Session,
) -> Result<(Connection, Option<TenantEvidence>), StopReason> {
    let tenant = session.tenant().await?;
    if tenant == connection.tenant {
        return Ok((connection.clone(), None));
    }
    let evidence = tenant::find_evidence(ops, lease.scope(), session, &connection.tenant).await?;
    if !evidence.proves_identity() {
        return Ok((connection.clone(), Some(evidence)));
    }
    let mut tx = LeasedTx::begin_with_partner(&ops.db, lease).await?;
    // A user may have saved other details meanwhile, to which the evidence does not apply.
    let now = connections::find(&mut tx, lease.scope()).await?;
    if now.is_none_or(|now| (&now.url, &now.tenant) != (&connection.url, &connection.tenant)) {
        return Ok((connection.clone(), Some(evidence)));
    }
    associations::carry_over(&mut tx, lease.scope(), &connection.tenant, &tenant).await?;
    connections::confirm_tenant(&mut tx, lease.scope(), &tenant, ops.clock.now()).await?;
    let (before, after) = tenant::changes(connection, &tenant, evidence);
    let entry = Entry {
        action: Action::TenantCarriedOver,
        subject: Some(connection.id.to_string()),
        reason: None,
        before: Some(before),
        after: Some(after),
        request_id: None,
    };
    activity::record(&mut tx, lease.scope(), entry, ops.clock.now()).await?;
    commit(tx, Failpoint::TenantCarriedOver).await?;
    tracing::info!(partner.id = %lease.partner(), halo.tenant = %tenant, "the associations were carried over to another identity of Halo");
    Ok((Connection { tenant, ..connection.clone() }, None))
}
