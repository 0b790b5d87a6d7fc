//! What can go wrong with the database, by what it means for the caller.

use std::error::Error;
use std::fmt::Display;
use std::iter;

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
            StorageError::Database(error) => {
                has_state(error, &[sqlstate::CHARACTER_NOT_IN_REPERTOIRE, sqlstate::UNTRANSLATABLE_CHARACTER])
            }
            StorageError::Migration(_) | StorageError::Inconsistent { .. } | StorageError::LeaseLost => false,
        }
    }
}

/// Postgres' codes for the conditions that something is decided by. No other file names one.
mod sqlstate {
    pub const CHARACTER_NOT_IN_REPERTOIRE: &str = "22021";
    pub const UNTRANSLATABLE_CHARACTER: &str = "22P05";
    pub const READ_ONLY_TRANSACTION: &str = "25006";
    pub const INVALID_STATEMENT_NAME: &str = "26000";
    pub const DUPLICATE_STATEMENT: &str = "42P05";
    pub const INSUFFICIENT_PRIVILEGE: &str = "42501";
    pub const UNDEFINED_TABLE: &str = "42P01";
    pub const DISK_FULL: &str = "53100";
    pub const TOO_MANY_CONNECTIONS: &str = "53300";
    pub const ADMIN_SHUTDOWN: &str = "57P01";
    pub const CRASH_SHUTDOWN: &str = "57P02";
    pub const CANNOT_CONNECT_NOW: &str = "57P03";
    pub const IO_ERROR: &str = "58030";
}

fn has_state(error: &sqlx::Error, states: &[&str]) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| states.contains(&&*code))
}

/// Whether an error, such as beginning and committing give, means that the database is out of
/// reach.
pub fn is_out_of_reach(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_))
        || is_not_ready(error)
        || has_state(error, &[sqlstate::ADMIN_SHUTDOWN, sqlstate::CRASH_SHUTDOWN])
        || refuses_writes(error)
}

/// Whether the database takes no connection at present: it is starting, or has none free.
pub fn is_not_ready(error: &sqlx::Error) -> bool {
    has_state(error, &[sqlstate::CANNOT_CONNECT_NOW, sqlstate::TOO_MANY_CONNECTIONS])
}

/// Whether a prepared statement is not there, or was prepared by another client of a pooler.
pub fn has_lost_a_statement(error: &sqlx::Error) -> bool {
    has_state(error, &[sqlstate::INVALID_STATEMENT_NAME, sqlstate::DUPLICATE_STATEMENT])
}

/// Whether the role may not do what was asked of the database.
pub fn is_not_permitted(error: &sqlx::Error) -> bool {
    has_state(error, &[sqlstate::INSUFFICIENT_PRIVILEGE])
}

/// Whether the database lacks a table: it was never migrated.
pub fn is_table_missing(error: &sqlx::Error) -> bool {
    has_state(error, &[sqlstate::UNDEFINED_TABLE])
}

/// Whether the database reads and does not write: it is read-only, its disk is full, or its disk
/// fails.
fn refuses_writes(error: &sqlx::Error) -> bool {
    has_state(error, &[sqlstate::READ_ONLY_TRANSACTION, sqlstate::DISK_FULL, sqlstate::IO_ERROR])
}

/// Whether a refused write is among the error's causes.
pub fn is_refused_write(error: &(dyn Error + 'static)) -> bool {
    let mut causes = iter::successors(Some(error), |&error| error.source());
    causes.any(|cause| cause.downcast_ref::<sqlx::Error>().is_some_and(refuses_writes))
}

/// Names the place when a stored value cannot be read.
pub(super) fn inconsistent<E: Display>(
    table: &'static str,
    column: &'static str,
    row: Uuid,
) -> impl FnOnce(E) -> StorageError {
    move |why| StorageError::Inconsistent { table, column, row, why: why.to_string() }
}
