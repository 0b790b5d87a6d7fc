//! The workers, as processes of their own.

mod leases;
mod queue;
