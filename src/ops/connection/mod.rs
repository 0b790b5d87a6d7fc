//! Use cases of a partner's Halo connection: checking it, saving its details, disconnecting. Here
//! is what its verbs share.

pub mod check;
pub mod confirm_tenant;
mod details;
pub mod disconnect;
pub mod save;
pub mod tenant;
mod visibility;

use serde_json::json;

pub use details::Details;

use super::{OpError, Ops, Request, UserErrorCode};
use crate::auth::PartnerScope;
use crate::domain::connection::Connection;
use crate::storage::{PartnerTx, connections, partners};

/// How often one partner's connection may be checked in a minute: enough for typing errors, too few
/// for guessing secrets or for finding out what answers in a network.
const CHECKS_PER_MINUTE: i32 = 10;

/// What the audit log says of a connection.
fn summary(connection: &Connection) -> serde_json::Value {
    let problem = connection.problem.as_ref().map(|problem| problem.code());
    json!({ "url": connection.url, "state": connection.state.as_str(), "problem": problem })
}

pub(in crate::ops) fn not_connected() -> OpError {
    OpError::refused(
        UserErrorCode::NotConnected,
        &[],
        "Halo PSA is not connected. Save the connection details first: Settings > Integrations > Halo PSA.",
    )
}

/// Refuses to store what a Halo answered that is not the partner's any more: the connection was
/// saved or removed since it was `read`. The partner is locked, so the connection stays as it is
/// from here to the end of the transaction.
pub(in crate::ops) async fn ensure_unchanged(tx: &mut PartnerTx<'_>, read: &Connection) -> Result<(), OpError> {
    let scope = tx.scope();
    let now = connections::find(tx, scope).await?;
    if now.is_some_and(|now| now.is_usable() && now.is_same_as(read)) { Ok(()) } else { Err(changed()) }
}

fn changed() -> OpError {
    OpError::refused(
        UserErrorCode::ConnectionChanged,
        &[],
        "Another user changed the connection meanwhile, so nothing was stored. Load it and try again.",
    )
}

/// Counts a check before Halo is sent anything: the partner is still with INFIMA, and the check is
/// not used to guess secrets or to explore networks.
async fn count_attempt(ops: &Ops, request: &Request<'_>, scope: &PartnerScope) -> Result<(), OpError> {
    let mut tx = ops.begin_active(scope, request).await?;
    if !partners::count_connection_test(&mut tx, scope, CHECKS_PER_MINUTE).await? {
        return Err(OpError::refused(
            UserErrorCode::TooManyAttempts,
            &[],
            "The connection was checked too often. Wait a minute, then try again.",
        ));
    }
    tx.commit().await?;
    Ok(())
}
