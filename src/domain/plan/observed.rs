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
    /// Other customers that were read without their subscriptions.
    pub customer_states: BTreeMap<HaloCustomerId, CustomerState>,
    /// Other subscriptions of ours that the tenant's list showed when it was read for the ones
    /// above.
    pub others: Vec<ObservedSubscription>,
}

impl Observed {
    /// What Halo showed of a customer; `None` if the customer was not read.
    pub fn customer_state(&self, id: HaloCustomerId) -> Option<CustomerState> {
        match self.customers.get(&id) {
            Some(ObservedCustomer::Deleted) => Some(CustomerState::Missing),
            Some(ObservedCustomer::Found { inactive: true, .. }) => Some(CustomerState::Inactive),
            Some(ObservedCustomer::Found { inactive: false, .. }) => Some(CustomerState::Active),
            None => self.customer_states.get(&id).copied(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerState {
    Active,
    Inactive,
    /// Deleted, merged into another one, or hidden from the agent: Halo answers alike.
    Missing,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    Found(ObservedSubscription),
    /// A read of that id alone says that there is no such subscription: it is deleted, or hidden
    /// from the agent.
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
    /// The name of the customer that has the record, if the record shows it.
    pub customer_name: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ObservedCustomer {
    Found { name: String, top_level: Option<String>, inactive: bool, subscriptions: Vec<ObservedSubscription> },
    Deleted,
}
