//! Files that a caller may download beside GraphQL, because they are longer than a response should
//! be. Each is one verb of `ops/`, which authorises the caller as a query's verb does; a refusal is
//! a response with GraphQL's errors.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use async_graphql::{Error, Pos, Response};
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};

use super::error::{Failure, advise, log_causes};
use super::request_id::RequestId;
use crate::auth::Caller;
use crate::ops::evidence::export::export_evidence;
use crate::ops::{OpError, Ops, Request, Target};

const BILLING_EVIDENCE: &str = "billing-evidence.csv";

/// A file to download.
#[derive(Clone)]
pub struct Download {
    /// The last part of its path.
    pub name: &'static str,
    pub open: Open,
}

/// Opens the file for a caller, by the parameters of the request.
pub type Open = Arc<
    dyn Fn(Arc<Caller>, RequestId, HashMap<String, String>) -> BoxFuture<'static, Result<OpenFile, Response>>
        + Send
        + Sync,
>;

/// An open file. Its chunks are made as they are read.
pub struct OpenFile {
    /// The name under which it is saved.
    pub name: String,
    pub chunks: BoxStream<'static, io::Result<Vec<u8>>>,
}

pub fn downloads(ops: Ops) -> Vec<Download> {
    let open: Open = Arc::new(move |caller, id, parameters| {
        let ops = ops.clone();
        Box::pin(async move {
            let opened = billing_evidence(&ops, &caller, &id, &parameters).await;
            opened.map_err(|error| refusal(&ops, &caller, &id, error))
        })
    });
    vec![Download { name: BILLING_EVIDENCE, open }]
}

/// A month of evidence of all clients.
async fn billing_evidence(
    ops: &Ops,
    caller: &Caller,
    id: &RequestId,
    parameters: &HashMap<String, String>,
) -> Result<OpenFile, OpError> {
    let request = Request { caller, id: id.as_str(), operation: Some(BILLING_EVIDENCE), reason: None };
    let target = Target::named(parameters.get("partnerId").map(String::as_str), caller);
    let export = export_evidence(ops, &request, target, parameters.get("month").map(String::as_str)).await?;
    let request_id = id.as_str().to_owned();
    let chunks = export.chunks.map(move |chunk| {
        chunk.map_err(|error| {
            tracing::error!(request_id, error = &error as &dyn std::error::Error, "download was cut off");
            io::Error::other("the download was cut off")
        })
    });
    Ok(OpenFile { name: format!("billing-evidence-{}.csv", export.month.format("%Y-%m")), chunks: chunks.boxed() })
}

fn refusal(ops: &Ops, caller: &Caller, id: &RequestId, error: OpError) -> Response {
    let error = Error::from(Failure::from(error)).into_server_error(Pos::default());
    let mut response = Response::from_errors(vec![error]);
    log_causes(ops, &response, Some(BILLING_EVIDENCE), id.as_str());
    advise(&mut response, caller.role());
    response
}
