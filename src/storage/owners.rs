//! Whose a record is, for support, who may look at any partner but must be given a scope for it first.

use sqlx::PgConnection;

use super::Result;
use crate::auth::SystemScope;
use crate::ids::{AssociationId, ClientId, ConnectionId, PartnerId, RunId};

pub async fn of_client(db: &mut PgConnection, _: SystemScope, id: ClientId) -> Result<Option<PartnerId>> {
    Ok(sqlx::query_scalar!("select partner_id from clients where id = $1", id.0)
        .fetch_optional(db)
        .await?
        .map(PartnerId))
}

pub async fn of_connection(db: &mut PgConnection, _: SystemScope, id: ConnectionId) -> Result<Option<PartnerId>> {
    Ok(sqlx::query_scalar!("select partner_id from connections where id = $1", id.0)
        .fetch_optional(db)
        .await?
        .map(PartnerId))
}

pub async fn of_association(db: &mut PgConnection, _: SystemScope, id: AssociationId) -> Result<Option<PartnerId>> {
    Ok(sqlx::query_scalar!("select partner_id from associations where id = $1", id.0)
        .fetch_optional(db)
        .await?
        .map(PartnerId))
}

pub async fn of_run(db: &mut PgConnection, _: SystemScope, id: RunId) -> Result<Option<PartnerId>> {
    Ok(sqlx::query_scalar!("select partner_id from sync_runs where id = $1", id.0)
        .fetch_optional(db)
        .await?
        .map(PartnerId))
}
