//! The audit log: written with each change, and never changed after.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Page, Partners, Result, Slice, StorageError};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::activity::{Action, Activity, Actor};
use crate::ids::{ActivityId, PartnerId};

/// One act, as it is written to the log. `before` and `after` never hold a secret.
#[derive(Clone, Debug)]
pub struct Entry {
    pub action: Action,
    pub subject: Option<String>,
    pub reason: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub request_id: Option<String>,
}

/// Writes the act down, in the transaction of the change itself.
pub async fn record(db: &mut PgConnection, scope: &PartnerScope, entry: Entry, now: DateTime<Utc>) -> Result<()> {
    let actor = serde_json::to_value(scope.actor()).expect("an actor is plain data");
    sqlx::query!(
        "insert into activity (id, partner_id, at, actor, act, subject, reason, before, after, request_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        ActivityId::generate().0,
        scope.partner().0,
        now,
        actor,
        entry.action.as_str(),
        entry.subject,
        entry.reason,
        entry.before,
        entry.after,
        entry.request_id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes an act down that went across partners, for each of them as it was for that one.
pub async fn record_across(
    db: &mut PgConnection,
    _: SystemScope,
    actor: Actor,
    entries: &[(PartnerId, Entry)],
    now: DateTime<Utc>,
) -> Result<()> {
    let actor = serde_json::to_value(actor).expect("an actor is plain data");
    let ids: Vec<_> = entries.iter().map(|_| ActivityId::generate().0).collect();
    let partners: Vec<_> = entries.iter().map(|(partner, _)| partner.0).collect();
    let of = |get: fn(&Entry) -> Option<&str>| -> Vec<_> {
        entries.iter().map(|(_, entry)| get(entry).map(str::to_owned)).collect()
    };
    let acts: Vec<_> = entries.iter().map(|(_, entry)| entry.action.as_str().to_owned()).collect();
    let (subjects, request_ids) = (of(|entry| entry.subject.as_deref()), of(|entry| entry.request_id.as_deref()));
    let before: Vec<_> = entries.iter().map(|(_, entry)| entry.before.clone()).collect();
    let after: Vec<_> = entries.iter().map(|(_, entry)| entry.after.clone()).collect();
    sqlx::query!(
        "insert into activity (id, partner_id, at, actor, act, subject, before, after, request_id)
         select e.id, e.partner, $1, $2, e.act, e.subject, e.before, e.after, e.request_id
         from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[], $9::text[])
             as e (id, partner, act, subject, before, after, request_id)",
        now,
        actor,
        &ids,
        &partners,
        &acts,
        &subjects as &[Option<String>],
        &before as &[Option<Value>],
        &after as &[Option<Value>],
        &request_ids as &[Option<String>]
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes the same act down for each of these partners that exists and has no entry of the same
/// request yet.
pub async fn record_reads(
    db: &mut PgConnection,
    _: SystemScope,
    actor: Actor,
    partners: &[PartnerId],
    entry: Entry,
    now: DateTime<Utc>,
) -> Result<()> {
    let actor = serde_json::to_value(actor).expect("an actor is plain data");
    let ids: Vec<_> = partners.iter().map(|_| ActivityId::generate().0).collect();
    let partners: Vec<_> = partners.iter().map(|partner| partner.0).collect();
    sqlx::query!(
        "insert into activity (id, partner_id, at, actor, act, after, request_id)
         select r.id, p.id, $3, $4, $5, $6, $7
         from unnest($1::uuid[], $2::uuid[]) as r (id, partner) join partners p on p.id = r.partner
         where not exists (
             select from activity a
             where a.partner_id = p.id and a.request_id = $7 and a.at > $3::timestamptz - interval '10 minutes'
         )",
        &ids,
        &partners,
        now,
        actor,
        entry.action.as_str(),
        entry.after,
        entry.request_id
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Removes entries past their time, up to 10,000 of them. How many there were. The time is the
/// database's to know: the application can remove no others.
pub async fn prune(db: &mut PgConnection, _: SystemScope) -> Result<i64> {
    Ok(sqlx::query_scalar!(r#"select prune_activity() as "gone!""#).fetch_one(db).await?)
}

struct Row {
    id: Uuid,
    partner_id: Uuid,
    at: DateTime<Utc>,
    actor: Value,
    act: String,
    subject: Option<String>,
    reason: Option<String>,
    before: Option<Value>,
    after: Option<Value>,
    request_id: Option<String>,
}

impl TryFrom<Row> for Activity {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Activity {
            id: ActivityId(row.id),
            partner: PartnerId(row.partner_id),
            at: row.at,
            actor: serde_json::from_value(row.actor).map_err(inconsistent("activity", "actor", row.id))?,
            act: row.act,
            subject: row.subject,
            reason: row.reason,
            before: row.before,
            after: row.after,
            request_id: row.request_id,
        })
    }
}

/// What was done to each partner, the latest first.
pub async fn pages(
    db: &mut PgConnection,
    partners: impl Partners,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<Activity>>> {
    let rows = sqlx::query_as!(
        Row,
        "select a.id, a.partner_id, a.at, a.actor, a.act, a.subject, a.reason, a.before, a.after, a.request_id
         from unnest($1::uuid[]) as p (id)
         cross join lateral (
             select * from activity where partner_id = p.id and id < $2 order by id desc limit $3
         ) a
         order by a.id desc",
        &partners.ids(),
        page.below(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let activity = Activity::try_from(row)?;
        Ok((activity.partner, activity))
    }))
}

/// Reads pages without support's reads, which are far more than the other entries.
pub async fn pages_of_changes(
    db: &mut PgConnection,
    partners: impl Partners,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<Activity>>> {
    let rows = sqlx::query_as!(
        Row,
        "select a.id, a.partner_id, a.at, a.actor, a.act, a.subject, a.reason, a.before, a.after, a.request_id
         from unnest($1::uuid[]) as p (id)
         cross join lateral (
             select * from activity
             where partner_id = p.id and act <> 'support.read' and id < $2 order by id desc limit $3
         ) a
         order by a.id desc",
        &partners.ids(),
        page.below(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let activity = Activity::try_from(row)?;
        Ok((activity.partner, activity))
    }))
}

/// How many entries each partner has, with or without what support looked at. One without any is
/// not among them.
pub async fn counts(
    db: &mut PgConnection,
    partners: impl Partners,
    changes_only: bool,
) -> Result<HashMap<PartnerId, i64>> {
    let rows = sqlx::query!(
        r#"select partner_id, count(*) as "count!" from activity
           where partner_id = any ($1) and not ($2 and act = 'support.read') group by partner_id"#,
        &partners.ids(),
        changes_only
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PartnerId(row.partner_id), row.count)).collect())
}
