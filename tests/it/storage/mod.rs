//! What the database itself guarantees.

mod pgbouncer;
mod rls;
mod scope;
