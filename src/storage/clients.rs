//! A partner's clients and their active user counts, always computed from the users' rows.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Page, Partners, Result, Slice, associations};
use crate::domain::association::Association;
use crate::domain::roster::{Client, Exclusion, RosterState};
use crate::ids::{ClientId, PartnerId};

struct Row {
    id: Uuid,
    partner_id: Uuid,
    external_id: String,
    name: String,
    state: String,
    active_users: i32,
    excluded_reason: Option<String>,
    review_on: Option<NaiveDate>,
    excluded_at: Option<DateTime<Utc>>,
    excluded_by: Option<Value>,
}

impl TryFrom<Row> for Client {
    type Error = super::StorageError;

    fn try_from(row: Row) -> Result<Self> {
        let state: RosterState = row.state.parse().map_err(inconsistent("clients", "state", row.id))?;
        Ok(Client {
            id: ClientId(row.id),
            partner: PartnerId(row.partner_id),
            external_id: row.external_id,
            name: row.name,
            state,
            active_users: state.billed_users(row.active_users.unsigned_abs()),
            exclusion: match (row.excluded_reason, row.excluded_at, row.excluded_by) {
                (Some(reason), Some(at), Some(by)) => {
                    let by =
                        serde_json::from_value(by).map_err(inconsistent("client_exclusions", "excluded_by", row.id))?;
                    Some(Exclusion { reason, review_on: row.review_on, at, by })
                }
                _ => None,
            },
        })
    }
}

/// Reads the clients in `ids` that are these partners', in no particular order.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners, ids: &[ClientId]) -> Result<Vec<Client>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select c.id, c.partner_id, c.external_id, c.name, c.state,
                  (select count(*) from (select distinct u.billing_identity from users u
                                         where u.client_id = c.id and u.state = 'active') billed)::integer as "active_users!",
                  e.reason as "excluded_reason?", e.review_on as "review_on?", e.excluded_at as "excluded_at?",
                  e.excluded_by as "excluded_by?"
           from clients c left join client_exclusions e on e.client_id = c.id and (e.ends_at is null or e.ends_at > now())
           where c.partner_id = any ($1) and c.id = any ($2)"#,
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
    /// Words of the name in any order, or the whole external id.
    pub search: Option<String>,
    pub associated: Option<bool>,
    pub needs_attention: Option<bool>,
    /// Excluded from billing on purpose.
    pub excluded: Option<bool>,
}

/// What is read with each page of clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Extent {
    /// The clients' associations, and the address of the Halo that they are in.
    pub associations: bool,
    /// The length of the whole list.
    pub total: bool,
}

/// A client, with what was read beside it.
#[derive(Clone, Debug)]
pub struct ListedClient {
    pub client: Client,
    /// `None` if associations were not read.
    pub listed: Option<Listed>,
}

#[derive(Clone, Debug)]
pub struct Listed {
    /// The current association, else the one that is ending.
    pub association: Option<Association>,
    /// The address of the partner's Halo.
    pub halo_url: Option<String>,
}

/// One page of clients, with the length of the list if it was counted and the page has rows.
#[derive(Clone, Debug, Default)]
pub struct ClientPage {
    pub slice: Slice<ListedClient>,
    pub total: Option<i64>,
}

struct ListedRow {
    id: Uuid,
    partner_id: Uuid,
    external_id: String,
    name: String,
    state: String,
    active_users: i32,
    excluded_reason: Option<String>,
    review_on: Option<NaiveDate>,
    excluded_at: Option<DateTime<Utc>>,
    excluded_by: Option<Value>,
    total: Option<i64>,
    halo_url: Option<String>,
    association: Option<Uuid>,
    tenant: Option<String>,
    halo_customer_id: Option<i32>,
    halo_customer_name: Option<String>,
    halo_customer_top_level: Option<String>,
    association_state: Option<String>,
    ending: Option<String>,
    subscription_id: Option<i32>,
    observed_name: Option<String>,
    observed_quantity: Option<i32>,
    observed_at: Option<DateTime<Utc>>,
    billing: Option<String>,
    billing_invoice_id: Option<i32>,
    last_synced_at: Option<DateTime<Utc>>,
    last_synced_quantity: Option<i32>,
    problem: Option<Value>,
}

impl ListedRow {
    fn association(&mut self) -> Result<Option<Association>> {
        let (Some(id), Some(tenant), Some(halo_customer_id), Some(state), Some(billing)) = (
            self.association,
            self.tenant.take(),
            self.halo_customer_id,
            self.association_state.take(),
            self.billing.take(),
        ) else {
            return Ok(None);
        };
        let row = associations::Row {
            id,
            partner_id: self.partner_id,
            client_id: self.id,
            tenant,
            halo_customer_id,
            halo_customer_name: self.halo_customer_name.take(),
            halo_customer_top_level: self.halo_customer_top_level.take(),
            state,
            ending: self.ending.take(),
            subscription_id: self.subscription_id,
            observed_name: self.observed_name.take(),
            observed_quantity: self.observed_quantity,
            observed_at: self.observed_at,
            billing,
            billing_invoice_id: self.billing_invoice_id,
            last_synced_at: self.last_synced_at,
            last_synced_quantity: self.last_synced_quantity,
            problem: self.problem.take(),
        };
        Association::try_from(row).map(Some)
    }
}

/// Clients of each partner by name, A to Z.
pub async fn pages(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &ClientFilter,
    page: &Page,
    extent: Extent,
) -> Result<HashMap<PartnerId, ClientPage>> {
    let rows = sqlx::query_as!(
        ListedRow,
        r#"with of_partner as materialized (
               select p.id,
                      -- How long the list is, if that is selected.
                      case when $8 then (
                          select count(*) from listed_clients l
                          where l.partner_id = p.id
                            and ($2::text is null or search_text like all (array(select unnest(search_patterns($2))))
                                 or l.id = (select id from clients where external_id = $2))
                            and ($3::boolean is null or associated = $3)
                            and ($4::boolean is null or needs_attention = $4)
                            and ($10::boolean is null or excluded = $10)
                      ) end as total,
                      case when $9 then (select url from connections n where n.partner_id = p.id) end as halo_url
               from unnest($1::uuid[]) as p (id)
           )
           select c.id as "id!", c.partner_id as "partner_id!", c.external_id as "external_id!", c.name as "name!",
                  c.state as "state!",
                  (select count(*) from (select distinct u.billing_identity from users u
                                         where u.client_id = c.id and u.state = 'active') billed)::integer as "active_users!",
                  e.reason as "excluded_reason?", e.review_on as "review_on?", e.excluded_at as "excluded_at?",
                  e.excluded_by as "excluded_by?",
                  p.total as "total?", p.halo_url as "halo_url?",
                  a.id as "association?", a.tenant as "tenant?", a.halo_customer_id as "halo_customer_id?",
                  a.halo_customer_name, a.halo_customer_top_level, a.state as "association_state?", a.ending,
                  a.subscription_id, a.observed_name, a.observed_quantity, a.observed_at, a.billing as "billing?",
                  a.billing_invoice_id,
                  a.last_synced_at, a.last_synced_quantity, a.problem
           from of_partner p
           cross join lateral (
               -- Only what an index holds: the page's rows are read afterwards.
               select l.id from listed_clients l
               where l.partner_id = p.id
                 and ($2::text is null or search_text like all (array(select unnest(search_patterns($2))))
                      or l.id = (select id from clients where external_id = $2))
                 and ($3::boolean is null or associated = $3)
                 and ($4::boolean is null or needs_attention = $4)
                 and ($10::boolean is null or excluded = $10)
                 and (sort_name, l.id) > (lower($5), $6)
               order by sort_name, l.id
               limit $7
           ) listed
           join clients c on c.id = listed.id
           -- The current association of each client, else the one that is ending, if selected.
           left join associations a
               on $9 and a.partner_id = c.partner_id and a.client_id = c.id and a.state <> 'ended'
               and case when c.associated then a.state <> 'ending' else a.id = (
                   select id from associations
                   where partner_id = c.partner_id and client_id = c.id and state = 'ending'
                   order by id desc limit 1
               ) end
           -- The limit keeps Postgres from reading the exclusions of all partners first.
           left join lateral (
               select * from client_exclusions where c.excluded_until > now() and client_id = c.id limit 1
           ) e on true
           order by c.sort_name, c.id"#,
        &partners.ids(),
        filter.search,
        filter.associated,
        filter.needs_attention,
        page.after_key().unwrap_or_default(),
        page.above(),
        page.limit(),
        extent.total,
        extent.associations,
        filter.excluded
    )
    .fetch_all(db)
    .await?;
    cut_each(page, extent, rows)
}

/// Clients of each partner by name, Z to A.
pub async fn pages_descending(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &ClientFilter,
    page: &Page,
    extent: Extent,
) -> Result<HashMap<PartnerId, ClientPage>> {
    let rows = sqlx::query_as!(
        ListedRow,
        r#"with of_partner as materialized (
               select p.id,
                      -- How long the list is, if that is selected.
                      case when $8 then (
                          select count(*) from listed_clients l
                          where l.partner_id = p.id
                            and ($2::text is null or search_text like all (array(select unnest(search_patterns($2))))
                                 or l.id = (select id from clients where external_id = $2))
                            and ($3::boolean is null or associated = $3)
                            and ($4::boolean is null or needs_attention = $4)
                            and ($10::boolean is null or excluded = $10)
                      ) end as total,
                      case when $9 then (select url from connections n where n.partner_id = p.id) end as halo_url
               from unnest($1::uuid[]) as p (id)
           )
           select c.id as "id!", c.partner_id as "partner_id!", c.external_id as "external_id!", c.name as "name!",
                  c.state as "state!",
                  (select count(*) from (select distinct u.billing_identity from users u
                                         where u.client_id = c.id and u.state = 'active') billed)::integer as "active_users!",
                  e.reason as "excluded_reason?", e.review_on as "review_on?", e.excluded_at as "excluded_at?",
                  e.excluded_by as "excluded_by?",
                  p.total as "total?", p.halo_url as "halo_url?",
                  a.id as "association?", a.tenant as "tenant?", a.halo_customer_id as "halo_customer_id?",
                  a.halo_customer_name, a.halo_customer_top_level, a.state as "association_state?", a.ending,
                  a.subscription_id, a.observed_name, a.observed_quantity, a.observed_at, a.billing as "billing?",
                  a.billing_invoice_id,
                  a.last_synced_at, a.last_synced_quantity, a.problem
           from of_partner p
           cross join lateral (
               select coalesce(lower($5), max(sort_name)) as name from clients where partner_id = p.id
           ) start
           cross join lateral (
               -- Only what an index holds: the page's rows are read afterwards.
               select l.id from listed_clients l
               where l.partner_id = p.id
                 and ($2::text is null or search_text like all (array(select unnest(search_patterns($2))))
                      or l.id = (select id from clients where external_id = $2))
                 and ($3::boolean is null or associated = $3)
                 and ($4::boolean is null or needs_attention = $4)
                 and ($10::boolean is null or excluded = $10)
                 and (sort_name, l.id) < (start.name, $6)
               order by sort_name desc, l.id desc
               limit $7
           ) listed
           join clients c on c.id = listed.id
           -- The current association of each client, else the one that is ending, if selected.
           left join associations a
               on $9 and a.partner_id = c.partner_id and a.client_id = c.id and a.state <> 'ended'
               and case when c.associated then a.state <> 'ending' else a.id = (
                   select id from associations
                   where partner_id = c.partner_id and client_id = c.id and state = 'ending'
                   order by id desc limit 1
               ) end
           -- The limit keeps Postgres from reading the exclusions of all partners first.
           left join lateral (
               select * from client_exclusions where c.excluded_until > now() and client_id = c.id limit 1
           ) e on true
           order by c.sort_name desc, c.id desc"#,
        &partners.ids(),
        filter.search,
        filter.associated,
        filter.needs_attention,
        page.after_key(),
        page.below(),
        page.limit(),
        extent.total,
        extent.associations,
        filter.excluded
    )
    .fetch_all(db)
    .await?;
    cut_each(page, extent, rows)
}

fn cut_each(page: &Page, extent: Extent, rows: Vec<ListedRow>) -> Result<HashMap<PartnerId, ClientPage>> {
    let mut totals = HashMap::new();
    let listed = rows.into_iter().map(|mut row| {
        let partner = PartnerId(row.partner_id);
        if let Some(total) = row.total {
            totals.insert(partner, total);
        }
        let listed = match extent.associations {
            true => Some(Listed { association: row.association()?, halo_url: row.halo_url.take() }),
            false => None,
        };
        let ListedRow { id, partner_id, external_id, name, state, active_users, .. } = row;
        let ListedRow { excluded_reason, review_on, excluded_at, excluded_by, .. } = row;
        let client = Row {
            id,
            partner_id,
            external_id,
            name,
            state,
            active_users,
            excluded_reason,
            review_on,
            excluded_at,
            excluded_by,
        };
        let client = client.try_into()?;
        Ok((partner, ListedClient { client, listed }))
    });
    let slices = page.cut_each(listed.collect::<Vec<_>>())?;
    let paged = slices
        .into_iter()
        .map(|(partner, slice)| (partner, ClientPage { slice, total: totals.get(&partner).copied() }));
    Ok(paged.collect())
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
             and ($2::text is null or search_text like all (array(select unnest(search_patterns($2))))
                  or id = (select id from clients where external_id = $2))
             and ($3::boolean is null or associated = $3)
             and ($4::boolean is null or needs_attention = $4)
             and ($5::boolean is null or excluded = $5)
           group by partner_id"#,
        &partners.ids(),
        filter.search,
        filter.associated,
        filter.needs_attention,
        filter.excluded
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PartnerId(row.partner_id), row.count)).collect())
}
