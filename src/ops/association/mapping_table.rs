//! Decides mappings one after the other, each by those before it, and stores them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::domain::activity::Action;
use crate::domain::association::{
    Association, AssociationEvent, AssociationState, CustomerDetails, Ending, MappedCustomer, NameTemplate,
    initial_name, marker,
};
use crate::domain::roster::{Client, RosterState};
use crate::halo::CustomerLookup;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloTenant};
use crate::ops::{OpError, UserError, UserErrorCode, halo};
use crate::storage::mappings::{NewAssociation, OwnSubscription};
use crate::storage::{PartnerTx, associations, clients, mappings, partners};

/// One entry of the request: a client and its customer.
#[derive(Clone, Copy, Debug)]
pub struct Mapping {
    /// `None` if the caller gave an id that no client can have.
    pub client: Option<ClientId>,
    pub customer: HaloCustomerId,
    /// Whether the customer may have other clients already.
    pub allow_shared: bool,
    /// Replaces the client's current association, with this ending for its quantity.
    pub replace: Option<Ending>,
}

/// The result of one entry.
pub(super) enum Mapped {
    Stored(ClientId),
    /// The client was mapped to this customer already.
    Unchanged,
    Refused(UserError),
}

/// What is decided about one entry.
enum Decision {
    Final(Mapped),
    Store(Box<Wanted>),
}

/// A mapping that is to be stored.
struct Wanted {
    client: Client,
    customer: MappedCustomer,
    kept: Option<OwnSubscription>,
    /// The customer has another client of the partner's.
    shared: bool,
    allow_shared: bool,
    replace: Option<Ending>,
}

/// The partner's mappings as they are within the transaction.
pub(super) struct MappingTable {
    tenant: HaloTenant,
    /// The partner's name of new subscriptions.
    name: Option<NameTemplate>,
    /// The customers in Halo. `None` if the budget did not suffice to read them: the run verifies
    /// them.
    customers: Option<BTreeMap<HaloCustomerId, CustomerLookup>>,
    clients: BTreeMap<ClientId, Client>,
    current: BTreeMap<ClientId, Association>,
    owners: BTreeMap<HaloCustomerId, BTreeSet<ClientId>>,
    seen: BTreeSet<ClientId>,
    /// Own subscriptions that are at the client's new customer already.
    kept: BTreeMap<ClientId, OwnSubscription>,
}

impl MappingTable {
    pub async fn read(
        tx: &mut PartnerTx<'_>,
        tenant: HaloTenant,
        mappings: &[Mapping],
        customers: Option<BTreeMap<HaloCustomerId, CustomerLookup>>,
        kept: BTreeMap<ClientId, OwnSubscription>,
    ) -> Result<Self, OpError> {
        let scope = tx.scope();
        let ids: Vec<_> = mappings.iter().filter_map(|mapping| mapping.client).collect();
        let wanted: Vec<_> = mappings.iter().map(|mapping| mapping.customer).collect();
        let name = partners::find(tx, scope).await?.and_then(|partner| partner.rules.name);
        mappings::lock(tx, &ids).await?;
        let clients = clients::find_many(tx, scope, &ids).await?;
        let current = associations::of_clients(tx, scope, &ids).await?;
        let mut owners: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for mapped in associations::clients_of_customers(tx, scope, std::slice::from_ref(&tenant), &wanted).await? {
            owners.entry(mapped.customer).or_default().insert(mapped.client);
        }
        Ok(Self {
            tenant,
            name,
            customers,
            clients: clients.into_iter().map(|client| (client.id, client)).collect(),
            current: current.into_iter().map(|association| (association.client, association)).collect(),
            owners,
            seen: BTreeSet::new(),
            kept,
        })
    }

    /// Decides each entry and stores it. The mappings of clients without any association are stored
    /// at once in the end; the others may change what is stored already, and are stored one by one.
    pub async fn map_all(&mut self, tx: &mut PartnerTx<'_>, mappings: &[Mapping]) -> Result<Vec<Mapped>, OpError> {
        let mut mapped = Vec::with_capacity(mappings.len());
        let mut new = Vec::new();
        for mapping in mappings {
            let wanted = match self.decide(mapping) {
                Decision::Final(decided) => {
                    mapped.push(decided);
                    continue;
                }
                Decision::Store(wanted) => *wanted,
            };
            if self.current.contains_key(&wanted.client.id) || wanted.kept.is_some() {
                mapped.push(self.store(tx, wanted).await?);
            } else {
                self.owners.entry(wanted.customer.id).or_default().insert(wanted.client.id);
                new.push((mapped.len(), wanted));
                mapped.push(Mapped::Unchanged);
            }
        }
        let free = self.insert_many(tx, new.iter().map(|(_, wanted)| wanted)).await?;
        for (at, wanted) in new {
            mapped[at] = match free.contains(&wanted.client.id) {
                true => Mapped::Stored(wanted.client.id),
                // Another partner's client may be mapped to the customer, in the same Halo.
                false => self.store(tx, wanted).await?,
            };
        }
        Ok(mapped)
    }

    /// Decides one entry, by what is stored and by the entries before it.
    fn decide(&mut self, mapping: &Mapping) -> Decision {
        let refuse = |code, field: &str, message: &str| {
            Decision::Final(Mapped::Refused(UserError::new(code, &[field], message)))
        };
        let Some(client) = mapping.client.and_then(|id| self.clients.get(&id)).cloned() else {
            return refuse(
                UserErrorCode::ClientNotFound,
                "clientId",
                "This client no longer exists. Load the table again.",
            );
        };
        if !self.seen.insert(client.id) {
            return refuse(
                UserErrorCode::Duplicate,
                "clientId",
                "This client is chosen twice. Choose one customer for it.",
            );
        }
        let current = self.current.get(&client.id).filter(|found| found.state != AssociationState::Ending);
        if current.is_some_and(|found| found.customer.id == mapping.customer && found.tenant == self.tenant) {
            return Decision::Final(Mapped::Unchanged);
        }
        if client.state == RosterState::Archived {
            return refuse(
                UserErrorCode::ClientArchived,
                "clientId",
                "This client is archived at INFIMA, so it cannot be mapped. Choose another client.",
            );
        }
        // Who excluded it meant that it is not billed: one entry among many does not undo that.
        if client.exclusion.is_some() {
            return refuse(
                UserErrorCode::ClientExcluded,
                "clientId",
                "This client is excluded from billing. Include it first, then map it.",
            );
        }
        let kept = self.kept.get(&client.id);
        let kept = kept.filter(|kept| current.is_none_or(|found| found.id == kept.association)).cloned();
        // With a kept subscription, no quantity is left at the old customer that would have to be
        // decided about.
        if current.is_some() && mapping.replace.is_none() && kept.is_none() {
            let error = UserError::new(
                UserErrorCode::AlreadyAssociated,
                &["haloCustomerId"],
                "This client is mapped to another Halo customer. Decide what happens to the quantity that is billed there.",
            );
            return Decision::Final(Mapped::Refused(
                error.hint("Ask the user and send the decision in `replace.previousSubscription`."),
            ));
        }
        let customer = match self.known_customer(mapping.customer) {
            Ok(customer) => customer,
            Err(error) => return Decision::Final(Mapped::Refused(error)),
        };
        let shared = self.owners.get(&customer.id).is_some_and(|owners| owners.iter().any(|owner| *owner != client.id));
        if shared && !mapping.allow_shared {
            return Decision::Final(Mapped::Refused(customer_has_another_client()));
        }
        Decision::Store(Box::new(Wanted {
            client,
            customer,
            kept,
            shared,
            allow_shared: mapping.allow_shared,
            replace: mapping.replace,
        }))
    }

    async fn store(&mut self, tx: &mut PartnerTx<'_>, wanted: Wanted) -> Result<Mapped, OpError> {
        let Wanted { client, customer, kept, shared, allow_shared, replace } = wanted;
        let current = self.current.get(&client.id).filter(|found| found.state != AssociationState::Ending);
        // The changes of an entry are undone if it is refused in the end.
        mappings::begin_entry(tx).await?;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.open) {
            let (ending, at) = (Ending::KeepQuantity, tx.now());
            associations::apply(tx, kept.association, &AssociationEvent::Removed { ending, at }).await?;
            let after = json!({ "ending": ending, "keeps": kept.subscription });
            tx.record(Action::AssociationReplaced, Some(kept.association.to_string()), None, Some(after)).await?;
        } else if let (Some(current), Some(ending)) = (current, replace) {
            let removed = AssociationEvent::Removed { ending, at: tx.now() };
            associations::apply(tx, current.id, &removed).await?;
            let after = json!({ "ending": ending });
            tx.record(Action::AssociationReplaced, Some(current.id.to_string()), None, Some(after)).await?;
        }
        let ending = mappings::ending_of(tx, client.id, &self.tenant, customer.id).await?;
        let mut stored = match ending {
            Some(id) if kept.is_none() => {
                associations::apply(tx, id, &AssociationEvent::Resumed { shared }).await?;
                Some(id)
            }
            _ => self.insert(tx, &client, &customer, shared, kept.as_ref()).await?,
        };
        // Another partner's client may be mapped to the customer, in the same Halo.
        if stored.is_none() && allow_shared && !shared {
            stored = self.insert(tx, &client, &customer, true, kept.as_ref()).await?;
        }
        let Some(id) = stored else {
            mappings::undo_entry(tx).await?;
            return Ok(Mapped::Refused(customer_has_another_client()));
        };
        self.owners.entry(customer.id).or_default().insert(client.id);
        tx.record(Action::AssociationSaved, Some(id.to_string()), None, Some(saved(client.id, &customer))).await?;
        Ok(Mapped::Stored(client.id))
    }

    /// The customer as Halo shows it, or the reason why no client can be mapped to it.
    fn known_customer(&self, id: HaloCustomerId) -> Result<MappedCustomer, UserError> {
        let Some(customers) = &self.customers else {
            return Ok(MappedCustomer { id, name: None, top_level: None, details: CustomerDetails::default() });
        };
        match customers.get(&id) {
            Some(CustomerLookup::Found(customer)) if customer.active => Ok(halo::mapped_customer(customer.clone())),
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
                "Halo does not have this customer, or does not show it to the API agent. Search again and choose another.",
            )),
        }
    }

    async fn insert(
        &self,
        tx: &mut PartnerTx<'_>,
        client: &Client,
        customer: &MappedCustomer,
        shared: bool,
        kept: Option<&OwnSubscription>,
    ) -> Result<Option<AssociationId>, OpError> {
        // A kept record carries the marker that it was created with.
        let marker =
            kept.map_or_else(|| marker(&client.external_id, &self.tenant, customer.id), |kept| kept.marker.clone());
        let id = AssociationId::generate();
        let free = mappings::insert(
            tx,
            NewAssociation {
                id,
                client: client.id,
                tenant: &self.tenant,
                customer,
                shared,
                marker: &marker,
                initial_name: &initial_name(self.name.as_ref(), &client.name, customer.name.as_deref(), shared),
                keeps: kept.map(|kept| kept.subscription),
            },
        )
        .await?;
        Ok(free.then_some(id))
    }

    /// Stores mappings of clients that have no association. Returns the clients whose mapping was
    /// free.
    async fn insert_many(
        &self,
        tx: &mut PartnerTx<'_>,
        wanted: impl Iterator<Item = &Wanted>,
    ) -> Result<BTreeSet<ClientId>, OpError> {
        let texts: Vec<_> = wanted
            .map(|wanted| {
                let Wanted { client, customer, shared, .. } = wanted;
                let marker = marker(&client.external_id, &self.tenant, customer.id);
                let name = initial_name(self.name.as_ref(), &client.name, customer.name.as_deref(), *shared);
                (AssociationId::generate(), wanted, marker, name)
            })
            .collect();
        if texts.is_empty() {
            return Ok(BTreeSet::new());
        }
        let new: Vec<_> = texts
            .iter()
            .map(|(id, wanted, marker, initial_name)| NewAssociation {
                id: *id,
                client: wanted.client.id,
                tenant: &self.tenant,
                customer: &wanted.customer,
                shared: wanted.shared,
                marker,
                initial_name,
                keeps: None,
            })
            .collect();
        let free = mappings::insert_many(tx, &new).await?;
        let stored = texts.iter().filter(|(_, wanted, ..)| free.contains(&wanted.client.id));
        let subjects = stored.map(|(id, wanted, ..)| (id.to_string(), saved(wanted.client.id, &wanted.customer)));
        tx.record_each(Action::AssociationSaved, subjects.collect()).await?;
        Ok(free)
    }
}

/// What the audit log says of a mapping.
fn saved(client: ClientId, customer: &MappedCustomer) -> Value {
    json!({ "client": client.to_string(), "haloCustomer": customer.id, "haloCustomerName": customer.name })
}

fn customer_has_another_client() -> UserError {
    let error = UserError::new(
        UserErrorCode::CustomerAlreadyAssociated,
        &["haloCustomerId"],
        "Another client is mapped to this customer. Choose another customer, or confirm that both clients belong to it: each \
         gets a subscription of its own there.",
    );
    error.hint("Once the user has confirmed it, send the entry again with `allowSharedCustomer: true`.")
}
