//! The public face: what the frontend, support's playground and INFIMA's platform see.
//!
//! A file for each noun: the object, its inputs, payloads and mutations. Objects are thin wraps around values of
//! `domain/`; what a field shows is read through `storage/` with a scope that [`crate::auth::permit`] gave for this
//! caller, and what a mutation does is done by a verb of `ops/`. Nothing here knows SQL, HTTP clients, the queue or how
//! secrets are sealed, and nothing here decides about the business.
//!
//! Conventions: ids are opaque and global ([`node`]); lists that can grow are Relay connections ([`page`]); a mutation
//! takes one `input` and gives a payload with a nullable result and `userErrors` ([`user_error`]); every other error
//! carries a code out of a closed list ([`error`]). What a caller asks with is [`asker`]; rows of nested lists are read
//! in batches ([`loads`]).
//!
//! Called by `app/`, which hands in the verbs and this process' ear for changes, and by the command that prints the
//! schema.

mod about;
mod activity;
mod asker;
mod association;
mod batches;
mod client;
mod connection;
mod connection_form;
mod customer;
mod error;
mod loads;
mod mapping;
mod node;
mod page;
mod partner;
mod preview;
mod problem;
mod query;
mod reads;
mod repair;
mod result;
mod roster;
mod run;
mod scalars;
mod subscription;
mod sync_request;
mod sync_settings;
mod user_error;
mod viewer;

use async_graphql::{MergedObject, SDLExportOptions, Schema, SchemaBuilder};

use self::{
    connection_form::ConnectionForm, mapping::Mapping, query::Query, repair::Repair, roster::RosterImport,
    subscription::Subscription, sync_request::SyncRequest, sync_settings::SyncSettings,
};
use crate::http::{SpecNulls, limits};
use crate::ops::Ops;
use crate::storage::changes::Changes;

pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// What a caller can change. Each mutation takes one `input` and answers with its result, which is null where nothing
/// was done, and with `userErrors`: what has to be mended in the input, each with a code out of a closed list.
#[derive(MergedObject, Default)]
pub struct Mutation(ConnectionForm, Mapping, Repair, SyncRequest, SyncSettings, RosterImport);

/// The schema, ready to be asked. Requests bring a [`crate::auth::Caller`] and, from HTTP, a [`crate::http::RequestId`]
/// in their data.
pub fn schema(ops: Ops, changes: Changes) -> ApiSchema {
    shape()
        .data(ops)
        .data(changes)
        .extension(about::AboutTheSchema)
        .extension(asker::AskerOfRequest)
        .extension(SpecNulls)
        .limit_depth(limits::SCHEMA_DEPTH)
        .limit_complexity(limits::SCHEMA_COMPLEXITY)
        .limit_directives(limits::SCHEMA_DIRECTIVES)
        .limit_recursive_depth(limits::SCHEMA_RECURSION)
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
    page::describe(Schema::build(Query, Mutation::default(), Subscription))
}
