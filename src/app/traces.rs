//! The collector of traces, reached with our own HTTP client.

use std::sync::Arc;
use std::time::Duration;

use super::StartError;
use crate::config::TracesConfig;
use crate::net::{AnswerLimits, Body, Call, HttpClient, HttpLimits, Method};
use crate::telemetry::traces::{Bytes, Collector, Request, Response};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the collector that the operator named.
///
/// # Errors
/// No HTTP client can be built.
pub fn collector(config: &TracesConfig) -> Result<Option<Collector>, StartError> {
    let Some(endpoint) = config.endpoint.clone() else { return Ok(None) };
    let http = HttpClient::for_configured_addresses(HttpLimits { total: TIMEOUT, ..HttpLimits::default() })?;
    let send = move |request: Request<Bytes>| -> futures::future::BoxFuture<'static, _> {
        let http = http.clone();
        Box::pin(async move {
            let call = Call {
                method: Method::POST,
                url: request.uri().to_string().parse()?,
                bearer: None,
                body: Body::Protobuf(request.into_body().to_vec()),
                within: None,
                limits: AnswerLimits::FEW_FACTS,
            };
            let answer = http.send(call).await?;
            Ok(Response::builder().status(answer.status).body(Bytes::from(answer.body))?)
        })
    };
    Ok(Some(Collector { endpoint, send: Arc::new(send) }))
}
