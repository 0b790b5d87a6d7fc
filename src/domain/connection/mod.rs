//! A partner's Halo connection, as far as anyone may see it: the secret is not part of it.

mod check;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

pub use check::{Check, CheckOutcome, CheckSubject};

use super::guide::Permission;
use super::problem::{Problem, ProblemCode, ProblemKind};
use crate::ids::{ConnectionId, HaloTenant, PartnerId};

/// Whether a connection can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ConnectionState {
    Connected,
    NeedsAttention,
    Disconnected,
}

impl ConnectionState {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    pub id: ConnectionId,
    pub partner: PartnerId,
    /// `https://host`, without a path.
    pub url: String,
    pub tenant: HaloTenant,
    pub application_client_id: String,
    pub credentials_updated_at: DateTime<Utc>,
    pub state: ConnectionState,
    pub problem: Option<Problem>,
    pub checks: Vec<Check>,
    pub write_access: WriteAccess,
    /// Since when nothing is written because Halo did not keep a subscription's other fields.
    pub writes_suspended_since: Option<DateTime<Utc>>,
    pub last_verified_at: Option<DateTime<Utc>>,
    /// Last Sync Date: when a whole run last succeeded.
    pub last_synced_at: Option<DateTime<Utc>>,
    /// Moves whenever it becomes another connection: what a Halo answered under an earlier revision
    /// says nothing about this one.
    pub revision: i32,
}

impl Connection {
    /// Whether syncs can be requested.
    pub fn is_usable(&self) -> bool {
        self.state != ConnectionState::Disconnected
    }

    /// Whether this is still the connection that was `read` before.
    pub fn is_same_as(&self, read: &Connection) -> bool {
        (self.id, self.revision) == (read.id, read.revision)
    }

    /// The connection after the event. Only saving its details brings a disconnected one back.
    pub fn apply(mut self, event: ConnectionEvent, now: DateTime<Utc>) -> Connection {
        if !self.is_usable() && !matches!(event, ConnectionEvent::Saved { .. }) {
            return self;
        }
        match event {
            ConnectionEvent::Saved { url, tenant, application_client_id, secret_changed, checks } => {
                let unchanged = self.is_usable()
                    && !secret_changed
                    && (&self.url, &self.application_client_id) == (&url, &application_client_id);
                if !unchanged {
                    self.write_access = WriteAccess::Unknown;
                }
                self.url = url;
                self.tenant = tenant;
                self.application_client_id = application_client_id;
                self.credentials_updated_at = now;
                self.state = ConnectionState::Connected;
                self.checks = self.write_access.completed(checks);
                self.last_verified_at = Some(now);
                self.revision += 1;
                self.show(None);
            }
            ConnectionEvent::Checked { checks, problem } => {
                self.checks = self.write_access.completed(checks);
                if problem.is_none() && self.write_access.problem().is_none() {
                    self.last_verified_at = Some(now);
                }
                self.show(problem);
            }
            // What another connection showed says nothing about this one.
            ConnectionEvent::RunReported { revision, .. } | ConnectionEvent::WriteAnswered { revision, .. }
                if revision != self.revision => {}
            ConnectionEvent::RunReported { problem, .. } => self.show(problem),
            ConnectionEvent::WriteAnswered { access, .. } => {
                self.write_access = access;
                access.amend(&mut self.checks);
            }
            ConnectionEvent::WritesSuspended => {
                self.writes_suspended_since.get_or_insert(now);
            }
            // The problem stays until the next run or check: it may have become another one
            // meanwhile.
            ConnectionEvent::WritesResumed => self.writes_suspended_since = None,
            ConnectionEvent::TenantConfirmed { tenant } => {
                self.tenant = tenant;
                self.revision += 1;
                if self.problem.as_ref().is_some_and(|problem| problem.code() == ProblemCode::TenantChanged) {
                    self.show(None);
                }
            }
            ConnectionEvent::Confirmed { since } => self.last_synced_at = self.last_synced_at.max(since),
            ConnectionEvent::Disconnected => {
                self.state = ConnectionState::Disconnected;
                self.revision += 1;
                self.problem = None;
                self.write_access = WriteAccess::Unknown;
            }
        }
        self
    }

    /// Refused and suspended writes are problems of their own, unless something else is wrong.
    fn show(&mut self, problem: Option<Problem>) {
        let suspended = || {
            let since = self.writes_suspended_since?;
            Some(Problem::new(ProblemKind::FieldsOverwritten { what: None }, since))
        };
        self.problem = problem.or_else(|| self.write_access.problem()).or_else(suspended);
        self.state = match self.problem {
            None => ConnectionState::Connected,
            Some(_) => ConnectionState::NeedsAttention,
        };
    }
}

/// Something that happens to a connection.
#[derive(Clone, Debug)]
pub enum ConnectionEvent {
    /// Halo accepted these details. What was synced before stays true, and suspended writes stay
    /// suspended.
    Saved { url: String, tenant: HaloTenant, application_client_id: String, secret_changed: bool, checks: Vec<Check> },
    /// The stored connection was checked again.
    Checked { checks: Vec<Check>, problem: Option<Problem> },
    /// A run found that the connection of this revision works, or what keeps it from working.
    RunReported { problem: Option<Problem>, revision: i32 },
    /// Halo's answer to a write under the credentials of this revision showed whether they permit
    /// writing.
    WriteAnswered { access: WriteAccess, revision: i32 },
    /// Halo did not keep a subscription's other fields: nothing more is written until a user has
    /// looked.
    WritesSuspended,
    /// A user has looked.
    WritesResumed,
    /// The Halo is known by this identity from now on: its own subscriptions were found there, or a
    /// user has confirmed it.
    TenantConfirmed { tenant: HaloTenant },
    /// Every association has been confirmed since this instant, by whichever runs; `None` if one
    /// has not, or there is none. The last sync date never goes back.
    Confirmed { since: Option<DateTime<Utc>> },
    /// The partner disconnected, or was archived: the secret is erased.
    Disconnected,
}

/// What Halo's answers to writes have shown under the stored credentials. No read shows it: an
/// agent that may only read gets the same answers as one that may also change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WriteAccess {
    /// Nothing has been written with these credentials.
    #[default]
    Unknown,
    /// Halo accepted a write.
    Proven,
    /// Halo refused a write because this permission is missing. No read disproves that.
    Refused { permission: Permission, since: DateTime<Utc> },
}

impl WriteAccess {
    /// The refusal as the connection's problem.
    pub fn problem(self) -> Option<Problem> {
        match self {
            WriteAccess::Refused { permission, since } => {
                Some(Problem::new(ProblemKind::PermissionMissing { permission }, since))
            }
            WriteAccess::Unknown | WriteAccess::Proven => None,
        }
    }

    /// Completes the findings of a check, which only reads: a permission to write that looks
    /// granted is as unknown, granted or missing as the writes so far have shown.
    pub fn completed(self, mut checks: Vec<Check>) -> Vec<Check> {
        let readable =
            |check: &&mut Check| check.subject.is_shown_by_writes() && check.outcome == CheckOutcome::Granted;
        checks.iter_mut().filter(readable).for_each(|check| self.set(check));
        checks
    }

    /// Amends the findings of the last check by what a later write has shown.
    fn amend(self, checks: &mut [Check]) {
        let shown = |check: &&mut Check| match self {
            WriteAccess::Unknown => false,
            WriteAccess::Proven => check.subject.is_shown_by_writes(),
            WriteAccess::Refused { permission, .. } => check.subject == permission.into(),
        };
        checks.iter_mut().filter(shown).for_each(|check| self.set(check));
    }

    fn set(self, check: &mut Check) {
        check.outcome = match self {
            WriteAccess::Proven => CheckOutcome::Granted,
            WriteAccess::Refused { permission, .. } if check.subject == permission.into() => CheckOutcome::Missing,
            WriteAccess::Unknown | WriteAccess::Refused { .. } => CheckOutcome::Unknown,
        };
        check.message = check.subject.write_message(check.outcome);
    }
}
