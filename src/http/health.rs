//! Health checks and metrics for the operator, in `serve` and `worker` alike.

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

/// What the health checks report.
#[derive(Clone)]
pub struct Health {
    /// Checks whether the process can work. The error says what is missing, and is public.
    pub ready: Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
    /// Cancelled when the process takes no new work.
    pub stopping: CancellationToken,
}

/// The routes `/health/live` and `/health/ready`. They are public.
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

/// The route `/metrics`, in Prometheus' text format. It is for the operator, so `serve` offers it
/// on a port of its own.
pub fn metrics(render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let metrics = move || {
        let text = render();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response() }
    };
    Router::new().route("/metrics", get(metrics))
}
