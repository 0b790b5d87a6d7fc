//! A problem in the history, with what people have noted about it.

use async_graphql::{Context, Enum, ID, Object};

use crate::domain::problem_record::{self, Acknowledgement, ProblemRecord};
use crate::graphql::{
    error::{Failure, Result},
    loaders::ById,
    objects::activity::Actor,
    objects::association::HaloClientAssociation,
    objects::client::Client,
    objects::partner::Partner,
    objects::problem::HaloProblem,
    objects::trouble::HaloTroubleParty,
    request_context::RequestContext,
    scalars::Timestamp,
};

pub struct HaloProblemRecord(pub(in crate::graphql) ProblemRecord);

impl From<ProblemRecord> for HaloProblemRecord {
    fn from(record: ProblemRecord) -> Self {
        Self(record)
    }
}

/// A problem of a partner's connection or of a client, from the moment it was found until it is
/// gone. It closes by itself, when a sync or a check does not find it any more, and is history
/// then.
#[Object]
impl HaloProblemRecord {
    /// The record's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The partner whose problem it is.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Partner> {
        RequestContext::of(ctx).load(self.0.partner).await?.map(Partner::from).ok_or(Failure::NotFound)
    }

    /// The client that has the problem. Null if the connection has it.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>> {
        let Some(client) = self.0.client() else { return Ok(None) };
        Ok(RequestContext::of(ctx).load(ById(self.0.partner, client)).await?.map(Client::from))
    }

    /// The association that has the problem, in its current state. Null if the connection has it.
    async fn association(&self, ctx: &Context<'_>) -> Result<Option<HaloClientAssociation>> {
        let Some(association) = self.0.association() else { return Ok(None) };
        let association = RequestContext::of(ctx).load(ById(self.0.partner, association)).await?;
        Ok(association.map(HaloClientAssociation::from))
    }

    /// How the problem stands now.
    async fn state(&self, ctx: &Context<'_>) -> HaloProblemState {
        self.0.state(RequestContext::of(ctx).access_log.now()).into()
    }

    /// The problem, as it was when it was last seen.
    async fn problem(&self) -> HaloProblem {
        HaloProblem(self.0.problem.clone())
    }

    /// What the problem keeps from happening.
    async fn consequence(&self) -> HaloProblemConsequence {
        self.0.consequence().into()
    }

    /// What the problem keeps from happening, as a text for the user.
    async fn consequence_message(&self) -> &str {
        self.0.consequence().message()
    }

    /// What a person can do about it; `problem.remedy` says how. Null if nothing has to be done.
    async fn suggested_act(&self) -> Option<HaloProblemAct> {
        self.0.problem.suggested_act().map(Into::into)
    }

    /// Who has to act before it is resolved. `NO_ONE` if INFIMA tries again by itself.
    async fn waits_for(&self) -> HaloTroubleParty {
        self.0.waits_for().into()
    }

    /// The time when the problem was first found.
    async fn first_seen_at(&self) -> Timestamp {
        self.0.first_seen_at.into()
    }

    /// The time when the problem was last found.
    async fn last_seen_at(&self) -> Timestamp {
        self.0.last_seen_at.into()
    }

    /// The time when the problem was last opened, acknowledged, snoozed or closed.
    async fn changed_at(&self) -> Timestamp {
        self.0.changed_at.into()
    }

    /// The time when the problem was gone. Null while it is there.
    async fn closed_at(&self) -> Option<Timestamp> {
        self.0.closed_at.map(Into::into)
    }

    /// What a person noted about it. Null if it was not acknowledged.
    async fn acknowledgement(&self) -> Option<HaloProblemAcknowledgement> {
        self.0.acknowledgement.clone().map(HaloProblemAcknowledgement)
    }

    /// The time until which it is set aside. Null if it never was; a time in the past is one at
    /// which it came back by itself.
    async fn snoozed_until(&self) -> Option<Timestamp> {
        self.0.snoozed_until.map(Into::into)
    }
}

pub struct HaloProblemAcknowledgement(Acknowledgement);

/// What a person noted about a problem.
#[Object]
impl HaloProblemAcknowledgement {
    /// The time of the note.
    async fn at(&self) -> Timestamp {
        self.0.at.into()
    }

    /// The person who wrote it.
    async fn by(&self) -> Actor {
        Actor(self.0.by.clone())
    }

    /// The note.
    async fn note(&self) -> &str {
        &self.0.note
    }
}

/// How a problem stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "problem_record::ProblemState")]
pub enum HaloProblemState {
    /// The problem is there, and no person has noted anything about it.
    Open,
    /// The problem is there, and a person knows of it.
    Acknowledged,
    /// The problem is there, and a person has set it aside until a day.
    Snoozed,
    /// The problem is gone.
    Closed,
}

/// What a problem keeps from happening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "problem_record::Consequence")]
pub enum HaloProblemConsequence {
    /// No count of any client is written to Halo.
    NothingIsSynced,
    /// The counts of the clients whose customers are hidden are not written to Halo.
    HiddenClientsAreNotSynced,
    /// The client's count is not written to Halo.
    ClientIsNotSynced,
    /// The client has no subscription in Halo, so it is not billed.
    NoSubscription,
    /// The client may be billed twice.
    MayBeBilledTwice,
    /// Nothing: the client's count is written to Halo all the same.
    SyncContinues,
}

/// What a person can do about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "problem_record::SuggestedAct")]
pub enum HaloProblemAct {
    /// Save other details of the connection: `saveHaloConnection`.
    UpdateConnectionDetails,
    /// Decide whether it is the same Halo: `confirmHaloTenantChange`.
    ConfirmTenantChange,
    /// Grant the application or its agent more access, in Halo.
    GrantAccessInHalo,
    /// Change something else in Halo.
    FixInHalo,
    /// Decide about the subscription: `resolveHaloSubscription`.
    ResolveSubscription,
    /// Request a new subscription: `recreateHaloSubscription`.
    RecreateSubscription,
    /// Map the client to another customer: `saveHaloClientAssociations`.
    MapAgain,
    /// Check that the client's count is right.
    CheckCount,
    /// Ask Halo again: `recheckHaloProblem`.
    Recheck,
    /// Wait: INFIMA tries again by itself.
    Wait,
    /// Contact INFIMA's support.
    ContactSupport,
}
