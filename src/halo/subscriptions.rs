//! Reads subscriptions: Halo's software licence records (docs/halo-api.md, section 4).

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer};

use super::{
    HaloError, PreservedFields, Session, decode,
    paging::{AbsenceProof, EndProof, ListedRecord, RecordLookup},
    transport::{Area, MaxWait},
};
use crate::ids::{HaloCustomerId, HaloSubscriptionId};

/// The vendor and manufacturer of our subscriptions. Together with the initial name it identifies a
/// subscription whose marker Halo did not keep.
pub const VENDOR: &str = "INFIMA";

/// A subscription as Halo has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub id: HaloSubscriptionId,
    /// The customer that has the record now; a partner may have moved it.
    pub customer: HaloCustomerId,
    /// The customer's name, if the record shows it.
    pub customer_name: Option<String>,
    pub name: String,
    pub quantity: Quantity,
    /// The price per unit. It is only compared, never written.
    pub price: Option<f64>,
    /// The price per unit. It is only compared, never written.
    pub cost: Option<f64>,
    pub notes: Option<String>,
    pub active: bool,
    pub deleted: bool,
    /// The marker that this integration wrote to find the record again, if Halo kept it.
    pub marker: Option<String>,
    pub vendor: Option<String>,
}

/// A quantity in Halo. Its type there is a double.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    Whole(u32),
    /// Negative, a fraction, too large, or no number at all; as Halo wrote it.
    NotWhole(String),
}

impl Quantity {
    pub fn whole(&self) -> Option<u32> {
        match self {
            Quantity::Whole(quantity) => Some(*quantity),
            Quantity::NotWhole(_) => None,
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Whole(quantity) => write!(f, "{quantity}"),
            Quantity::NotWhole(text) => f.write_str(text),
        }
    }
}

/// Halo's answer for one subscription id.
#[derive(Clone, Debug, PartialEq)]
pub enum SubscriptionLookup {
    /// The subscription exists, active or not.
    Found(Subscription),
    /// Halo has no such record, or marks it as deleted.
    Deleted,
    /// Halo has no answer for this record, or none that is understood, though it has for others.
    Unclear(HaloError),
}

/// Halo's answers for several subscription ids.
#[derive(Clone, Debug)]
pub struct Subscriptions {
    pub lookups: BTreeMap<HaloSubscriptionId, SubscriptionLookup>,
    /// Subscriptions with our vendor text or a marker that the list showed besides. They may be
    /// duplicates.
    pub others: Vec<Subscription>,
}

impl Subscription {
    /// The fields that a write of the quantity must leave as they are.
    pub fn untouched(&self) -> PreservedFields {
        PreservedFields { name: self.name.clone(), price: self.price, cost: self.cost, notes: self.notes.clone() }
    }

    /// Returns whether the vendor text is ours, as this integration wrote it.
    pub fn is_from_our_vendor(&self) -> bool {
        self.vendor.as_deref().is_some_and(|vendor| vendor.trim().eq_ignore_ascii_case(VENDOR))
    }
}

/// The name in Halo of the field that carries our marker: an ordinary string that is in list rows
/// and that an integration like this one is not known to use otherwise (docs/halo-api.md, section
/// 4.7). The struct below and the create's body use this one.
pub(super) const MARKER_FIELD: &str = "product_sku";

#[derive(Deserialize)]
pub(super) struct WireLicence {
    #[serde(deserialize_with = "decode::id")]
    id: i32,
    #[serde(default, deserialize_with = "decode::maybe_id")]
    client_id: Option<i32>,
    #[serde(default, deserialize_with = "decode::text")]
    client_name: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    name: Option<String>,
    #[serde(default = "no_count", deserialize_with = "count")]
    count: Quantity,
    #[serde(default, deserialize_with = "decode::decimal")]
    price: Option<f64>,
    #[serde(default, deserialize_with = "decode::decimal")]
    purchase_price: Option<f64>,
    #[serde(default, deserialize_with = "decode::text")]
    notes: Option<String>,
    #[serde(default, deserialize_with = "decode::flag")]
    is_active: Option<bool>,
    #[serde(default, deserialize_with = "decode::flag")]
    deleted: Option<bool>,
    #[serde(default, deserialize_with = "decode::text")]
    product_sku: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    vendor: Option<String>,
}

fn no_count() -> Quantity {
    Quantity::NotWhole("none".into())
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
    let value = decode::scalar(deserializer)?;
    Ok(match decode::whole(&value).and_then(|count| u32::try_from(count).ok()) {
        Some(count) => Quantity::Whole(count),
        None => Quantity::NotWhole(value.to_string().chars().take(40).collect()),
    })
}

impl ListedRecord for WireLicence {
    const PATH: &'static str = "/SoftwareLicence";
    const AREA: Area = Area::Licences;
    const ALL: &'static [(&'static str, &'static str)] = &[("includeinactive", "true")];

    fn id(&self) -> i32 {
        self.id
    }

    fn is_whole(&self) -> bool {
        self.client_id.is_some()
    }

    fn is_of_interest(&self) -> bool {
        self.is_ours()
    }
}

impl WireLicence {
    /// Converts a record that may not name its customer, given the customer: Halo promises no
    /// member but the id.
    pub(super) fn of(mut self, customer: HaloCustomerId) -> Subscription {
        self.client_id.get_or_insert(customer.0);
        self.complete().expect("it has a customer now")
    }

    /// Returns whether the record carries our vendor text, or a marker, which may be ours.
    fn is_ours(&self) -> bool {
        let marked = self.product_sku.as_deref().is_some_and(|it| !it.is_empty());
        marked || self.vendor.as_deref().is_some_and(|it| it.trim().eq_ignore_ascii_case(VENDOR))
    }

    /// Returns whether the record is ours or holds too little to decide.
    fn may_be_ours(&self) -> bool {
        self.is_ours() || self.vendor.as_deref().is_none_or(|it| it.trim().is_empty())
    }

    /// Converts a record; `None` if it does not name its customer.
    pub(super) fn complete(self) -> Option<Subscription> {
        let wire = self;
        Some(Subscription {
            id: HaloSubscriptionId(wire.id),
            customer: HaloCustomerId(wire.client_id?),
            customer_name: wire.client_name.filter(|name| !name.trim().is_empty()),
            name: wire.name.unwrap_or_default(),
            quantity: wire.count,
            price: wire.price,
            cost: wire.purchase_price,
            notes: wire.notes.filter(|notes| !notes.is_empty()),
            active: wire.is_active.unwrap_or(true),
            deleted: wire.deleted.unwrap_or(false),
            marker: wire.product_sku.filter(|marker| !marker.is_empty()),
            vendor: wire.vendor.filter(|vendor| !vendor.is_empty()),
        })
    }
}

impl SubscriptionLookup {
    fn from_wire(found: RecordLookup<WireLicence>) -> Self {
        let wire = match found {
            Ok(wire) => wire.filter(|wire| !wire.deleted.unwrap_or(false)),
            Err(error) => return Self::Unclear(error),
        };
        match wire.map(|wire| (wire.id, wire.complete())) {
            None => Self::Deleted,
            Some((_, Some(found))) => Self::Found(found),
            Some((id, None)) => Self::Unclear(of_no_customer(id)),
        }
    }
}

fn of_no_customer(id: i32) -> HaloError {
    HaloError::NotUnderstood(format!("subscription {id}: of no customer"))
}

impl Session {
    /// Reads every subscription of a customer: all pages, inactive and deleted ones and other
    /// vendors' included. The rows are filtered again, because Halo silently ignores a parameter it
    /// does not know and then answers the whole tenant's rows. A row that may be ours and does not
    /// name its customer is read by itself: mistaken for another customer's, it would be created a
    /// second time.
    pub async fn subscriptions_of(&self, customer: HaloCustomerId) -> Result<Vec<Subscription>, HaloError> {
        let rows =
            self.pages::<WireLicence>(vec![("client_id", customer.to_string())], EndProof::AnotherPage).all().await?;
        let mut found = Vec::new();
        for row in rows {
            let (id, unclear) = (row.id, !row.is_whole() && row.may_be_ours());
            let row = if unclear { self.single(id, MaxWait::Default).await? } else { Some(row) };
            if row.as_ref().is_some_and(|row| !row.is_whole() && row.is_ours()) {
                return Err(of_no_customer(id));
            }
            found.extend(row.and_then(WireLicence::complete).filter(|found| found.customer == customer));
        }
        Ok(found)
    }

    /// Reads subscriptions by their ids by the cheaper way: pages of the tenant's list or record by
    /// record. A record that the list lacks is read by itself before it counts as deleted. Every
    /// requested id is in the answer.
    pub async fn subscriptions(
        &self,
        ids: &[HaloSubscriptionId],
    ) -> Result<BTreeMap<HaloSubscriptionId, SubscriptionLookup>, HaloError> {
        Ok(self.subscriptions_and_others(ids).await?.lookups)
    }

    /// Reads the same, and returns what the list showed besides.
    pub async fn subscriptions_and_others(&self, ids: &[HaloSubscriptionId]) -> Result<Subscriptions, HaloError> {
        let (found, others) =
            self.look_up::<WireLicence>(ids.iter().map(|id| id.0).collect(), AbsenceProof::SingleRead).await?;
        let lookups =
            found.into_iter().map(|(id, found)| (HaloSubscriptionId(id), SubscriptionLookup::from_wire(found)));
        let others = others.into_iter().filter_map(WireLicence::complete).filter(|other| !other.deleted);
        Ok(Subscriptions { lookups: lookups.collect(), others: others.collect() })
    }

    /// Reads one subscription by its id; `None` if Halo has none.
    pub async fn subscription(&self, id: HaloSubscriptionId) -> Result<Option<Subscription>, HaloError> {
        match self.subscriptions(&[id]).await?.remove(&id) {
            Some(SubscriptionLookup::Found(found)) => Ok(Some(found)),
            Some(SubscriptionLookup::Unclear(error)) => Err(error),
            Some(SubscriptionLookup::Deleted) | None => Ok(None),
        }
    }
}
