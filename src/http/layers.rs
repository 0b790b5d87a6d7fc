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
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowOrigin, CorsLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use tracing::{Span, field::Empty, info_span};
use url::{Host, Url};

use super::unread_body::finish_body;
use crate::graphql::{ErrorCode, RequestId};
use crate::telemetry::traces::continue_trace;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The headers that a page may send. Beside those of a request to GraphQL, they are the ones that
/// the frontend's tools add by themselves: tracing (W3C Trace Context and Baggage, Sentry) and
/// Apollo Client's client awareness. A page whose request has another one is not answered at all.
const ALLOWED_HEADERS: [HeaderName; 14] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::ACCEPT,
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("baggage"),
    HeaderName::from_static("sentry-trace"),
    HeaderName::from_static("apollographql-client-name"),
    HeaderName::from_static("apollographql-client-version"),
    HeaderName::from_static("apollo-require-preflight"),
    HeaderName::from_static("x-apollo-operation-name"),
    HeaderName::from_static("x-apollo-operation-id"),
    HeaderName::from_static("graphql-client-name"),
    HeaderName::from_static("graphql-client-version"),
];
/// The policy of every response that sets none itself: nothing may load or frame it. The playground
/// sets one for its page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The web origins that may call from a browser.
#[derive(Clone, Debug)]
pub struct Origins {
    pub listed: Vec<HeaderValue>,
    /// Whether each page of this machine may call, whatever its port: for development.
    pub any_loopback: bool,
}

impl Origins {
    fn allow(&self, origin: &HeaderValue) -> bool {
        self.listed.contains(origin) || self.any_loopback && is_loopback(origin)
    }
}

fn is_loopback(origin: &HeaderValue) -> bool {
    let url = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    url.is_some_and(|url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    })
}

/// Puts the layers around `router`.
pub(super) fn wrap(router: Router, origins: Origins) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| origins.allow(origin)))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(ALLOWED_HEADERS)
        .expose_headers([REQUEST_ID, header::RETRY_AFTER, header::CONTENT_DISPOSITION])
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
            if let Some(parent) = request.headers().get("traceparent").and_then(|parent| parent.to_str().ok()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_machine_are_allowed_in_development_alone() {
        let allowed = |any_loopback, origin: &'static str| {
            let listed = vec![HeaderValue::from_static("https://app.infima.example")];
            Origins { listed, any_loopback }.allow(&HeaderValue::from_static(origin))
        };
        for own in ["http://localhost:5173", "http://127.0.0.1:4000", "http://[::1]:81", "http://app.localhost:3000"] {
            assert!(allowed(true, own) && !allowed(false, own), "{own}");
        }
        for foreign in ["http://localhost.evil.example", "https://evil.example", "http://192.168.0.9:5173", "null"] {
            assert!(!allowed(true, foreign) && !allowed(false, foreign), "{foreign}");
        }
        assert!(allowed(false, "https://app.infima.example"));
    }
}
