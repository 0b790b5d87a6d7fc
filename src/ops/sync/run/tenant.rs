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
use crate::storage::leases::{RunTx, SyncLease};
use crate::storage::{connections, tenants};

/// The identity of the Halo that a run has met.
pub(super) enum TenantIdentity {
    Unchanged,
    /// The identity has changed, and everything is carried over to the new one.
    CarriedOver,
    /// The identity has changed, and the evidence does not prove that it is the same Halo.
    Unproven(TenantEvidence),
}

/// Carries the connection and its associations over to the identity that the Halo has now, if the
/// partner's own subscriptions prove that it is the same Halo.
pub(super) async fn follow(
    ops: &Ops,
    lease: &SyncLease,
    connection: &Connection,
    session: &Session,
) -> Result<TenantIdentity, StopReason> {
    let tenant = session.tenant().await?;
    if tenant == connection.tenant {
        return Ok(TenantIdentity::Unchanged);
    }
    let evidence = tenant::find_evidence(ops, lease.scope(), session, &connection.tenant).await?;
    if !evidence.proves_identity() {
        return Ok(TenantIdentity::Unproven(evidence));
    }
    let mut tx = RunTx::begin_with_partner(&ops.db, lease).await?;
    // A user may have saved other details meanwhile, to which the evidence does not apply.
    if connections::revision(&mut tx, lease.scope()).await? != Some(connection.revision) {
        return Err(StopReason::ConnectionChanged);
    }
    tenants::carry_over(&mut tx, lease.scope(), &connection.tenant, &tenant).await?;
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
    Ok(TenantIdentity::CarriedOver)
}
