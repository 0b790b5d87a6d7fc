//! A ready token for each kind of caller.

use chrono::Duration;
use secrecy::SecretString;

use super::roster;
use crate::auth::{DevTokenIssuer, Role};
use crate::clock::Clock;
use crate::http::playground::DevCaller;

/// Long enough for a week's work on one running stack.
const LIFETIME: Duration = Duration::days(7);

/// One ready caller.
pub(super) struct Caller {
    /// The caller's key in `dev.json`.
    pub key: &'static str,
    /// The caller's name for people.
    pub label: String,
    pub token: SecretString,
}

/// Every kind of caller of this API.
pub(super) struct Callers(Vec<Caller>);

impl Callers {
    pub fn new(mint: &DevTokenIssuer, clock: &Clock) -> Self {
        let caller = |key, role: Role, partner: Option<&roster::Partner>, name: &str| {
            let subject = format!("dev-{key}");
            let of = partner.map_or("INFIMA", |partner| partner.name);
            let token = mint.mint(role, partner.map(|partner| partner.external_id), &subject, name, LIFETIME, clock);
            Caller { key, label: format!("{name}, {} ({of})", role.as_str().replace('_', " ")), token }
        };
        let (ours, other) = (&roster::NORTHWIND, &roster::OTHER);
        Self(vec![
            caller("partner_admin", Role::PartnerAdmin, Some(ours), "Ada Admin"),
            caller("partner_viewer", Role::PartnerViewer, Some(ours), "Vic Viewer"),
            caller("other_partner_admin", Role::PartnerAdmin, Some(other), "Otto Admin"),
            caller("support", Role::Support, None, "Sam Support"),
            caller("platform", Role::Platform, None, "Roster service"),
        ])
    }

    pub fn all(&self) -> &[Caller] {
        &self.0
    }

    /// Support comes first: the playground is made for support.
    pub fn for_the_playground(&self) -> Vec<DevCaller> {
        let (support, others): (Vec<_>, Vec<_>) = self.0.iter().partition(|caller| caller.key == "support");
        let all = support.into_iter().chain(others);
        all.map(|caller| DevCaller { label: caller.label.clone(), token: caller.token.clone() }).collect()
    }

    pub fn partner_admin(&self) -> &SecretString {
        self.token("partner_admin")
    }

    pub fn platform(&self) -> &SecretString {
        self.token("platform")
    }

    fn token(&self, key: &str) -> &SecretString {
        let found = self.0.iter().find(|caller| caller.key == key);
        &found.expect("every key asked for is in the list above").token
    }
}
