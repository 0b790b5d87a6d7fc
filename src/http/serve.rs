//! The connections of the server. It replaces `axum::serve`, which has none of these limits against
//! attacks that need no token:
//!
//! - *Slowloris* sends the head of a request byte by byte and never ends it: hyper's
//!   `header_read_timeout`, `Limits::head_timeout`.
//! - *Slow read* sends requests and does not read the answers: [`WriteTimeoutStream`],
//!   `Limits::send_timeout`.
//! - *Exhaustion* opens connections until the process has no open files left: the semaphore,
//!   `Limits::connections`.
//!
//! The rest is as in `axum::serve`: HTTP/1.1 with upgrades, and a graceful shutdown.

use std::{
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, serve::Listener};
use hyper::server::conn::http1::Builder;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::limits::Limits;

/// Serves connections from `listener` until `stopping` is cancelled. Requests under way are
/// answered.
pub async fn serve(mut listener: TcpListener, router: Router, limits: &Limits, stopping: CancellationToken) {
    let mut connections = Builder::new();
    connections.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout);
    let permits = Arc::new(Semaphore::new(limits.connections));
    let open = TaskTracker::new();
    loop {
        let accepted = async {
            let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
            // axum's `accept` waits when the process has no open files left, instead of failing.
            (permit, Listener::accept(&mut listener).await.0)
        };
        let (permit, stream) = tokio::select! {
            accepted = accepted => accepted,
            () = stopping.cancelled() => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let stream = WriteTimeoutStream { stream, max_wait: limits.send_timeout, deadline: None, permit };
        let stream = TokioIo::new(stream);
        let connection = connections.serve_connection(stream, service).with_upgrades();
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
            // The client has gone, or does not speak HTTP: no one has to act.
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
    drop(listener);
    open.close();
    open.wait().await;
}

/// A connection that fails when its client reads nothing for `max_wait` while data waits to be
/// sent. It holds its permit until it is closed, after an upgrade to a WebSocket too.
struct WriteTimeoutStream {
    stream: TcpStream,
    max_wait: Duration,
    /// Set while data waits to be sent.
    deadline: Option<Pin<Box<Sleep>>>,
    #[expect(dead_code, reason = "held until the connection is closed")]
    permit: OwnedSemaphorePermit,
}

impl WriteTimeoutStream {
    fn check_deadline(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.deadline = None;
            return written;
        }
        let max_wait = self.max_wait;
        ready!(self.deadline.get_or_insert_with(|| Box::pin(sleep(max_wait))).as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")))
    }
}

impl AsyncRead for WriteTimeoutStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for WriteTimeoutStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.check_deadline(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.check_deadline(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
