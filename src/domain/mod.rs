//! What the business knows, in its own words: connections, associations, runs, nights, and the plan
//! of a sync.
//!
//! Pure: no async, no input or output, no clock but as an argument. It knows neither Halo's field
//! names nor Postgres nor GraphQL. `storage/` fills these values from rows, `ops/` decides with
//! them, `graphql/` shows them.
//!
//! Money is decided in one place, [`plan`]; what can be wrong, and what to do about it, is said in
//! one place, [`problem`].

pub mod activity;
pub mod association;
pub mod clock_skew;
pub mod connection;
pub mod evidence;
pub mod explain;
pub mod forecast;
pub mod guide;
pub mod plan;
pub mod problem;
pub mod problem_record;
pub mod reconciliation;
pub mod roster;
pub mod run;
pub mod schedule;
pub mod trouble;
pub mod webhook;
