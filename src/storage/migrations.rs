//! Our migrations: applying them, and comparing them with what a database has.

use std::collections::BTreeSet;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres};

use super::Result;

/// The interval in which a process asks whether another one still migrates.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How a database's schema compares with what this program expects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemaState {
    /// The migrations of this program: version, description, and whether it is applied.
    pub migrations: Vec<(i64, String, bool)>,
    /// Applied versions that this program does not know: a newer release has migrated the database.
    pub unknown: Vec<i64>,
}

impl SchemaState {
    /// How many migrations of this program are not applied. A schema with more than they know is
    /// none of them: the release before it works on it.
    pub fn pending(&self) -> usize {
        self.migrations.iter().filter(|(_, _, applied)| !applied).count()
    }
}

/// Waits for other processes that migrate this database, and keeps others waiting until the
/// connection is closed: two that grant the same at once fail.
pub async fn lock(owner: &PgPool) -> Result<PoolConnection<Postgres>> {
    let mut connection = owner.acquire().await?;
    let lock = "select pg_try_advisory_lock(hashtext('infima-halo migrate'))";
    // A statement that waits for the lock would keep an index from being built concurrently, by the
    // process that has it.
    while !sqlx::query_scalar::<_, bool>(lock).fetch_one(&mut *connection).await? {
        tokio::time::sleep(LOCK_INTERVAL).await;
    }
    Ok(connection)
}

/// Applies the migrations, as the owner of the database.
pub async fn migrate(owner: &PgPool) -> Result<()> {
    MIGRATIONS.run(owner).await?;
    Ok(())
}

/// Compares the database's schema with the migrations of this program.
pub async fn schema_state(db: &mut PgConnection) -> Result<SchemaState> {
    let recorded = sqlx::query_scalar!(r#"select to_regclass('_sqlx_migrations') is not null as "recorded!""#);
    let applied: BTreeSet<i64> = if recorded.fetch_one(&mut *db).await? {
        // Not checked while compiling: the table is made by the first migration's run.
        sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(db)
            .await?
            .into_iter()
            .collect()
    } else {
        BTreeSet::new()
    };
    let ours = MIGRATIONS.iter().filter(|migration| migration.migration_type.is_up_migration());
    let migrations = ours
        .map(|migration| (migration.version, migration.description.to_string(), applied.contains(&migration.version)))
        .collect();
    let unknown = applied.into_iter().filter(|version| !MIGRATIONS.version_exists(*version)).collect();
    Ok(SchemaState { migrations, unknown })
}
