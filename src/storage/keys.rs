//! What changing the sealing key reads and writes: the stored secrets, whole and sealed, and the
//! canary.

use sqlx::PgConnection;

use super::connections::SealedSecret;
use super::{PartnerTx, Result};
use crate::auth::SystemScope;
use crate::ids::{ConnectionId, PartnerId, WebhookSecretId};

/// A stored secret that is not sealed with the active key, to be re-encrypted.
pub struct OutdatedSecret {
    pub id: ConnectionId,
    pub partner: PartnerId,
    pub url: String,
    pub sealed_secret: Vec<u8>,
    pub key_id: String,
}

/// Up to `batch` secrets sealed with another key than `active`, from `after` on.
pub async fn outdated_secrets(
    db: &mut PgConnection,
    _: SystemScope,
    active: &str,
    after: Option<ConnectionId>,
    batch: i64,
) -> Result<Vec<OutdatedSecret>> {
    let rows = sqlx::query!(
        r#"select id, partner_id, url, sealed_secret as "sealed_secret!", sealed_with as "sealed_with!" from connections
           where sealed_with <> $1 and ($2::uuid is null or id > $2) order by id limit $3"#,
        active,
        after.map(|id| id.0),
        batch
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OutdatedSecret {
            id: ConnectionId(row.id),
            partner: PartnerId(row.partner_id),
            url: row.url,
            sealed_secret: row.sealed_secret,
            key_id: row.sealed_with,
        })
        .collect())
}

/// Replaces a sealed secret by the same secret under another key, unless it was replaced meanwhile.
pub async fn reseal(tx: &mut PartnerTx<'_>, id: ConnectionId, before: &[u8], after: &SealedSecret<'_>) -> Result<bool> {
    let done = sqlx::query!(
        "update connections set sealed_secret = $3, sealed_with = $4 where id = $1 and sealed_secret = $2",
        id.0,
        before,
        after.bytes,
        after.key_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A webhook's secret that is not sealed with the active key.
pub struct OutdatedWebhookSecret {
    pub id: WebhookSecretId,
    pub partner: PartnerId,
    pub sealed_secret: Vec<u8>,
    pub key_id: String,
}

/// Up to `batch` secrets of webhooks sealed with another key than `active`, from `after` on.
pub async fn outdated_webhook_secrets(
    db: &mut PgConnection,
    _: SystemScope,
    active: &str,
    after: Option<WebhookSecretId>,
    batch: i64,
) -> Result<Vec<OutdatedWebhookSecret>> {
    let rows = sqlx::query!(
        "select id, partner_id, sealed_secret, sealed_with from webhook_secrets
         where sealed_with <> $1 and ($2::uuid is null or id > $2) order by id limit $3",
        active,
        after.map(|id| id.0),
        batch
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OutdatedWebhookSecret {
            id: WebhookSecretId(row.id),
            partner: PartnerId(row.partner_id),
            sealed_secret: row.sealed_secret,
            key_id: row.sealed_with,
        })
        .collect())
}

/// The same as [`reseal`], for a secret of a webhook.
pub async fn reseal_webhook_secret(
    tx: &mut PartnerTx<'_>,
    id: WebhookSecretId,
    before: &[u8],
    after: &SealedSecret<'_>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update webhook_secrets set sealed_secret = $3, sealed_with = $4 where id = $1 and sealed_secret = $2",
        id.0,
        before,
        after.bytes,
        after.key_id
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// How many secrets are sealed with each key.
pub async fn keys_in_use(db: &mut PgConnection, _: SystemScope) -> Result<Vec<(String, i64)>> {
    let rows = sqlx::query!(
        r#"select sealed_with as "key!", count(*) as "count!"
           from (select sealed_with from connections where sealed_with is not null
                 union all select sealed_with from webhook_secrets) s
           group by sealed_with order by sealed_with"#
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, row.count)).collect())
}

/// The value that says whether the keyring is the one this database was sealed with.
pub async fn canary(db: &mut PgConnection) -> Result<Option<Vec<u8>>> {
    Ok(sqlx::query_scalar!("select sealed from canary").fetch_optional(db).await?)
}

pub async fn store_canary(db: &mut PgConnection, sealed: &[u8]) -> Result<()> {
    sqlx::query!(
        "insert into canary (sealed) values ($1) on conflict (only_one) do update set sealed = excluded.sealed",
        sealed
    )
    .execute(db)
    .await?;
    Ok(())
}
