//! Proof of authorisation: `storage/` requires one of these scopes. Their fields are private, and
//! only [`super::permit`] turns a caller into one.

use crate::domain::activity::Actor;
use crate::ids::PartnerId;

/// Permission to see and change the rows of one partner, and on whose behalf.
#[derive(Clone, Debug)]
pub struct PartnerScope {
    partner: PartnerId,
    actor: Actor,
}

impl PartnerScope {
    pub(super) fn new(partner: PartnerId, actor: Actor) -> Self {
        Self { partner, actor }
    }

    /// Creates the scope of background work: a claimed run, a nightly sync. For `ops/` and `jobs/`
    /// only.
    pub fn for_worker(partner: PartnerId) -> Self {
        Self { partner, actor: Actor::system() }
    }

    /// Creates the scope of a command of the operator, which has no caller for the policy. For
    /// `ops/` only.
    pub fn for_operator(partner: PartnerId) -> Self {
        Self { partner, actor: Actor::operator() }
    }

    pub fn partner(&self) -> PartnerId {
        self.partner
    }

    /// Returns the actor, for the audit log.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The text that Postgres' row-level security compares with a row's partner: the uuid,
    /// hyphenated, lower case.
    pub fn setting(&self) -> String {
        self.partner.0.hyphenated().to_string()
    }
}

/// Permission to look across partners for one named purpose. Row-level security knows each by its
/// name and opens only the tables that purpose needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemScope(Purpose);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    SignIn,
    SupportDirectory,
    Roster,
    Worker,
    Housekeeping,
}

impl SystemScope {
    /// Finds the partner that a verified token names, before there is a caller. For `app/` only.
    pub fn sign_in() -> Self {
        Self(Purpose::SignIn)
    }

    pub(super) fn support_directory() -> Self {
        Self(Purpose::SupportDirectory)
    }

    pub(super) fn roster() -> Self {
        Self(Purpose::Roster)
    }

    /// Finds the partner of a claimed run, and the partners whose nightly sync is due, that the
    /// operator names, or that are synced again after an outage. For `ops/` and `jobs/` only.
    pub fn worker() -> Self {
        Self(Purpose::Worker)
    }

    /// Sweeps, prunes, and seals secrets under a new key. For `ops/` and `jobs/` only.
    pub fn housekeeping() -> Self {
        Self(Purpose::Housekeeping)
    }

    /// The name that row-level security compares: `sign_in`, `support_directory`, `roster`,
    /// `worker` or `housekeeping`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Purpose::SignIn => "sign_in",
            Purpose::SupportDirectory => "support_directory",
            Purpose::Roster => "roster",
            Purpose::Worker => "worker",
            Purpose::Housekeeping => "housekeeping",
        }
    }
}
