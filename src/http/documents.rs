//! Trusted documents: in production, a partner's caller can run the operations of the frontend's
//! contract and no others.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::{
    error::RequestError,
    tokens::{TooMuch, canonical, split},
};
use crate::auth::Caller;
use crate::config::TrustedDocuments;
use crate::graphql::{ErrorCode, compat::document::Document, limits::DocumentLimits};

/// The number of characters of an operation's name that are logged.
const LONGEST_NAME: usize = 100;

/// How many bytes of text are kept parsed of the contract's documents. Parsed, a document is some
/// ten times as large.
const READY_OF_CONTRACT: usize = 1024 * 1024;
/// The same of other documents, which a caller may send in ever new forms.
const READY_OF_OTHERS: usize = 128 * 1024;
/// Longer texts are parsed each time: comments and white space do not change a document.
const LONGEST_READY: usize = 16 * 1024;

/// The documents of the contract.
#[derive(Clone)]
pub struct Documents {
    trusted: TrustedDocuments,
    contract_version: String,
    by_hash: HashMap<String, String>,
    /// The documents of the contract that were sent: they are compared, parsed and measured once.
    of_contract: ReadyDocuments,
    /// Others that were accepted.
    of_others: ReadyDocuments,
    /// The canonical form of each document, which does not depend on how a client prints it.
    by_canonical_form: HashSet<String>,
}

/// Documents that are kept parsed, by the hash of their text as it was sent.
#[derive(Clone)]
struct ReadyDocuments {
    /// How many bytes of text there may be.
    most: usize,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    by_hash: HashMap<String, Arc<Document>>,
    /// The bytes of their texts.
    size: usize,
}

/// The reason why a manifest cannot be used.
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
    /// Reads a manifest, `{"sha256:<hex>": "<text>"}`, and checks each id against its text.
    pub fn read(manifest: &str, contract_version: &str, trusted: TrustedDocuments) -> Result<Self, ManifestError> {
        let texts: BTreeMap<String, String> =
            serde_json::from_str(manifest).map_err(|_| ManifestError::NotAManifest)?;
        let (mut by_hash, mut by_canonical_form) = (HashMap::new(), HashSet::new());
        let limits = DocumentLimits::default();
        for (id, text) in texts {
            let hash = hash(&text);
            if hash_of_id(&id) != hash {
                return Err(ManifestError::WrongHash(id));
            }
            let tokens = split(&text, limits.tokens, limits.nesting).map_err(|_| ManifestError::TooLarge(id))?;
            by_canonical_form.insert(canonical(&tokens));
            by_hash.insert(hash, text);
        }
        let contract_version = contract_version.to_owned();
        let of_contract = ReadyDocuments::at_most(READY_OF_CONTRACT);
        let of_others = ReadyDocuments::at_most(READY_OF_OTHERS);
        Ok(Self { trusted, contract_version, by_hash, of_contract, of_others, by_canonical_form })
    }

    /// A list without documents that accepts every document.
    pub fn none() -> Self {
        Self::read("{}", "none", TrustedDocuments::Off).expect("an empty manifest")
    }

    /// Returns the document to run: the caller's own, or the one that the id names.
    ///
    /// An id that comes with a text is ignored: clients send both after an id was not known
    /// (automatic persisted queries), and hash what they print, which may differ from the contract.
    pub(super) fn choose(
        &self,
        caller: &Caller,
        text: Option<String>,
        id: Option<&str>,
        operation: Option<&str>,
        limits: &DocumentLimits,
    ) -> Result<Arc<Document>, RequestError> {
        let text = match (text, id) {
            (Some(text), _) => text,
            (None, Some(id)) => {
                let id = hash_of_id(id);
                if let Some(ready) = self.of_contract.get(id) {
                    return Ok(ready);
                }
                let known = self.by_hash.get(id).cloned();
                let text = known.ok_or_else(|| self.not_trusted(operation.map(str::to_owned)))?;
                return Ok(self.of_contract.keep(id.to_owned(), Document::read(text, limits)?));
            }
            (None, None) => {
                return Err(RequestError::new(ErrorCode::BadRequest, "The field `query` has to be a string."));
            }
        };
        let hash = hash(&text);
        // The platform sends its own import, and support uses the playground.
        let may_send_others = self.trusted == TrustedDocuments::Off || !caller.role().belongs_to_a_partner();
        let other = || self.of_others.get(&hash).filter(|_| may_send_others);
        if let Some(ready) = self.of_contract.get(&hash).or_else(other) {
            return Ok(ready);
        }
        let tokens = split(&text, limits.tokens, limits.nesting).map_err(|too_much| {
            let message = match too_much {
                TooMuch::Tokens => {
                    format!("The document has more than {} tokens. Request less at once.", limits.tokens)
                }
                TooMuch::Nesting => format!("The document is nested deeper than {} levels.", limits.nesting),
            };
            RequestError::new(ErrorCode::LimitExceeded, message)
        })?;
        if self.by_canonical_form.contains(&canonical(&tokens)) {
            return Ok(self.of_contract.keep(hash, Document::read(text, limits)?));
        }
        if may_send_others {
            return Ok(self.of_others.keep(hash, Document::read(text, limits)?));
        }
        let name = operation.map_or_else(|| name_in(&tokens), |name| Some(shorten(name).to_owned()));
        if self.trusted == TrustedDocuments::Report {
            tracing::warn!(
                operation = name,
                contract = self.contract_version,
                "this operation is not in the frontend's contract, and `enforce` would refuse it: add it to \
                 frontend-contract/operations and run `make contract-update`"
            );
            metrics::counter!("graphql_untrusted_documents_total").increment(1);
            return Ok(Arc::new(Document::read(text, limits)?));
        }
        Err(self.not_trusted(name))
    }

    /// The hint that follows the error of an operation that does not match the schema: most likely
    /// the operation is outdated.
    pub(super) fn unknown_document_message(&self, operation: Option<&str>) -> String {
        let operation = operation.map_or_else(|| "This".to_owned(), |name| format!("The operation \"{name}\""));
        format!(" {operation} does not fit version {} of the contract, which this server has.", self.contract_version)
    }

    fn not_trusted(&self, operation: Option<String>) -> RequestError {
        let subject =
            operation.as_ref().map_or_else(|| "This operation".to_owned(), |name| format!("The operation \"{name}\""));
        let version = &self.contract_version;
        let message = format!(
            "{subject} is not part of the contract, version {version}, that this server was released with. Send an \
             operation of that version, or release the contract with this one first."
        );
        let error = RequestError::new(ErrorCode::DocumentNotTrusted, message).extension("contractVersion", version);
        match operation {
            Some(operation) => error.extension("operation", operation),
            None => error,
        }
    }
}

impl ReadyDocuments {
    fn at_most(most: usize) -> Self {
        Self { most, kept: Arc::default() }
    }

    fn get(&self, hash: &str) -> Option<Arc<Document>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).by_hash.get(hash).cloned()
    }

    /// Clients print a document in a few ways. One that prints it in ever new ways empties the
    /// memory for all.
    fn keep(&self, hash: String, document: Document) -> Arc<Document> {
        let size = document.text.len();
        let document = Arc::new(document);
        if size > LONGEST_READY {
            return document;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.size + size > self.most {
            *kept = Kept::default();
        }
        if kept.by_hash.insert(hash, document.clone()).is_none() {
            kept.size += size;
        }
        document
    }
}

fn hash_of_id(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn name_in(tokens: &[&str]) -> Option<String> {
    let keyword = tokens.iter().position(|token| matches!(*token, "query" | "mutation" | "subscription"))?;
    let name = tokens.get(keyword + 1)?;
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then(|| shorten(name).to_owned())
}

/// Cuts an operation's name to what is logged: callers choose it freely.
pub(super) fn shorten(name: &str) -> &str {
    name.char_indices().nth(LONGEST_NAME).map_or(name, |(end, _)| &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_operation_name_is_cut() {
        assert_eq!(shorten("Clients"), "Clients");
        assert_eq!(shorten(&"N".repeat(100)), "N".repeat(100));
        assert_eq!(shorten(&"Ñ".repeat(10_000)), "Ñ".repeat(100));
        assert_eq!(name_in(&["query", &"N".repeat(10_000)]), Some("N".repeat(100)));
    }
}
