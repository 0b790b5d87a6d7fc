//! What a client asks: the parameters of a GraphQL request, however they came.

use async_graphql::Variables;
use axum::{extract::Query, http::Uri};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::Refusal;
use crate::graphql::ErrorCode;

/// A well-formed request. Nothing of it is judged yet, but the types of its parameters.
#[derive(Debug, Default, PartialEq)]
pub(super) struct GraphqlParams {
    pub(super) query: Option<String>,
    /// The id of a trusted document, from `documentId` or from `extensions.persistedQuery.sha256Hash`.
    pub(super) document_id: Option<String>,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Variables,
}

impl GraphqlParams {
    /// From the body of a POST, and from the payload of a message on a socket.
    pub(super) fn from_json(value: Value) -> Result<Self, Refusal> {
        let Value::Object(mut fields) = value else {
            let batch = "Several requests in one are not taken. Send each by itself.";
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
        let params = Self {
            query: string(&mut fields, "query")?,
            document_id: string(&mut fields, "documentId")?.or(persisted),
            // Clients that keep a field for it send it empty where there is none.
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

    /// From the query string of a GET, where `variables` and `extensions` are JSON texts.
    pub(super) fn from_uri(uri: &Uri) -> Result<Self, Refusal> {
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

fn malformed(message: &str) -> Refusal {
    Refusal::new(ErrorCode::BadRequest, message)
}

fn string(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(&format!("The field `{name}` has to be a string."))),
    }
}

fn object(fields: &mut Map<String, Value>, name: &str) -> Result<Map<String, Value>, Refusal> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(object)) => Ok(object),
        Some(_) => Err(malformed(&format!("The field `{name}` has to be an object."))),
    }
}
