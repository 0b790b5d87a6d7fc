//! The errors of configuration. Every message starts with the variable that it is about.

use std::collections::HashSet;
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
    /// At least two of the others, so that an operator corrects all of them at once.
    #[error("{}", lines(.0))]
    Several(Vec<ConfigError>),
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

    /// All of `errors` as one, or `Ok` for an empty list. Missing variables come first, together,
    /// and a variable that two sections read is reported once.
    pub(super) fn all(errors: Vec<ConfigError>) -> Result<(), ConfigError> {
        let (mut missing, mut others) = (Vec::new(), Vec::new());
        let each = errors.into_iter().flat_map(|error| match error {
            ConfigError::Several(several) => several,
            one => vec![one],
        });
        let mut reported = HashSet::new();
        for error in each {
            match error {
                ConfigError::Missing(more) => missing.extend(more),
                other if reported.insert(other.to_string()) => others.push(other),
                _ => {}
            }
        }
        if !missing.is_empty() {
            others.insert(0, ConfigError::Missing(missing));
        }
        match others.len() {
            0 => Ok(()),
            1 => Err(others.remove(0)),
            _ => Err(ConfigError::Several(others)),
        }
    }
}

fn lines(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
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
