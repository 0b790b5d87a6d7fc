//! Sockets: `graphql-transport-ws` on async-graphql-axum, behind [`Rules`]. The token comes in `connection_init`, as
//! `{"authorization": "Bearer …"}` or `{"token": "…"}`, and the socket ends when the token does.

use std::{
    future::{pending, poll_fn},
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_graphql::{Data, Executor, Request, Response as Answer, Value, parser::types::OperationType};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::{
    extract::{
        FromRequestParts, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    http::{self, HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::{FutureExt, StreamExt, channel::mpsc, stream::BoxStream};
use secrecy::SecretString;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    RequestId,
    callers::Slot,
    error::{ErrorCode, Refusal, SESSION_ENDED},
    finish::request_error,
    graphql_params::GraphqlParams,
    request_validator::RequestValidator,
    socket_rules::{Close, ENDED, Rules, Verdict},
};
use crate::auth::Caller;

const PROTOCOL: &str = "graphql-transport-ws";
/// How many results may wait for a slow client; then the operations wait too.
const WAITING_RESULTS: usize = 8;
/// How many of a client's messages may wait to be looked at; then no more are read.
const WAITING_MESSAGES: usize = 4;
/// A message over the limit (RFC 6455, section 7.4.1).
const TOO_LARGE: u16 = 1009;
/// For a client to answer the close frame.
const PARTING: Duration = Duration::from_secs(2);

pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

pub(super) async fn open<E: Executor>(
    gate: Arc<RequestValidator<E>>,
    id: RequestId,
    mut parts: Parts,
) -> Result<Response, Refusal> {
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(refused) => return Ok(refused.into_response()),
    };
    let unknown = gate.callers.unknown_socket()?;
    let limits = &gate.edge.limits;
    let upgrade = upgrade.max_message_size(limits.body).max_frame_size(limits.body).protocols([PROTOCOL]);
    let spoken = upgrade.selected_protocol().is_some();
    let answer = upgrade
        .on_upgrade(async move |socket| {
            if spoken {
                serve(gate, id, socket, unknown).await;
            } else {
                part(socket, Close::new(4406, "Subprotocol not acceptable: speak graphql-transport-ws")).await;
            }
        })
        .into_response();
    Ok(answer)
}

/// Who signed in on a socket, or why nobody could.
#[derive(Default)]
struct Session {
    signed_in: OnceLock<(Arc<Caller>, Slot)>,
    refused: OnceLock<Close>,
}

impl Session {
    fn caller(&self) -> Option<&Arc<Caller>> {
        self.signed_in.get().map(|(caller, _)| caller)
    }
}

/// One socket from its first message to its last. `unknown` is its place among those that nobody has signed in on.
async fn serve<E: Executor>(
    gate: Arc<RequestValidator<E>>,
    id: RequestId,
    mut socket: WebSocket,
    unknown: OwnedSemaphorePermit,
) {
    let mut unknown = Some(unknown);
    let session = Arc::new(Session::default());
    let (mut to_library, from_client) = mpsc::channel(WAITING_MESSAGES);
    let (to_client, mut from_library) = mpsc::channel(WAITING_RESULTS);
    let executor = Operations { gate: gate.clone(), session: session.clone() };
    let library = GraphQLWebSocket::new_with_pair(to_client, from_client, executor, protocol().await)
        .on_connection_init(init(gate.clone(), session.clone()))
        .serve();
    // Dropped with this function, and every operation with it, but mutations.
    let _library = AbortOnDropHandle::new(tokio::spawn(library));

    let max_wait = gate.edge.limits.send_time;
    let mut rules = Rules::new();
    let mut token_end = Box::pin(sleep(gate.edge.limits.init_time));
    let mut keep_alive = interval(gate.edge.limits.keep_alive);
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = true;
    let close = loop {
        tokio::select! {
            message = hear(&mut socket, &mut to_library) => {
                heard = true;
                let verdict = match message {
                    Some(Ok(Message::Text(text))) => rules.client_says(&text),
                    Some(Ok(Message::Binary(_))) => Verdict::Close(Close::new(4400, "Messages have to be text.")),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Verdict::Ignore,
                    // The library has its answer ready, with the same code.
                    Some(Ok(Message::Close(said))) => break Some(Close::new(said.map_or(1000, |said| said.code), "")),
                    Some(Err(error)) if is_too_large(&error) => break Some(Close::new(TOO_LARGE, "The message is too large.")),
                    Some(Err(_)) | None => break None,
                };
                match verdict {
                    Verdict::Forward(text) => drop(to_library.try_send(Ok(Message::Text(text.into())))),
                    Verdict::Reply(text) => if !send(&mut socket, Message::Text(text.into()), max_wait).await { break None },
                    Verdict::Ignore => {}
                    Verdict::Close(close) => break Some(close),
                }
            }
            message = from_library.next() => match message {
                Some(Message::Text(text)) => {
                    let was_ready = rules.is_ready();
                    if let Some(text) = rules.library_says(text.to_string())
                        && !send(&mut socket, Message::Text(text.into()), max_wait).await { break None }
                    if let (false, true, Some(caller)) = (was_ready, rules.is_ready(), session.caller()) {
                        unknown = None;
                        token_end.set(sleep(gate.time_left(caller)));
                    }
                }
                // The library closes only when nobody could sign in: the rules keep everything else from it.
                Some(Message::Close(_)) => break session.refused.get().cloned(),
                _ => break None,
            },
            () = &mut token_end => break Some(match rules.is_ready() {
                true => Close::new(4403, SESSION_ENDED),
                false => Close::new(4408, "Connection initialisation timeout"),
            }),
            _ = keep_alive.tick() => {
                if !std::mem::take(&mut heard) || !send(&mut socket, Message::Ping(Default::default()), max_wait).await {
                    break None;
                }
            }
            () = gate.edge.stopping.cancelled() => break Some(Close::new(1001, "The server is going away")),
        }
    };
    tracing::info!(request_id = id.as_str(), close = close.as_ref().map(|close| close.code), "a socket ended");
    if let Some(close) = close {
        part(socket, close).await;
    }
    drop(unknown);
}

/// The client's next message, once the library has room for one: who sends faster than it is looked at, waits.
async fn hear(
    socket: &mut WebSocket,
    to_library: &mut mpsc::Sender<Result<Message, axum::Error>>,
) -> Option<Result<Message, axum::Error>> {
    poll_fn(|context| to_library.poll_ready(context)).await.ok()?;
    socket.recv().await
}

async fn send(socket: &mut WebSocket, message: Message, max_wait: Duration) -> bool {
    matches!(timeout(max_wait, socket.send(message)).await, Ok(Ok(())))
}

/// Sends the close frame and waits a moment for the client's, so that the code arrives.
async fn part(mut socket: WebSocket, close: Close) {
    let too_large = close.code == TOO_LARGE;
    let frame = CloseFrame { code: close.code, reason: close.reason.into() };
    let parting = async {
        // After a client's own close nothing can be sent; the library's answer leaves while the rest is read.
        let _ = socket.send(Message::Close(Some(frame))).await;
        while let Some(Ok(_)) = socket.recv().await {}
        // What is too large stays unread. To go while there is something unread would cut off what was sent, too.
        if too_large {
            pending::<()>().await;
        }
    };
    let _ = timeout(PARTING, parting).await;
}

/// Only the library's text tells this error from others.
fn is_too_large(error: &axum::Error) -> bool {
    error.to_string().starts_with("Space limit exceeded")
}

/// The library takes its protocol out of a request's headers and nowhere else.
async fn protocol() -> GraphQLProtocol {
    let mut parts = http::Request::new(()).into_parts().0;
    parts.headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    GraphQLProtocol::from_request_parts(&mut parts, &()).await.expect("a protocol the library knows")
}

/// Looks at the token in `connection_init`, and whether the caller has a socket left.
fn init<E: Executor>(
    gate: Arc<RequestValidator<E>>,
    session: Arc<Session>,
) -> impl FnOnce(serde_json::Value) -> futures::future::BoxFuture<'static, async_graphql::Result<Data>> + Send + 'static
{
    move |payload| {
        async move {
            let signed_in = async {
                let caller = gate.identify(token(&payload)).await?;
                let slot = gate.callers.socket(&caller)?;
                Ok((caller, slot))
            };
            match signed_in.await {
                Ok(signed_in) => {
                    session.signed_in.set(signed_in).map_err(|_| "the rules let through one `connection_init`")?;
                    Ok(Data::default())
                }
                Err(Refusal { code, message, .. }) => {
                    // Whoever may come back with the same token is told so: clients try again after 1013 by themselves.
                    let later = matches!(code, ErrorCode::Unavailable | ErrorCode::LimitExceeded);
                    let close = Close::new(if later { 1013 } else { 4403 }, message.clone());
                    session.refused.get_or_init(|| close);
                    Err(message.into())
                }
            }
        }
        .boxed()
    }
}

fn token(payload: &serde_json::Value) -> Option<SecretString> {
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

/// Runs a socket's operations the way all others are run.
struct Operations<E> {
    gate: Arc<RequestValidator<E>>,
    session: Arc<Session>,
}

impl<E> Clone for Operations<E> {
    fn clone(&self) -> Self {
        Self { gate: self.gate.clone(), session: self.session.clone() }
    }
}

impl<E: Executor> Operations<E> {
    fn start(&self, request: Request, id: &RequestId) -> Result<BoxStream<'static, Answer>, Refusal> {
        let caller = self.session.caller().expect("operations start after the token was accepted").clone();
        self.gate.callers.count(&caller)?;
        let document_id = request.extensions.get("persistedQuery").and_then(|persisted| match persisted {
            Value::Object(fields) => match fields.get("sha256Hash") {
                Some(Value::String(hash)) => Some(hash.clone()),
                _ => None,
            },
            _ => None,
        });
        let ask = GraphqlParams {
            query: Some(request.query).filter(|query| !query.is_empty()),
            document_id,
            operation_name: request.operation_name,
            variables: request.variables,
        };
        let admitted = self.gate.admit(&caller, ask, id)?;
        if admitted.kind == OperationType::Subscription {
            let slot = self.gate.callers.subscribe(&caller)?;
            return Ok(self.gate.subscribe(admitted, slot));
        }
        let gate = self.gate.clone();
        Ok(async move { gate.run(admitted).await }.into_stream().boxed())
    }
}

impl<E: Executor> Executor for Operations<E> {
    async fn execute(&self, request: Request) -> Answer {
        let id = RequestId::generate();
        match self.start(request, &id) {
            Ok(mut answers) => answers.next().await.unwrap_or_default(),
            Err(refusal) => self.gate.refuse(refusal, &id),
        }
    }

    fn execute_stream(&self, request: Request, _session: Option<Arc<Data>>) -> BoxStream<'static, Answer> {
        let id = RequestId::generate();
        let span = tracing::info_span!(
            "operation",
            request_id = id.as_str(),
            operation = tracing::field::Empty,
            role = tracing::field::Empty,
            caller = tracing::field::Empty
        );
        let answers = span.in_scope(|| self.start(request, &id)).unwrap_or_else(|refusal| {
            let refused = span.in_scope(|| self.gate.refuse(refusal, &id));
            futures::stream::once(std::future::ready(refused)).boxed()
        });
        answers
            .map(|mut answer| {
                if request_error(&answer).is_some() {
                    answer.extensions.insert(ENDED.to_owned(), Value::Boolean(true));
                }
                answer
            })
            .boxed()
    }
}
