//! A partner, from which everything about its integration is reached.

use std::borrow::Cow;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use uuid::Uuid;

use crate::domain::evidence::Days;
use crate::domain::roster;
use crate::domain::run::Trigger;
use crate::domain::trouble::{self, PartnerInTrouble, Trouble};
use crate::domain::webhook::MOST_WEBHOOKS;
use crate::graphql::{
    error::{Failure, Result},
    loaders::{
        ActivityCount, ActivityPage, ClientsCount, ClientsPage, ConnectionOf, CountsOf, EvidenceCount, EvidencePage,
        ProblemCountsOf, ProblemsCount, ProblemsPage, ReconciliationOf, RunsCount, RunsPage, TroublesOf, WebhooksOf,
    },
    objects::activity::{Activity, ActivityAction, ActorRole, shown_name_of_support},
    objects::client::{Client, SUGGESTION_COST},
    objects::connection::HaloConnection,
    objects::evidence::BillingEvidence,
    objects::mapping_suggestion::{HaloMappingSuggestionConnection, HaloMappingSuggestionKind, suggestions},
    objects::problem::HaloProblemCode,
    objects::problem_record::{HaloProblemRecord, HaloProblemState},
    objects::reconciliation::HaloReconciliation,
    objects::run::{HaloSyncRun, HaloSyncStatus, HaloSyncTrigger},
    objects::sync_settings::{HaloSyncPause, HaloSyncSettings},
    objects::trouble::HaloTrouble,
    objects::webhook::HaloWebhook,
    page::{self, Paged, Total},
    request_context::RequestContext,
    scalars::{Month, Timestamp},
};
use crate::ids::{ClientId, PartnerId};
use crate::ops::Target;
use crate::storage::activity::ActivityFilter;
use crate::storage::clients::{ClientFilter, ClientPage, Extent, ListedClient};
use crate::storage::evidence::MappedClient;
use crate::storage::problems::{self, ProblemFilter};
use crate::storage::runs::RunFilter;

pub struct Partner {
    id: PartnerId,
    /// The partner's row, unless it is read when a field needs it.
    row: Option<roster::Partner>,
    /// The partner's troubles, if a list has read them.
    troubles: Option<Vec<Trouble>>,
}

impl From<roster::Partner> for Partner {
    fn from(row: roster::Partner) -> Self {
        Self { id: row.id, row: Some(row), troubles: None }
    }
}

impl From<PartnerInTrouble> for Partner {
    fn from(PartnerInTrouble { partner, troubles, .. }: PartnerInTrouble) -> Self {
        Self { troubles: Some(troubles), ..Self::from(partner) }
    }
}

impl Partner {
    /// The caller's own partner, which exists: signing in has found it.
    pub(in crate::graphql) fn own(id: PartnerId) -> Self {
        Self { id, row: None, troubles: None }
    }

    async fn row(&self, ctx: &Context<'_>) -> Result<Cow<'_, roster::Partner>> {
        if let Some(row) = &self.row {
            return Ok(Cow::Borrowed(row));
        }
        RequestContext::of(ctx).load(self.id).await?.map(Cow::Owned).ok_or(Failure::NotFound)
    }
}

/// Finds a partner. The caller's own is read once one of its fields needs the row.
pub(in crate::graphql) async fn find(request_context: &RequestContext, target: Target) -> Result<Option<Partner>> {
    let Some(partner) = request_context.shown_partner(target)? else { return Ok(None) };
    if request_context.caller.partner() == Some(partner) {
        return Ok(Some(Partner::own(partner)));
    }
    Ok(request_context.load(partner).await?.map(Partner::from))
}

/// A managed service provider whose clients INFIMA trains, and its Halo PSA integration.
#[Object]
impl Partner {
    /// The partner's global id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.id.into()
    }

    /// INFIMA's id of the partner, as in the partner claim of its users' tokens.
    async fn external_id(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.row(ctx).await?.external_id.clone())
    }

    /// The partner's name at INFIMA.
    async fn name(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.row(ctx).await?.name.clone())
    }

    /// The numbers of the partner's clients by state.
    async fn client_counts(&self, ctx: &Context<'_>) -> Result<ClientCounts> {
        let counts = RequestContext::of(ctx).load(CountsOf(self.id)).await?.unwrap_or_default();
        Ok(ClientCounts {
            total: counts.total,
            mapped: counts.mapped,
            unmapped: counts.total.saturating_sub(counts.mapped + counts.excluded),
            excluded: counts.excluded,
            needing_attention: counts.needing_attention,
        })
    }

    /// The connection to the partner's Halo. Null if the partner is not connected.
    async fn halo_connection(&self, ctx: &Context<'_>) -> Result<Option<HaloConnection>> {
        let connection = RequestContext::of(ctx).load(ConnectionOf(self.id)).await?;
        Ok(connection.and_then(HaloConnection::shown))
    }

    /// What is wrong with the partner's integration now: what waits for a person, what INFIMA tries
    /// again by itself, and which night is missing. What needs a person comes first. Empty if
    /// nothing is wrong, or if Halo is not connected.
    async fn halo_troubles(&self, ctx: &Context<'_>) -> Result<Vec<HaloTrouble>> {
        let request_context = RequestContext::of(ctx);
        let troubles = match &self.troubles {
            Some(troubles) => troubles.clone(),
            None => match request_context.load(TroublesOf(self.id)).await? {
                Some(facts) => trouble::troubles(&facts, request_context.ops.clock.shared(facts.read_at)),
                None => Vec::new(),
            },
        };
        Ok(troubles.into_iter().map(|trouble| HaloTrouble { partner: self.id, trouble }).collect())
    }

    /// The history of the partner's problems, the latest change first: those of the connection and
    /// of each client, from when they were found until they are gone.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "one for each way to narrow the list")]
    async fn halo_problems(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "Returns only problems in one of these states. Default: all, also those that are gone.")]
        state: Option<Vec<HaloProblemState>>,
        #[graphql(desc = "Returns only problems of these kinds.")] code: Option<Vec<HaloProblemCode>>,
        #[graphql(desc = "Returns only problems of this client, by its global id.")] client_id: Option<ID>,
        #[graphql(desc = "Returns only problems that were first found from this time on.")] from: Option<Timestamp>,
        #[graphql(desc = "Returns only problems that were first found before this time.")] to: Option<Timestamp>,
        #[graphql(desc = "Returns only problems that were opened, acknowledged, snoozed or closed from this time on.")]
        changed_since: Option<Timestamp>,
    ) -> Result<Paged<HaloProblemRecord>> {
        let page = page::page_by_time(first, after.as_deref())?;
        let filter = ProblemFilter {
            codes: code.map(|codes| codes.into_iter().map(Into::into).collect()),
            states: state.map(|states| states.into_iter().map(Into::into).collect()),
            client: client_id.as_ref().map(client_of),
            first_seen: page::period(from, to),
            changed_since: changed_since.map(Into::into),
        };
        let wanted = ProblemsPage(self.id, filter.clone(), page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Problems(ProblemsCount(self.id, filter));
        Ok(page::shown(&page, slice, total, problems::place, HaloProblemRecord::from))
    }

    /// The numbers of the partner's problems.
    async fn halo_problem_counts(&self, ctx: &Context<'_>) -> Result<HaloProblemCounts> {
        let counts = RequestContext::of(ctx).load(ProblemCountsOf(self.id)).await?.unwrap_or_default();
        Ok(HaloProblemCounts {
            open: counts.open,
            acknowledged: counts.acknowledged,
            snoozed: counts.snoozed,
            changed_since_yesterday: counts.changed_since_yesterday,
        })
    }

    /// The latest comparison of all of the partner's subscriptions, customers and invoices with
    /// Halo. It is made once a week after a nightly sync, and by `reconcileHalo`. Null if there is
    /// none of this Halo yet.
    async fn halo_reconciliation(&self, ctx: &Context<'_>) -> Result<Option<HaloReconciliation>> {
        let report = RequestContext::of(ctx).load(ReconciliationOf(self.id)).await?;
        Ok(report.map(|report| HaloReconciliation { partner: self.id, report }))
    }

    /// The pause of the partner's syncs: quantities in Halo may be out of date until it ends. Null
    /// if syncs are not paused.
    async fn halo_sync_pause(&self, ctx: &Context<'_>) -> Result<Option<HaloSyncPause>> {
        Ok(self.row(ctx).await?.pause.clone().map(HaloSyncPause::from))
    }

    /// The addresses that INFIMA notifies of what happens, the oldest first: at most ten.
    #[graphql(complexity = "MOST_WEBHOOKS * child_complexity")]
    async fn halo_webhooks(&self, ctx: &Context<'_>) -> Result<Vec<HaloWebhook>> {
        let webhooks = RequestContext::of(ctx).load(WebhooksOf(self.id)).await?.unwrap_or_default();
        Ok(webhooks.into_iter().map(HaloWebhook::from).collect())
    }

    /// The settings of the partner's syncs.
    async fn halo_sync_settings(&self, ctx: &Context<'_>) -> Result<HaloSyncSettings> {
        Ok(HaloSyncSettings::from(&*self.row(ctx).await?))
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
        #[graphql(desc = "Returns only clients whose name has these words, in any order and whatever their \
                    accents, or whose external id equals the text.")]
        search: Option<String>,
        #[graphql(desc = "Returns only clients that are mapped to a Halo customer (true) or are to be \
                    mapped (false). Excluded clients are not to be mapped.")]
        associated: Option<bool>,
        #[graphql(desc = "Returns only clients that are excluded from billing on purpose (true) or that are not \
                    (false).")]
        excluded: Option<bool>,
        #[graphql(desc = "Returns only clients with a problem to resolve (true) or without one (false).")]
        needs_attention: Option<bool>,
        #[graphql(desc = "The sort order. Default: `NAME_ASC`.", default_with = "Some(ClientOrder::NameAsc)")]
        order_by: Option<ClientOrder>,
    ) -> Result<Paged<Client>> {
        let page = page::page(first, after.as_deref())?;
        // Those that are not mapped are work to do, unless the excluded ones are asked for.
        let excluded = excluded.or((associated == Some(false)).then_some(false));
        let filter = ClientFilter { search: page::search(search)?, associated, needs_attention, excluded };
        let descending = order_by == Some(ClientOrder::NameDesc);
        // What else is selected of each client comes in the page's own statement.
        let selected = ctx.look_ahead();
        let (entries, nodes) = (selected.field("edges").field("node"), selected.field("nodes"));
        let extent = Extent {
            associations: [&entries, &nodes].iter().any(|client| client.field("haloAssociation").exists()),
            total: selected.field("totalCount").exists(),
        };
        let wanted = ClientsPage(self.id, filter.clone(), descending, page.clone(), extent);
        let ClientPage { slice, total } = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        // A page without rows cannot say how long the list is; one without a beginning has none.
        let total = total.or((page.after.is_none() && slice.items.is_empty()).then_some(0));
        let total = Total::Clients(ClientsCount(self.id, filter), total);
        let place = |listed: &ListedClient| (listed.client.name.clone(), listed.client.id.0);
        Ok(page::shown(&page, slice, total, place, Client::from))
    }

    /// A suggestion for each active client that is not mapped, by name: the customers in Halo that
    /// have the client's name or one like it. Null with an error if Halo is not connected or not
    /// reachable. The customers are read from Halo at most once in five minutes.
    #[graphql(complexity = "SUGGESTION_COST + page::paged(first, child_complexity)")]
    async fn halo_mapping_suggestions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "Returns only suggestions of these kinds.")] kind: Option<Vec<HaloMappingSuggestionKind>>,
    ) -> Result<Option<HaloMappingSuggestionConnection>> {
        let page = page::page(first, after.as_deref())?;
        // Apart, because it is large, see `Client.suggestedHaloCustomers`.
        Box::pin(suggestions(RequestContext::of(ctx), self.id, page, kind)).await.map(Some)
    }

    /// The partner's syncs, latest first.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "one for each way to narrow the list")]
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
        #[graphql(desc = "Returns only syncs with one of these statuses.")] status: Option<Vec<HaloSyncStatus>>,
        #[graphql(desc = "Returns only syncs that someone in one of these roles requested. `SYSTEM` is for \
                    syncs that INFIMA started itself.")]
        requested_by: Option<Vec<ActorRole>>,
        #[graphql(desc = "Returns only syncs that were requested for this client or have a result for it, by \
                    its global id.")]
        client_id: Option<ID>,
        #[graphql(
            desc = "Whether to exclude syncs that wrote nothing and in which nothing failed.",
            default_with = "Some(false)"
        )]
        changes_only: Option<bool>,
        #[graphql(desc = "Returns only syncs that were queued from this time on.")] from: Option<Timestamp>,
        #[graphql(desc = "Returns only syncs that were queued before this time.")] to: Option<Timestamp>,
    ) -> Result<Paged<HaloSyncRun>> {
        let page = page::page(first, after.as_deref())?;
        let filter = RunFilter {
            trigger: trigger.map(Trigger::from),
            states: status.map(|all| all.into_iter().map(Into::into).collect()),
            roles: requested_by.map(|roles| roles.into_iter().map(Into::into).collect()),
            client: client_id.as_ref().map(client_of),
            changes_only: changes_only.unwrap_or_default(),
            during: page::period(from, to),
        };
        let wanted = RunsPage(self.id, filter.clone(), page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Runs(RunsCount(self.id, filter));
        Ok(page::shown(&page, slice, total, |run| (String::new(), run.id.0), HaloSyncRun::from))
    }

    /// The evidence behind what the partner's clients were billed in a month, by name: the clients
    /// that were mapped on any of its days. `/exports/billing-evidence.csv` has the days of all
    /// clients as a file.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn billing_evidence(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The month.")] month: Month,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
    ) -> Result<Paged<BillingEvidence>> {
        let page = page::page(first, after.as_deref())?;
        let days = Days::of_month(month.0, self.row(ctx).await?.settings.time_zone);
        let wanted = EvidencePage(self.id, days, page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Evidence(EvidenceCount(self.id, days));
        let place = |client: &MappedClient| (client.name.clone(), client.id.0);
        Ok(page::shown(&page, slice, total, place, |client| BillingEvidence { partner: self.id, days, client }))
    }

    /// The partner's audit log, latest entry first.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "one for each way to narrow the list")]
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
        #[graphql(desc = "Returns only entries of these acts.")] action: Option<Vec<ActivityAction>>,
        #[graphql(desc = "Returns only entries of actors in these roles.")] actor_role: Option<Vec<ActorRole>>,
        #[graphql(desc = "Returns only entries of actors whose name, as it is shown, has these words.")] actor: Option<
            String,
        >,
        #[graphql(desc = "Returns only entries about this client, by its global id.")] client_id: Option<ID>,
        #[graphql(desc = "Returns only entries from this time on.")] from: Option<Timestamp>,
        #[graphql(desc = "Returns only entries before this time.")] to: Option<Timestamp>,
    ) -> Result<Paged<Activity>> {
        let page = page::page(first, after.as_deref())?;
        let filter = ActivityFilter {
            changes_only: changes_only.unwrap_or_default(),
            actions: action.map(|actions| actions.into_iter().map(Into::into).collect()),
            roles: actor_role.map(|roles| roles.into_iter().map(Into::into).collect()),
            actor: page::search(actor)?,
            support_is_shown_as: shown_name_of_support(RequestContext::of(ctx)),
            client: client_id.as_ref().map(client_of),
            during: page::period(from, to),
        };
        let wanted = ActivityPage(self.id, filter.clone(), page.clone());
        let slice = RequestContext::of(ctx).load(wanted).await?.unwrap_or_default();
        let total = Total::Activity(ActivityCount(self.id, filter));
        Ok(page::shown(&page, slice, total, |act| (String::new(), act.id.0), Activity))
    }
}

/// Reads the id of a client by which a list is narrowed. One that is no client's has no entries.
fn client_of(id: &ID) -> ClientId {
    id.parse().unwrap_or(ClientId(Uuid::nil()))
}

/// The numbers of a partner's clients by state. Archived clients are not counted.
#[derive(SimpleObject)]
pub struct ClientCounts {
    /// The number of active clients, mapped or not.
    total: u32,
    /// The number of clients that are mapped to a Halo customer.
    mapped: u32,
    /// The number of clients that are to be mapped to a Halo customer: neither mapped nor excluded.
    unmapped: u32,
    /// The number of clients that are excluded from billing on purpose.
    excluded: u32,
    /// The number of clients with a problem that has to be resolved before the next sync can
    /// succeed.
    needing_attention: u32,
}

/// The numbers of a partner's problems that are not gone, by state, and of those that have changed.
#[derive(SimpleObject)]
pub struct HaloProblemCounts {
    /// The number of problems that no person has noted anything about.
    open: u32,
    /// The number of problems that a person knows of.
    acknowledged: u32,
    /// The number of problems that are set aside until a day.
    snoozed: u32,
    /// The number of problems that were opened, acknowledged, snoozed or closed since yesterday
    /// began in the partner's time zone.
    changed_since_yesterday: u32,
}

/// The sort orders of a list of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ClientOrder {
    /// Sorts by name, A to Z.
    NameAsc,
    /// Sorts by name, Z to A.
    NameDesc,
}
