//! Proof that somebody checked: `storage/` takes these and nothing less. Their fields are private, and [`super::permit`]
//! is the only way from a caller to one.

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

    /// The scope of work that nobody is waiting for: a claimed run, a night. For `ops/` and `jobs/` only.
    pub fn for_worker(partner: PartnerId) -> Self {
        Self { partner, actor: Actor::system() }
    }

    /// The scope of what is done at the command line, where there is no caller to ask the policy about. For `ops/` only.
    pub fn for_operator(partner: PartnerId) -> Self {
        Self { partner, actor: Actor::operator() }
    }

    pub fn partner(&self) -> PartnerId {
        self.partner
    }

    /// On whose behalf: the name for the audit log.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The text that Postgres' row-level security compares with a row's partner: the uuid, hyphenated, lower case.
    pub fn setting(&self) -> String {
        self.partner.0.hyphenated().to_string()
    }
}

/// Permission to look across partners for one named purpose. Row-level security knows each by its name and opens only
/// the tables that purpose needs.
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
    /// Finding the partner that a verified token names, before there is a caller. For `app/` only.
    pub fn sign_in() -> Self {
        Self(Purpose::SignIn)
    }

    pub(super) fn support_directory() -> Self {
        Self(Purpose::SupportDirectory)
    }

    pub(super) fn roster() -> Self {
        Self(Purpose::Roster)
    }

    /// Finding the partner of a run that a worker was woken for, and the partners whose night has come, that the operator names,
    /// or that are asked for again after an outage. For `ops/` and `jobs/` only.
    pub fn worker() -> Self {
        Self(Purpose::Worker)
    }

    /// The sweep, pruning, and resealing under a new key. For `ops/` and `jobs/` only.
    pub fn housekeeping() -> Self {
        Self(Purpose::Housekeeping)
    }

    /// The name that row-level security compares: `sign_in`, `support_directory`, `roster`, `worker` or `housekeeping`.
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
