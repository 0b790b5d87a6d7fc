//! Maps clients to Halo customers, one or many at once. Each entry succeeds or fails by itself; the
//! subscriptions follow by a run that is queued in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

pub use super::mapping_table::Mapping;
use super::mapping_table::{Mapped, MappingTable};
use crate::auth::{Act, PartnerScope};
use crate::domain::association::{Association, AssociationState};
use crate::domain::run::{RunRequest, Trigger};
use crate::halo::{HaloError, Session, SubscriptionLookup};
use crate::ids::{ClientId, HaloTenant, RunId};
use crate::ops::connection::ensure_unchanged;
use crate::ops::sync::enqueue;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode, halo};
use crate::storage::PartnerTx;
use crate::storage::associations;
use crate::storage::mappings::{self, OwnSubscription};

/// The most entries in one call: as many as can be verified within the budget's interactive
/// reserve.
pub const MOST_ENTRIES: usize = 200;

/// The result of the request.
#[derive(Clone, Debug)]
pub struct Associated {
    pub associations: Vec<Association>,
    pub errors: Vec<UserError>,
    /// The run that creates the subscriptions. `None` if nothing changed.
    pub run: Option<RunId>,
}

/// Stores the mappings that can be stored, and queues the creation of their subscriptions.
pub async fn associate_clients(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    mappings: &[Mapping],
) -> Result<Associated, OpError> {
    let scope = request.authorize(ops, Act::Associate, target).await?;
    if mappings.is_empty() {
        return Err(OpError::refused(
            UserErrorCode::Required,
            &["associations"],
            "No client is chosen. Choose a Halo customer for at least one client.",
        ));
    }
    if mappings.len() > MOST_ENTRIES {
        let message = format!("Too many clients are mapped at once. Save at most {MOST_ENTRIES} together.");
        return Err(OpError::refused(UserErrorCode::TooMany, &["associations"], message));
    }
    let (connection, session) = halo::active_session(ops, &scope).await?;
    let kept = kept_subscriptions(ops, &scope, &connection.tenant, &session, mappings).await?;
    let wanted: BTreeSet<_> = mappings.iter().map(|mapping| mapping.customer).collect();
    let wanted: Vec<_> = wanted.into_iter().collect();
    let customers = match session.customers(&wanted).await {
        Ok(customers) => Some(customers),
        // The budget is used up: the run verifies the customers.
        Err(HaloError::RateLimited { .. }) => None,
        Err(error) => return Err(halo::refused(error)),
    };

    let mut tx = ops.begin_active(&scope, request).await?;
    ensure_unchanged(&mut tx, &connection).await?;
    let mut table = MappingTable::read(&mut tx, connection.tenant, mappings, customers, kept).await?;
    let mut changed = BTreeSet::new();
    let mut errors = Vec::new();
    for (index, mapped) in table.map_all(&mut tx, mappings).await?.into_iter().enumerate() {
        match mapped {
            Mapped::Stored(client) => drop(changed.insert(client)),
            Mapped::Unchanged => {}
            Mapped::Refused(error) => errors.push(error.within("associations", index)),
        }
    }
    let run = enqueue_creation(&mut tx, changed.into_iter().collect()).await?;
    let ids: Vec<_> = mappings.iter().filter_map(|mapping| mapping.client).collect();
    let associations = associations::of_clients(&mut tx, &scope, &ids).await?;
    tx.commit().await?;
    Ok(Associated { associations, errors, run })
}

/// Queues the creation of these clients' subscriptions, if any client was mapped.
pub(super) async fn enqueue_creation(tx: &mut PartnerTx<'_>, clients: Vec<ClientId>) -> Result<Option<RunId>, OpError> {
    if clients.is_empty() {
        return Ok(None);
    }
    Ok(Some(enqueue(tx, RunRequest::interactive(Trigger::AssociationSaved, Some(clients))).await?))
}

/// The clients' own subscriptions at other customers than those to which the clients are being
/// mapped: each may cost a request. Those of clients that are mapped so already are left out.
pub(super) async fn subscriptions_elsewhere(
    ops: &Ops,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    mappings: &[Mapping],
) -> Result<Vec<OwnSubscription>, OpError> {
    let mut target: BTreeMap<_, _> = mappings.iter().filter_map(|it| Some((it.client?, it.customer))).collect();
    let clients: Vec<_> = target.keys().copied().collect();
    let mut db = ops.db.read(scope).await?;
    for current in associations::of_clients(&mut db, scope, &clients).await? {
        let is_open = current.state != AssociationState::Ending && current.tenant == *tenant;
        if is_open && target.get(&current.client) == Some(&current.customer.id) {
            target.remove(&current.client);
        }
    }
    let changed: Vec<_> = target.keys().copied().collect();
    let own = mappings::own_subscriptions(&mut db, scope, tenant, &changed).await?;
    Ok(own.into_iter().filter(|it| target.get(&it.client) != Some(&it.customer)).collect())
}

/// The clients' own subscriptions that are at the customer to which the client is being mapped,
/// whatever the reason: Halo merged the customers, or a user moved the subscription. Read from
/// Halo, and only for clients that had a subscription at another customer.
pub(super) async fn kept_subscriptions(
    ops: &Ops,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    session: &Session,
    mappings: &[Mapping],
) -> Result<BTreeMap<ClientId, OwnSubscription>, OpError> {
    let elsewhere = subscriptions_elsewhere(ops, scope, tenant, mappings).await?;
    let target: BTreeMap<_, _> = mappings.iter().filter_map(|it| Some((it.client?, it.customer))).collect();
    if elsewhere.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<_> = elsewhere.iter().map(|own| own.subscription).collect();
    // Nothing is decided while it is not known which subscriptions are kept.
    let found = session.subscriptions(&ids).await.map_err(halo::refused)?;
    let is_at_target = |own: &OwnSubscription| match found.get(&own.subscription) {
        Some(SubscriptionLookup::Found(record)) => {
            let is_own = !own.unverified || record.marker.as_ref() == Some(&own.marker);
            is_own && target.get(&own.client) == Some(&record.customer)
        }
        _ => false,
    };
    Ok(elsewhere.into_iter().filter(is_at_target).map(|own| (own.client, own)).collect())
}
