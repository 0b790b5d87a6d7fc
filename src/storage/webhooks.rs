//! Webhooks with their secrets, and how they fare.

use std::str::FromStr as _;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::SealedSecret;
use super::error::inconsistent;
use super::{PartnerTx, Partners, Result, StorageError, words};
use crate::auth::SystemScope;
use crate::domain::webhook::{
    DISABLED_AFTER, Disabled, DisabledBecause, EventType, NOTICE_AFTER, Webhook, WebhookSecret,
};
use crate::ids::{PartnerId, WebhookId, WebhookSecretId};

struct Row {
    id: Uuid,
    partner_id: Uuid,
    url: String,
    event_types: Vec<String>,
    created_at: DateTime<Utc>,
    failing_since: Option<DateTime<Utc>>,
    disabled_at: Option<DateTime<Utc>>,
    disabled_because: Option<String>,
    secret_ids: Vec<Uuid>,
    secret_times: Vec<DateTime<Utc>>,
}

impl TryFrom<Row> for Webhook {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        let id = row.id;
        let event_types = row.event_types.iter().map(|name| EventType::from_str(name));
        let disabled = match row.disabled_at.zip(row.disabled_because) {
            Some((at, because)) => {
                let because = because.parse().map_err(inconsistent("webhooks", "disabled_because", id))?;
                Some(Disabled { at, because })
            }
            None => None,
        };
        let secrets = row.secret_ids.into_iter().zip(row.secret_times);
        Ok(Webhook {
            id: WebhookId(id),
            partner: PartnerId(row.partner_id),
            url: row.url,
            event_types: event_types.collect::<std::result::Result<_, _>>().map_err(inconsistent(
                "webhooks",
                "event_types",
                id,
            ))?,
            created_at: row.created_at,
            failing_since: row.failing_since,
            disabled,
            secrets: secrets.map(|(id, created_at)| WebhookSecret { id: WebhookSecretId(id), created_at }).collect(),
        })
    }
}

/// The webhooks of each of these partners, the oldest first.
pub async fn of_partners(db: &mut PgConnection, partners: impl Partners) -> Result<Vec<Webhook>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select w.id, w.partner_id, w.url, w.event_types, w.created_at, w.failing_since, w.disabled_at,
                  w.disabled_because, array(select s.id from webhook_secrets s where s.webhook_id = w.id order by s.id)
                      as "secret_ids!",
                  array(select s.created_at from webhook_secrets s where s.webhook_id = w.id order by s.id)
                      as "secret_times!"
           from webhooks w where w.partner_id = any ($1) order by w.id"#,
        &partners.ids()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Webhook::try_from).collect()
}

/// Reads the webhooks in `ids` that are these partners'.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners, ids: &[WebhookId]) -> Result<Vec<Webhook>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select w.id, w.partner_id, w.url, w.event_types, w.created_at, w.failing_since, w.disabled_at,
                  w.disabled_because, array(select s.id from webhook_secrets s where s.webhook_id = w.id order by s.id)
                      as "secret_ids!",
                  array(select s.created_at from webhook_secrets s where s.webhook_id = w.id order by s.id)
                      as "secret_times!"
           from webhooks w where w.partner_id = any ($1) and w.id = any ($2)"#,
        &partners.ids(),
        &ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Webhook::try_from).collect()
}

/// How many webhooks the partner has.
pub async fn count(tx: &mut PartnerTx<'_>) -> Result<i64> {
    let partner = tx.scope().partner().0;
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from webhooks where partner_id = $1"#, partner);
    Ok(count.fetch_one(&mut **tx).await?)
}

/// Stores a new webhook, which reports what happens from now on.
pub async fn insert(tx: &mut PartnerTx<'_>, id: WebhookId, url: &str, event_types: &[EventType]) -> Result<()> {
    sqlx::query!(
        "insert into webhooks (id, partner_id, url, event_types, created_at, reports_since) values ($1, $2, $3, $4, $5, $5)",
        id.0,
        tx.scope().partner().0,
        url,
        &words(event_types),
        tx.now()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores what a user has changed. A new address has not failed yet.
pub async fn update(tx: &mut PartnerTx<'_>, id: WebhookId, url: &str, event_types: &[EventType]) -> Result<()> {
    sqlx::query!(
        "update webhooks
         set url = $3, event_types = $4, failing_since = case when url = $3 then failing_since end,
             noticed_at = case when url = $3 then noticed_at end
         where partner_id = $1 and id = $2",
        tx.scope().partner().0,
        id.0,
        url,
        &words(event_types)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes the webhook, with its secrets and its deliveries.
pub async fn remove(tx: &mut PartnerTx<'_>, id: WebhookId) -> Result<()> {
    sqlx::query!("delete from webhooks where partner_id = $1 and id = $2", tx.scope().partner().0, id.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Enables a disabled webhook, which reports what happens from now on.
pub async fn enable(tx: &mut PartnerTx<'_>, id: WebhookId) -> Result<()> {
    sqlx::query!(
        "update webhooks
         set disabled_at = null, disabled_because = null, failing_since = null, noticed_at = null, reports_since = $3
         where partner_id = $1 and id = $2 and disabled_at is not null",
        tx.scope().partner().0,
        id.0,
        tx.now()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Disables the webhook, and returns whether it was enabled.
pub async fn disable(tx: &mut PartnerTx<'_>, id: WebhookId, because: DisabledBecause) -> Result<bool> {
    let disabled = sqlx::query!(
        "update webhooks set disabled_at = $3, disabled_because = $4
         where partner_id = $1 and id = $2 and disabled_at is null",
        tx.scope().partner().0,
        id.0,
        tx.now(),
        <&str>::from(because)
    )
    .execute(&mut **tx)
    .await?;
    Ok(disabled.rows_affected() > 0)
}

/// Notes that a delivery has succeeded.
pub async fn note_success(tx: &mut PartnerTx<'_>, id: WebhookId) -> Result<()> {
    sqlx::query!(
        "update webhooks set failing_since = null, noticed_at = null
         where partner_id = $1 and id = $2 and failing_since is not null",
        tx.scope().partner().0,
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that a delivery has failed.
pub async fn note_failure(tx: &mut PartnerTx<'_>, id: WebhookId) -> Result<()> {
    sqlx::query!(
        "update webhooks set failing_since = $3
         where partner_id = $1 and id = $2 and failing_since is null and disabled_at is null",
        tx.scope().partner().0,
        id.0,
        tx.now()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A webhook that has failed for long.
#[derive(Clone, Debug)]
pub struct FailingWebhook {
    pub id: WebhookId,
    pub partner: PartnerId,
    pub url: String,
    pub failing_since: DateTime<Utc>,
}

struct FailingRow {
    id: Uuid,
    partner_id: Uuid,
    url: String,
    failing_since: DateTime<Utc>,
}

impl From<FailingRow> for FailingWebhook {
    fn from(row: FailingRow) -> Self {
        let (id, partner) = (WebhookId(row.id), PartnerId(row.partner_id));
        Self { id, partner, url: row.url, failing_since: row.failing_since }
    }
}

/// Marks webhooks that have failed for so long that notice is due, and returns them.
pub async fn take_notices(db: &mut PgConnection, _: SystemScope, now: DateTime<Utc>) -> Result<Vec<FailingWebhook>> {
    let rows = sqlx::query_as!(
        FailingRow,
        r#"update webhooks set noticed_at = $1
           where failing_since <= $2 and noticed_at is null and disabled_at is null
           returning id, partner_id, url, failing_since as "failing_since!""#,
        now,
        now - NOTICE_AFTER
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(FailingWebhook::from).collect())
}

/// The webhooks that have failed for so long that they are to be disabled.
pub async fn overdue(db: &mut PgConnection, _: SystemScope, now: DateTime<Utc>) -> Result<Vec<FailingWebhook>> {
    let rows = sqlx::query_as!(
        FailingRow,
        r#"select id, partner_id, url, failing_since as "failing_since!" from webhooks
           where failing_since <= $1 and disabled_at is null"#,
        now - DISABLED_AFTER
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(FailingWebhook::from).collect())
}

/// Stores a further secret of the webhook.
pub async fn add_secret(
    tx: &mut PartnerTx<'_>,
    webhook: WebhookId,
    id: WebhookSecretId,
    secret: &SealedSecret<'_>,
) -> Result<()> {
    sqlx::query!(
        "insert into webhook_secrets (id, webhook_id, partner_id, sealed_secret, sealed_with, created_at)
         values ($1, $2, $3, $4, $5, $6)",
        id.0,
        webhook.0,
        tx.scope().partner().0,
        secret.bytes,
        secret.key_id,
        tx.now()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Removes a secret of the webhook.
pub async fn remove_secret(tx: &mut PartnerTx<'_>, webhook: WebhookId, id: WebhookSecretId) -> Result<()> {
    sqlx::query!(
        "delete from webhook_secrets where partner_id = $1 and webhook_id = $2 and id = $3",
        tx.scope().partner().0,
        webhook.0,
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The webhook's secrets as they are sealed, the oldest first.
pub async fn sealed_secrets(
    db: &mut PgConnection,
    _: SystemScope,
    webhook: WebhookId,
) -> Result<Vec<(WebhookSecretId, Vec<u8>)>> {
    let rows =
        sqlx::query!("select id, sealed_secret from webhook_secrets where webhook_id = $1 order by id", webhook.0);
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (WebhookSecretId(row.id), row.sealed_secret)).collect())
}
