//! Tests through the real parts: real Postgres, real HTTP. One binary, so that it links once.

mod architecture;
mod auth;
mod auth_keys;
mod cli;
mod budget;
mod config;
mod crash;
mod graphql;
mod graphql_nulls;
mod halo;
mod http;
mod leases;
mod net;
mod nights;
mod plan;
mod postgres;
mod queue;
mod sandbox;
mod schema;
mod seal;
mod story;
mod soak;
mod support;
mod sync;
mod telemetry;
