//! Media types: of answers, as the `Accept` header allows (GraphQL over HTTP, section 6), and of
//! request bodies.

use axum::http::{HeaderMap, HeaderValue, header};

/// The media type of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`: the status says whether the request was executed.
    GraphqlResponse,
    /// `application/json`, for older clients: they take any status but 200 for a broken connection.
    Json,
    /// `text/event-stream`: one event for each result.
    EventStream,
}

impl Media {
    /// The media type with the highest weight in the `Accept` headers, the first of those with
    /// equal weights. Without such a header it is JSON.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(f32, Media)> = None;
        let mut has_range = false;
        for range in headers.get_all(header::ACCEPT).iter().flat_map(|value| value.to_str().unwrap_or("").split(',')) {
            has_range = true;
            let mut parameters = range.split(';').map(str::trim);
            let media = match parameters.next().unwrap_or("").to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => Media::GraphqlResponse,
                "application/json" | "application/*" | "*/*" => Media::Json,
                "text/event-stream" | "text/*" => Media::EventStream,
                _ => continue,
            };
            let Some(quality) = quality(parameters) else { continue };
            if best.is_none_or(|(known, _)| quality > known) {
                best = Some((quality, media));
            }
        }
        if has_range { best.map(|(_, media)| media) } else { Some(Media::Json) }
    }

    pub(super) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Media::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Media::Json => "application/json; charset=utf-8",
            Media::EventStream => "text/event-stream; charset=utf-8",
        })
    }
}

/// The weight of a media range. `None` if its weight is 0 or its charset is not UTF-8.
fn quality<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<f32> {
    let mut quality = 1.0;
    for parameter in parameters {
        let (name, value) = parameter.split_once('=')?;
        match name.trim().to_ascii_lowercase().as_str() {
            "q" => quality = value.trim().parse().ok()?,
            "charset" if !is_utf8(value) => return None,
            _ => {}
        }
    }
    (quality > 0.0).then_some(quality)
}

/// Whether a request's body is declared as JSON in UTF-8. Nothing else is accepted: a browser sends
/// `text/plain` and form bodies to other sites without a CORS preflight, so to accept them would
/// let any page act for a signed-in user.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(declared) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let mut parameters = declared.split(';').map(str::trim);
    let json = parameters.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    json && parameters.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) => !name.trim().eq_ignore_ascii_case("charset") || is_utf8(value),
        None => true,
    })
}

fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}
