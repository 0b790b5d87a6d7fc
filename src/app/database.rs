//! Connects to the database: checks that it answers, applies the migrations, and builds the queue's
//! own pool.

use std::time::Duration;

use secrecy::SecretString;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use super::StartError;
use crate::config::DatabaseConfig;
use crate::queue;
use crate::storage::{self, migrations::SchemaState, pooler};

/// The queue listens on a connection for each kind of job, and fetches on a few more.
const QUEUE_CONNECTIONS: u32 = queue::Kind::ALL.len() as u32 + 4;
/// The time that the database gets to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time that connections to the database get to close.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The time that a notification gets to arrive. On a busy server it takes milliseconds.
pub(super) const NOTIFICATION_TIMEOUT: Duration = Duration::from_secs(3);

/// Applies our migrations and the queue's, as the owner of the database. `variable` held its
/// address. Several processes may migrate at once.
pub async fn migrate(owner_url: &SecretString, variable: &'static str) -> Result<(), StartError> {
    let options = reach(owner_url, variable).await?;
    let owner = PgPoolOptions::new().max_connections(3).acquire_timeout(CONNECT_TIMEOUT).connect_with(options).await?;
    let migrated = async {
        if !pooler::session_is_kept(&owner).await? {
            return Err(StartError::MigrateThroughPooler(variable));
        }
        let _locked = storage::migrations::lock(&owner).await?;
        storage::migrations::migrate(&owner).await?;
        queue::set_up(&owner).await?;
        Ok(())
    };
    let migrated = migrated.await.map_err(|error| match is_not_permitted(&error) {
        true => StartError::NotTheOwner(variable),
        false => error,
    });
    owner.close().await;
    migrated
}

/// Compares the schema of the database with the migrations of this program, as its owner.
///
/// # Errors
/// The database cannot be reached.
pub async fn schema_state(owner_url: &SecretString, variable: &'static str) -> Result<SchemaState, StartError> {
    let mut owner = reach(owner_url, variable).await?.connect().await?;
    let state = storage::migrations::schema_state(&mut owner).await;
    let _ = owner.close().await;
    Ok(state?)
}

/// Connects once to find out what is wrong: a pool waits for a server that refuses, and then
/// reports only a time-out.
pub(super) async fn reach(url: &SecretString, variable: &'static str) -> Result<PgConnectOptions, StartError> {
    let options = storage::connect_options(url).map_err(|_| StartError::DatabaseAddress(variable))?;
    let why = match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => {
            // The connection was only a check. If it does not close in time, it is dropped.
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, connection.close()).await;
            return Ok(options);
        }
        // The pool can wait for that.
        Ok(Err(error)) if storage::is_not_ready(&error) => return Ok(options),
        Ok(Err(sqlx::Error::Database(error))) => format!("refuses the connection: {}", error.message()),
        Ok(Err(sqlx::Error::Io(error))) => {
            format!("cannot be reached: {error}. Is it running, and is this its address?")
        }
        Ok(Err(error)) => format!("cannot be reached: {error}"),
        Err(_) => format!("cannot be reached: no answer within {} seconds", CONNECT_TIMEOUT.as_secs()),
    };
    let at = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    Err(StartError::NoDatabase { at, variable, why })
}

/// Returns whether the root cause is that the role lacks the privilege.
fn is_not_permitted(error: &StartError) -> bool {
    std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<sqlx::Error>())
        .any(storage::is_not_permitted)
}

/// What the queue itself notes of a job, that it was fetched or is done, may be lost if Postgres
/// crashes: the job is fetched again, and finds its run at work or finished. A process that is
/// frozen while it fetches a job would hold its lock, for which all others wait when they enqueue.
const QUEUE_SETTINGS: &str = "set synchronous_commit = off; set idle_in_transaction_session_timeout = '10s'";

/// Builds the queue's pool. It connects on first use and reconnects after an outage, so that an
/// outage ends no worker.
pub(super) fn queue_pool(config: &DatabaseConfig) -> Result<PgPool, StartError> {
    let (url, variable) = config.listen_address();
    let options = storage::connect_options(url).map_err(|_| StartError::DatabaseAddress(variable))?;
    Ok(PgPoolOptions::new()
        .max_connections(QUEUE_CONNECTIONS)
        .acquire_timeout(CONNECT_TIMEOUT)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(QUEUE_SETTINGS).await.map(drop) }))
        .connect_lazy_with(options))
}
