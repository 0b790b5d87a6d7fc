//! Tests through the real parts: real Postgres, real HTTP. One binary, so that it links once.

mod architecture;
mod audit;
mod auth;
mod auth_keys;
mod config;
mod graphql;
mod graphql_nulls;
mod halo;
mod http;
mod matrix;
mod net;
mod postgres;
mod rls;
mod sandbox;
mod schema;
mod seal;
mod secrets;
mod support;
mod sync;
mod telemetry;
