//! Who asks, and what this one request is answered with.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{
    Context, Error, ID, Pos, Request as GraphqlRequest, Response, ServerResult,
    async_trait::async_trait,
    dataloader::DataLoader,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest},
};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::access_log::AccessLog;
use super::error::{Failure, Result, advise};
use super::loader_scheduler::LoaderScheduler;
use super::loaders::Loaders;
use super::request_id::RequestId;
use crate::auth::{Act, Caller, Denied, PartnerScope, Role};
use crate::ids::PartnerId;
use crate::ops::{OpError, Ops, Request, UserErrorCode};
use crate::storage::partners;

/// Reasons longer than this are essays.
const LONGEST_REASON: usize = 500;

/// The caller of one request, with the verbs and the loads that answer it.
pub(super) struct RequestContext {
    pub(super) ops: Ops,
    pub(super) caller: Caller,
    /// Reads of rows by id, put together while the request's fields are resolved. Nothing is kept from one read to the
    /// next, so that a subscription never shows what was.
    pub(super) load: DataLoader<Loaders>,
    pub(super) reads: AccessLog,
    request: String,
}

impl RequestContext {
    pub(super) fn of<'a>(ctx: &Context<'a>) -> &'a RequestContext {
        ctx.data_unchecked()
    }

    /// The partner that a query is about: the one that the argument `field` names, else the caller's own. None is a
    /// partner that does not exist, or not for this caller: the two are answered alike.
    pub(super) fn partner_of_query(&self, act: Act, field: &str, named: Option<&ID>) -> Result<Option<PartnerScope>> {
        let partner = match self.named_partner(act, named) {
            Ok(Some(partner)) => partner,
            Ok(None) if self.caller.may(act) => return Err(Failure::bad_argument(field, "Name the partner.")),
            Ok(None) | Err(Denied::Forbidden) => return Err(Failure::Forbidden),
            Err(Denied::NotFound) => return Ok(None),
        };
        match self.reads.permit(&self.caller, act, partner) {
            Ok(scope) => Ok(Some(scope)),
            Err(Denied::NotFound) => Ok(None),
            Err(Denied::Forbidden) => Err(Failure::Forbidden),
        }
    }

    /// The partner that a mutation is about: the one that its `partnerId` names, else the caller's own.
    pub(super) async fn partner_of_mutation(
        &self,
        act: Act,
        named: Option<&ID>,
    ) -> std::result::Result<PartnerId, OpError> {
        let partner = match self.named_partner(act, named)? {
            Some(partner) => partner,
            None if self.caller.may(act) => {
                return Err(OpError::refused(UserErrorCode::Required, &["partnerId"], "Name the partner."));
            }
            None => return Err(Denied::Forbidden.into()),
        };
        let scope = self.reads.permit(&self.caller, act, partner)?;
        // Support may name any partner; one that does not exist is answered as a foreign one is.
        if !self.caller.role().belongs_to_a_partner() {
            let mut db = self.ops.db.read(&scope).await?;
            partners::find(&mut db, &scope).await?.ok_or(Denied::NotFound)?;
        }
        Ok(partner)
    }

    /// Returns the partner that the caller names, else the caller's own. A text that is not an id names no partner: the
    /// caller gets the answer that an unknown partner gets.
    fn named_partner(&self, act: Act, named: Option<&ID>) -> std::result::Result<Option<PartnerId>, Denied> {
        let of_a_partner = self.caller.role().belongs_to_a_partner();
        match named {
            Some(id) => match id.parse() {
                Ok(partner) => Ok(Some(partner)),
                Err(_) if of_a_partner || self.caller.may(act) => Err(Denied::NotFound),
                Err(_) => Err(Denied::Forbidden),
            },
            None => match self.caller.partner() {
                None if of_a_partner => Err(Denied::NotFound),
                own => Ok(own),
            },
        }
    }

    /// What a verb that only reads is told of this request.
    pub(super) fn question(&self) -> Request<'_> {
        Request { caller: &self.caller, id: &self.request, reason: None }
    }

    /// What a verb is told of this request. Support has to say why it changes something.
    pub(super) fn request(&self, act: Act, reason: Option<String>) -> std::result::Result<Request<'_>, OpError> {
        if !self.caller.may(act) {
            return Err(Denied::Forbidden.into());
        }
        let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        if self.caller.role() == Role::Support && reason.is_none() {
            let message = "Say in a few words why you do this. The partner can read it in its activity.";
            return Err(OpError::refused(UserErrorCode::ReasonRequired, &["reason"], message));
        }
        if reason.as_ref().is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
            let message = format!("Say it in at most {LONGEST_REASON} characters.");
            return Err(OpError::refused(UserErrorCode::TooLong, &["reason"], message));
        }
        // People write reasons in several lines.
        if reason.as_ref().is_some_and(|reason| reason.chars().any(|c| c.is_control() && !c.is_whitespace())) {
            let message = "The reason holds a control character. Leave it out.";
            return Err(OpError::refused(UserErrorCode::Invalid, &["reason"], message));
        }
        Ok(Request { caller: &self.caller, id: &self.request, reason })
    }
}

/// Makes the extension that puts an [`RequestContext`] into each request.
pub(super) struct RequestContextExtension;

impl ExtensionFactory for RequestContextExtension {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(OneRequest::default())
    }
}

#[derive(Default)]
struct OneRequest {
    batches: LoaderScheduler,
}

#[async_trait]
impl Extension for OneRequest {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: GraphqlRequest,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<GraphqlRequest> {
        let ops = ctx.data_unchecked::<Ops>();
        let Some(caller) = find::<Caller>(&request) else {
            tracing::error!("a request came without a caller");
            return Err(Error::from(Failure::Ours).into_server_error(Pos::default()));
        };
        let id = find::<RequestId>(&request).cloned().unwrap_or_else(RequestId::generate).as_str().to_owned();
        let reads = AccessLog::default();
        let loads = Loaders { ops: ops.clone(), caller: caller.clone(), reads: reads.clone() };
        let batches = self.batches.clone();
        let load = DataLoader::new(loads, move |read| batches.add(read)).delay(Duration::ZERO);
        let request_context = RequestContext { ops: ops.clone(), caller: caller.clone(), load, reads, request: id };
        next.run(ctx, request.data(request_context)).await
    }

    /// What support looked at is written down before it is shown; what cannot be written down is not shown.
    async fn execute(&self, ctx: &ExtensionContext<'_>, operation: Option<&str>, next: NextExecute<'_>) -> Response {
        let request_context = ctx.data_opt::<RequestContext>();
        let support = request_context.filter(|request_context| request_context.caller.role() == Role::Support);
        let tasks = ctx.data_opt::<TaskTracker>().cloned().unwrap_or_default();
        let mut unwritten = support.map(|request_context| AccessLogGuard::new(request_context, operation, tasks));
        let mut response = self.batches.run(next.run(ctx, operation)).await;
        if let Some(request_context) = request_context {
            advise(&mut response, request_context.caller.role());
        }
        let Some(writing) = unwritten.as_mut().and_then(AccessLogGuard::write) else { return response };
        let failure = match writing.await {
            Ok(Ok(())) => return response,
            Ok(Err(error)) => Failure::from(error),
            Err(_) => Failure::Ours,
        };
        Response::from_errors(vec![Error::from(failure).into_server_error(Pos::default())])
    }
}

/// What an operation of support's has to leave in the log. It is left, too, by one that is dropped on its way, because its
/// client hung up or its time was over: Halo may have been asked by then. The task that writes outlives the request.
struct AccessLogGuard(Option<Log>);

struct Log {
    ops: Ops,
    caller: Caller,
    request: String,
    reads: AccessLog,
    operation: Option<String>,
    tasks: TaskTracker,
}

impl AccessLogGuard {
    fn new(request_context: &RequestContext, operation: Option<&str>, tasks: TaskTracker) -> Self {
        Self(Some(Log {
            ops: request_context.ops.clone(),
            caller: request_context.caller.clone(),
            request: request_context.request.clone(),
            reads: request_context.reads.clone(),
            operation: operation.map(str::to_owned),
            tasks,
        }))
    }

    /// Begins to write. None: it was begun before, or the process is at its end.
    fn write(&mut self) -> Option<JoinHandle<std::result::Result<(), OpError>>> {
        let runtime = Handle::try_current().ok()?;
        let Log { ops, caller, request, reads, operation, tasks } = self.0.take()?;
        let writing = async move {
            let request = Request { caller: &caller, id: &request, reason: None };
            reads.flush(&ops, &request, operation.as_deref()).await
        };
        Some(tasks.spawn_on(writing.in_current_span(), &runtime))
    }
}

impl Drop for AccessLogGuard {
    fn drop(&mut self) {
        drop(self.write());
    }
}

fn find<T: 'static>(request: &GraphqlRequest) -> Option<&T> {
    request.data.get(&TypeId::of::<T>())?.downcast_ref()
}
