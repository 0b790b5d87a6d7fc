//! What the database says of itself: its clock, which all processes share, and whether it can be
//! written to.

use chrono::{DateTime, Utc};

use super::{Db, Result};

#[derive(Clone, Debug)]
pub struct DatabaseStatus {
    /// For example `17.6 (Debian 17.6-1)`.
    pub version: String,
    /// For example 170006.
    pub version_number: i32,
    pub now: DateTime<Utc>,
    /// A standby, or a server that still replays its log.
    pub is_in_recovery: bool,
    /// Transactions are read-only, by the setting of the server, the database or the role.
    pub is_read_only: bool,
}

/// Asks the database.
pub async fn read(db: &Db) -> Result<DatabaseStatus> {
    let status = sqlx::query_as!(
        DatabaseStatus,
        r#"select current_setting('server_version') as "version!",
                  current_setting('server_version_num')::integer as "version_number!",
                  clock_timestamp() as "now!", pg_is_in_recovery() as "is_in_recovery!",
                  current_setting('transaction_read_only')::boolean as "is_read_only!""#
    );
    Ok(status.fetch_one(&mut *db.acquire().await?).await?)
}
