//! The last step of a response: every error gets a code of the closed list and the request's id.

use async_graphql::Response;

use crate::graphql::{ErrorCode, RequestId, compat::messages::normalize_errors};

/// Gives each error its code and the request's id. Field suggestions stay only for callers who may
/// see the schema. `unknown_document_message` is added to what validation says.
pub(super) fn finish(
    mut response: Response,
    request: &RequestId,
    may_introspect: bool,
    unknown_document_message: &str,
) -> Response {
    normalize_errors(&mut response, may_introspect);
    for error in &mut response.errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code") == Some(&ErrorCode::ValidationFailed.as_str().into()) {
            error.message.push_str(unknown_document_message);
        }
        extensions.set("requestId", request.as_str());
    }
    response
}
