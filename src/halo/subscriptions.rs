//! Reading subscriptions: Halo's software licence records (Halo's API notes, section 4).

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{
    HaloError, PreservedFields, Session, decode,
    paging::{Found, Record},
    transport::{Area, MaxWait},
};
use crate::ids::{HaloCustomerId, HaloSubscriptionId};

/// What our subscriptions carry as vendor and manufacturer. Together with the initial name it recognises one whose marker
/// Halo did not keep.
pub const VENDOR: &str = "INFIMA";

/// A subscription as Halo has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub id: HaloSubscriptionId,
    /// Where the record is now; a partner may have moved it.
    pub customer: HaloCustomerId,
    pub name: String,
    pub quantity: Quantity,
    /// Per unit. Only ever compared, never written back.
    pub price: Option<f64>,
    /// Per unit. Only ever compared, never written back.
    pub cost: Option<f64>,
    pub notes: Option<String>,
    pub active: bool,
    pub deleted: bool,
    /// What this integration wrote to find it again, if Halo kept it.
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

/// What Halo says to a subscription's id.
#[derive(Clone, Debug, PartialEq)]
pub enum SubscriptionLookup {
    /// It is there, active or not.
    Found(Subscription),
    /// Halo knows no such record, or has it marked as deleted.
    Deleted,
    /// Halo has no answer for this one, or none that is understood, though it has for others.
    Unclear(HaloError),
}

impl Subscription {
    /// The fields that a write of the quantity must leave as they are.
    pub fn untouched(&self) -> PreservedFields {
        PreservedFields { name: self.name.clone(), price: self.price, cost: self.cost, notes: self.notes.clone() }
    }

    /// Whether the vendor text is ours, as this integration wrote it.
    pub fn is_from_our_vendor(&self) -> bool {
        self.vendor.as_deref().is_some_and(|vendor| vendor.trim().eq_ignore_ascii_case(VENDOR))
    }
}

/// The name in Halo of the field that carries our marker: an ordinary string that is in list rows and that an
/// integration like this one is not known to use otherwise (Halo's API notes, section 4.7). The struct below and the create's body use this one.
pub(super) const MARKER_FIELD: &str = "product_sku";

#[derive(Deserialize)]
pub(super) struct WireLicence {
    #[serde(deserialize_with = "decode::id")]
    id: i32,
    #[serde(default, deserialize_with = "decode::maybe_id")]
    client_id: Option<i32>,
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
    let value = Value::deserialize(deserializer)?;
    Ok(match decode::whole(&value).and_then(|count| u32::try_from(count).ok()) {
        Some(count) => Quantity::Whole(count),
        None => Quantity::NotWhole(value.to_string().chars().take(40).collect()),
    })
}

impl Record for WireLicence {
    const PATH: &'static str = "/SoftwareLicence";
    const AREA: Area = Area::Licences;
    const ALL: &'static [(&'static str, &'static str)] = &[("includeinactive", "true")];

    fn id(&self) -> i32 {
        self.id
    }

    fn is_whole(&self) -> bool {
        self.client_id.is_some()
    }
}

impl WireLicence {
    /// The record as one of this customer's, where it does not say whose it is: Halo promises no field but the id.
    pub(super) fn of(mut self, customer: HaloCustomerId) -> Subscription {
        self.client_id.get_or_insert(customer.0);
        self.complete().expect("it has a customer now")
    }

    /// Whether it carries our vendor text, or a marker, which may be ours.
    fn is_ours(&self) -> bool {
        let marked = self.product_sku.as_deref().is_some_and(|it| !it.is_empty());
        marked || self.vendor.as_deref().is_some_and(|it| it.trim().eq_ignore_ascii_case(VENDOR))
    }

    /// The same, or it says too little to tell.
    fn may_be_ours(&self) -> bool {
        self.is_ours() || self.vendor.as_deref().is_none_or(|it| it.trim().is_empty())
    }

    /// None: it does not say whose it is.
    pub(super) fn complete(self) -> Option<Subscription> {
        let wire = self;
        Some(Subscription {
            id: HaloSubscriptionId(wire.id),
            customer: HaloCustomerId(wire.client_id?),
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
    fn from_wire(found: Found<WireLicence>) -> Self {
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
    /// Every subscription of a customer: all pages, inactive and deleted ones included, other vendors' too. Filtered again
    /// here, because Halo silently ignores a parameter it does not know and then answers the whole tenant's. A row that may be
    /// ours and does not say whose it is, is asked for by itself: taken for somebody else's, it would be created once more.
    pub async fn subscriptions_of(&self, customer: HaloCustomerId) -> Result<Vec<Subscription>, HaloError> {
        let rows = self.pages::<WireLicence>(vec![("client_id", customer.to_string())]).all().await?;
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

    /// Subscriptions by their ids, read the cheaper way: pages of the tenant's list or record by record. One that the list
    /// lacks is read by itself before it counts as deleted. Every id asked for is in the answer.
    pub async fn subscriptions(
        &self,
        ids: &[HaloSubscriptionId],
    ) -> Result<BTreeMap<HaloSubscriptionId, SubscriptionLookup>, HaloError> {
        let found = self.look_up::<WireLicence>(ids.iter().map(|id| id.0).collect()).await?;
        Ok(found
            .into_iter()
            .map(|(id, found)| (HaloSubscriptionId(id), SubscriptionLookup::from_wire(found)))
            .collect())
    }

    /// One subscription by its id. None: there is none.
    pub async fn subscription(&self, id: HaloSubscriptionId) -> Result<Option<Subscription>, HaloError> {
        match self.subscriptions(&[id]).await?.remove(&id) {
            Some(SubscriptionLookup::Found(found)) => Ok(Some(found)),
            Some(SubscriptionLookup::Unclear(error)) => Err(error),
            Some(SubscriptionLookup::Deleted) | None => Ok(None),
        }
    }
}
