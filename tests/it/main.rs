//! Tests through the real parts: real Postgres, real HTTP. One binary, so that it links once.

mod architecture;
mod auth;
mod cli;
mod config;
mod contract;
mod deploy;
mod dev;
mod documentation;
mod domain;
mod faults;
mod fuzz;
mod graphql;
mod halo;
mod hostile;
mod http;
mod jobs;
mod net;

mod ops;
mod probe;
mod sandbox;
mod seal;
mod secrets;
mod storage;
mod support;
mod telemetry;
mod traces;
mod words;
