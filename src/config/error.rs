//! The errors of configuration. Every message starts with the variable that it is about.

use std::path::PathBuf;

/// A setting that cannot be used. The text never holds the value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}", missing(.0))]
    Missing(Vec<Missing>),
    #[error("{variable} is not usable: {reason}")]
    Invalid { variable: String, reason: String },
    #[error("{variable} and {variable}_FILE are both set; keep one of them")]
    SetTwice { variable: String },
    #[error("{variable}_FILE names {}, which cannot be read: {source}", .path.display())]
    Unreadable { variable: String, path: PathBuf, source: std::io::Error },
    #[error("{variable}_FILE names {}, which is empty", .path.display())]
    EmptyFile { variable: String, path: PathBuf },
}

/// A variable that has no default and is not set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub variable: String,
    /// Whether `…_FILE` is accepted too.
    pub secret: bool,
    /// One sentence about the value.
    pub help: String,
}

impl ConfigError {
    pub(super) fn invalid(variable: &str, reason: impl Into<String>) -> Self {
        ConfigError::Invalid { variable: variable.into(), reason: reason.into() }
    }
}

fn missing(variables: &[Missing]) -> String {
    let lines: Vec<String> = variables
        .iter()
        .map(|Missing { variable, secret, help }| {
            let or_file = if *secret { format!(" (or {variable}_FILE)") } else { String::new() };
            format!("{variable}{or_file} is not set: {help}")
        })
        .collect();
    lines.join("\n")
}
