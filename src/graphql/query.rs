//! Where reading begins.

use async_graphql::{Context, ID, Object, connection::OpaqueCursor};
use futures::future::try_join_all;

use super::{
    error::{Failure, Result},
    objects::customer::{self, HaloCustomerConnection},
    objects::node::{self, Node},
    objects::partner::Partner,
    objects::preview::HaloSyncPreview,
    objects::run::HaloSyncRun,
    objects::viewer::Viewer,
    page::{self, Paged, Total},
    request_context::RequestContext,
};
use crate::auth::{Act, permit_across};
use crate::ops::sync::preview::preview_sync;
use crate::storage::partners::{self, PartnerFilter};

/// The most records fetched by id at once.
const MOST_NODES: usize = 100;

pub struct Query;

/// What a caller can read.
#[Object]
impl Query {
    /// Who is calling and what they may do.
    async fn viewer(&self) -> Viewer {
        Viewer
    }

    /// One partner and everything about its integration. Null where there is no such partner for this caller.
    async fn partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner's global id. Left out: the caller's own partner. Support has to name one.")]
        id: Option<ID>,
    ) -> Result<Option<Partner>> {
        let request_context = RequestContext::of(ctx);
        let Some(scope) = request_context.partner_of_query(Act::ViewPartner, "id", id.as_ref()).await? else {
            return Ok(None);
        };
        Ok(request_context.load(scope.partner()).await?.map(Partner))
    }

    /// All partners, by name. For support only.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many entries the page has at most: 1 to 100, 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins. Left out: the beginning.")] after: Option<String>,
        #[graphql(
            desc = "Part of the partner's name, of a client's name or of a Halo address; or a whole external id \
                          or request id."
        )]
        search: Option<String>,
        #[graphql(desc = "Only partners where something is, or nothing is, to be mended.")] needs_attention: Option<
            bool,
        >,
    ) -> Result<Paged<Partner>> {
        let request_context = RequestContext::of(ctx);
        let system = permit_across(&request_context.caller, Act::ListPartners)?;
        let page = page::page(first, after.as_deref())?;
        let filter = PartnerFilter { search: page::search(search)?, needs_attention };
        let slice = {
            let mut db = request_context.ops.db.read(system).await?;
            partners::page(&mut db, system, &filter, &page).await?
        };
        request_context.access_log.record(slice.items.iter().map(|partner| partner.id)).await?;
        let total = Total::Partners(system, filter);
        Ok(page::shown(&page, slice, total, |partner| (partner.name.clone(), partner.id.0), Partner))
    }

    /// Searches the partner's customers in Halo, live. Null, with an error beside it, where Halo is not connected or cannot
    /// be asked.
    #[graphql(complexity = "page::paged(first, child_complexity)")]
    async fn halo_customers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What Halo is to look for, at most 200 characters. Empty: the beginning of all customers.")]
        search: String,
        #[graphql(desc = "How many entries the page has at most: 1 to 100, 25 unless told.")] first: Option<i32>,
        #[graphql(desc = "The cursor behind which the page begins. Left out: the beginning.")] after: Option<String>,
        #[graphql(desc = "The partner's global id. Left out: the caller's own partner. Support has to name one.")]
        partner_id: Option<ID>,
    ) -> Result<Option<HaloCustomerConnection>> {
        let request_context = RequestContext::of(ctx);
        let first = page::size(first)?;
        let after = page::cursor(after.as_deref())?.map(|OpaqueCursor(place)| place);
        match request_context.partner_of_query(Act::SearchCustomers, "partnerId", partner_id.as_ref()).await? {
            Some(scope) => customer::search(request_context, scope.partner(), &search, first, after).await.map(Some),
            None => Ok(None),
        }
    }

    /// What a sync would change now, worked out against Halo as it stands. Null, with an error beside it, where Halo is not
    /// connected or cannot be asked.
    async fn halo_sync_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The global ids of the clients to look at; one that is not mapped has no entry. Left out: all \
                          that are mapped."
        )]
        client_ids: Option<Vec<ID>>,
        #[graphql(desc = "The partner's global id. Left out: the caller's own partner. Support has to name one.")]
        partner_id: Option<ID>,
    ) -> Result<Option<HaloSyncPreview>> {
        let request_context = RequestContext::of(ctx);
        let Some(scope) = request_context.partner_of_query(Act::Preview, "partnerId", partner_id.as_ref()).await?
        else {
            return Ok(None);
        };
        let clients = client_ids.map(|ids| ids.iter().map(|id| id.parse().ok()).collect::<Vec<_>>());
        let preview =
            preview_sync(&request_context.ops, &request_context.request(None), scope.partner(), clients.as_deref())
                .await?;
        Ok(Some(HaloSyncPreview(preview)))
    }

    /// One sync. To follow it, ask again after `pollAfterMs`, or subscribe. Null where there is no such sync for this
    /// caller.
    async fn halo_sync_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sync's global id, as `requestHaloSync` and the partner's list of syncs give it.")] id: ID,
    ) -> Result<Option<HaloSyncRun>> {
        match id.parse() {
            Ok(id) => Ok(RequestContext::of(ctx).run(id).await?.map(HaloSyncRun)),
            Err(_) => Ok(None),
        }
    }

    /// Any record by its id. Null where there is no such record for this caller.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The record's global id: the `id` of anything that is a `Node`.")] id: ID,
    ) -> Result<Option<Node>> {
        node::find(RequestContext::of(ctx), &id).await
    }

    /// Several records by their ids, in the same order, with null where there is no such record for this caller.
    #[graphql(complexity = "ids.len() * child_complexity")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The records' global ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > MOST_NODES {
            return Err(Failure::bad_argument("ids", format!("Ask for at most {MOST_NODES} records at once.")));
        }
        let request_context = RequestContext::of(ctx);
        try_join_all(ids.iter().map(|id| node::find(request_context, id))).await
    }
}
