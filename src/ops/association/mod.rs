//! Use cases of the mapping of clients to Halo customers, and of the subscriptions that follow from
//! it.

mod company_name;
mod mapping_table;
pub mod recreate;
pub mod remove;
pub mod resolve;
pub mod save;
pub mod search_customers;
mod search_memory;
mod search_text;
pub mod suggest_customers;

pub use search_memory::SearchMemory;
pub use search_text::search_text;

use super::{OpError, UserErrorCode};

pub fn not_found() -> OpError {
    OpError::refused(UserErrorCode::AssociationNotFound, &["associationId"], "There is no such association.")
}

fn ending() -> OpError {
    OpError::refused(
        UserErrorCode::AssociationEnding,
        &["associationId"],
        "This association is ending. Map the client again to keep its subscription.",
    )
}
