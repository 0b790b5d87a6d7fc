//! Clients that are excluded from billing. They are read with the clients: see [`super::clients`].

use chrono::{DateTime, NaiveDate, Utc};

use super::{PartnerTx, Result};
use crate::ids::ClientId;

/// Stores the exclusion of these clients, in place of the one that they have.
pub async fn store(
    tx: &mut PartnerTx<'_>,
    clients: &[ClientId],
    reason: &str,
    until: Option<(NaiveDate, DateTime<Utc>)>,
) -> Result<()> {
    let clients: Vec<_> = clients.iter().map(|id| id.0).collect();
    let actor = serde_json::to_value(tx.scope().actor()).expect("an actor is plain data");
    sqlx::query!(
        "insert into client_exclusions (client_id, partner_id, reason, review_on, ends_at, excluded_at, excluded_by)
         select client, $1, $3, $4, $5, $6, $7 from unnest($2::uuid[]) as client
         on conflict (client_id) do update
         set reason = $3, review_on = $4, ends_at = $5, excluded_at = $6, excluded_by = $7",
        tx.scope().partner().0,
        &clients,
        reason,
        until.map(|(day, _)| day),
        until.map(|(_, at)| at),
        tx.now(),
        actor
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes the exclusion of these clients.
pub async fn remove(tx: &mut PartnerTx<'_>, clients: &[ClientId]) -> Result<()> {
    let clients: Vec<_> = clients.iter().map(|id| id.0).collect();
    sqlx::query!(
        "delete from client_exclusions where partner_id = $1 and client_id = any ($2)",
        tx.scope().partner().0,
        &clients
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
