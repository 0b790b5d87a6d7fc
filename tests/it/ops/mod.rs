//! The use cases, called as the API and the worker call them.

mod association;
mod audit;
mod connection;
mod connection_changes;
mod roster;
pub(crate) mod sync;
mod tenant_change;
