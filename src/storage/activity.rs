//! The audit log: written with each change, and never changed after.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Page, Partners, Period, Result, Slice, StorageError, words};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::activity::{Action, Activity, Actor, ActorRole};
use crate::ids::{ActivityId, AssociationId, ClientId, PartnerId};

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
    record_many(db, scope, &[entry], now).await
}

/// Writes down all acts of one request.
pub async fn record_many(
    db: &mut PgConnection,
    scope: &PartnerScope,
    entries: &[Entry],
    now: DateTime<Utc>,
) -> Result<()> {
    let actor = serde_json::to_value(scope.actor()).expect("an actor is plain data");
    let ids: Vec<_> = entries.iter().map(|_| ActivityId::generate().0).collect();
    let of = |get: fn(&Entry) -> Option<&str>| -> Vec<_> {
        entries.iter().map(|entry| get(entry).map(str::to_owned)).collect()
    };
    let acts: Vec<_> = entries.iter().map(|entry| entry.action.as_str().to_owned()).collect();
    let (subjects, reasons) = (of(|entry| entry.subject.as_deref()), of(|entry| entry.reason.as_deref()));
    let request_ids = of(|entry| entry.request_id.as_deref());
    let before: Vec<_> = entries.iter().map(|entry| entry.before.clone()).collect();
    let after: Vec<_> = entries.iter().map(|entry| entry.after.clone()).collect();
    sqlx::query!(
        "insert into activity (id, partner_id, at, actor, act, subject, reason, before, after, request_id)
         select e.id, $1, $2, $3, e.act, e.subject, e.reason, e.before, e.after, e.request_id
         from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::jsonb[], $10::text[])
             as e (id, act, subject, reason, before, after, request_id)",
        scope.partner().0,
        now,
        actor,
        &ids,
        &acts,
        &subjects as &[Option<String>],
        &reasons as &[Option<String>],
        &before as &[Option<Value>],
        &after as &[Option<Value>],
        &request_ids as &[Option<String>]
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
            action: row.act.parse().unwrap_or(Action::Other),
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

/// Which entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ActivityFilter {
    /// Without what support only viewed.
    pub changes_only: bool,
    pub actions: Option<Vec<Action>>,
    pub roles: Option<Vec<ActorRole>>,
    /// Words of the name that is shown of the actor.
    pub actor: Option<String>,
    /// The name that is shown instead of the names of support's staff.
    pub support_is_shown_as: Option<&'static str>,
    /// The client that the act was about, by itself or through its association.
    pub client: Option<ClientId>,
    pub during: Period,
}

impl ActivityFilter {
    /// Whether every entry is wanted, but for what support only viewed.
    fn is_plain(&self) -> bool {
        let Self { changes_only: _, actions, roles, actor, support_is_shown_as: _, client, during } = self;
        actions.is_none() && roles.is_none() && actor.is_none() && client.is_none() && *during == Period::default()
    }
}

/// The wanted entries of each partner, the latest first.
pub async fn pages_matching(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &ActivityFilter,
    page: &Page,
) -> Result<HashMap<PartnerId, Slice<Activity>>> {
    // What is asked for most has statements of its own, which an index answers.
    if filter.is_plain() {
        return match filter.changes_only {
            true => pages_of_changes(db, partners, page).await,
            false => pages(db, partners, page).await,
        };
    }
    let (actions, roles) = (filter.actions.as_deref().map(words), filter.roles.as_deref().map(words));
    let rows = sqlx::query_as!(
        Row,
        r#"select a.id, a.partner_id, a.at, a.actor, a.act, a.subject, a.reason, a.before, a.after, a.request_id
           from unnest($1::uuid[]) as p (id)
           cross join lateral (
               select * from activity
               where partner_id = p.id and id < $2
                 and not ($4 and act = 'support.read')
                 and ($5::text[] is null or act = any ($5))
                 and ($6::text[] is null or actor ->> 'role' = any ($6))
                 and ($7::text is null or search_text(case
                         when actor ->> 'role' = 'support' and $8::text is not null then $8
                         when actor ->> 'role' in ('platform', 'system') then 'INFIMA'
                         else coalesce(actor ->> 'name', actor ->> 'subject') end) like all (array(select unnest(search_patterns($7)))))
                 and ($9::uuid is null or subject = $10 or before ->> 'client' = $10 or after ->> 'client' = $10
                      or after -> 'clients' ? $10
                      or subject in (select $11 || replace(s.id::text, '-', '') from associations s
                                     where s.partner_id = p.id and s.client_id = $9))
                 and ($12::timestamptz is null or at >= $12) and ($13::timestamptz is null or at < $13)
               order by id desc limit $3
           ) a
           order by a.id desc"#,
        &partners.ids(),
        page.below(),
        page.limit(),
        filter.changes_only,
        actions.as_deref(),
        roles.as_deref(),
        filter.actor,
        filter.support_is_shown_as,
        filter.client.map(|client| client.0),
        filter.client.map(|client| client.to_string()).unwrap_or_default(),
        format!("{}_", AssociationId::KIND),
        filter.during.from,
        filter.during.to
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let activity = Activity::try_from(row)?;
        Ok((activity.partner, activity))
    }))
}

/// How many of the wanted entries each partner has. One without any is not among them.
pub async fn counts(
    db: &mut PgConnection,
    partners: impl Partners,
    filter: &ActivityFilter,
) -> Result<HashMap<PartnerId, i64>> {
    let (actions, roles) = (filter.actions.as_deref().map(words), filter.roles.as_deref().map(words));
    let rows = sqlx::query!(
        r#"select partner_id, count(*) as "count!" from activity
           where partner_id = any ($1)
             and not ($2 and act = 'support.read')
             and ($3::text[] is null or act = any ($3))
             and ($4::text[] is null or actor ->> 'role' = any ($4))
             and ($5::text is null or search_text(case
                     when actor ->> 'role' = 'support' and $6::text is not null then $6
                     when actor ->> 'role' in ('platform', 'system') then 'INFIMA'
                     else coalesce(actor ->> 'name', actor ->> 'subject') end) like all (array(select unnest(search_patterns($5)))))
             and ($7::uuid is null or subject = $8 or before ->> 'client' = $8 or after ->> 'client' = $8
                  or after -> 'clients' ? $8
                  or subject in (select $9 || replace(s.id::text, '-', '') from associations s
                                 where s.partner_id = any ($1) and s.client_id = $7))
             and ($10::timestamptz is null or at >= $10) and ($11::timestamptz is null or at < $11)
           group by partner_id"#,
        &partners.ids(),
        filter.changes_only,
        actions.as_deref(),
        roles.as_deref(),
        filter.actor,
        filter.support_is_shown_as,
        filter.client.map(|client| client.0),
        filter.client.map(|client| client.to_string()).unwrap_or_default(),
        format!("{}_", AssociationId::KIND),
        filter.during.from,
        filter.during.to
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (PartnerId(row.partner_id), row.count)).collect())
}
