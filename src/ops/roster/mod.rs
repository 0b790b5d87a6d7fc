//! Use cases of the roster that INFIMA's platform reports.

pub mod import;
