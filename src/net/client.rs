//! An HTTP client that sends one request and reads one answer, within every limit.

use std::{error::Error, time::Duration};

use futures::StreamExt;
use reqwest::{
    Client, Method, Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    redirect, retry,
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Guard, guard::BlockedAddress, install_tls_provider};

const USER_AGENT: &str = concat!("INFIMA-Halo-Integration/", env!("CARGO_PKG_VERSION"));
/// How long an idle connection is kept: shorter than servers usually keep it, so that a create
/// seldom uses one that is just being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);

/// The time and size limits of a client.
#[derive(Clone, Copy, Debug)]
pub struct HttpLimits {
    /// For connecting, with TLS.
    pub connect: Duration,
    /// From the first byte sent to the last byte read.
    pub total: Duration,
    /// Size of an answer's body in bytes, after decompression.
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
}

pub enum Body {
    Empty,
    Json(serde_json::Value),
    /// A form that is url-encoded already.
    Form(String),
}

/// An answer with its whole body.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
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
    /// The time ran out or the connection was cut. The request may have arrived.
    #[error("the address did not answer")]
    Interrupted,
    /// The answer is larger than the limit. The request arrived.
    #[error("the answer is too large")]
    TooLarge,
}

/// The process cannot set up TLS.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client can be built; are the system's CA certificates installed (Debian: ca-certificates)?")]
pub struct CannotBuildClient(#[source] reqwest::Error);

impl HttpClient {
    /// A client for addresses that partners type.
    pub fn for_typed_addresses(guard: Guard, limits: HttpLimits) -> Result<Self, CannotBuildClient> {
        let guarded = build(limits, |builder| builder.dns_resolver(guard.clone()).https_only(true))?;
        Ok(Self { unrestricted: build(limits, |builder| builder)?, guarded: Some((guard, guarded)), limits })
    }

    /// A client for addresses that the operator configures. They may be private.
    pub fn for_configured_addresses(limits: HttpLimits) -> Result<Self, CannotBuildClient> {
        Ok(Self { unrestricted: build(limits, |builder| builder)?, guarded: None, limits })
    }

    /// The guard of a client for typed addresses.
    pub fn guard(&self) -> Option<&Guard> {
        self.guarded.as_ref().map(|(guard, _)| guard)
    }

    /// Sends the request once. Every status is an answer; only a missing answer is an error.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, NetError> {
        let client = match &self.guarded {
            None => &self.unrestricted,
            Some((guard, guarded)) => {
                guard.check_url(&call.url).map_err(|BlockedAddress| NetError::Blocked)?;
                if guard.allowed().allows(&call.url) { &self.unrestricted } else { guarded }
            }
        };
        let limit = call.within.map_or(self.limits.total, |within| within.min(self.limits.total));
        let response = client.execute(request(call, limit)).await.map_err(|error| classify_error(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());

        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| NetError::Interrupted)?;
            if body.len() + chunk.len() > self.limits.answer {
                return Err(NetError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

impl<'a> Call<'a> {
    /// A GET without credentials.
    pub fn get(url: Url) -> Self {
        Self { method: Method::GET, url, bearer: None, body: Body::Empty, within: None }
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
    // A token with characters that no header can carry is not sent: the answer is a 401 then.
    if let Some(mut value) =
        call.bearer.and_then(|token| HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).ok())
    {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let (content_type, body) = match call.body {
        Body::Empty => return request,
        Body::Json(value) => ("application/json", value.to_string()),
        Body::Form(text) => ("application/x-www-form-urlencoded", text),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    *request.body_mut() = Some(body.into());
    request
}

fn classify_error(error: &reqwest::Error) -> NetError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<BlockedAddress>() {
            return NetError::Blocked;
        }
        cause = error.source();
    }
    if error.is_connect() || error.is_builder() { NetError::Unreachable } else { NetError::Interrupted }
}
