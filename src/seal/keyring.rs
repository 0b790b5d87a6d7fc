//! The keyring: seals and opens values.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use chacha20poly1305::{
    AeadInOut, Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Generate, array::Array},
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::sealed::{Binding, Sealed};
use crate::ids::PartnerId;

/// The keyring of `dev` and the tests. It is published in this source, so production refuses it.
pub const DEVELOPMENT_KEYS: &str = "development:aW5maW1hLWhhbG8gZGV2ZWxvcG1lbnQga2V5ICgzMik=";
const DEVELOPMENT_ID: &str = "development";

const KEY_LENGTH: usize = 32;
const CANARY: &str = "the keyring opens what this database holds";

/// Sealing keys: the first is active and seals, the others are retired and only open.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<NamedKey>,
}

#[derive(Clone)]
struct NamedKey {
    id: String,
    key: Zeroizing<[u8; KEY_LENGTH]>,
}

impl Keyring {
    /// Reads `id:base64,id:base64,…`: ids of 1 to 32 letters, digits, `-` and `_`; keys of 32 bytes
    /// in base64, as `openssl rand -base64 32` prints them. Spaces and line breaks around an entry
    /// do not matter.
    pub fn parse(text: &SecretString) -> Result<Self, KeyringError> {
        let mut keys: Vec<NamedKey> = Vec::new();
        let entries = text.expose_secret().split(',').map(str::trim).filter(|entry| !entry.is_empty());
        for (index, entry) in entries.enumerate() {
            let (id, encoded) = entry.split_once(':').ok_or(KeyringError::NotAnEntry { position: index + 1 })?;
            let id_is_plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            if !(1..=32).contains(&id.len()) || !id_is_plain {
                return Err(KeyringError::NotAnId { position: index + 1 });
            }
            let id = id.to_owned();
            if keys.iter().any(|known| known.id == id) {
                return Err(KeyringError::TwiceTheSameId { id });
            }
            let Ok(decoded) = BASE64_STANDARD.decode(encoded).map(Zeroizing::new) else {
                return Err(KeyringError::NotBase64 { id });
            };
            let Ok(key) = <[u8; KEY_LENGTH]>::try_from(decoded.as_slice()).map(Zeroizing::new) else {
                return Err(KeyringError::WrongLength { id, bytes: decoded.len() });
            };
            if key.iter().all(|byte| *byte == key[0]) {
                return Err(KeyringError::NotRandom { id });
            }
            keys.push(NamedKey { id, key });
        }
        if keys.is_empty() { Err(KeyringError::Empty) } else { Ok(Self { keys }) }
    }

    /// Returns the id of the active key.
    pub fn active_id(&self) -> &str {
        &self.keys[0].id
    }

    /// Returns all key ids, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }

    /// Returns whether any key is the published development key (under any id), or has its id.
    pub fn is_development_key(&self) -> bool {
        let published = Self::parse(&DEVELOPMENT_KEYS.into()).expect("a constant that the tests parse");
        self.keys.iter().any(|key| key.id == DEVELOPMENT_ID || key.key == published.keys[0].key)
    }

    /// Seals `plaintext` with the active key for the place that `binding` names.
    pub fn seal(&self, plaintext: &SecretString, binding: &Binding<'_>) -> Sealed {
        let active = &self.keys[0];
        let header = Sealed::header_for(&active.id);
        let nonce = XNonce::generate();
        let mut buffer = Zeroizing::new(Vec::with_capacity(plaintext.expose_secret().len() + 16));
        buffer.extend_from_slice(plaintext.expose_secret().as_bytes());
        active
            .cipher()
            .encrypt_in_place(&nonce, &binding.associated_data(&header), &mut *buffer)
            .expect("only longer than 256 GiB fails");
        Sealed::assemble(&header, &nonce, &buffer)
    }

    /// Opens a value that was sealed for this place.
    pub fn open(&self, sealed: &Sealed, binding: &Binding<'_>) -> Result<SecretString, OpenError> {
        let key = self
            .keys
            .iter()
            .find(|key| key.id == sealed.key_id())
            .ok_or_else(|| OpenError::KeyMissing { needed: sealed.key_id().to_owned() })?;
        let mut buffer = Zeroizing::new(sealed.ciphertext().to_vec());
        key.cipher()
            .decrypt_in_place(&Array(sealed.nonce()), &binding.associated_data(sealed.header()), &mut *buffer)
            .map_err(|_| OpenError::DoesNotOpen { key: key.id.clone() })?;
        std::str::from_utf8(&buffer).map(SecretString::from).map_err(|_| OpenError::NotSealed)
    }

    /// Seals a known text. It is stored in the database, so that a start with a wrong keyring fails
    /// at once.
    pub fn seal_canary(&self) -> Sealed {
        self.seal(&CANARY.into(), &canary_binding())
    }

    /// Checks that this keyring opens the canary.
    pub fn check_canary(&self, sealed: &Sealed) -> Result<(), OpenError> {
        let opened = self.open(sealed, &canary_binding())?;
        if opened.expose_secret() == CANARY { Ok(()) } else { Err(OpenError::NotSealed) }
    }
}

/// Draws a secret of 32 random bytes, as base64 after the prefix.
pub fn draw_secret(prefix: &str) -> SecretString {
    let bytes: Zeroizing<[u8; KEY_LENGTH]> = Zeroizing::new(Key::generate().into());
    format!("{prefix}{}", BASE64_STANDARD.encode(*bytes)).into()
}

fn canary_binding() -> Binding<'static> {
    Binding { table: "canary", column: "sealed", row: Uuid::nil(), partner: PartnerId(Uuid::nil()), address: "" }
}

impl NamedKey {
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(<&Key>::from(&*self.key))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({})", self.ids().collect::<Vec<_>>().join(", "))
    }
}

/// The reason why a keyring cannot be parsed. It never shows a key; positions count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error("the keyring is empty; make a key with `openssl rand -base64 32` and give it as id:key")]
    Empty,
    #[error("entry {position} of the keyring is not of the form id:key")]
    NotAnEntry { position: usize },
    #[error("entry {position} of the keyring has no usable id; take 1 to 32 letters, digits, - or _")]
    NotAnId { position: usize },
    #[error("the keyring has two keys with the id {id:?}; give each its own")]
    TwiceTheSameId { id: String },
    #[error("the key {id:?} is not base64; make one with `openssl rand -base64 32`")]
    NotBase64 { id: String },
    #[error("the key {id:?} has {bytes} bytes instead of 32; make one with `openssl rand -base64 32`")]
    WrongLength { id: String, bytes: usize },
    #[error("the key {id:?} is one byte repeated; make a random one with `openssl rand -base64 32`")]
    NotRandom { id: String },
}

/// The reason why a sealed value does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("sealed with the key {needed:?}, which the keyring does not hold; add it behind the active key")]
    KeyMissing { needed: String },
    #[error(
        "does not open with the key {key:?}: it was sealed for another place, was changed, or another key has that id"
    )]
    DoesNotOpen { key: String },
    #[error("these bytes are not a sealed value")]
    NotSealed,
}
