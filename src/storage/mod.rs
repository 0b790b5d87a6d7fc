//! The only module that speaks SQL of our tables. (The queue's tables belong to `queue/`.)
//!
//! Functions take the connection and a scope, and name the partner in their SQL; row-level security
//! stands behind them, with the scope that [`Db::read`] or [`Db::begin`] set for that transaction.
//! Reads that lists are made of take the scopes of several partners at once. Rows stay in here:
//! what leaves are values of `domain/`. A row that makes no sense is an error that names table,
//! column and row. Secrets are sealed before they come in. Reads may be used by `graphql/` and
//! `ops/`; transactions begin in `ops/` alone.

pub mod activity;
pub mod associations;
pub mod billing;
pub mod budget;
pub mod clients;
pub mod connections;
mod db;
pub mod deliveries;
pub mod desired;
mod error;
pub mod evidence;
pub mod exclusions;
pub mod figures;
pub mod housekeeping;
pub mod keys;
pub mod leases;
mod lifecycles;
pub mod mappable;
pub mod mappings;
pub mod migrations;
pub mod notices;
pub mod outcomes;
pub mod owners;
mod partner_tx;
pub mod partners;
pub mod pooler;
pub mod problems;
pub mod reconciliations;
pub mod results;
pub mod roster;
mod run_lifecycles;
pub mod run_listener;
pub mod run_queue;
pub mod runs;
pub mod schedules;
mod shared_reader;
pub mod status;
pub mod tenants;
pub mod troubles;
pub mod users;
pub mod webhooks;

pub use db::{Db, Reader, Scope, Tx, connect_options};
pub use error::{
    StorageError, has_lost_a_statement, is_not_permitted, is_not_ready, is_out_of_reach, is_refused_write,
    is_table_missing,
};
pub use partner_tx::{AuditContext, PartnerTx};
pub use shared_reader::{SharedReader, Turn};

use std::collections::HashMap;
use std::hash::Hash;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::auth::PartnerScope;

pub type Result<T> = std::result::Result<T, StorageError>;

/// The words with which the values that a filter names are stored.
fn words<'v, T>(values: &'v [T]) -> Vec<String>
where
    &'static str: From<&'v T>,
{
    values.iter().map(|value| <&'static str>::from(value).to_owned()).collect()
}

/// Whose rows are read: one partner's, or those of several in one statement.
pub trait Partners {
    fn ids(&self) -> Vec<Uuid>;
}

impl Partners for &PartnerScope {
    fn ids(&self) -> Vec<Uuid> {
        vec![self.partner().0]
    }
}

impl Partners for &[PartnerScope] {
    fn ids(&self) -> Vec<Uuid> {
        self.iter().map(|scope| scope.partner().0).collect()
    }
}

/// Which part of a list is wanted: the `first` entries behind the one at `after`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Page {
    pub first: u16,
    pub after: Option<Position>,
}

/// The place of one entry in a list: the name it is sorted by, as it is written, and the row's id
/// where names are equal. Lists sorted by id alone leave `key` empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    pub key: String,
    pub id: Uuid,
}

/// A span of time, from its beginning to just before its end. Either may be open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Period {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    pub items: Vec<T>,
    pub has_next: bool,
}

impl<T> Default for Slice<T> {
    fn default() -> Self {
        Slice { items: Vec::new(), has_next: false }
    }
}

// A list's beginning is a place as well, before all ids or behind all: where the statement says
// "behind this place, or anywhere" instead, Postgres may plan it once for both and then reads the
// whole list up to there.
impl Page {
    /// One row more than wanted is read, to know whether there is a next page.
    fn limit(&self) -> i64 {
        i64::from(self.first) + 1
    }

    /// The id after which an ascending list continues.
    fn above(&self) -> Uuid {
        self.after.as_ref().map_or(Uuid::nil(), |position| position.id)
    }

    /// The id before which a descending list continues.
    fn below(&self) -> Uuid {
        self.after.as_ref().map_or(Uuid::max(), |position| position.id)
    }

    fn after_key(&self) -> Option<&str> {
        self.after.as_ref().map(|position| position.key.as_str())
    }

    fn cut<T>(&self, mut items: Vec<T>) -> Slice<T> {
        let has_next = items.len() > usize::from(self.first);
        items.truncate(usize::from(self.first));
        Slice { items, has_next }
    }

    /// Cuts the page out of a whole list, which is sorted by `place`.
    pub fn of_sorted<T>(&self, items: Vec<T>, place: impl Fn(&T) -> (String, Uuid)) -> Slice<T> {
        let is_before = |item: &T| {
            let after = self.after.as_ref();
            after.is_some_and(|after| place(item) <= (after.key.clone(), after.id))
        };
        self.cut(items.into_iter().skip_while(is_before).take(usize::from(self.first) + 1).collect())
    }

    /// Cuts the same page of several lists. Each row comes with the list that it belongs to.
    fn cut_each<K: Eq + Hash, T>(
        &self,
        rows: impl IntoIterator<Item = Result<(K, T)>>,
    ) -> Result<HashMap<K, Slice<T>>> {
        let mut lists: HashMap<K, Vec<T>> = HashMap::new();
        for row in rows {
            let (of, item) = row?;
            lists.entry(of).or_default().push(item);
        }
        Ok(lists.into_iter().map(|(of, items)| (of, self.cut(items))).collect())
    }
}

/// A quantity as a column holds it.
fn signed(quantity: Option<u32>) -> Option<i32> {
    quantity.map(|quantity| i32::try_from(quantity).unwrap_or(i32::MAX))
}
