//! Suggests customers for all unmapped clients at once. Nothing is stored by it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::task::spawn_blocking;

use super::customer_directory::CustomerDirectory;
use super::mapping_suggestion::{MappingSuggestion, suggest};
use crate::auth::{Act, PartnerScope};
use crate::ids::{HaloTenant, PartnerId};
use crate::ops::{OpError, Ops, Request, UserErrorCode, halo};
use crate::storage::mappable;

/// The most clients that are compared at once.
const MOST_CLIENTS: usize = 20_000;

/// The suggestions for a partner, by name.
#[derive(Clone, Debug)]
pub struct SuggestedMappings {
    pub tenant: HaloTenant,
    /// When Halo's customers were read.
    pub read_at: DateTime<Utc>,
    pub suggestions: Vec<MappingSuggestion>,
}

/// Returns a suggestion for each active client that is to be mapped, from customers that were read
/// minutes ago at most.
pub async fn suggest_mappings(
    ops: &Ops,
    request: &Request<'_>,
    partner: PartnerId,
) -> Result<SuggestedMappings, OpError> {
    let scope = request.authorize_read(ops, Act::SearchCustomers, partner).await?;
    let (connection, session) = halo::stored_session(ops, &scope).await?;
    let directory = ops.directories.recent(&connection, &session, &ops.clock).await?;
    let read_at = directory.read_at;
    let (suggestions, _) = suggestions(ops, &scope, &connection.tenant, directory).await?;
    Ok(SuggestedMappings { tenant: connection.tenant, read_at, suggestions })
}

/// Compares all clients with all customers. Returns also how many of the clients are mapped.
pub(super) async fn suggestions(
    ops: &Ops,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    directory: Arc<CustomerDirectory>,
) -> Result<(Vec<MappingSuggestion>, usize), OpError> {
    let (clients, owners) = {
        let mut db = ops.db.read(scope).await?;
        let clients = mappable::clients(&mut db, scope, tenant, MOST_CLIENTS as i64 + 1).await?;
        (clients, mappable::owners(&mut db, scope, tenant).await?)
    };
    if clients.len() > MOST_CLIENTS {
        let message =
            "You have too many clients to compare them with your customers at once. Map the clients one by one.";
        return Err(OpError::refused(UserErrorCode::TooMany, &[], message));
    }
    let mapped = clients.iter().filter(|client| client.mapped).count();
    let turn = ops.comparisons.clone().acquire_owned().await.expect("the places are never closed");
    let compare = move || {
        let suggestions = suggest(&clients, &owners, &directory);
        // Also if no caller waits any more.
        drop(turn);
        suggestions
    };
    let suggestions = spawn_blocking(compare).await;
    Ok((suggestions.expect("names are compared without a panic"), mapped))
}
