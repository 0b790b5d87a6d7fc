//! A partner's clients and their active user counts, always computed from the users' rows.

use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Page, Result, Slice};
use crate::auth::PartnerScope;
use crate::domain::roster::Client;
use crate::ids::{ClientId, PartnerId};

struct Row {
    id: Uuid,
    partner_id: Uuid,
    external_id: String,
    name: String,
    state: String,
    active_users: i32,
}

impl TryFrom<Row> for Client {
    type Error = super::StorageError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Client {
            id: ClientId(row.id),
            partner: PartnerId(row.partner_id),
            external_id: row.external_id,
            name: row.name,
            state: row.state.parse().map_err(inconsistent("clients", "state", row.id))?,
            active_users: row.active_users.unsigned_abs(),
        })
    }
}

/// Those of `ids` that are this partner's, in no particular order.
pub async fn find_many(db: &mut PgConnection, scope: &PartnerScope, ids: &[ClientId]) -> Result<Vec<Client>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, partner_id, external_id, name, state, active_user_count(id) as "active_users!"
           from clients where partner_id = $1 and id = any ($2)"#,
        scope.partner().0,
        &ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Client::try_from).collect()
}

/// Which of a partner's clients are wanted. Archived clients are listed only while an association remains.
#[derive(Clone, Debug, Default)]
pub struct ClientFilter {
    /// Part of the name, or the whole external id.
    pub search: Option<String>,
    pub associated: Option<bool>,
    pub needs_attention: Option<bool>,
}

/// Clients by name, A to Z.
pub async fn page(
    db: &mut PgConnection,
    scope: &PartnerScope,
    filter: &ClientFilter,
    page: &Page,
) -> Result<Slice<Client>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id!", partner_id as "partner_id!", external_id as "external_id!", name as "name!", state as "state!",
                  active_user_count(id) as "active_users!"
           from listed_clients
           where partner_id = $1
             and ($2::text is null or strpos(lower(name), lower($2)) > 0 or external_id = $2)
             and ($3::boolean is null or associated = $3)
             and ($4::boolean is null or needs_attention = $4)
             and ($5::text is null or (lower(name), id) > (lower($5), $6))
           order by lower(name), id
           limit $7"#,
        scope.partner().0,
        filter.search,
        filter.associated,
        filter.needs_attention,
        page.after_key(),
        page.after_id(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    Ok(page.cut(rows.into_iter().map(Client::try_from).collect::<Result<_>>()?))
}

/// Clients by name, Z to A.
pub async fn page_descending(
    db: &mut PgConnection,
    scope: &PartnerScope,
    filter: &ClientFilter,
    page: &Page,
) -> Result<Slice<Client>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id!", partner_id as "partner_id!", external_id as "external_id!", name as "name!", state as "state!",
                  active_user_count(id) as "active_users!"
           from listed_clients
           where partner_id = $1
             and ($2::text is null or strpos(lower(name), lower($2)) > 0 or external_id = $2)
             and ($3::boolean is null or associated = $3)
             and ($4::boolean is null or needs_attention = $4)
             and ($5::text is null or (lower(name), id) < (lower($5), $6))
           order by lower(name) desc, id desc
           limit $7"#,
        scope.partner().0,
        filter.search,
        filter.associated,
        filter.needs_attention,
        page.after_key(),
        page.after_id(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    Ok(page.cut(rows.into_iter().map(Client::try_from).collect::<Result<_>>()?))
}

pub async fn count(db: &mut PgConnection, scope: &PartnerScope, filter: &ClientFilter) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from listed_clients
           where partner_id = $1
             and ($2::text is null or strpos(lower(name), lower($2)) > 0 or external_id = $2)
             and ($3::boolean is null or associated = $3)
             and ($4::boolean is null or needs_attention = $4)"#,
        scope.partner().0,
        filter.search,
        filter.associated,
        filter.needs_attention
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}
