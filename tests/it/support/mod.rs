//! What tests stand on: a database of their own, and a place for what they leave when they fail.

pub mod artifacts;
pub mod data_dir;
pub mod db;
pub mod people;
pub mod program;
pub mod served;
pub mod worker;
pub mod world;
