//! Seals what must not be readable in the database, nor in a copy of it.
//!
//! XChaCha20-Poly1305 with a random nonce and a key id. The associated data binds a sealed value to
//! its table, column, row, partner and the address it may be sent to: copied to any other place, or
//! with that address changed, it does not open. A [`Keyring`] has one active key, which seals, and
//! any number of retired ones, which only open, so that keys can be rotated without downtime.
//!
//! This module knows no database and no Halo: bytes in, bytes out. `ops/` seals and opens,
//! `storage/` moves the bytes. Nothing here prints a key or a plaintext, and both are zeroed when
//! dropped.

mod keyring;
mod sealed;

pub use keyring::{DEVELOPMENT_KEYS, Keyring, KeyringError, OpenError, draw_secret};
pub use sealed::{Binding, Sealed};
