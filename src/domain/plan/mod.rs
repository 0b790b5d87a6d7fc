//! The plan of a sync: what is desired, what Halo shows, and the difference.
//!
//! A plan is data. It is worked out by [`diff`] without touching anything, printed by [`render`], previewed, and carried
//! out step by step by `ops/`. A second plan right after a run that went well changes nothing.

mod candidates;
mod desired;
mod diff;
mod observed;
mod render;

pub use desired::{Create, Desired, DesiredAssociation, Goal, Sent, UnconfirmedWrite};
pub use diff::{Action, Plan, Step, diff};
pub use observed::{Lookup, Observed, ObservedCustomer, ObservedSubscription};
pub use render::render;
