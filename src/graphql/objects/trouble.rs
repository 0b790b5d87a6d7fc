//! What is wrong with a partner's integration now.

use async_graphql::{Context, Enum, Object};

use crate::domain::trouble::{self, Trouble, TroubleKind};
use crate::graphql::{
    error::Result, loaders::ById, objects::problem::HaloProblem, objects::run::HaloSyncRun,
    request_context::RequestContext, scalars::Timestamp,
};
use crate::ids::PartnerId;

pub struct HaloTrouble {
    pub(in crate::graphql) partner: PartnerId,
    pub(in crate::graphql) trouble: Trouble,
}

/// Something that is wrong with a partner's integration: since when, who has to act, and what
/// happens next.
#[Object]
impl HaloTrouble {
    /// The kind of trouble.
    async fn kind(&self) -> HaloTroubleKind {
        match self.trouble.kind {
            TroubleKind::NightMissing => HaloTroubleKind::NightMissing,
            TroubleKind::NotBegun => HaloTroubleKind::NotBegun,
            TroubleKind::ConnectionBlocked => HaloTroubleKind::ConnectionBlocked,
            TroubleKind::ClientsBlocked { .. } => HaloTroubleKind::ClientsBlocked,
            TroubleKind::HaloDown => HaloTroubleKind::HaloDown,
            TroubleKind::SyncRetried => HaloTroubleKind::SyncRetried,
            TroubleKind::NightFailed => HaloTroubleKind::NightFailed,
            TroubleKind::NightEndedInPart { .. } => HaloTroubleKind::NightEndedInPart,
            TroubleKind::Paused(_) => HaloTroubleKind::Paused,
            TroubleKind::Decided { .. } => HaloTroubleKind::Decided,
        }
    }

    /// Who has to act before it is resolved.
    async fn waits_for(&self) -> HaloTroubleParty {
        self.trouble.waits_for.into()
    }

    /// What is wrong, as a text for the user.
    async fn message(&self) -> String {
        self.trouble.message()
    }

    /// The time since when it is wrong.
    async fn since(&self) -> Timestamp {
        self.trouble.since.into()
    }

    /// What happens next, as a text for the user: what a person has to do, or what INFIMA does by
    /// itself.
    async fn next_step(&self) -> String {
        self.trouble.next_step()
    }

    /// The time at which INFIMA next tries by itself. Null if it does not.
    async fn next_at(&self) -> Option<Timestamp> {
        self.trouble.next_at.map(Into::into)
    }

    /// The number of clients that it is about. Null if it is about all of them.
    async fn client_count(&self) -> Option<u32> {
        match &self.trouble.kind {
            TroubleKind::ClientsBlocked { clients, .. } | TroubleKind::NightEndedInPart { clients } => Some(*clients),
            TroubleKind::Decided { clients } => clients.as_ref().map(|(clients, _)| *clients),
            _ => None,
        }
    }

    /// The problem behind it; for several clients, that of the client which has it the longest.
    /// Null if there is none.
    async fn problem(&self) -> Option<HaloProblem> {
        self.trouble.problem.clone().map(HaloProblem)
    }

    /// The sync that it is about. Null if it is not about one sync.
    async fn run(&self, ctx: &Context<'_>) -> Result<Option<HaloSyncRun>> {
        let Some(run) = self.trouble.run else { return Ok(None) };
        Ok(RequestContext::of(ctx).load(ById(self.partner, run)).await?.map(HaloSyncRun::from))
    }
}

/// The kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloTroubleKind {
    /// A nightly sync is due, and INFIMA has not queued it.
    NightMissing,
    /// A sync is due, and INFIMA has not begun it.
    NotBegun,
    /// The connection's problem keeps every client from being synced.
    ConnectionBlocked,
    /// Clients have a problem that has to be resolved before they can be synced.
    ClientsBlocked,
    /// Halo does not answer, or something answers in its place.
    HaloDown,
    /// A sync is tried again, for another reason than a Halo that is down.
    SyncRetried,
    /// The last nightly sync confirmed no client, and not every client was confirmed since.
    NightFailed,
    /// The last nightly sync confirmed some of the clients, and not every client was confirmed
    /// since.
    NightEndedInPart,
    /// A user has paused the partner's syncs: see `Partner.haloSyncPause`.
    Paused,
    /// A user has decided how a problem is resolved, and no sync has carried that out yet.
    Decided,
}

/// Those who may have to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "trouble::WaitsFor")]
pub enum HaloTroubleParty {
    /// INFIMA has to act: its operator or its engineers.
    Infima,
    /// The partner has to act.
    Partner,
    /// No person has to act: INFIMA tries again by itself.
    NoOne,
}
