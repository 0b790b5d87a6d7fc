//! Excluding clients from billing on purpose, and including them again.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::client::Client,
    request_context::RequestContext,
    scalars::Date,
    user_error::{UserError, into_payload, shown},
};
use crate::ops::association::exclude::{Decided, exclude_clients, include_clients};

#[derive(Default)]
pub struct ExclusionMutations;

#[Object]
impl ExclusionMutations {
    /// Excludes up to 200 clients from billing on purpose: they are no longer among those to be
    /// mapped, and no customer is suggested for them. A client that is mapped has to be unmapped
    /// first. Each entry succeeds or fails on its own; a client that is excluded already gets the
    /// new reason and day.
    async fn exclude_halo_clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The clients, and why they are excluded.")] input: ExcludeHaloClientsInput,
    ) -> Result<ExcludeHaloClientsPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) = (request_context.target(input.partner_id.as_ref()), request_context.request(None));
        let clients: Vec<_> = input.client_ids.iter().map(|id| id.parse().ok()).collect();
        let day = input.review_on.map(|day| day.0);
        let decided = exclude_clients(&request_context.ops, &request, target, &clients, &input.reason, day).await;
        let (decided, user_errors) = into_payload(request_context, target, decided).await?;
        let (clients, user_errors) = split(decided, user_errors);
        Ok(ExcludeHaloClientsPayload { clients, user_errors })
    }

    /// Includes up to 200 excluded clients again: they are to be mapped. A client that is not
    /// excluded stays as it is.
    async fn include_halo_clients(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The clients.")] input: IncludeHaloClientsInput,
    ) -> Result<IncludeHaloClientsPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) = (request_context.target(input.partner_id.as_ref()), request_context.request(None));
        let clients: Vec<_> = input.client_ids.iter().map(|id| id.parse().ok()).collect();
        let decided = include_clients(&request_context.ops, &request, target, &clients).await;
        let (decided, user_errors) = into_payload(request_context, target, decided).await?;
        let (clients, user_errors) = split(decided, user_errors);
        Ok(IncludeHaloClientsPayload { clients, user_errors })
    }
}

fn split(decided: Option<Decided>, user_errors: Vec<UserError>) -> (Option<Vec<Client>>, Vec<UserError>) {
    match decided {
        Some(Decided { clients, errors }) => (Some(clients.into_iter().map(Client::from).collect()), shown(errors)),
        None => (None, user_errors),
    }
}

/// The input of `excludeHaloClients`.
#[derive(InputObject)]
pub struct ExcludeHaloClientsInput {
    /// The global ids of the clients, at most 200.
    client_ids: Vec<ID>,
    /// The reason, at most 500 characters. It is shown beside the clients.
    reason: String,
    /// The day from which the clients are to be mapped again. Default: never by itself.
    review_on: Option<Date>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `excludeHaloClients`.
#[derive(SimpleObject)]
pub struct ExcludeHaloClientsPayload {
    /// The clients of the input that are excluded now. Null if nothing was changed.
    clients: Option<Vec<Client>>,
    /// The errors in the input that have to be fixed, with the entry's index in `field`:
    /// `["clientIds", "3"]`.
    user_errors: Vec<UserError>,
}

/// The input of `includeHaloClients`.
#[derive(InputObject)]
pub struct IncludeHaloClientsInput {
    /// The global ids of the clients, at most 200.
    client_ids: Vec<ID>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `includeHaloClients`.
#[derive(SimpleObject)]
pub struct IncludeHaloClientsPayload {
    /// The clients of the input, none of which is excluded. Null if nothing was changed.
    clients: Option<Vec<Client>>,
    /// The errors in the input that have to be fixed, with the entry's index in `field`:
    /// `["clientIds", "3"]`.
    user_errors: Vec<UserError>,
}
