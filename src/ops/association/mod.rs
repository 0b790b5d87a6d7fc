//! Use cases of the mapping of clients to Halo customers, and of the subscriptions that follow from it.

pub mod recreate;
pub mod remove;
pub mod resolve;
pub mod save;
pub mod search_customers;
mod search_text;
pub mod suggest_customers;

pub use search_text::search_text;
