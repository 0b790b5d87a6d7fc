//! Maps all clients whose suggestion is exact, at once.

use std::collections::{BTreeMap, BTreeSet};

use super::mapping_suggestion::{MappingSuggestion, SuggestionKind};
use super::mapping_table::{Mapped, Mapping, MappingTable};
use super::save::{enqueue_creation, kept_subscriptions, subscriptions_elsewhere};
use super::suggest_mappings::suggestions;
use crate::auth::{Act, PartnerScope};
use crate::halo::CustomerLookup;
use crate::ids::{ClientId, HaloTenant, RunId};
use crate::ops::connection::ensure_unchanged;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode, halo};

/// The most clients that one call maps.
pub const MOST_MAPPED: usize = 2_000;
/// The most of them that have or had a subscription at another customer: each may cost a request.
/// The next call maps the others.
const MOST_WITH_SUBSCRIPTION: usize = 40;
/// The most clients that a call may leave out.
pub const MOST_LEFT_OUT: usize = 200;
/// The most errors that one call reports.
pub(super) const MOST_ERRORS: usize = 200;

/// What became of the suggestions.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// Clients that were mapped now.
    pub mapped: u32,
    /// Clients that were mapped before, and stay as they are.
    pub already_mapped: u32,
    pub ambiguous: u32,
    pub similar: u32,
    pub unmatched: u32,
    /// Clients with an exact suggestion that were not mapped.
    pub remaining: u32,
    pub errors: Vec<UserError>,
    /// The run that creates the subscriptions. `None` if nothing changed.
    pub run: Option<RunId>,
}

/// Maps the clients with an exact suggestion, but for those that the user leaves out. The customers
/// are read for it: the list proves that each exists and is active.
pub async fn accept_suggestions(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    left_out: &[Option<ClientId>],
) -> Result<Accepted, OpError> {
    let scope = request.authorize(ops, Act::Associate, target).await?;
    if left_out.len() > MOST_LEFT_OUT {
        let message =
            format!("Too many clients are left out. Leave out at most {MOST_LEFT_OUT}, or map the others one by one.");
        return Err(OpError::refused(UserErrorCode::TooMany, &["exceptClientIds"], message));
    }
    let (connection, session) = halo::active_session(ops, &scope).await?;
    let directory = ops.directories.fresh(&connection, &session, &ops.clock).await.map_err(halo::refused)?;
    let (suggested, mapped_before) = suggestions(ops, &scope, &connection.tenant, directory.clone()).await?;
    let mut accepted = Accepted { already_mapped: count(mapped_before), ..count_kinds(&suggested) };

    let left_out: BTreeSet<_> = left_out.iter().flatten().copied().collect();
    let exact = suggested.iter().filter(|suggestion| !left_out.contains(&suggestion.client));
    let exact: Vec<_> = exact.filter(|suggestion| suggestion.exact().is_some()).take(MOST_MAPPED).collect();
    let to = |suggestion: &&MappingSuggestion| {
        let (client, customer) = (Some(suggestion.client), suggestion.exact()?);
        Some(Mapping { client, customer, allow_shared: false, replace: None })
    };
    let wanted: Vec<_> = exact.iter().filter_map(to).collect();
    let later = too_many_subscriptions(ops, &scope, &connection.tenant, &wanted).await?;
    let exact: Vec<_> = exact.into_iter().filter(|suggestion| !later.contains(&suggestion.client)).collect();
    let wanted: Vec<_> = exact.iter().filter_map(to).collect();
    let kept = kept_subscriptions(ops, &scope, &connection.tenant, &session, &wanted).await?;
    let customers = wanted.iter().filter_map(|mapping| directory.find(mapping.customer));
    let customers: BTreeMap<_, _> =
        customers.map(|customer| (customer.id, CustomerLookup::Found(customer.clone()))).collect();

    let mut tx = ops.begin_active(&scope, request).await?;
    ensure_unchanged(&mut tx, &connection).await?;
    let mut table = MappingTable::read(&mut tx, connection.tenant, &wanted, Some(customers), kept).await?;
    let mut changed = Vec::new();
    for (suggestion, mapped) in exact.iter().zip(table.map_all(&mut tx, &wanted).await?) {
        match mapped {
            Mapped::Stored(client) => changed.push(client),
            // Another user mapped it meanwhile.
            Mapped::Unchanged => {
                accepted.already_mapped += 1;
                accepted.remaining -= 1;
            }
            Mapped::Refused(error) if accepted.errors.len() < MOST_ERRORS => {
                accepted.errors.push(of_client(&suggestion.name, error));
            }
            Mapped::Refused(_) => {}
        }
    }
    accepted.mapped = count(changed.len());
    accepted.remaining -= accepted.mapped;
    accepted.run = enqueue_creation(&mut tx, changed).await?;
    tx.commit().await?;
    Ok(accepted)
}

/// Those of the clients that have to wait for the next call.
pub(super) async fn too_many_subscriptions(
    ops: &Ops,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    wanted: &[Mapping],
) -> Result<BTreeSet<ClientId>, OpError> {
    let elsewhere = subscriptions_elsewhere(ops, scope, tenant, wanted).await?;
    Ok(elsewhere.into_iter().skip(MOST_WITH_SUBSCRIPTION).map(|own| own.client).collect())
}

/// The number of suggestions of each kind; all that are exact remain.
fn count_kinds(suggestions: &[MappingSuggestion]) -> Accepted {
    let of = |kind| count(suggestions.iter().filter(|suggestion| suggestion.kind == kind).count());
    Accepted {
        ambiguous: of(SuggestionKind::Ambiguous),
        similar: of(SuggestionKind::Similar),
        unmatched: of(SuggestionKind::None),
        remaining: of(SuggestionKind::Exact),
        ..Accepted::default()
    }
}

/// The error as a user reads it who named no client.
fn of_client(name: &str, error: UserError) -> UserError {
    UserError::new(error.code, &[], format!("{name}: {}", error.message))
}

pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
