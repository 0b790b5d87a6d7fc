//! Each partner's Halo connection. The secret goes in and out sealed, and is no part of a
//! [`Connection`].

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::leases::LeasedTx;
use super::{PartnerTx, Partners, Result, StorageError};
use crate::auth::PartnerScope;
use crate::domain::connection::{Check, Connection};
use crate::domain::problem::Problem;
use crate::ids::{ConnectionId, HaloTenant, PartnerId};

struct Row {
    id: Uuid,
    partner_id: Uuid,
    url: String,
    tenant: String,
    application_client_id: String,
    credentials_updated_at: DateTime<Utc>,
    state: String,
    problem: Option<Value>,
    checks: Value,
    writes_suspended_since: Option<DateTime<Utc>>,
    last_verified_at: Option<DateTime<Utc>>,
    last_synced_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Connection {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Connection {
            id: ConnectionId(row.id),
            partner: PartnerId(row.partner_id),
            url: row.url,
            tenant: HaloTenant(row.tenant),
            application_client_id: row.application_client_id,
            credentials_updated_at: row.credentials_updated_at,
            state: row.state.parse().map_err(inconsistent("connections", "state", row.id))?,
            problem: read_problem("connections", row.id, row.problem)?,
            checks: serde_json::from_value(row.checks).map_err(inconsistent("connections", "checks", row.id))?,
            writes_suspended_since: row.writes_suspended_since,
            last_verified_at: row.last_verified_at,
            last_synced_at: row.last_synced_at,
        })
    }
}

pub(super) fn read_problem(table: &'static str, row: Uuid, problem: Option<Value>) -> Result<Option<Problem>> {
    problem.map(|problem| serde_json::from_value(problem).map_err(inconsistent(table, "problem", row))).transpose()
}

pub(super) fn problem_json(problem: Option<&Problem>) -> Option<Value> {
    problem.map(|problem| serde_json::to_value(problem).expect("a problem is plain data"))
}

/// The partner's connection; also a disconnected one, of which the history remains.
pub async fn find(db: &mut PgConnection, scope: &PartnerScope) -> Result<Option<Connection>> {
    Ok(find_many(db, scope).await?.pop())
}

/// Whether the partner has a connection to work with.
pub async fn is_usable(db: &mut PgConnection, scope: &PartnerScope) -> Result<bool> {
    Ok(find(db, scope).await?.is_some_and(|connection| connection.is_usable()))
}

/// The connections of these partners, disconnected ones too.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners) -> Result<Vec<Connection>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, partner_id, url, tenant, application_client_id, credentials_updated_at, state, problem, checks,
                writes_suspended_since, last_verified_at, last_synced_at
         from connections where partner_id = any ($1)",
        &partners.ids()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// The partner's connection, and its sealed secret while there is one: of one moment, so that a secret is never taken for
/// that of a URL it was not saved for.
pub async fn find_with_secret(
    db: &mut PgConnection,
    scope: &PartnerScope,
) -> Result<Option<(Connection, Option<Vec<u8>>)>> {
    let row = sqlx::query!(
        "select id, partner_id, url, tenant, application_client_id, credentials_updated_at, state, problem, checks,
                writes_suspended_since, last_verified_at, last_synced_at, sealed_secret
         from connections where partner_id = $1",
        scope.partner().0
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let connection = Row {
        id: row.id,
        partner_id: row.partner_id,
        url: row.url,
        tenant: row.tenant,
        application_client_id: row.application_client_id,
        credentials_updated_at: row.credentials_updated_at,
        state: row.state,
        problem: row.problem,
        checks: row.checks,
        writes_suspended_since: row.writes_suspended_since,
        last_verified_at: row.last_verified_at,
        last_synced_at: row.last_synced_at,
    };
    Ok(Some((Connection::try_from(connection)?, row.sealed_secret)))
}

/// Credentials that Halo has just accepted.
pub struct AcceptedCredentials<'a> {
    pub id: ConnectionId,
    pub url: &'a str,
    pub tenant: &'a HaloTenant,
    pub application_client_id: &'a str,
    /// None: the stored secret stays.
    pub secret: Option<SealedSecret<'a>>,
    pub checks: &'a [Check],
}

pub struct SealedSecret<'a> {
    pub bytes: &'a [u8],
    pub key_id: &'a str,
}

/// Stores the partner's connection, or replaces its details, and gives it as it is now. What was synced before stays true, and writes that are held
/// stay held.
pub async fn save(tx: &mut PartnerTx<'_>, accepted: &AcceptedCredentials<'_>) -> Result<Connection> {
    let (scope, now) = (tx.scope(), tx.now());
    let checks = serde_json::to_value(accepted.checks).expect("checks are plain data");
    sqlx::query_as!(
        Row,
        "insert into connections as c (id, partner_id, url, tenant, application_client_id, sealed_secret, sealed_with,
                                       credentials_updated_at, state, checks, last_verified_at, created_at)
         -- A row without a secret must not even be proposed.
         values ($1, $2, $3, $4, $5, coalesce($6, (select sealed_secret from connections where partner_id = $2)),
                 coalesce($7, (select sealed_with from connections where partner_id = $2)), $9, 'connected', $8, $9, $9)
         on conflict (partner_id) do update set
             url = excluded.url, tenant = excluded.tenant, application_client_id = excluded.application_client_id,
             sealed_secret = excluded.sealed_secret, sealed_with = excluded.sealed_with,
             credentials_updated_at = excluded.credentials_updated_at,
             state = case when c.writes_suspended_since is null then 'connected' else 'needs_attention' end,
             problem = case when c.writes_suspended_since is not null then
                 jsonb_build_object('code', 'fields_overwritten', 'since', c.writes_suspended_since) end,
             checks = excluded.checks,
             last_verified_at = excluded.last_verified_at
         returning id, partner_id, url, tenant, application_client_id, credentials_updated_at, state, problem, checks,
                   writes_suspended_since, last_verified_at, last_synced_at",
        accepted.id.0,
        scope.partner().0,
        accepted.url,
        accepted.tenant.0,
        accepted.application_client_id,
        accepted.secret.as_ref().map(|secret| secret.bytes),
        accepted.secret.as_ref().map(|secret| secret.key_id),
        checks,
        now
    )
    .fetch_one(&mut **tx)
    .await?
    .try_into()
}

/// What a recheck of the stored connection found. Given none, Halo can be talked to; writes that are held stay held.
pub async fn record_check(tx: &mut PartnerTx<'_>, checks: &[Check], problem: Option<&Problem>) -> Result<()> {
    let (scope, now) = (tx.scope(), tx.now());
    let checks = serde_json::to_value(checks).expect("checks are plain data");
    let verified = problem.is_none().then_some(now);
    sqlx::query!(
        "update connections set
             checks = $2, problem = coalesce($3, case when writes_suspended_since is not null then
                 jsonb_build_object('code', 'fields_overwritten', 'since', writes_suspended_since) end),
             last_verified_at = coalesce($4, last_verified_at),
             state = case when $3::jsonb is null and writes_suspended_since is null then 'connected'
                          else 'needs_attention' end
         where partner_id = $1 and state <> 'disconnected'",
        scope.partner().0,
        checks,
        problem_json(problem),
        verified
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a run found out about the connection: that it works, or what keeps it from working.
pub async fn record_state(tx: &mut LeasedTx<'_>, problem: Option<&Problem>) -> Result<()> {
    sqlx::query!(
        "update connections set
             problem = $2, state = case when $2::jsonb is null then 'connected' else 'needs_attention' end
         where partner_id = $1 and state <> 'disconnected'",
        tx.lease().partner().0,
        problem_json(problem)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Halo did not keep a subscription's other fields: nothing more is written until a person has looked.
pub async fn suspend_writes(tx: &mut LeasedTx<'_>, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update connections set writes_suspended_since = coalesce(writes_suspended_since, $2) where partner_id = $1",
        tx.lease().partner().0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A person has looked: writing goes on, no association waits for that any more, and what records were before earlier writes
/// no longer counts.
pub async fn resume_writes(tx: &mut PartnerTx<'_>) -> Result<()> {
    let scope = tx.scope();
    sqlx::query!("update connections set writes_suspended_since = null where partner_id = $1", scope.partner().0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "update associations set pending_write = null where partner_id = $1 and pending_write is not null",
        scope.partner().0
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update associations set
             problem = null,
             state = case when state <> 'needs_attention' then state
                          when subscription_id is null then 'pending' else 'active' end
         where partner_id = $1 and problem ->> 'code' = 'fields_overwritten'",
        scope.partner().0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The Last Sync Date: every association was confirmed in one run. It never goes back.
pub async fn record_synced(tx: &mut LeasedTx<'_>, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update connections set last_synced_at = greatest(last_synced_at, $2) where partner_id = $1",
        tx.lease().partner().0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Erases the secret. Whether there was one to erase.
pub async fn disconnect(db: &mut PgConnection, scope: &PartnerScope) -> Result<bool> {
    let done = sqlx::query!(
        "update connections set state = 'disconnected', sealed_secret = null, sealed_with = null, problem = null
         where partner_id = $1 and state <> 'disconnected'",
        scope.partner().0
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() > 0)
}
