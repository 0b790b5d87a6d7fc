//! What the database itself guarantees.

mod outage;
mod pgbouncer;
mod rls;
mod scope;
