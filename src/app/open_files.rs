//! The number of files that the process may have open: each connection needs one.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What the process needs beside its connections: the database's, those to Halo, logs, the
/// listeners.
const OTHERS: u64 = 200;

/// Raises the limit to the highest that this process may set. A limit that is too low for
/// `connections` is logged: further connections would wait although they are permitted.
pub fn raise_limit(connections: usize) {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        if soft < hard {
            setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
        }
        Ok(hard)
    });
    let needed = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    match raised {
        Ok(limit) if limit < needed => {
            tracing::warn!(limit, needed, "the process may open fewer files than it may have connections");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
    }
}
