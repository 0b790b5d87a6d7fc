//! The main promise: each associated client is in Halo, once, with the right quantity and nothing
//! else changed.

mod changes_in_halo;
mod concurrency;
pub(crate) mod crash;
mod create;
mod failures;
mod faults;
mod model;
mod nightly;
mod preview;
mod quantity;
mod soak;
mod visibility;
