//! The root of all queries.

use async_graphql::{Context, ID, Object, connection::OpaqueCursor};
use futures::future::try_join_all;

use super::{
    error::{Failure, Result, none_if_not_found},
    objects::customer::{self, HaloCustomerConnection},
    objects::node::{self, Node},
    objects::partner::{self, Partner},
    objects::preview::HaloSyncPreview,
    objects::problem::HaloProblemCode,
    objects::problem_record::{HaloProblemRecord, HaloProblemState},
    objects::run::HaloSyncRun,
    objects::viewer::Viewer,
    page::{self, Paged, Total},
    request_context::RequestContext,
    scalars::Timestamp,
};
use crate::auth::{Act, permit_across};
use crate::domain::trouble::{self, PartnerInTrouble};
use crate::ops::sync::preview::preview_sync;
use crate::storage::partners::{self, PartnerFilter};
use crate::storage::problems::{self, ProblemFilter};
use crate::storage::troubles;

/// The most records fetched by id at once.
const MOST_NODES: usize = 100;

pub struct Query;

/// The root of all queries.
#[Object]
impl Query {
    /// The caller and its permissions.
    async fn viewer(&self) -> Viewer {
        Viewer
    }

    /// A partner and its integration. Null if the partner does not exist or the caller may not view
    /// it.
    async fn partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner's global id. Default: the caller's own partner. Required for support.")]
        id: Option<ID>,
    ) -> Result<Option<Partner>> {
        let request_context = RequestContext::of(ctx);
        partner::find(request_context, request_context.target(id.as_ref())).await
    }

    /// All partners by name. Only support may list them.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "Returns only partners whose name or client's name has these words, in any order and \
                    whatever their accents, whose Halo address contains the text, or whose external id \
                    or request id equals it.")]
        search: Option<String>,
        #[graphql(desc = "Returns only partners with a problem to resolve (true) or without one (false).")]
        needs_attention: Option<bool>,
    ) -> Result<Paged<Partner>> {
        let request_context = RequestContext::of(ctx);
        let system = permit_across(&request_context.caller, Act::ListPartners)?;
        let page = page::page(first, after.as_deref())?;
        let filter = PartnerFilter { search: page::search(search)?, needs_attention };
        let mut db = request_context.reads.turn(system).await?;
        let slice = partners::page(&mut db, system, &filter, &page).await?;
        db.end();
        request_context.access_log.record(slice.items.iter().map(|partner| partner.id)).await?;
        let total = Total::Partners(system, filter);
        Ok(page::shown(&page, slice, total, |partner| (partner.name.clone(), partner.id.0), Partner::from))
    }

    /// All partners whose integration has trouble, with what needs a person first: see
    /// `haloTroubles`. Only support may list them.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn partners_in_trouble(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
    ) -> Result<Paged<Partner>> {
        let request_context = RequestContext::of(ctx);
        let system = permit_across(&request_context.caller, Act::ListPartners)?;
        let page = page::page(first, after.as_deref())?;
        let mut db = request_context.reads.turn(system).await?;
        let facts = troubles::all(&mut db, system).await?;
        db.end();
        let found = trouble::in_trouble(facts, |read_at| request_context.ops.clock.shared(read_at));
        let total = Total::Known(i64::try_from(found.len()).unwrap_or(i64::MAX));
        let slice = page.of_sorted(found, PartnerInTrouble::place);
        request_context.access_log.record(slice.items.iter().map(|found| found.partner.id)).await?;
        Ok(page::shown(&page, slice, total, PartnerInTrouble::place, Partner::from))
    }

    /// The problems of all active partners, the latest change first: what was found, what is gone,
    /// and what people noted. Only support may list them.
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
        #[graphql(desc = "Returns only problems that were first found from this time on.")] from: Option<Timestamp>,
        #[graphql(desc = "Returns only problems that were first found before this time.")] to: Option<Timestamp>,
        #[graphql(desc = "Returns only problems that were opened, acknowledged, snoozed or closed from this time on.")]
        changed_since: Option<Timestamp>,
    ) -> Result<Paged<HaloProblemRecord>> {
        let request_context = RequestContext::of(ctx);
        let system = permit_across(&request_context.caller, Act::ListPartners)?;
        let page = page::page_by_time(first, after.as_deref())?;
        let filter = ProblemFilter {
            codes: code.map(|codes| codes.into_iter().map(Into::into).collect()),
            states: state.map(|states| states.into_iter().map(Into::into).collect()),
            client: None,
            first_seen: page::period(from, to),
            changed_since: changed_since.map(Into::into),
        };
        let now = request_context.access_log.now();
        let mut db = request_context.reads.turn(system).await?;
        let slice = problems::page_across(&mut db, system, &filter, now, &page).await?;
        db.end();
        request_context.access_log.record(slice.items.iter().map(|problem| problem.partner)).await?;
        let total = Total::ProblemsOfAll(system, filter);
        Ok(page::shown(&page, slice, total, problems::place, HaloProblemRecord::from))
    }

    /// Searches the customers in the partner's Halo, live. Null with an error if Halo is not
    /// connected or not reachable.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn halo_customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text that Halo searches for, at most 200 characters. An empty text returns all \
                    customers.")]
        search: String,
        #[graphql(desc = "The maximum number of entries to return (1–100). Default: 25.")] first: Option<i32>,
        #[graphql(desc = "The cursor after which the page begins. Default: the beginning of the list.")] after: Option<
            String,
        >,
        #[graphql(desc = "The partner's global id. Default: the caller's own partner. Required for support.")]
        partner_id: Option<ID>,
    ) -> Result<Option<HaloCustomerConnection>> {
        let request_context = RequestContext::of(ctx);
        let first = page::size(first)?;
        let after = page::cursor(after.as_deref())?.map(|OpaqueCursor(place)| place);
        let target = request_context.target_of_query(partner_id.as_ref()).await?;
        customer::search(request_context, target, &search, first, after).await
    }

    /// The changes that a sync would make now, computed from live data in Halo. Null with an error
    /// if Halo is not connected or not reachable.
    async fn halo_sync_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global ids of the clients to include; a client that is not mapped has no entry. \
                    Default: all mapped clients.")]
        client_ids: Option<Vec<ID>>,
        #[graphql(desc = "The partner's global id. Default: the caller's own partner. Required for support.")]
        partner_id: Option<ID>,
    ) -> Result<Option<HaloSyncPreview>> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target_of_query(partner_id.as_ref()).await?;
        let clients = client_ids.map(|ids| ids.iter().map(|id| id.parse().ok()).collect::<Vec<_>>());
        let request = request_context.request(None);
        let preview = preview_sync(&request_context.ops, &request, target, clients.as_deref()).await;
        Ok(none_if_not_found(preview)?.map(HaloSyncPreview))
    }

    /// A sync by its id. To follow it, query it again after `pollAfterMs`, or subscribe. Null if
    /// the sync does not exist or the caller may not view it.
    async fn halo_sync_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sync's global id.")] id: ID,
    ) -> Result<Option<HaloSyncRun>> {
        match id.parse() {
            Ok(id) => Ok(RequestContext::of(ctx).run(id).await?.map(HaloSyncRun::from)),
            Err(_) => Ok(None),
        }
    }

    /// A record by its global id. Null if it does not exist or the caller may not view it.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The record's global id.")] id: ID,
    ) -> Result<Option<Node>> {
        node::find(RequestContext::of(ctx), &id).await
    }

    /// Several records by their global ids, in the same order. An entry is null if the record does
    /// not exist or the caller may not view it.
    #[graphql(complexity = "ids.len() * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The records' global ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > MOST_NODES {
            return Err(Failure::bad_argument(
                "ids",
                format!("You requested too many records. Request at most {MOST_NODES} at once."),
            ));
        }
        let request_context = RequestContext::of(ctx);
        try_join_all(ids.iter().map(|id| node::find(request_context, id))).await
    }
}
