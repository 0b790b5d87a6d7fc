//! A response as it is sent: `errors` first, and no `data` if the request was not executed
//! (GraphQL, section 7.1). async-graphql writes `data` first and always. Remove with async-graphql
//! 8.0 (#1793); [`request_error`] stays.

use std::collections::BTreeMap;

use async_graphql::{Response, ServerError, Value};
use serde::Serialize;

use crate::graphql::error_code::ErrorCode;

/// The response in its serialised form.
#[derive(Serialize)]
pub struct SpecResponse<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

impl<'a> SpecResponse<'a> {
    pub fn new(response: &'a Response) -> Self {
        let data = Some(&response.data).filter(|_| request_error(response).is_none());
        Self { errors: &response.errors, data, extensions: &response.extensions }
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("made of JSON values")
    }
}

/// The code of the first error if the request was not executed: no data, and no field caused an
/// error.
pub fn request_error(response: &Response) -> Option<ErrorCode> {
    let not_executed = response.data == Value::Null && response.errors.iter().all(|error| error.path.is_empty());
    response.errors.first().filter(|_| not_executed).map(|error| ErrorCode::of(error).unwrap_or(ErrorCode::Internal))
}
