//! Notifies the followers of a sync run of each change, whichever process makes it: a trigger on
//! the runs' table notifies Postgres' channel `sync_run`, one connection of this process listens
//! there, and passes each notification on to every follower of the run in this process.
//!
//! What is heard is only that a run may have changed; what it is now, is read again with the
//! follower's own scope.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::Db;
use crate::ids::RunId;

const CHANNEL: &str = "sync_run";
/// How many changes a follower may lag behind. One that lags more reads its run again, which is all
/// it wants.
const BACKLOG: usize = 256;
/// Before another try to listen, when the database cannot be reached.
const RETRY: Duration = Duration::from_secs(1);

/// This process' ear. Cheap to clone; listening ends with the last clone.
#[derive(Clone, Debug)]
pub struct RunListener {
    heard: broadcast::Sender<Notification>,
    _listening: Arc<AbortOnDropHandle<()>>,
}

#[derive(Clone, Copy, Debug)]
enum Notification {
    Changed(RunId),
    /// Nothing was heard for a while: any run may have changed.
    Resync,
}

impl RunListener {
    /// Starts listening, with one connection of the pool.
    pub fn listen(db: &Db) -> Self {
        let (heard, _) = broadcast::channel(BACKLOG);
        let listening = tokio::spawn(keep_listening(db.listening().clone(), heard.clone()));
        Self { heard, _listening: Arc::new(AbortOnDropHandle::new(listening)) }
    }

    /// Follows one run from now on.
    pub fn of(&self, run: RunId) -> RunChanges {
        RunChanges { run, heard: self.heard.subscribe() }
    }
}

/// The changes of one run.
#[derive(Debug)]
pub struct RunChanges {
    run: RunId,
    heard: broadcast::Receiver<Notification>,
}

impl RunChanges {
    /// Waits until the run may have changed. No change that was made after [`RunListener::of`] is
    /// missed.
    pub async fn next(&mut self) {
        loop {
            match self.heard.recv().await {
                Ok(Notification::Changed(run)) if run != self.run => {}
                Ok(Notification::Changed(_) | Notification::Resync) | Err(RecvError::Lagged(_)) => return,
                // The process is ending: there is nothing more to hear.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

async fn keep_listening(pool: PgPool, heard: broadcast::Sender<Notification>) {
    while !pool.is_closed() {
        if let Err(error) = listen(&pool, &heard).await {
            tracing::warn!(%error, "changes of sync runs are not heard just now");
            tokio::time::sleep(RETRY).await;
        }
    }
}

async fn listen(pool: &PgPool, heard: &broadcast::Sender<Notification>) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    // Sending fails only if no run is followed.
    let _ = heard.send(Notification::Resync);
    loop {
        let change = match listener.try_recv().await? {
            Some(notification) => match Uuid::try_parse(notification.payload()) {
                Ok(run) => Notification::Changed(RunId(run)),
                Err(_) => continue,
            },
            // The connection was lost; the listener has another one.
            None => Notification::Resync,
        };
        let _ = heard.send(change);
    }
}
