//! What can go wrong with the database, by what it means for the caller.

use std::fmt::Display;

use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("the database did not answer as expected")]
    Database(#[from] sqlx::Error),
    #[error("the migrations could not be applied")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Code and data disagree: a fault of ours, with the place to look at.
    #[error("{table}.{column} of row {row} makes no sense: {why}")]
    Inconsistent { table: &'static str, column: &'static str, row: Uuid, why: String },
    /// Another worker has taken the run over. The caller writes nothing more.
    #[error("the lease on the run has ended")]
    LeaseLost,
}

impl StorageError {
    /// Whether this is the unique index of that name speaking.
    pub fn violates(&self, constraint: &str) -> bool {
        match self {
            StorageError::Database(sqlx::Error::Database(error)) => error.constraint() == Some(constraint),
            _ => false,
        }
    }

    /// Whether the database could not be spoken to, or broke off: it may answer again in a moment.
    pub fn is_out_of_reach(&self) -> bool {
        matches!(self, StorageError::Database(error) if is_out_of_reach(error))
    }

    /// Whether a text in the input holds what Postgres cannot store: the character NUL.
    pub fn is_about_unstorable_text(&self) -> bool {
        match self {
            StorageError::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("22021" | "22P05"))
            }
            _ => false,
        }
    }
}

/// The same of a bare error, such as beginning and committing give.
pub fn is_out_of_reach(error: &sqlx::Error) -> bool {
    /// Postgres is shutting down, has crashed, is starting up, or has no free connections.
    const AWAY: [&str; 4] = ["57P01", "57P02", "57P03", "53300"];
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(said) => said.code().is_some_and(|code| AWAY.contains(&&*code)),
        _ => false,
    }
}

/// Names the place when a stored value cannot be read.
pub(super) fn inconsistent<E: Display>(
    table: &'static str,
    column: &'static str,
    row: Uuid,
) -> impl FnOnce(E) -> StorageError {
    move |why| StorageError::Inconsistent { table, column, row, why: why.to_string() }
}
