//! Whose records are, for support, who may look at any partner but must be given a scope for it
//! first.

use sqlx::PgConnection;
use uuid::Uuid;

use super::Result;
use crate::auth::SystemScope;
use crate::ids::{AssociationId, ClientId, ConnectionId, PartnerId, RunId};

struct Owned {
    id: Uuid,
    partner_id: Uuid,
}

macro_rules! owners {
    ($($name:ident: $id:ident, $statement:literal;)+) => {$(
        pub async fn $name(db: &mut PgConnection, _: SystemScope, ids: &[$id]) -> Result<Vec<($id, PartnerId)>> {
            let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
            let owned = sqlx::query_as!(Owned, $statement, &ids).fetch_all(db).await?;
            Ok(owned.into_iter().map(|owned| ($id(owned.id), PartnerId(owned.partner_id))).collect())
        }
    )+};
}

owners! {
    of_clients: ClientId, "select id, partner_id from clients where id = any ($1)";
    of_connections: ConnectionId, "select id, partner_id from connections where id = any ($1)";
    of_associations: AssociationId, "select id, partner_id from associations where id = any ($1)";
    of_runs: RunId, "select id, partner_id from sync_runs where id = any ($1)";
}
