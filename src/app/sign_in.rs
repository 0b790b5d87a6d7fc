//! Turns a bearer token into a caller: verified, and with our id of the partner that the token
//! names.

use std::sync::Arc;

use super::{App, StartError};
use crate::auth::{Caller, FetchKeys, SystemScope, TokenRules, Verifier};
use crate::clock::Clock;
use crate::config::AuthConfig;
use crate::http::{Identify, IdentifyError};
use crate::ids::PartnerId;
use crate::net::{Call, HttpClient, HttpLimits};
use crate::storage::{Db, partners};

/// A JWKS document is a few kilobytes.
const LARGEST_JWKS: usize = 256 * 1024;

/// Builds the verifier of callers' tokens. It fetches keys from the address that the operator
/// configures.
pub fn verifier(config: &AuthConfig, clock: &Clock) -> Result<Verifier, StartError> {
    let rules = TokenRules {
        issuer: config.issuer.clone(),
        audience: config.audience.clone(),
        partner_claim: config.partner_claim.clone(),
        leeway: config.leeway,
    };
    let limits = HttpLimits { answer: LARGEST_JWKS, ..HttpLimits::default() };
    let http = HttpClient::for_configured_addresses(limits)?;
    let fetch: FetchKeys = Arc::new(move |url| {
        let http = http.clone();
        Box::pin(async move {
            let answer = http.send(Call::get(url)).await?;
            if !answer.status.is_success() {
                return Err(format!("the address answered {}", answer.status).into());
            }
            Ok(answer.body)
        })
    });
    Ok(Verifier::new(rules, config.jwks_url.clone(), fetch, clock.clone()))
}

impl App {
    /// Returns the function that turns tokens into callers.
    pub fn identify(&self, verifier: Verifier) -> Identify {
        let (db, verifier) = (self.ops.db.clone(), Arc::new(verifier));
        Arc::new(move |token| {
            let (db, verifier) = (db.clone(), verifier.clone());
            Box::pin(async move {
                let token = token.ok_or(IdentifyError::NoToken)?;
                let claims = verifier.verify(&token).await?;
                let partner = match claims.partner_external_id() {
                    Some(external_id) => partner_id(&db, external_id).await?,
                    None => None,
                };
                Ok(Caller::new(claims, partner))
            })
        })
    }
}

async fn partner_id(db: &Db, external_id: &str) -> Result<Option<PartnerId>, IdentifyError> {
    let found = async {
        let mut reader = db.read(SystemScope::sign_in()).await?;
        partners::id_of(&mut reader, SystemScope::sign_in(), external_id).await
    };
    found.await.map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a caller's partner could not be looked up");
        IdentifyError::Unavailable
    })
}
