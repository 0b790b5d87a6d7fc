//! Traces for an operator who has an OpenTelemetry collector. A trace leads from a request to the
//! run that it caused, in whichever process and however much later, and to each request to Halo.
//!
//! Spans are those of `tracing`; the same rules apply to their fields as to the log's. How a
//! request is sent is handed in, so that `net` stays the only module with an HTTP client.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::{Metadata, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{Layer, Registry, filter::filter_fn};
use url::Url;

pub use opentelemetry_http::{Bytes, Request, Response};

use super::InitError;

/// Sends a request to the collector.
pub type SendToCollector =
    Arc<dyn Fn(Request<Bytes>) -> BoxFuture<'static, Result<Response<Bytes>, HttpError>> + Send + Sync>;

/// The collector, and how it is reached.
pub struct Collector {
    pub endpoint: Url,
    pub send: SendToCollector,
}

pub(super) type TraceLayer = Box<dyn Layer<Registry> + Send + Sync>;

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();
/// The time in which a process that ends sends what it still has.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Begins to send traces, and returns the layer that makes them of spans.
pub(super) fn layer(collector: Collector) -> Result<TraceLayer, InitError> {
    let mut endpoint = collector.endpoint;
    // The variable names the collector; traces have their own path below it.
    let path = format!("{}/v1/traces", endpoint.path().trim_end_matches('/'));
    endpoint.set_path(&path);
    let client = Client { send: collector.send, runtime: Handle::current(), fails: AtomicBool::new(false) };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint.as_str())
        .build()
        .map_err(|error| InitError::Traces(error.to_string()))?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_service_name(env!("CARGO_PKG_NAME")).with_attribute(version).build();
    let provider = SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build();
    let tracer = PROVIDER.get_or_init(|| provider).tracer(env!("CARGO_PKG_NAME"));
    let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
    Ok(layer.with_tracked_inactivity(false).with_filter(filter_fn(is_ours)).boxed())
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
}

/// Whether traces are sent.
pub fn is_traced() -> bool {
    PROVIDER.get().is_some()
}

/// Returns the current span as the header `traceparent` has it, if traces are sent.
pub fn current_traceparent() -> Option<String> {
    if !is_traced() {
        return None;
    }
    let context = Span::current().context();
    let span = context.span();
    let of = span.span_context();
    of.is_valid().then(|| format!("00-{}-{}-{:02x}", of.trace_id(), of.span_id(), of.trace_flags().to_u8()))
}

/// Makes the span, which nothing has entered yet, a part of the trace that the header names. A
/// header of another form has no effect.
pub fn continue_trace(span: &Span, traceparent: &str) {
    let mut parts = traceparent.split('-').skip(1);
    let mut part = || parts.next().unwrap_or_default();
    let (trace, parent, flags) = (TraceId::from_hex(part()), SpanId::from_hex(part()), u8::from_str_radix(part(), 16));
    if let (true, Ok(trace), Ok(parent), Ok(flags)) = (is_traced(), trace, parent, flags) {
        let context = SpanContext::new(trace, parent, TraceFlags::new(flags), true, TraceState::default());
        // An error is that the span's level is not logged.
        let _ = span.set_parent(Context::new().with_remote_span_context(context));
    }
}

/// Sends what has not been sent yet. Call it when the process ends.
pub async fn flush() {
    let shut_down = || PROVIDER.get().map(|provider| provider.shutdown_with_timeout(FLUSH_TIMEOUT));
    if let Ok(Some(Err(error))) = tokio::task::spawn_blocking(shut_down).await {
        tracing::warn!(%error, "the last traces were not sent");
    }
}

struct Client {
    send: SendToCollector,
    /// The exporter's own thread belongs to no runtime.
    runtime: Handle,
    fails: AtomicBool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.runtime.spawn((self.send)(request)).await?;
        let fails = !sent.as_ref().is_ok_and(|response| response.status().is_success());
        if fails && !self.fails.swap(fails, Ordering::Relaxed) {
            tracing::warn!("the collector does not take traces (OTEL_EXPORTER_OTLP_ENDPOINT)");
        } else if !fails && self.fails.swap(fails, Ordering::Relaxed) {
            tracing::info!("the collector takes traces again");
        }
        sent
    }
}
