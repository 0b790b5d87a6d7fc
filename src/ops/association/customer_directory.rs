//! All active customers of a partner's Halo, read page by page and indexed by their names.
//!
//! Suggestions for all clients at once come from here: a search for each client would cost as many
//! requests as there are clients. A directory is remembered for minutes, for the pages of one list
//! and for the colleagues who look at it; before anything is stored, it is read again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;

use super::answer_memory::AnswerMemory;
use super::company_name::CompanyName;
use crate::clock::Clock;
use crate::domain::connection::Connection;
use crate::halo::{Customer, HaloError, Session};
use crate::ids::{ConnectionId, HaloCustomerId, PartnerId};

const REMEMBERED: Duration = Duration::from_secs(300);
/// Directories that are remembered at once. Each has at most 5,000 customers.
const MOST: usize = 16;
/// A word that more customers have identifies none of them.
const MOST_OF_A_WORD: usize = 50;

pub struct CustomerDirectory {
    /// When Halo was asked.
    pub read_at: DateTime<Utc>,
    customers: Vec<Customer>,
    names: Vec<CompanyName>,
    by_id: HashMap<HaloCustomerId, usize>,
    by_key: HashMap<String, Vec<usize>>,
    by_word: HashMap<String, Vec<usize>>,
}

impl CustomerDirectory {
    pub(super) fn new(customers: Vec<Customer>, read_at: DateTime<Utc>) -> Self {
        let names: Vec<_> = customers.iter().map(|customer| CompanyName::new(&customer.name)).collect();
        let by_id = customers.iter().enumerate().map(|(at, customer)| (customer.id, at)).collect();
        let (mut by_key, mut by_word) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for (at, name) in names.iter().enumerate() {
            for key in name.keys() {
                by_key.entry(key).or_default().push(at);
            }
            for word in name.distinctive_words() {
                by_word.entry(word.to_owned()).or_default().push(at);
            }
        }
        by_word.retain(|_, customers| customers.len() <= MOST_OF_A_WORD);
        Self { read_at, customers, names, by_id, by_key, by_word }
    }

    pub fn find(&self, id: HaloCustomerId) -> Option<&Customer> {
        self.by_id.get(&id).map(|&at| &self.customers[at])
    }

    /// Returns the customers whose names are the same.
    pub(super) fn same_as(&self, name: &CompanyName) -> Vec<&Customer> {
        let found: BTreeSet<_> = name.keys().iter().filter_map(|key| self.by_key.get(key)).flatten().copied().collect();
        found.into_iter().filter(|&at| self.names[at].is_same_as(name)).map(|at| &self.customers[at]).collect()
    }

    /// Returns customers that have a distinctive word of the name, or its words in another order,
    /// with the likeness of the names.
    pub(super) fn similar_to(&self, name: &CompanyName) -> Vec<(u8, &Customer)> {
        let words = name.distinctive_words();
        let by_word = words.iter().filter_map(|word| self.by_word.get(*word));
        let keys = name.keys();
        let found: BTreeSet<_> =
            by_word.chain(keys.iter().filter_map(|key| self.by_key.get(key))).flatten().copied().collect();
        found.into_iter().map(|at| (self.names[at].likeness(name), &self.customers[at])).collect()
    }
}

/// A directory's partner and connection. One of a connection that was saved since is another one.
type Key = (PartnerId, ConnectionId, i32);

/// The directories of this process.
pub struct CustomerDirectories(AnswerMemory<Key, Arc<CustomerDirectory>>);

impl Default for CustomerDirectories {
    fn default() -> Self {
        Self(AnswerMemory::new(REMEMBERED, MOST))
    }
}

impl CustomerDirectories {
    /// Returns the directory as it was read at most five minutes ago, else reads it. A failure is
    /// not remembered.
    pub(super) async fn recent(
        &self,
        connection: &Connection,
        session: &Session,
        clock: &Clock,
    ) -> Result<Arc<CustomerDirectory>, HaloError> {
        let answer = self.0.find(key(connection), Instant::now());
        let read = || async {
            let (customers, read_at) = (session.active_customers().await?, clock.now());
            let directory = spawn_blocking(move || CustomerDirectory::new(customers, read_at)).await;
            Ok(Arc::new(directory.expect("names are compared without a panic")))
        };
        answer.get_or_try_init(read).await.cloned()
    }

    /// Reads the directory now.
    pub(super) async fn fresh(
        &self,
        connection: &Connection,
        session: &Session,
        clock: &Clock,
    ) -> Result<Arc<CustomerDirectory>, HaloError> {
        self.0.forget(&key(connection));
        self.recent(connection, session, clock).await
    }
}

fn key(connection: &Connection) -> Key {
    (connection.partner, connection.id, connection.revision)
}
