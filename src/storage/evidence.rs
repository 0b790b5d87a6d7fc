//! What is stored of the days on which clients were mapped: see [`crate::domain::evidence`].

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::read_problem;
use super::{Page, Partners, Result, Slice, results};
use crate::domain::evidence::{Confirmed, Days, Facts, FailedRun, Mapping, Paused, Synced};
use crate::domain::run::RunResult;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, PartnerId, ResultId, RunId};

/// A client that was mapped on one of the days.
#[derive(Clone, Debug)]
pub struct MappedClient {
    pub id: ClientId,
    pub external_id: String,
    pub name: String,
}

/// The beginning and the end of the days.
fn span(days: &Days) -> (DateTime<Utc>, DateTime<Utc>) {
    let bounds = days.bounds();
    (bounds[0], bounds[bounds.len() - 1])
}

/// The clients of each partner that were mapped on one of the days, by name.
pub async fn clients(
    db: &mut PgConnection,
    partners: impl Partners,
    days: &Days,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<MappedClient>>> {
    let (from, to) = span(days);
    let rows = sqlx::query!(
        r#"select c.id, c.partner_id, c.external_id, c.name
           from unnest($1::uuid[]) as p (id)
           cross join lateral (
               select * from clients c
               where c.partner_id = p.id and (c.sort_name, c.id) > (lower($4), $5)
                 and exists (
                     select from associations a
                     where a.partner_id = p.id and a.client_id = c.id and (a.ended_at is null or a.ended_at > $2)
                       and (a.created_at < $3
                            or exists (select from sync_results r where r.association_id = a.id and r.at < $3)))
               order by c.sort_name, c.id
               limit $6
           ) c
           order by c.sort_name, c.id"#,
        &partners.ids(),
        from,
        to,
        page.after_key().unwrap_or_default(),
        page.above(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let client = MappedClient { id: ClientId(row.id), external_id: row.external_id, name: row.name };
        Ok((PartnerId(row.partner_id), client))
    }))
}

/// How many clients of each partner were mapped on one of the days. A partner without any is not
/// among them.
pub async fn counts(db: &mut PgConnection, partners: impl Partners, days: &Days) -> Result<HashMap<PartnerId, i64>> {
    let (from, to) = span(days);
    let rows = sqlx::query!(
        r#"select a.partner_id, count(distinct a.client_id) as "count!" from associations a
           where a.partner_id = any ($1) and (a.ended_at is null or a.ended_at > $2)
             and (a.created_at < $3 or exists (select from sync_results r where r.association_id = a.id and r.at < $3))
           group by a.partner_id"#,
        &partners.ids(),
        from,
        to
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PartnerId(row.partner_id), row.count)).collect())
}

/// What is stored of these clients and days. A client that was never mapped is not among them.
pub async fn facts(
    db: &mut PgConnection,
    partners: impl Partners,
    clients: &[ClientId],
    days: &Days,
) -> Result<HashMap<ClientId, Facts>> {
    let (partners, clients): (Vec<_>, Vec<_>) = (partners.ids(), clients.iter().map(|id| id.0).collect());
    let mut facts = mappings(db, &partners, &clients, days).await?;
    for (client, day, synced) in synced(db, &partners, &clients, days).await? {
        let of_client = facts.entry(client).or_default();
        of_client.synced.insert((synced.last.association, day), synced);
    }
    for (client, pause) in pauses(db, &partners, &clients, days).await? {
        if let Some(of_client) = facts.get_mut(&client) {
            of_client.pauses.push(pause);
        }
    }
    for (client, day, failed) in failed(db, &partners, &clients, days).await? {
        if let Some(of_client) = facts.get_mut(&client) {
            of_client.failed.insert(day, failed);
        }
    }
    Ok(facts)
}

/// An association began when it was stored, or with its first result: the clocks of two processes
/// differ.
async fn mappings(
    db: &mut PgConnection,
    partners: &[Uuid],
    clients: &[Uuid],
    days: &Days,
) -> Result<HashMap<ClientId, Facts>> {
    let (from, _) = span(days);
    let rows = sqlx::query!(
        r#"select a.id, a.client_id, a.halo_customer_id, a.halo_customer_name, a.subscription_id, a.ended_at,
                  least(a.created_at, (select min(r.at) from sync_results r where r.association_id = a.id)) as "since!",
                  known.quantity_after as "known_quantity?", known.at as "known_at?"
           from associations a
           left join lateral (
               select r.quantity_after, r.at from sync_results r
               where r.association_id = a.id and r.at < $3
                 and r.quantity_after is not null
                 and (r.outcome in ('created', 'updated', 'unchanged')
                      -- Halo took the quantity, and overwrote other fields.
                      or r.problem ->> 'code' = 'fields_overwritten' and r.quantity_after is distinct from r.quantity_before)
               order by r.at desc, r.id desc
               limit 1
           ) known on true
           where a.partner_id = any ($1) and a.client_id = any ($2) and (a.ended_at is null or a.ended_at > $3)"#,
        partners,
        clients,
        from
    )
    .fetch_all(db)
    .await?;
    let mut facts: HashMap<_, Facts> = HashMap::new();
    for row in rows {
        let known = row.known_quantity.zip(row.known_at);
        facts.entry(ClientId(row.client_id)).or_default().mappings.push(Mapping {
            association: AssociationId(row.id),
            customer: HaloCustomerId(row.halo_customer_id),
            customer_name: row.halo_customer_name,
            subscription: row.subscription_id.map(HaloSubscriptionId),
            since: row.since,
            until: row.ended_at,
            known: known.map(|(quantity, at)| Confirmed { quantity: quantity.unsigned_abs(), at }),
        });
    }
    Ok(facts)
}

/// What each day's results come to, whatever their number.
async fn synced(
    db: &mut PgConnection,
    partners: &[Uuid],
    clients: &[Uuid],
    days: &Days,
) -> Result<Vec<(ClientId, usize, Synced)>> {
    let (from, to) = span(days);
    let days = sqlx::query!(
        r#"select of_day.day as "day!", (array_agg(id order by at desc, id desc))[1] as "last!",
                  (array_agg(quantity_before order by at, id))[1] as quantity_before,
                  (array_agg(quantity_after order by at desc, id desc) filter (where confirmed))[1] as quantity,
                  max(at) filter (where confirmed) as confirmed_at, bool_or(changed_in_halo) as "changed_in_halo!",
                  count(*)::integer as "syncs!"
           from (
               select r.*, width_bucket(r.at, $3) as day,
                      r.quantity_after is not null
                      and (r.outcome in ('created', 'updated', 'unchanged')
                           or r.problem ->> 'code' = 'fields_overwritten'
                              and r.quantity_after is distinct from r.quantity_before) as confirmed
               from associations a join sync_results r on r.association_id = a.id
               where a.partner_id = any ($1) and a.client_id = any ($2) and r.partner_id = any ($1)
                 and r.at >= $4 and r.at < $5
           ) of_day
           group by association_id, of_day.day"#,
        partners,
        clients,
        &days.bounds(),
        from,
        to
    )
    .fetch_all(&mut *db)
    .await?;
    let last: Vec<_> = days.iter().map(|day| day.last).collect();
    let mut results: HashMap<_, RunResult> =
        results::find_many(db, partners, &last).await?.into_iter().map(|result| (result.id, result)).collect();
    let synced = days.into_iter().filter_map(|day| {
        let last = results.remove(&ResultId(day.last))?;
        let confirmed = day.quantity.zip(day.confirmed_at);
        let synced = Synced {
            quantity_before: day.quantity_before.and_then(|quantity| u32::try_from(quantity).ok()),
            confirmed: confirmed.map(|(quantity, at)| Confirmed { quantity: quantity.unsigned_abs(), at }),
            changed_in_halo: day.changed_in_halo,
            syncs: day.syncs.unsigned_abs(),
            last,
        };
        Some((synced.last.client, index(day.day), synced))
    });
    Ok(synced.collect())
}

/// The last sync of each day that failed as a whole and covered the client.
async fn failed(
    db: &mut PgConnection,
    partners: &[Uuid],
    clients: &[Uuid],
    days: &Days,
) -> Result<Vec<(ClientId, usize, FailedRun)>> {
    let (from, to) = span(days);
    let rows = sqlx::query!(
        r#"with failed as materialized (
               select *, width_bucket(finished_at, $3) as day from sync_runs
               where partner_id = any ($1) and state = 'failed' and finished_at >= $4 and finished_at < $5
           )
           select distinct on (c.id, r.day) c.id as client, r.day as "day!", r.id, r.problem, r.finished_at as "at!"
           from clients c
           join failed r on r.partner_id = c.partner_id and (r.client_ids is null or c.id = any (r.client_ids))
           where c.partner_id = any ($1) and c.id = any ($2)
           order by c.id, r.day, r.finished_at desc, r.id desc"#,
        partners,
        clients,
        &days.bounds(),
        from,
        to
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let problem = read_problem("sync_runs", row.id, row.problem)?;
        Ok((ClientId(row.client), index(row.day), FailedRun { run: RunId(row.id), problem, at: row.at }))
    });
    rows.collect()
}

/// The pauses of the clients' partners.
async fn pauses(
    db: &mut PgConnection,
    partners: &[Uuid],
    clients: &[Uuid],
    days: &Days,
) -> Result<Vec<(ClientId, Paused)>> {
    let (from, to) = span(days);
    let rows = sqlx::query!(
        "select c.id as client, p.began_at, p.ends_at
         from clients c join sync_pauses p on p.partner_id = c.partner_id
         where c.partner_id = any ($1) and c.id = any ($2) and p.began_at < $4 and p.ends_at > $3",
        partners,
        clients,
        from,
        to
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (ClientId(row.client), Paused { from: row.began_at, until: row.ends_at })).collect())
}

/// Postgres counts the days from one.
fn index(day: i32) -> usize {
    usize::try_from(day - 1).unwrap_or_default()
}
