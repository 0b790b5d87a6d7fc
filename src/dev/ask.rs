//! A client of the API over HTTP, as any other.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use anyhow::{Context as _, bail};
use axum::http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::net::{AnswerLimits, Body, Call, HttpClient, HttpLimits};

pub(super) struct RequestContext {
    http: HttpClient,
    endpoint: Url,
}

/// What is asked: the steps of the guide are the frontend's, and send what it sends.
pub(super) enum Operation {
    /// An operation of the frontend's contract, by its name.
    Contract(&'static str),
    /// An operation of the platform's own.
    Text(&'static str),
}

/// The id of an operation of the contract.
fn id_of(name: &str) -> anyhow::Result<&'static str> {
    static IDS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
        serde_json::from_str(include_str!("../../frontend-contract/document-ids.json"))
            .expect("the contract's tests compare the file with its sources")
    });
    IDS.get(name).map(String::as_str).with_context(|| format!("the contract has no operation {name}"))
}

/// The nodes of a list.
pub(super) fn nodes(list: &mut Value) -> Vec<Value> {
    let edges = list["edges"].as_array_mut().into_iter().flatten();
    edges.map(|edge| edge["node"].take()).collect()
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<Complaint>,
}

#[derive(Deserialize)]
struct Complaint {
    message: String,
    #[serde(default)]
    field: Option<Vec<String>>,
}

impl RequestContext {
    pub fn new(endpoint: Url) -> anyhow::Result<Self> {
        Ok(Self { http: HttpClient::for_configured_addresses(HttpLimits::default())?, endpoint })
    }

    /// Runs an operation, and gives its `data`.
    ///
    /// # Errors
    /// There was no answer, or it came with an error.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        token: &SecretString,
        operation: Operation,
        variables: Value,
    ) -> anyhow::Result<T> {
        let body = Body::Json(match operation {
            Operation::Contract(name) => json!({ "documentId": id_of(name)?, "variables": variables }),
            Operation::Text(text) => json!({ "query": text, "variables": variables }),
        });
        let call = Call::get(self.endpoint.clone(), AnswerLimits::PAGE);
        let call = Call { method: Method::POST, bearer: Some(token), body, ..call };
        let answer = self.http.send(call).await.context("the API gives no answer")?;
        let status = answer.status;
        let answer: Answer =
            serde_json::from_slice(&answer.body).with_context(|| format!("the API answers {status} without JSON"))?;
        if let Some(error) = answer.errors.first() {
            bail!("{}", error.message);
        }
        let data = answer.data.unwrap_or_default();
        serde_json::from_value(data).context("the API's answer has another shape")
    }

    /// Runs a mutation with one root field, and gives its payload.
    ///
    /// # Errors
    /// As [`RequestContext::ask`], and where the payload has user errors.
    pub async fn change<T: DeserializeOwned>(
        &self,
        token: &SecretString,
        mutation: Operation,
        input: Value,
    ) -> anyhow::Result<T> {
        let data: serde_json::Map<String, Value> = self.ask(token, mutation, json!({ "input": input })).await?;
        let mut payload = data.into_iter().next().map(|(_, payload)| payload).context("the mutation has no field")?;
        let errors: Vec<Complaint> = serde_json::from_value(payload["userErrors"].take())?;
        if let Some(Complaint { message, field }) = errors.first() {
            let place =
                field.as_deref().filter(|field| !field.is_empty()).map(|field| format!(" ({})", field.join(".")));
            bail!("{message}{}", place.unwrap_or_default());
        }
        serde_json::from_value(payload).context("the API's answer has another shape")
    }
}
