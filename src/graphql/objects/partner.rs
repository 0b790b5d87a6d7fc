//! A partner, from which everything about its integration is reached.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use crate::domain::roster;
use crate::domain::run::Trigger;
use crate::graphql::{
    error::Result,
    loaders::{ActivityCount, ActivityPage, ClientsCount, ClientsPage, ConnectionOf, CountsOf, RunsCount, RunsPage},
    objects::activity::Activity,
    objects::client::Client,
    objects::connection::HaloConnection,
    objects::run::{HaloSyncRun, HaloSyncTrigger},
    page::{self, Paged, Total},
    request_context::RequestContext,
    scalars::{LocalTime, TimeZone},
};
use crate::storage::clients::ClientFilter;

pub struct Partner(pub(in crate::graphql) roster::Partner);

/// A managed service provider whose clients INFIMA trains, and its Halo PSA integration.
#[Object]
impl Partner {
    /// The partner's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// INFIMA's id of the partner, as in the partner claim of its users' tokens.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// The partner's name at INFIMA.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The numbers of the partner's clients by state.
    async fn client_counts(&self, ctx: &Context<'_>) -> Result<ClientCounts> {
        let counts = RequestContext::of(ctx).load(CountsOf(self.0.id)).await?.unwrap_or_default();
        Ok(ClientCounts {
            total: counts.total,
            mapped: counts.mapped,
            unmapped: counts.total.saturating_sub(counts.mapped),
            needing_attention: counts.needing_attention,
        })
    }

    /// The connection to the partner's Halo. Null if the partner is not connected.
    async fn halo_connection(&self, ctx: &Context<'_>) -> Result<Option<HaloConnection>> {
        let connection = RequestContext::of(ctx).load(ConnectionOf(self.0.id)).await?;
        Ok(connection.and_then(HaloConnection::shown))
    }

    /// The settings of the partner's nightly sync.
    async fn halo_sync_settings(&self) -> HaloSyncSettings {
        let settings = &self.0.settings;
        HaloSyncSettings {
            nightly: settings.nightly,
            time_zone: settings.time_zone.into(),
            night_start: settings.night_start.into(),
            night_end: settings.night_end.into(),
        }
    }

    /// The partner's clients. Archived clients are included while they are mapped.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "one for each column that the table can be narrowed by")]
    async fn clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "Returns only clients whose name contains this text, or whose external id equals it.")]
 search: Option<String>,
        #[graphql(desc = "Returns only clients that are mapped to a Halo customer (true) or not mapped \
                    (false).")]
        associated: Option<bool>,
        #[graphql(desc = "Returns only clients with a problem to resolve (true) or without one (false).")]
        needs_attention: Option<bool>,
        #[graphql(desc = "The sort order. Default: `NAME_ASC`.", default_with = "Some(ClientOrder::NameAsc)")]
        order_by: Option<ClientOrder>,
    ) -> Result<Paged<Client>> {
        let page = page::page(first, after.as_deref())?;
        let filter = ClientFilter { search: page::search(search)?, associated, needs_attention };
        let descending = order_by == Some(ClientOrder::NameDesc);
        let wanted = ClientsPage(self.0.id, filter.clone(), descending, page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Clients(ClientsCount(self.0.id, filter));
        Ok(page::shown(&page, slice, total, |client| (client.name.clone(), client.id.0), Client))
    }

    /// The partner's syncs, latest first.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn halo_sync_runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "Returns only syncs that were queued for this reason. `NIGHTLY` includes a requested \
                    sync that was waiting when the nightly sync was due and took its place.")]
        trigger: Option<HaloSyncTrigger>,
    ) -> Result<Paged<HaloSyncRun>> {
        let page = page::page(first, after.as_deref())?;
        let trigger = trigger.map(Trigger::from);
        let wanted = RunsPage(self.0.id, trigger, page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Runs(RunsCount(self.0.id, trigger));
        Ok(page::shown(&page, slice, total, |run| (String::new(), run.id.0), HaloSyncRun))
    }

    /// The partner's audit log, latest entry first.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "Whether to exclude `support.read`, the entries for what INFIMA's support only viewed.",
            default_with = "Some(false)"
        )]
        changes_only: Option<bool>,
    ) -> Result<Paged<Activity>> {
        let page = page::page(first, after.as_deref())?;
        let changes = changes_only.unwrap_or_default();
        let wanted = ActivityPage(self.0.id, changes, page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Activity(ActivityCount(self.0.id, changes));
        Ok(page::shown(&page, slice, total, |act| (String::new(), act.id.0), Activity))
    }
}

/// The numbers of a partner's clients by state. Archived clients are not counted.
#[derive(SimpleObject)]
pub struct ClientCounts {
    /// The number of active clients, mapped or not.
    total: u32,
    /// The number of clients that are mapped to a Halo customer.
    mapped: u32,
    /// The number of clients that are not mapped to a Halo customer.
    unmapped: u32,
    /// The number of clients with a problem that has to be resolved before the next sync can
    /// succeed.
    needing_attention: u32,
}

/// The settings of a partner's nightly sync.
#[derive(SimpleObject)]
pub struct HaloSyncSettings {
    /// Whether the nightly sync is switched on. If not, only requested syncs run.
    nightly: bool,
    /// The partner's time zone.
    time_zone: TimeZone,
    /// The earliest start of the nightly sync in the partner's time zone.
    night_start: LocalTime,
    /// The latest start of the nightly sync in the partner's time zone. A time before `nightStart`
    /// is on the next day.
    night_end: LocalTime,
}

/// The sort orders of a list of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ClientOrder {
    /// Sorts by name, A to Z.
    NameAsc,
    /// Sorts by name, Z to A.
    NameDesc,
}
