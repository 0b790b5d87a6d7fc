//! Maps clients to Halo customers, one or many at once. Each entry succeeds or fails by itself; the
//! subscriptions follow by a run that is queued in the same transaction.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::auth::{Act, PartnerScope};
use crate::domain::activity::Action;
use crate::domain::association::{
    Association, AssociationEvent, AssociationState, Ending, MappedCustomer, initial_name, marker,
};
use crate::domain::roster::{Client, RosterState};
use crate::domain::run::{RunRequest, Trigger};
use crate::halo::{CustomerLookup, HaloError, Priority, Session, SubscriptionLookup};
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloTenant, RunId};
use crate::ops::connection::ensure_unchanged;
use crate::ops::sync::enqueue;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode, halo};
use crate::storage::associations::{NewAssociation, OwnSubscription};
use crate::storage::{PartnerTx, associations, clients};

/// The most entries in one call: what can be verified within the slice of the budget that is kept
/// for people.
pub const MOST_ENTRIES: usize = 200;

/// One line of the mapping table.
#[derive(Clone, Copy, Debug)]
pub struct Mapping {
    /// None: the id that was given is none.
    pub client: Option<ClientId>,
    pub customer: HaloCustomerId,
    /// The customer may have other clients already.
    pub allow_shared: bool,
    /// The client's present association is replaced, and this becomes of its quantity.
    pub replace: Option<Ending>,
}

/// What became of the entries.
#[derive(Clone, Debug)]
pub struct Associated {
    pub associations: Vec<Association>,
    pub errors: Vec<UserError>,
    /// The run that brings about the subscriptions; none where nothing changed.
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
        return Err(OpError::refused(UserErrorCode::Required, &["associations"], "Give at least one association."));
    }
    if mappings.len() > MOST_ENTRIES {
        let message = format!("Save at most {MOST_ENTRIES} associations at once.");
        return Err(OpError::refused(UserErrorCode::TooMany, &["associations"], message));
    }
    let (connection, session) = halo::active_session(ops, &scope, Priority::Interactive).await?;
    let kept = match kept_subscriptions(ops, &scope, &connection.tenant, &session, mappings).await {
        Ok(kept) => kept,
        // The budget is used up: what may be kept is not known, so nothing is decided.
        Err(OpError::Halo(error)) => {
            return Err(OpError::Refused(vec![halo::user_error(&error, &[])]));
        }
        Err(error) => return Err(error),
    };
    let wanted: BTreeSet<_> = mappings.iter().map(|mapping| mapping.customer).collect();
    let wanted: Vec<_> = wanted.into_iter().collect();
    let customers = match session.customers(&wanted).await {
        Ok(customers) => Some(customers),
        // The budget is used up: the run verifies the customers.
        Err(HaloError::RateLimited { .. }) => None,
        Err(error) => return Err(OpError::Refused(vec![halo::user_error(&error, &[])])),
    };

    let mut tx = ops.begin_active(&scope, request).await?;
    ensure_unchanged(&mut tx, &connection).await?;
    let mut table = Table::read(&mut tx, connection.tenant, mappings, kept).await?;
    let mut changed = BTreeSet::new();
    let mut errors = Vec::new();
    for (index, mapping) in mappings.iter().enumerate() {
        let customer = known_customer(mapping.customer, customers.as_ref());
        match table.map(&mut tx, mapping, customer).await? {
            Mapped::Stored(client) => {
                changed.insert(client);
            }
            Mapped::AsItWas => {}
            Mapped::Refused(error) => errors.push(error.within("associations", index)),
        }
    }
    let run = if changed.is_empty() {
        None
    } else {
        let create = RunRequest::interactive(Trigger::AssociationSaved, Some(changed.into_iter().collect()));
        Some(enqueue(&mut tx, create).await?)
    };
    let ids: Vec<_> = mappings.iter().filter_map(|mapping| mapping.client).collect();
    let associations = associations::of_clients(&mut tx, &scope, &ids).await?;
    tx.commit().await?;
    Ok(Associated { associations, errors, run })
}

/// The clients' own subscriptions that are at the customer to which the client is being mapped,
/// whatever the reason: Halo merged the customers, or a user moved the subscription. Read from
/// Halo, and only for clients that had a subscription at another customer.
async fn kept_subscriptions(
    ops: &Ops,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    session: &Session,
    mappings: &[Mapping],
) -> Result<BTreeMap<ClientId, OwnSubscription>, OpError> {
    let clients: Vec<_> = mappings.iter().filter_map(|mapping| mapping.client).collect();
    let own = {
        let mut db = ops.db.read(scope).await?;
        associations::own_subscriptions(&mut db, scope, tenant, &clients).await?
    };
    let target: BTreeMap<_, _> = mappings.iter().filter_map(|it| Some((it.client?, it.customer))).collect();
    let elsewhere: Vec<_> = own.into_iter().filter(|it| target.get(&it.client) != Some(&it.customer)).collect();
    if elsewhere.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<_> = elsewhere.iter().map(|own| own.subscription).collect();
    let found = session.subscriptions(&ids).await?;
    let is_at_target = |own: &OwnSubscription| match found.get(&own.subscription) {
        Some(SubscriptionLookup::Found(record)) => {
            let is_own = !own.unverified || record.marker.as_ref() == Some(&own.marker);
            is_own && target.get(&own.client) == Some(&record.customer)
        }
        _ => false,
    };
    Ok(elsewhere.into_iter().filter(is_at_target).map(|own| (own.client, own)).collect())
}

/// What Halo says of the customer, or an error where it must not be mapped.
fn known_customer(
    id: HaloCustomerId,
    customers: Option<&BTreeMap<HaloCustomerId, CustomerLookup>>,
) -> Result<MappedCustomer, UserError> {
    let Some(customers) = customers else { return Ok(MappedCustomer { id, name: None, top_level: None }) };
    match customers.get(&id) {
        Some(CustomerLookup::Found(customer)) if customer.active => {
            Ok(MappedCustomer { id, name: Some(customer.name.clone()), top_level: customer.top_level.clone() })
        }
        Some(CustomerLookup::Found(_)) => Err(UserError::new(
            UserErrorCode::HaloCustomerInactive,
            &["haloCustomerId"],
            "This customer is inactive in Halo. Activate it there, or choose another.",
        )),
        None => Err(UserError::new(
            UserErrorCode::HaloAnswerNotUnderstood,
            &["haloCustomerId"],
            "Halo gave an answer about this customer that INFIMA does not understand. Try again later, or choose another.",
        )),
        Some(CustomerLookup::Missing) => Err(UserError::new(
            UserErrorCode::HaloCustomerNotFound,
            &["haloCustomerId"],
            "Halo has no customer with this id, or does not show it to the agent. Search again.",
        )),
    }
}

enum Mapped {
    Stored(ClientId),
    /// The same pair was mapped already.
    AsItWas,
    Refused(UserError),
}

/// The mapping table as it stands within the transaction.
struct Table {
    tenant: HaloTenant,
    clients: BTreeMap<ClientId, Client>,
    current: BTreeMap<ClientId, Association>,
    owners: BTreeMap<HaloCustomerId, BTreeSet<ClientId>>,
    seen: BTreeSet<ClientId>,
    /// Own subscriptions that are at the client's new customer already.
    kept: BTreeMap<ClientId, OwnSubscription>,
}

impl Table {
    async fn read(
        tx: &mut PartnerTx<'_>,
        tenant: HaloTenant,
        mappings: &[Mapping],
        kept: BTreeMap<ClientId, OwnSubscription>,
    ) -> Result<Self, OpError> {
        let scope = tx.scope();
        let ids: Vec<_> = mappings.iter().filter_map(|mapping| mapping.client).collect();
        let customers: Vec<_> = mappings.iter().map(|mapping| mapping.customer).collect();
        let clients = clients::find_many(tx, scope, &ids).await?;
        let current = associations::of_clients(tx, scope, &ids).await?;
        let mut owners: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for mapped in associations::clients_of_customers(tx, scope, std::slice::from_ref(&tenant), &customers).await? {
            owners.entry(mapped.customer).or_default().insert(mapped.client);
        }
        Ok(Self {
            tenant,
            clients: clients.into_iter().map(|client| (client.id, client)).collect(),
            current: current.into_iter().map(|association| (association.client, association)).collect(),
            owners,
            seen: BTreeSet::new(),
            kept,
        })
    }

    /// Decides one entry and stores it.
    async fn map(
        &mut self,
        tx: &mut PartnerTx<'_>,
        mapping: &Mapping,
        customer: Result<MappedCustomer, UserError>,
    ) -> Result<Mapped, OpError> {
        let refuse = |code, field: &str, message: &str| Ok(Mapped::Refused(UserError::new(code, &[field], message)));
        let Some(client) = mapping.client.and_then(|id| self.clients.get(&id)).cloned() else {
            return refuse(UserErrorCode::ClientNotFound, "clientId", "There is no such client.");
        };
        if !self.seen.insert(client.id) {
            return refuse(UserErrorCode::Duplicate, "clientId", "This client is in the request twice.");
        }
        let standing = self.current.get(&client.id).filter(|found| found.state != AssociationState::Ending);
        if standing.is_some_and(|found| found.customer.id == mapping.customer && found.tenant == self.tenant) {
            return Ok(Mapped::AsItWas);
        }
        if client.state == RosterState::Archived {
            return refuse(UserErrorCode::ClientArchived, "clientId", "This client is archived at INFIMA.");
        }
        let kept = self.kept.get(&client.id);
        let kept = kept.filter(|kept| standing.is_none_or(|found| found.id == kept.association)).cloned();
        // Of a kept subscription nothing is left at the old customer that would have to be decided.
        if standing.is_some() && mapping.replace.is_none() && kept.is_none() {
            return refuse(
                UserErrorCode::AlreadyAssociated,
                "clientId",
                "This client is mapped to another Halo customer. Say in `replace` what becomes of the quantity that is billed there.",
            );
        }
        let customer = match customer {
            Ok(customer) => customer,
            Err(error) => return Ok(Mapped::Refused(error)),
        };
        let shared = self.owners.get(&customer.id).is_some_and(|owners| owners.iter().any(|owner| *owner != client.id));
        if shared && !mapping.allow_shared {
            return Ok(Mapped::Refused(taken()));
        }
        // What an entry does is undone where it is refused in the end.
        associations::begin_entry(tx).await?;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.open) {
            let (ending, at) = (Ending::KeepQuantity, tx.now());
            associations::apply(tx, kept.association, &AssociationEvent::Removed { ending, at }).await?;
            let after = json!({ "ending": ending, "keeps": kept.subscription });
            tx.record(Action::AssociationReplaced, Some(kept.association.to_string()), None, Some(after)).await?;
        } else if let (Some(standing), Some(ending)) = (standing, mapping.replace) {
            let removed = AssociationEvent::Removed { ending, at: tx.now() };
            associations::apply(tx, standing.id, &removed).await?;
            let after = json!({ "ending": ending });
            tx.record(Action::AssociationReplaced, Some(standing.id.to_string()), None, Some(after)).await?;
        }
        let ending = associations::ending_of(tx, client.id, &self.tenant, customer.id).await?;
        let mut stored = match ending {
            Some(id) if kept.is_none() => {
                associations::apply(tx, id, &AssociationEvent::Resumed { shared }).await?;
                Some(id)
            }
            _ => insert(tx, &self.tenant, &client, &customer, shared, kept.as_ref()).await?,
        };
        // Another partner's client may be mapped to the customer, in the same Halo.
        if stored.is_none() && mapping.allow_shared && !shared {
            stored = insert(tx, &self.tenant, &client, &customer, true, kept.as_ref()).await?;
        }
        let Some(id) = stored else {
            associations::undo_entry(tx).await?;
            return Ok(Mapped::Refused(taken()));
        };
        self.owners.entry(customer.id).or_default().insert(client.id);
        let after = json!({
            "client": client.id.to_string(), "haloCustomer": customer.id, "haloCustomerName": customer.name,
        });
        tx.record(Action::AssociationSaved, Some(id.to_string()), None, Some(after)).await?;
        Ok(Mapped::Stored(client.id))
    }
}

async fn insert(
    tx: &mut PartnerTx<'_>,
    tenant: &HaloTenant,
    client: &Client,
    customer: &MappedCustomer,
    shared: bool,
    kept: Option<&OwnSubscription>,
) -> Result<Option<AssociationId>, OpError> {
    // A kept record carries the marker that it was created with.
    let marker = kept.map_or_else(|| marker(&client.external_id, tenant, customer.id), |kept| kept.marker.clone());
    let id = AssociationId::generate();
    let free = associations::insert(
        tx,
        &NewAssociation {
            id,
            client: client.id,
            tenant,
            customer,
            shared,
            marker: &marker,
            initial_name: &initial_name(&client.name, shared),
            keeps: kept.map(|kept| kept.subscription),
        },
    )
    .await?;
    Ok(free.then_some(id))
}

fn taken() -> UserError {
    UserError::new(
        UserErrorCode::CustomerAlreadyAssociated,
        &["haloCustomerId"],
        "Another client is mapped to this customer. Choose another customer, or set `allowSharedCustomer` to give this client \
         a subscription of its own there.",
    )
}
