//! Connections: each answers with the router, and gets so much time for the head of a request and no more.
//!
//! What `axum::serve` does, with that one limit, which it has not: a connection that dribbles a head would be kept for ever,
//! before anything here knows that there is a request.

use std::{pin::pin, time::Duration};

use axum::{Router, serve::Listener};
use hyper::server::conn::http1::Builder;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Answers at `listener` until `stopping`; what is being answered then is brought to its end. `head_time` is what a
/// connection gets for a request's head, and how long it may be idle between two requests.
pub async fn serve(mut listener: TcpListener, router: Router, head_time: Duration, stopping: CancellationToken) {
    let mut connections = Builder::new();
    connections.timer(TokioTimer::new()).header_read_timeout(head_time);
    let open = TaskTracker::new();
    loop {
        let (stream, _) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = stopping.cancelled() => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = connections.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let stopping = stopping.clone();
        open.spawn(async move {
            let mut connection = pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = stopping.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            // A client that goes, or that does not speak HTTP, is nobody's fault.
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
    drop(listener);
    open.close();
    open.wait().await;
}
