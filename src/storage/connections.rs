//! Each partner's Halo connection. The secret goes in and out sealed, and is no part of a
//! [`Connection`].

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::inconsistent;
use super::leases::LeasedTx;
use super::{PartnerTx, Partners, Result, StorageError};
use crate::auth::PartnerScope;
use crate::domain::connection::{Check, Connection, ConnectionEvent, WriteAccess};
use crate::domain::problem::Problem;
use crate::domain::roster::RosterState;
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
    write_access: Value,
    writes_suspended_since: Option<DateTime<Utc>>,
    last_verified_at: Option<DateTime<Utc>>,
    last_synced_at: Option<DateTime<Utc>>,
    revision: i32,
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
            write_access: serde_json::from_value(row.write_access).map_err(inconsistent(
                "connections",
                "write_access",
                row.id,
            ))?,
            writes_suspended_since: row.writes_suspended_since,
            last_verified_at: row.last_verified_at,
            last_synced_at: row.last_synced_at,
            revision: row.revision,
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

/// The revision that the partner's connection has now; `None` if there is no connection.
pub async fn revision(db: &mut PgConnection, scope: &PartnerScope) -> Result<Option<i32>> {
    let revision = sqlx::query_scalar!("select revision from connections where partner_id = $1", scope.partner().0);
    Ok(revision.fetch_optional(db).await?)
}

/// The connections of these partners, disconnected ones too.
pub async fn find_many(db: &mut PgConnection, partners: impl Partners) -> Result<Vec<Connection>> {
    let rows = sqlx::query_as!(
        Row,
        "select id, partner_id, url, tenant, application_client_id, credentials_updated_at, state, problem, checks,
                write_access, writes_suspended_since, last_verified_at, last_synced_at, revision
         from connections where partner_id = any ($1)",
        &partners.ids()
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Connection::try_from).collect()
}

/// What a call to Halo for a partner needs, from one snapshot, so that a secret is never taken for
/// that of a URL for which it was not saved.
#[derive(Debug)]
pub struct StoredConnection {
    pub partner_state: RosterState,
    /// A disconnected connection has no secret.
    pub connection: Option<(Connection, Option<Vec<u8>>)>,
}

/// The partner's state and its connection with the sealed secret. `None` if there is no such
/// partner.
pub async fn load(db: &mut PgConnection, scope: &PartnerScope) -> Result<Option<StoredConnection>> {
    let row = sqlx::query!(
        r#"select p.state as partner_state, c.id as "id?", c.partner_id as "partner_id?", c.url as "url?",
                  c.tenant as "tenant?", c.application_client_id as "application_client_id?",
                  c.credentials_updated_at as "credentials_updated_at?", c.state as "state?", c.problem,
                  c.checks as "checks?", c.write_access as "write_access?",
                  c.writes_suspended_since, c.last_verified_at, c.last_synced_at, c.revision as "revision?", c.sealed_secret
           from partners p left join connections c on c.partner_id = p.id
           where p.id = $1"#,
        scope.partner().0
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let partner_state = row.partner_state.parse().map_err(inconsistent("partners", "state", scope.partner().0))?;
    let (Some(id), Some(partner_id), Some(url), Some(tenant)) = (row.id, row.partner_id, row.url, row.tenant) else {
        return Ok(Some(StoredConnection { partner_state, connection: None }));
    };
    let (Some(application_client_id), Some(credentials_updated_at), Some(state), Some(checks)) =
        (row.application_client_id, row.credentials_updated_at, row.state, row.checks)
    else {
        return Ok(Some(StoredConnection { partner_state, connection: None }));
    };
    let (Some(write_access), Some(revision)) = (row.write_access, row.revision) else {
        return Ok(Some(StoredConnection { partner_state, connection: None }));
    };
    let connection = Row {
        id,
        partner_id,
        url,
        tenant,
        application_client_id,
        credentials_updated_at,
        state,
        problem: row.problem,
        checks,
        write_access,
        writes_suspended_since: row.writes_suspended_since,
        last_verified_at: row.last_verified_at,
        last_synced_at: row.last_synced_at,
        revision,
    };
    let connection = Some((Connection::try_from(connection)?, row.sealed_secret));
    Ok(Some(StoredConnection { partner_state, connection }))
}

/// Credentials that Halo has just accepted.
pub struct AcceptedCredentials<'a> {
    pub id: ConnectionId,
    pub url: &'a str,
    pub tenant: &'a HaloTenant,
    pub application_client_id: &'a str,
    /// None: the stored secret stays.
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

/// Resumes writes after a person has looked.
pub async fn resume_writes(tx: &mut PartnerTx<'_>) -> Result<()> {
    let (partner, now) = (tx.scope().partner(), tx.now());
    apply(tx, partner, ConnectionEvent::WritesResumed, now).await
}

/// Moves the Last Sync Date to the instant since which every association has been confirmed.
pub async fn record_confirmed(tx: &mut LeasedTx<'_>, now: DateTime<Utc>) -> Result<()> {
    let partner = tx.lease().partner();
    let row = sqlx::query!(
        r#"select min(last_synced_at) as since, count(*) as "all!",
                  count(last_synced_at) filter (where state <> 'ending') as "confirmed!"
           from associations where partner_id = $1 and state <> 'ended'"#,
        partner.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let since = row.since.filter(|_| row.confirmed == row.all);
    apply(tx, partner, ConnectionEvent::Confirmed { since }, now).await
}

/// Whether the customers of all associations are to be read again: they were not within `interval`.
pub async fn customers_are_due(
    db: &mut PgConnection,
    scope: &PartnerScope,
    interval: TimeDelta,
    now: DateTime<Utc>,
) -> Result<bool> {
    let due = sqlx::query_scalar!(
        r#"select customers_read_at is null or customers_read_at <= $2 as "due!" from connections where partner_id = $1"#,
        scope.partner().0,
        now - interval
    )
    .fetch_optional(db)
    .await?;
    Ok(due.unwrap_or(false))
}

/// Notes that the customers of all associations were read.
pub async fn record_customers_read(tx: &mut LeasedTx<'_>, now: DateTime<Utc>) -> Result<()> {
    let partner = tx.lease().partner();
    sqlx::query!("update connections set customers_read_at = $2 where partner_id = $1", partner.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The problem of an agent that no longer sees most of the customers: of two or more subscriptions,
/// more than half are hidden, whichever runs noticed that.
pub async fn hidden_customers(tx: &mut LeasedTx<'_>, now: DateTime<Utc>) -> Result<Option<Problem>> {
    let partner = tx.lease().partner();
    let row = sqlx::query!(
        r#"select count(*) as "total!", count(*) filter (where problem ->> 'code' = 'subscription_not_visible') as "hidden!"
           from associations where partner_id = $1 and state <> 'ended' and subscription_id is not null"#,
        partner.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Problem::of_hidden_customers(count(row.hidden), count(row.total), now))
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
async fn lock(db: &mut PgConnection, partner: PartnerId) -> Result<Option<Connection>> {
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
