//! The server's side of `graphql-transport-ws`, as one state machine. [`Session::run`] waits for
//! the next event; the `on_…` functions below it say what each event does in each state.
//!
//! | Event | `AwaitingInit` | `Authenticating` | `Ready` |
//! | --- | --- | --- | --- |
//! | `connection_init` | → `Authenticating` | close 4429 | close 4429 |
//! | token accepted | – | `connection_ack`, → `Ready` | – |
//! | token rejected | – | close 4403 | – |
//! | no socket left, or no issuer to check with | – | close 1013: try again later | – |
//! | `subscribe` | close 4401 | close 4401 | runs the operation; an id in use: close 4409 |
//! | `complete` | ignored | ignored | drops the operation |
//! | `ping` | `pong` | `pong` | `pong` |
//! | result, end of an operation | – | – | `next`, `error`, `complete` |
//! | deadline | close 4408 | close 4408 | the token has expired: close 4403 |
//! | unknown or malformed message | close 4400 | close 4400 | close 4400 |
//! | message too large | close 1009 | close 1009 | close 1009 |
//! | server stops | close 1001 | close 1001 | close 1001 |
//!
//! Protocol: <https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>. The token comes in
//! the payload of `connection_init`, as `{"authorization": "Bearer …"}` or `{"token": "…"}`.
//!
//! async-graphql's own implementation is not used: it lets a second `subscribe` replace the first
//! of the same id, has no time limit for `connection_init`, knows no `documentId`, and has no bound
//! on what it reads while the client takes nothing.

use std::{convert::Infallible, future::pending, pin::Pin, sync::Arc, time::Duration};

use async_graphql::{Executor, Response};
use axum::extract::ws::{Message, WebSocket};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream, stream::BoxStream};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::{Interval, MissedTickBehavior, Sleep, interval, sleep, timeout};
use tokio_stream::StreamMap;

use super::{
    Ended, TOO_LARGE,
    message::{ClientMessage, ServerMessage},
};
use crate::{
    auth::Caller,
    graphql::{
        ErrorCode, RequestId, SESSION_ENDED,
        compat::response::{SpecResponse, request_error},
    },
    http::{
        callers::{Slot, Unauthenticated},
        error::RequestError,
        graphql_params::GraphqlParams,
        request_validator::RequestValidator,
        unread_body::ConnectionInfo,
    },
};

/// One socket from its first message to its last. Dropped, it drops its operations; only mutations
/// run to their end.
pub(super) struct Session<'a, E> {
    validator: Arc<RequestValidator<E>>,
    socket: &'a mut WebSocket,
    state: State,
    /// The socket's place among those whose caller is not known yet.
    unauthenticated: Option<Unauthenticated>,
    connection: Option<ConnectionInfo>,
    /// The results of the running operations, each under the client's id for it. `None` ends one.
    operations: StreamMap<String, BoxStream<'static, Option<Response>>>,
    /// Until `Ready`: the end of the time for signing in. Then: the end of the token.
    deadline: Pin<Box<Sleep>>,
    keep_alive: Interval,
    /// Whether anything came from the client since the last ping.
    is_alive: bool,
}

enum State {
    AwaitingInit,
    Authenticating(BoxFuture<'static, Result<(Arc<Caller>, Slot), RequestError>>),
    /// The slot is the socket's place among those of its caller.
    Ready(Arc<Caller>, #[expect(dead_code, reason = "held")] Slot),
}

impl<'a, E: Executor> Session<'a, E> {
    pub(super) fn new(
        validator: Arc<RequestValidator<E>>,
        socket: &'a mut WebSocket,
        unauthenticated: Unauthenticated,
        connection: Option<ConnectionInfo>,
    ) -> Self {
        let limits = &validator.service.limits;
        let mut keep_alive = interval(limits.keep_alive);
        keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            socket,
            state: State::AwaitingInit,
            unauthenticated: Some(unauthenticated),
            connection,
            operations: StreamMap::new(),
            deadline: Box::pin(sleep(limits.init_timeout)),
            keep_alive,
            is_alive: true,
            validator,
        }
    }

    /// Handles one event after the other until the socket ends. While a message is being sent, no
    /// event is handled: a client that takes nothing makes no more work, and is gone after the
    /// time-out for sending.
    pub(super) async fn run(mut self) -> Result<Infallible, Ended> {
        loop {
            tokio::select! {
                received = self.socket.recv() => {
                    self.is_alive = true;
                    self.on_received(received).await?;
                }
                signed_in = self.state.authenticated() => self.on_authenticated(signed_in).await?,
                Some((id, result)) = self.operations.next() => self.on_result(&id, result).await?,
                () = &mut self.deadline => return Err(self.on_deadline()),
                _ = self.keep_alive.tick() => self.on_keep_alive().await?,
                () = self.validator.service.stopping.cancelled() => {
                    return Err(Ended::close(1001, "The server is going away"));
                }
            }
        }
    }

    async fn on_received(&mut self, received: Option<Result<Message, axum::Error>>) -> Result<(), Ended> {
        match received {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(message) => self.on_client_message(message).await,
                Err(_) => Err(malformed("This is not a message of graphql-transport-ws.")),
            },
            Some(Ok(Message::Binary(_))) => Err(malformed("Messages have to be text.")),
            // The library answers pings by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Close(frame))) => Err(Ended::close(frame.map_or(1000, |frame| frame.code), "")),
            Some(Err(error)) if is_too_large(&error) => Err(Ended::close(TOO_LARGE, "The message is too large.")),
            Some(Err(_)) | None => Err(Ended::ConnectionLost),
        }
    }

    async fn on_client_message(&mut self, message: ClientMessage) -> Result<(), Ended> {
        match message {
            ClientMessage::ConnectionInit { payload } => self.on_connection_init(&payload),
            ClientMessage::Ping { payload } => self.send(ServerMessage::Pong { payload }).await,
            ClientMessage::Pong => Ok(()),
            ClientMessage::Subscribe { id, .. } | ClientMessage::Complete { id } if id.is_empty() => {
                Err(malformed("The message needs an `id`."))
            }
            ClientMessage::Subscribe { id, payload } => self.on_subscribe(id, payload).await,
            ClientMessage::Complete { id } => {
                // The operation may have ended by itself at the same moment.
                self.operations.remove(&id);
                Ok(())
            }
        }
    }

    fn on_connection_init(&mut self, payload: &Value) -> Result<(), Ended> {
        let State::AwaitingInit = self.state else {
            return Err(Ended::close(4429, "Too many initialisation requests"));
        };
        let (validator, token) = (self.validator.clone(), token(payload));
        let authentication = async move {
            let caller = validator.identify(token).await?;
            let slot = validator.callers.socket(&caller)?;
            Ok((caller, slot))
        };
        self.state = State::Authenticating(authentication.boxed());
        Ok(())
    }

    async fn on_authenticated(&mut self, signed_in: Result<(Arc<Caller>, Slot), RequestError>) -> Result<(), Ended> {
        let (caller, slot) = signed_in.map_err(|RequestError { code, message, .. }| {
            // Clients try again by themselves after 1013, and give up after 4403.
            let may_retry = matches!(code, ErrorCode::Unavailable | ErrorCode::LimitExceeded | ErrorCode::RateLimited);
            Ended::close(if may_retry { 1013 } else { 4403 }, message)
        })?;
        self.deadline.set(sleep(self.validator.time_left(&caller)));
        self.state = State::Ready(caller, slot);
        self.unauthenticated = None;
        if let Some(connection) = &self.connection {
            connection.leave_unauthenticated();
        }
        self.send(ServerMessage::ConnectionAck).await
    }

    async fn on_subscribe(&mut self, id: String, payload: Value) -> Result<(), Ended> {
        let State::Ready(caller, _) = &self.state else { return Err(Ended::close(4401, "Unauthorized")) };
        let params = GraphqlParams::from_json(payload).map_err(|error| malformed(error.message))?;
        if self.operations.contains_key(&id) {
            // The reason in a close frame has at most 123 bytes.
            let short: String = id.chars().take(20).collect();
            return Err(Ended::close(4409, format!("Subscriber for {short} already exists")));
        }
        let request_id = RequestId::generate();
        let span = tracing::info_span!(
            "operation",
            request_id = request_id.as_str(),
            operation = tracing::field::Empty,
            role = tracing::field::Empty,
            caller = tracing::field::Empty
        );
        let started = span.in_scope(|| {
            self.validator.callers.count(caller.role(), caller.subject())?;
            let request = self.validator.validate(caller, params, &request_id)?;
            self.validator.results(caller, request)
        });
        match started {
            Ok(results) => {
                let results = results.map(Some).chain(stream::iter([None])).boxed();
                self.operations.insert(id, results);
                Ok(())
            }
            Err(error) => {
                let response = span.in_scope(|| self.validator.error_response(error, &request_id));
                self.send(ServerMessage::Error { id: &id, payload: &response.errors }).await
            }
        }
    }

    async fn on_result(&mut self, id: &str, result: Option<Response>) -> Result<(), Ended> {
        match result {
            Some(response) if request_error(&response).is_some() => {
                // `error` ends the operation: no `complete` may follow.
                self.operations.remove(id);
                self.send(ServerMessage::Error { id, payload: &response.errors }).await
            }
            Some(response) => self.send(ServerMessage::Next { id, payload: SpecResponse::new(&response) }).await,
            None => {
                self.operations.remove(id);
                self.send(ServerMessage::Complete { id }).await
            }
        }
    }

    fn on_deadline(&self) -> Ended {
        match self.state {
            State::Ready(..) => Ended::close(4403, SESSION_ENDED),
            _ => Ended::close(4408, "Connection initialisation timeout"),
        }
    }

    async fn on_keep_alive(&mut self) -> Result<(), Ended> {
        match std::mem::take(&mut self.is_alive) {
            true => {
                send(self.socket, Message::Ping(Default::default()), self.validator.service.limits.send_timeout).await
            }
            false => Err(Ended::ConnectionLost),
        }
    }

    async fn send(&mut self, message: ServerMessage<'_>) -> Result<(), Ended> {
        send(self.socket, Message::text(message.to_json()), self.validator.service.limits.send_timeout).await
    }
}

impl State {
    /// Waits for the result of an authentication under way; for ever if there is none.
    async fn authenticated(&mut self) -> Result<(Arc<Caller>, Slot), RequestError> {
        match self {
            State::Authenticating(authentication) => authentication.await,
            State::AwaitingInit | State::Ready(..) => pending().await,
        }
    }
}

fn malformed(reason: impl Into<String>) -> Ended {
    Ended::close(4400, reason)
}

async fn send(socket: &mut WebSocket, message: Message, max_wait: Duration) -> Result<(), Ended> {
    match timeout(max_wait, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ended::ConnectionLost),
    }
}

/// Whether a message is over the limit. axum wraps tungstenite's error, and only its text
/// distinguishes it.
fn is_too_large(error: &axum::Error) -> bool {
    error.to_string().starts_with("Space limit exceeded")
}

/// The token in the payload of `connection_init`.
fn token(payload: &Value) -> Option<SecretString> {
    let text = |name: &str| {
        let (_, value) = payload.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.as_str()
    };
    let token = match text("authorization") {
        Some(header) => match header.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => return None,
        },
        None => text("token")?,
    };
    Some(SecretString::from(token))
}
