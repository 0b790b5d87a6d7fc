//! Use cases of the mapping of clients to Halo customers, and of the subscriptions that follow from
//! it.

pub mod accept_suggestions;
mod answer_memory;
mod company_name;
mod customer_directory;
pub mod exclude;
pub mod export_mappings;
pub mod import_mappings;
mod mapping_file;
pub mod mapping_suggestion;
mod mapping_table;
pub mod recreate;
pub mod remove;
pub mod resolve;
pub mod save;
pub mod search_customers;
mod search_memory;
mod search_text;
pub mod suggest_customers;
pub mod suggest_mappings;

pub use customer_directory::CustomerDirectories;
pub use search_memory::SearchMemory;
pub use search_text::search_text;

use super::{OpError, UserError, UserErrorCode};

pub fn not_found() -> OpError {
    let error = UserError::new(
        UserErrorCode::AssociationNotFound,
        &[],
        "This client is not mapped any more. Load the table again.",
    );
    error.hint("No association of the partner has the id in `associationId`.").into()
}

fn ending() -> OpError {
    OpError::refused(
        UserErrorCode::AssociationEnding,
        &[],
        "This client's mapping is being removed. Map the client again to keep its subscription.",
    )
}
