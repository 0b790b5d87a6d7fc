use std::{net::SocketAddr, time::Duration};

use super::{ConfigError, Environment, parse};

/// The worker's concurrency and its time limits.
#[derive(Clone, Debug, clap::Args)]
pub struct WorkerConfig {
    /// Maximum number of concurrent interactive syncs in one process
    #[arg(
        env = "INFIMA_WORKER_INTERACTIVE_CONCURRENCY",
        id = "worker-interactive-concurrency",
        default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    pub interactive_concurrency: u16,

    /// Maximum number of concurrent nightly syncs in one process
    #[arg(
        env = "INFIMA_WORKER_NIGHTLY_CONCURRENCY",
        id = "worker-nightly-concurrency",
        default_value_t = 16,
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    pub nightly_concurrency: u16,

    /// Seconds until the lease of a worker that does not renew it ends
    #[arg(env = "INFIMA_WORKER_LEASE_SECONDS", id = "worker-lease", default_value = "20", value_parser = parse::seconds(2..=600))]
    pub lease: Duration,

    /// Seconds after which the queue reassigns the jobs of a worker without a heartbeat
    #[arg(env = "INFIMA_WORKER_ORPHAN_SECONDS", id = "worker-orphan", default_value = "60", value_parser = parse::seconds(2..=600))]
    pub orphan: Duration,

    /// Seconds between two polls of the queue when no notification arrives
    // Below one second, apalis can miss its wake-up until the next heartbeat.
    #[arg(env = "INFIMA_WORKER_POLL_SECONDS", id = "worker-poll", default_value = "4", value_parser = parse::seconds(1..=60))]
    pub poll: Duration,

    /// Seconds between two sweeps for orphaned syncs
    #[arg(env = "INFIMA_WORKER_SWEEP_SECONDS", id = "worker-sweep", default_value = "5", value_parser = parse::seconds(1..=3600))]
    pub sweep: Duration,

    /// Seconds for which a sync is set aside after two workers died during it; twice as long after
    /// each further one, up to a day
    #[arg(env = "INFIMA_WORKER_COOL_DOWN_SECONDS", id = "worker-cool-down", default_value = "300", value_parser = parse::seconds(1..=86_400))]
    pub cool_down: Duration,

    /// Months for which the results of syncs are kept, the evidence of what was billed
    #[arg(
        env = "INFIMA_RETENTION_MONTHS",
        id = "retention-months",
        default_value_t = 25,
        value_parser = clap::value_parser!(u32).range(13..=1200)
    )]
    pub retention_months: u32,

    /// Address and port at which a worker serves `/health/live`, `/health/ready` and `/metrics`; if
    /// absent, they are not served
    #[arg(env = "INFIMA_WORKER_LISTEN", id = "worker-listen")]
    pub listen: Option<SocketAddr>,

    /// Seconds that running syncs get to finish when the process is asked to stop
    #[arg(env = "INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", id = "worker-shutdown-timeout", default_value = "20", value_parser = parse::seconds(1..=300))]
    pub shutdown_timeout: Duration,

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
        // apalis sends no heartbeat while it shuts down: with more time, the queue would reassign
        // its running jobs.
        if self.shutdown_timeout >= self.orphan {
            let reason = format!("it has to be below INFIMA_WORKER_ORPHAN_SECONDS ({})", self.orphan.as_secs());
            return Err(ConfigError::invalid("INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", reason));
        }
        Ok(())
    }
}
