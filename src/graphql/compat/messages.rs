//! The library's own errors: it gives them no codes, so their texts distinguish them; some
//! repeat what was sent, which may be a secret in the wrong place. There is no upstream issue: the
//! file goes once async-graphql gives its errors codes.

use async_graphql::{Pos, Response, ServerError};

use crate::graphql::error_code::{ErrorCode, INTERNAL_ERROR};

/// How messages begin when a limit of the schema is exceeded.
const SCHEMA_LIMITS: [&str; 4] = [
    "Query is too complex.",
    "Query is nested too deep.",
    "The recursion depth of the query",
    "The number of directives on the field",
];
/// What precedes the path of an argument.
const ARGUMENT: &str = "Invalid value for argument \"";
/// How messages about arguments and variables begin, whether validation or execution finds them.
const ARGUMENTS: [&str; 3] = ["Failed to parse ", "Expected input type ", "Invalid value for argument "];
/// Where messages begin to repeat what was sent, and the text that replaces the repetition.
const REPETITIONS: [(&str, &str); 2] = [(", found ", "."), (" the value \"", " the given value.")];

/// Errors of one document that are shown.
const MOST_ERRORS: usize = 20;
/// Places that are shown of one error.
const MOST_LOCATIONS: usize = 5;
/// The longest message about a document, in characters.
const LONGEST_MESSAGE: usize = 500;

/// Gives each error a code of the closed list, and removes what the caller must not see: internal
/// texts, what was sent and, unless `may_see_schema`, the schema's names.
pub fn normalize_errors(response: &mut Response, may_see_schema: bool) {
    // Validation visits a variable's type twice.
    response.errors.dedup();
    cut(&mut response.errors);
    for error in &mut response.errors {
        let code = ErrorCode::of(error).unwrap_or_else(|| {
            let code = classify(error);
            if code == ErrorCode::Internal {
                tracing::error!(error = error.message, path = ?error.path, "resolver returned an error without a code");
                error.message = INTERNAL_ERROR.to_owned();
            }
            code
        });
        if code == ErrorCode::BadUserInput && starts_with(error, &ARGUMENTS) {
            if let Some(field) = field_of(&error.message) {
                error.extensions.get_or_insert_default().set("field", field);
            }
            remove_repetition(&mut error.message);
        }
        if let (false, Some(suggestion)) = (may_see_schema, error.message.find(" Did you mean")) {
            error.message.truncate(suggestion);
        }
        // The library's messages come without a full stop.
        if !error.message.ends_with(['.', '?']) {
            error.message.push('.');
        }
        error.extensions.get_or_insert_default().set("code", code.as_str());
    }
}

/// The path of the argument that a message names, as the errors of our own have it: within a
/// mutation's `input`.
fn field_of(message: &str) -> Option<Vec<String>> {
    let (path, _) = message.strip_prefix(ARGUMENT)?.split_once('"')?;
    let path = path.strip_prefix("input.").unwrap_or(path);
    Some(path.split('.').map(str::to_owned).collect())
}

/// Bounds what validation says of a document: a document of a few KB can have thousands of errors,
/// each of which repeats names of the document.
fn cut(errors: &mut Vec<ServerError>) {
    if errors.iter().any(|error| !error.path.is_empty()) {
        return;
    }
    errors.truncate(MOST_ERRORS);
    for error in errors {
        error.locations.truncate(MOST_LOCATIONS);
        if let Some((end, _)) = error.message.char_indices().nth(LONGEST_MESSAGE) {
            error.message.truncate(end);
            error.message.push_str("...");
        }
    }
}

/// The message and place of a syntax error. The parser's message quotes the line, and with it
/// whatever was written into the document instead of a variable.
pub(super) fn syntax_error(error: async_graphql::parser::Error) -> (String, Option<Pos>) {
    let error = ServerError::from(error);
    let expected = error.message.rsplit_once("  = ").map_or("", |(_, expected)| expected.trim());
    (format!("The document is not GraphQL: {expected}."), error.locations.first().copied())
}

fn classify(error: &ServerError) -> ErrorCode {
    match error.path.is_empty() {
        _ if starts_with(error, &ARGUMENTS) => ErrorCode::BadUserInput,
        true if starts_with(error, &SCHEMA_LIMITS) => ErrorCode::LimitExceeded,
        true => ErrorCode::ValidationFailed,
        false => ErrorCode::Internal,
    }
}

fn starts_with(error: &ServerError, texts: &[&str]) -> bool {
    texts.iter().any(|text| error.message.starts_with(text))
}

fn remove_repetition(message: &mut String) {
    for (repetition, replacement) in REPETITIONS {
        if let Some(at) = message.find(repetition) {
            message.truncate(at);
            message.push_str(replacement);
        }
    }
}
