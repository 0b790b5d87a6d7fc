//! The WebSocket transport: upgrades a request to a socket, and closes a socket with a code that
//! arrives. What happens in between is the protocol's and stands in `session`.

mod message;
mod session;

use std::{
    future::pending,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use async_graphql::Executor;
use axum::{
    extract::{
        FromRequestParts, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket},
    },
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use tokio::time::timeout;

use super::{
    addresses::client_address, error::RequestError, request_validator::RequestValidator, unread_body::ConnectionInfo,
};
use crate::graphql::RequestId;
use session::Session;

const PROTOCOL: &str = "graphql-transport-ws";
/// How long the server waits for the client's close frame after its own.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The close code for a message over the size limit (RFC 6455, section 7.4.1).
const TOO_LARGE: u16 = 1009;

/// Whether the request asks for an upgrade to a WebSocket.
pub(super) fn is_requested(headers: &HeaderMap) -> bool {
    headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Upgrades the request. A browser cannot send an `Authorization` header with it, so the caller is
/// not known yet: the number of such sockets is limited for each address and for the whole process.
pub(super) async fn upgrade<E: Executor>(
    validator: Arc<RequestValidator<E>>,
    id: RequestId,
    mut parts: Parts,
) -> Result<Response, RequestError> {
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    let connection = parts.extensions.get::<ConnectionInfo>().cloned();
    let peer = connection.as_ref().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), ConnectionInfo::peer);
    let address = client_address(peer, &parts.headers, &validator.service.limits.trusted_proxies);
    let unauthenticated = validator.callers.unauthenticated_socket(address)?;
    let max_size = validator.service.limits.body;
    let upgrade = upgrade.max_message_size(max_size).max_frame_size(max_size).protocols([PROTOCOL]);
    let protocol_is_accepted = upgrade.selected_protocol().is_some();
    let response = upgrade.on_upgrade(async move |mut socket| {
        let ended = match protocol_is_accepted {
            true => Session::new(validator, &mut socket, unauthenticated, connection).run().await,
            false => Err(Ended::close(4406, "Subprotocol not acceptable: speak graphql-transport-ws")),
        };
        let Err(ended) = ended;
        let code = match &ended {
            Ended::Close(frame) => Some(frame.code),
            Ended::ConnectionLost => None,
        };
        tracing::info!(request_id = id.as_str(), close = code, "a socket ended");
        if let Ended::Close(frame) = ended {
            close(socket, frame).await;
        }
    });
    Ok(response)
}

/// Why a socket ends.
enum Ended {
    /// The server closes it, or confirms the client's close.
    Close(CloseFrame),
    /// The client is gone: no frame would arrive.
    ConnectionLost,
}

impl Ended {
    fn close(code: u16, reason: impl Into<String>) -> Self {
        Self::Close(CloseFrame { code, reason: reason.into().into() })
    }
}

/// Sends the close frame, and waits for the client's so that the code arrives: to drop a connection
/// with unread input resets it, and the reset overtakes the frame.
async fn close(mut socket: WebSocket, frame: CloseFrame) {
    let rest_is_unreadable = frame.code == TOO_LARGE;
    let closed = async {
        // After a client's own close, sending fails: tungstenite has queued the reply with the
        // same code, and reading on flushes it.
        let _ = socket.send(Message::Close(Some(frame))).await;
        while let Some(Ok(_)) = socket.recv().await {}
        // A message that is too large is never read to its end, so the only wait is the time-out.
        if rest_is_unreadable {
            pending::<()>().await;
        }
    };
    let _ = timeout(CLOSE_TIMEOUT, closed).await;
}
