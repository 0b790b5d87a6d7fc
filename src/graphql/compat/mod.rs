//! Workarounds for async-graphql 7.2.1, each with the upstream issue or pull request that ends it.
//!
//! - [`nulls`]: the library leaves a failed field out of its object instead of making it null.
//!   Ends with async-graphql #1820 (open).
//! - [`order`]: the library answers with an object's keys in the order in which they were ready.
//!   Ends with #1806 (8.0.0-rc.3), which reverts #1746.
//! - [`response`]: the library serialises `errors` after `data`. Ends with #1793 (8.0.0-rc.2).
//! - [`document`]: the library counts no aliases (ends with #1822, 8.0), and spreads fragments out
//!   before it counts fields.
//! - [`messages`]: the library gives its own errors no codes and repeats what was sent. There is no
//!   upstream issue; it ends once these errors have codes.
//!
//! Nothing outside this folder depends on the library's message texts or its order of evaluation.
//! When the library is updated, each file is removed in turn: its tests fail if the workaround is
//! still needed.

pub mod document;
pub mod messages;
pub mod nulls;
pub mod order;
pub mod response;
pub(in crate::graphql) mod selection;

#[cfg(test)]
mod tests {
    /// The texts in [`super::messages`] are those of this version: compare them before changing it.
    #[test]
    fn library_version_is_the_one_that_the_workarounds_are_for() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(manifest.lines().any(|line| line.starts_with("async-graphql = ") && line.contains("=7.2.1")));
    }
}
