//! The state that Halo shows, always read in the same run, never taken from our own records.

use std::collections::BTreeMap;

use crate::domain::problem::ProblemKind;
use crate::ids::{HaloCustomerId, HaloSubscriptionId, HaloTenant};

#[derive(Clone, Debug)]
pub struct Observed {
    pub tenant: HaloTenant,
    /// The subscription of each association that has one.
    pub subscriptions: BTreeMap<HaloSubscriptionId, Lookup>,
    /// The customers of associations without a subscription, and of those whose subscription is on
    /// another customer now, each with all of its subscriptions.
    pub customers: BTreeMap<HaloCustomerId, ObservedCustomer>,
    /// Other subscriptions of ours that the tenant's list showed when it was read for the ones
    /// above.
    pub others: Vec<ObservedSubscription>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    Found(ObservedSubscription),
    /// A read of that id alone says that the subscription is deleted.
    Deleted,
    /// Halo shows other subscriptions, but not this one.
    Unknown(ProblemKind),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ObservedSubscription {
    pub id: HaloSubscriptionId,
    /// The customer that has the record now, which need not be the one it was created for.
    pub customer: HaloCustomerId,
    pub name: String,
    /// `None` if Halo shows something other than a whole number.
    pub quantity: Option<u32>,
    pub active: bool,
    pub marker: Option<String>,
    /// The record carries our vendor text.
    pub ours: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ObservedCustomer {
    Found { name: String, top_level: Option<String>, inactive: bool, subscriptions: Vec<ObservedSubscription> },
    Deleted,
}
