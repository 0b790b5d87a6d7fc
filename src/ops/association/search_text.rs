//! The text that a user typed to search in a list.

use crate::ops::{OpError, UserErrorCode};

/// Longer than any name of a person or company.
const LONGEST: usize = 200;

/// Returns the text without surrounding white space. An empty text searches for everything.
pub fn search_text(typed: &str) -> Result<&str, OpError> {
    let text = typed.trim();
    if text.chars().count() > LONGEST {
        let message = format!("The search is too long. Use at most {LONGEST} characters.");
        return Err(OpError::refused(UserErrorCode::TooLong, &["search"], message));
    }
    if text.chars().any(char::is_control) {
        let message = "The search has a control character. Remove it.";
        return Err(OpError::refused(UserErrorCode::Invalid, &["search"], message));
    }
    Ok(text)
}
