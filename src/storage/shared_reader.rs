//! One transaction for the reads of one request.

use std::ops::{Deref, DerefMut};

use sqlx::PgConnection;
use tokio::sync::{Mutex, MutexGuard};

use super::{Db, Reader, Result, Scope};

/// The reads of one request, which take turns in one transaction as long as they have one scope. A
/// request holds at most one connection for them.
#[derive(Debug)]
pub struct SharedReader {
    db: Db,
    open: Mutex<Option<OpenReader>>,
}

#[derive(Debug)]
struct OpenReader {
    scope: String,
    reader: Reader,
}

/// The turn of one read.
pub struct Turn<'r> {
    place: MutexGuard<'r, Option<OpenReader>>,
    open: OpenReader,
}

impl SharedReader {
    pub fn new(db: Db) -> Self {
        Self { db, open: Mutex::new(None) }
    }

    /// Waits for the turn of a read of this scope.
    pub async fn turn(&self, scope: impl Into<Scope<'_>>) -> Result<Turn<'_>> {
        let scope = scope.into();
        let setting = scope.setting();
        // Taken out until the turn ends well: after an error, or when it is dropped halfway, the
        // transaction cannot be used again.
        let mut place = self.open.lock().await;
        let open = match place.take().filter(|open| open.scope == setting) {
            Some(open) => open,
            None => OpenReader { scope: setting, reader: self.db.read(scope).await? },
        };
        Ok(Turn { place, open })
    }

    /// Whether a transaction is open, which no read uses now.
    pub fn is_open(&self) -> bool {
        self.open.try_lock().is_ok_and(|place| place.is_some())
    }

    /// Ends the transaction, if no read has its turn: while a request waits for something else, it
    /// holds no connection.
    pub fn close(&self) {
        if let Ok(mut place) = self.open.try_lock() {
            *place = None;
        }
    }

    /// Ends the transaction and keeps the reads waiting, for what needs a connection of its own: a
    /// request that waits for a second one while it holds the first could wait for ever.
    pub async fn suspend(&self) -> impl Sized + '_ {
        let mut place = self.open.lock().await;
        *place = None;
        place
    }
}

impl Turn<'_> {
    /// Ends the turn after everything went well. The next one may use the transaction.
    pub fn end(self) {
        let Turn { mut place, open } = self;
        *place = Some(open);
    }
}

impl Deref for Turn<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.open.reader
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.open.reader
    }
}
