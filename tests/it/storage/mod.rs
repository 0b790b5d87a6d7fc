//! What the database itself guarantees.

pub mod listed_clients;
mod migrations;
mod outage;
mod pgbouncer;
mod rls;
mod scope;
