//! Whether this process can work with the database: whether the database takes writes, and
//! whether their clocks agree.

use std::error::Error;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::domain::clock_skew::ClockSkew;
use crate::ops::{OpError, Ops};
use crate::storage::is_refused_write;
use crate::storage::status::{self, DatabaseStatus};

/// The time after a refused write in which the next one is not tried by new requests.
const REFUSED_FOR: Duration = Duration::from_secs(30);

/// Takes note of an error that shows that the database does not take writes.
pub fn note_error(ops: &Ops, error: &(dyn Error + 'static)) {
    if is_refused_write(error) {
        metrics::counter!("database_refused_writes_total").increment(1);
        *ops.refused_write.lock().expect("the lock is never held across a panic") = Some(Instant::now());
    }
}

/// Why the process cannot work. The text is public.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NotReady {
    #[error("the database does not answer")]
    NoAnswer,
    #[error("the database is a standby: it cannot be written to")]
    Standby,
    #[error("the database is read-only")]
    ReadOnly,
    #[error("the database refused a write")]
    WriteRefused,
    #[error("this machine's clock differs from the database's by {0} seconds")]
    WrongClock(i64),
}

/// Checks whether the process can work.
pub async fn check_ready(ops: &Ops) -> Result<(), NotReady> {
    let status = status::read(&ops.db).await.map_err(|_| NotReady::NoAnswer)?;
    let skew = compare(ops, &status);
    if status.is_in_recovery {
        return Err(NotReady::Standby);
    }
    if status.is_read_only {
        return Err(NotReady::ReadOnly);
    }
    let refused = *ops.refused_write.lock().expect("the lock is never held across a panic");
    if refused.is_some_and(|at| at.elapsed() < REFUSED_FOR) {
        return Err(NotReady::WriteRefused);
    }
    if skew.is_unready(Instant::now()) {
        return Err(NotReady::WrongClock(skew.by().num_seconds()));
    }
    Ok(())
}

/// Compares this process' clock with the one that all processes share, and returns the shared time.
/// A clock that is wrong is logged and counted.
pub async fn compare_clocks(ops: &Ops) -> Result<(DateTime<Utc>, ClockSkew), OpError> {
    let status = status::read(&ops.db).await?;
    Ok((ops.clock.shared(status.now), compare(ops, &status)))
}

fn compare(ops: &Ops, status: &DatabaseStatus) -> ClockSkew {
    let (own, shared) = (ops.clock.now(), ops.clock.shared(status.now));
    let skew = {
        let mut skew = ops.clock_skew.lock().expect("the lock is never held across a panic");
        skew.observe(own, shared, Instant::now());
        *skew
    };
    let seconds = skew.by().as_seconds_f64();
    metrics::gauge!("clock_ahead_seconds").set(seconds);
    if skew.is_too_large() {
        tracing::warn!(ahead_s = seconds, "this machine's clock differs from the database's: nothing is enqueued");
    }
    skew
}
