//! Who may say what, and how it is written.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry,
    filter::filter_fn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
};

use super::traces::TraceLayer;
use crate::config::{LogConfig, LogFormat};

/// The prefix of the targets of the crate's own events.
const OURS: &str = env!("CARGO_CRATE_NAME");

/// The filter is not valid.
#[derive(Debug, thiserror::Error)]
#[error(
    "INFIMA_LOG is not usable: '{filter}' is not a level or a list such as info,infima_halo::halo=debug ({reason})"
)]
pub struct FilterError {
    filter: String,
    reason: String,
}

/// Returns a subscriber that writes one event a line to `writer`: text ([`LogFormat::Text`]), else
/// JSON. Tests use it to read the log; [`super::init`] writes to stderr.
///
/// # Errors
/// The filter is not valid.
pub fn subscriber<W>(config: &LogConfig, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, FilterError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    subscriber_with(config, writer, None)
}

/// The same, with a layer that makes traces.
pub(super) fn subscriber_with<W>(
    config: &LogConfig,
    writer: W,
    traces: Option<TraceLayer>,
) -> Result<Box<dyn Subscriber + Send + Sync>, FilterError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder()
        .parse(&config.filter)
        .map_err(|error| FilterError { filter: config.filter.clone(), reason: error.to_string() })?;
    let all = Registry::default().with(traces).with(filter);
    let lines = fmt::layer().with_writer(writer).with_ansi(false);
    Ok(match config.format {
        LogFormat::Text => Box::new(all.with(lines.compact().with_filter(filter_fn(is_logged)))),
        LogFormat::Auto | LogFormat::Json => {
            let json = lines.json().flatten_event(true).with_span_list(false);
            Box::new(all.with(json.with_filter(filter_fn(is_logged))))
        }
    })
}

/// Returns whether an event may be logged. Below `info`, other crates log the bytes that they
/// carry: h2 its frames, tungstenite its messages with the token in them, sqlx its statements. So
/// only our own code is logged there. sqlx's parser of addresses is never logged: it warns about an
/// unknown parameter with the parameter's value, which may be a mistyped password.
fn is_logged(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let ours = target == OURS || target.strip_prefix(OURS).is_some_and(|rest| rest.starts_with("::"));
    ours || (*metadata.level() <= Level::INFO && !target.starts_with("sqlx_postgres::options"))
}
