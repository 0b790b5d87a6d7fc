//! Tokens whose signature was verified before: a caller sends the same token hundreds of times, and
//! verifying it is by far the most expensive step of a small request.
//!
//! A token is remembered by its hash, with the key that verified it. The issuer's keys are looked
//! up for each request all the same, so a key that is withdrawn takes its tokens with it as soon as
//! without this memory; and the expiry is compared with the clock each time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{caller::Claims, keys::PublicKey};

/// Some hundred bytes each.
const MAX_TOKENS: usize = 10_000;

pub(super) type TokenHash = [u8; 32];

#[derive(Default)]
pub(super) struct VerifiedTokens(Mutex<HashMap<TokenHash, VerifiedToken>>);

#[derive(Clone)]
pub(super) struct VerifiedToken {
    pub(super) kid: String,
    pub(super) key: Arc<PublicKey>,
    pub(super) claims: Claims,
}

impl VerifiedTokens {
    pub(super) fn hash(token: &str) -> TokenHash {
        Sha256::digest(token.as_bytes()).into()
    }

    pub(super) fn find(&self, token: &TokenHash) -> Option<VerifiedToken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    pub(super) fn remember(&self, token: TokenHash, verified: VerifiedToken, now: DateTime<Utc>) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MAX_TOKENS {
            // Those of keys that the issuer has replaced are of no use any more.
            tokens.retain(|_, known| now < known.claims.expires_at && Arc::ptr_eq(&known.key, &verified.key));
            if tokens.len() >= MAX_TOKENS {
                tokens.clear();
            }
        }
        tokens.insert(token, verified);
    }

    pub(super) fn forget(&self, token: &TokenHash) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }
}
