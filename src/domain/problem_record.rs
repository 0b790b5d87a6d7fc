//! The history of problems: each from the moment it was found until it is gone, with what people
//! have noted about it. The words are in [`super::explain`].
//!
//! [`super::trouble`] says of a partner what is wrong with it now; a record says of one problem how
//! long it has been there, and what became of it.

use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;

use super::activity::Actor;
use super::problem::{Problem, ProblemKind};
use super::schedule::beginning_of;
use super::trouble::WaitsFor;
use crate::ids::{AssociationId, ClientId, PartnerId, ProblemId};

#[derive(Clone, Debug)]
pub struct ProblemRecord {
    pub id: ProblemId,
    pub partner: PartnerId,
    pub subject: ProblemSubject,
    /// As it was when it was last seen.
    pub problem: Problem,
    /// Whether it keeps its subject from being synced. A warning does not.
    pub blocks_sync: bool,
    pub first_seen_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    /// When it was last opened, acknowledged, snoozed or closed.
    pub changed_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub acknowledgement: Option<Acknowledgement>,
    pub snoozed_until: Option<DateTime<Utc>>,
}

/// What has the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemSubject {
    Connection,
    Client { client: ClientId, association: AssociationId },
}

/// What a person noted about a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    pub at: DateTime<Utc>,
    pub by: Actor,
    pub note: String,
}

/// How a problem stands. Only closing is INFIMA's; the others are people's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemState {
    Open,
    Acknowledged,
    /// Set aside until a time.
    Snoozed,
    /// Gone: a sync or a check did not find it any more.
    Closed,
}

/// What a problem keeps from happening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    NothingIsSynced,
    HiddenClientsAreNotSynced,
    ClientIsNotSynced,
    NoSubscription,
    MayBeBilledTwice,
    SyncContinues,
}

/// What a person can do about a problem. [`ProblemKind::remedy`] says how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuggestedAct {
    UpdateConnectionDetails,
    ConfirmTenantChange,
    GrantAccessInHalo,
    FixInHalo,
    ResolveSubscription,
    RecreateSubscription,
    MapAgain,
    CheckCount,
    Recheck,
    /// INFIMA tries again by itself.
    Wait,
    ContactSupport,
}

impl ProblemRecord {
    /// How the problem stands at this time: a snooze ends by itself.
    pub fn state(&self, now: DateTime<Utc>) -> ProblemState {
        if self.closed_at.is_some() {
            ProblemState::Closed
        } else if self.snoozed_until.is_some_and(|until| until > now) {
            ProblemState::Snoozed
        } else if self.acknowledgement.is_some() {
            ProblemState::Acknowledged
        } else {
            ProblemState::Open
        }
    }

    pub fn client(&self) -> Option<ClientId> {
        match self.subject {
            ProblemSubject::Connection => None,
            ProblemSubject::Client { client, .. } => Some(client),
        }
    }

    pub fn association(&self) -> Option<AssociationId> {
        match self.subject {
            ProblemSubject::Connection => None,
            ProblemSubject::Client { association, .. } => Some(association),
        }
    }

    /// What the problem keeps from happening.
    pub fn consequence(&self) -> Consequence {
        match (&self.problem.kind, self.subject) {
            (ProblemKind::CustomersNotVisible { .. }, _) => Consequence::HiddenClientsAreNotSynced,
            // One client's subscription was overwritten, and writes are suspended for all.
            (ProblemKind::FieldsOverwritten { .. }, _) | (_, ProblemSubject::Connection) => {
                Consequence::NothingIsSynced
            }
            (kind, ProblemSubject::Client { .. }) => kind.consequence_for_client(self.blocks_sync),
        }
    }

    /// Who has to act before it is resolved.
    pub fn waits_for(&self) -> WaitsFor {
        match (&self.problem.kind, self.problem.suggested_act()) {
            (ProblemKind::InternalFault, _) | (_, Some(SuggestedAct::ContactSupport)) => WaitsFor::Infima,
            // The next sync asks again in any case.
            (_, Some(SuggestedAct::Wait | SuggestedAct::Recheck) | None) => WaitsFor::NoOne,
            _ => WaitsFor::Partner,
        }
    }
}

impl Problem {
    /// What a person can do about it; none if nothing has to be done.
    pub fn suggested_act(&self) -> Option<SuggestedAct> {
        self.kind.suggested_act()
    }
}

impl ProblemKind {
    fn consequence_for_client(&self, blocks_sync: bool) -> Consequence {
        match self {
            ProblemKind::DuplicateSubscription { .. } => Consequence::MayBeBilledTwice,
            ProblemKind::CreateRefused { .. }
            | ProblemKind::CreateUnconfirmed
            | ProblemKind::SubscriptionExists { .. }
            | ProblemKind::SubscriptionDeleted
            | ProblemKind::AmbiguousRecovery { .. } => Consequence::NoSubscription,
            // Nothing is created for such a customer; a subscription that exists is kept right.
            ProblemKind::CustomerDeleted | ProblemKind::CustomerMerged | ProblemKind::CustomerInactive
                if blocks_sync =>
            {
                Consequence::NoSubscription
            }
            ProblemKind::CustomerDeleted
            | ProblemKind::CustomerMerged
            | ProblemKind::CustomerInactive
            | ProblemKind::SubscriptionMoved
            | ProblemKind::QuantityChangedInHalo
            | ProblemKind::QuantityFell
            | ProblemKind::FieldsChanged { .. } => Consequence::SyncContinues,
            ProblemKind::NotAHaloAddress { .. }
            | ProblemKind::AddressBlocked
            | ProblemKind::TenantChanged { .. }
            | ProblemKind::HaloUnreachable { .. }
            | ProblemKind::HaloUnavailable { .. }
            | ProblemKind::RateLimited { .. }
            | ProblemKind::BudgetExhausted { .. }
            | ProblemKind::RequestNotSent { .. }
            | ProblemKind::AnswerNotUnderstood
            | ProblemKind::AnswerTooLarge
            | ProblemKind::RequestRefused { .. }
            | ProblemKind::CredentialsRejected { .. }
            | ProblemKind::PermissionMissing { .. }
            | ProblemKind::LicensingOff
            | ProblemKind::SubscriptionNotVisible
            | ProblemKind::CustomersNotVisible { .. }
            | ProblemKind::SubscriptionInactive { .. }
            | ProblemKind::QuantityRefused { .. }
            | ProblemKind::QuantityHeld { .. }
            | ProblemKind::FieldsOverwritten { .. }
            | ProblemKind::InternalFault => Consequence::ClientIsNotSynced,
        }
    }

    fn suggested_act(&self) -> Option<SuggestedAct> {
        Some(match self {
            ProblemKind::NotAHaloAddress { .. }
            | ProblemKind::AddressBlocked
            | ProblemKind::CredentialsRejected { .. } => SuggestedAct::UpdateConnectionDetails,
            ProblemKind::TenantChanged { .. } => SuggestedAct::ConfirmTenantChange,
            ProblemKind::PermissionMissing { .. }
            | ProblemKind::SubscriptionNotVisible
            | ProblemKind::CustomersNotVisible { .. } => SuggestedAct::GrantAccessInHalo,
            ProblemKind::LicensingOff
            | ProblemKind::AnswerTooLarge
            | ProblemKind::RequestRefused { .. }
            | ProblemKind::CreateRefused { .. }
            | ProblemKind::DuplicateSubscription { .. }
            | ProblemKind::SubscriptionInactive { .. }
            | ProblemKind::SubscriptionMoved
            | ProblemKind::QuantityRefused { .. } => SuggestedAct::FixInHalo,
            ProblemKind::SubscriptionExists { .. }
            | ProblemKind::AmbiguousRecovery { .. }
            | ProblemKind::QuantityHeld { .. }
            | ProblemKind::FieldsOverwritten { .. } => SuggestedAct::ResolveSubscription,
            ProblemKind::SubscriptionDeleted => SuggestedAct::RecreateSubscription,
            ProblemKind::CustomerDeleted | ProblemKind::CustomerMerged | ProblemKind::CustomerInactive => {
                SuggestedAct::MapAgain
            }
            ProblemKind::QuantityFell => SuggestedAct::CheckCount,
            ProblemKind::HaloUnreachable { retried: false }
            | ProblemKind::HaloUnavailable { retried: false, .. }
            | ProblemKind::RateLimited { retried: false }
            | ProblemKind::BudgetExhausted { retried: false }
            | ProblemKind::RequestNotSent { retried: false } => SuggestedAct::Recheck,
            ProblemKind::HaloUnreachable { retried: true }
            | ProblemKind::HaloUnavailable { retried: true, .. }
            | ProblemKind::RateLimited { retried: true }
            | ProblemKind::BudgetExhausted { retried: true }
            | ProblemKind::RequestNotSent { retried: true }
            | ProblemKind::CreateUnconfirmed
            | ProblemKind::InternalFault => SuggestedAct::Wait,
            ProblemKind::AnswerNotUnderstood => SuggestedAct::ContactSupport,
            ProblemKind::QuantityChangedInHalo | ProblemKind::FieldsChanged { .. } => return None,
        })
    }
}

/// The numbers of a partner's problems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProblemCounts {
    pub open: u32,
    pub acknowledged: u32,
    pub snoozed: u32,
    /// Opened, acknowledged, snoozed or closed since [`yesterday_morning`].
    pub changed_since_yesterday: u32,
}

/// The beginning of yesterday in this time zone.
pub fn yesterday_morning(zone: Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    beginning_of(zone, now.with_timezone(&zone).date_naive() - Days::new(1))
}
