//! The public face: what the frontend, support's playground and INFIMA's platform see.
//!
//! A file for each noun: the object, its inputs, payloads and mutations. Objects are thin wraps around values of
//! `domain/`; what a field shows is read through `storage/` with a scope that [`crate::auth::permit`] gave for this
//! caller, and what a mutation does is done by a verb of `ops/`. Nothing here knows SQL, HTTP clients, the queue or how
//! secrets are sealed, and nothing here decides about the business.
//!
//! Conventions: ids are opaque and global ([`node`]); lists that can grow are Relay connections ([`page`]); a mutation
//! takes one `input` and gives a payload with a nullable result and `userErrors` ([`user_error`]); every other error
//! carries a code out of a closed list ([`error`]). What a caller asks with is [`request_context`]; rows of nested lists are read
//! in batches ([`loads`]).
//!
//! Called by `app/`, which hands in the verbs and this process' ear for changes, and by the command that prints the
//! schema.

mod access_log;
mod batches;
pub mod compat;
mod descriptions;
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

use async_graphql::{SDLExportOptions, Schema, SchemaBuilder};

pub use self::{
    error_code::{ErrorCode, INTERNAL_ERROR, SESSION_ENDED},
    request_id::RequestId,
};
use self::{mutations::Mutation, query::Query, subscription::Subscription};
use crate::ops::Ops;
use crate::storage::run_listener::RunListener;

pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// The schema, ready to be asked. Requests bring a [`crate::auth::Caller`] and, from HTTP, a [`RequestId`]
/// in their data.
pub fn schema(ops: Ops, changes: RunListener) -> ApiSchema {
    shape()
        .data(ops)
        .data(changes)
        .extension(descriptions::SchemaDescription)
        .extension(request_context::RequestContextExtension)
        .extension(compat::nulls::SpecNulls)
        .limit_depth(limits::DEPTH)
        .limit_complexity(limits::COMPLEXITY)
        .limit_directives(limits::DIRECTIVES)
        .limit_recursive_depth(limits::RECURSION)
        .finish()
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
