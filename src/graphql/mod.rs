//! The public API: what the frontend, support's playground and INFIMA's platform see.
//!
//! `objects/` has the object types and `mutations/` the inputs, payloads and mutations, a file for
//! each noun. Objects are thin wrappers around values of `domain/`, read through `storage/` with a
//! scope that the policy gives this caller ([`access_log`]); a mutation is one call of a verb of
//! `ops/`, which authorises it. Nothing here knows SQL, HTTP clients, the queue or how secrets are
//! sealed, and nothing here has a business rule.
//!
//! Object types sit above the request context ([`request_context`]) and its loaders ([`loaders`]),
//! which read the rows of nested lists in batches and return values of `domain/`, never objects.
//!
//! Conventions: ids are opaque and global ([`objects::node`]); lists that can grow are Relay
//! connections ([`page`]); a mutation takes one `input` and returns a payload with a nullable
//! result and `userErrors` ([`user_error`]); every other error has a code of a closed list
//! ([`error_code`], [`error`]). Every workaround for async-graphql is in [`compat`].
//!
//! `http/` builds on the schema, the error codes, the request's id and the limits; `app/` hands in
//! the verbs and the listener for changes of runs; a command prints the schema.

mod access_log;
mod batches;
pub mod compat;
mod descriptions;
mod downloads;
mod error;
mod error_code;
pub mod limits;
mod loaders;
mod mutations;
mod objects;
mod page;
mod query;
mod request_context;
mod request_id;
mod scalars;
mod subscription;
mod user_error;

use std::sync::Arc;

use async_graphql::{Data, Executor, Request, Response, SDLExportOptions, Schema, SchemaBuilder};
use futures::stream::{self, BoxStream, StreamExt};

use self::{
    compat::nulls::SpecNulls, mutations::Mutation, query::Query, request_context::Execution, subscription::Subscription,
};
pub use self::{
    downloads::{Download, Open, OpenFile, downloads},
    error_code::{ErrorCode, INTERNAL_ERROR, SESSION_ENDED},
    request_id::RequestId,
};
use crate::ops::Ops;
use crate::storage::run_listener::RunListener;

/// The schema, ready to execute requests. Their data holds a [`crate::auth::Caller`] and, over
/// HTTP, a [`RequestId`].
///
/// It has none of the library's extensions: with any, each field of each request takes a slower
/// path.
#[derive(Clone)]
pub struct ApiSchema {
    schema: SpecNulls<Query, Mutation, Subscription>,
    ops: Ops,
}

pub fn schema(ops: Ops, changes: RunListener) -> ApiSchema {
    let schema = shape()
        .data(ops.clone())
        .data(changes)
        .limit_depth(limits::DEPTH)
        .limit_complexity(limits::COMPLEXITY)
        .limit_directives(limits::DIRECTIVES)
        .limit_recursive_depth(limits::RECURSION)
        .finish();
    ApiSchema { schema: SpecNulls::of(schema), ops }
}

impl ApiSchema {
    pub async fn execute(&self, request: impl Into<Request>) -> Response {
        let request = request.into();
        let introspects = request.query.contains("__schema");
        let introspection = introspects.then(|| (request.query.clone(), request.operation_name.clone()));
        let (request, Execution { mut batches, end }) = match request_context::prepare(&self.ops, request) {
            Ok(prepared) => prepared,
            Err(error) => return Response::from_errors(vec![error]),
        };
        let mut response = end.finish(batches.run(self.schema.execute(request)).await);
        if let Some((document, operation)) = introspection {
            descriptions::describe_schema(&mut response, &document, operation.as_deref());
        }
        response
    }

    pub fn execute_stream(&self, request: impl Into<Request>) -> BoxStream<'static, Response> {
        match request_context::prepare(&self.ops, request.into()) {
            Ok((request, Execution { batches, end })) => {
                let events = batches.run_each(self.schema.execute_stream(request));
                events.map(move |response| end.finish(response)).boxed()
            }
            Err(error) => stream::iter([Response::from_errors(vec![error])]).boxed(),
        }
    }
}

impl Executor for ApiSchema {
    async fn execute(&self, request: Request) -> Response {
        ApiSchema::execute(self, request).await
    }

    fn execute_stream(&self, request: Request, _: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        ApiSchema::execute_stream(self, request)
    }
}

/// The schema in GraphQL's own language, in a stable order. Needs nothing that runs.
pub fn sdl() -> String {
    let order = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .prefer_single_line_descriptions();
    shape().finish().sdl_with_options(order.include_specified_by().use_space_ident())
}

fn shape() -> SchemaBuilder<Query, Mutation, Subscription> {
    descriptions::describe_lists(Schema::build(Query, Mutation::default(), Subscription))
}
