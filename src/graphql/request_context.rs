//! What one request is answered with: its caller, the verbs of `ops/`, and rows read in batches.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{
    Context, Error, ID, Pos, Request as GraphqlRequest, Response, ServerResult,
    async_trait::async_trait,
    dataloader::{DataLoader, Loader},
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest},
};
use uuid::Uuid;

use super::access_log::AccessLog;
use super::batches::{BatchQueue, BatchRunner};
use super::error::{Failure, Result, advise, log_causes, none_if_not_found};
use super::error_code::{ErrorCode, INTERNAL_ERROR};
use super::loaders::{ById, Loaders, OwnerOf};
use super::request_id::RequestId;
use crate::auth::{Act, Caller};
use crate::domain::roster::Partner;
use crate::domain::run::Run;
use crate::ids::{PartnerId, RunId};
use crate::ops::{Ops, Request, Target};

/// The caller of one request, with the verbs and the loaders that answer it.
pub(super) struct RequestContext {
    pub(super) ops: Ops,
    pub(super) caller: Caller,
    pub(super) access_log: AccessLog,
    /// Reads rows by id, in batches. Nothing is kept from one batch to the next, so that a
    /// subscription never shows an outdated row.
    loader: DataLoader<Loaders>,
    batches: BatchQueue,
}

impl RequestContext {
    pub(super) fn of<'a>(ctx: &Context<'a>) -> &'a RequestContext {
        ctx.data_unchecked()
    }

    /// Reads a row together with all others that the resolvers request at the same time.
    pub(super) async fn load<K>(&self, key: K) -> Result<Option<<Loaders as Loader<K>>::Value>>
    where
        K: Send + Sync + std::hash::Hash + Eq + Clone + 'static,
        Loaders: Loader<K, Error = Failure>,
    {
        self.batches.count_key();
        self.loader.load_one(key).await
    }

    /// Reads a partner. `None` is one that does not exist or is not the caller's: the answer does
    /// not say which.
    pub(super) async fn partner(&self, target: Target) -> Result<Option<Partner>> {
        let Some(partner) = none_if_not_found(target.partner_for(&self.caller, Act::ViewPartner, "id"))? else {
            return Ok(None);
        };
        // The loader asks the policy for a whole batch, which must not fail for another partner's
        // id in it.
        if self.caller.role().belongs_to_a_partner() && self.caller.partner() != Some(partner) {
            return Ok(None);
        }
        self.load(partner).await
    }

    /// The target of a query that a verb answers, recorded as read if the caller is support. The
    /// verb authorises it.
    pub(super) async fn target_of_query(&self, id: Option<&ID>) -> Result<Target> {
        let target = self.target(id);
        self.access_log.record(target.partner()).await?;
        Ok(target)
    }

    /// The partner that a request names, else the caller's own. The verb authorises it.
    pub(super) fn target(&self, id: Option<&ID>) -> Target {
        match (id, self.caller.partner()) {
            (Some(id), _) => id.parse().map_or(Target::Unknown, Target::Partner),
            (None, Some(own)) => Target::Partner(own),
            (None, None) => Target::Unnamed,
        }
    }

    /// The request that a verb gets. `reason` is why support changes something.
    pub(super) fn request(&self, reason: Option<String>) -> Request<'_> {
        let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        self.access_log.request(reason)
    }

    /// The partner that a record may belong to: a partner's user finds its own records only,
    /// support looks up the owner.
    pub(super) async fn owner(&self, record: Uuid) -> Result<Option<PartnerId>> {
        if self.caller.role().belongs_to_a_partner() {
            return Ok(self.caller.partner());
        }
        self.load(OwnerOf(record)).await
    }

    pub(super) async fn run(&self, id: RunId) -> Result<Option<Run>> {
        let Some(partner) = self.owner(id.0).await? else { return Ok(None) };
        self.load(ById(partner, id)).await
    }
}

/// Makes the extension that puts a [`RequestContext`] into each request.
pub(super) struct RequestContextExtension;

impl ExtensionFactory for RequestContextExtension {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(OneRequest::default())
    }
}

#[derive(Default)]
struct OneRequest {
    batches: BatchRunner,
}

#[async_trait]
impl Extension for OneRequest {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: GraphqlRequest,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<GraphqlRequest> {
        let ops = ctx.data_unchecked::<Ops>().clone();
        let Some(caller) = find::<Caller>(&request).cloned() else {
            tracing::error!("request reached the schema without a caller");
            return Err(ErrorCode::Internal.error(INTERNAL_ERROR).into_server_error(Pos::default()));
        };
        let id = find::<RequestId>(&request).cloned().unwrap_or_else(RequestId::generate).as_str().to_owned();
        let access_log = AccessLog::new(ops.clone(), caller.clone(), id, request.operation_name.clone());
        let loaders = Loaders { ops: ops.clone(), caller: caller.clone(), access_log: access_log.clone() };
        let (batches, queue) = (self.batches.queue.clone(), self.batches.queue.clone());
        let loader = DataLoader::new(loaders, move |batch| queue.push(batch)).delay(Duration::ZERO);
        next.run(ctx, request.data(RequestContext { ops, caller, access_log, loader, batches })).await
    }

    /// Nothing is shown of an operation of support whose reads could not be recorded.
    async fn execute(&self, ctx: &ExtensionContext<'_>, operation: Option<&str>, next: NextExecute<'_>) -> Response {
        let mut response = self.batches.run(next.run(ctx, operation)).await;
        let Some(request_context) = ctx.data_opt::<RequestContext>() else { return response };
        if let Some(failure) = request_context.access_log.failure() {
            response = Response::from_errors(vec![Error::from(failure.clone()).into_server_error(Pos::default())]);
        }
        log_causes(&response, operation, request_context.request(None).id);
        advise(&mut response, request_context.caller.role());
        response
    }
}

fn find<T: 'static>(request: &GraphqlRequest) -> Option<&T> {
    request.data.get(&TypeId::of::<T>())?.downcast_ref()
}
