//! Disconnects Halo: erases the secret. Associations and history stay, nothing changes in Halo, and
//! syncs resume when the same tenant is connected again.

use super::summary;
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::ops::{OpError, Ops, Request, Target};
use crate::storage::{connections, run_queue};

/// Disconnects the partner. Returns whether it was connected.
pub async fn disconnect(ops: &Ops, request: &Request<'_>, target: impl Into<Target>) -> Result<bool, OpError> {
    let scope = request.authorize(ops, Act::Disconnect, target).await?;
    let mut tx = ops.begin(&scope, request).await?;
    tx.lock().await?;
    let now = tx.now();
    let connection = connections::find(&mut tx, &scope).await?;
    // Runs first, as a run does that ends: two transactions that lock in different orders would
    // wait for each other.
    run_queue::cancel(&mut tx, &scope, now).await?;
    let disconnected = connections::disconnect(&mut tx, &scope, now).await?;
    if disconnected {
        let after = connections::find(&mut tx, &scope).await?;
        let subject = connection.as_ref().map(|connection| connection.id.to_string());
        let (before, after) = (connection.as_ref().map(summary), after.as_ref().map(summary));
        tx.record(Action::ConnectionRemoved, subject, before, after).await?;
    }
    tx.commit().await?;
    Ok(disconnected)
}
