//! The errors of a failed start.

use sqlx::migrate::MigrateError;

use crate::http::ManifestError;
use crate::net::{CannotBuildClient, NotHostAndPort};
use crate::ops::OpError;
use crate::queue;
use crate::seal::KeyringError;
use crate::storage::{self, StorageError};

/// The reason why the process cannot start, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("INFIMA_KEYS cannot be used: {0}")]
    Keys(#[from] KeyringError),
    #[error(
        "INFIMA_KEYS holds the published development key, which protects nothing. Generate one: openssl rand -base64 32"
    )]
    DevelopmentKey,
    #[error(
        "DATABASE_URL names a role that row-level security does not apply to, such as the owner of the tables or a member of it. Use infima_app"
    )]
    RlsNotEnforced,
    #[error("INFIMA_KEYS is not the keyring this database was sealed with: {0}")]
    WrongKeys(#[source] OpError),
    #[error("INFIMA_HALO_DEVELOPMENT_ADDRESSES: {0}")]
    DevelopmentAddresses(#[from] NotHostAndPort),
    #[cfg(feature = "dev")]
    #[error("INFIMA_FAILPOINTS: {0}")]
    Failpoints(String),
    #[error(transparent)]
    Http(#[from] CannotBuildClient),
    // The parser's message is left out: it repeats the address, with the password.
    #[error("{0} is not an address of the form postgres://role:password@host:port/database")]
    DatabaseAddress(&'static str),
    #[error(
        "DATABASE_URL leads through a pooler in transaction mode that loses prepared statements: use PgBouncer 1.21 or newer with max_prepared_statements, or session mode, or connect directly"
    )]
    StatementsLost,
    #[error(
        "notifications do not arrive at {0}: it leads through a pooler in transaction mode, or to another database. Give the direct address of the database that DATABASE_URL names, in LISTEN_DATABASE_URL"
    )]
    NotificationsLost(&'static str),
    #[error("{0} leads through a pooler in transaction mode, and migrations lock a session: connect directly")]
    MigrateThroughPooler(&'static str),
    #[error("Postgres at {at} ({variable}) {why}")]
    NoDatabase { at: String, variable: &'static str, why: String },
    #[error("the role in {0} may not change the tables: give `migrate` the database's owner, in MIGRATE_DATABASE_URL")]
    NotTheOwner(&'static str),
    #[error("the database has no tables of ours yet: run `infima-halo migrate` first")]
    NotMigrated,
    #[error("the database lacks {0} migrations of this release: run `infima-halo migrate` first")]
    Outdated(usize),
    #[error(
        "the database has been migrated by a newer release (migration {0} is not known here): run `migrate` of that release"
    )]
    Newer(i64),
    #[error("Postgres at DATABASE_URL: {0}")]
    Database(#[source] StorageError),
    #[error("the queue's tables: {0}")]
    QueueTables(#[from] queue::SetUpError),
    #[error("frontend-contract/persisted-documents.json: {0}")]
    Contract(#[from] ManifestError),
}

impl From<StorageError> for StartError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Database(error) => error.into(),
            StorageError::Migration(MigrateError::VersionMissing(version)) => StartError::Newer(version),
            error => StartError::Database(error),
        }
    }
}

impl From<sqlx::Error> for StartError {
    fn from(error: sqlx::Error) -> Self {
        if storage::is_table_missing(&error) {
            return StartError::NotMigrated;
        }
        if storage::has_lost_a_statement(&error) {
            return StartError::StatementsLost;
        }
        StartError::Database(error.into())
    }
}
