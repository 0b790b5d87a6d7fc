//! Each partner's Halo connection. The secret goes in and out sealed, and is no part of a
//! [`Connection`].

mod changes;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

pub use changes::{
    AcceptedCredentials, SealedSecret, confirm_tenant, disconnect, lock, lock_with_totals, record, record_check,
    record_customers_read, record_state, record_write_access, resume_writes, save, suspend_writes,
};

use super::error::inconsistent;
use super::{Partners, Result, StorageError};
use crate::auth::PartnerScope;
use crate::domain::connection::Connection;
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
    pub connection: Option<Stored>,
}

/// A connection with what only its use needs.
#[derive(Debug)]
pub struct Stored {
    pub connection: Connection,
    /// A disconnected connection has none.
    pub sealed_secret: Option<Vec<u8>>,
    /// When the customers of all associations were last read.
    pub customers_read_at: Option<DateTime<Utc>>,
    /// When everything was last compared, or a nightly sync last tried to.
    pub reconciled_at: Option<DateTime<Utc>>,
}

/// The partner's state and its connection with the sealed secret. `None` if there is no such
/// partner.
pub async fn load(db: &mut PgConnection, scope: &PartnerScope) -> Result<Option<StoredConnection>> {
    let row = sqlx::query!(
        r#"select p.state as partner_state, c.id as "id?", c.partner_id as "partner_id?", c.url as "url?",
                  c.tenant as "tenant?", c.application_client_id as "application_client_id?",
                  c.credentials_updated_at as "credentials_updated_at?", c.state as "state?", c.problem,
                  c.checks as "checks?", c.write_access as "write_access?",
                  c.writes_suspended_since, c.last_verified_at, c.last_synced_at, c.revision as "revision?", c.sealed_secret,
                  c.customers_read_at, c.reconciled_at
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
    let connection = Stored {
        connection: Connection::try_from(connection)?,
        sealed_secret: row.sealed_secret,
        customers_read_at: row.customers_read_at,
        reconciled_at: row.reconciled_at,
    };
    Ok(Some(StoredConnection { partner_state, connection: Some(connection) }))
}
