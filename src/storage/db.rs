//! The pool, and the one opener that says on a connection whose rows it came for.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};
use sqlx::{ConnectOptions, Executor, Transaction};

use super::Result;
use crate::auth::{PartnerScope, SystemScope};

/// How long a request waits for a connection before it gives up.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Ends the session of a process that is frozen, or cut off, in the middle of a transaction: its
/// locks would block the partner for hours. No transaction waits for anything but the database.
const IDLE_IN_TRANSACTION: &str = "set idle_in_transaction_session_timeout = '30s'";

pub type Tx = Transaction<'static, Postgres>;
/// A pooled connection, opened for one scope and closed to everything when it goes back.
pub type Reader = sqlx::pool::PoolConnection<Postgres>;

/// Whose rows a connection may see.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    Partner(&'a PartnerScope),
    System(SystemScope),
}

impl Scope<'_> {
    fn setting(self) -> String {
        match self {
            Scope::Partner(scope) => scope.setting(),
            Scope::System(scope) => scope.name().to_owned(),
        }
    }
}

impl<'a> From<&'a PartnerScope> for Scope<'a> {
    fn from(scope: &'a PartnerScope) -> Self {
        Scope::Partner(scope)
    }
}

impl From<SystemScope> for Scope<'_> {
    fn from(scope: SystemScope) -> Self {
        Scope::System(scope)
    }
}

#[derive(Clone, Debug)]
pub struct Db {
    pool: PgPool,
}

impl Db {
    /// A pool of at most `size` connections. `url` names the application's role, which owns
    /// nothing.
    pub async fn connect(url: &SecretString, size: u32) -> Result<Self> {
        // Statements are not logged: their arguments may be sealed secrets or people's addresses.
        let options = url.expose_secret().parse::<PgConnectOptions>()?.disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(size)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(IDLE_IN_TRANSACTION).await?;
                    Ok(())
                })
            })
            .after_release(|connection, _| {
                Box::pin(async move {
                    connection.execute("select set_config('infima.scope', '', false)").await?;
                    Ok(true)
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// The bare pool, for what belongs to no partner: the queue, and Halo's request budgets. Rows
    /// of partners it does not show.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection that sees the rows of `scope` until it is dropped.
    pub async fn read(&self, scope: impl Into<Scope<'_>>) -> Result<Reader> {
        let setting = scope.into().setting();
        let mut connection = self.pool.acquire().await?;
        sqlx::query!("select set_config('infima.scope', $1, false)", setting).fetch_one(&mut *connection).await?;
        Ok(connection)
    }

    /// A transaction on the rows of `scope`. For `ops/`.
    pub async fn begin(&self, scope: impl Into<Scope<'_>>) -> Result<Tx> {
        let setting = scope.into().setting();
        let mut tx = self.pool.begin().await?;
        sqlx::query!("select set_config('infima.scope', $1, true)", setting).fetch_one(&mut *tx).await?;
        Ok(tx)
    }

    /// The same, with the time by Postgres' clock, which all processes share.
    pub async fn begin_dated(&self, scope: impl Into<Scope<'_>>) -> Result<(Tx, DateTime<Utc>)> {
        let setting = scope.into().setting();
        let mut tx = self.pool.begin().await?;
        let row = sqlx::query!(r#"select set_config('infima.scope', $1, true), now() as "now!""#, setting);
        let now = row.fetch_one(&mut *tx).await?.now;
        Ok((tx, now))
    }

    /// Whether row-level security holds for the role we connect as, in every table of partners: not
    /// for a superuser nor for a table's owner, and not for a role that is a member of one, since
    /// it is taken for the owner or may become it.
    pub async fn rls_is_enforced(&self) -> Result<bool> {
        let enforced = sqlx::query_scalar!(
            r#"select coalesce(bool_and(row_security_active(c.oid) and not pg_has_role(c.relowner, 'member')), false)
                      and not exists (select from pg_roles r
                                      where (r.rolsuper or r.rolbypassrls) and pg_has_role(r.oid, 'member'))
                      as "enforced!"
               from pg_class c
               where c.relkind in ('r', 'p')
                 and c.relnamespace = (select relnamespace from pg_class where oid = to_regclass('partners'))
                 and (c.oid = to_regclass('partners')
                      or exists (select from pg_attribute a
                                 where a.attrelid = c.oid and a.attname = 'partner_id' and not a.attisdropped))"#
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(enforced)
    }
}
