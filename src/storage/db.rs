//! The pool, and the opener that begins a transaction and says whose rows it may see.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _, PgConnection, SqlSafeStr, SqlStr, Transaction};

use super::Result;
use crate::auth::{PartnerScope, SystemScope};

/// How long a request waits for a connection before it gives up.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The listener for changes of runs, and the check whether notifications arrive.
const LISTENERS: u32 = 2;
/// Ends the session of a process that is frozen, or cut off, in the middle of a transaction: its
/// locks would block the partner for hours. No transaction waits for anything but the database.
const IDLE_IN_TRANSACTION: &str = "; set local idle_in_transaction_session_timeout = '30s'";
/// Has the plans of prepared statements made once. Postgres would plan a list again for each
/// request, because its optional filters make that look cheaper, and half of its time went into
/// planning.
/// Such a plan is for any partner and looks expensive, but it is never compiled: that takes a tenth
/// of a second, and a page a thousandth.
const PREPARED_PLANS: &str = "; set local plan_cache_mode = force_generic_plan; set local jit = off";

pub type Tx = Transaction<'static, Postgres>;

/// A transaction that cannot write. Dropping it ends it.
#[derive(Debug)]
pub struct Reader(Tx);

impl Deref for Reader {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}

/// Whose rows a transaction may see.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    Partner(&'a PartnerScope),
    System(SystemScope),
}

impl Scope<'_> {
    /// The text that row-level security compares: a uuid, or one of the few names.
    pub(super) fn setting(self) -> String {
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
    /// The pool for notifications: the same one, unless that leads through a pooler which loses
    /// them.
    listening: PgPool,
}

/// Begins a transaction on a connection that is alive. The pool does not test connections, which
/// would be one more message each time: where the beginning fails, nothing has happened yet, and
/// the next connection is tried. One that is lost leaves the pool.
async fn begin_on_live(pool: PgPool, statement: SqlStr) -> sqlx::Result<Tx> {
    for _ in 0..pool.options().get_max_connections() {
        let connection = pool.acquire().await?;
        if let Ok(tx) = Transaction::begin(connection, Some(statement.clone())).await {
            return Ok(tx);
        }
    }
    pool.begin_with(statement).await
}

/// Reads the address of a database.
///
/// # Errors
/// It is no address. The error repeats it, with its password.
pub fn connect_options(url: &SecretString) -> sqlx::Result<PgConnectOptions> {
    let options = url.expose_secret().parse::<PgConnectOptions>()?;
    // Statements are not logged: their arguments may be sealed secrets or people's addresses. The
    // digits of floats are Postgres' default, and a start parameter that PgBouncer refuses.
    Ok(options.disable_statement_logging().extra_float_digits(None))
}

impl Db {
    /// A pool of at most `size` connections. `url` names the application's role, which owns
    /// nothing.
    pub async fn connect(url: &SecretString, size: u32) -> Result<Self> {
        let options = connect_options(url)?;
        let pool = PgPoolOptions::new().max_connections(size).acquire_timeout(ACQUIRE_TIMEOUT);
        let pool = pool.test_before_acquire(false).connect_with(options).await?;
        Ok(Self { listening: pool.clone(), pool })
    }

    /// Listens for notifications at another address of the same database. It is connected to when
    /// the first listener asks.
    pub fn listening_at(self, url: &SecretString) -> Result<Self> {
        let listening = PgPoolOptions::new().max_connections(LISTENERS).acquire_timeout(ACQUIRE_TIMEOUT);
        Ok(Self { listening: listening.connect_lazy_with(connect_options(url)?), ..self })
    }

    /// The pool on whose connections notifications arrive.
    pub(super) fn listening(&self) -> &PgPool {
        &self.listening
    }

    /// The bare pool, for what belongs to no partner: the queue, and Halo's request budgets. Rows
    /// of partners it does not show.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A transaction that reads the rows of `scope`.
    pub async fn read(&self, scope: impl Into<Scope<'_>>) -> Result<Reader> {
        Ok(Reader(self.open("begin read only", PREPARED_PLANS, scope.into()).await?))
    }

    /// A transaction on the rows of `scope`. For `ops/`.
    pub async fn begin(&self, scope: impl Into<Scope<'_>>) -> Result<Tx> {
        self.open("begin", "", scope.into()).await
    }

    /// The same for a run, whose few statements are planned once.
    pub async fn begin_of_run(&self, scope: impl Into<Scope<'_>>) -> Result<Tx> {
        self.open("begin", PREPARED_PLANS, scope.into()).await
    }

    /// The same for what a run may lose if Postgres crashes, because its next transaction would
    /// notice. The commit does not wait until it is on the disk; the next one that waits, of any
    /// process, keeps it as well.
    pub async fn begin_unflushed(&self, scope: impl Into<Scope<'_>>) -> Result<Tx> {
        let settings = format!("{PREPARED_PLANS}; set local synchronous_commit = off");
        self.open("begin", &settings, scope.into()).await
    }

    /// Begins a transaction and sets its scope, in one message to Postgres. What is set ends with
    /// the transaction: neither the pool nor a pooler between it and Postgres passes it on.
    async fn open(&self, begin: &str, more: &str, scope: Scope<'_>) -> Result<Tx> {
        let setting = scope.setting();
        // Nothing in it has to be quoted: it is a uuid or a name out of a closed set.
        debug_assert!(setting.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')), "{setting}");
        let statement = format!("{begin}; set local infima.scope = '{setting}'{IDLE_IN_TRANSACTION}{more}");
        // In a task of its own, which runs to its end: sqlx does not roll back a beginning that is
        // dropped on its way, and the connection would return to the pool with the scope.
        let begun = tokio::spawn(begin_on_live(self.pool.clone(), AssertSqlSafe(statement).into_sql_str()));
        Ok(begun.await.map_err(|_| sqlx::Error::WorkerCrashed)??)
    }

    /// A connection for a single statement that belongs to no partner.
    pub async fn acquire(&self) -> Result<PoolConnection<Postgres>> {
        loop {
            let mut connection = self.pool.acquire().await?;
            if connection.ping().await.is_ok() {
                return Ok(connection);
            }
        }
    }

    /// The same, with the time by Postgres' clock, which all processes share.
    pub async fn begin_dated(&self, scope: impl Into<Scope<'_>>) -> Result<(Tx, DateTime<Utc>)> {
        let mut tx = self.begin(scope).await?;
        let now = sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(&mut *tx).await?;
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
        .fetch_one(&mut *self.acquire().await?)
        .await?;
        Ok(enforced)
    }
}
