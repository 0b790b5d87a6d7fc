//! The connections of the server. It replaces `axum::serve`, which has none of these limits against
//! attacks that need no token:
//!
//! - *Slowloris* sends the head of a request byte by byte and never ends it: hyper's
//!   `header_read_timeout`, `Limits::head_timeout`.
//! - *Slow read* sends requests and does not read the answers: [`WriteTimeoutStream`],
//!   `Limits::send_timeout`.
//! - *Exhaustion* opens connections until the process has no open files left: the semaphore,
//!   `Limits::connections`. Those on which no caller has been identified have a limit of their own,
//!   and one for each address, [`Places`].
//!
//! A connection whose client has not sent all of a refused request lingers before it is closed: see
//! [`super::unread_body`].
//!
//! The rest is as in `axum::serve`: HTTP/1.1 with upgrades, and a graceful shutdown.

use std::{
    io,
    net::IpAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, serve::Listener};
use hyper::{
    body::Incoming,
    server::conn::http1::Builder,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use ipnet::IpNet;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    addresses::is_trusted,
    callers::{Slots, Unauthenticated},
    limits::Limits,
    unread_body::ConnectionInfo,
};

/// The time that a client gets to read the answer to a request that it is still sending.
const LINGER: Duration = Duration::from_secs(10);
/// What is read and dropped of such a request: more than the largest body that any caller may send.
const MOST_DROPPED: usize = 80 * 1024 * 1024;

/// Serves connections from `listener` until `stopping` is cancelled. Requests under way are
/// answered.
pub async fn serve(mut listener: TcpListener, router: Router, limits: &Limits, stopping: CancellationToken) {
    let mut connections = Builder::new();
    connections.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout);
    let permits = Arc::new(Semaphore::new(limits.connections));
    let places = Places::new(limits);
    let open = TaskTracker::new();
    loop {
        let accepted = async {
            let permit = permits.clone().acquire_owned().await.expect("the semaphore is never closed");
            // axum's `accept` waits when the process has no open files left, instead of failing.
            (permit, Listener::accept(&mut listener).await)
        };
        let (permit, (stream, peer)) = tokio::select! {
            accepted = accepted => accepted,
            () = stopping.cancelled() => break,
        };
        let router = TowerToHyperService::new(router.clone());
        let Ok(place) = places.take(peer.ip()) else {
            metrics::counter!("http_connections_refused_total").increment(1);
            continue;
        };
        let info = ConnectionInfo::new(peer.ip(), place);
        let of_requests = info.clone();
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(of_requests.clone());
            router.call(request)
        });
        let stream =
            WriteTimeoutStream { stream, max_wait: limits.send_timeout, deadline: None, info, linger: None, permit };
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

/// The places of connections on which no caller has been identified yet.
struct Places {
    by_address: Slots,
    all: Arc<Semaphore>,
    trusted_proxies: Vec<IpNet>,
}

/// There is no place for one more connection from this address.
struct NoPlace;

impl Places {
    fn new(limits: &Limits) -> Self {
        Self {
            by_address: Slots::new(limits.connections_per_address, "http_unauthenticated_connections"),
            all: Arc::new(Semaphore::new((limits.connections / 4 * 3).max(1))),
            trusted_proxies: limits.trusted_proxies.clone(),
        }
    }

    /// `None` for a trusted proxy: it has connections of many clients, and limits of its own.
    fn take(&self, peer: IpAddr) -> Result<Option<Unauthenticated>, NoPlace> {
        if is_trusted(peer, &self.trusted_proxies) {
            return Ok(None);
        }
        let of_address = self.by_address.acquire(peer.to_string()).map_err(|_| NoPlace)?;
        let of_all = self.all.clone().try_acquire_owned().map_err(|_| NoPlace)?;
        Ok(Some((of_address, of_all)))
    }
}

/// A connection that fails when its client reads nothing for `max_wait` while data waits to be
/// sent. It holds its permit until it is closed, after an upgrade to a WebSocket too.
struct WriteTimeoutStream {
    stream: TcpStream,
    max_wait: Duration,
    /// Set while data waits to be sent.
    deadline: Option<Pin<Box<Sleep>>>,
    info: ConnectionInfo,
    /// Set while the connection is closed and its client may still be reading: the end of that
    /// time, and what was read and dropped meanwhile.
    linger: Option<(Pin<Box<Sleep>>, usize)>,
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

    /// Says that no more will be sent, and reads on for a while if the client is still sending: to
    /// close a connection with unread input resets it, and the reset overtakes the answer.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.linger = Some((Box::pin(sleep(LINGER)), 0));
        }
        if !self.info.lingers() {
            return Poll::Ready(Ok(()));
        }
        let Self { stream, linger: Some((end, dropped)), .. } = &mut *self else { return Poll::Ready(Ok(())) };
        let mut buffer = [0; 16 * 1024];
        while end.as_mut().poll(context).is_pending() && *dropped < MOST_DROPPED {
            let mut into = ReadBuf::new(&mut buffer);
            match ready!(Pin::new(&mut *stream).poll_read(context, &mut into)) {
                Ok(()) if !into.filled().is_empty() => *dropped += into.filled().len(),
                // The client has closed its side, or is gone.
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
