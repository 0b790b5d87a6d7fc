//! Tests through the real parts: real Postgres, real HTTP. One binary, so that it links once.

mod auth;
mod config;
mod graphql_nulls;
mod halo;
mod net;
mod postgres;
mod sandbox;
mod auth_keys;
mod graphql_nulls;
mod http;
mod seal;
mod support;
mod sync;
mod seal;
mod support;
mod telemetry;
