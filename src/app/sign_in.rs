//! Turns a bearer token into a caller: verified, and with our id of the partner that the token
//! names.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::{App, StartError};
use crate::auth::{Caller, FetchKeys, SystemScope, TokenRules, Verifier};
use crate::clock::Clock;
use crate::config::AuthConfig;
use crate::http::{Identify, IdentifyError};
use crate::ids::PartnerId;
use crate::net::{AnswerLimits, Call, HttpClient, HttpLimits};
use crate::storage::{Db, partners};

/// A JWKS document is a few kilobytes.
const LARGEST_JWKS: usize = 256 * 1024;
/// A partner's id never changes and no partner is removed: only a database that was restored from a
/// backup may know the partner under another id, or not at all.
const PARTNER_ID_LIFETIME: TimeDelta = TimeDelta::seconds(60);
/// Some hundred bytes each.
const MAX_PARTNER_IDS: usize = 10_000;

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
            let answer = http.send(Call::get(url, AnswerLimits::RECORD)).await?;
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
        let partners =
            Arc::new(PartnerIds { db: self.ops.db.clone(), clock: self.clock.clone(), known: Mutex::default() });
        let verifier = Arc::new(verifier);
        Identify {
            verify: Arc::new(move |token| {
                let verifier = verifier.clone();
                Box::pin(async move { Ok(verifier.verify(&token.ok_or(IdentifyError::NoToken)?).await?) })
            }),
            look_up: Arc::new(move |claims| {
                let partners = partners.clone();
                Box::pin(async move {
                    let partner = match claims.partner_external_id() {
                        Some(external_id) => partners.find(external_id).await?,
                        None => None,
                    };
                    Ok(Caller::new(claims, partner))
                })
            }),
        }
    }
}

/// Our ids of the partners that tokens name.
struct PartnerIds {
    db: Db,
    clock: Clock,
    /// With the time when each was read.
    known: Mutex<HashMap<String, (PartnerId, DateTime<Utc>)>>,
}

impl PartnerIds {
    async fn find(&self, external_id: &str) -> Result<Option<PartnerId>, IdentifyError> {
        let now = self.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(external_id).copied();
        if let Some((partner, _)) = known.filter(|(_, read_at)| now - read_at < PARTNER_ID_LIFETIME) {
            return Ok(Some(partner));
        }
        let found = async {
            let mut reader = self.db.read(SystemScope::sign_in()).await?;
            partners::id_of(&mut reader, SystemScope::sign_in(), external_id).await
        };
        let found = found.await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a caller's partner could not be looked up");
            IdentifyError::Unavailable
        })?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // One that is not in the roster is looked for each time: it may be imported at any moment.
        match found {
            Some(partner) => {
                if known.len() >= MAX_PARTNER_IDS {
                    known.clear();
                }
                known.insert(external_id.to_owned(), (partner, now));
            }
            None => drop(known.remove(external_id)),
        }
        Ok(found)
    }
}
