//! The stored form of a sealed value, and the place that it is bound to.

use std::fmt;

use uuid::Uuid;

use super::keyring::OpenError;
use crate::ids::PartnerId;

/// The version of the layout below. A new layout gets a new version, and both are read.
const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;

/// The only place where a sealed value opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding<'a> {
    pub table: &'static str,
    pub column: &'static str,
    pub row: Uuid,
    pub partner: PartnerId,
    /// The only address that the value may be sent to; empty if it is not sent anywhere. An
    /// attacker who can write to the database can change the stored address, but the value then
    /// does not open.
    pub address: &'a str,
}

impl Binding<'_> {
    /// The associated data: names are ended by a zero byte, which no name contains, ids have one
    /// length, and the address is last, so two bindings never read the same. The header is part of
    /// it, so that version and key id cannot be exchanged either.
    pub(super) fn associated_data(&self, header: &[u8]) -> Vec<u8> {
        let mut data = header.to_vec();
        for name in [self.table, self.column] {
            data.extend_from_slice(name.as_bytes());
            data.push(0);
        }
        data.extend_from_slice(self.row.as_bytes());
        data.extend_from_slice(self.partner.0.as_bytes());
        data.extend_from_slice(self.address.as_bytes());
        data
    }
}

/// Version (1 byte), length of the key id (1 byte), key id, nonce (24 bytes), ciphertext with tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Parses the stored bytes. Only opening shows whether they are authentic.
    ///
    /// # Errors
    /// [`OpenError::NotSealed`] if the bytes do not have the layout of a sealed value.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, OpenError> {
        let [VERSION, id_length, rest @ ..] = bytes.as_slice() else { return Err(OpenError::NotSealed) };
        let id_length = usize::from(*id_length);
        let well_formed = rest.len() >= id_length + NONCE + TAG && std::str::from_utf8(&rest[..id_length]).is_ok();
        if well_formed { Ok(Self(bytes)) } else { Err(OpenError::NotSealed) }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the id of the key that sealed the value.
    pub fn key_id(&self) -> &str {
        std::str::from_utf8(&self.header()[2..]).expect("checked when the value was created")
    }

    /// Returns the header. `key_id` is at most 255 bytes, as the keyring checks.
    pub(super) fn header_for(key_id: &str) -> Vec<u8> {
        let length = u8::try_from(key_id.len()).expect("the keyring refuses longer ids");
        [&[VERSION, length], key_id.as_bytes()].concat()
    }

    pub(super) fn assemble(header: &[u8], nonce: &[u8], ciphertext: &[u8]) -> Self {
        Self([header, nonce, ciphertext].concat())
    }

    pub(super) fn header(&self) -> &[u8] {
        &self.0[..2 + usize::from(self.0[1])]
    }

    pub(super) fn nonce(&self) -> [u8; NONCE] {
        let start = self.header().len();
        self.0[start..start + NONCE].try_into().expect("checked when the value was created")
    }

    pub(super) fn ciphertext(&self) -> &[u8] {
        &self.0[self.header().len() + NONCE..]
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(with {:?})", self.key_id())
    }
}
