use std::{net::SocketAddr, time::Duration};

use ipnet::IpNet;

use super::parse;

/// The API's listeners and the limits of one caller.
#[derive(Clone, Debug, clap::Args)]
pub struct HttpConfig {
    /// Address and port to listen on
    #[arg(env = "INFIMA_LISTEN", id = "listen", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Address and port at which `serve` answers `/metrics`, for the operator's network only; if
    /// absent, `/metrics` is not served
    #[arg(env = "INFIMA_METRICS_LISTEN", id = "metrics-listen")]
    pub metrics_listen: Option<SocketAddr>,

    /// Seconds between the signal to stop, after which `serve` is no longer ready, and the end of
    /// listening: the time that a load balancer needs to notice
    #[arg(env = "INFIMA_DRAIN_SECONDS", id = "drain", default_value = "5", value_parser = parse::seconds(0..=300))]
    pub drain: Duration,

    /// Seconds that requests in progress get to finish after the end of listening
    #[arg(env = "INFIMA_SHUTDOWN_TIMEOUT_SECONDS", id = "shutdown-timeout", default_value = "20", value_parser = parse::seconds(1..=300))]
    pub shutdown_timeout: Duration,

    /// Maximum number of open connections of all clients together
    #[arg(
        env = "INFIMA_CONNECTIONS",
        id = "connections",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(16..=1_000_000)
    )]
    pub connections: u32,

    /// Maximum number of open connections from one address on which no caller has been identified
    #[arg(
        env = "INFIMA_CONNECTIONS_PER_ADDRESS",
        id = "connections-per-address",
        default_value_t = 1_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    pub connections_per_address: u32,

    /// Networks of the proxies in front of `serve`, separated by commas: the address that such a
    /// proxy adds to `x-forwarded-for` counts as its client's
    #[arg(env = "INFIMA_TRUSTED_PROXIES", id = "trusted-proxies", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,

    /// Web origins that may call the API from a browser, separated by commas
    #[arg(env = "INFIMA_CORS_ORIGINS", id = "cors-origins", value_delimiter = ',', value_parser = origin)]
    pub cors_origins: Vec<String>,

    /// Seconds after which a query is stopped
    #[arg(env = "INFIMA_REQUEST_SECONDS", id = "request-seconds", default_value = "30", value_parser = parse::seconds(1..=300))]
    pub request_time: Duration,

    /// Largest request body in bytes
    #[arg(
        env = "INFIMA_BODY_BYTES",
        id = "body-bytes",
        default_value_t = 262_144,
        value_parser = clap::value_parser!(u32).range(16_384..=67_108_864)
    )]
    pub body_bytes: u32,

    /// Largest request body in bytes for the platform's roster import
    #[arg(
        env = "INFIMA_IMPORT_BODY_BYTES",
        id = "import-body-bytes",
        default_value_t = 8_388_608,
        value_parser = clap::value_parser!(u32).range(16_384..=67_108_864)
    )]
    pub import_body_bytes: u32,

    /// Maximum number of requests of one caller in a minute, counted by each process separately
    #[arg(
        env = "INFIMA_REQUESTS_PER_MINUTE",
        id = "requests-per-minute",
        default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(1..=100_000)
    )]
    pub requests_per_minute: u32,

    /// Maximum number of open subscriptions of one caller, counted by each process separately
    #[arg(
        env = "INFIMA_SUBSCRIPTIONS_PER_CALLER",
        id = "subscriptions-per-caller",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=1_000)
    )]
    pub subscriptions_per_caller: u32,
}

/// Parses an origin as browsers send it: scheme, host, and a port if it is not the default.
fn origin(text: &str) -> Result<String, String> {
    let origin = parse::web_address(text.trim())?.origin().ascii_serialization();
    if text.trim().trim_end_matches('/').eq_ignore_ascii_case(&origin) {
        Ok(origin)
    } else {
        Err(format!("give the origin alone: {origin}"))
    }
}
