//! The connection to a partner's Halo, as far as anybody may see it.

use async_graphql::{Context, Enum, ID, Object};

use crate::domain::connection::{self, ConnectionState};
use crate::domain::schedule;
use crate::graphql::{
    error::{Failure, Result},
    objects::problem::HaloProblem,
    request_context::RequestContext,
    scalars::Moment,
};

pub struct HaloConnection(connection::Connection);

impl HaloConnection {
    /// A disconnected one is kept for its history, and is none to whoever asks.
    pub(in crate::graphql) fn shown(connection: connection::Connection) -> Option<Self> {
        connection.is_usable().then_some(Self(connection))
    }
}

/// The connection to a partner's Halo. Its Client Secret is write-only: nothing ever shows it.
#[Object]
impl HaloConnection {
    /// The connection's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The address of the partner's Halo, without a path.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// The Client ID of the application that the partner created in Halo.
    async fn application_client_id(&self) -> &str {
        &self.0.application_client_id
    }

    /// When the details were last saved. This is all that is ever said of the Client Secret.
    async fn credentials_updated_at(&self) -> Moment {
        self.0.credentials_updated_at.into()
    }

    /// How the connection stands.
    async fn status(&self) -> HaloConnectionStatus {
        match self.0.state {
            ConnectionState::Connected => HaloConnectionStatus::Connected,
            ConnectionState::NeedsAttention | ConnectionState::Disconnected => HaloConnectionStatus::NeedsAttention,
        }
    }

    /// What is wrong. Null where all is well.
    async fn problem(&self) -> Option<HaloProblem> {
        self.0.problem.clone().map(HaloProblem)
    }

    /// What the last check found: one line for the address, one for the credentials, and one for each permission of the
    /// guide.
    async fn checks(&self) -> Vec<HaloConnectionCheck> {
        self.0.checks.iter().cloned().map(HaloConnectionCheck).collect()
    }

    /// When a check last found everything in order. Null where none has yet.
    async fn last_verified_at(&self) -> Option<Moment> {
        self.0.last_verified_at.map(Into::into)
    }

    /// The Last Sync Date: when Halo last confirmed every association in one sync. Null until then.
    async fn last_synced_at(&self) -> Option<Moment> {
        self.0.last_synced_at.map(Into::into)
    }

    /// When the next nightly sync is due, if at least one client is mapped by then. Null where nightly syncs are
    /// switched off.
    async fn next_nightly_sync_at(&self, ctx: &Context<'_>) -> Result<Option<Moment>> {
        let request_context = RequestContext::of(ctx);
        let partner = request_context.load(self.0.partner).await?.ok_or(Failure::NotFound)?;
        let next = || schedule::next_due(partner.id, &partner.settings, request_context.ops.clock.now()).due.into();
        Ok(partner.settings.nightly.then(next))
    }
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloConnectionStatus {
    /// It works, as far as the last check and the last sync found.
    Connected,
    /// Something has to be mended: see `problem`.
    NeedsAttention,
}

pub struct HaloConnectionCheck(pub(in crate::graphql) connection::Check);

/// One line of a check of the connection.
#[Object]
impl HaloConnectionCheck {
    /// What the line is about.
    async fn subject(&self) -> HaloConnectionCheckSubject {
        self.0.subject.into()
    }

    /// Whether it is as it has to be.
    async fn outcome(&self) -> HaloConnectionCheckOutcome {
        self.0.outcome.into()
    }

    /// Whether syncs need it. What they do not need is checked all the same, because the guide has it set up.
    async fn required(&self) -> bool {
        self.0.required
    }

    /// What was found, in words.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// The heading in INFIMA's published guide under which it is set up.
    async fn guide_step(&self) -> &str {
        &self.0.guide_step
    }
}

/// What a check of the connection looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "connection::CheckSubject")]
pub enum HaloConnectionCheckSubject {
    /// That there is a Halo at the address.
    Address,
    /// That Halo accepts the Client ID and Client Secret.
    Credentials,
    /// The agent's Customers Access Level.
    AgentCustomers,
    /// The agent's Users Access Level.
    AgentUsers,
    /// The agent's Software Licencing Access Level.
    AgentSoftwareLicencing,
    /// The agent's Invoices Access Level.
    AgentInvoices,
    /// The application's permission `read:customers`.
    ReadCustomers,
    /// The application's permission `read:invoices`.
    ReadInvoices,
    /// The application's permission `edit:softwarelicensing`.
    EditSoftwareLicensing,
}

/// What a check of the connection found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "connection::CheckOutcome")]
pub enum HaloConnectionCheckOutcome {
    /// It is as it has to be: the address answers, the credentials are accepted, the permission is granted.
    Granted,
    /// It is not: `message` says what was found instead.
    Missing,
    /// It was not checked, or an earlier line of the check failed.
    Unknown,
    /// It is as it has to be, but something about Halo's answer is worth a look.
    Warning,
}
