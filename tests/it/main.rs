//! Tests through the real parts: real Postgres, real HTTP. One binary, so that it links once.

mod config;
mod postgres;
mod seal;
mod support;
mod telemetry;
