//! The main promise: each associated client is in Halo, once, with the right quantity and nothing
//! else changed.

mod billing;
mod changes_in_halo;
mod clocks;
mod concurrency;
pub(crate) mod crash;
mod create;
mod failures;
mod faults;
mod model;
mod nightly;
mod preserved_fields;
mod preview;
mod quantity;
pub(crate) mod requests;
mod soak;
mod statements;
mod visibility;
