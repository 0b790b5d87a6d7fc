//! Whether the process lives and can work, and what it counted. For the operator; `serve` and `worker` both have these.

use std::sync::Arc;

use axum::{
    Json, Router,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use futures::future::BoxFuture;
use serde_json::json;
use tokio_util::sync::CancellationToken;

/// What is asked, and what is told.
#[derive(Clone)]
pub struct Health {
    /// Whether the process can work; else what is missing, in words that anybody may read.
    pub ready: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
    /// Once cancelled, the process takes no new work.
    pub stopping: CancellationToken,
}

/// `/health/live` and `/health/ready`, which tell nothing that a caller may not know.
pub fn routes(health: Health) -> Router {
    let Health { ready, stopping } = health;
    let ready = move || {
        let (checking, stopping) = (ready(), stopping.is_cancelled());
        async move {
            let state = if stopping { Err("stopping".to_owned()) } else { checking.await };
            match state {
                Ok(()) => (StatusCode::OK, Json(json!({ "ready": true }))),
                Err(because) => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ready": false, "because": because }))),
            }
        }
    };
    Router::new()
        .route("/health/live", get(|| async { Json(json!({ "live": true })) }))
        .route("/health/ready", get(ready))
}

/// `/metrics`, in Prometheus' text format. For the operator alone, so it has a port of its own where callers come in.
pub fn metrics(render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let metrics = move || {
        let text = render();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response() }
    };
    Router::new().route("/metrics", get(metrics))
}
