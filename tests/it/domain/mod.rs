//! The rules, without any Halo or database.

mod plan;
mod problems;
