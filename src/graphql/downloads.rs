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
use crate::ops::association::export_mappings::export_mappings;
use crate::ops::evidence::export::export_evidence;
use crate::ops::{OpError, Ops, Request, Target};

const BILLING_EVIDENCE: &str = "billing-evidence.csv";
const HALO_MAPPINGS: &str = "halo-mappings.csv";

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
    vec![
        download(&ops, BILLING_EVIDENCE, |asked| Box::pin(async move { billing_evidence(&asked).await })),
        download(&ops, HALO_MAPPINGS, |asked| Box::pin(async move { halo_mappings(&asked).await })),
    ]
}

/// One request for a file.
struct Asked {
    ops: Ops,
    caller: Arc<Caller>,
    id: RequestId,
    /// The last part of the file's path.
    name: &'static str,
    parameters: HashMap<String, String>,
}

impl Asked {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// The request that a verb gets, and the partner whose file it is.
    fn request(&self) -> (Request<'_>, Target) {
        let request = Request { caller: &self.caller, id: self.id.as_str(), operation: Some(self.name), reason: None };
        (request, Target::named(self.parameter("partnerId"), &self.caller))
    }

    /// The file with these chunks.
    fn file(&self, name: String, chunks: BoxStream<'static, Result<Vec<u8>, OpError>>) -> OpenFile {
        let request_id = self.id.as_str().to_owned();
        let chunks = chunks.map(move |chunk| {
            chunk.map_err(|error| {
                tracing::error!(request_id, error = &error as &dyn std::error::Error, "download was cut off");
                io::Error::other("the download was cut off")
            })
        });
        OpenFile { name, chunks: chunks.boxed() }
    }
}

fn download(
    ops: &Ops,
    name: &'static str,
    open: fn(Arc<Asked>) -> BoxFuture<'static, Result<OpenFile, OpError>>,
) -> Download {
    let ops = ops.clone();
    let open: Open = Arc::new(move |caller, id, parameters| {
        let asked = Arc::new(Asked { ops: ops.clone(), caller, id, name, parameters });
        Box::pin(async move { open(asked.clone()).await.map_err(|error| refusal(&asked, error)) })
    });
    Download { name, open }
}

/// A month of evidence of all clients.
async fn billing_evidence(asked: &Asked) -> Result<OpenFile, OpError> {
    let (request, target) = asked.request();
    let export = export_evidence(&asked.ops, &request, target, asked.parameter("month")).await?;
    Ok(asked.file(format!("billing-evidence-{}.csv", export.month.format("%Y-%m")), export.chunks))
}

/// The mappings of all clients.
async fn halo_mappings(asked: &Asked) -> Result<OpenFile, OpError> {
    let (request, target) = asked.request();
    Ok(asked.file(HALO_MAPPINGS.to_owned(), export_mappings(&asked.ops, &request, target).await?))
}

fn refusal(Asked { ops, caller, id, name, .. }: &Asked, error: OpError) -> Response {
    let error = Error::from(Failure::from(error)).into_server_error(Pos::default());
    let mut response = Response::from_errors(vec![error]);
    log_causes(ops, &response, Some(name), id.as_str());
    advise(&mut response, caller.role());
    response
}
