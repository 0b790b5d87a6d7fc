//! Server-sent events, for clients that cannot use WebSockets: the "distinct connections" mode of
//! the GraphQL over Server-Sent Events protocol. Each request has one stream, with `next` for each
//! result and then `complete`.

use std::{convert::Infallible, sync::Arc};

use async_graphql::Executor;
use axum::response::{
    IntoResponse, Response, Sse,
    sse::{Event, KeepAlive},
};
use futures::{StreamExt, stream};
use tokio::time::sleep;

use super::{
    error::RequestError,
    request_validator::{RequestValidator, ValidatedRequest},
};
use crate::auth::Caller;
use crate::graphql::{ErrorCode, RequestId, SESSION_ENDED, compat::response::SpecResponse};

/// Opens the stream, which ends with the operation, with the caller's token, or with the server.
pub(super) fn stream<E: Executor>(
    validator: &Arc<RequestValidator<E>>,
    caller: Arc<Caller>,
    request: ValidatedRequest,
    id: &RequestId,
) -> Result<Response, RequestError> {
    let results = validator.results(&caller, request)?;
    let expired = validator.error_response(RequestError::new(ErrorCode::Unauthenticated, SESSION_ENDED), id);
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
            // Without `complete`, the client opens another stream, to a server that keeps running.
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
