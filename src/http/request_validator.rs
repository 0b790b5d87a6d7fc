//! One operation from its parameters to its response: validated before it reaches the schema,
//! executed within its time limit, finished before it is sent. The same for POST, GET, event
//! streams and WebSockets.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_graphql::{Executor, Request, Response, parser::types::OperationType};
use futures::{FutureExt, StreamExt, stream::BoxStream};
use secrecy::SecretString;
use tokio::time::timeout;
use tracing::Instrument;

use super::{
    GraphqlService, Identify,
    callers::{Callers, Slot},
    documents::shorten,
    error::RequestError,
    finish::finish,
    graphql_params::GraphqlParams,
};
use crate::auth::{Act, Caller};
use crate::graphql::{
    ErrorCode, INTERNAL_ERROR, RequestId,
    compat::{order::FieldOrder, response::request_error},
};

/// The GraphQL service, and what its callers use of it.
pub(super) struct RequestValidator<E> {
    pub(super) service: GraphqlService<E>,
    pub(super) callers: Callers,
}

/// An operation that may be executed.
pub(super) struct ValidatedRequest {
    pub(super) kind: OperationType,
    request: Request,
    order: Arc<FieldOrder>,
    context: ResponseContext,
}

/// What is needed to finish a response.
#[derive(Clone)]
struct ResponseContext {
    id: RequestId,
    may_introspect: bool,
    operation_type: &'static str,
    /// The hint that is added to errors of validation.
    unknown_document_message: String,
}

impl<E: Executor> RequestValidator<E> {
    pub(super) fn new(service: GraphqlService<E>) -> Self {
        let callers = Callers::new(&service.limits);
        Self { service, callers }
    }

    /// Identifies the caller by the token, and counts the request. `None` is a request without a
    /// token. A caller over its limit is refused before the database is asked anything.
    pub(super) async fn identify(&self, token: Option<SecretString>) -> Result<Arc<Caller>, RequestError> {
        let Identify { verify, look_up } = &self.service.identify;
        let claims = verify(token).await?;
        self.callers.count(claims.role(), claims.subject())?;
        Ok(Arc::new(look_up(claims).await?))
    }

    /// The time until the caller's token expires.
    pub(super) fn time_left(&self, caller: &Caller) -> Duration {
        (caller.expires_at() - self.service.clock.now()).to_std().unwrap_or_default()
    }

    /// Checks whether the caller may run the operation.
    pub(super) fn validate(
        &self,
        caller: &Arc<Caller>,
        params: GraphqlParams,
        id: &RequestId,
    ) -> Result<ValidatedRequest, RequestError> {
        let operation_name = params.operation_name.as_deref();
        let GraphqlService { documents, limits, .. } = &self.service;
        let document =
            documents.choose(caller, params.query, params.document_id.as_deref(), operation_name, &limits.document)?;
        let operation = document.operation(operation_name, &params.variables)?;
        let may_introspect = self.service.public_introspection || caller.may(Act::UsePlayground);
        if document.introspects && !may_introspect {
            let message = "Only support may use introspection. The contract describes the schema.";
            return Err(RequestError::new(ErrorCode::Forbidden, message));
        }
        let span = tracing::Span::current();
        span.record("operation", operation.name.as_deref().map(shorten));
        span.record("role", caller.role().as_str());
        span.record("caller", caller.subject());

        let kind = operation.kind;
        let unknown_document_message = documents.unknown_document_message(operation.name.as_deref());
        let mut request = document
            .request()
            .variables(params.variables)
            .data(Caller::clone(caller))
            .data(id.clone())
            .data(self.service.mutations.clone());
        if let Some(name) = operation.name {
            request = request.operation_name(name);
        }
        let context = ResponseContext {
            id: id.clone(),
            may_introspect,
            operation_type: operation_type(kind),
            unknown_document_message,
        };
        Ok(ValidatedRequest { kind, request, order: operation.order, context })
    }

    /// Runs a query or mutation. A query stops when this future is dropped. A mutation runs to its
    /// end in any case.
    pub(super) async fn run(&self, request: ValidatedRequest) -> Response {
        let ValidatedRequest { kind, request, order, context } = request;
        let GraphqlService { schema, limits, mutations, .. } = &self.service;
        let schema = schema.clone();
        let work = AssertUnwindSafe(async move { schema.execute(request).await }).catch_unwind();
        let mut response = if kind == OperationType::Mutation {
            let task = mutations.spawn(work.in_current_span());
            match timeout(limits.mutation_timeout, task).await {
                Ok(Ok(Ok(response))) => response,
                Ok(_) => internal_error(),
                Err(_) => {
                    timed_out("This takes longer than expected and continues. Check the result before you try again.")
                }
            }
        } else {
            match timeout(limits.query_timeout, work).await {
                Ok(Ok(response)) => response,
                Ok(Err(_)) => internal_error(),
                Err(_) => timed_out("This took too long and was stopped. Request less at once."),
            }
        };
        order.arrange(&mut response.data);
        context.finish(response)
    }

    /// The results of an operation of any kind: one of a query or mutation, all of a subscription.
    pub(super) fn results(
        self: &Arc<Self>,
        caller: &Caller,
        request: ValidatedRequest,
    ) -> Result<BoxStream<'static, Response>, RequestError> {
        if request.kind == OperationType::Subscription {
            let slot = self.callers.subscribe(caller)?;
            return Ok(self.subscribe(request, slot));
        }
        let validator = self.clone();
        Ok(async move { validator.run(request).await }.in_current_span().into_stream().boxed())
    }

    /// Opens a subscription. The stream holds the caller's slot until it ends, and ends after an
    /// error that no event caused.
    fn subscribe(&self, request: ValidatedRequest, slot: Slot) -> BoxStream<'static, Response> {
        let ValidatedRequest { request, order, context, .. } = request;
        let events = self.service.schema.execute_stream(request, None);
        let span = tracing::Span::current();
        let mut failed = false;
        events
            .map(move |mut response| {
                let _held = &slot;
                order.arrange(&mut response.data);
                span.in_scope(|| context.finish(response))
            })
            .take_while(move |response| {
                let is_open = !failed;
                failed = request_error(response).is_some();
                std::future::ready(is_open)
            })
            .boxed()
    }

    /// A response that has nothing but this error.
    pub(super) fn error_response(&self, error: RequestError, id: &RequestId) -> Response {
        self.finish(error.into(), id)
    }

    /// Finishes a response of no operation.
    pub(super) fn finish(&self, response: Response, id: &RequestId) -> Response {
        let context = ResponseContext {
            id: id.clone(),
            may_introspect: false,
            operation_type: "none",
            unknown_document_message: String::new(),
        };
        context.finish(response)
    }
}

impl ResponseContext {
    fn finish(&self, response: Response) -> Response {
        let response = finish(response, &self.id, self.may_introspect, &self.unknown_document_message);
        let outcome = match (request_error(&response), response.errors.is_empty()) {
            (Some(code), _) => code.as_str(),
            (None, false) => "PARTIAL",
            (None, true) => "OK",
        };
        metrics::counter!("graphql_answers_total", "operation" => self.operation_type, "outcome" => outcome)
            .increment(1);
        tracing::info!(operation_type = self.operation_type, outcome, "answered");
        response
    }
}

/// The response after a panic, which the panic hook has logged.
fn internal_error() -> Response {
    RequestError::new(ErrorCode::Internal, INTERNAL_ERROR).into()
}

fn timed_out(message: &str) -> Response {
    RequestError::new(ErrorCode::Timeout, message).into()
}

fn operation_type(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}
