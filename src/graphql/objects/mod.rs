//! The object types, a file for each noun: thin wrappers around values of `domain/`. They know the
//! request context and its loaders, which know nothing of them.

pub(in crate::graphql) mod activity;
pub(in crate::graphql) mod association;
pub(in crate::graphql) mod client;
pub(in crate::graphql) mod connection;
pub(in crate::graphql) mod customer;
pub(in crate::graphql) mod evidence;
pub(in crate::graphql) mod mapping_suggestion;
pub(in crate::graphql) mod node;
pub(in crate::graphql) mod partner;
pub(in crate::graphql) mod preview;
pub(in crate::graphql) mod problem;
pub(in crate::graphql) mod problem_record;
pub(in crate::graphql) mod reconciliation;
pub(in crate::graphql) mod result;
pub(in crate::graphql) mod run;
mod sync_settings;
mod trouble;
pub(in crate::graphql) mod user;
pub(in crate::graphql) mod viewer;
pub(in crate::graphql) mod webhook;
