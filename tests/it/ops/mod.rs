//! The use cases, called as the API and the worker call them.

mod association;
mod audit;
mod connection;
mod roster;
pub(crate) mod sync;
mod tenant_change;
