//! The users behind a client's count, and those who are not counted.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Page, Partners, Result, Slice, StorageError};
use crate::domain::roster::{ListedUser, UserCounts};
use crate::ids::{ClientId, UserId};

struct Row {
    id: Uuid,
    client_id: Uuid,
    external_id: String,
    email: Option<String>,
    not_counted: Option<String>,
}

impl TryFrom<Row> for ListedUser {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(ListedUser {
            id: UserId(row.id),
            client: ClientId(row.client_id),
            external_id: row.external_id,
            email: row.email.filter(|email| !email.trim().is_empty()),
            not_counted: row
                .not_counted
                .map(|reason| reason.parse().map_err(inconsistent("users", "not_counted", row.id)))
                .transpose()?,
        })
    }
}

/// The users of each client by address, those who are counted, those who are not, or both. Of
/// several users with one address, the one who was imported first is counted. A page begins behind
/// the user whose id its cursor has: a cursor holds no address.
pub async fn pages(
    db: &mut PgConnection,
    partners: impl Partners,
    clients: &[ClientId],
    counted: Option<bool>,
    page: &Page,
) -> Result<HashMap<ClientId, Slice<ListedUser>>> {
    let clients: Vec<_> = clients.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select u.id, u.client_id, u.external_id, u.email, u.not_counted
           from unnest($2::uuid[]) as wanted (id)
           join clients c on c.id = wanted.id and c.partner_id = any ($1)
           left join users place on place.id = $4 and place.client_id = c.id
           cross join lateral (
               select * from (
                   select u.*, case
                       when u.state <> 'active' then u.state
                       when c.state = 'archived' then 'client_archived'
                       when exists (
                           select from users o
                           where o.client_id = u.client_id and o.billing_identity = u.billing_identity
                             and o.state = 'active' and o.id < u.id
                       ) then 'same_address'
                   end as not_counted
                   from users u
                   where u.client_id = c.id
                     and (u.billing_identity, u.id) > (coalesce(place.billing_identity, ''), coalesce(place.id, $4))
               ) u
               where $3::boolean is null or (not_counted is null) = $3
               order by u.billing_identity, u.id
               limit $5
           ) u
           order by u.billing_identity, u.id"#,
        &partners.ids(),
        &clients,
        counted,
        page.above(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let user = ListedUser::try_from(row)?;
        Ok((user.client, user))
    }))
}

/// How many users each client has, counted and not, by the reason.
pub async fn counts(
    db: &mut PgConnection,
    partners: impl Partners,
    clients: &[ClientId],
) -> Result<HashMap<ClientId, UserCounts>> {
    let clients: Vec<_> = clients.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select c.id, c.state,
                  (count(distinct u.billing_identity) filter (where u.state = 'active'))::integer as "identities!",
                  (count(*) filter (where u.state = 'active'))::integer as "active!",
                  (count(*) filter (where u.state = 'deactivated'))::integer as "deactivated!",
                  (count(*) filter (where u.state = 'archived'))::integer as "archived!"
           from clients c left join users u on u.client_id = c.id
           where c.partner_id = any ($1) and c.id = any ($2)
           group by c.id"#,
        &partners.ids(),
        &clients
    )
    .fetch_all(db)
    .await?;
    let counts = rows.into_iter().map(|row| {
        let state = row.state.parse().map_err(inconsistent("clients", "state", row.id))?;
        let [identities, active, deactivated, archived] =
            [row.identities, row.active, row.deactivated, row.archived].map(i32::unsigned_abs);
        Ok((ClientId(row.id), UserCounts::new(state, identities, active, deactivated, archived)))
    });
    counts.collect()
}
