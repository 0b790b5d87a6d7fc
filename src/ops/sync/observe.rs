//! Observes Halo: reads what a plan needs and nothing else. That is the subscriptions of
//! associations that have one, and the customers, with all their subscriptions, of associations
//! that have none.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::domain::guide::Permission;
use crate::domain::plan::{CustomerState, Desired, DesiredAssociation, Lookup, Observed, ObservedCustomer};
use crate::domain::problem::{Problem, ProblemCode};
use crate::halo::{CustomerLookup, HaloError, KeptRows, Session, Subscription, SubscriptionLookup, Subscriptions};
use crate::ids::{HaloCustomerId, HaloSubscriptionId};
use crate::ops::halo;
use crate::ops::sync::shared_reading::{CustomerReading, SharedReading};
use crate::storage::leases::LeasedTx;
use crate::storage::{connections, outcomes, outcomes::PendingWrite};

/// One observation of Halo, with the records as Halo answered them, to compare with the answer to a
/// write.
pub(in crate::ops) struct Observation {
    pub observed: Observed,
    pub records: BTreeMap<HaloSubscriptionId, Subscription>,
    /// Names of customers as Halo shows them now, with the top level if it was shown as well.
    names: BTreeMap<HaloCustomerId, (String, Option<String>)>,
    /// Whether the customers of all associations were read.
    pub customers_read: bool,
    /// When the reading began.
    pub at: Instant,
}

/// Reads everything the plan needs. The subscriptions of associations with a `pending` write are
/// read singly, to be compared with what they were before that write. What is `shared` with other
/// slices is not read again.
pub(in crate::ops) async fn observe(
    session: &Session,
    desired: &Desired,
    pending: &[PendingWrite],
    shared: &mut SharedReading,
) -> Result<Observation, HaloError> {
    let mut at = Instant::now();
    let tenant = session.tenant().await?;
    if tenant != desired.tenant && !session.names_its_tenant().await? {
        // The page of a firewall or of a host in maintenance does not identify the tenant.
        return Err(HaloError::not_api("discovery: Halo does not say which tenant it is"));
    }
    let mut records = BTreeMap::new();
    let mut subscriptions = BTreeMap::new();
    let mut customers = BTreeMap::new();
    let mut names = BTreeMap::new();
    // Ids of another tenant mean nothing here: the plan only reports that the tenant changed.
    let ours = desired.associations.iter().filter(|association| association.tenant == tenant);

    let known = ours.clone().filter_map(|it| Some((it.subscription?, customer_to_look_at(it)))).collect();
    let read = read_subscriptions(session, &known).await?;
    let others = read.others.iter().map(halo::observed).collect();
    for (id, lookup) in read.lookups {
        let lookup = match lookup {
            SubscriptionLookup::Found(record) => {
                let observed = halo::observed(&record);
                records.insert(id, record);
                Lookup::Found(observed)
            }
            SubscriptionLookup::Deleted => Lookup::Deleted,
            SubscriptionLookup::Unclear(error) => {
                tracing::warn!(subscription = %id, evidence = error.evidence(), "Halo shows other subscriptions, but not this one");
                Lookup::Unknown(halo::problem_kind(&error, None, true))
            }
        };
        subscriptions.insert(id, lookup);
    }
    let written: BTreeSet<_> = pending.iter().map(|it| it.association).collect();
    for id in ours.clone().filter(|it| written.contains(&it.id)).filter_map(|it| it.subscription) {
        let is_list_row = |record: &Subscription| record.fields.is_none();
        if records.get(&id).is_some_and(is_list_row) {
            let mut lookup = read_singly(session, id, &mut records).await?;
            if records.get(&id).is_some_and(is_list_row) && matches!(lookup, Lookup::Found(_)) {
                // Halo refuses the single read, and only the list shows the record.
                lookup = Lookup::Unknown(halo::problem_kind(&refused_single_read(), None, true));
            }
            subscriptions.insert(id, lookup);
        }
    }
    // These are read one by one. If none of them exists any more, that says nothing about what the
    // agent may see.
    for id in ours.clone().filter(|it| it.subscription.is_none()).filter_map(|it| it.create.previous_subscription) {
        let lookup = read_singly(session, id, &mut records).await?;
        subscriptions.insert(id, lookup);
    }
    // Customers are read for associations without a subscription, for those whose subscription is
    // elsewhere now (a user moved it, or Halo merged the customer), and for those that may have a
    // second subscription.
    let in_place = |association: &&DesiredAssociation| match association.subscription.map(|id| subscriptions.get(&id)) {
        None => false,
        Some(Some(Lookup::Found(record))) => {
            record.customer == association.customer && association.is_verified_by(record)
        }
        Some(Some(Lookup::Deleted)) => !association.unverified,
        Some(_) => true,
    };
    let wanted: BTreeSet<_> = ours
        .clone()
        .filter(|it| !in_place(it) || it.create.duplicate_possible)
        .map(|association| association.customer)
        .collect();
    let mut wanted: Vec<_> = wanted.into_iter().collect();
    let (mut readings, shared_at) = shared.take(session, &wanted).await?;
    if !readings.is_empty() {
        at = at.min(shared_at);
    }
    wanted.retain(|id| !readings.contains_key(id));
    let mut kept = KeptRows::default();
    for (id, lookup) in session.customers(&wanted).await? {
        let subscriptions = match &lookup {
            CustomerLookup::Missing => Vec::new(),
            CustomerLookup::Found(_) => match session.subscriptions_of(id, &mut kept).await {
                // Nothing is created for this customer; the others are not affected.
                Err(HaloError::NotUnderstood(evidence) | HaloError::AnswerTooLarge(evidence)) => {
                    tracing::warn!(customer = %id, evidence, "the subscriptions of this customer are not understood");
                    if let CustomerLookup::Found(customer) = lookup {
                        names.insert(id, (customer.name, customer.top_level));
                    }
                    continue;
                }
                found => found?,
            },
        };
        readings.insert(id, CustomerReading { lookup, subscriptions });
    }
    for (id, CustomerReading { lookup, subscriptions: found }) in readings {
        let customer = match lookup {
            CustomerLookup::Missing => ObservedCustomer::Deleted,
            CustomerLookup::Found(customer) => {
                names.insert(id, (customer.name.clone(), customer.top_level.clone()));
                let subscriptions = found.iter().filter(|record| !record.deleted).map(halo::observed).collect();
                // What was read singly is not replaced by a list row.
                for record in found {
                    records.entry(record.id).or_insert(record);
                }
                ObservedCustomer::Found {
                    name: customer.name,
                    top_level: customer.top_level,
                    inactive: !customer.active,
                    subscriptions,
                }
            }
        };
        customers.insert(id, customer);
    }
    // Before a subscription is said to be deleted: does the agent still see the customer?
    let lost = |it: &&DesiredAssociation| {
        it.subscription.is_some_and(|id| matches!(subscriptions.get(&id), Some(Lookup::Deleted)))
    };
    let lost: BTreeSet<_> =
        ours.clone().filter(lost).map(|it| it.customer).filter(|id| !customers.contains_key(id)).collect();
    let mut states = session.visible_customers(&lost.into_iter().collect::<Vec<_>>()).await?;
    let (more, customers_read) = read_due_customers(session, desired, ours.clone(), |id| {
        customers.contains_key(&id) || states.contains_key(&id)
    })
    .await;
    states.extend(more);
    let mut customer_states = BTreeMap::new();
    for (id, lookup) in states {
        let state = match lookup {
            CustomerLookup::Missing => CustomerState::Missing,
            CustomerLookup::Found(customer) => {
                let state = if customer.active { CustomerState::Active } else { CustomerState::Inactive };
                names.insert(id, (customer.name, customer.top_level));
                state
            }
        };
        customer_states.insert(id, state);
    }
    let observed = Observed { tenant, subscriptions, customers, customer_states, others };
    Ok(Observation { observed, records, names, customers_read, at })
}

/// Reads the subscriptions of associations. An agent that sees no customer any more is shown an
/// empty list, as one whose Software Licencing is switched off: the customers distinguish them.
async fn read_subscriptions(
    session: &Session,
    known: &BTreeMap<HaloSubscriptionId, Option<HaloCustomerId>>,
) -> Result<Subscriptions, HaloError> {
    match session.subscriptions_and_others(known).await {
        Err(error @ HaloError::NothingVisible(_)) => {
            if session.sees_customers().await? {
                return Err(error);
            }
            let lookups = known.keys().map(|id| (*id, SubscriptionLookup::Deleted)).collect();
            Ok(Subscriptions { lookups, others: Vec::new() })
        }
        read => read,
    }
}

/// Reads customers that show nothing else of interest than themselves: once a week those of all
/// associations, and those that were deleted or inactive when they were last read. The sync does
/// not need them: a read that fails is made again by the next full run.
async fn read_due_customers<'d>(
    session: &Session,
    desired: &Desired,
    ours: impl Iterator<Item = &'d DesiredAssociation>,
    is_read: impl Fn(HaloCustomerId) -> bool,
) -> (BTreeMap<HaloCustomerId, CustomerLookup>, bool) {
    let due: BTreeSet<_> = ours
        .filter(|it| it.subscription.is_some() && (desired.customers_due || it.has_customer_warning()))
        .map(|it| it.customer)
        .filter(|id| !is_read(*id))
        .collect();
    if due.is_empty() {
        return (BTreeMap::new(), false);
    }
    let due: Vec<_> = due.into_iter().collect();
    let read =
        if desired.customers_due { session.customers(&due).await } else { session.visible_customers(&due).await };
    match read {
        Ok(read) => (read, desired.customers_due),
        Err(HaloError::NothingVisible(_)) => {
            (due.into_iter().map(|id| (id, CustomerLookup::Missing)).collect(), desired.customers_due)
        }
        Err(error) => {
            tracing::info!(
                evidence = error.evidence(),
                "the customers could not be read, which the sync does not need"
            );
            (BTreeMap::new(), false)
        }
    }
}

/// The customer whose list may be read instead of the subscription: not if the subscription was
/// last seen elsewhere, or not at all.
fn customer_to_look_at(association: &DesiredAssociation) -> Option<HaloCustomerId> {
    use ProblemCode::{CustomerMerged, SubscriptionDeleted, SubscriptionMoved, SubscriptionNotVisible};
    let code = association.problem.as_ref().map(Problem::code);
    let is_elsewhere =
        matches!(code, Some(SubscriptionMoved | CustomerMerged | SubscriptionDeleted | SubscriptionNotVisible));
    (!is_elsewhere).then_some(association.customer)
}

async fn read_singly(
    session: &Session,
    id: HaloSubscriptionId,
    records: &mut BTreeMap<HaloSubscriptionId, Subscription>,
) -> Result<Lookup, HaloError> {
    Ok(match session.subscription(id).await {
        Ok(Some(record)) => {
            let observed = halo::observed(&record);
            records.insert(id, record);
            Lookup::Found(observed)
        }
        Ok(None) => Lookup::Deleted,
        // That concerns this record alone.
        Err(
            error @ (HaloError::NotUnderstood(_)
            | HaloError::AnswerTooLarge(_)
            | HaloError::NoAnswer
            | HaloError::Unavailable { .. }
            | HaloError::PermissionDenied(_)),
        ) => Lookup::Unknown(halo::problem_kind(&error, None, true)),
        Err(error) => return Err(error),
    })
}

/// The error of a record that a list shows and that Halo refuses to show singly.
pub(super) fn refused_single_read() -> HaloError {
    HaloError::PermissionDenied(Permission::AgentSoftwareLicencing)
}

/// Whether there is anything for [`store_customers`] to store.
pub(in crate::ops) fn shows_new_customers(desired: &Desired, observation: &Observation) -> bool {
    observation.customers_read || !observation.names.is_empty() || new_names(desired, observation).next().is_some()
}

/// Customers with another name than the known one, as the rows of their subscriptions show them at
/// no cost.
fn new_names<'o>(
    desired: &'o Desired,
    observation: &'o Observation,
) -> impl Iterator<Item = (HaloCustomerId, &'o str)> {
    desired.associations.iter().filter_map(|association| {
        let record = observation.records.get(&association.subscription?)?;
        let name = record.customer_name.as_deref().filter(|_| record.customer == association.customer)?;
        let is_read = observation.names.contains_key(&association.customer);
        let is_new = !is_read && association.customer_name.as_deref() != Some(name);
        is_new.then_some((association.customer, name))
    })
}

/// Stores the customers' names as Halo shows them now.
pub(in crate::ops) async fn store_customers(
    tx: &mut LeasedTx<'_>,
    desired: &Desired,
    observation: &Observation,
    now: DateTime<Utc>,
) -> Result<(), crate::storage::StorageError> {
    for (id, (name, top_level)) in &observation.names {
        outcomes::record_customer(tx, *id, name, top_level.as_deref()).await?;
    }
    for (customer, name) in new_names(desired, observation) {
        outcomes::record_customer_name(tx, customer, name).await?;
    }
    if observation.customers_read {
        connections::record_customers_read(tx, now).await?;
    }
    Ok(())
}
