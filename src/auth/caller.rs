//! The person or service behind a verified token.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::policy::{Act, may};
use crate::domain::activity::{Actor, ActorRole};
use crate::ids::PartnerId;

// The names in a token are those of [`Role::as_str`].
/// The roles of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, async_graphql::Enum)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A partner's user who may view and change the integration.
    PartnerAdmin,
    /// A partner's user who may view the integration.
    PartnerViewer,
    /// INFIMA's support.
    Support,
    /// INFIMA's platform, which imports partners, clients and users.
    Platform,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::PartnerAdmin, Role::PartnerViewer, Role::Support, Role::Platform];

    /// The role's name in a token and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::PartnerAdmin => "partner_admin",
            Role::PartnerViewer => "partner_viewer",
            Role::Support => "support",
            Role::Platform => "platform",
        }
    }

    /// Returns whether holders of this role act for one partner, which their token names.
    pub fn belongs_to_a_partner(self) -> bool {
        matches!(self, Role::PartnerAdmin | Role::PartnerViewer)
    }
}

/// The claims of a verified token. Only the verifier creates them.
#[derive(Clone, Debug)]
pub struct Claims {
    pub(super) subject: String,
    pub(super) name: Option<String>,
    pub(super) role: Role,
    pub(super) partner_external_id: Option<String>,
    pub(super) expires_at: DateTime<Utc>,
}

impl Claims {
    pub fn role(&self) -> Role {
        self.role
    }

    /// Returns the token's subject.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns INFIMA's own id of the partner that the holder acts for: always present for a
    /// partner's roles, never for the others.
    pub fn partner_external_id(&self) -> Option<&str> {
        self.partner_external_id.as_deref()
    }
}

/// The caller of a request, valid as long as the token.
#[derive(Clone, Debug)]
pub struct Caller {
    claims: Claims,
    partner: Option<PartnerId>,
}

impl Caller {
    /// `partner` is our id for the claims' partner. If the partner is not in the roster yet, it is
    /// `None`: such a caller can read its own identity and nothing else. For support and platform,
    /// who act for no partner, it is ignored.
    pub fn new(claims: Claims, partner: Option<PartnerId>) -> Self {
        let partner = partner.filter(|_| claims.role.belongs_to_a_partner());
        Self { claims, partner }
    }

    /// Returns the token's subject: stable for one person or service. Requests are counted by it.
    pub fn subject(&self) -> &str {
        &self.claims.subject
    }

    pub fn name(&self) -> Option<&str> {
        self.claims.name.as_deref()
    }

    pub fn role(&self) -> Role {
        self.claims.role
    }

    /// Returns the partner that this caller acts for, if any.
    pub fn partner(&self) -> Option<PartnerId> {
        self.partner
    }

    /// Returns when the token expires, with the leeway for the issuer's clock. Every socket opened
    /// with it is closed then.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.claims.expires_at
    }

    /// Whether the policy ever permits `act` to this caller.
    pub fn may(&self, act: Act) -> bool {
        may(self).contains(&act)
    }

    /// Returns the actor for `requested_by` and for the audit log.
    pub fn actor(&self) -> Actor {
        let role = match self.claims.role {
            Role::PartnerAdmin => ActorRole::PartnerAdmin,
            Role::PartnerViewer => ActorRole::PartnerViewer,
            Role::Support => ActorRole::Support,
            Role::Platform => ActorRole::Platform,
        };
        Actor { role, subject: self.claims.subject.clone(), name: self.claims.name.clone() }
    }
}
