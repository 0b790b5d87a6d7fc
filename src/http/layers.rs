//! The layers around every route: a request id, a span, security headers, CORS, compression, and a
//! response for panics.

use std::{any::Any, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, cors::CorsLayer, set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use tracing::{Span, field::Empty, info_span};

use super::unread_body::finish_body;
use crate::graphql::{ErrorCode, RequestId};
use crate::telemetry::traces::continue_trace;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A header that a page's own tracing adds to its requests (W3C Trace Context).
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");
/// The policy of every response that sets none itself: nothing may load or frame it. The playground
/// sets one for its page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Puts the layers around `router`. `origins` are the web origins that may call from a browser.
pub(super) fn wrap(router: Router, origins: Vec<HeaderValue>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT, TRACE_PARENT, TRACE_STATE])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER])
        .max_age(Duration::from_secs(3600));
    let set = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    // The span has no query string: the variables of a GET are in it.
    let trace = TraceLayer::new_for_http()
        .make_span_with(|request: &Request| {
            let id = request.extensions().get::<RequestId>().map(RequestId::as_str);
            let span = info_span!("request", request_id = id, method = %request.method(), path = request.uri().path(),
                operation = Empty, role = Empty, caller = Empty);
            if let Some(parent) = request.headers().get(TRACE_PARENT).and_then(|parent| parent.to_str().ok()) {
                continue_trace(&span, parent);
            }
            span
        })
        .on_request(())
        .on_failure(())
        .on_response(|response: &Response, latency: Duration, _: &Span| {
            let status = response.status().as_u16();
            tracing::info!(status, duration_ms = latency.as_millis(), "served");
            metrics::histogram!("http_request_seconds", "status" => status.to_string()).record(latency.as_secs_f64());
        });
    router
        .layer(from_fn(finish_body))
        .layer(CompressionLayer::new())
        .layer(cors)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(set(header::CACHE_CONTROL, "no-store"))
        .layer(set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(set(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(set(header::X_FRAME_OPTIONS, "DENY"))
        .layer(set(header::REFERRER_POLICY, "no-referrer"))
        .layer(set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"))
        .layer(trace)
        .layer(from_fn(assign_request_id))
}

/// Gives the request an id. One that the client sends is not used, so that no client can write into
/// our logs.
async fn assign_request_id(mut request: Request, next: Next) -> Response {
    let id = RequestId::generate();
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(REQUEST_ID, HeaderValue::from_str(id.as_str()).expect("hexadecimal digits"));
    response
}

/// Answers a request whose handler panicked. The panic hook has logged it. Panics of resolvers are
/// caught by the validator.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    let message = "Something went wrong on our side. Try again, or give support the x-request-id header.";
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": ErrorCode::Internal.as_str() } }] });
    let json = [(header::CONTENT_TYPE, "application/graphql-response+json; charset=utf-8")];
    (StatusCode::INTERNAL_SERVER_ERROR, json, body.to_string()).into_response()
}
