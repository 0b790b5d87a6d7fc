//! The history of problems. A trigger opens, touches and closes the records, with whatever changes
//! a connection or an association; here they are read, acknowledged and snoozed.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Page, PartnerTx, Partners, Period, Result, Slice, StorageError, words};
use crate::auth::SystemScope;
use crate::domain::problem::ProblemCode;
use crate::domain::problem_record::{Acknowledgement, ProblemCounts, ProblemRecord, ProblemState, ProblemSubject};
use crate::ids::{AssociationId, ClientId, PartnerId, ProblemId};

struct Row {
    id: Uuid,
    partner_id: Uuid,
    association_id: Option<Uuid>,
    client_id: Option<Uuid>,
    problem: Value,
    blocks_sync: bool,
    first_seen_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    acknowledged_at: Option<DateTime<Utc>>,
    acknowledged_by: Option<Value>,
    note: Option<String>,
    snoozed_until: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for ProblemRecord {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        let id = row.id;
        let subject = match row.client_id.zip(row.association_id) {
            None => ProblemSubject::Connection,
            Some((client, association)) => {
                ProblemSubject::Client { client: ClientId(client), association: AssociationId(association) }
            }
        };
        let acknowledgement = match (row.acknowledged_at, row.acknowledged_by, row.note) {
            (Some(at), Some(by), Some(note)) => {
                let by = serde_json::from_value(by).map_err(inconsistent("problems", "acknowledged_by", id))?;
                Some(Acknowledgement { at, by, note })
            }
            _ => None,
        };
        Ok(ProblemRecord {
            id: ProblemId(id),
            partner: PartnerId(row.partner_id),
            subject,
            problem: serde_json::from_value(row.problem).map_err(inconsistent("problems", "problem", id))?,
            blocks_sync: row.blocks_sync,
            first_seen_at: row.first_seen_at,
            last_seen_at: row.last_seen_at,
            changed_at: row.changed_at,
            closed_at: row.closed_at,
            acknowledgement,
            snoozed_until: row.snoozed_until,
        })
    }
}

/// Reads the problems in `ids` that are these partners'.
pub async fn find_many(
    db: &mut PgConnection,
    partners: impl Partners,
    ids: &[ProblemId],
) -> Result<Vec<ProblemRecord>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        "select id, partner_id, association_id, client_id, problem, blocks_sync, first_seen_at, last_seen_at, changed_at,
                closed_at, acknowledged_at, acknowledged_by, note, snoozed_until
         from problems where partner_id = any ($1) and id = any ($2)",
        &partners.ids(),
        &ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(ProblemRecord::try_from).collect()
}

/// Reads the problem and locks it: no sync closes it before the transaction ends.
pub async fn lock(tx: &mut PartnerTx<'_>, id: ProblemId) -> Result<Option<ProblemRecord>> {
    let row = sqlx::query_as!(
        Row,
        "select id, partner_id, association_id, client_id, problem, blocks_sync, first_seen_at, last_seen_at, changed_at,
                closed_at, acknowledged_at, acknowledged_by, note, snoozed_until
         from problems where partner_id = $1 and id = $2 for no key update",
        tx.scope().partner().0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(ProblemRecord::try_from).transpose()
}

/// Stores what a person notes about the problem, in place of an earlier note.
pub async fn acknowledge(tx: &mut PartnerTx<'_>, id: ProblemId, note: &str) -> Result<()> {
    let actor = serde_json::to_value(tx.scope().actor()).expect("an actor is plain data");
    sqlx::query!(
        "update problems set acknowledged_at = $3, acknowledged_by = $4, note = $5, changed_at = clock_timestamp()
         where partner_id = $1 and id = $2",
        tx.scope().partner().0,
        id.0,
        tx.now(),
        actor,
        note
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Sets the problem aside until a time, or no longer.
pub async fn snooze(tx: &mut PartnerTx<'_>, id: ProblemId, until: Option<DateTime<Utc>>) -> Result<()> {
    sqlx::query!(
        "update problems set snoozed_until = $3, changed_at = clock_timestamp() where partner_id = $1 and id = $2",
        tx.scope().partner().0,
        id.0,
        until
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Which problems are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProblemFilter {
    pub codes: Option<Vec<ProblemCode>>,
    pub states: Option<Vec<ProblemState>>,
    pub client: Option<ClientId>,
    pub first_seen: Period,
    pub changed_since: Option<DateTime<Utc>>,
}

/// The filter as statements have it. Each has a part for what is open, which is little, and a part
/// for all of the history; an index answers either. What is wanted is one condition: Postgres takes
/// it for half of the rows, and reads the index in the order of the page. A comparison with what is
/// not given is neither true nor false, and leaves nothing out.
struct Wanted {
    codes: Option<Vec<String>>,
    only_open: bool,
    open: bool,
    acknowledged: bool,
    snoozed: bool,
    closed: bool,
    client: Option<Uuid>,
    changed_since: DateTime<Utc>,
}

impl ProblemFilter {
    fn wanted(&self) -> Wanted {
        let wants = |state| self.states.as_ref().is_none_or(|states| states.contains(&state));
        let closed = wants(ProblemState::Closed);
        Wanted {
            codes: self.codes.as_deref().map(words),
            only_open: !closed,
            open: wants(ProblemState::Open),
            acknowledged: wants(ProblemState::Acknowledged),
            snoozed: wants(ProblemState::Snoozed),
            closed,
            client: self.client.map(|client| client.0),
            changed_since: self.changed_since.unwrap_or(DateTime::UNIX_EPOCH),
        }
    }
}

/// The place of a problem in a list.
pub fn place(record: &ProblemRecord) -> (String, Uuid) {
    (record.changed_at.to_rfc3339_opts(SecondsFormat::Micros, true), record.id.0)
}

/// The place behind which a page begins. A list that begins at its beginning has it behind all.
fn before(page: &Page) -> (DateTime<Utc>, Uuid) {
    let key = page.after_key().and_then(|key| DateTime::parse_from_rfc3339(key).ok());
    (key.map_or(DateTime::<Utc>::MAX_UTC, |key| key.to_utc()), page.below())
}

/// The wanted problems of each partner, the latest change first. `now` is the time by which snoozes
/// are judged.
pub async fn pages(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &ProblemFilter,
    now: DateTime<Utc>,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<ProblemRecord>>> {
    let (wanted, (changed_at, id)) = (filter.wanted(), before(page));
    let rows = sqlx::query_as!(
        Row,
        r#"select p.id as "id!", p.partner_id as "partner_id!", p.association_id, p.client_id, p.problem as "problem!",
                  p.blocks_sync as "blocks_sync!", p.first_seen_at as "first_seen_at!", p.last_seen_at as "last_seen_at!",
                  p.changed_at as "changed_at!", p.closed_at, p.acknowledged_at, p.acknowledged_by, p.note,
                  p.snoozed_until
           from unnest($1::uuid[]) as o (id)
           cross join lateral (
               (select * from problems
                where $5::boolean and closed_at is null and partner_id = o.id and (changed_at, id) < ($2, $3)
                  and changed_at >= $13
                  and case when code <> all ($10::text[]) or client_id is distinct from coalesce($11, client_id)
                             or first_seen_at < $12::timestamptz or first_seen_at >= $14::timestamptz then false
                           when snoozed_until > $4 then $8::boolean
                           when acknowledged_at is not null then $7::boolean else $6::boolean end
                order by changed_at desc, id desc limit $15)
               union all
               (select * from problems
                where not $5::boolean and partner_id = o.id and (changed_at, id) < ($2, $3) and changed_at >= $13
                  and case when code <> all ($10::text[]) or client_id is distinct from coalesce($11, client_id)
                             or first_seen_at < $12::timestamptz or first_seen_at >= $14::timestamptz then false
                           when closed_at is not null then $9::boolean
                           when snoozed_until > $4 then $8::boolean
                           when acknowledged_at is not null then $7::boolean else $6::boolean end
                order by changed_at desc, id desc limit $15)
           ) p
           order by p.changed_at desc, p.id desc"#,
        &partners.ids(),
        changed_at,
        id,
        now,
        wanted.only_open,
        wanted.open,
        wanted.acknowledged,
        wanted.snoozed,
        wanted.closed,
        wanted.codes.as_deref(),
        wanted.client,
        filter.first_seen.from,
        wanted.changed_since,
        filter.first_seen.to,
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let record = ProblemRecord::try_from(row)?;
        Ok((record.partner, record))
    }))
}

/// How many of the wanted problems each partner has. One without any is not among them.
pub async fn counts(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &ProblemFilter,
    now: DateTime<Utc>,
) -> Result<HashMap<PartnerId, i64>> {
    let wanted = filter.wanted();
    let rows = sqlx::query!(
        r#"select partner_id, count(*) as "count!" from problems
           where partner_id = any ($1) and (closed_at is null or not $3::boolean) and changed_at >= $10
             and case when code <> all ($8::text[]) or client_id is distinct from coalesce($9, client_id)
                        or first_seen_at < $11::timestamptz or first_seen_at >= $12::timestamptz then false
                      when closed_at is not null then $7::boolean
                      when snoozed_until > $2 then $6::boolean
                      when acknowledged_at is not null then $5::boolean else $4::boolean end
           group by partner_id"#,
        &partners.ids(),
        now,
        wanted.only_open,
        wanted.open,
        wanted.acknowledged,
        wanted.snoozed,
        wanted.closed,
        wanted.codes.as_deref(),
        wanted.client,
        wanted.changed_since,
        filter.first_seen.from,
        filter.first_seen.to
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PartnerId(row.partner_id), row.count)).collect())
}

/// The wanted problems of all active partners, the latest change first.
pub async fn page_across(
    db: &mut PgConnection,
    _: SystemScope,
    filter: &ProblemFilter,
    now: DateTime<Utc>,
    page: &Page,
) -> Result<Slice<ProblemRecord>> {
    let (wanted, (changed_at, id)) = (filter.wanted(), before(page));
    let rows = sqlx::query_as!(
        Row,
        r#"select p.id as "id!", p.partner_id as "partner_id!", p.association_id, p.client_id, p.problem as "problem!",
                  p.blocks_sync as "blocks_sync!", p.first_seen_at as "first_seen_at!", p.last_seen_at as "last_seen_at!",
                  p.changed_at as "changed_at!", p.closed_at, p.acknowledged_at, p.acknowledged_by, p.note,
                  p.snoozed_until
           from (
               (select * from problems i
                where $4::boolean and closed_at is null and (changed_at, id) < ($1, $2) and changed_at >= $11
                  and case when code <> all ($9::text[]) or first_seen_at < $10::timestamptz
                             or first_seen_at >= $12::timestamptz
                             or (select state from partners where id = i.partner_id) <> 'active' then false
                           when snoozed_until > $3 then $7::boolean
                           when acknowledged_at is not null then $6::boolean else $5::boolean end
                order by changed_at desc, id desc limit $13)
               union all
               (select * from problems i
                where not $4::boolean and (changed_at, id) < ($1, $2) and changed_at >= $11
                  and case when code <> all ($9::text[]) or first_seen_at < $10::timestamptz
                             or first_seen_at >= $12::timestamptz
                             or (select state from partners where id = i.partner_id) <> 'active' then false
                           when closed_at is not null then $8::boolean
                           when snoozed_until > $3 then $7::boolean
                           when acknowledged_at is not null then $6::boolean else $5::boolean end
                order by changed_at desc, id desc limit $13)
           ) p
           order by p.changed_at desc, p.id desc"#,
        changed_at,
        id,
        now,
        wanted.only_open,
        wanted.open,
        wanted.acknowledged,
        wanted.snoozed,
        wanted.closed,
        wanted.codes.as_deref(),
        filter.first_seen.from,
        wanted.changed_since,
        filter.first_seen.to,
        page.limit()
    )
    .fetch_all(db)
    .await?;
    Ok(page.cut(rows.into_iter().map(ProblemRecord::try_from).collect::<Result<_>>()?))
}

/// How many of the wanted problems all active partners have.
pub async fn count_across(
    db: &mut PgConnection,
    _: SystemScope,
    filter: &ProblemFilter,
    now: DateTime<Utc>,
) -> Result<i64> {
    let wanted = filter.wanted();
    let count = sqlx::query_scalar!(
        r#"select (select count(*) from problems i join partners o on o.id = i.partner_id and o.state = 'active'
                   where $2::boolean and closed_at is null and changed_at >= $8
                     and case when code <> all ($7::text[]) or first_seen_at < $9::timestamptz
                                or first_seen_at >= $10::timestamptz then false
                              when snoozed_until > $1 then $5::boolean
                              when acknowledged_at is not null then $4::boolean else $3::boolean end)
                + (select count(*) from problems i join partners o on o.id = i.partner_id and o.state = 'active'
                   where not $2::boolean and changed_at >= $8
                     and case when code <> all ($7::text[]) or first_seen_at < $9::timestamptz
                                or first_seen_at >= $10::timestamptz then false
                              when closed_at is not null then $6::boolean
                              when snoozed_until > $1 then $5::boolean
                              when acknowledged_at is not null then $4::boolean else $3::boolean end) as "count!""#,
        now,
        wanted.only_open,
        wanted.open,
        wanted.acknowledged,
        wanted.snoozed,
        wanted.closed,
        wanted.codes.as_deref(),
        wanted.changed_since,
        filter.first_seen.from,
        filter.first_seen.to
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// How many problems each of these partners has by state, and how many have changed since the time
/// that is given for it.
pub async fn totals(
    db: &mut PgConnection,
    partners: impl Partners,
    since: &HashMap<PartnerId, DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<HashMap<PartnerId, ProblemCounts>> {
    let partners = partners.ids();
    let since: Vec<_> = partners.iter().map(|id| since.get(&PartnerId(*id)).copied().unwrap_or(now)).collect();
    let rows = sqlx::query!(
        r#"select o.id as "id!", n.snoozed as "snoozed!", n.acknowledged as "acknowledged!", n.open as "open!",
                  c.changed as "changed!"
           from unnest($1::uuid[], $2::timestamptz[]) as o (id, since)
           cross join lateral (
               select count(*) filter (where snoozed_until > $3)::integer as snoozed,
                      count(*) filter (where (snoozed_until is null or snoozed_until <= $3)
                                         and acknowledged_at is not null)::integer as acknowledged,
                      count(*) filter (where (snoozed_until is null or snoozed_until <= $3)
                                         and acknowledged_at is null)::integer as open
               from problems where partner_id = o.id and closed_at is null
           ) n
           cross join lateral (
               select count(*)::integer as changed from problems where partner_id = o.id and changed_at >= o.since
           ) c"#,
        &partners,
        &since,
        now
    )
    .fetch_all(db)
    .await?;
    let counts = rows.into_iter().map(|row| {
        let counts = ProblemCounts {
            open: row.open.unsigned_abs(),
            acknowledged: row.acknowledged.unsigned_abs(),
            snoozed: row.snoozed.unsigned_abs(),
            changed_since_yesterday: row.changed.unsigned_abs(),
        };
        (PartnerId(row.id), counts)
    });
    Ok(counts.collect())
}
