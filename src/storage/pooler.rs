//! Whether a pooler between this process and Postgres keeps what the process relies on: prepared
//! statements, and notifications. One in transaction mode gives each transaction any connection to
//! Postgres, so that what belongs to a connection is lost.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgListener, PgPool};
use sqlx::{AssertSqlSafe, Connection as _};
use uuid::Uuid;

use super::{Db, Result, error};

const CHANNEL: &str = "infima_check";
/// Longer than a statement takes. Behind a pooler with one connection, the second one waits.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether a statement that a connection has prepared is there when it is executed again.
pub async fn statements_are_kept(db: &Db) -> Result<bool> {
    let options = db.pool().connect_options();
    let (mut one, mut other) =
        (PgConnection::connect_with(&options).await?, PgConnection::connect_with(&options).await?);
    let executed = async {
        execute(&mut one).await?;
        // The other connection may be given the first one's in Postgres, which has that statement.
        execute(&mut other).await?;
        sqlx::raw_sql("begin").execute(&mut other).await?;
        execute(&mut other).await?;
        // The first one is not given that which is busy, and executes what it has prepared there.
        execute(&mut one).await
    };
    let executed = tokio::time::timeout(STATEMENT_TIMEOUT, executed).await;
    // The connections were only a check: they are dropped.
    match executed {
        Ok(Err(error)) if error::has_lost_a_statement(&error) => Ok(false),
        Ok(Err(error)) => Err(error.into()),
        Ok(Ok(_)) | Err(_) => Ok(true),
    }
}

/// Prepares the statement if this connection has not, and executes it.
async fn execute(connection: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::query_scalar("select 1").fetch_one(connection).await
}

/// Whether a notification that is sent with the application's connections arrives at those that
/// listen, within `timeout`.
pub async fn notification_arrives(db: &Db, timeout: Duration) -> Result<bool> {
    let arrives = async {
        let mut listener = PgListener::connect_with(db.listening()).await?;
        listener.listen(CHANNEL).await?;
        let check = Uuid::new_v4().to_string();
        // Not prepared: this is not about statements.
        sqlx::raw_sql(AssertSqlSafe(format!("notify {CHANNEL}, '{check}'"))).execute(&mut *db.acquire().await?).await?;
        // Another process may be checking as well.
        while listener.recv().await?.payload() != check {}
        Ok(true)
    };
    tokio::time::timeout(timeout, arrives).await.unwrap_or(Ok(false))
}

/// Whether a session keeps what belongs to it, as the owner of the database: migrations hold a lock
/// of the session.
pub async fn session_is_kept(owner: &PgPool) -> Result<bool> {
    let options = owner.connect_options();
    let (mut one, mut other) =
        (PgConnection::connect_with(&options).await?, PgConnection::connect_with(&options).await?);
    let mark = Uuid::new_v4().to_string();
    let set = format!("select set_config('infima.session', '{mark}', false)");
    sqlx::raw_sql(AssertSqlSafe(set)).execute(&mut one).await?;
    let found = async |connection: &mut PgConnection| {
        let row = sqlx::raw_sql("select coalesce(current_setting('infima.session', true), '')").fetch_one(connection);
        sqlx::Row::try_get::<String, _>(&row.await?, 0)
    };
    Ok(found(&mut one).await? == mark && found(&mut other).await? != mark)
}
