//! A partner's receiver of webhooks: a real HTTP server that keeps what it is sent and checks the
//! signatures as partners do.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri, header::LOCATION};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::until;

/// What the receiver answers.
#[derive(Clone, Debug)]
pub enum Answer {
    Status(u16),
    /// A redirect to another path of the receiver's.
    Redirect,
    /// Nothing before [`Receiver::release`].
    Held,
}

/// One request that has arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The number of its signatures.
    pub fn signatures(&self) -> usize {
        self.headers["webhook-signature"].to_str().unwrap().split(' ').count()
    }

    /// Whether one of its signatures is by this secret, whatever the time is.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let time = self.headers["webhook-timestamp"].to_str().unwrap().parse().unwrap();
        let signature = Webhook::new(secret).unwrap().sign(self.id(), time, self.body.as_bytes()).unwrap();
        self.headers["webhook-signature"].to_str().unwrap().split(' ').any(|it| it == signature)
    }

    /// Whether the library that partners use accepts it, which compares the time with the clock.
    pub fn is_verified_by(&self, secret: &str) -> bool {
        Webhook::new(secret).unwrap().verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

#[derive(Default)]
struct State {
    received: Mutex<Vec<Received>>,
    answers: Mutex<VecDeque<Answer>>,
}

pub struct Receiver {
    address: SocketAddr,
    state: Arc<State>,
    released: Arc<Semaphore>,
}

impl Receiver {
    pub async fn start() -> Self {
        let (state, released) = (Arc::<State>::default(), Arc::new(Semaphore::new(0)));
        let service = {
            let (state, released) = (state.clone(), released.clone());
            move |uri: Uri, headers: HeaderMap, body: Bytes| {
                let (state, released) = (state.clone(), released.clone());
                async move { answer(&state, &released, uri, headers, body).await }
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let router = Router::new().fallback(service);
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { address, state, released }
    }

    /// An address with a token of the receiver's.
    pub fn url(&self) -> String {
        format!("http://{}/hooks/planted-token?key=planted-key", self.address)
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Has the next requests answered like this. All further ones are accepted.
    pub fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.answers.lock().unwrap().extend(answers);
    }

    /// Answers the requests that are held, and those that would be.
    pub fn release(&self) {
        self.released.add_permits(1_000);
    }

    /// What has arrived so far.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// Waits until so many requests have arrived, and returns them.
    pub async fn until_received(&self, number: usize) -> Vec<Received> {
        until(async || self.received().len() >= number).await;
        self.received()
    }
}

async fn answer(state: &State, released: &Semaphore, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8(body.to_vec()).expect("it is JSON");
    state.received.lock().unwrap().push(Received { path: uri.to_string(), headers, body });
    let next = state.answers.lock().unwrap().pop_front();
    match next {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Answer::Status(status)) => {
            (StatusCode::from_u16(status).unwrap(), "an answer that says more than INFIMA keeps").into_response()
        }
        Some(Answer::Redirect) => (StatusCode::FOUND, [(LOCATION, "/elsewhere")]).into_response(),
        Some(Answer::Held) => {
            released.acquire().await.expect("it is never closed").forget();
            StatusCode::NO_CONTENT.into_response()
        }
    }
}
