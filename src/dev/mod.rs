//! What only development needs: the one-command stack. Behind the cargo feature `dev`, so production carries none of it.
//!
//! `cli` starts it; the tests use [`postgres`] for their database. Nothing in production's rooms may call in here.

pub mod postgres;
