//! A request that is answered before its body was read, such as a large import with an expired
//! token.
//!
//! What is left of the body stands before the next request on that connection, and a connection
//! that is closed with unread input resets it, which destroys the answer on its way. So a small
//! rest is read and dropped; otherwise the answer says `connection: close`, and the connection is
//! closed only after its client has had time to read that ([`ConnectionInfo::linger`]).

use std::{
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use futures::StreamExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::timeout;

use super::callers::Unauthenticated;

/// The rest of a body that is read so that the connection can be used again.
const LARGEST_REST: usize = 64 * 1024;
/// The time in which that rest has to arrive.
const REST_TIMEOUT: Duration = Duration::from_secs(2);

/// What the requests and their connection know of each other.
#[derive(Clone)]
pub(super) struct ConnectionInfo {
    peer: IpAddr,
    /// The connection's place while no caller has been identified on it.
    place: Arc<Mutex<Option<Unauthenticated>>>,
    lingers: Arc<AtomicBool>,
}

impl ConnectionInfo {
    pub(super) fn new(peer: IpAddr, place: Option<Unauthenticated>) -> Self {
        Self { peer, place: Arc::new(Mutex::new(place)), lingers: Arc::default() }
    }

    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Leaves the place of a connection whose caller is not known: its caller has its own limits.
    pub(super) fn leave_unauthenticated(&self) {
        drop(self.place.lock().expect("never held across a panic").take());
    }

    /// Has the connection wait for its client when it is closed.
    fn linger(&self) {
        self.lingers.store(true, Ordering::Relaxed);
    }

    pub(super) fn lingers(&self) -> bool {
        self.lingers.load(Ordering::Relaxed)
    }
}

/// Reads or announces what the handler left of the body.
pub(super) async fn finish_body(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let connection = request.extensions().get::<ConnectionInfo>().cloned();
    // Such a client sends its body only when it is asked for it.
    let waits_for_permission = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let body = SharedBody(Arc::new(Mutex::new(body)));
    let mut response = next.run(Request::from_parts(parts, Body::new(body.clone()))).await;
    let is_read = !waits_for_permission && timeout(REST_TIMEOUT, body.clone().drop_rest()).await.unwrap_or(false);
    if !is_read && !body.is_end_stream() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        if let Some(connection) = connection {
            connection.linger();
        }
    }
    response
}

/// A body that the handler reads, and of which the rest is still there afterwards.
#[derive(Clone)]
struct SharedBody(Arc<Mutex<Body>>);

impl SharedBody {
    /// Reads the rest and drops it. Returns whether that was all.
    async fn drop_rest(self) -> bool {
        let mut rest = Body::new(self).into_data_stream();
        let mut size = 0;
        while let Some(part) = rest.next().await {
            let Ok(part) = part else { return false };
            size += part.len();
            if size > LARGEST_REST {
                return false;
            }
        }
        true
    }
}

impl HttpBody for SharedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut *self.0.lock().expect("never held across a panic")).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().expect("never held across a panic").is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().expect("never held across a panic").size_hint()
    }
}
