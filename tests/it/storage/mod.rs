//! What the database itself guarantees.

mod migrations;
mod outage;
mod pgbouncer;
mod rls;
mod scope;
