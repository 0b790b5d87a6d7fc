//! Tests through the real parts: real Postgres, real HTTP. One binary, so that it links once.

mod auth;
mod config;
mod halo;
mod net;
mod postgres;
mod graphql_nulls;
mod seal;
mod support;
//! The integration tests, one binary.

mod sandbox;
mod telemetry;
