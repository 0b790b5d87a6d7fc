//! The evidence behind what clients were billed.

pub mod export;
