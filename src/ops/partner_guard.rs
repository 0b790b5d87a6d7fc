//! An archived partner's integration has come to its end: it may still be looked at, but nothing is done with it any more,
//! whoever asks.

use super::{OpError, Ops};
use crate::auth::PartnerScope;
use crate::domain::roster::RosterState;
use crate::storage::{Tx, partners};

/// Keeps two requests of the same partner apart, and refuses where the partner is archived. Archiving takes the same lock: it
/// comes before, and is seen here, or it waits for this transaction and undoes what it did.
pub(super) async fn lock_active(tx: &mut Tx, scope: &PartnerScope) -> Result<(), OpError> {
    judge(partners::lock(tx, scope).await?)
}

/// The same without a lock, before Halo is asked for anything.
pub(super) async fn check_active(ops: &Ops, scope: &PartnerScope) -> Result<(), OpError> {
    let partner = partners::find(&mut *ops.db.read(scope).await?, scope).await?;
    judge(partner.map(|partner| partner.state))
}

fn judge(state: Option<RosterState>) -> Result<(), OpError> {
    if state == Some(RosterState::Archived) { Err(OpError::Archived) } else { Ok(()) }
}
