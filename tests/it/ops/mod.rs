//! The use cases, called as the API and the worker call them.

mod association;
mod audit;
mod connection;
mod connection_changes;
mod housekeeping;
mod roster;
pub(crate) mod sync;
mod tenant_change;
mod webhooks;
