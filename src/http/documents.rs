//! Trusted documents: in production a partner's caller runs the operations of the frontend's contract, and no others.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::{
    error::Refusal,
    tokens::{TooMuch, canonical, split},
};
use crate::auth::Caller;
use crate::config::TrustedDocuments;
use crate::graphql::{ErrorCode, limits::DocumentLimits};

const LONGEST_NAME: usize = 100;

/// The documents of the contract.
#[derive(Clone)]
pub struct Documents {
    trusted: TrustedDocuments,
    contract_version: String,
    by_hash: HashMap<String, String>,
    /// The canonical form of each: the same document however a client prints it.
    known: HashSet<String>,
}

/// The manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest of trusted documents is not a JSON object of ids and texts")]
    NotAManifest,
    #[error("the trusted document {0} has another hash than its id says; generate the contract again")]
    WrongHash(String),
    #[error("the trusted document {0} is larger than the server takes")]
    TooLarge(String),
}

impl Documents {
    /// Reads a manifest, `{"sha256:<hex>": "<text>"}`. Ids are tried against their texts.
    pub fn read(manifest: &str, contract_version: &str, trusted: TrustedDocuments) -> Result<Self, ManifestError> {
        let texts: BTreeMap<String, String> =
            serde_json::from_str(manifest).map_err(|_| ManifestError::NotAManifest)?;
        let (mut by_hash, mut known) = (HashMap::new(), HashSet::new());
        let limits = DocumentLimits::default();
        for (id, text) in texts {
            let hash = hash(&text);
            if bare(&id) != hash {
                return Err(ManifestError::WrongHash(id));
            }
            let tokens = split(&text, limits.tokens, limits.nesting).map_err(|_| ManifestError::TooLarge(id))?;
            known.insert(canonical(&tokens));
            by_hash.insert(hash, text);
        }
        Ok(Self { trusted, contract_version: contract_version.to_owned(), by_hash, known })
    }

    /// No documents, and none asked for.
    pub fn none() -> Self {
        Self::read("{}", "none", TrustedDocuments::Off).expect("an empty manifest")
    }

    /// The text to run: the caller's own, or the one its id stands for.
    ///
    /// A text that comes with an id is judged as a text: clients send both after an id was not known (automatic persisted
    /// queries), and hash what they print, which need not be what the contract printed.
    pub(super) fn choose(
        &self,
        caller: &Caller,
        text: Option<String>,
        id: Option<&str>,
        operation: Option<&str>,
        limits: &DocumentLimits,
    ) -> Result<String, Refusal> {
        let text = match (text, id) {
            (Some(text), _) => text,
            (None, Some(id)) => {
                let known = self.by_hash.get(bare(id)).cloned();
                return known.ok_or_else(|| self.refusal(operation.map(str::to_owned)));
            }
            (None, None) => return Err(Refusal::new(ErrorCode::BadRequest, "The field `query` has to be a string.")),
        };
        let tokens = split(&text, limits.tokens, limits.nesting).map_err(|too_much| {
            let message = match too_much {
                TooMuch::Tokens => {
                    format!("The document has more than {} tokens. Request less at once.", limits.tokens)
                }
                TooMuch::Nesting => format!("The document is nested deeper than {} levels.", limits.nesting),
            };
            Refusal::new(ErrorCode::LimitExceeded, message)
        })?;
        // The platform's service sends its own import, support anything it likes.
        let free = !caller.role().belongs_to_a_partner();
        if self.trusted == TrustedDocuments::Off || free || self.known.contains(&canonical(&tokens)) {
            return Ok(text);
        }
        let name = operation.map_or_else(|| name_in(&tokens), |name| Some(short(name).to_owned()));
        if self.trusted == TrustedDocuments::Report {
            tracing::warn!(operation = name, contract = self.contract_version, "a document outside the contract");
            metrics::counter!("graphql_untrusted_documents_total").increment(1);
            return Ok(text);
        }
        Err(self.refusal(name))
    }

    /// What is said beside the reason why an operation does not fit the schema: most likely it is outdated.
    pub(super) fn misfit(&self, operation: Option<&str>) -> String {
        let operation = operation.map_or_else(|| "This".to_owned(), |name| format!("The operation \"{name}\""));
        format!(" {operation} does not fit version {} of the contract, which this server has.", self.contract_version)
    }

    fn refusal(&self, operation: Option<String>) -> Refusal {
        let said =
            operation.as_ref().map_or_else(|| "This operation".to_owned(), |name| format!("The operation \"{name}\""));
        let version = &self.contract_version;
        let message = format!(
            "{said} is not part of the contract, version {version}, that this server was released with. Send an \
             operation of that version, or release the contract with this one first."
        );
        let refusal = Refusal::new(ErrorCode::DocumentNotTrusted, message).fact("contractVersion", version);
        match operation {
            Some(operation) => refusal.fact("operation", operation),
            None => refusal,
        }
    }
}

fn bare(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn name_in(tokens: &[&str]) -> Option<String> {
    let keyword = tokens.iter().position(|token| matches!(*token, "query" | "mutation" | "subscription"))?;
    let name = tokens.get(keyword + 1)?;
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then(|| short(name).to_owned())
}

/// As much of an operation's name as is logged: callers may call it what they like.
pub(super) fn short(name: &str) -> &str {
    name.char_indices().nth(LONGEST_NAME).map_or(name, |(end, _)| &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_name_its_beginning_is_logged() {
        assert_eq!(short("Clients"), "Clients");
        assert_eq!(short(&"N".repeat(100)), "N".repeat(100));
        assert_eq!(short(&"Ñ".repeat(10_000)), "Ñ".repeat(100));
        assert_eq!(name_in(&["query", &"N".repeat(10_000)]), Some("N".repeat(100)));
    }
}
