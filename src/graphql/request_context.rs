//! What one request is answered with: its caller, the verbs of `ops/`, and rows read in batches.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{
    Context, Error, ID, Pos, Request as GraphqlRequest, Response, ServerError,
    dataloader::{DataLoader, Loader},
};
use uuid::Uuid;

use super::access_log::AccessLog;
use super::batches::{BatchQueue, BatchRunner};
use super::error::{Failure, Result, advise, log_causes, none_if_not_found};
use super::error_code::{ErrorCode, INTERNAL_ERROR};
use super::loaders::{ById, Loaders, OwnerOf};
use super::request_id::RequestId;
use crate::auth::{Act, Caller};
use crate::domain::run::Run;
use crate::ids::{PartnerId, RunId};
use crate::ops::{Ops, Request, Target};
use crate::storage::SharedReader;

/// The caller of one request, with the verbs and the loaders that answer it.
pub(super) struct RequestContext {
    pub(super) ops: Ops,
    pub(super) caller: Caller,
    pub(super) access_log: AccessLog,
    /// For reads that are not in a batch.
    pub(super) reads: Arc<SharedReader>,
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

    /// The partner that may be shown. `None` is one that is not the caller's: the answer does not
    /// say whether it exists.
    pub(super) fn shown_partner(&self, target: Target) -> Result<Option<PartnerId>> {
        let partner = none_if_not_found(target.partner_for(&self.caller, Act::ViewPartner, "id"))?;
        // The loader asks the policy for a whole batch, which must not fail for another partner's
        // id in it.
        let is_of_another = self.caller.role().belongs_to_a_partner() && self.caller.partner() != partner;
        Ok(partner.filter(|_| !is_of_another))
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
        Target::named(id.map(|id| id.as_str()), &self.caller)
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

/// What surrounds the execution of one request.
pub(super) struct Execution {
    pub(super) batches: BatchRunner,
    pub(super) end: ExecutionEnd,
}

/// What is done with each response of a request.
pub(super) struct ExecutionEnd {
    ops: Ops,
    access_log: AccessLog,
    operation: Option<String>,
}

/// Puts a [`RequestContext`] into the request.
pub(super) fn prepare(
    ops: &Ops,
    request: GraphqlRequest,
) -> std::result::Result<(GraphqlRequest, Execution), ServerError> {
    let Some(caller) = find::<Caller>(&request).cloned() else {
        tracing::error!("request reached the schema without a caller");
        return Err(ErrorCode::Internal.error(INTERNAL_ERROR).into_server_error(Pos::default()));
    };
    let id = find::<RequestId>(&request).cloned().unwrap_or_else(RequestId::generate).as_str().to_owned();
    let operation = request.operation_name.clone();
    let reads = Arc::new(SharedReader::new(ops.db.clone()));
    let access_log = AccessLog::new(ops.clone(), reads.clone(), caller.clone(), id, operation.clone());
    let (batches, runner) = BatchRunner::new(reads.clone());
    let loaders = Loaders { reads: reads.clone(), caller: caller.clone(), access_log: access_log.clone() };
    let queue = batches.clone();
    let loader = DataLoader::new(loaders, move |batch| queue.push(batch)).delay(Duration::ZERO);
    let end = ExecutionEnd { ops: ops.clone(), access_log: access_log.clone(), operation };
    let context = RequestContext { ops: ops.clone(), caller, access_log, reads, loader, batches };
    Ok((request.data(context), Execution { batches: runner, end }))
}

impl ExecutionEnd {
    /// Nothing is shown of an operation of support whose reads could not be recorded.
    pub(super) fn finish(&self, mut response: Response) -> Response {
        if let Some(failure) = self.access_log.failure() {
            response = Response::from_errors(vec![Error::from(failure.clone()).into_server_error(Pos::default())]);
        }
        if !response.errors.is_empty() {
            let request = self.access_log.request(None);
            log_causes(&self.ops, &response, self.operation.as_deref(), request.id);
            advise(&mut response, request.caller.role());
        }
        response
    }
}

fn find<T: 'static>(request: &GraphqlRequest) -> Option<&T> {
    request.data.get(&TypeId::of::<T>())?.downcast_ref()
}
