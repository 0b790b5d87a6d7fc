//! Deliveries of webhooks: what is to be sent, what became of it, and who sends it now.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::{Page, PartnerTx, Partners, Result, Slice, StorageError, words};
use crate::auth::SystemScope;
use crate::domain::webhook::{Delivery, DeliveryError, DeliveryState, Event, Next, Outcome};
use crate::ids::{PartnerId, WebhookDeliveryId, WebhookId};

/// How long a worker may take for one attempt, with a margin: then another one may make it again.
const LEASE: chrono::Duration = chrono::Duration::seconds(60);

struct Row {
    id: Uuid,
    webhook_id: Uuid,
    partner_id: Uuid,
    event_type: String,
    payload: String,
    state: String,
    queued_at: DateTime<Utc>,
    attempts: i32,
    last_attempt_at: Option<DateTime<Utc>>,
    last_status: Option<i16>,
    last_error: Option<String>,
    next_attempt_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Delivery {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        let id = row.id;
        let last_error = row.last_error.map(|error| error.parse()).transpose();
        Ok(Delivery {
            id: WebhookDeliveryId(id),
            webhook: WebhookId(row.webhook_id),
            partner: PartnerId(row.partner_id),
            event_type: row.event_type.parse().map_err(inconsistent("webhook_deliveries", "event_type", id))?,
            payload: row.payload,
            state: row.state.parse().map_err(inconsistent("webhook_deliveries", "state", id))?,
            queued_at: row.queued_at,
            attempts: row.attempts.unsigned_abs(),
            last_attempt_at: row.last_attempt_at,
            last_status: row.last_status.and_then(|status| u16::try_from(status).ok()),
            last_error: last_error.map_err(inconsistent("webhook_deliveries", "last_error", id))?,
            next_attempt_at: row.next_attempt_at,
        })
    }
}

/// An event for a webhook, with the id of its delivery.
pub struct NewDelivery {
    pub id: WebhookDeliveryId,
    pub webhook: WebhookId,
    pub event: Event,
}

/// Stores deliveries that are due at once, and returns those of events that their webhook has none
/// of yet.
pub async fn insert_many(
    db: &mut PgConnection,
    deliveries: &[NewDelivery],
    now: DateTime<Utc>,
) -> Result<Vec<WebhookDeliveryId>> {
    let ids: Vec<_> = deliveries.iter().map(|it| it.id.0).collect();
    let webhooks: Vec<_> = deliveries.iter().map(|it| it.webhook.0).collect();
    let partners: Vec<_> = deliveries.iter().map(|it| it.event.partner.0).collect();
    let types: Vec<_> = deliveries.iter().map(|it| it.event.event_type().as_str().to_owned()).collect();
    let keys: Vec<_> = deliveries.iter().map(|it| it.event.key()).collect();
    let payloads: Vec<_> = deliveries.iter().map(|it| it.event.payload()).collect();
    let stored = sqlx::query_scalar!(
        "insert into webhook_deliveries (id, webhook_id, partner_id, event_type, event_key, payload, queued_at,
                                         next_attempt_at)
         select n.id, n.webhook, n.partner, n.event_type, n.event_key, n.payload, $7, $7
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[])
             as n (id, webhook, partner, event_type, event_key, payload)
         on conflict (webhook_id, event_key) do nothing
         returning id",
        &ids,
        &webhooks,
        &partners,
        &types,
        &keys,
        &payloads,
        now
    )
    .fetch_all(db)
    .await?;
    Ok(stored.into_iter().map(WebhookDeliveryId).collect())
}

/// Reads the deliveries in `ids` that are these partners'.
pub async fn find_many(
    db: &mut PgConnection,
    partners: impl Partners,
    ids: &[WebhookDeliveryId],
) -> Result<Vec<Delivery>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        "select id, webhook_id, partner_id, event_type, payload, state, queued_at, attempts, last_attempt_at, last_status,
                last_error, next_attempt_at
         from webhook_deliveries where partner_id = any ($1) and id = any ($2)",
        &partners.ids(),
        &ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Delivery::try_from).collect()
}

/// The deliveries of each webhook in these states, the latest first.
pub async fn pages(
    db: &mut PgConnection,
    partners: impl Partners,
    webhooks: &[WebhookId],
    states: Option<&[DeliveryState]>,
    page: &Page,
) -> Result<HashMap<WebhookId, Slice<Delivery>>> {
    let (webhooks, states): (Vec<_>, _) = (webhooks.iter().map(|id| id.0).collect(), states.map(words));
    let rows = sqlx::query_as!(
        Row,
        r#"select d.id as "id!", d.webhook_id as "webhook_id!", d.partner_id as "partner_id!",
                  d.event_type as "event_type!", d.payload as "payload!", d.state as "state!",
                  d.queued_at as "queued_at!", d.attempts as "attempts!", d.last_attempt_at, d.last_status, d.last_error,
                  d.next_attempt_at
           from unnest($2::uuid[]) as o (id)
           cross join lateral (
               select * from webhook_deliveries
               where webhook_id = o.id and partner_id = any ($1) and id < $3
                 and ($4::text[] is null or state = any ($4))
               order by id desc limit $5
           ) d
           order by d.id desc"#,
        &partners.ids(),
        &webhooks,
        page.below(),
        states.as_deref(),
        page.limit()
    )
    .fetch_all(db)
    .await?;
    page.cut_each(rows.into_iter().map(|row| {
        let delivery = Delivery::try_from(row)?;
        Ok((delivery.webhook, delivery))
    }))
}

/// How many deliveries in these states each webhook has. One without any is not among them.
pub async fn counts(
    db: &mut PgConnection,
    partners: impl Partners,
    webhooks: &[WebhookId],
    states: Option<&[DeliveryState]>,
) -> Result<HashMap<WebhookId, i64>> {
    let (webhooks, states): (Vec<_>, _) = (webhooks.iter().map(|id| id.0).collect(), states.map(words));
    let rows = sqlx::query!(
        r#"select webhook_id, count(*) as "count!" from webhook_deliveries
           where partner_id = any ($1) and webhook_id = any ($2) and ($3::text[] is null or state = any ($3))
           group by webhook_id"#,
        &partners.ids(),
        &webhooks,
        states.as_deref()
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (WebhookId(row.webhook_id), row.count)).collect())
}

/// A delivery that this worker sends now.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: WebhookDeliveryId,
    pub webhook: WebhookId,
    pub partner: PartnerId,
    pub url: String,
    pub payload: String,
    pub queued_at: DateTime<Utc>,
    /// With this one.
    pub attempts: u32,
    lease_until: DateTime<Utc>,
}

/// Claims the delivery for one attempt, if it is due, its webhook is enabled, and no other delivery
/// of the webhook is under way: a receiver that answers slowly holds one worker at a time.
pub async fn claim(
    db: &mut PgConnection,
    _: SystemScope,
    id: WebhookDeliveryId,
    now: DateTime<Utc>,
) -> Result<Option<Claimed>> {
    let lease_until = now + LEASE;
    let row = sqlx::query!(
        r#"update webhook_deliveries d
           set lease_until = $3, attempts = d.attempts + 1, last_attempt_at = $2
           from webhooks w, partners p
           where d.id = $1 and d.state = 'pending' and d.next_attempt_at <= $2
             and w.id = d.webhook_id and w.disabled_at is null and p.id = d.partner_id and p.state = 'active'
             and not exists (select from webhook_deliveries o where o.webhook_id = d.webhook_id and o.lease_until > $2)
           returning d.webhook_id, d.partner_id, w.url, d.payload, d.queued_at, d.attempts, d.lease_until as "lease_until!""#,
        id.0,
        now,
        lease_until
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Claimed {
        id,
        webhook: WebhookId(row.webhook_id),
        partner: PartnerId(row.partner_id),
        url: row.url,
        payload: row.payload,
        queued_at: row.queued_at,
        attempts: row.attempts.unsigned_abs(),
        lease_until: row.lease_until,
    }))
}

/// Stores how the attempt ended, unless another worker has begun one since. A delivery that was
/// given up meanwhile stays so, unless it has arrived. Returns whether it was stored.
pub async fn store_outcome(tx: &mut PartnerTx<'_>, claimed: &Claimed, outcome: Outcome, next: Next) -> Result<bool> {
    let (state, at) = match (outcome, next) {
        (Outcome::Delivered { .. }, _) => (DeliveryState::Delivered, None),
        (Outcome::Failed { .. }, Next::At(at)) => (DeliveryState::Pending, Some(at)),
        (Outcome::Failed { .. }, Next::GiveUp) => (DeliveryState::GivenUp, None),
    };
    let (status, error) = match outcome {
        Outcome::Delivered { status } => (Some(status), None),
        Outcome::Failed { status, error } => (status, Some(error.as_str())),
    };
    let stored = sqlx::query!(
        "update webhook_deliveries
         set state = case when $4 <> 'pending' or state = 'pending' then $4 else state end,
             next_attempt_at = case when state = 'pending' then $5::timestamptz end,
             finished_at = case when $4 <> 'pending' then $6 else finished_at end,
             last_status = $7, last_error = case when $4 <> 'pending' or state = 'pending' then $8 else last_error end,
             lease_until = null
         where partner_id = $1 and id = $2 and lease_until = $3",
        tx.scope().partner().0,
        claimed.id.0,
        claimed.lease_until,
        state.as_str(),
        at,
        tx.now(),
        status.and_then(|status| i16::try_from(status).ok()),
        error
    )
    .execute(&mut **tx)
    .await?;
    Ok(stored.rows_affected() > 0)
}

/// The delivery of the webhook that has been due for the longest.
pub async fn next_due(tx: &mut PartnerTx<'_>, webhook: WebhookId) -> Result<Option<WebhookDeliveryId>> {
    let due = sqlx::query_scalar!(
        "select id from webhook_deliveries
         where partner_id = $1 and webhook_id = $2 and state = 'pending' and next_attempt_at <= $3
         order by next_attempt_at limit 1",
        tx.scope().partner().0,
        webhook.0,
        tx.now()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(due.map(WebhookDeliveryId))
}

/// Finds, for each webhook with deliveries that are due and of which none is under way, the one
/// that has been due for the longest. The others follow it.
pub async fn find_waiting(
    db: &mut PgConnection,
    _: SystemScope,
    now: DateTime<Utc>,
    batch: i64,
) -> Result<Vec<WebhookDeliveryId>> {
    let waiting = sqlx::query_scalar!(
        r#"select d.id as "id!" from webhooks w
           join partners p on p.id = w.partner_id and p.state = 'active'
           cross join lateral (select id from webhook_deliveries
                               where webhook_id = w.id and state = 'pending' and next_attempt_at <= $1
                               order by next_attempt_at limit 1) d
           where w.disabled_at is null
             and not exists (select from webhook_deliveries o where o.webhook_id = w.id and o.lease_until > $1)
           limit $2"#,
        now,
        batch
    )
    .fetch_all(db)
    .await?;
    Ok(waiting.into_iter().map(WebhookDeliveryId).collect())
}

/// Has the delivery sent again, as if it had just been made.
pub async fn replay(tx: &mut PartnerTx<'_>, id: WebhookDeliveryId) -> Result<()> {
    sqlx::query!(
        "update webhook_deliveries
         set state = 'pending', queued_at = $3, next_attempt_at = $3, attempts = 0, finished_at = null
         where partner_id = $1 and id = $2",
        tx.scope().partner().0,
        id.0,
        tx.now()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives up what the webhook still waits for, and returns the number.
pub async fn give_up_pending(tx: &mut PartnerTx<'_>, webhook: WebhookId) -> Result<u64> {
    let given_up = sqlx::query!(
        "update webhook_deliveries
         set state = 'given_up', next_attempt_at = null, finished_at = $3, last_error = coalesce(last_error, $4)
         where partner_id = $1 and webhook_id = $2 and state = 'pending'",
        tx.scope().partner().0,
        webhook.0,
        tx.now(),
        DeliveryError::WebhookDisabled.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(given_up.rows_affected())
}

/// Removes deliveries that ended 30 days ago, up to 10,000 of them.
pub async fn prune(db: &mut PgConnection, _: SystemScope, now: DateTime<Utc>) -> Result<i64> {
    let removed = sqlx::query!(
        "delete from webhook_deliveries
         where id in (select id from webhook_deliveries where finished_at < $1 order by finished_at limit 10000)",
        now - chrono::Duration::days(30)
    );
    Ok(i64::try_from(removed.execute(db).await?.rows_affected()).unwrap_or(i64::MAX))
}
