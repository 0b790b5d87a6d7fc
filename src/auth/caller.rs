//! The person or service behind a verified token.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::policy::{Act, may};
use crate::domain::activity::{Actor, ActorRole};
use crate::ids::PartnerId;

/// What the token says its holder is. The names in a token are those of [`Role::as_str`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A partner's user who may change the integration.
    PartnerAdmin,
    /// A partner's user who may look but not change.
    PartnerViewer,
    /// INFIMA's support staff.
    Support,
    /// INFIMA's platform: the service account that keeps the roster up to date.
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

    /// Whether holders of this role act for one partner, named in their token.
    pub fn belongs_to_a_partner(self) -> bool {
        matches!(self, Role::PartnerAdmin | Role::PartnerViewer)
    }
}

/// What a verified token says. Only the verifier makes one.
#[derive(Clone, Debug)]
pub struct Claims {
    pub(super) subject: String,
    pub(super) name: Option<String>,
    pub(super) role: Role,
    pub(super) partner_external_id: Option<String>,
    pub(super) expires_at: DateTime<Utc>,
}

impl Claims {
    /// INFIMA's own id of the partner the holder acts for; always there for a partner's roles, never for the others.
    pub fn partner_external_id(&self) -> Option<&str> {
        self.partner_external_id.as_deref()
    }
}

/// Who is calling, for as long as the token lives.
#[derive(Clone, Debug)]
pub struct Caller {
    claims: Claims,
    partner: Option<PartnerId>,
}

impl Caller {
    /// `partner` is our id for the claims' partner. A partner that is not in the roster yet gives `None`: such a caller
    /// learns who it is and finds nothing else. For support and platform, who act for no partner, it is ignored.
    pub fn new(claims: Claims, partner: Option<PartnerId>) -> Self {
        let partner = partner.filter(|_| claims.role.belongs_to_a_partner());
        Self { claims, partner }
    }

    /// The token's subject: stable for one person or service, and what requests are counted by.
    pub fn subject(&self) -> &str {
        &self.claims.subject
    }

    pub fn name(&self) -> Option<&str> {
        self.claims.name.as_deref()
    }

    pub fn role(&self) -> Role {
        self.claims.role
    }

    /// The partner this caller acts for, if it acts for one.
    pub fn partner(&self) -> Option<PartnerId> {
        self.partner
    }

    /// When the token is not accepted any more, by a clock that may differ from the issuer's; every socket opened with it
    /// ends then.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.claims.expires_at
    }

    /// Whether the policy ever permits `act` to this caller.
    pub fn may(&self, act: Act) -> bool {
        may(self).contains(&act)
    }

    /// Whom to name in `requested_by` and in the audit log.
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
