//! Verifies a bearer token and returns its claims.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jsonwebtoken::{Validation, decode, decode_header, errors::ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::{Map, Value};
use url::Url;

use super::{
    caller::{Claims, Role},
    keys::{FetchKeys, KeySource, Lookup, NoUsableKeys},
    verified_tokens::{VerifiedToken, VerifiedTokens},
};
use crate::clock::Clock;

/// Longer tokens are refused unread.
const LONGEST_TOKEN: usize = 8 * 1024;
/// Longer subjects and partner ids are not accepted, longer names are cut.
const LONGEST_TEXT: usize = 255;

/// The rules that a token has to satisfy.
#[derive(Clone, Debug)]
pub struct TokenRules {
    /// The `iss` of every token.
    pub issuer: String,
    /// Has to be (among) the token's `aud`.
    pub audience: String,
    /// The claim that holds the partner's external id.
    pub partner_claim: String,
    /// Clocks of issuer and backend may differ by this much.
    pub leeway: Duration,
}

/// Verifies tokens: signature by one of the issuer's keys, issuer, audience, time, and claims.
pub struct Verifier {
    rules: TokenRules,
    keys: KeySource,
    clock: Clock,
    verified: VerifiedTokens,
}

/// The reason why a token is refused. The text is for our logs; a caller learns only whether to
/// sign in again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("not a token")]
    Malformed,
    #[error("signed by a key the issuer does not publish")]
    UnknownKey,
    #[error("signed in a way that is not accepted")]
    Algorithm,
    #[error("the signature is wrong")]
    Signature,
    #[error("from another issuer")]
    Issuer,
    #[error("for another audience")]
    Audience,
    #[error("expired")]
    Expired,
    #[error("not valid yet")]
    NotYetValid,
    #[error("the claim {0:?} is missing or not usable")]
    Claim(&'static str),
    #[error("the issuer's keys cannot be fetched")]
    KeysUnavailable,
}

impl Verifier {
    /// Verifies with the keys published at `jwks`, fetched when they are first needed.
    pub fn new(rules: TokenRules, jwks: Url, fetch: FetchKeys, clock: Clock) -> Self {
        Self { rules, keys: KeySource::fetched(jwks, fetch), clock, verified: VerifiedTokens::default() }
    }

    /// Verifies with only the keys of this JWKS document.
    pub fn with_keys(rules: TokenRules, jwks: &[u8], clock: Clock) -> Result<Self, NoUsableKeys> {
        Ok(Self { rules, keys: KeySource::fixed(jwks)?, clock, verified: VerifiedTokens::default() })
    }

    /// Verifies the token that follows `Bearer`.
    pub async fn verify(&self, token: &SecretString) -> Result<Claims, VerifyError> {
        let verified = self.verify_claims(token.expose_secret()).await;
        verified.inspect_err(|error| tracing::info!(%error, "a token was refused"))
    }

    /// Checks that the issuer's keys can be fetched, before the first token comes.
    pub async fn reach_keys(&self) -> Result<(), VerifyError> {
        match self.keys.find("", &self.clock).await {
            Lookup::Unavailable => Err(VerifyError::KeysUnavailable),
            Lookup::Found(_) | Lookup::Unknown => Ok(()),
        }
    }

    async fn verify_claims(&self, token: &str) -> Result<Claims, VerifyError> {
        if token.len() > LONGEST_TOKEN {
            return Err(VerifyError::Malformed);
        }
        let hash = VerifiedTokens::hash(token);
        if let Some(verified) = self.verified.find(&hash) {
            match self.keys.find(&verified.kid, &self.clock).await {
                Lookup::Found(key) if Arc::ptr_eq(&key, &verified.key) => {
                    return match self.clock.now() < verified.claims.expires_at {
                        true => Ok(verified.claims),
                        false => Err(VerifyError::Expired),
                    };
                }
                _ => self.verified.forget(&hash),
            }
        }
        let header = decode_header(token).map_err(|error| classify(error.kind()))?;
        // An unknown extension that the signer requires (RFC 7515, section 4.1.11), a compressed
        // payload, and a payload that is no set of claims but, for example, another token.
        if header.crit.is_some() || header.zip.is_some() || header.cty.is_some() {
            return Err(VerifyError::Malformed);
        }
        let kid = header.kid.ok_or(VerifyError::UnknownKey)?;
        let public = match self.keys.find(&kid, &self.clock).await {
            Lookup::Found(key) => key,
            Lookup::Unknown => return Err(VerifyError::UnknownKey),
            Lookup::Unavailable => return Err(VerifyError::KeysUnavailable),
        };
        let mut validation = Validation::new(public.algorithm);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.set_issuer(&[&self.rules.issuer]);
        validation.set_audience(&[&self.rules.audience]);
        // The library would use the system clock; the times are checked below by ours.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims =
            decode::<UniqueClaims>(token, &public.key, &validation).map_err(|error| classify(error.kind()))?.claims;
        let claims = self.read(&claims.0)?;
        let verified = VerifiedToken { kid, key: public, claims: claims.clone() };
        self.verified.remember(hash, verified, self.clock.now());
        Ok(claims)
    }

    fn read(&self, claims: &Map<String, Value>) -> Result<Claims, VerifyError> {
        let now = self.clock.now();
        // The leeway is part of the expiry: a socket stays open as long as requests are accepted.
        let expires_at = time(claims, "exp")?.ok_or(VerifyError::Claim("exp"))? + self.rules.leeway;
        if now >= expires_at {
            return Err(VerifyError::Expired);
        }
        if time(claims, "nbf")?.is_some_and(|not_before| now < not_before - self.rules.leeway) {
            return Err(VerifyError::NotYetValid);
        }
        let subject = text(claims, "sub").ok_or(VerifyError::Claim("sub"))?;
        let role = claims.get("role").and_then(Value::as_str);
        let role = Role::ALL.into_iter().find(|known| Some(known.as_str()) == role);
        let role = role.ok_or(VerifyError::Claim("role"))?;
        let partner_external_id = match role.belongs_to_a_partner() {
            true => Some(text(claims, &self.rules.partner_claim).ok_or(VerifyError::Claim("partner"))?),
            false => None,
        };
        let name = claims.get("name").and_then(Value::as_str).map(shown).filter(|name| !name.is_empty());
        Ok(Claims { subject, name, role, partner_external_id, expires_at })
    }
}

/// Claims of which none is named twice: which of the two counts would depend on the reader (RFC
/// 7519, section 4).
struct UniqueClaims(Map<String, Value>);

impl<'de> Deserialize<'de> for UniqueClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = UniqueClaims;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a set of claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<UniqueClaims, A::Error> {
                let mut claims = Map::new();
                while let Some((name, value)) = entries.next_entry::<String, Value>()? {
                    if claims.insert(name, value).is_some() {
                        return Err(A::Error::custom("a claim is named twice"));
                    }
                }
                Ok(UniqueClaims(claims))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

/// A time in seconds since 1970. Fractions are allowed and dropped (RFC 7519, section 2:
/// NumericDate).
fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<DateTime<Utc>>, VerifyError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    // Up to the year 9999, so that adding the leeway cannot overflow.
    let seconds = value.as_f64().filter(|seconds| (0.0..=253_402_300_799.0).contains(seconds));
    #[expect(clippy::cast_possible_truncation, reason = "in range, as checked above")]
    let at = seconds.and_then(|seconds| DateTime::from_timestamp(seconds as i64, 0));
    at.map(Some).ok_or(VerifyError::Claim(name))
}

/// A short text without control characters: it goes into rows and logs.
fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = claims.get(name)?.as_str()?;
    let plain = !text.is_empty() && text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control);
    plain.then(|| text.to_owned())
}

fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(LONGEST_TEXT).collect::<String>().trim().to_owned()
}

fn classify(error: &ErrorKind) -> VerifyError {
    match error {
        ErrorKind::InvalidSignature => VerifyError::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            VerifyError::Algorithm
        }
        ErrorKind::InvalidIssuer => VerifyError::Issuer,
        ErrorKind::InvalidAudience => VerifyError::Audience,
        ErrorKind::MissingRequiredClaim(claim) => VerifyError::Claim(match claim.as_str() {
            "exp" => "exp",
            "iss" => "iss",
            "aud" => "aud",
            _ => "sub",
        }),
        _ => VerifyError::Malformed,
    }
}
