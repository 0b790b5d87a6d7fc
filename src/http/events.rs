//! Server-sent events, for clients that cannot use sockets: the "distinct connections" mode of the GraphQL over
//! Server-Sent Events protocol. One request, one stream; `next` for each result, then `complete`.

use std::{convert::Infallible, sync::Arc};

use async_graphql::Executor;
use axum::response::{
    IntoResponse, Response, Sse,
    sse::{Event, KeepAlive},
};
use futures::{StreamExt, stream};
use tokio::time::sleep;

use super::{
    error::Refusal,
    request_validator::{RequestValidator, ValidatedRequest},
};
use crate::auth::Caller;
use crate::graphql::{ErrorCode, RequestId, SESSION_ENDED, compat::response::SpecResponse};

/// Opens the stream. It ends with the operation, with the caller's token, or with the server.
pub(super) fn stream<E: Executor>(
    validator: &Arc<RequestValidator<E>>,
    caller: Arc<Caller>,
    request: ValidatedRequest,
    id: &RequestId,
) -> Result<Response, Refusal> {
    let results = validator.results(&caller, request)?;
    let expired = validator.refuse(Refusal::new(ErrorCode::Unauthenticated, SESSION_ENDED), id);
    let expiry = Box::pin(sleep(validator.time_left(&caller)));
    let stopping = validator.service.stopping.clone();
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
    let keep_alive = KeepAlive::new().interval(validator.service.limits.keep_alive);
    Ok(Sse::new(events).keep_alive(keep_alive).into_response())
}

fn next(result: &async_graphql::Response) -> Event {
    Event::default().event("next").data(SpecResponse::new(result).to_json())
}

fn complete() -> Event {
    Event::default().event("complete").data("")
}
