//! Searches of customers that are under way, or were answered a moment ago: the same search of the
//! same connection is sent to Halo once, however many users type the same.

use std::time::{Duration, Instant};

use super::answer_memory::AnswerMemory;
use crate::domain::connection::Connection;
use crate::halo::{CustomerPage, HaloError, Session};
use crate::ids::{ConnectionId, PartnerId};

/// Long enough for a user who types on and goes back; too short to hide a customer that was just
/// added in Halo.
const REMEMBERED: Duration = Duration::from_secs(3);
/// Answers that are remembered at once.
const MOST: usize = 1_000;

/// A search. Another partner's is another one, and so is one of a connection that was saved since.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Search {
    partner: PartnerId,
    connection: (ConnectionId, i32),
    text: String,
    page: u32,
    size: u32,
}

/// The searches of this process.
pub struct SearchMemory(AnswerMemory<Search, CustomerPage>);

impl Default for SearchMemory {
    fn default() -> Self {
        Self(AnswerMemory::new(REMEMBERED, MOST))
    }
}

impl SearchMemory {
    /// Searches customers, unless the same search is under way or was just answered. A failure is
    /// not remembered.
    pub(super) async fn search(
        &self,
        connection: &Connection,
        session: &Session,
        text: &str,
        page: u32,
        size: u32,
    ) -> Result<CustomerPage, HaloError> {
        let (partner, version) = (connection.partner, (connection.id, connection.revision));
        let search = Search { partner, connection: version, text: text.to_owned(), page, size };
        let answer = self.0.find(search, Instant::now());
        answer.get_or_try_init(|| session.search_customers(text, page, size)).await.cloned()
    }
}
