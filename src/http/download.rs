//! Files beside `/graphql`, for the same callers: they are counted and refused in the same way, and
//! sent in chunks that are made as the client reads them.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use async_graphql::Executor;
use axum::{
    Extension,
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use tokio::time::timeout;

use super::{
    endpoint::{bearer, respond},
    error::RequestError,
    media::Media,
    request_validator::RequestValidator,
    unread_body::ConnectionInfo,
};
use crate::graphql::{ErrorCode, Open, OpenFile, RequestId};

pub(super) async fn download<E: Executor>(
    State(validator): State<Arc<RequestValidator<E>>>,
    Extension(id): Extension<RequestId>,
    Extension(open): Extension<Open>,
    request: Request,
) -> Response {
    match serve(&validator, &id, &open, request).await {
        Ok(response) => response,
        Err(refusal) => respond(validator.finish(refusal, &id), Media::GraphqlResponse),
    }
}

async fn serve<E: Executor>(
    validator: &Arc<RequestValidator<E>>,
    id: &RequestId,
    open: &Open,
    request: Request,
) -> Result<Response, async_graphql::Response> {
    let caller = validator.identify(bearer(request.headers())).await?;
    if let Some(connection) = request.extensions().get::<ConnectionInfo>() {
        connection.leave_unauthenticated();
    }
    let span = tracing::Span::current();
    span.record("role", caller.role().as_str());
    span.record("caller", caller.subject());
    let slot = validator.callers.download(&caller)?;
    let parameters = parameters(request.uri())?;
    let time = validator.service.limits.query_timeout;
    let too_slow = |_| RequestError::new(ErrorCode::Timeout, "This took too long and was stopped. Try again.");
    let OpenFile { name, chunks } = timeout(time, open(caller, id.clone(), parameters)).await.map_err(too_slow)??;
    // The response is cut off by an error: a file that ends early must not look whole.
    let chunks = stream::unfold((chunks, slot), move |(mut chunks, slot)| async move {
        let chunk = timeout(time, chunks.next()).await.unwrap_or_else(|_| Some(Err(io::ErrorKind::TimedOut.into())));
        chunk.map(|chunk| (chunk, (chunks, slot)))
    });
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")).expect("a name in ASCII");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

fn parameters(uri: &Uri) -> Result<HashMap<String, String>, RequestError> {
    let malformed = |_| RequestError::new(ErrorCode::BadRequest, "The query string cannot be read.");
    Ok(Query::try_from_uri(uri).map_err(malformed)?.0)
}
