use url::Url;

use super::parse;

/// Where traces are sent.
#[derive(Clone, Debug, clap::Args)]
pub struct TracesConfig {
    /// Address of an OpenTelemetry collector that takes traces over OTLP with HTTP, for example
    /// `http://localhost:4318`; if absent, there are no traces
    #[arg(env = "OTEL_EXPORTER_OTLP_ENDPOINT", id = "otlp-endpoint", value_parser = parse::web_address)]
    pub endpoint: Option<Url>,
}
