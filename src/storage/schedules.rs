//! What decides about each partner's next nightly sync: its settings, since when it has something
//! to sync, and its latest night.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{PartnerTx, Partners, Result};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::roster::NightlySchedule;
use crate::domain::run::Night;
use crate::domain::schedule::NightlyHistory;
use crate::ids::{PartnerId, RunId};

/// A partner whose nights are synced.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub partner: PartnerId,
    pub settings: NightlySchedule,
    pub history: NightlyHistory,
    /// When this was read, by the clock that all processes share.
    pub read_at: DateTime<Utc>,
}

struct Row {
    id: Uuid,
    time_zone: String,
    nightly_sync: bool,
    night_start: NaiveTime,
    night_end: NaiveTime,
    since: DateTime<Utc>,
    paused_until: Option<DateTime<Utc>>,
    nightly_date: Option<NaiveDate>,
    nightly_requested_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
}

impl TryFrom<Row> for Schedule {
    type Error = super::StorageError;

    fn try_from(row: Row) -> Result<Self> {
        let latest = row.nightly_date.zip(row.nightly_requested_at);
        Ok(Self {
            partner: PartnerId(row.id),
            settings: NightlySchedule {
                time_zone: row.time_zone.parse().map_err(inconsistent("partners", "time_zone", row.id))?,
                nightly: row.nightly_sync,
                night_start: row.night_start,
                night_end: row.night_end,
            },
            history: NightlyHistory {
                since: row.since,
                paused_until: row.paused_until,
                latest: latest.map(|(date, requested_at)| Night { date, requested_at }),
            },
            read_at: row.now,
        })
    }
}

/// Active partners with nightly syncs, a connection and something to sync, in batches by id. A
/// partner whose row makes no sense is an error of its own: the others have their night all the
/// same.
pub async fn batch(
    db: &mut PgConnection,
    _: SystemScope,
    after: Option<PartnerId>,
) -> Result<Vec<(PartnerId, Result<Schedule>)>> {
    /// Few enough for one statement, many enough for few statements.
    const BATCH: i64 = 500;
    let rows = sqlx::query_as!(
        Row,
        r#"select p.id, p.time_zone, p.nightly_sync, p.night_start, p.night_end, p.paused_until,
                  greatest(c.created_at, a.mapped_at) as "since!", n.nightly_date as "nightly_date?",
                  n.nightly_requested_at as "nightly_requested_at?", now() as "now!"
           from partners p
           join connections c on c.partner_id = p.id and c.state <> 'disconnected'
           join lateral (select min(created_at) as mapped_at from associations
                         where partner_id = p.id and state <> 'ended') a on a.mapped_at is not null
           left join lateral (select nightly_date, nightly_requested_at from sync_runs
                              where partner_id = p.id and nightly_date is not null
                              order by nightly_date desc limit 1) n on true
           where p.state = 'active' and p.nightly_sync and p.id > $1
           order by p.id
           limit $2"#,
        after.map_or(Uuid::nil(), |id| id.0),
        BATCH
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PartnerId(row.id), row.try_into())).collect())
}

/// The schedules of those of the partners that are active and have a connection and something to
/// sync.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners) -> Result<Vec<Schedule>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select p.id, p.time_zone, p.nightly_sync, p.night_start, p.night_end, p.paused_until,
                  greatest(c.created_at, a.mapped_at) as "since!", n.nightly_date as "nightly_date?",
                  n.nightly_requested_at as "nightly_requested_at?", now() as "now!"
           from partners p
           join connections c on c.partner_id = p.id and c.state <> 'disconnected'
           join lateral (select min(created_at) as mapped_at from associations
                         where partner_id = p.id and state <> 'ended') a on a.mapped_at is not null
           left join lateral (select nightly_date, nightly_requested_at from sync_runs
                              where partner_id = p.id and nightly_date is not null
                              order by nightly_date desc limit 1) n on true
           where p.state = 'active' and p.id = any ($1)"#,
        &partners.ids()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Schedule::try_from).collect()
}

pub async fn find(db: &mut PgConnection, scope: &PartnerScope) -> Result<Option<Schedule>> {
    Ok(find_many(db, scope).await?.pop())
}

/// Takes the nights away from runs whose nights were requested after `latest`, which has not come
/// yet: a machine with a wrong clock requested them. The runs stay; the nights are free again.
/// Returns the runs with their nights.
pub async fn release_nights_after(tx: &mut PartnerTx<'_>, latest: DateTime<Utc>) -> Result<Vec<(RunId, Night)>> {
    let partner = tx.scope().partner();
    let rows = sqlx::query!(
        r#"select id, nightly_date as "nightly_date!", nightly_requested_at as "nightly_requested_at!" from sync_runs
           where partner_id = $1 and nightly_date is not null and nightly_requested_at > $2
           order by id for no key update"#,
        partner.0,
        latest
    )
    .fetch_all(&mut **tx)
    .await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    sqlx::query!(
        "update sync_runs set nightly_date = null, nightly_requested_at = null where partner_id = $1 and id = any ($2)",
        partner.0,
        &ids
    )
    .execute(&mut **tx)
    .await?;
    let night = |date, requested_at| Night { date, requested_at };
    Ok(rows.into_iter().map(|row| (RunId(row.id), night(row.nightly_date, row.nightly_requested_at))).collect())
}
