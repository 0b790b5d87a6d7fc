//! The partners that records belong to. For support, which may view any partner but must be given a
//! scope for it first.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Result;
use crate::auth::SystemScope;
use crate::ids::PartnerId;

/// Finds the partners of clients, connections, associations, runs, problems and webhooks, by ids
/// that are unique among all of them.
pub async fn find_many(db: &mut PgConnection, _: SystemScope, ids: &[Uuid]) -> Result<Vec<(Uuid, PartnerId)>> {
    let owned = sqlx::query!(
        r#"select id as "id!", partner_id as "partner_id!" from clients where id = any ($1)
           union all select id, partner_id from connections where id = any ($1)
           union all select id, partner_id from associations where id = any ($1)
           union all select id, partner_id from sync_runs where id = any ($1)
           union all select id, partner_id from problems where id = any ($1)
           union all select id, partner_id from webhooks where id = any ($1)"#,
        ids
    )
    .fetch_all(db)
    .await?;
    Ok(owned.into_iter().map(|row| (row.id, PartnerId(row.partner_id))).collect())
}
