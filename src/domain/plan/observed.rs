//! What Halo shows, always read in the same run, never taken from our own notes.

use std::collections::BTreeMap;

use crate::domain::problem::ProblemKind;
use crate::ids::{HaloCustomerId, HaloSubscriptionId, HaloTenant};

#[derive(Clone, Debug)]
pub struct Observed {
    pub tenant: HaloTenant,
    /// For each association that has a subscription.
    pub subscriptions: BTreeMap<HaloSubscriptionId, Lookup>,
    /// For each customer of an association without one, or whose subscription is on another customer now: the customer, and
    /// all of its subscriptions.
    pub customers: BTreeMap<HaloCustomerId, ObservedCustomer>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    Found(ObservedSubscription),
    /// A read of that id alone says that it is gone.
    Deleted,
    /// Halo shows others, and this one not.
    Unknown(ProblemKind),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ObservedSubscription {
    pub id: HaloSubscriptionId,
    /// Where the record is now, which need not be where it was created.
    pub customer: HaloCustomerId,
    pub name: String,
    /// None: Halo shows something that is no whole number.
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
