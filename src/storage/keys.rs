//! What changing the sealing key reads and writes: the stored secrets, whole and sealed, and the
//! canary.

use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::SealedSecret;
use super::{PartnerTx, Result};
use crate::auth::SystemScope;
use crate::ids::{ConnectionId, PartnerId, WebhookSecretId};

/// What has stored secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    Connections,
    Webhooks,
}

/// A stored secret that is not sealed with the active key, to be re-encrypted.
pub struct OutdatedSecret {
    pub place: SecretPlace,
    pub partner: PartnerId,
    pub sealed_secret: Vec<u8>,
    pub key_id: String,
}

/// Where a secret is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    Connection { id: ConnectionId, url: String },
    Webhook(WebhookSecretId),
}

impl SecretPlace {
    pub fn id(&self) -> Uuid {
        match self {
            SecretPlace::Connection { id, .. } => id.0,
            SecretPlace::Webhook(id) => id.0,
        }
    }
}

/// Up to `batch` secrets sealed with another key than `active`, from `after` on.
pub async fn outdated_secrets(
    db: &mut PgConnection,
    _: SystemScope,
    holder: Holder,
    active: &str,
    after: Option<Uuid>,
    batch: i64,
) -> Result<Vec<OutdatedSecret>> {
    let outdated = |place, partner, sealed_secret, key_id| OutdatedSecret {
        place,
        partner: PartnerId(partner),
        sealed_secret,
        key_id,
    };
    Ok(match holder {
        Holder::Connections => {
            let rows = sqlx::query!(
                r#"select id, partner_id, url, sealed_secret as "sealed_secret!", sealed_with as "sealed_with!" from connections
           where sealed_with <> $1 and ($2::uuid is null or id > $2) order by id limit $3"#,
                active,
                after,
                batch
            );
            let rows = rows.fetch_all(db).await?.into_iter().map(|row| {
                let place = SecretPlace::Connection { id: ConnectionId(row.id), url: row.url };
                outdated(place, row.partner_id, row.sealed_secret, row.sealed_with)
            });
            rows.collect()
        }
        Holder::Webhooks => {
            let rows = sqlx::query!(
                "select id, partner_id, sealed_secret, sealed_with from webhook_secrets
         where sealed_with <> $1 and ($2::uuid is null or id > $2) order by id limit $3",
                active,
                after,
                batch
            );
            let rows = rows.fetch_all(db).await?.into_iter().map(|row| {
                let place = SecretPlace::Webhook(WebhookSecretId(row.id));
                outdated(place, row.partner_id, row.sealed_secret, row.sealed_with)
            });
            rows.collect()
        }
    })
}

/// Replaces a sealed secret by the same secret under another key, unless it was replaced meanwhile.
pub async fn reseal(
    tx: &mut PartnerTx<'_>,
    place: &SecretPlace,
    before: &[u8],
    after: &SealedSecret<'_>,
) -> Result<bool> {
    let done =
        match place {
            SecretPlace::Connection { id, .. } => {
                sqlx::query!(
                    "update connections set sealed_secret = $3, sealed_with = $4 where id = $1 and sealed_secret = $2",
                    id.0,
                    before,
                    after.bytes,
                    after.key_id
                )
                .execute(&mut **tx)
                .await?
            }
            SecretPlace::Webhook(id) => sqlx::query!(
                "update webhook_secrets set sealed_secret = $3, sealed_with = $4 where id = $1 and sealed_secret = $2",
                id.0,
                before,
                after.bytes,
                after.key_id
            )
            .execute(&mut **tx)
            .await?,
        };
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
