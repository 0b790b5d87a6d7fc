//! Use cases of syncs: requesting one, running it, previewing it, and the nightly schedule.

pub mod nightly;
mod observe;
pub mod preview;
pub mod request;
pub mod run;
pub mod settings;
