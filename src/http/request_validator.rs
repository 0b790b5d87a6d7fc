//! One operation on its way through: judged before it reaches the schema, run within its time, finished before it leaves.
//! The same way for POST, GET, event streams and sockets.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{Executor, Request, Response, parser::types::OperationType};
use futures::{FutureExt, StreamExt, stream::BoxStream};
use secrecy::SecretString;
use tokio::time::timeout;
use tracing::Instrument;

use super::{
    GraphqlService,
    callers::{Callers, Slot},
    documents::short,
    error::Refusal,
    finish::finish,
    graphql_params::GraphqlParams,
};
use crate::auth::{Act, Caller};
use crate::graphql::{
    ErrorCode, INTERNAL_ERROR, RequestId,
    compat::{document::Document, order::FieldOrder, response::request_error},
};

/// What `app/` handed in, and what its callers have used of it.
pub(super) struct RequestValidator<E> {
    pub(super) service: GraphqlService<E>,
    pub(super) callers: Callers,
}

/// An operation that may run.
pub(super) struct ValidatedRequest {
    pub(super) kind: OperationType,
    request: Request,
    order: FieldOrder,
    after: ResponseContext,
}

/// What is needed to finish an answer.
#[derive(Clone)]
struct ResponseContext {
    id: RequestId,
    may_see_schema: bool,
    kind: &'static str,
    /// Added to what validation says.
    misfit: String,
}

impl<E: Executor> RequestValidator<E> {
    pub(super) fn new(service: GraphqlService<E>) -> Self {
        let callers = Callers::new(&service.limits);
        Self { service, callers }
    }

    /// Whose token this is. `None` is a request without one.
    pub(super) async fn identify(&self, token: Option<SecretString>) -> Result<Arc<Caller>, Refusal> {
        (self.service.identify)(token).await.map(Arc::new).map_err(|why| Refusal::new(why.code(), why.to_string()))
    }

    /// How long the caller's token still lives.
    pub(super) fn time_left(&self, caller: &Caller) -> Duration {
        (caller.expires_at() - self.service.clock.now()).to_std().unwrap_or_default()
    }

    /// Judges what a caller asks for.
    pub(super) fn validate(
        &self,
        caller: &Arc<Caller>,
        params: GraphqlParams,
        id: &RequestId,
    ) -> Result<ValidatedRequest, Refusal> {
        let operation_name = params.operation_name.as_deref();
        let GraphqlService { documents, limits, .. } = &self.service;
        let text =
            documents.choose(caller, params.query, params.document_id.as_deref(), operation_name, &limits.document)?;
        let document = Document::read(&text, operation_name, &params.variables, &limits.document)?;
        let may_see_schema = self.service.schema_for_everybody || caller.may(Act::UsePlayground);
        if document.introspects && !may_see_schema {
            let message = "The contract describes the schema. Only support may ask the server for it.";
            return Err(Refusal::new(ErrorCode::Forbidden, message));
        }
        let span = tracing::Span::current();
        span.record("operation", document.operation_name.as_deref().map(short));
        span.record("role", caller.role().as_str());
        span.record("caller", caller.subject());

        let kind = document.kind;
        let misfit = documents.misfit(document.operation_name.as_deref());
        let mut request = Request::new(text)
            .variables(params.variables)
            .data(Caller::clone(caller))
            .data(id.clone())
            .data(self.service.mutations.clone());
        if let Some(name) = document.operation_name {
            request = request.operation_name(name);
        }
        request.set_parsed_query(document.parsed);
        let after = ResponseContext { id: id.clone(), may_see_schema, kind: name_of(kind), misfit };
        Ok(ValidatedRequest { kind, request, order: document.order, after })
    }

    /// Runs a query or mutation. A query that is dropped, stops. A mutation once begun runs to its end, whether or not
    /// anybody waits for it.
    pub(super) async fn run(&self, request: ValidatedRequest) -> Response {
        let ValidatedRequest { kind, request, order, after } = request;
        let GraphqlService { schema, limits, mutations, .. } = &self.service;
        let schema = schema.clone();
        let work = AssertUnwindSafe(async move { schema.execute(request).await }).catch_unwind();
        let mut response = if kind == OperationType::Mutation {
            let task = mutations.spawn(work.in_current_span());
            match timeout(limits.mutation_time, task).await {
                Ok(Ok(Ok(response))) => response,
                Ok(_) => our_fault(),
                Err(_) => {
                    too_slow("This takes longer than expected and goes on. Look at the result before trying again.")
                }
            }
        } else {
            match timeout(limits.query_time, work).await {
                Ok(Ok(response)) => response,
                Ok(Err(_)) => our_fault(),
                Err(_) => too_slow("This took too long and was stopped. Request less at once."),
            }
        };
        order.arrange(&mut response.data);
        after.finish(response)
    }

    /// The results of an operation of any kind: one of a query or mutation, all of a subscription.
    pub(super) fn results(
        self: &Arc<Self>,
        caller: &Caller,
        request: ValidatedRequest,
    ) -> Result<BoxStream<'static, Response>, Refusal> {
        if request.kind == OperationType::Subscription {
            let slot = self.callers.subscribe(caller)?;
            return Ok(self.subscribe(request, slot));
        }
        let validator = self.clone();
        Ok(async move { validator.run(request).await }.in_current_span().into_stream().boxed())
    }

    /// Opens a subscription. The stream holds the caller's slot until it ends; it ends after an error that no event
    /// caused.
    fn subscribe(&self, request: ValidatedRequest, slot: Slot) -> BoxStream<'static, Response> {
        let ValidatedRequest { request, order, after, .. } = request;
        let events = self.service.schema.execute_stream(request, None);
        let span = tracing::Span::current();
        let mut failed = false;
        events
            .map(move |mut response| {
                let _held = &slot;
                order.arrange(&mut response.data);
                span.in_scope(|| after.finish(response))
            })
            .take_while(move |response| {
                let is_open = !failed;
                failed = request_error(response).is_some();
                std::future::ready(is_open)
            })
            .boxed()
    }

    /// An answer that only says why not.
    pub(super) fn refuse(&self, refusal: Refusal, id: &RequestId) -> Response {
        let after = ResponseContext { id: id.clone(), may_see_schema: false, kind: "none", misfit: String::new() };
        after.finish(refusal.into())
    }
}

impl ResponseContext {
    fn finish(&self, response: Response) -> Response {
        let response = finish(response, &self.id, self.may_see_schema, &self.misfit);
        let outcome = match (request_error(&response), response.errors.is_empty()) {
            (Some(code), _) => code.as_str(),
            (None, false) => "PARTIAL",
            (None, true) => "OK",
        };
        metrics::counter!("graphql_answers_total", "operation" => self.kind, "outcome" => outcome).increment(1);
        tracing::info!(operation_type = self.kind, outcome, "answered");
        response
    }
}

/// A panic: the hook has logged it.
fn our_fault() -> Response {
    Refusal::new(ErrorCode::Internal, INTERNAL_ERROR).into()
}

fn too_slow(message: &str) -> Response {
    Refusal::new(ErrorCode::Timeout, message).into()
}

fn name_of(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
