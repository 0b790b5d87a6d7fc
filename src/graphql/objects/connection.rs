//! The connection to a partner's Halo, without its secret.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use crate::domain::connection::{self, ConnectionState};
use crate::domain::guide::address_of_heading;
use crate::domain::problem;
use crate::domain::schedule;
use crate::graphql::{
    error::Result, loaders::ScheduleOf, objects::problem::HaloProblem, request_context::RequestContext,
    scalars::Timestamp,
};

pub struct HaloConnection(connection::Connection);

impl HaloConnection {
    /// Hides a disconnected connection, which is kept for its history only.
    pub(in crate::graphql) fn shown(connection: connection::Connection) -> Option<Self> {
        connection.is_usable().then_some(Self(connection))
    }
}

/// The connection to a partner's Halo. Its Client Secret is write-only and never returned.
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

    /// The time when the details were last saved. Nothing else about the Client Secret is ever
    /// returned.
    async fn credentials_updated_at(&self) -> Timestamp {
        self.0.credentials_updated_at.into()
    }

    /// The connection's status.
    async fn status(&self) -> HaloConnectionStatus {
        match self.0.state {
            ConnectionState::Connected => HaloConnectionStatus::Connected,
            ConnectionState::NeedsAttention | ConnectionState::Disconnected => HaloConnectionStatus::NeedsAttention,
        }
    }

    /// The connection's problem. Null if there is none.
    async fn problem(&self) -> Option<HaloProblem> {
        self.0.problem.clone().map(HaloProblem)
    }

    /// The evidence for a decision about a Halo of another identity. Null unless the problem is
    /// `TENANT_CHANGED` and a sync has looked for it.
    async fn tenant_change(&self) -> Option<HaloTenantChange> {
        let problem::TenantEvidence { found, total } = self.0.problem.as_ref()?.tenant_evidence()?;
        Some(HaloTenantChange { found, total })
    }

    /// The findings of the last check: one for the address, one for the credentials and one for
    /// each permission of the guide.
    async fn checks(&self) -> Vec<HaloConnectionCheck> {
        self.0.checks.iter().cloned().map(HaloConnectionCheck).collect()
    }

    /// The time when a check last found no problem. Null if none has yet.
    async fn last_verified_at(&self) -> Option<Timestamp> {
        self.0.last_verified_at.map(Into::into)
    }

    /// The Last Sync Date: the time when Halo last confirmed every association in one sync. Null
    /// until then.
    async fn last_synced_at(&self) -> Option<Timestamp> {
        self.0.last_synced_at.map(Into::into)
    }

    /// The time when the next nightly sync is queued: now, if a missed one is about to be caught
    /// up. Null if nightly syncs are switched off or no client is mapped.
    async fn next_nightly_sync_at(&self, ctx: &Context<'_>) -> Result<Option<Timestamp>> {
        let request_context = RequestContext::of(ctx);
        let Some(schedule) = request_context.load(ScheduleOf(self.0.partner)).await? else { return Ok(None) };
        let now = request_context.ops.clock.shared(schedule.read_at);
        let next = schedule::next_sync(schedule.partner, &schedule.settings, &schedule.history, now);
        Ok(next.map(|nightly| nightly.due.max(now).into()))
    }
}

/// The evidence for a decision about a Halo of another identity: `confirmHaloTenantChange`.
#[derive(SimpleObject)]
pub struct HaloTenantChange {
    /// The number of subscriptions that this Halo shows under the same ids and with INFIMA's
    /// markers.
    found: u32,
    /// The number of subscriptions that were looked for, at most 20.
    total: u32,
}

/// The statuses of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum HaloConnectionStatus {
    /// The last check and the last sync found no problem.
    Connected,
    /// A problem has to be resolved: see `problem`.
    NeedsAttention,
}

pub struct HaloConnectionCheck(pub(in crate::graphql) connection::Check);

/// One finding of a check of the connection.
#[Object]
impl HaloConnectionCheck {
    /// The subject of the finding.
    async fn subject(&self) -> HaloConnectionCheckSubject {
        self.0.subject.into()
    }

    /// Whether the subject is set up correctly.
    async fn outcome(&self) -> HaloConnectionCheckOutcome {
        self.0.outcome.into()
    }

    /// Whether syncs need the subject. The check also covers what the guide sets up and syncs do
    /// not need.
    async fn required(&self) -> bool {
        self.0.required
    }

    /// The finding, as a text for the user.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// The heading in INFIMA's published guide that describes the set-up.
    async fn guide_step(&self) -> &str {
        &self.0.guide_step
    }

    /// The address of that heading. Null if the server does not know where the guide is published.
    async fn guide_url(&self, ctx: &Context<'_>) -> Option<String> {
        let guide = RequestContext::of(ctx).ops.settings.guide_url.as_deref()?;
        Some(address_of_heading(guide, &self.0.guide_step))
    }
}

/// The subjects of a check of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "connection::CheckSubject")]
pub enum HaloConnectionCheckSubject {
    /// The address of the Halo.
    Address,
    /// The Client ID and Client Secret.
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

/// The outcomes of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "connection::CheckOutcome")]
pub enum HaloConnectionCheckOutcome {
    /// The subject is set up correctly: the address answers, the credentials are accepted, or the
    /// permission is granted.
    Granted,
    /// The subject is not set up correctly: see `message`.
    Missing,
    /// It is not known whether the subject is set up correctly: an earlier part of the check
    /// failed, Halo gave no usable answer, or only a sync that writes a subscription can show it.
    Unknown,
    /// The subject is set up correctly, but Halo's answer has something that should be reviewed.
    Warning,
}
