//! What the database itself guarantees.

mod rls;
