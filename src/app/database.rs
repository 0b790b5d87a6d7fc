//! The way to the database: whether it is there, what its tables are made by, and the pool that the queue has for itself.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use super::StartError;
use crate::queue;
use crate::storage;

/// The queue listens on a connection for each kind of job, and fetches on a few more.
const QUEUE_CONNECTIONS: u32 = queue::Kind::ALL.len() as u32 + 4;
/// What the database gets to let us in.
const CONNECT: Duration = Duration::from_secs(5);
/// What connections to the database get to come back.
pub(super) const CLOSE: Duration = Duration::from_secs(2);
/// Where the address of the database is found.
pub(super) const DATABASE_URL: &str = "DATABASE_URL";

/// Applies our migrations and the queue's, as the owner of the database. `variable` is where its address was found.
pub async fn migrate(owner_url: &SecretString, variable: &'static str) -> Result<(), StartError> {
    let options = reach(owner_url, variable).await?;
    let owner = PgPoolOptions::new().max_connections(2).acquire_timeout(CONNECT).connect_with(options).await?;
    let migrated = async {
        storage::migrate(&owner).await?;
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

/// Connects once, to learn what is wrong: a pool waits for a server that refuses, and then only says that it waited.
pub(super) async fn reach(url: &SecretString, variable: &'static str) -> Result<PgConnectOptions, StartError> {
    /// A server that is on its way up, or full: the pool may well wait for that.
    const FOR_A_MOMENT: [&str; 2] = ["57P03", "53300"];
    let options: PgConnectOptions = url.expose_secret().parse().map_err(|_| StartError::DatabaseAddress(variable))?;
    let why = match tokio::time::timeout(CONNECT, options.clone().disable_statement_logging().connect()).await {
        Ok(Ok(connection)) => {
            // It was only to see: one that does not part in peace is cut.
            let _ = tokio::time::timeout(CLOSE, connection.close()).await;
            return Ok(options);
        }
        Ok(Err(sqlx::Error::Database(said))) if said.code().is_some_and(|code| FOR_A_MOMENT.contains(&&*code)) => {
            return Ok(options);
        }
        Ok(Err(sqlx::Error::Database(said))) => format!("does not let us in: {}", said.message()),
        Ok(Err(sqlx::Error::Io(error))) => {
            format!("cannot be reached: {error}. Is it running, and is this its address?")
        }
        Ok(Err(error)) => format!("cannot be reached: {error}"),
        Err(_) => format!("cannot be reached: no answer within {} seconds", CONNECT.as_secs()),
    };
    let at = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    Err(StartError::NoDatabase { at, variable, why })
}

/// Whether Postgres said, at the bottom of it, that the role may not do that.
fn is_not_permitted(error: &StartError) -> bool {
    const INSUFFICIENT_PRIVILEGE: &str = "42501";
    std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<sqlx::Error>()?.as_database_error())
        .any(|said| said.code().as_deref() == Some(INSUFFICIENT_PRIVILEGE))
}

/// It connects when it is first used, and again whenever it has to: a database that goes away ends no worker.
pub(super) fn queue_pool(url: &SecretString) -> Result<PgPool, StartError> {
    let options = url.expose_secret().parse().map_err(|_| StartError::DatabaseAddress(DATABASE_URL))?;
    Ok(PgPoolOptions::new().max_connections(QUEUE_CONNECTIONS).acquire_timeout(CONNECT).connect_lazy_with(options))
}
