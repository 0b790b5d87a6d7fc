//! Sockets: `graphql-transport-ws` on async-graphql-axum, behind [`Rules`]. The token comes in `connection_init`, as
//! `{"authorization": "Bearer …"}` or `{"token": "…"}`, and the socket ends when the token does.

use std::{
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
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

use super::{
    RequestId,
    ask::Ask,
    error::Refusal,
    finish::request_error,
    gate::Gate,
    socket_rules::{Close, ENDED, Rules, Verdict},
};
use crate::auth::Caller;

const PROTOCOL: &str = "graphql-transport-ws";
/// How many results may wait for a slow client; then the operations wait too.
const WAITING_RESULTS: usize = 8;
/// For a client to take a message; one that does not is gone.
const SENDING: Duration = Duration::from_secs(20);
/// For a client to answer the close frame.
const PARTING: Duration = Duration::from_secs(2);

pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

pub(super) async fn open<E: Executor>(gate: Arc<Gate<E>>, id: RequestId, mut parts: Parts) -> Response {
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(refused) => return refused.into_response(),
    };
    let limits = &gate.edge.limits;
    let upgrade = upgrade.max_message_size(limits.body).max_frame_size(limits.body).protocols([PROTOCOL]);
    let spoken = upgrade.selected_protocol().is_some();
    upgrade
        .on_upgrade(async move |socket| {
            if spoken {
                serve(gate, id, socket).await;
            } else {
                part(socket, Close::new(4406, "Subprotocol not acceptable: speak graphql-transport-ws")).await;
            }
        })
        .into_response()
}

/// One socket from its first message to its last.
async fn serve<E: Executor>(gate: Arc<Gate<E>>, id: RequestId, mut socket: WebSocket) {
    let caller = Arc::new(OnceLock::new());
    let (to_library, from_client) = mpsc::unbounded();
    let (to_client, mut from_library) = mpsc::channel(WAITING_RESULTS);
    let executor = Operations { gate: gate.clone(), caller: caller.clone() };
    let library = GraphQLWebSocket::new_with_pair(to_client, from_client, executor, protocol().await)
        .on_connection_init(init(gate.clone(), caller.clone()))
        .serve();
    // Dropped with this function, and every operation with it, but mutations.
    let _library = AbortOnDropHandle::new(tokio::spawn(library));

    let mut rules = Rules::new();
    let mut token_end = Box::pin(sleep(gate.edge.limits.init_time));
    let mut keep_alive = interval(gate.edge.limits.keep_alive);
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = true;
    let close = loop {
        tokio::select! {
            message = socket.recv() => {
                heard = true;
                let verdict = match message {
                    Some(Ok(Message::Text(text))) => rules.client_says(&text),
                    Some(Ok(Message::Binary(_))) => Verdict::Close(Close::new(4400, "messages are text")),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Verdict::Ignore,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break None,
                };
                match verdict {
                    Verdict::Forward(text) => drop(to_library.unbounded_send(Ok(Message::Text(text.into())))),
                    Verdict::Reply(text) => if !send(&mut socket, Message::Text(text.into())).await { break None },
                    Verdict::Ignore => {}
                    Verdict::Close(close) => break Some(close),
                }
            }
            message = from_library.next() => match message {
                Some(Message::Text(text)) => {
                    let was_ready = rules.is_ready();
                    if let Some(text) = rules.library_says(text.to_string())
                        && !send(&mut socket, Message::Text(text.into())).await { break None }
                    if let (false, true, Some(caller)) = (was_ready, rules.is_ready(), caller.get()) {
                        token_end.set(sleep(gate.time_left(caller)));
                    }
                }
                // The library closes only when the token is not accepted: the rules keep everything else from it.
                Some(Message::Close(Some(frame))) => break Some(Close::new(4403, frame.reason.to_string())),
                _ => break None,
            },
            () = &mut token_end => break Some(match rules.is_ready() {
                true => Close::new(4403, "Your session has ended. Sign in again."),
                false => Close::new(4408, "Connection initialisation timeout"),
            }),
            _ = keep_alive.tick() => {
                if !std::mem::take(&mut heard) || !send(&mut socket, Message::Ping(Default::default())).await {
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
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(SENDING, socket.send(message)).await, Ok(Ok(())))
}

/// Sends the close frame and waits a moment for the client's, so that the code arrives.
async fn part(mut socket: WebSocket, close: Close) {
    let frame = CloseFrame { code: close.code, reason: close.reason.into() };
    let parting = async {
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    let _ = timeout(PARTING, parting).await;
}

/// The library takes its protocol out of a request's headers and nowhere else.
async fn protocol() -> GraphQLProtocol {
    let mut parts = http::Request::new(()).into_parts().0;
    parts.headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(PROTOCOL));
    GraphQLProtocol::from_request_parts(&mut parts, &()).await.expect("a protocol the library knows")
}

/// Looks at the token in `connection_init`.
fn init<E: Executor>(
    gate: Arc<Gate<E>>,
    caller: Arc<OnceLock<Arc<Caller>>>,
) -> impl FnOnce(serde_json::Value) -> futures::future::BoxFuture<'static, async_graphql::Result<Data>> + Send + 'static
{
    move |payload| {
        async move {
            let identified = gate.identify(token(&payload)).await;
            let identified = identified.map_err(|refusal| async_graphql::Error::new(refusal.message))?;
            caller.set(identified).map_err(|_| async_graphql::Error::new("Too many initialisation requests"))?;
            Ok(Data::default())
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
    gate: Arc<Gate<E>>,
    caller: Arc<OnceLock<Arc<Caller>>>,
}

impl<E> Clone for Operations<E> {
    fn clone(&self) -> Self {
        Self { gate: self.gate.clone(), caller: self.caller.clone() }
    }
}

impl<E: Executor> Operations<E> {
    fn start(&self, request: Request, id: &RequestId) -> Result<BoxStream<'static, Answer>, Refusal> {
        let caller = self.caller.get().expect("operations start after the token was accepted").clone();
        self.gate.callers.count(&caller)?;
        let document_id = request.extensions.get("persistedQuery").and_then(|persisted| match persisted {
            Value::Object(fields) => match fields.get("sha256Hash") {
                Some(Value::String(hash)) => Some(hash.clone()),
                _ => None,
            },
            _ => None,
        });
        let ask = Ask {
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
