//! Forgets the secret. Associations and history stay, Halo is left as it is, and the same tenant connected again goes on.

use crate::auth::{Act, permit};
use crate::ids::PartnerId;
use crate::ops::{OpError, Ops, Request, connection::check};
use crate::storage::{activity, connections, partners, runs};

/// Whether there was a connection to forget.
pub async fn disconnect(ops: &Ops, request: &Request<'_>, partner: PartnerId) -> Result<bool, OpError> {
    let scope = permit(request.caller, Act::Disconnect, partner)?;
    let now = ops.clock.now();
    let mut tx = ops.db.begin(&scope).await?;
    partners::lock(&mut tx, &scope).await?;
    let connection = connections::find(&mut tx, &scope).await?;
    // Runs first, as a run does that ends: two transactions that lock in different orders would wait for each other.
    runs::cancel(&mut tx, &scope, now).await?;
    let disconnected = connections::disconnect(&mut tx, &scope).await?;
    if disconnected {
        let after = connections::find(&mut tx, &scope).await?;
        let entry = activity::Entry {
            subject: connection.as_ref().map(|connection| connection.id.to_string()),
            before: connection.as_ref().map(check::standing),
            after: after.as_ref().map(check::standing),
            ..request.entry("connection.removed")
        };
        activity::record(&mut tx, &scope, entry, now).await?;
    }
    tx.commit().await?;
    Ok(disconnected)
}
