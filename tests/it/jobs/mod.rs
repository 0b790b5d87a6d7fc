//! The workers, as processes of their own.

mod leases;
mod queue;
mod wrong_clock;
