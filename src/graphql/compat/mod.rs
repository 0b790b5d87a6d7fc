//! Workarounds for async-graphql 7.2.1, each with the upstream issue or pull request that ends it.
//!
//! | File | What the library does | Ends with |
//! | --- | --- | --- |
//! | [`nulls`] | leaves a failed field out of its object instead of making it null | async-graphql #1820 (open) |
//! | [`order`] | answers with an object's keys in the order in which they were ready | #1806, which reverts #1746 (8.0.0-rc.3) |
//! | [`response`] | serialises `errors` after `data` | #1793 (8.0.0-rc.2) |
//! | [`document`] | counts no aliases, and spreads fragments out before it counts fields | #1822 for aliases (8.0) |
//! | [`messages`] | gives its own errors no codes and repeats what was sent | no issue: errors need codes |
//!
//! Nothing outside this folder depends on the library's message texts or its order of evaluation.
//! Whoever updates the library tries each file in turn: its tests fail if the workaround is still
//! needed.

pub mod document;
pub mod messages;
pub mod nulls;
pub mod order;
pub mod response;

/// What validation says of an exceeded limit, and so on: the library's texts, of version 7.2.1.
#[cfg(test)]
mod tests {
    /// The texts in [`super::messages`] are those of this version: compare them before changing it.
    #[test]
    fn library_version_is_the_one_that_the_workarounds_are_for() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(manifest.lines().any(|line| line.starts_with("async-graphql = ") && line.contains("=7.2.1")));
    }
}
