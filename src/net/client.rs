//! An HTTP client that sends one request and reads one answer, within every limit.

use std::{sync::Arc, time::Duration};

use futures::StreamExt;
use reqwest::{
    Client, Method, Request, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue},
    redirect, retry,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use super::{
    AnswerLimits, Guard,
    answer_body::{AnswerBody, Unreadable},
    guard::BlockedAddress,
    in_flight::{Held, InFlight, NoPermit},
    install_tls_provider,
};

const USER_AGENT: &str = concat!("INFIMA-Halo-Integration/", env!("CARGO_PKG_VERSION"));
/// How long an idle connection is kept, or twice that: shorter than servers usually keep it, so
/// that a create seldom uses one that is just being closed. A night leaves one with each partner's
/// Halo, 40 to 70 KB each.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);
/// The most idle connections to one host.
const MAX_IDLE_CONNECTIONS: usize = 8;
/// What a server may send over HTTP/2 before it is read, for each request and each connection, and
/// the headers of one answer, in bytes.
const STREAM_WINDOW: u32 = 128 << 10;
const CONNECTION_WINDOW: u32 = 512 << 10;
const MAX_HEADERS: u32 = 32 << 10;
/// A server that stops sending after it had to wait this long for us is not at fault.
const LONG_WAIT: Duration = Duration::from_secs(1);

/// The time and size limits of a client.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// For connecting, with TLS.
    pub connect: Duration,
    /// From the first byte sent to the last byte read.
    pub total: Duration,
    /// Size of any answer's body in bytes, after decompression. A [`Call`] may set less.
    pub answer: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), total: Duration::from_secs(30), answer: 16 << 20 }
    }
}

/// An HTTP client with limits. Clones are cheap and share their connections.
#[derive(Clone)]
pub struct HttpClient {
    /// Reaches every address.
    unrestricted: Client,
    /// For addresses that partners type: the guard, and a client that resolves names through it.
    guarded: Option<(Guard, Client)>,
    /// The answers that are in flight, of a client for typed addresses.
    in_flight: Option<Arc<InFlight>>,
    limits: HttpLimits,
}

/// A request to be sent.
pub struct Call<'a> {
    pub method: Method,
    pub url: Url,
    pub bearer: Option<&'a SecretString>,
    pub body: Body,
    /// A shorter total time-out than the client's. A longer one has no effect.
    pub within: Option<Duration>,
    pub limits: AnswerLimits,
}

pub enum Body {
    Empty,
    Json(serde_json::Value),
    /// A form that is url-encoded already.
    Form(String),
    Protobuf(Vec<u8>),
}

/// A request whose answer is of no interest but for its status.
pub struct Post<'a> {
    pub url: Url,
    pub headers: &'a [(&'static str, String)],
    /// The body, byte for byte.
    pub json: String,
}

/// An answer with its body. An answer that is no success is cut if it is long.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// The place among the answers in flight. It is returned with the answer.
    _held: Option<Held>,
}

/// The reason why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// The guard blocked the address. Nothing was sent.
    #[error("this address may not be called")]
    Blocked,
    /// No connection was made. Nothing was sent.
    #[error("the address could not be reached")]
    Unreachable,
    /// Other requests to the host were under way until the time ran out. Nothing was sent.
    #[error("too many requests to this address are under way")]
    NotSent,
    /// The time ran out or the connection was cut. The request may have arrived.
    #[error("the address did not answer")]
    Interrupted,
    /// The answer is larger than the limit. The request arrived.
    #[error("the answer is too large")]
    TooLarge,
    /// Other answers took up all the memory that is meant for answers, until the time ran out. The
    /// request arrived.
    #[error("too many large answers are being read")]
    Busy,
}

/// The process cannot set up TLS.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client can be built; are the system's CA certificates installed (Debian: ca-certificates)?")]
pub struct CannotBuildClient(#[source] reqwest::Error);

impl HttpClient {
    /// A client for addresses that partners type.
    pub fn for_typed_addresses(guard: Guard, limits: HttpLimits) -> Result<Self, CannotBuildClient> {
        let guarded = build(limits, |builder| builder.dns_resolver(guard.clone()).https_only(true))?;
        let in_flight = Some(Arc::default());
        Ok(Self { unrestricted: build(limits, |builder| builder)?, guarded: Some((guard, guarded)), in_flight, limits })
    }

    /// A client for addresses that the operator configures. They may be private.
    pub fn for_configured_addresses(limits: HttpLimits) -> Result<Self, CannotBuildClient> {
        Ok(Self { unrestricted: build(limits, |builder| builder)?, guarded: None, in_flight: None, limits })
    }

    /// The guard of a client for typed addresses.
    pub fn guard(&self) -> Option<&Guard> {
        self.guarded.as_ref().map(|(guard, _)| guard)
    }

    /// Sends the request once. Every status is an answer; only a missing answer is an error.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, NetError> {
        let client = self.client_for(&call.url)?;
        let limit = call.within.map_or(self.limits.total, |within| within.min(self.limits.total));
        let deadline = Instant::now() + limit;
        let limits = AnswerLimits { bytes: call.limits.bytes.min(self.limits.answer), ..call.limits };
        let held = self.enter(&call.url, deadline).await?;
        let left = deadline.saturating_duration_since(Instant::now());
        let response = client.execute(request(call, left)).await.map_err(|error| classify_error(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_success() && response.content_length().is_some_and(|length| length > limits.bytes as u64) {
            return Err(NetError::TooLarge);
        }

        let mut body = AnswerBody::new(is_gzip(&headers), status.is_success(), limits, held);
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let interrupted = if body.waited > LONG_WAIT { NetError::Busy } else { NetError::Interrupted };
            body = body.read(chunk.map_err(|_| interrupted)?, deadline).await?;
            if body.is_cut() {
                break;
            }
        }
        let (body, held) = body.finish()?;
        Ok(Answer { status, headers, body, _held: held })
    }

    /// Sends the request once, and returns the status of its answer. The body of the answer is not
    /// read.
    pub async fn post(&self, post: Post<'_>) -> Result<StatusCode, NetError> {
        let client = self.client_for(&post.url)?;
        let deadline = Instant::now() + self.limits.total;
        let _held = self.enter(&post.url, deadline).await?;
        let mut request = Request::new(Method::POST, post.url);
        *request.timeout_mut() = Some(deadline.saturating_duration_since(Instant::now()));
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in post.headers {
            headers.insert(*name, HeaderValue::try_from(value).map_err(|_| NetError::Unreachable)?);
        }
        *request.body_mut() = Some(post.json.into());
        let response = client.execute(request).await.map_err(|error| classify_error(&error))?;
        Ok(response.status())
    }

    /// The client that may call this address.
    fn client_for(&self, url: &Url) -> Result<&Client, NetError> {
        let Some((guard, guarded)) = &self.guarded else { return Ok(&self.unrestricted) };
        guard.check_url(url).map_err(|BlockedAddress| NetError::Blocked)?;
        Ok(if guard.allowed().allows(url) { &self.unrestricted } else { guarded })
    }

    /// Waits for a place among the requests to this host.
    async fn enter(&self, url: &Url, deadline: Instant) -> Result<Option<Held>, NetError> {
        let Some(in_flight) = &self.in_flight else { return Ok(None) };
        Ok(Some(in_flight.enter(url.authority(), deadline).await.map_err(|NoPermit| NetError::NotSent)?))
    }
}

impl<'a> Call<'a> {
    /// A GET without credentials.
    pub fn get(url: Url, limits: AnswerLimits) -> Self {
        Self { method: Method::GET, url, bearer: None, body: Body::Empty, within: None, limits }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that builds clients")]
fn build(
    limits: HttpLimits,
    kind: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<Client, CannotBuildClient> {
    install_tls_provider();
    let builder = Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(limits.connect)
        .timeout(limits.total)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        .http2_max_header_list_size(MAX_HEADERS)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_proxy();
    kind(builder).build().map_err(CannotBuildClient)
}

fn request(call: Call<'_>, limit: Duration) -> Request {
    let mut request = Request::new(call.method, call.url);
    *request.timeout_mut() = Some(limit);
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    // A token with characters that no header can carry is not sent: the answer is a 401 then.
    if let Some(mut value) =
        call.bearer.and_then(|token| HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).ok())
    {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let (content_type, body) = match call.body {
        Body::Empty => return request,
        Body::Json(value) => ("application/json", value.to_string().into_bytes()),
        Body::Form(text) => ("application/x-www-form-urlencoded", text.into_bytes()),
        Body::Protobuf(bytes) => ("application/x-protobuf", bytes),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    *request.body_mut() = Some(body.into());
    request
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|encoding| encoding.to_str().ok()).map(str::trim);
    encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip"))
}

impl From<Unreadable> for NetError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge => NetError::TooLarge,
            Unreadable::Corrupt => NetError::Interrupted,
            Unreadable::NoPlace => NetError::Busy,
        }
    }
}

fn classify_error(error: &reqwest::Error) -> NetError {
    if error.is_connect() || error.is_builder() { NetError::Unreachable } else { NetError::Interrupted }
}
