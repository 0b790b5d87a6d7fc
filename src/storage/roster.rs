//! The platform's report of partners, clients and users: taken in record by record, newest version
//! wins.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Result;
use crate::auth::SystemScope;
use crate::domain::roster::{ClientRecord, NightlySchedule, PartnerRecord, UserRecord};
use crate::ids::{ClientId, PartnerId, UserId};

/// What became of one record of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpsertOutcome {
    /// The record was new or newer, and belongs to this partner.
    Stored(PartnerId),
    /// A newer or the same version is here already.
    AlreadyKnown,
    /// The partner or client it belongs to is not known.
    UnknownOwner,
    /// The record belongs to another partner, and cannot be moved.
    OtherPartner,
}

/// `defaults` are for new partners; the zone also for those whose record names none. The external
/// ids must be distinct.
pub async fn upsert_partners(
    db: &mut PgConnection,
    _: SystemScope,
    records: &[PartnerRecord],
    defaults: &NightlySchedule,
) -> Result<Vec<UpsertOutcome>> {
    let ids: Vec<_> = records.iter().map(|_| PartnerId::generate().0).collect();
    let external_ids: Vec<_> = records.iter().map(|record| record.external_id.clone()).collect();
    let names: Vec<_> = records.iter().map(|record| record.name.clone()).collect();
    let known: BTreeMap<_, _> = sqlx::query!(
        "select external_id, time_zone from partners where external_id = any ($1) order by id for no key update",
        &external_ids
    )
    .fetch_all(&mut *db)
    .await?
    .into_iter()
    .map(|row| (row.external_id, row.time_zone))
    .collect();
    let zone = |record: &PartnerRecord| match record.time_zone {
        Some(zone) => zone.name().to_owned(),
        None => known.get(&record.external_id).cloned().unwrap_or_else(|| defaults.time_zone.name().to_owned()),
    };
    let zones: Vec<_> = records.iter().map(zone).collect();
    let states: Vec<_> = records.iter().map(|record| record.state.as_str().to_owned()).collect();
    let versions: Vec<_> = records.iter().map(|record| record.version).collect();
    let stored = sqlx::query!(
        "insert into partners as p (id, external_id, name, time_zone, state, source_version, nightly_sync,
                                    night_start, night_end)
         select id, external_id, name, zone, state, version, $7, $8, $9
         from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
             as given (id, external_id, name, zone, state, version)
         on conflict (external_id) do update set
             name = excluded.name, state = excluded.state, source_version = excluded.source_version,
             time_zone = excluded.time_zone
         where p.source_version < excluded.source_version
         returning external_id, id",
        &ids,
        &external_ids,
        &names,
        &zones,
        &states,
        &versions,
        defaults.nightly,
        defaults.night_start,
        defaults.night_end
    )
    .fetch_all(db)
    .await?;
    let stored: BTreeMap<_, _> = stored.into_iter().map(|row| (row.external_id, PartnerId(row.id))).collect();
    let outcome = |id| stored.get(id).map_or(UpsertOutcome::AlreadyKnown, |partner| UpsertOutcome::Stored(*partner));
    Ok(external_ids.iter().map(outcome).collect())
}

/// The external ids must be distinct.
pub async fn upsert_clients(
    db: &mut PgConnection,
    _: SystemScope,
    records: &[ClientRecord],
) -> Result<Vec<UpsertOutcome>> {
    let ids: Vec<_> = records.iter().map(|_| ClientId::generate().0).collect();
    let external_ids: Vec<_> = records.iter().map(|record| record.external_id.clone()).collect();
    let owners: Vec<_> = records.iter().map(|record| record.partner_external_id.clone()).collect();
    let names: Vec<_> = records.iter().map(|record| record.name.clone()).collect();
    let states: Vec<_> = records.iter().map(|record| record.state.as_str().to_owned()).collect();
    let versions: Vec<_> = records.iter().map(|record| record.version).collect();
    let rows = sqlx::query!(
        r#"with given as (
               select g.*, p.id as partner_id, c.partner_id as known_partner, c.source_version as known_version
               from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[]) with ordinality
                   as g (id, external_id, owner, name, state, version, place)
               left join partners p on p.external_id = g.owner
               left join clients c on c.external_id = g.external_id
           ), stored as (
               insert into clients as c (id, partner_id, external_id, name, state, source_version)
               select id, partner_id, external_id, name, state, version from given
               where partner_id is not null and (known_partner is null or known_partner = partner_id)
                 -- A conflict locks the row, also of a client that is known already.
                 and (known_version is null or known_version < version)
               on conflict (external_id) do update set
                   name = excluded.name, state = excluded.state, source_version = excluded.source_version
               where c.source_version < excluded.source_version and c.partner_id = excluded.partner_id
               returning external_id
           )
           select partner_id as "partner_id?", known_partner as "known_partner?",
                  exists (select from stored s where s.external_id = given.external_id) as "stored!"
           from given order by place"#,
        &ids,
        &external_ids,
        &owners,
        &names,
        &states,
        &versions
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| outcome(row.partner_id, row.known_partner, row.stored)).collect())
}

/// The external ids must be distinct. A user may move between clients of one partner.
pub async fn upsert_users(db: &mut PgConnection, _: SystemScope, records: &[UserRecord]) -> Result<Vec<UpsertOutcome>> {
    let ids: Vec<_> = records.iter().map(|_| UserId::generate().0).collect();
    let external_ids: Vec<_> = records.iter().map(|record| record.external_id.clone()).collect();
    let owners: Vec<_> = records.iter().map(|record| record.client_external_id.clone()).collect();
    let emails: Vec<_> = records.iter().map(|record| record.email.clone().unwrap_or_default()).collect();
    let states: Vec<_> = records.iter().map(|record| record.state.as_str().to_owned()).collect();
    let versions: Vec<_> = records.iter().map(|record| record.version).collect();
    let rows = sqlx::query!(
        r#"with given as (
               select g.*, c.id as client_id, c.partner_id, u.partner_id as known_partner
               from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[]) with ordinality
                   as g (id, external_id, owner, email, state, version, place)
               left join clients c on c.external_id = g.owner
               left join users u on u.external_id = g.external_id
           ), stored as (
               insert into users as u (id, partner_id, client_id, external_id, email, state, source_version)
               select id, partner_id, client_id, external_id, nullif(btrim(email), ''), state, version from given
               where client_id is not null and (known_partner is null or known_partner = partner_id)
               on conflict (external_id) do update set
                   client_id = excluded.client_id, email = excluded.email, state = excluded.state,
                   source_version = excluded.source_version
               where u.source_version < excluded.source_version and u.partner_id = excluded.partner_id
               returning external_id
           )
           select partner_id as "partner_id?", known_partner as "known_partner?",
                  exists (select from stored s where s.external_id = given.external_id) as "stored!"
           from given order by place"#,
        &ids,
        &external_ids,
        &owners,
        &emails,
        &states,
        &versions
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| outcome(row.partner_id, row.known_partner, row.stored)).collect())
}

/// `owner` is the partner that the record names, and `known` the one that the record belonged to.
fn outcome(owner: Option<Uuid>, known: Option<Uuid>, stored: bool) -> UpsertOutcome {
    match owner {
        None => UpsertOutcome::UnknownOwner,
        Some(owner) if known.is_some_and(|known| known != owner) => UpsertOutcome::OtherPartner,
        Some(owner) if stored => UpsertOutcome::Stored(PartnerId(owner)),
        Some(_) => UpsertOutcome::AlreadyKnown,
    }
}

/// The partners that are here already of those that a report names, by themselves or by a client.
pub async fn referenced_partners(
    db: &mut PgConnection,
    _: SystemScope,
    partners: BTreeSet<&String>,
    clients: BTreeSet<&String>,
) -> Result<Vec<PartnerId>> {
    let partners: Vec<_> = partners.into_iter().cloned().collect();
    let clients: Vec<_> = clients.into_iter().cloned().collect();
    let rows = sqlx::query_scalar!(
        r#"select id as "id!" from partners where external_id = any ($1)
           union select partner_id from clients where external_id = any ($2)"#,
        &partners,
        &clients
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(PartnerId).collect())
}

/// What the audit log records of each of these partners' rosters: the partner itself, and how many
/// users are counted. No names of people.
pub async fn summaries(
    db: &mut PgConnection,
    _: SystemScope,
    partners: &[PartnerId],
) -> Result<BTreeMap<PartnerId, Value>> {
    let ids: Vec<_> = partners.iter().map(|partner| partner.0).collect();
    let rows = sqlx::query!(
        r#"select p.id, p.name, p.time_zone, p.state, count(c.id) filter (where c.state = 'active') as "clients!",
                  sum(u.active) filter (where c.state = 'active')::bigint as users
           from partners p
           left join clients c on c.partner_id = p.id
           left join lateral (
               select count(distinct billing_identity) as active from users
               where client_id = c.id and state = 'active'
           ) u on true
           where p.id = any ($1) group by p.id"#,
        &ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let summary = json!({ "name": row.name, "timeZone": row.time_zone, "state": row.state,
                "activeClients": row.clients, "activeUsers": row.users.unwrap_or(0) });
            (PartnerId(row.id), summary)
        })
        .collect())
}

/// Archived partners that still have a connection or something waiting.
pub async fn archived_but_connected(db: &mut PgConnection, _: SystemScope) -> Result<Vec<PartnerId>> {
    let rows = sqlx::query_scalar!(
        "select p.id from partners p
         where p.state = 'archived'
           and (exists (select from connections c where c.partner_id = p.id and c.state <> 'disconnected')
                or exists (select from sync_runs r where r.partner_id = p.id and r.state in ('queued', 'running')))"
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(PartnerId).collect())
}
