//! Reads subscriptions: Halo's software licence records (docs/halo-api.md, section 4).

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{
    HaloError, KeptRows, PreservedFields, Session, decode,
    lookup::{AbsenceProof, RecordLookup},
    paging::{EndProof, ListFilter, ListedRecord, max_wait},
    transport::Area,
};
use crate::domain::association::{MARKER_PREFIX, is_branded};
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
    pub active: bool,
    pub deleted: bool,
    /// The marker that this integration wrote to find the record again, if Halo kept it.
    pub marker: Option<String>,
    pub vendor: Option<String>,
    /// What a write must leave as it is. `None` for the row of a list, which may leave members out
    /// or shorten them.
    pub fields: Option<PreservedFields>,
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
    /// Returns whether the vendor text is ours, as this integration wrote it.
    pub fn is_from_our_vendor(&self) -> bool {
        self.vendor.as_deref().is_some_and(is_our_vendor)
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
    #[serde(default, deserialize_with = "count")]
    count: Option<Quantity>,
    #[serde(default, deserialize_with = "decode::flag")]
    is_active: Option<bool>,
    #[serde(default, deserialize_with = "decode::flag")]
    deleted: Option<bool>,
    /// Absent is not blank: a list may leave members out.
    #[serde(default, deserialize_with = "shown_text")]
    product_sku: Option<Option<String>>,
    #[serde(default, deserialize_with = "shown_text")]
    vendor: Option<Option<String>>,
    #[serde(skip)]
    fields: Option<PreservedFields>,
}

fn shown_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    decode::text(deserializer).map(Some)
}

fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Quantity>, D::Error> {
    let value = decode::scalar(deserializer)?;
    Ok(Some(match decode::whole(&value).and_then(|count| u32::try_from(count).ok()) {
        Some(count) => Quantity::Whole(count),
        None => Quantity::NotWhole(value.to_string().chars().take(40).collect()),
    }))
}

impl ListedRecord for WireLicence {
    const PATH: &'static str = "/SoftwareLicence";
    const AREA: Area = Area::Licences;
    const ALL: &'static [(&'static str, &'static str)] = &[("includeinactive", "true")];
    const NEWEST_FIRST: bool = true;

    fn id(&self) -> i32 {
        self.id
    }

    fn size(&self) -> usize {
        let texts = [self.client_name.as_ref(), self.name.as_ref()].into_iter().flatten();
        let texts = texts.chain(self.product_sku.iter().flatten()).chain(self.vendor.iter().flatten());
        size_of::<Self>() + texts.map(String::len).sum::<usize>()
    }

    fn is_whole(&self) -> bool {
        self.client_id.is_some() && self.count.is_some()
    }

    fn with_members(self, members: &Value) -> Self {
        Self { fields: Some(PreservedFields::of(members)), ..self }
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

    fn marker(&self) -> Option<&str> {
        self.product_sku.as_ref()?.as_deref().filter(|it| !it.is_empty())
    }

    fn vendor(&self) -> Option<&str> {
        self.vendor.as_ref()?.as_deref().filter(|it| !it.trim().is_empty())
    }

    /// Returns whether the record carries our vendor text, or a marker, which may be ours.
    fn is_ours(&self) -> bool {
        self.marker().is_some() || self.vendor().is_some_and(is_our_vendor)
    }

    /// Returns whether the row leaves out whose record it is, and the record may be ours. A list
    /// may show as blank what it leaves out; a row whose name has INFIMA's in it is not believed to
    /// be of no vendor.
    fn hides_owner(&self) -> bool {
        let hides = self.client_id.is_none() || self.product_sku.is_none() || self.vendor.is_none();
        let named_like_ours = || self.name.as_deref().is_some_and(is_branded);
        hides && (self.is_ours() || self.vendor().is_none())
            || self.marker().is_none() && self.vendor().is_none() && named_like_ours()
    }

    /// Converts a record; `None` if it does not name its customer.
    pub(super) fn complete(self) -> Option<Subscription> {
        let wire = self;
        Some(Subscription {
            id: HaloSubscriptionId(wire.id),
            customer: HaloCustomerId(wire.client_id?),
            customer_name: wire.client_name.filter(|name| !name.trim().is_empty()),
            name: wire.name.unwrap_or_default(),
            quantity: wire.count.unwrap_or(Quantity::NotWhole("none".into())),
            active: wire.is_active.unwrap_or(true),
            deleted: wire.deleted.unwrap_or(false),
            marker: wire.product_sku.flatten().filter(|marker| !marker.is_empty()),
            vendor: wire.vendor.flatten().filter(|vendor| !vendor.is_empty()),
            fields: wire.fields,
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

fn is_our_vendor(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case(VENDOR)
}

fn of_no_customer(id: i32) -> HaloError {
    HaloError::NotUnderstood(format!("subscription {id}: of no customer"))
}

impl Session {
    /// Reads every subscription of a customer: all pages, inactive and deleted ones and other
    /// vendors' included. The rows are filtered again, because Halo silently ignores a parameter it
    /// does not know and then answers the whole tenant's rows. A row that may be ours and does not
    /// show its customer, marker or vendor is read singly: mistaken for another's, it would be
    /// created a second time. `kept` counts the rows of all lists that the caller keeps.
    pub async fn subscriptions_of(
        &self,
        customer: HaloCustomerId,
        kept: &mut KeptRows,
    ) -> Result<Vec<Subscription>, HaloError> {
        let filter = vec![("client_id", customer.to_string())];
        let wanted = |row: &WireLicence| row.hides_owner() || row.client_id == Some(customer.0);
        let rows = self.pages::<WireLicence>(filter, EndProof::AnotherPage).all(kept, wanted).await?;
        let (mut found, mut read) = (Vec::new(), 0);
        for row in rows {
            let id = row.id;
            let row = if row.hides_owner() {
                read += 1;
                self.single(id, max_wait(read)).await?
            } else {
                Some(row)
            };
            if row.as_ref().is_some_and(|row| row.client_id.is_none() && row.is_ours()) {
                return Err(of_no_customer(id));
            }
            found.extend(row.and_then(WireLicence::complete).filter(|found| found.customer == customer));
        }
        found.sort_by_key(|found| found.id);
        Ok(found)
    }

    /// Reads every subscription in the tenant that carries our vendor text or our marker, or is
    /// `known` to be ours, to the proven end of the list. Deleted ones are left out.
    pub async fn our_subscriptions(
        &self,
        known: &BTreeSet<HaloSubscriptionId>,
    ) -> Result<Vec<Subscription>, HaloError> {
        let is_known = |row: &WireLicence| known.contains(&HaloSubscriptionId(row.id));
        let is_marked = |row: &WireLicence| row.marker().is_some_and(|marker| marker.starts_with(MARKER_PREFIX));
        let is_of_us = |row: &WireLicence| row.vendor().is_some_and(is_our_vendor);
        let wanted =
            |row: &WireLicence| !row.deleted.unwrap_or(false) && (is_known(row) || is_marked(row) || is_of_us(row));
        let pages = self.pages::<WireLicence>(ListFilter::new(), EndProof::AnotherPage);
        let rows = pages.all(&mut KeptRows::default(), wanted).await?;
        Ok(rows.into_iter().filter_map(WireLicence::complete).collect())
    }

    /// Reads every subscription of many customers from the tenant's list, as
    /// [`Self::subscriptions_of`] does from theirs. `None` where that needs more requests than a
    /// list of each customer, or where the list does not prove that it has shown every row: one
    /// that is missing would be created a second time.
    ///
    /// A page may lack rows that moved up because others were deleted meanwhile. The list's count
    /// shows that, because it begins with the newest: a row that is created meanwhile moves the
    /// others down, where they are shown twice.
    pub async fn subscriptions_of_many(
        &self,
        customers: &BTreeSet<HaloCustomerId>,
        kept: &mut KeptRows,
    ) -> Result<Option<BTreeMap<HaloCustomerId, Vec<Subscription>>>, HaloError> {
        let mut pages = self.pages::<WireLicence>(ListFilter::new(), EndProof::AnotherPage);
        let (mut rows, mut total) = (Vec::new(), None);
        while let Some(page) = pages.next().await? {
            for row in page {
                let is_wanted = row.client_id.is_some_and(|id| customers.contains(&HaloCustomerId(id)));
                if row.hides_owner() {
                    return Ok(None);
                }
                if is_wanted {
                    kept.add(&row)?;
                    rows.push(row);
                }
            }
            let is_cheaper = pages.requests_left().is_some_and(|left| left < customers.len());
            if !is_cheaper || pages.ascending() || total.is_some_and(|before| Some(before) != pages.total()) {
                return Ok(None);
            }
            total = pages.total();
        }
        // One empty answer must not decide for all: each customer's own list is asked then.
        if pages.is_empty() || !pages.is_whole() || pages.rows_left().is_some_and(|left| left > 0) {
            return Ok(None);
        }
        let mut of_each: BTreeMap<_, Vec<_>> = BTreeMap::new();
        rows.sort_by_key(WireLicence::id);
        for found in rows.into_iter().filter_map(WireLicence::complete) {
            of_each.entry(found.customer).or_default().push(found);
        }
        Ok(Some(of_each))
    }

    /// Reads subscriptions by their ids by the cheaper way: pages of the tenant's list or record by
    /// record. A record that the list lacks is read by itself before it counts as deleted. Every
    /// requested id is in the answer.
    pub async fn subscriptions(
        &self,
        ids: &[HaloSubscriptionId],
    ) -> Result<BTreeMap<HaloSubscriptionId, SubscriptionLookup>, HaloError> {
        Ok(self.subscriptions_and_others(&ids.iter().map(|id| (*id, None)).collect()).await?.lookups)
    }

    /// Reads the same, and returns the subscriptions of ours that the lists showed besides. Where a
    /// record would be read singly, the list of its customer, if that is given, is read instead: it
    /// is one request as well, and it shows a copy of the record.
    pub async fn subscriptions_and_others(
        &self,
        wanted: &BTreeMap<HaloSubscriptionId, Option<HaloCustomerId>>,
    ) -> Result<Subscriptions, HaloError> {
        let of_customer = |customer: HaloCustomerId| ListFilter::from([("client_id", customer.to_string())]);
        let wanted = wanted.iter().map(|(id, customer)| (id.0, customer.map(of_customer))).collect();
        let (found, others) = self.look_up::<WireLicence>(wanted, AbsenceProof::SingleRead).await?;
        let lookups =
            found.into_iter().map(|(id, found)| (HaloSubscriptionId(id), SubscriptionLookup::from_wire(found)));
        let others = others.into_iter().filter_map(WireLicence::complete).filter(|other| !other.deleted);
        let mut others: Vec<_> = others.collect();
        others.sort_by_key(|other| other.id);
        Ok(Subscriptions { lookups: lookups.collect(), others })
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
