//! An archived partner's integration has ended: it can be viewed, but no verb changes anything of
//! it, for any caller.

use super::{OpError, Ops, Request};
use crate::auth::PartnerScope;
use crate::domain::roster::{Partner, RosterState};
use crate::storage::{AuditContext, PartnerTx, partners, run_queue};

impl Ops {
    /// Begins a verb's transaction: the partner is locked, so that two requests do not decide at
    /// the same time, then its open runs, and an archived partner is refused. Archiving takes the
    /// same lock: it either comes before and is seen here, or it waits for this transaction and
    /// undoes what that did.
    pub(super) async fn begin_active<'s>(
        &self,
        scope: &'s PartnerScope,
        context: impl Into<AuditContext>,
    ) -> Result<PartnerTx<'s>, OpError> {
        let mut tx = self.begin(scope, context).await?;
        ensure_active(tx.lock().await?.map(|partner| partner.state))?;
        run_queue::lock_open(&mut tx, &[scope.partner()]).await?;
        Ok(tx)
    }

    /// Begins a transaction that also works on an archived partner: for disconnecting it, and for
    /// what locks the partner itself.
    pub(super) async fn begin<'s>(
        &self,
        scope: &'s PartnerScope,
        context: impl Into<AuditContext>,
    ) -> Result<PartnerTx<'s>, OpError> {
        Ok(PartnerTx::begin(&self.db, scope, context, &self.clock).await?)
    }

    /// Refuses an archived partner without locking it, before Halo is sent anything. Returns the
    /// partner, if there is one.
    pub(super) async fn check_active(&self, scope: &PartnerScope) -> Result<Option<Partner>, OpError> {
        let partner = partners::find(&mut *self.db.read(scope).await?, scope).await?;
        ensure_active(partner.as_ref().map(|partner| partner.state))?;
        Ok(partner)
    }
}

impl From<&Request<'_>> for AuditContext {
    fn from(request: &Request<'_>) -> Self {
        AuditContext { request_id: Some(request.id.to_owned()), reason: request.reason.clone() }
    }
}

fn ensure_active(state: Option<RosterState>) -> Result<(), OpError> {
    if state == Some(RosterState::Archived) { Err(OpError::Archived) } else { Ok(()) }
}
