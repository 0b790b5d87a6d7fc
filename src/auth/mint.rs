//! Issues tokens for development and tests, signed with a key of our own. Only builds with the
//! feature `dev` contain it: a production build cannot issue a token.

use std::{fs::OpenOptions, io, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use chrono::Duration;
use jsonwebtoken::{
    Algorithm, EncodingKey, Header, encode,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use p256::{
    SecretKey,
    elliptic_curve::rand_core::OsRng,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding},
};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    caller::Role,
    verify::{TokenRules, Verifier},
};
use crate::clock::Clock;

/// An ES256 key, and the rules that its tokens follow.
pub struct DevTokenIssuer {
    rules: TokenRules,
    key: EncodingKey,
    jwk: Jwk,
}

impl DevTokenIssuer {
    /// Creates an issuer with a new key.
    pub fn generate(rules: TokenRules) -> Self {
        Self::with_key(rules, &SecretKey::random(&mut OsRng))
    }

    /// Loads the issuer's key from `file`. If the file does not exist, a new key is stored there,
    /// readable by its owner only.
    pub fn load_or_create(file: &Path, rules: TokenRules) -> io::Result<Self> {
        match std::fs::read_to_string(file) {
            Ok(pem) => {
                let key = SecretKey::from_pkcs8_pem(&pem).map_err(|_| {
                    let what_to_do = format!("{} is not a P-256 key; delete it to get a new one", file.display());
                    io::Error::new(io::ErrorKind::InvalidData, what_to_do)
                })?;
                Ok(Self::with_key(rules, &key))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = SecretKey::random(&mut OsRng);
                let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(io::Error::other)?;
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(pem.as_bytes())?;
                Ok(Self::with_key(rules, &key))
            }
            Err(error) => Err(error),
        }
    }

    fn with_key(rules: TokenRules, key: &SecretKey) -> Self {
        let key = EncodingKey::from_ec_der(key.to_pkcs8_der().expect("a P-256 key has this form").as_bytes());
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a P-256 key has a public half");
        jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256).expect("a P-256 key has a thumbprint"));
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Self { rules, key, jwk }
    }

    /// The JWKS document with the public key, as an issuer publishes it.
    pub fn jwks(&self) -> Value {
        json!({ "keys": [self.jwk] })
    }

    /// Returns a verifier that accepts only this issuer's tokens.
    pub fn verifier(&self, clock: Clock) -> Verifier {
        Verifier::with_keys(self.rules.clone(), self.jwks().to_string().as_bytes(), clock).expect("it holds our key")
    }

    /// Issues a token for `subject`, valid from now for `lifetime`. A partner's roles need the
    /// partner's external id.
    pub fn mint(
        &self,
        role: Role,
        partner_external_id: Option<&str>,
        subject: &str,
        name: &str,
        lifetime: Duration,
        clock: &Clock,
    ) -> SecretString {
        let now = clock.now();
        let mut claims = json!({
            "iss": self.rules.issuer,
            "aud": self.rules.audience,
            "sub": subject,
            "name": name,
            "role": role.as_str(),
            "iat": now.timestamp(),
            "exp": (now + lifetime).timestamp(),
        });
        if let Some(partner) = partner_external_id {
            claims[&self.rules.partner_claim] = partner.into();
        }
        self.sign(&claims)
    }

    /// Signs any claims, including claims that no verifier accepts.
    pub fn sign(&self, claims: &Value) -> SecretString {
        let mut header = Header::new(Algorithm::ES256);
        header.kid.clone_from(&self.jwk.common.key_id);
        encode(&header, claims, &self.key).expect("JSON signed with a P-256 key").into()
    }
}
