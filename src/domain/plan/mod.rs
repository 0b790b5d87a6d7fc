//! The plan of a sync: what is desired, what Halo shows, and the difference.
//!
//! A plan is data. [`diff`] computes it without I/O, [`render`] prints it, the preview shows it,
//! and `ops/sync/run` executes it step by step. A second plan right after a successful run changes
//! nothing.

mod adopt;
mod candidates;
mod desired;
mod diff;
mod fall_guard;
mod observed;
mod render;
mod step;

pub use desired::{Create, Desired, DesiredAssociation, Goal, Sent, UnconfirmedWrite};
pub use diff::diff;
pub use fall_guard::FallLimit;
pub use observed::{CustomerState, Lookup, Observed, ObservedCustomer, ObservedSubscription};
pub use render::render;
pub use step::{Action, Plan, Step};
