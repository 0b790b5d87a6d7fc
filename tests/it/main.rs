//! Tests through the real parts: real Postgres, real HTTP. One binary, so that it links once.

mod architecture;
mod associations;
mod auth;
mod auth_keys;
mod config;
mod connection;
mod faults;
mod graphql_nulls;
mod halo;
mod http;
mod model;
mod net;
mod plan;
mod postgres;
mod preview;
mod roster;
mod sandbox;
mod seal;
mod support;
mod sync;
mod telemetry;
