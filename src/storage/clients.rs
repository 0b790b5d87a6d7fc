//! A partner's clients and their active user counts, always computed from the users' rows.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Page, Partners, Result, Slice};
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

/// Reads the clients in `ids` that are these partners', in no particular order.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners, ids: &[ClientId]) -> Result<Vec<Client>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select id, partner_id, external_id, name, state, active_user_count(id) as "active_users!"
           from clients where partner_id = any ($1) and id = any ($2)"#,
        &partners.ids(),
        &ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Client::try_from).collect()
}

/// Which of a partner's clients are wanted. Archived clients are listed only while an association
/// remains.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClientFilter {
    /// Part of the name, or the whole external id.
    pub search: Option<String>,
    pub associated: Option<bool>,
    pub needs_attention: Option<bool>,
}

/// Clients of each partner by name, A to Z.
pub async fn pages(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &ClientFilter,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<Client>>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select c.id as "id!", c.partner_id as "partner_id!", c.external_id as "external_id!", c.name as "name!",
                  c.state as "state!", active_user_count(c.id) as "active_users!"
           from unnest($1::uuid[]) as p (id)
           cross join lateral (
               select * from listed_clients l
               where l.partner_id = p.id
                 and ($2::text is null or strpos(sort_name, lower($2)) > 0 or external_id = $2)
                 and ($3::boolean is null or associated = $3)
                 and ($4::boolean is null or needs_attention = $4)
                 and (sort_name, l.id) > (lower($5), $6)
               order by sort_name, l.id
               limit $7
           ) c
           order by c.sort_name, c.id"#,
        &partners.ids(),
        filter.search,
        filter.associated,
        filter.needs_attention,
        page.after_key().unwrap_or_default(),
        page.above(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(of_partner))
}

/// Clients of each partner by name, Z to A.
pub async fn pages_descending(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &ClientFilter,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<Client>>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select c.id as "id!", c.partner_id as "partner_id!", c.external_id as "external_id!", c.name as "name!",
                  c.state as "state!", active_user_count(c.id) as "active_users!"
           from unnest($1::uuid[]) as p (id)
           cross join lateral (
               select coalesce(lower($5), max(sort_name)) as name from clients where partner_id = p.id
           ) start
           cross join lateral (
               select * from listed_clients l
               where l.partner_id = p.id
                 and ($2::text is null or strpos(sort_name, lower($2)) > 0 or external_id = $2)
                 and ($3::boolean is null or associated = $3)
                 and ($4::boolean is null or needs_attention = $4)
                 and (sort_name, l.id) < (start.name, $6)
               order by sort_name desc, l.id desc
               limit $7
           ) c
           order by c.sort_name desc, c.id desc"#,
        &partners.ids(),
        filter.search,
        filter.associated,
        filter.needs_attention,
        page.after_key(),
        page.below(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(of_partner))
}

fn of_partner(row: Row) -> Result<(PartnerId, Client)> {
    let client = Client::try_from(row)?;
    Ok((client.partner, client))
}

/// How many clients each partner has. One without any is not among them.
pub async fn counts(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &ClientFilter,
) -> Result<HashMap<PartnerId, i64>> {
    let rows = sqlx::query!(
        r#"select partner_id as "partner_id!", count(*) as "count!" from listed_clients
           where partner_id = any ($1)
             and ($2::text is null or strpos(sort_name, lower($2)) > 0 or external_id = $2)
             and ($3::boolean is null or associated = $3)
             and ($4::boolean is null or needs_attention = $4)
           group by partner_id"#,
        &partners.ids(),
        filter.search,
        filter.associated,
        filter.needs_attention
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PartnerId(row.partner_id), row.count)).collect())
}
