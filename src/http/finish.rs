//! The last look at an answer before it leaves: every error has a code out of the closed list and the request's id, and
//! says nothing about our insides.

use async_graphql::{Response, ServerError};

use super::{
    RequestId,
    error::{ErrorCode, OUR_FAULT},
};

/// What async-graphql says when a limit set on the schema is exceeded; it gives no code.
const LIMITS_OF_THE_SCHEMA: [&str; 4] = [
    "Query is too complex.",
    "Query is nested too deep.",
    "The recursion depth of the query",
    "The number of directives on the field",
];
/// How its messages about arguments and variables begin, whether it finds them while validating or while executing.
const ABOUT_ARGUMENTS: [&str; 3] = ["Failed to parse ", "Expected input type ", "Invalid value for argument "];

/// Where those messages begin to repeat what was sent, and what is said instead: it may be a secret in the wrong place, and
/// answers are kept in many places on their way.
const REPEATS: [(&str, &str); 2] = [(", found ", "."), (" the value \"", " what was sent.")];

/// Gives each error its code and the request's id. Field suggestions stay only for those who may see the schema. `misfit` is
/// added to what validation says.
pub(super) fn finish(mut response: Response, request: &RequestId, may_see_schema: bool, misfit: &str) -> Response {
    // Validation visits a variable's type twice.
    response.errors.dedup();
    for error in &mut response.errors {
        let code = code_of(error).unwrap_or_else(|| {
            let code = classify(error);
            if code == ErrorCode::Internal {
                tracing::error!(error = error.message, path = ?error.path, "a resolver failed without a code");
                error.message = OUR_FAULT.to_owned();
            }
            code
        });
        if code == ErrorCode::BadUserInput && begins(error, &ABOUT_ARGUMENTS) {
            forget_what_was_sent(&mut error.message);
        }
        if let (false, Some(suggestion)) = (may_see_schema, error.message.find(" Did you mean")) {
            error.message.truncate(suggestion);
        }
        // The library's messages come without a full stop.
        if !error.message.ends_with(['.', '?']) {
            error.message.push('.');
        }
        if code == ErrorCode::ValidationFailed {
            error.message.push_str(misfit);
        }
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", code.as_str());
        extensions.set("requestId", request.as_str());
    }
    response
}

/// The code of the first error, if the answer holds nothing but errors that no field caused.
pub(super) fn request_error(response: &Response) -> Option<ErrorCode> {
    let nothing_else = response.data == async_graphql::Value::Null && response.errors.iter().all(|e| e.path.is_empty());
    response.errors.first().filter(|_| nothing_else).map(|error| code_of(error).unwrap_or(ErrorCode::Internal))
}

fn code_of(error: &ServerError) -> Option<ErrorCode> {
    let code = error.extensions.as_ref()?.get("code")?;
    ErrorCode::ALL.iter().copied().find(|known| *code == async_graphql::Value::from(known.as_str()))
}

fn begins(error: &ServerError, texts: &[&str]) -> bool {
    texts.iter().any(|text| error.message.starts_with(text))
}

fn forget_what_was_sent(message: &mut String) {
    for (repeats, instead) in REPEATS {
        if let Some(at) = message.find(repeats) {
            message.truncate(at);
            message.push_str(instead);
        }
    }
}

fn classify(error: &ServerError) -> ErrorCode {
    match error.path.is_empty() {
        _ if begins(error, &ABOUT_ARGUMENTS) => ErrorCode::BadUserInput,
        true if begins(error, &LIMITS_OF_THE_SCHEMA) => ErrorCode::LimitExceeded,
        true => ErrorCode::ValidationFailed,
        false => ErrorCode::Internal,
    }
}
