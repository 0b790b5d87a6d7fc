//! An answer, and the shapes Halo gives its errors (docs/halo-api.md, section 7).

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::io;

/// What goes back, still open to being spoiled by a fault.
pub(super) struct Answer {
    /// 0: no answer, the connection is closed.
    pub status: u16,
    pub headers: Vec<(HeaderName, String)>,
    pub content: Content,
}

pub(super) enum Content {
    Empty,
    Json(Value),
    Text {
        kind: &'static str,
        text: String,
    },
    /// The answer stops in the middle and the connection is closed.
    Halfway(Value),
    /// Spaces, 64 megabytes of them.
    Huge,
}

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";

impl Answer {
    pub(super) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), content: Content::Empty }
    }

    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { content: Content::Json(body), ..Self::empty(status) }
    }

    pub(super) fn html(status: u16, title: &str) -> Self {
        let text =
            format!("<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>");
        Self::text(status, HTML, text)
    }

    pub(super) fn json_text(status: u16, text: impl Into<String>) -> Self {
        Self::text(status, JSON, text.into())
    }

    pub(super) fn text(status: u16, kind: &'static str, text: String) -> Self {
        Self { content: Content::Text { kind, text }, ..Self::empty(status) }
    }

    pub(super) fn cut() -> Self {
        Self::empty(0)
    }

    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// .NET's validation dictionary: `{"id": ["…"]}`.
    pub(super) fn invalid(field: &str, complaint: impl Into<String>) -> Self {
        Self::json(400, json!({ field: [complaint.into()] }))
    }

    /// A refusal as a bare JSON string.
    pub(super) fn refused(reason: &str) -> Self {
        Self::json(400, json!(reason))
    }

    /// .NET's default problem body.
    pub(super) fn problem(status: u16, title: &str) -> Self {
        Self::json(status, json!({ "type": "https://tools.ietf.org/html/rfc9110", "title": title, "status": status }))
    }

    pub(super) fn exception() -> Self {
        let text = "Object reference not set to an instance of an object.";
        Self::json(500, json!({ "ClassName": "System.NullReferenceException", "Message": text, "Data": null }))
    }

    /// Turns it into HTTP. Unwinds where the connection is to be cut: that ends the connection's
    /// task and closes the connection without a byte, and no panic message is printed.
    pub(super) fn send(self) -> Response {
        let status = StatusCode::from_u16(self.status);
        let Ok(status) = status else { std::panic::resume_unwind(Box::new("the connection is cut on purpose")) };
        let (kind, length, body) = match self.content {
            Content::Empty => (None, None, Body::empty()),
            Content::Json(value) => (Some(JSON), None, Body::from(value.to_string())),
            Content::Text { kind, text } => (Some(kind), None, Body::from(text)),
            Content::Halfway(value) => {
                let whole = value.to_string();
                let half = Bytes::copy_from_slice(&whole.as_bytes()[..whole.len() / 2]);
                // The pause lets the first half leave before the connection breaks.
                let broken = stream::once(async {
                    tokio::task::yield_now().await;
                    Err(io::Error::from(io::ErrorKind::ConnectionReset))
                });
                let body = Body::from_stream(stream::iter([Ok(half)]).chain(broken));
                (Some(JSON), Some(whole.len()), body)
            }
            Content::Huge => {
                let block = Bytes::from_static(&[b' '; 65_536]);
                let blocks = stream::repeat(block).take(1024).map(Ok::<_, io::Error>);
                (Some(JSON), None, Body::from_stream(blocks))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.extend(kind.map(|kind| (header::CONTENT_TYPE, HeaderValue::from_static(kind))));
        headers.extend(length.map(|length| (header::CONTENT_LENGTH, HeaderValue::from(length))));
        for (name, value) in self.headers {
            headers.insert(name, HeaderValue::from_str(&value).expect("the sandbox's headers are plain text"));
        }
        response
    }
}
