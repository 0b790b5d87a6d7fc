//! Partners: finding one, listing them for support, and how their clients stand.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, NaiveTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Page, Partners, Result, Slice};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::association::NameTemplate;
use crate::domain::plan::FallLimit;
use crate::domain::roster::{ClientCounts, NightlySchedule, Partner, Pause, RosterState, SubscriptionRules};
use crate::ids::PartnerId;

pub(super) struct Row {
    pub id: Uuid,
    pub external_id: String,
    pub name: String,
    pub time_zone: String,
    pub state: String,
    pub nightly_sync: bool,
    pub night_start: NaiveTime,
    pub night_end: NaiveTime,
    pub pause: Option<Value>,
    pub subscription_name: Option<String>,
    pub needs_users: bool,
    pub fall_limit: Option<i16>,
}

impl TryFrom<Row> for Partner {
    type Error = super::StorageError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Partner {
            id: PartnerId(row.id),
            external_id: row.external_id,
            name: row.name,
            state: row.state.parse().map_err(inconsistent("partners", "state", row.id))?,
            settings: NightlySchedule {
                time_zone: row.time_zone.parse().map_err(inconsistent("partners", "time_zone", row.id))?,
                nightly: row.nightly_sync,
                night_start: row.night_start,
                night_end: row.night_end,
            },
            pause: row
                .pause
                .map(|pause| serde_json::from_value(pause).map_err(inconsistent("partners", "pause", row.id)))
                .transpose()?,
            rules: SubscriptionRules {
                name: row
                    .subscription_name
                    .map(|name| {
                        NameTemplate::parse(&name).map_err(inconsistent("partners", "subscription_name", row.id))
                    })
                    .transpose()?,
                needs_users: row.needs_users,
                fall_limit: row.fall_limit.and_then(|percent| FallLimit::new(percent.into())),
            },
        })
    }
}

/// The partner of the scope, if it exists.
pub async fn find(db: &mut PgConnection, scope: &PartnerScope) -> Result<Option<Partner>> {
    Ok(find_many(db, scope).await?.pop())
}

/// Reads the partners that exist.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners) -> Result<Vec<Partner>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, external_id, name, time_zone, state, nightly_sync, night_start, night_end,
                case when paused_until > now() then pause end as pause, subscription_name, needs_users, fall_limit
         from partners where id = any ($1)",
        &partners.ids()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Partner::try_from).collect()
}

/// Our id for the partner that a token names.
pub async fn id_of(db: &mut PgConnection, _: SystemScope, external_id: &str) -> Result<Option<PartnerId>> {
    let id =
        sqlx::query_scalar!("select id from partners where external_id = $1", external_id).fetch_optional(db).await?;
    Ok(id.map(PartnerId))
}

/// A partner that no other request decides about until the transaction ends.
#[derive(Clone, Copy, Debug)]
pub struct Locked {
    pub state: RosterState,
    /// How long its pause still is, by the database's clock; zero if it has none.
    pub paused_for: Duration,
}

/// Keeps two requests of the same partner from deciding at the same time, until the transaction
/// ends. `None`: there is no such partner.
pub async fn lock(db: &mut PgConnection, scope: &PartnerScope) -> Result<Option<Locked>> {
    let id = scope.partner().0;
    let row = sqlx::query!(
        r#"select state, paused_until, now() as "now!" from partners where id = $1 for no key update"#,
        id
    )
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        let state = row.state.parse().map_err(inconsistent("partners", "state", id))?;
        let paused_for = row.paused_until.and_then(|until| (until - row.now).to_std().ok()).unwrap_or_default();
        Ok(Locked { state, paused_for })
    })
    .transpose()
}

/// Notes one more test of the partner's connection, unless there were `most` in the last minute
/// already: whether it was noted. By Postgres' clock; the partner has to be locked, so that none is
/// noted at the same time.
pub async fn count_connection_test(db: &mut PgConnection, scope: &PartnerScope, most: i32) -> Result<bool> {
    let counted = sqlx::query!(
        "with recent as (
             select array(select at from unnest(connection_tests) at where at > clock_timestamp() - interval '1 minute') as tests
             from partners where id = $1
         )
         update partners set connection_tests = recent.tests || clock_timestamp()
         from recent where id = $1 and cardinality(recent.tests) < $2",
        scope.partner().0,
        most
    )
    .execute(db)
    .await?;
    Ok(counted.rows_affected() > 0)
}

/// Which partners support is looking for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PartnerFilter {
    /// Words of a name or of a client's name, part of a Halo address, or a whole external id or
    /// request id.
    pub search: Option<String>,
    pub needs_attention: Option<bool>,
}

/// Partners by name.
pub async fn page(
    db: &mut PgConnection,
    _: SystemScope,
    filter: &PartnerFilter,
    page: &Page,
) -> Result<Slice<Partner>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, external_id, name, time_zone, state, nightly_sync, night_start, night_end,
                case when paused_until > now() then pause end as pause, subscription_name, needs_users, fall_limit
         from partners p
         where ($1::text is null or partner_matches(p.id, $1))
           and ($2::boolean is null or partner_needs_attention(p.id) = $2)
           and (sort_name, id) > (lower($3), $4)
         order by sort_name, id
         limit $5",
        filter.search,
        filter.needs_attention,
        page.after_key().unwrap_or_default(),
        page.above(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    Ok(page.cut(rows.into_iter().map(Partner::try_from).collect::<Result<_>>()?))
}

pub async fn count(db: &mut PgConnection, _: SystemScope, filter: &PartnerFilter) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from partners p
           where ($1::text is null or partner_matches(p.id, $1))
             and ($2::boolean is null or partner_needs_attention(p.id) = $2)"#,
        filter.search,
        filter.needs_attention
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// How the clients of each partner stand. One without any is not among them.
pub async fn client_counts(db: &mut PgConnection, partners: impl Partners) -> Result<HashMap<PartnerId, ClientCounts>> {
    let rows = sqlx::query!(
        r#"select c.partner_id,
                  count(*)::integer as "total!",
                  count(a.id)::integer as "mapped!",
                  (count(e.client_id) filter (where a.id is null))::integer as "excluded!",
                  (count(*) filter (where a.state = 'needs_attention'))::integer as "needing_attention!"
           from clients c
           left join associations a on a.client_id = c.id and a.state not in ('ending', 'ended')
           left join client_exclusions e on e.client_id = c.id and (e.ends_at is null or e.ends_at > now())
           where c.partner_id = any ($1) and c.state = 'active'
           group by c.partner_id"#,
        &partners.ids()
    )
    .fetch_all(db)
    .await?;
    let counts = rows.into_iter().map(|row| {
        let counts = ClientCounts {
            total: row.total.unsigned_abs(),
            mapped: row.mapped.unsigned_abs(),
            excluded: row.excluded.unsigned_abs(),
            needing_attention: row.needing_attention.unsigned_abs(),
        };
        (PartnerId(row.partner_id), counts)
    });
    Ok(counts.collect())
}

/// Changes when the partner's nights are, and what it has decided about its subscriptions.
pub async fn update_settings(
    db: &mut PgConnection,
    scope: &PartnerScope,
    settings: &NightlySchedule,
    rules: &SubscriptionRules,
) -> Result<()> {
    sqlx::query!(
        "update partners set nightly_sync = $2, night_start = $3, night_end = $4, time_zone = $5, subscription_name = $6,
                needs_users = $7, fall_limit = $8
         where id = $1",
        scope.partner().0,
        settings.nightly,
        settings.night_start,
        settings.night_end,
        settings.time_zone.name(),
        rules.name.as_ref().map(NameTemplate::as_str),
        rules.needs_users,
        rules.fall_limit.map(|limit| i16::from(limit.percent()))
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Pauses the partner's syncs, or lets them resume.
pub async fn set_pause(
    db: &mut PgConnection,
    scope: &PartnerScope,
    pause: Option<&Pause>,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "with earlier as (
             update sync_pauses set ends_at = $4 where partner_id = $1 and began_at < $4 and ends_at > $4
         ), history as (
             insert into sync_pauses (partner_id, began_at, ends_at) select $1, $4, $2 where $2::timestamptz is not null
             on conflict (partner_id, began_at) do update set ends_at = excluded.ends_at
         )
         update partners set paused_until = $2, pause = $3 where id = $1",
        scope.partner().0,
        pause.map(|pause| pause.ends_at),
        pause.map(|pause| serde_json::to_value(pause).expect("a pause is plain data")),
        now
    )
    .execute(db)
    .await?;
    Ok(())
}
