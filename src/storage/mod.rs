//! The only room that speaks SQL of our tables. (The queue's tables belong to `queue/`.)
//!
//! Functions take the connection and a scope, and name the partner in their SQL; row-level security stands behind them,
//! with the scope that [`Db::read`] or [`Db::begin`] set on that connection. Rows stay in here: what leaves are values of
//! `domain/`. A row that makes no sense is an error that names table, column and row. Secrets are sealed before they come
//! in. Reads may be used by `graphql/` and `ops/`; transactions begin in `ops/` alone.

pub mod activity;
pub mod associations;
pub mod budget;
pub mod changes;
pub mod clients;
pub mod connections;
mod db;
mod error;
pub mod leases;
pub mod owners;
pub mod partners;
pub mod results;
pub mod roster;
pub mod runs;

pub use db::{Db, Reader, Scope, Tx, migrate};
pub use error::StorageError;

use uuid::Uuid;

pub type Result<T> = std::result::Result<T, StorageError>;

/// Which part of a list is wanted: the `first` entries behind the one at `after`.
#[derive(Clone, Debug)]
pub struct Page {
    pub first: u16,
    pub after: Option<Position>,
}

/// The place of one entry in a list: the name it is sorted by, as it is written, and the row's id where names are equal.
/// Lists sorted by id alone leave `key` empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    pub key: String,
    pub id: Uuid,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    pub items: Vec<T>,
    pub has_next: bool,
}

impl Page {
    /// One row more than wanted is read, to know whether there is a next page.
    fn limit(&self) -> i64 {
        i64::from(self.first) + 1
    }

    fn after_id(&self) -> Option<Uuid> {
        self.after.as_ref().map(|position| position.id)
    }

    fn after_key(&self) -> Option<&str> {
        self.after.as_ref().map(|position| position.key.as_str())
    }

    fn cut<T>(&self, mut items: Vec<T>) -> Slice<T> {
        let has_next = items.len() > usize::from(self.first);
        items.truncate(usize::from(self.first));
        Slice { items, has_next }
    }
}
