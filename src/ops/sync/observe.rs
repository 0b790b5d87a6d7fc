//! Reads from Halo what a plan needs, and nothing that it does not: the subscriptions of associations that have one, and the
//! customers, with all their subscriptions, of those that have none.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::plan::{Desired, DesiredAssociation, Lookup, Observed, ObservedCustomer, Sent, UnconfirmedWrite};
use crate::domain::problem::Problem;
use crate::halo::{CustomerLookup, HaloError, Kept, PreservedFields, Session, Subscription, SubscriptionLookup};
use crate::ids::HaloSubscriptionId;
use crate::ops::halo;
use crate::ops::sync::run::step_result::blanked;
use crate::storage::leases::LeasedTx;
use crate::storage::{outcomes, outcomes::PendingWrite};

/// What was observed, with the records as Halo gave them, to compare with what a write gives back.
pub(in crate::ops) struct Observation {
    pub observed: Observed,
    pub records: BTreeMap<HaloSubscriptionId, Subscription>,
    /// When reading began.
    pub at: Instant,
}

/// Reads everything the plan needs.
pub(in crate::ops) async fn observe(session: &Session, desired: &Desired) -> Result<Observation, HaloError> {
    let at = Instant::now();
    let tenant = session.tenant().await?;
    if tenant != desired.tenant && !session.names_its_tenant().await? {
        // A page of a firewall or of a host in maintenance says nothing about who answers.
        return Err(HaloError::Unavailable("discovery: Halo does not say which tenant it is".into()));
    }
    let mut records = BTreeMap::new();
    let mut subscriptions = BTreeMap::new();
    let mut customers = BTreeMap::new();
    // Another tenant's ids mean nothing here: the plan only reports that it is another one.
    let ours = desired.associations.iter().filter(|association| association.tenant == tenant);

    let known: Vec<_> = ours.clone().filter_map(|it| it.subscription).collect();
    for (id, lookup) in session.subscriptions(&known).await? {
        let sighting = match lookup {
            SubscriptionLookup::Found(record) => {
                let seen = halo::observed(&record);
                records.insert(id, record);
                Lookup::Found(seen)
            }
            SubscriptionLookup::Deleted => Lookup::Deleted,
            SubscriptionLookup::Unclear(error) => {
                tracing::warn!(subscription = %id, evidence = error.evidence(), "Halo shows others, and this one not");
                Lookup::Unknown(halo::problem_kind(&error, None, true))
            }
        };
        subscriptions.insert(id, sighting);
    }
    // One by one: that none of them is there any more says nothing about what the agent is shown.
    for id in ours.clone().filter(|it| it.subscription.is_none()).filter_map(|it| it.create.previous_subscription) {
        let sighting = match session.subscription(id).await {
            Ok(Some(record)) => {
                let seen = halo::observed(&record);
                records.insert(id, record);
                Lookup::Found(seen)
            }
            Ok(None) => Lookup::Deleted,
            Err(error @ (HaloError::NotUnderstood(_) | HaloError::AnswerTooLarge(_))) => {
                Lookup::Unknown(halo::problem_kind(&error, None, true))
            }
            Err(error) => return Err(error),
        };
        subscriptions.insert(id, sighting);
    }
    // The customers of associations without a subscription, of those whose subscription is elsewhere now (moved by
    // somebody, or their customer was merged away), and of those that may have a second one.
    let is_there = |association: &&DesiredAssociation| match association.subscription.map(|id| subscriptions.get(&id)) {
        None => false,
        Some(Some(Lookup::Found(seen))) => seen.customer == association.customer,
        Some(_) => true,
    };
    let wanted: BTreeSet<_> = ours
        .filter(|it| !is_there(it) || it.create.duplicate_possible)
        .map(|association| association.customer)
        .collect();
    let wanted: Vec<_> = wanted.into_iter().collect();
    for (id, lookup) in session.customers(&wanted).await? {
        let seen = match lookup {
            CustomerLookup::Missing => ObservedCustomer::Deleted,
            CustomerLookup::Found(customer) => {
                let found = match session.subscriptions_of(id).await {
                    // Nothing is created there, and that is this customer's trouble alone.
                    Err(HaloError::NotUnderstood(evidence) | HaloError::AnswerTooLarge(evidence)) => {
                        tracing::warn!(customer = %id, evidence, "this customer's subscriptions are not understood");
                        continue;
                    }
                    found => found?,
                };
                let seen = found.iter().filter(|record| !record.deleted).map(halo::observed).collect();
                records.extend(found.into_iter().map(|record| (record.id, record)));
                ObservedCustomer::Found {
                    name: customer.name,
                    top_level: customer.top_level,
                    inactive: !customer.active,
                    subscriptions: seen,
                }
            }
        };
        customers.insert(id, seen);
    }
    Ok(Observation { observed: Observed { tenant, subscriptions, customers }, records, at })
}

/// What [`outcomes::intend_quantity`] notes.
#[derive(Serialize, Deserialize)]
pub(in crate::ops) struct PendingWriteNote {
    pub subscription: HaloSubscriptionId,
    pub sent: Sent,
    pub fields: PreservedFields,
}

/// Puts earlier writes, after which Halo was not seen, to their associations, and looks whether one cost a record its other
/// fields. Those associations ask a person, and nothing more is written for the partner; the last such problem is given.
pub(in crate::ops) fn recall_pending_writes(
    desired: &mut Desired,
    unseen: &[PendingWrite],
    sighted: &Observation,
    now: DateTime<Utc>,
) -> Option<Problem> {
    let mut lost = None;
    for PendingWrite { association, before, settled } in unseen {
        let Some(association) = desired.associations.iter_mut().find(|it| it.id == *association) else { continue };
        let record = association.subscription.and_then(|id| sighted.records.get(&id));
        let before = serde_json::from_value::<PendingWriteNote>(before.clone());
        // A person may have given the association another record since then.
        let (Some(record), Ok(before)) = (record, before) else { continue };
        if before.subscription != record.id {
            continue;
        }
        association.unseen = Some(UnconfirmedWrite { sent: before.sent, settled: *settled });
        if let Kept::Blanked(fields) = before.fields.kept_in(&record.untouched()) {
            tracing::error!(subscription = %record.id, fields = fields.join(", "), "Halo did not keep fields; writing stops");
            let problem = blanked(&fields, now);
            association.problem = Some(problem.clone());
            desired.suspended_since = desired.suspended_since.or(Some(now));
            lost = Some(problem);
        }
    }
    lost
}

/// Keeps the customers' names as Halo shows them now.
pub(in crate::ops) async fn note_customers(
    tx: &mut LeasedTx<'_>,
    sighted: &Observation,
) -> Result<(), crate::storage::StorageError> {
    for (id, customer) in &sighted.observed.customers {
        if let ObservedCustomer::Found { name, top_level, .. } = customer {
            outcomes::record_customer(tx, *id, name, top_level.as_deref()).await?;
        }
    }
    Ok(())
}
