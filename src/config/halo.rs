use std::time::Duration;

use super::{ConfigError, Environment, parse};

/// The request budget of a Halo tenant, and time limits.
#[derive(Clone, Debug, clap::Args)]
pub struct HaloConfig {
    /// Requests that all processes together send to one Halo tenant within the window (Halo is said
    /// to allow 300 to 700 in 5 minutes, all integrations together)
    #[arg(
        env = "INFIMA_HALO_REQUESTS",
        id = "halo-requests",
        default_value_t = 240,
        value_parser = clap::value_parser!(u32).range(2..=700)
    )]
    pub requests: u32,

    /// Seconds of the rolling window in which those requests are counted
    #[arg(env = "INFIMA_HALO_WINDOW_SECONDS", id = "halo-window", default_value = "300", value_parser = parse::seconds(1..=3600))]
    pub window: Duration,

    /// How many of those requests are reserved for interactive use
    #[arg(
        env = "INFIMA_HALO_INTERACTIVE_RESERVE",
        id = "halo-interactive-reserve",
        default_value_t = 40,
        value_parser = clap::value_parser!(u32).range(1..=699)
    )]
    pub interactive_reserve: u32,

    /// How many of those requests are reserved for syncs; at most half of what the interactive
    /// reserve leaves
    #[arg(
        env = "INFIMA_HALO_SYNC_RESERVE",
        id = "halo-sync-reserve",
        default_value_t = 40,
        value_parser = clap::value_parser!(u32).range(0..=699)
    )]
    pub sync_reserve: u32,

    /// Percentage of the requests for interactive use that one caller may use within the window,
    /// counted by each process separately
    #[arg(
        env = "INFIMA_HALO_CALLER_SHARE",
        id = "halo-caller-share",
        default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=100)
    )]
    pub caller_share: u32,

    /// Seconds after an unconfirmed create before an empty lookup counts as "not created"
    #[arg(env = "INFIMA_HALO_CREATE_CONFIRMATION_SECONDS", id = "halo-create-confirmation", default_value = "300", value_parser = parse::seconds(1..=3600))]
    pub create_confirmation: Duration,

    /// Maximum age in seconds of what a sync has read: an older subscription is read again before
    /// it is written
    #[arg(env = "INFIMA_HALO_MAX_OBSERVATION_AGE_SECONDS", id = "halo-max-observation-age", default_value = "60", value_parser = parse::seconds(0..=3600))]
    pub max_observation_age: Duration,

    /// Time-out in seconds for one request to Halo
    #[arg(env = "INFIMA_HALO_TIMEOUT_SECONDS", id = "halo-timeout", default_value = "30", value_parser = parse::seconds(1..=120))]
    pub timeout: Duration,

    /// Development only: `host:port` addresses (or `host:*`, for all ports) that may be private and
    /// plain http, separated by commas
    #[arg(env = "INFIMA_HALO_DEVELOPMENT_ADDRESSES", id = "halo-development-addresses", value_delimiter = ',')]
    pub development_addresses: Vec<String>,
}

impl HaloConfig {
    pub(super) fn check(&self, environment: Environment) -> Result<(), ConfigError> {
        if self.interactive_reserve >= self.requests {
            let reason = format!("it has to be below INFIMA_HALO_REQUESTS ({}), or no sync can run", self.requests);
            return Err(ConfigError::invalid("INFIMA_HALO_INTERACTIVE_RESERVE", reason));
        }
        if environment == Environment::Production && !self.development_addresses.is_empty() {
            let reason = "production calls public https addresses only; unset it";
            return Err(ConfigError::invalid("INFIMA_HALO_DEVELOPMENT_ADDRESSES", reason));
        }
        Ok(())
    }
}
