//! INFIMA's Halo PSA integration: a GraphQL API and a queue of subscription syncs on Postgres.
//!
//! Each module's `mod.rs` says what it is for and what it must not know; `tests/it/architecture.rs`
//! holds these borders. `docs/architecture.md` shows how the modules depend on each other.

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
#[cfg(feature = "dev")]
pub mod dev;
pub mod domain;
pub mod graphql;
pub mod halo;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod net;
pub mod ops;
pub mod queue;
#[cfg(feature = "dev")]
pub mod sandbox;
pub mod seal;
pub mod storage;
pub mod telemetry;
pub mod webhook;
