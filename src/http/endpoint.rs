//! `/graphql` over HTTP, as the GraphQL-over-HTTP specification says.

use std::sync::Arc;

use async_graphql::{Executor, Value, parser::types::OperationType};
use async_graphql_axum::GraphQLResponse;
use axum::{
    Extension,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use secrecy::SecretString;
use tokio::time::timeout;

use super::{
    error::{RequestError, is_about_the_document, status_of},
    events,
    graphql_params::GraphqlParams,
    media::{Media, is_json},
    request_validator::RequestValidator,
    socket,
    unread_body::ConnectionInfo,
};
use crate::auth::{Act, Caller};
use crate::graphql::{
    ErrorCode, RequestId,
    compat::response::{SpecResponse, request_error},
};

/// Handles every method. A request for an upgrade becomes a WebSocket.
pub(super) async fn endpoint<E: Executor>(
    State(validator): State<Arc<RequestValidator<E>>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let media = Media::accepted(&parts.headers);
    let served = match socket::is_requested(&parts.headers) {
        true => socket::upgrade(validator.clone(), id.clone(), parts).await,
        false => serve(&validator, &id, media, parts, body).await,
    };
    match served {
        Ok(response) => response,
        Err(error) => respond(validator.error_response(error, &id), media.unwrap_or(Media::Json)),
    }
}

async fn serve<E: Executor>(
    validator: &Arc<RequestValidator<E>>,
    id: &RequestId,
    media: Option<Media>,
    parts: Parts,
    body: Body,
) -> Result<Response, RequestError> {
    // The caller is identified and counted first: a request without a valid token learns nothing
    // else.
    let caller = validator.identify(bearer(&parts.headers)).await?;
    if let Some(connection) = parts.extensions.get::<ConnectionInfo>() {
        connection.leave_unauthenticated();
    }
    let media = media.ok_or_else(|| {
        let message = "Accept application/graphql-response+json, application/json or text/event-stream: answers have no other form.";
        RequestError::new(ErrorCode::NotAcceptable, message)
    })?;
    if parts.method != Method::GET && parts.method != Method::POST {
        return Err(RequestError::new(
            ErrorCode::MethodNotAllowed,
            "Send queries by GET or POST, and mutations by POST.",
        ));
    }
    let params = match parts.method {
        Method::GET => GraphqlParams::from_uri(&parts.uri)?,
        _ => GraphqlParams::from_json(read(validator, &caller, &parts.headers, body).await?)?,
    };
    let request = validator.validate(&caller, params, id)?;
    if parts.method == Method::GET && request.kind == OperationType::Mutation {
        return Err(RequestError::new(ErrorCode::MethodNotAllowed, "Send mutations by POST."));
    }
    match (media, request.kind) {
        (Media::EventStream, _) => events::stream(validator, caller, request, id),
        (_, OperationType::Subscription) => {
            let message = "A subscription needs a socket (graphql-transport-ws), or `Accept: text/event-stream`.";
            Err(RequestError::new(ErrorCode::NotAcceptable, message))
        }
        _ => Ok(respond(validator.run(request).await, media)),
    }
}

/// The token in `Authorization: Bearer …`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token.trim()))
}

/// Reads the body, within the limits of the caller.
async fn read<E>(
    validator: &RequestValidator<E>,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
) -> Result<serde_json::Value, RequestError> {
    if !is_json(headers) {
        let message = "Send the body as JSON in UTF-8, with `content-type: application/json`.";
        return Err(RequestError::new(ErrorCode::UnsupportedMediaType, message));
    }
    let limits = &validator.service.limits;
    let max_size = if caller.may(Act::ImportRoster) { limits.import_body } else { limits.body };
    let too_large = || {
        RequestError::new(ErrorCode::PayloadTooLarge, format!("The body is too large. It may have {max_size} bytes."))
    };
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > max_size) {
        return Err(too_large());
    }
    let bytes = timeout(limits.body_timeout, to_bytes(body, max_size))
        .await
        .map_err(|_| RequestError::new(ErrorCode::Timeout, "The body did not arrive in time. Send the request again."))?
        .map_err(|_| too_large())?;
    serde_json::from_slice(&bytes).map_err(|_| RequestError::new(ErrorCode::BadRequest, "The body is not valid JSON."))
}

pub(super) fn respond(response: async_graphql::Response, media: Media) -> Response {
    // An error before a stream is open is sent as a single response.
    let media = if media == Media::EventStream { Media::GraphqlResponse } else { media };
    let code = request_error(&response);
    let status = match code {
        None => StatusCode::OK,
        Some(code) if media == Media::Json && is_about_the_document(code) => StatusCode::OK,
        Some(code) => status_of(code),
    };
    let retry_after = response.errors.first().and_then(|error| error.extensions.as_ref()?.get("retryAfter")).cloned();
    let mut http_response = match response.errors.is_empty() {
        true => GraphQLResponse::from(response).into_response(),
        // The library's type writes data even if nothing was executed.
        false => SpecResponse::new(&response).to_json().into_response(),
    };
    *http_response.status_mut() = status;
    let headers = http_response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media.content_type());
    match code {
        Some(ErrorCode::Unauthenticated) => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Some(ErrorCode::MethodNotAllowed) => {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, POST"));
        }
        _ => {}
    }
    if let Some(Value::Number(seconds)) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.as_u64().unwrap_or(1).into());
    }
    http_response
}
