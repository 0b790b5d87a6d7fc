use std::{net::SocketAddr, time::Duration};

use super::{ConfigError, Environment, parse};

/// How the worker shares its time, and when silence counts as a crash.
#[derive(Clone, Debug, clap::Args)]
pub struct WorkerConfig {
    /// Syncs asked for by people that run at the same time in one process
    #[arg(
        env = "INFIMA_WORKER_INTERACTIVE_CONCURRENCY",
        id = "worker-people-slots",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    pub people_slots: u16,

    /// Nightly syncs that run at the same time in one process
    #[arg(
        env = "INFIMA_WORKER_NIGHTLY_CONCURRENCY",
        id = "worker-night-slots",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    pub night_slots: u16,

    /// Seconds a sync stays claimed by a worker that has gone silent
    #[arg(env = "INFIMA_WORKER_LEASE_SECONDS", id = "worker-lease", default_value = "20", value_parser = parse::seconds(2..=600))]
    pub lease: Duration,

    /// Seconds after which the queue hands on the jobs of a worker that has gone silent
    #[arg(env = "INFIMA_WORKER_ORPHAN_SECONDS", id = "worker-orphan", default_value = "60", value_parser = parse::seconds(2..=600))]
    pub orphan: Duration,

    /// Seconds between looks at the queue when no notification comes
    // Below one second apalis can lose its wake-up until the next heartbeat.
    #[arg(env = "INFIMA_WORKER_POLL_SECONDS", id = "worker-poll", default_value = "1", value_parser = parse::seconds(1..=60))]
    pub poll: Duration,

    /// Seconds between looks for lost syncs
    #[arg(env = "INFIMA_WORKER_SWEEP_SECONDS", id = "worker-sweep", default_value = "5", value_parser = parse::seconds(1..=3600))]
    pub sweep: Duration,

    /// Address and port at which a worker answers `/health/live`, `/health/ready` and `/metrics`; without it, nowhere
    #[arg(env = "INFIMA_WORKER_LISTEN", id = "worker-listen")]
    pub listen: Option<SocketAddr>,

    /// Seconds that running syncs get to finish when the process is asked to stop
    #[arg(env = "INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", id = "worker-stop", default_value = "20", value_parser = parse::seconds(1..=300))]
    pub stop: Duration,

    /// The failpoints of a sync at which the process stops itself, for tests that kill it there
    #[cfg(feature = "dev")]
    #[arg(env = "INFIMA_FAILPOINTS", id = "failpoints", hide = true, value_delimiter = ',')]
    pub failpoints: Vec<String>,
}

impl WorkerConfig {
    #[cfg_attr(not(feature = "dev"), expect(unused_variables, reason = "only development has a setting to refuse"))]
    pub(super) fn check(&self, environment: Environment) -> Result<(), ConfigError> {
        #[cfg(feature = "dev")]
        if environment == Environment::Production && !self.failpoints.is_empty() {
            return Err(ConfigError::invalid("INFIMA_FAILPOINTS", "failpoints are for development; unset it"));
        }
        // apalis sends no heartbeat while it drains: with more time it would look dead and be robbed of its jobs.
        if self.stop >= self.orphan {
            let reason = format!("it has to be below INFIMA_WORKER_ORPHAN_SECONDS ({})", self.orphan.as_secs());
            return Err(ConfigError::invalid("INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", reason));
        }
        Ok(())
    }
}
