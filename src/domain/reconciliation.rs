//! The comparison of everything at once: a partner's associations, its subscriptions and customers
//! in Halo, and the recurring invoices. A sync looks at one client after the other and finds what
//! is wrong with each; this finds what no client shows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::association::Billing;
use crate::ids::{ClientId, HaloCustomerId, HaloInvoiceId, HaloSubscriptionId, HaloTenant};

/// The most findings that a report lists. It counts all.
pub const MOST_FINDINGS: usize = 100;

/// What is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A subscription of ours that no client of any partner has or had.
    SubscriptionWithoutClient,
    /// Halo's list does not have the client's subscription.
    SubscriptionMissing,
    /// Halo shows it at another customer than the client's.
    SubscriptionMoved,
    /// It is inactive in Halo.
    SubscriptionInactive,
    /// The quantity in Halo is not the one that was last confirmed.
    QuantityDiffers,
    /// The customer is inactive, deleted or hidden from the agent.
    CustomerInactive,
    /// An invoice bills a fixed quantity instead of the subscription's.
    FixedQuantity,
    /// No recurring invoice bills the client's subscription.
    NotOnInvoice,
}

/// What a person can do about a finding. [`Finding::remedy`] says how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingAct {
    MapClient,
    MapAgain,
    RequestSync,
    FixInHalo,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    /// `None` for a subscription without a client.
    pub client: Option<ClientId>,
    pub customer: HaloCustomerId,
    pub customer_name: Option<String>,
    pub subscription: Option<HaloSubscriptionId>,
    pub invoice: Option<HaloInvoiceId>,
    pub quantity_in_halo: Option<u32>,
    pub last_synced_quantity: Option<u32>,
}

/// A report, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    pub at: DateTime<Utc>,
    pub tenant: HaloTenant,
    /// The clients that have a subscription.
    pub subscriptions: u32,
    /// Those of them whose subscription is there and active, at their customer and with the
    /// quantity that was last confirmed, and whose customer is active.
    pub right: u32,
    /// Those of them whose subscription no recurring invoice bills, or one bills another quantity.
    pub not_billed: u32,
    /// Whether the invoices could be read.
    pub billing_known: bool,
    /// The number of all findings. `findings` has the first of them.
    pub total: u32,
    pub findings: Vec<Finding>,
}

/// A client's association with a subscription.
#[derive(Clone, Debug)]
pub struct Owned {
    pub client: ClientId,
    pub customer: HaloCustomerId,
    pub customer_name: Option<String>,
    pub subscription: HaloSubscriptionId,
    pub last_synced_quantity: Option<u32>,
}

/// A subscription as Halo's list shows it.
#[derive(Clone, Debug)]
pub struct Shown {
    pub id: HaloSubscriptionId,
    pub customer: HaloCustomerId,
    pub customer_name: Option<String>,
    pub quantity: Option<u32>,
    pub active: bool,
}

/// What was read of Halo.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub subscriptions: Vec<Shown>,
    /// Those of them that a client of any partner has or had.
    pub associated: BTreeSet<HaloSubscriptionId>,
    pub active_customers: BTreeSet<HaloCustomerId>,
    /// `None` if the agent may not read invoices.
    pub billing: Option<BTreeMap<HaloSubscriptionId, Billing>>,
    /// Customers that an invoice bills a fixed quantity.
    pub fixed: BTreeMap<HaloCustomerId, HaloInvoiceId>,
}

/// Compares what clients have with what Halo has.
pub fn compare(tenant: HaloTenant, owned: &[Owned], facts: &Facts, at: DateTime<Utc>) -> Reconciliation {
    let shown: BTreeMap<_, _> = facts.subscriptions.iter().map(|shown| (shown.id, shown)).collect();
    let (mut findings, mut right, mut not_billed) = (Vec::new(), 0, 0);
    for association in owned {
        let found = shown.get(&association.subscription);
        let finding = |kind, invoice| Finding {
            kind,
            client: Some(association.client),
            customer: association.customer,
            customer_name: association.customer_name.clone(),
            subscription: Some(association.subscription),
            invoice,
            quantity_in_halo: found.and_then(|found| found.quantity),
            last_synced_quantity: association.last_synced_quantity,
        };
        let before = findings.len();
        match found {
            None => findings.push(finding(FindingKind::SubscriptionMissing, None)),
            Some(found) => {
                let wrong = [
                    (found.customer != association.customer, FindingKind::SubscriptionMoved),
                    (!found.active, FindingKind::SubscriptionInactive),
                    (found.quantity != association.last_synced_quantity, FindingKind::QuantityDiffers),
                ];
                findings.extend(wrong.into_iter().filter(|(is, _)| *is).map(|(_, kind)| finding(kind, None)));
            }
        }
        if !facts.active_customers.contains(&association.customer) {
            findings.push(finding(FindingKind::CustomerInactive, None));
        }
        right += u32::from(findings.len() == before);
        let billing = facts.billing.as_ref().and_then(|billing| billing.get(&association.subscription));
        if found.is_some()
            && billing.is_some_and(|billing| !matches!(billing, Billing::OnRecurringInvoice | Billing::Unknown))
        {
            not_billed += 1;
            findings.push(match facts.fixed.get(&association.customer) {
                Some(invoice) => finding(FindingKind::FixedQuantity, Some(*invoice)),
                None => finding(FindingKind::NotOnInvoice, None),
            });
        }
    }
    let ours: BTreeSet<_> = owned.iter().map(|association| association.subscription).collect();
    // Without a quantity it bills nothing.
    let orphans = facts.subscriptions.iter().filter(|shown| {
        shown.active && shown.quantity != Some(0) && !ours.contains(&shown.id) && !facts.associated.contains(&shown.id)
    });
    findings.extend(orphans.map(|shown| Finding {
        kind: FindingKind::SubscriptionWithoutClient,
        client: None,
        customer: shown.customer,
        customer_name: shown.customer_name.clone(),
        subscription: Some(shown.id),
        invoice: None,
        quantity_in_halo: shown.quantity,
        last_synced_quantity: None,
    }));
    findings.sort_by_key(|finding| (finding.kind, finding.customer, finding.subscription));
    let total = count(findings.len());
    findings.truncate(MOST_FINDINGS);
    Reconciliation {
        at,
        tenant,
        subscriptions: count(owned.len()),
        right,
        not_billed,
        billing_known: facts.billing.is_some(),
        total,
        findings,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Finding {
    /// What is wrong.
    pub fn message(&self) -> String {
        let customer = self.customer_name.clone().unwrap_or_else(|| format!("Customer {}", self.customer));
        let number = |quantity: Option<u32>| quantity.map_or("no whole number".to_owned(), |it| it.to_string());
        let in_halo = number(self.quantity_in_halo);
        match self.kind {
            FindingKind::SubscriptionWithoutClient => format!(
                "{customer} has a subscription from INFIMA with quantity {in_halo} in Halo, and no client has it."
            ),
            FindingKind::SubscriptionMissing => format!("Halo does not show the client's subscription at {customer}."),
            FindingKind::SubscriptionMoved => {
                format!("The client is mapped to {customer}, and its subscription is at another customer in Halo.")
            }
            FindingKind::SubscriptionInactive => {
                format!("The client's subscription at {customer} is inactive in Halo.")
            }
            FindingKind::QuantityDiffers => {
                let confirmed = self.last_synced_quantity.map_or("none yet".to_owned(), |it| it.to_string());
                format!("The quantity at {customer} is {in_halo} in Halo; INFIMA last confirmed {confirmed}.")
            }
            FindingKind::CustomerInactive => {
                format!("{customer} is inactive in Halo, was deleted, or is hidden from the API agent.")
            }
            FindingKind::FixedQuantity => {
                format!("A recurring invoice bills {customer} a fixed quantity instead of the subscription's.")
            }
            FindingKind::NotOnInvoice => format!("No recurring invoice bills the client's subscription at {customer}."),
        }
    }

    /// What a person can do about it.
    pub fn suggested_act(&self) -> FindingAct {
        match self.kind {
            FindingKind::SubscriptionWithoutClient => FindingAct::MapClient,
            FindingKind::SubscriptionMoved => FindingAct::MapAgain,
            FindingKind::SubscriptionMissing | FindingKind::QuantityDiffers => FindingAct::RequestSync,
            FindingKind::SubscriptionInactive
            | FindingKind::CustomerInactive
            | FindingKind::FixedQuantity
            | FindingKind::NotOnInvoice => FindingAct::FixInHalo,
        }
    }

    /// How to do it.
    pub fn remedy(&self) -> &'static str {
        match self.kind {
            FindingKind::SubscriptionWithoutClient => {
                "Map the client that it belongs to. If it belongs to none, find out who added it before you end it in Halo."
            }
            FindingKind::SubscriptionMissing => "Request a sync: it finds out whether the subscription was deleted.",
            FindingKind::SubscriptionMoved => {
                "Find out who moved it. Map the client to the customer that should be billed, or move it back in Halo."
            }
            FindingKind::SubscriptionInactive => {
                "Find out who deactivated it, and activate it in Halo if it should bill."
            }
            FindingKind::QuantityDiffers => "Request a sync to set the quantity, or find out who changed it in Halo.",
            FindingKind::CustomerInactive => "Activate the customer in Halo, or remove the client's mapping.",
            FindingKind::FixedQuantity => {
                "Link the invoice's line with the subscription in Halo, so that its quantity follows."
            }
            FindingKind::NotOnInvoice => "Add the subscription to a recurring invoice in Halo.",
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn owned(number: i32, last_synced_quantity: u32) -> Owned {
        Owned {
            client: ClientId(Uuid::from_u128(number as u128)),
            customer: HaloCustomerId(number),
            customer_name: Some(format!("C{number}")),
            subscription: HaloSubscriptionId(number),
            last_synced_quantity: Some(last_synced_quantity),
        }
    }

    fn shown(number: i32, quantity: u32) -> Shown {
        Shown {
            id: HaloSubscriptionId(number),
            customer: HaloCustomerId(number),
            customer_name: None,
            quantity: Some(quantity),
            active: true,
        }
    }

    #[test]
    fn each_kind_of_finding_is_found_once() {
        let facts = Facts {
            subscriptions: vec![
                shown(1, 5),
                shown(2, 7),
                shown(4, 4),
                shown(5, 5),
                shown(6, 6),
                shown(7, 7),
                Shown { active: false, ..shown(8, 1) },
                shown(9, 0),
                shown(10, 3),
                Shown { customer: HaloCustomerId(1), ..shown(11, 1) },
                Shown { active: false, ..shown(12, 1) },
            ],
            associated: [HaloSubscriptionId(10)].into(),
            active_customers: [1, 2, 3, 5, 6, 11, 12].map(HaloCustomerId).into(),
            billing: Some(
                [
                    (1, Billing::OnRecurringInvoice),
                    (2, Billing::OnRecurringInvoice),
                    (4, Billing::OnRecurringInvoice),
                    (5, Billing::NotOnRecurringInvoice),
                    (6, Billing::InvoiceDisabled),
                ]
                .map(|(id, billing)| (HaloSubscriptionId(id), billing))
                .into(),
            ),
            fixed: [(HaloCustomerId(5), HaloInvoiceId(-9))].into(),
        };
        let all =
            [owned(1, 5), owned(2, 6), owned(3, 3), owned(4, 4), owned(5, 5), owned(6, 6), owned(11, 1), owned(12, 1)];
        let report = compare(HaloTenant("t".into()), &all, &facts, DateTime::UNIX_EPOCH);
        let found: Vec<_> = report.findings.iter().map(|it| (it.kind, it.subscription.unwrap().0)).collect();
        assert_eq!(
            found,
            [
                (FindingKind::SubscriptionWithoutClient, 7),
                (FindingKind::SubscriptionMissing, 3),
                (FindingKind::SubscriptionMoved, 11),
                (FindingKind::SubscriptionInactive, 12),
                (FindingKind::QuantityDiffers, 2),
                (FindingKind::CustomerInactive, 4),
                (FindingKind::FixedQuantity, 5),
                (FindingKind::NotOnInvoice, 6),
            ]
        );
        assert_eq!((report.subscriptions, report.right, report.not_billed, report.total), (8, 3, 2, 8));
    }

    #[test]
    fn everything_right_has_no_findings_also_without_invoices() {
        let facts = Facts {
            subscriptions: vec![shown(1, 5)],
            active_customers: [HaloCustomerId(1)].into(),
            ..Facts::default()
        };
        let report = compare(HaloTenant("t".into()), &[owned(1, 5)], &facts, DateTime::UNIX_EPOCH);
        assert_eq!((report.findings.len(), report.right, report.billing_known), (0, 1, false));
    }
}
