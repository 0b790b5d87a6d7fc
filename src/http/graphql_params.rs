//! The parameters of a GraphQL request, on every transport.

use async_graphql::Variables;
use axum::{extract::Query, http::Uri};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::RequestError;
use crate::graphql::ErrorCode;

/// A well-formed request. Only the types of its parameters have been checked.
#[derive(Debug, Default, PartialEq)]
pub(super) struct GraphqlParams {
    pub(super) query: Option<String>,
    /// The id of a trusted document, from `documentId` or from
    /// `extensions.persistedQuery.sha256Hash`.
    pub(super) document_id: Option<String>,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Variables,
}

impl GraphqlParams {
    /// Reads the body of a POST, or the payload of a `subscribe` message.
    pub(super) fn from_json(value: Value) -> Result<Self, RequestError> {
        let Value::Object(mut fields) = value else {
            let batch = "A batch of requests is not accepted. Send each request by itself.";
            return Err(malformed(if value.is_array() { batch } else { "The request has to be a JSON object." }));
        };
        let extensions = object(&mut fields, "extensions")?;
        let persisted = match extensions.get("persistedQuery") {
            None | Some(Value::Null) => None,
            Some(persisted) => Some(
                persisted
                    .get("sha256Hash")
                    .and_then(Value::as_str)
                    .ok_or_else(|| malformed("The field `extensions.persistedQuery.sha256Hash` has to be a string."))?
                    .to_owned(),
            ),
        };
        let document_id = string(&mut fields, "documentId")?.or(persisted);
        let params = Self {
            // Clients with a field for the text send it empty beside an id.
            query: string(&mut fields, "query")?.filter(|query| document_id.is_none() || !query.is_empty()),
            document_id,
            // Clients with a field for the name send it empty if the operation has no name.
            operation_name: string(&mut fields, "operationName")?.filter(|name| !name.is_empty()),
            variables: Variables::from_json(Value::Object(object(&mut fields, "variables")?)),
        };
        match params {
            GraphqlParams { query: None, document_id: None, .. } => {
                Err(malformed("The field `query` has to be a string."))
            }
            params => Ok(params),
        }
    }

    /// Reads the query string of a GET, in which `variables` and `extensions` are JSON texts.
    pub(super) fn from_uri(uri: &Uri) -> Result<Self, RequestError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Params {
            query: Option<String>,
            document_id: Option<String>,
            operation_name: Option<String>,
            variables: Option<String>,
            extensions: Option<String>,
        }
        let params =
            Query::<Params>::try_from_uri(uri).map_err(|_| malformed("The address's query string is malformed."))?.0;
        let json = |text: Option<String>| match text.as_deref() {
            None | Some("") => Ok(Value::Null),
            Some(text) => serde_json::from_str(text)
                .map_err(|_| malformed("In a query string, `variables` and `extensions` have to be JSON objects.")),
        };
        let text = |text: Option<String>| text.map_or(Value::Null, Value::String);
        let fields = [
            ("query", text(params.query)),
            ("documentId", text(params.document_id)),
            ("operationName", text(params.operation_name)),
            ("variables", json(params.variables)?),
            ("extensions", json(params.extensions)?),
        ];
        Self::from_json(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

fn malformed(message: &str) -> RequestError {
    RequestError::new(ErrorCode::BadRequest, message)
}

fn string(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, RequestError> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(&format!("The field `{name}` has to be a string."))),
    }
}

fn object(fields: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, RequestError> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(malformed(&format!("The field `{name}` has to be an object."))),
    }
}
