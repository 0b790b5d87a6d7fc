//! Changes of a connection: what happened is applied to it by the domain, and stored.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::{Row, problem_json};
use crate::auth::PartnerScope;
use crate::domain::connection::{Check, Connection, ConnectionEvent, WriteAccess};
use crate::domain::problem::Problem;
use crate::ids::{ConnectionId, HaloTenant, PartnerId};
use crate::storage::leases::LeasedTx;
use crate::storage::{PartnerTx, Result};

/// Credentials that Halo has just accepted.
pub struct AcceptedCredentials<'a> {
    pub id: ConnectionId,
    pub url: &'a str,
    pub tenant: &'a HaloTenant,
    pub application_client_id: &'a str,
    /// `None` keeps the stored secret.
    pub secret: Option<SealedSecret<'a>>,
    /// Whether the secret is another one than the stored one.
    pub secret_changed: bool,
    pub checks: &'a [Check],
}

pub struct SealedSecret<'a> {
    pub bytes: &'a [u8],
    pub key_id: &'a str,
}

/// Stores the partner's connection, or replaces its details, and returns it as it is now.
pub async fn save(tx: &mut PartnerTx<'_>, accepted: &AcceptedCredentials<'_>) -> Result<Connection> {
    let (partner, now) = (tx.scope().partner(), tx.now());
    let secret = accepted.secret.as_ref();
    if let Some(before) = lock(tx, partner).await? {
        let saved = ConnectionEvent::Saved {
            url: accepted.url.to_owned(),
            tenant: accepted.tenant.clone(),
            application_client_id: accepted.application_client_id.to_owned(),
            secret_changed: accepted.secret_changed,
            checks: accepted.checks.to_vec(),
        };
        let after = before.apply(saved, now);
        if secret.is_some() {
            store_secret(tx, &after, secret).await?;
        } else {
            store(tx, &after).await?;
        }
        return Ok(after);
    }
    sqlx::query_as!(
        Row,
        "insert into connections (id, partner_id, url, tenant, application_client_id, sealed_secret, sealed_with,
                                  credentials_updated_at, state, checks, last_verified_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $9, 'connected', $8, $9, $9)
         returning id, partner_id, url, tenant, application_client_id, credentials_updated_at, state, problem, checks,
                   write_access, writes_suspended_since, last_verified_at, last_synced_at, revision",
        accepted.id.0,
        partner.0,
        accepted.url,
        accepted.tenant.0,
        accepted.application_client_id,
        secret.map(|secret| secret.bytes),
        secret.map(|secret| secret.key_id),
        checks_json(&WriteAccess::Unknown.completed(accepted.checks.to_vec())),
        now
    )
    .fetch_one(&mut **tx)
    .await?
    .try_into()
}

/// Notes what a recheck of the stored connection found.
pub async fn record_check(tx: &mut PartnerTx<'_>, checks: &[Check], problem: Option<&Problem>) -> Result<()> {
    let (partner, now) = (tx.scope().partner(), tx.now());
    let checked = ConnectionEvent::Checked { checks: checks.to_vec(), problem: problem.cloned() };
    apply(tx, partner, checked, now).await
}

/// Notes what a run found out about the connection of this revision: that it works, or what keeps
/// it from working.
pub async fn record_state(
    tx: &mut LeasedTx<'_>,
    problem: Option<&Problem>,
    revision: i32,
    now: DateTime<Utc>,
) -> Result<()> {
    let partner = tx.lease().partner();
    apply(tx, partner, ConnectionEvent::RunReported { problem: problem.cloned(), revision }, now).await
}

/// Notes what Halo's answer to a write under the credentials of this revision showed of the
/// permission to write.
pub async fn record_write_access(
    tx: &mut LeasedTx<'_>,
    access: WriteAccess,
    revision: i32,
    now: DateTime<Utc>,
) -> Result<()> {
    let partner = tx.lease().partner();
    apply(tx, partner, ConnectionEvent::WriteAnswered { access, revision }, now).await
}

/// Suspends writes, because Halo did not keep a subscription's other fields.
pub async fn suspend_writes(tx: &mut LeasedTx<'_>, now: DateTime<Utc>) -> Result<()> {
    let partner = tx.lease().partner();
    apply(tx, partner, ConnectionEvent::WritesSuspended, now).await
}

/// Resumes writes after a user has looked.
pub async fn resume_writes(tx: &mut PartnerTx<'_>) -> Result<()> {
    let (partner, now) = (tx.scope().partner(), tx.now());
    apply(tx, partner, ConnectionEvent::WritesResumed, now).await
}

/// Has the domain decide what the events make of a connection that is locked, and stores it.
pub async fn record(
    tx: &mut LeasedTx<'_>,
    connection: Connection,
    events: impl IntoIterator<Item = ConnectionEvent>,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut connection = connection;
    for event in events {
        connection = connection.apply(event, now);
    }
    store(tx, &connection).await
}

/// What the partner's associations mean for its connection.
#[derive(Clone, Copy, Debug)]
pub struct AssociationTotals {
    /// The instant since which every association has been confirmed.
    pub confirmed_since: Option<DateTime<Utc>>,
    subscriptions: u32,
    hidden: u32,
}

impl AssociationTotals {
    /// The problem of an agent that no longer sees most of the customers: of two or more
    /// subscriptions, more than half are hidden, whichever runs noticed that.
    pub fn problem(&self, now: DateTime<Utc>) -> Option<Problem> {
        Problem::of_hidden_customers(self.hidden, self.subscriptions, now)
    }
}

/// The same as [`lock`], with what the partner's associations mean for the connection.
pub async fn lock_with_totals(tx: &mut LeasedTx<'_>) -> Result<Option<(Connection, AssociationTotals)>> {
    let partner = tx.lease().partner();
    let row = sqlx::query!(
        r#"with held as materialized (
               select id, partner_id, url, tenant, application_client_id, credentials_updated_at, state, problem, checks,
                      write_access, writes_suspended_since, last_verified_at, last_synced_at, revision
               from connections where partner_id = $1 for no key update
           )
           select held.*, total.since, total.rows as "rows!", total.confirmed as "confirmed!",
                  total.subscriptions as "subscriptions!", total.hidden as "hidden!"
           from held
           cross join lateral (
               select min(last_synced_at) as since, count(*) as rows,
                      count(last_synced_at) filter (where state <> 'ending') as confirmed,
                      count(subscription_id) as subscriptions,
                      count(subscription_id) filter (where problem ->> 'code' = 'subscription_not_visible') as hidden
               from associations where partner_id = held.partner_id and state <> 'ended'
           ) total"#,
        partner.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let totals = AssociationTotals {
        confirmed_since: row.since.filter(|_| row.confirmed == row.rows),
        subscriptions: count(row.subscriptions),
        hidden: count(row.hidden),
    };
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
        write_access: row.write_access,
        writes_suspended_since: row.writes_suspended_since,
        last_verified_at: row.last_verified_at,
        last_synced_at: row.last_synced_at,
        revision: row.revision,
    };
    Ok(Some((connection.try_into()?, totals)))
}

/// Notes that the customers of all associations were read.
pub async fn record_customers_read(tx: &mut LeasedTx<'_>, now: DateTime<Utc>) -> Result<()> {
    let partner = tx.lease().partner();
    sqlx::query!("update connections set customers_read_at = $2 where partner_id = $1", partner.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

fn count(rows: i64) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// Notes the identity by which the Halo is known from now on.
pub async fn confirm_tenant(
    db: &mut PgConnection,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    now: DateTime<Utc>,
) -> Result<()> {
    apply(db, scope.partner(), ConnectionEvent::TenantConfirmed { tenant: tenant.clone() }, now).await
}

/// Disconnects and erases the secret. False if there was no connection to disconnect.
pub async fn disconnect(db: &mut PgConnection, scope: &PartnerScope, now: DateTime<Utc>) -> Result<bool> {
    let Some(before) = lock(db, scope.partner()).await?.filter(Connection::is_usable) else { return Ok(false) };
    store_secret(db, &before.apply(ConnectionEvent::Disconnected, now), None).await?;
    Ok(true)
}

/// Has the domain decide what the event makes of the connection, and stores it.
async fn apply(db: &mut PgConnection, partner: PartnerId, event: ConnectionEvent, now: DateTime<Utc>) -> Result<()> {
    match lock(db, partner).await? {
        Some(before) => store(db, &before.apply(event, now)).await,
        None => Ok(()),
    }
}

/// The connection, locked until the transaction ends: a run and a user never change it at the same
/// time.
pub async fn lock(db: &mut PgConnection, partner: PartnerId) -> Result<Option<Connection>> {
    let row = sqlx::query_as!(
        Row,
        "select id, partner_id, url, tenant, application_client_id, credentials_updated_at, state, problem, checks,
                write_access, writes_suspended_since, last_verified_at, last_synced_at, revision
         from connections where partner_id = $1 for no key update",
        partner.0
    )
    .fetch_optional(db)
    .await?;
    row.map(Connection::try_from).transpose()
}

async fn store(db: &mut PgConnection, connection: &Connection) -> Result<()> {
    sqlx::query!(
        "update connections set
             url = $2, tenant = $3, application_client_id = $4, credentials_updated_at = $5, state = $6, problem = $7,
             checks = $8, writes_suspended_since = $9, last_verified_at = $10, last_synced_at = $11, write_access = $12,
             revision = $13
         where partner_id = $1",
        connection.partner.0,
        connection.url,
        connection.tenant.0,
        connection.application_client_id,
        connection.credentials_updated_at,
        connection.state.as_str(),
        problem_json(connection.problem.as_ref()),
        checks_json(&connection.checks),
        connection.writes_suspended_since,
        connection.last_verified_at,
        connection.last_synced_at,
        write_access_json(connection.write_access),
        connection.revision
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Stores the connection with another secret, or with none.
async fn store_secret(db: &mut PgConnection, connection: &Connection, secret: Option<&SealedSecret<'_>>) -> Result<()> {
    sqlx::query!(
        "update connections set
             url = $2, tenant = $3, application_client_id = $4, credentials_updated_at = $5, state = $6, problem = $7,
             checks = $8, last_verified_at = $9, sealed_secret = $10, sealed_with = $11, write_access = $12, revision = $13
         where partner_id = $1",
        connection.partner.0,
        connection.url,
        connection.tenant.0,
        connection.application_client_id,
        connection.credentials_updated_at,
        connection.state.as_str(),
        problem_json(connection.problem.as_ref()),
        checks_json(&connection.checks),
        connection.last_verified_at,
        secret.map(|secret| secret.bytes),
        secret.map(|secret| secret.key_id),
        write_access_json(connection.write_access),
        connection.revision
    )
    .execute(db)
    .await?;
    Ok(())
}

fn checks_json(checks: &[Check]) -> Value {
    serde_json::to_value(checks).expect("checks are plain data")
}

fn write_access_json(access: WriteAccess) -> Value {
    serde_json::to_value(access).expect("it is plain data")
}
