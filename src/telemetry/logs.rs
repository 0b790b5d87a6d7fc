//! Who may say what, and how it is written.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry,
    filter::filter_fn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
};

use crate::config::{LogConfig, LogFormat};

/// The crate's own events have this in front of their target.
const OURS: &str = env!("CARGO_CRATE_NAME");

/// The filter is not one.
#[derive(Debug, thiserror::Error)]
#[error(
    "INFIMA_LOG is not usable: '{filter}' is not a level or a list such as info,infima_halo::halo=debug ({reason})"
)]
pub struct FilterError {
    filter: String,
    reason: String,
}

/// Logs written to `writer`, one event a line: text for people ([`LogFormat::Text`]), else JSON. For tests, which look
/// at what was written; [`super::init`] writes to stderr.
///
/// # Errors
/// The filter is not one.
pub fn subscriber<W>(config: &LogConfig, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, FilterError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let asked_for = EnvFilter::builder()
        .parse(&config.filter)
        .map_err(|error| FilterError { filter: config.filter.clone(), reason: error.to_string() })?;
    let all = Registry::default().with(asked_for);
    let lines = fmt::layer().with_writer(writer).with_ansi(false);
    Ok(match config.format {
        LogFormat::Text => Box::new(all.with(lines.compact().with_filter(filter_fn(may_speak)))),
        LogFormat::Auto | LogFormat::Json => {
            let json = lines.json().flatten_event(true).with_span_list(false);
            Box::new(all.with(json.with_filter(filter_fn(may_speak))))
        }
    })
}

/// Below `info`, crates that carry other people's bytes print them: h2 its frames, tungstenite its messages with the
/// token in them, sqlx its statements. So only our own code may speak there. sqlx's parser of addresses is silenced
/// altogether: it warns about a parameter that it does not know with the parameter's value, a mistyped password too.
fn may_speak(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let ours = target == OURS || target.strip_prefix(OURS).is_some_and(|rest| rest.starts_with("::"));
    ours || (*metadata.level() <= Level::INFO && !target.starts_with("sqlx_postgres::options"))
}
