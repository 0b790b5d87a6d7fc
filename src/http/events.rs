//! Server-sent events, for clients that cannot use sockets: the "distinct connections" mode of the GraphQL over
//! Server-Sent Events protocol. One request, one stream; `next` for each result, then `complete`.

use std::{convert::Infallible, sync::Arc};

use async_graphql::{Executor, parser::types::OperationType};
use axum::response::{
    IntoResponse, Response, Sse,
    sse::{Event, KeepAlive},
};
use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};
use tokio::time::sleep;

use super::{
    RequestId,
    endpoint::Answer,
    error::{ErrorCode, Refusal, SESSION_ENDED},
    request_validator::{RequestValidator, ValidatedRequest},
};
use crate::auth::Caller;

/// Opens the stream. It ends with the operation, with the caller's token, or with the server.
pub(super) fn stream<E: Executor>(
    gate: &Arc<RequestValidator<E>>,
    caller: Arc<Caller>,
    admitted: ValidatedRequest,
    id: &RequestId,
) -> Result<Response, Refusal> {
    let results: BoxStream<'static, async_graphql::Response> = if admitted.kind == OperationType::Subscription {
        let slot = gate.callers.subscribe(&caller)?;
        gate.subscribe(admitted, slot)
    } else {
        let gate = gate.clone();
        async move { gate.run(admitted).await }.into_stream().boxed()
    };
    let expired = gate.refuse(Refusal::new(ErrorCode::Unauthenticated, SESSION_ENDED), id);
    let expiry = Box::pin(sleep(gate.time_left(&caller)));
    let stopping = gate.edge.stopping.clone();
    let events = stream::unfold(Some((results, expiry, stopping, expired)), |state| async move {
        let (mut results, mut expiry, stopping, expired) = state?;
        tokio::select! {
            result = results.next() => Some(match result {
                Some(result) => (vec![next(&result)], Some((results, expiry, stopping, expired))),
                None => (vec![complete()], None),
            }),
            () = &mut expiry => Some((vec![next(&expired), complete()], None)),
            // Without `complete`: the client opens another stream, with a server that goes on.
            () = stopping.cancelled() => None,
        }
    });
    let events = events.flat_map(stream::iter).map(Ok::<_, Infallible>);
    let keep_alive = KeepAlive::new().interval(gate.edge.limits.keep_alive);
    Ok(Sse::new(events).keep_alive(keep_alive).into_response())
}

fn next(result: &async_graphql::Response) -> Event {
    Event::default().event("next").data(Answer::of(result).to_json())
}

fn complete() -> Event {
    Event::default().event("complete").data("")
}
