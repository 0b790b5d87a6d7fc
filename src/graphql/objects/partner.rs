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

    /// INFIMA's own id of the partner: what the partner claim of its users' tokens holds.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// The partner's name at INFIMA.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How many clients the partner has, and how they stand.
    async fn client_counts(&self, ctx: &Context<'_>) -> Result<ClientCounts> {
        let counts = RequestContext::of(ctx).load(CountsOf(self.0.id)).await?.unwrap_or_default();
        Ok(ClientCounts {
            total: counts.total,
            mapped: counts.mapped,
            unmapped: counts.total.saturating_sub(counts.mapped),
            needing_attention: counts.needing_attention,
        })
    }

    /// The connection to the partner's Halo. Null while there is none, or after it was disconnected.
    async fn halo_connection(&self, ctx: &Context<'_>) -> Result<Option<HaloConnection>> {
        let connection = RequestContext::of(ctx).load(ConnectionOf(self.0.id)).await?;
        Ok(connection.and_then(HaloConnection::shown))
    }

    /// When the nightly sync runs, and whether.
    async fn halo_sync_settings(&self) -> HaloSyncSettings {
        let settings = &self.0.settings;
        HaloSyncSettings {
            nightly: settings.nightly,
            time_zone: settings.time_zone.into(),
            night_start: settings.night_start.into(),
            night_end: settings.night_end.into(),
        }
    }

    /// The partner's clients: the mapping table. Archived clients are in it only while they are mapped.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "one for each column that the table can be narrowed by")]
    async fn clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries the page has at most: 1 to 100, 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins. Left out: the beginning.")] after: Option<String>,
        #[graphql(desc = "Part of the client's name, or its whole external id.")] search: Option<String>,
        #[graphql(desc = "Only clients that are, or are not, mapped to a Halo customer.")] associated: Option<bool>,
        #[graphql(desc = "Only clients where something is, or nothing is, to be mended.")] needs_attention: Option<
            bool,
        >,
        #[graphql(desc = "How the list is sorted.", default_with = "Some(ClientOrder::NameAsc)")] order_by: Option<
            ClientOrder,
        >,
    ) -> Result<Paged<Client>> {
        let page = page::page(first, after.as_deref())?;
        let filter = ClientFilter { search: page::search(search)?, associated, needs_attention };
        let descending = order_by == Some(ClientOrder::NameDesc);
        let wanted = ClientsPage(self.0.id, filter.clone(), descending, page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Clients(ClientsCount(self.0.id, filter));
        Ok(page::shown(&page, slice, total, |client| (client.name.clone(), client.id.0), Client))
    }

    /// The partner's syncs, the latest first.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn halo_sync_runs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries the page has at most: 1 to 100, 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins. Left out: the beginning.")] after: Option<String>,
        #[graphql(
            desc = "Only syncs that were queued for this reason. `NIGHTLY` finds every night, also one that came \
                          while a sync that somebody had asked for was waiting, and that this one did the work of."
        )]
        trigger: Option<HaloSyncTrigger>,
    ) -> Result<Paged<HaloSyncRun>> {
        let page = page::page(first, after.as_deref())?;
        let trigger = trigger.map(Trigger::from);
        let wanted = RunsPage(self.0.id, trigger, page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Runs(RunsCount(self.0.id, trigger));
        Ok(page::shown(&page, slice, total, |run| (String::new(), run.id.0), HaloSyncRun))
    }

    /// Who did what to the partner's integration, the latest first.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn activity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries the page has at most: 1 to 100, 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins. Left out: the beginning.")] after: Option<String>,
        #[graphql(
            desc = "Without the entries of `support.read`, which say that INFIMA's support looked and changed nothing.",
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

/// How a partner's clients stand. Archived clients are not counted.
#[derive(SimpleObject)]
pub struct ClientCounts {
    /// Clients that are with INFIMA now, mapped or not.
    total: u32,
    /// Clients that are mapped to a Halo customer.
    mapped: u32,
    /// Clients that are not mapped to a Halo customer yet.
    unmapped: u32,
    /// Clients where something has to be mended before the next sync can do its work.
    needing_attention: u32,
}

/// When a partner's nightly sync runs.
#[derive(SimpleObject)]
pub struct HaloSyncSettings {
    /// Whether there is a nightly sync. Without it, only syncs that somebody asks for are run.
    nightly: bool,
    /// The partner's time zone, by which its nights are reckoned.
    time_zone: TimeZone,
    /// From when on the nightly sync may start, on the partner's clock.
    night_start: LocalTime,
    /// Until when the nightly sync starts, on the partner's clock. Earlier than `nightStart`: on the next day.
    night_end: LocalTime,
}

/// How a list of clients is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ClientOrder {
    /// By name, A to Z.
    NameAsc,
    /// By name, Z to A.
    NameDesc,
}
