//! The issuer's public keys: read from a JWKS document, kept, and fetched again when a token names
//! one we do not know.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Duration, Utc};
use futures::future::BoxFuture;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use tokio::sync::Mutex;
use url::Url;

use crate::clock::Clock;

/// Fetches a document, with time-outs and a size cap of its own. `app/` makes one out of `net/`.
pub type FetchKeys =
    Arc<dyn Fn(Url) -> BoxFuture<'static, Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>>> + Send + Sync>;

/// After this time known keys are fetched again, so that one the issuer withdrew stops working.
const REFRESH_AFTER: Duration = Duration::minutes(15);
/// If the issuer cannot be reached, its last known keys are used this long.
const USABLE_FOR: Duration = Duration::hours(24);
/// Tokens that name unknown keys cause at most one request in this time, from all callers together.
const COOL_DOWN: Duration = Duration::seconds(30);
/// While there are no usable keys at all, no caller can sign in: the issuer is asked again at once
/// when it may answer, with one request at a time.
const COOL_DOWN_WITHOUT_KEYS: Duration = Duration::seconds(1);
/// A 2048-bit modulus in base64url. Shorter RSA keys are not accepted.
const SHORTEST_MODULUS: usize = 342;

/// A public key and the one algorithm it may be used with.
pub(super) struct PublicKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

type Keys = HashMap<String, Arc<PublicKey>>;

pub(super) enum KeySource {
    Fixed(Keys),
    Fetched(Box<FetchedKeys>),
}

pub(super) struct FetchedKeys {
    url: Url,
    fetch: FetchKeys,
    current: RwLock<Arc<(Keys, DateTime<Utc>)>>,
    /// The time of the last request. The lock is held while fetching, so that there is one request
    /// at a time.
    last_attempt: Mutex<DateTime<Utc>>,
}

/// The document is not a JWKS, or holds no usable key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a JWKS document with an RS256, ES256 or EdDSA signing key that has a `kid`")]
pub struct NoUsableKeys;

pub(super) enum Lookup {
    /// The same value until the keys are fetched again.
    Found(Arc<PublicKey>),
    Unknown,
    /// The issuer cannot be reached and there are no usable keys.
    Unavailable,
}

impl KeySource {
    pub(super) fn fixed(jwks: &[u8]) -> Result<Self, NoUsableKeys> {
        read_keys(jwks).map(KeySource::Fixed)
    }

    pub(super) fn fetched(url: Url, fetch: FetchKeys) -> Self {
        let never = DateTime::<Utc>::MIN_UTC;
        let current = RwLock::new(Arc::new((Keys::new(), never)));
        KeySource::Fetched(Box::new(FetchedKeys { url, fetch, current, last_attempt: Mutex::new(never) }))
    }

    pub(super) async fn find(&self, kid: &str, clock: &Clock) -> Lookup {
        match self {
            KeySource::Fixed(keys) => keys.get(kid).cloned().map_or(Lookup::Unknown, Lookup::Found),
            KeySource::Fetched(fetched) => fetched.find(kid, clock).await,
        }
    }
}

impl FetchedKeys {
    async fn find(&self, kid: &str, clock: &Clock) -> Lookup {
        let known = self.look(kid, clock.now());
        if let (Some(key), true) = (&known, self.age(clock.now()) <= REFRESH_AFTER) {
            return Lookup::Found(key.clone());
        }
        match known {
            // Only one caller waits for the refresh of keys that are still usable; the others use
            // the known keys.
            Some(key) => match self.last_attempt.try_lock() {
                Ok(mut last_attempt) => {
                    self.refresh(&mut last_attempt, clock).await;
                    self.look(kid, clock.now()).map_or(Lookup::Unknown, Lookup::Found)
                }
                Err(_) => Lookup::Found(key),
            },
            None => {
                let mut last_attempt = self.last_attempt.lock().await;
                // The previous holder of the lock may have fetched the key.
                if self.look(kid, clock.now()).is_none() {
                    self.refresh(&mut last_attempt, clock).await;
                }
                match self.look(kid, clock.now()) {
                    Some(key) => Lookup::Found(key),
                    None if self.age(clock.now()) <= USABLE_FOR => Lookup::Unknown,
                    None => Lookup::Unavailable,
                }
            }
        }
    }

    fn current(&self) -> Arc<(Keys, DateTime<Utc>)> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn age(&self, now: DateTime<Utc>) -> Duration {
        now - self.current().1
    }

    fn look(&self, kid: &str, now: DateTime<Utc>) -> Option<Arc<PublicKey>> {
        let usable = self.age(now) <= USABLE_FOR;
        self.current().0.get(kid).filter(|_| usable).cloned()
    }

    async fn refresh(&self, last_attempt: &mut DateTime<Utc>, clock: &Clock) {
        let has_keys = self.age(clock.now()) <= USABLE_FOR;
        let cool_down = if has_keys { COOL_DOWN } else { COOL_DOWN_WITHOUT_KEYS };
        if clock.now() - *last_attempt < cool_down {
            return;
        }
        *last_attempt = clock.now();
        match (self.fetch)(self.url.clone()).await {
            Ok(document) => match read_keys(&document) {
                Ok(keys) => {
                    *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new((keys, clock.now()));
                }
                Err(error) => tracing::warn!(url = %self.url, %error, "the issuer's keys cannot be used"),
            },
            Err(error) => tracing::warn!(url = %self.url, error, "the issuer's keys cannot be fetched"),
        }
    }
}

/// Keeps the usable keys and ignores the others: issuers also publish encryption keys and newer
/// kinds.
fn read_keys(document: &[u8]) -> Result<Keys, NoUsableKeys> {
    #[derive(serde::Deserialize)]
    struct Document {
        keys: Vec<serde_json::Value>,
    }
    let document: Document = serde_json::from_slice(document).map_err(|_| NoUsableKeys)?;
    let keys: Keys = document.keys.into_iter().filter_map(|key| usable(&serde_json::from_value(key).ok()?)).collect();
    if keys.is_empty() { Err(NoUsableKeys) } else { Ok(keys) }
}

/// The algorithm follows from the kind of key, never from a token's header: a public key cannot be
/// passed off as a shared secret.
fn usable(jwk: &Jwk) -> Option<(String, Arc<PublicKey>)> {
    let kid = jwk.common.key_id.clone()?;
    let (algorithm, name) = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if rsa.n.len() >= SHORTEST_MODULUS => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let for_signing = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let for_this_algorithm = jwk.common.key_algorithm.is_none_or(|declared| declared == name);
    if !for_signing || !for_this_algorithm {
        return None;
    }
    Some((kid, Arc::new(PublicKey { algorithm, key: DecodingKey::from_jwk(jwk).ok()? })))
}
