//! Connections: each answers with the router, and gets so much time for the head of a request, and for its client to take
//! what it is sent, and no more.
//!
//! What `axum::serve` does, with limits that it has not: a connection that dribbles a head, or whose client asks and does not
//! read, would be kept for ever, and nobody has to sign in for either.

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

/// Answers at `listener` until `stopping`; what is being answered then is brought to its end.
pub async fn serve(mut listener: TcpListener, router: Router, limits: &Limits, stopping: CancellationToken) {
    let mut connections = Builder::new();
    connections.timer(TokioTimer::new()).header_read_timeout(limits.head_time);
    let places = Arc::new(Semaphore::new(limits.connections));
    let open = TaskTracker::new();
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await.expect("never closed");
            (place, Listener::accept(&mut listener).await.0)
        };
        let (place, stream) = tokio::select! {
            next = next => next,
            () = stopping.cancelled() => break,
        };
        let service = TowerToHyperService::new(router.clone());
        let stream = TokioIo::new(Taken { stream, max_wait: limits.send_time, waiting: None, place });
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

/// A connection whose client has to take what it is sent: once nothing more of it was taken for `max_wait`, it is cut. It has
/// its place among all connections for as long as it is open, as a socket too.
struct Taken {
    stream: TcpStream,
    max_wait: Duration,
    /// Since something waits to be taken.
    waiting: Option<Pin<Box<Sleep>>>,
    #[expect(dead_code, reason = "held")]
    place: OwnedSemaphorePermit,
}

impl Taken {
    fn judge(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let max_wait = self.max_wait;
        ready!(self.waiting.get_or_insert_with(|| Box::pin(sleep(max_wait))).as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing more")))
    }
}

impl AsyncRead for Taken {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Taken {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.judge(context, written)
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
