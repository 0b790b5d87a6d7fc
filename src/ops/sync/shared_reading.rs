//! Reads once what many new associations need: their customers, and all subscriptions of these.
//!
//! Before a subscription is created, its customer's subscriptions are read, because an earlier life
//! of the association may have left one there. That is one or two requests for each new
//! association. The tenant's list shows the same for all of them, where it is not too long. It is
//! not read for an association that may have a subscription already: its customer is asked for by
//! itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::domain::plan::Desired;
use crate::halo::{CustomerLookup, HaloError, KeptRows, Session, Subscription};
use crate::ids::HaloCustomerId;

/// As many customers as a sync can create subscriptions for before its budget is used up.
const MOST_AT_ONCE: usize = 200;
/// Fewer customers cost no more requests by themselves.
const FEWEST: usize = 3;
/// After so many readings that decided nothing, no more are tried: the list is too long, or this
/// Halo's lists prove too little. An empty list is not one after the first slice.
const MOST_IN_VAIN: u32 = 2;

/// What Halo showed of one customer.
pub(in crate::ops) struct CustomerReading {
    pub lookup: CustomerLookup,
    pub subscriptions: Vec<Subscription>,
}

/// One reading for the slices of a run.
pub(in crate::ops) struct SharedReading {
    /// For how long it is used. It is younger than an observation may be, so that there is time to
    /// write by it.
    max_age: Duration,
    /// The customers of new associations that no slice has come to yet.
    left: BTreeSet<HaloCustomerId>,
    /// `None` for a customer whose record is not understood.
    read: BTreeMap<HaloCustomerId, Option<CustomerReading>>,
    at: Instant,
    in_vain: u32,
}

impl SharedReading {
    /// Reads nothing yet. `max_observation_age` is how old an observation may be when it is written
    /// by.
    pub fn new(desired: &Desired, max_observation_age: Duration) -> Self {
        let ours = desired.associations.iter().filter(|it| it.tenant == desired.tenant);
        let without = ours.filter(|it| it.subscription.is_none());
        let (new, tried): (Vec<_>, Vec<_>) = without.partition(|it| it.is_new());
        let tried: BTreeSet<_> = tried.into_iter().map(|it| it.customer).collect();
        let left = new.into_iter().map(|it| it.customer).filter(|id| !tried.contains(id)).collect();
        Self { max_age: max_observation_age / 2, left, read: BTreeMap::new(), at: Instant::now(), in_vain: 0 }
    }

    /// Returns those of these customers that one reading shows, and when it began. They are not
    /// returned again: what has been written meanwhile is not in it.
    pub async fn take(
        &mut self,
        session: &Session,
        customers: &[HaloCustomerId],
    ) -> Result<(BTreeMap<HaloCustomerId, CustomerReading>, Instant), HaloError> {
        let wanted: BTreeSet<_> = customers.iter().copied().filter(|id| self.left.contains(id)).collect();
        let is_read = self.at.elapsed() < self.max_age && wanted.iter().all(|id| self.read.contains_key(id));
        if !wanted.is_empty() && !is_read {
            self.read_next(session, &wanted).await?;
        }
        self.left.retain(|id| !wanted.contains(id));
        let taken = wanted.into_iter().filter_map(|id| Some((id, self.read.remove(&id)??)));
        Ok((taken.collect(), self.at))
    }

    /// Reads these customers together with others whose turn comes later.
    async fn read_next(&mut self, session: &Session, first: &BTreeSet<HaloCustomerId>) -> Result<(), HaloError> {
        let later = self.left.iter().filter(|id| !first.contains(id));
        let together: BTreeSet<_> = first.iter().chain(later).copied().take(MOST_AT_ONCE).collect();
        if together.len() < FEWEST || self.in_vain >= MOST_IN_VAIN {
            return Ok(());
        }
        self.at = Instant::now();
        let read = read(session, &together).await?;
        self.in_vain += u32::from(read.is_none());
        self.read = read.unwrap_or_default();
        Ok(())
    }
}

/// `None` if the customers have to be read one by one: that is cheaper, or a record of one that is
/// not among them cannot be read and must not keep these from being synced.
async fn read(
    session: &Session,
    customers: &BTreeSet<HaloCustomerId>,
) -> Result<Option<BTreeMap<HaloCustomerId, Option<CustomerReading>>>, HaloError> {
    let attempt = async {
        let Some(mut subscriptions) = session.subscriptions_of_many(customers, &mut KeptRows::default()).await? else {
            return Ok(None);
        };
        let mut lookups = session.customers(&customers.iter().copied().collect::<Vec<_>>()).await?;
        let mut of_customer = |id: &HaloCustomerId| {
            let lookup = lookups.remove(id)?;
            Some(CustomerReading { lookup, subscriptions: subscriptions.remove(id).unwrap_or_default() })
        };
        Ok(Some(customers.iter().map(|id| (*id, of_customer(id))).collect()))
    };
    match attempt.await {
        Err(error @ (HaloError::RateLimited { .. } | HaloError::CredentialsRejected)) => Err(error),
        Err(error) => {
            tracing::info!(evidence = error.evidence(), "the customers of new associations are read one by one");
            Ok(None)
        }
        read => read,
    }
}
