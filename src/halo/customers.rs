//! Halo's customers: the companies a partner bills.

use std::collections::BTreeMap;

use serde::{Deserialize, de::IgnoredAny};

use super::{
    HaloError, KeptRows, Session, decode,
    lookup::AbsenceProof,
    paging::{EndProof, ListedRecord, MIN_PAGE_CAP, PAGE_SIZE},
    transport::{Area, MaxWait},
};
use crate::ids::HaloCustomerId;

const LARGEST_PAGE: u32 = 100;
/// The most customers that are read as a whole list while a user waits.
const MOST_LISTED: u32 = 5_000;

/// A customer as Halo shows it. Names may occur twice; the top level helps to distinguish them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: HaloCustomerId,
    pub name: String,
    pub top_level: Option<String>,
    /// What else distinguishes customers of the same name, where Halo shows it.
    pub site: Option<String>,
    pub domain: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub active: bool,
}

/// One page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerPage {
    pub customers: Vec<Customer>,
    /// The number of hits over all pages, if Halo reports it.
    pub total: Option<u32>,
    pub has_more: bool,
}

/// Halo's answer for one customer id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerLookup {
    /// The customer exists, active or not.
    Found(Customer),
    /// The customer was deleted, merged into another one, or is hidden from the agent: a team
    /// restriction hides it in the same way.
    Missing,
}

#[derive(Deserialize)]
pub(super) struct WireClient {
    #[serde(deserialize_with = "decode::id")]
    id: i32,
    #[serde(default, deserialize_with = "decode::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    toplevel_name: Option<String>,
    #[serde(default, deserialize_with = "decode::flag")]
    inactive: Option<bool>,
    #[serde(default, deserialize_with = "decode::flag")]
    deleted: Option<bool>,
    #[serde(default, deserialize_with = "decode::maybe_id")]
    main_site_id: Option<i32>,
    #[serde(default, deserialize_with = "decode::text")]
    main_site_name: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    website: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    override_org_website: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    phone_number: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    override_org_phone: Option<String>,
    #[serde(default)]
    override_org_address: Option<WireAddress>,
}

/// An address, in the lines of Halo's form. Whatever else a tenant sends is no address.
#[derive(Deserialize)]
#[serde(untagged)]
enum WireAddress {
    Lines(AddressLines),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct AddressLines {
    #[serde(default, deserialize_with = "decode::text")]
    line1: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    line2: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    line3: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    line4: Option<String>,
    #[serde(default, deserialize_with = "decode::text")]
    postcode: Option<String>,
}

impl WireAddress {
    fn in_one_line(self) -> Option<String> {
        let WireAddress::Lines(AddressLines { line1, line2, line3, line4, postcode }) = self else { return None };
        let lines = [line1, line2, line3, line4, postcode].into_iter().filter_map(some_text);
        some_text(Some(lines.collect::<Vec<_>>().join(", ")))
    }
}

/// The longest detail that is kept of a customer.
const LONGEST_DETAIL: usize = 200;

/// The text in one line, if there is any.
fn some_text(text: Option<String>) -> Option<String> {
    let text = text?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| text.chars().take(LONGEST_DETAIL).collect())
}

/// The domain of a web site, which people type with or without its scheme.
fn domain_of(website: &str) -> Option<String> {
    let host = website.split_once("://").map_or(website, |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default().trim().to_lowercase();
    some_text(Some(host.strip_prefix("www.").unwrap_or(&host).to_owned()))
}

impl WireClient {
    /// Returns the site that Halo takes for the customer itself.
    pub(super) fn main_site(&self) -> Option<i32> {
        self.main_site_id.filter(|id| *id > 0)
    }
}

impl ListedRecord for WireClient {
    const PATH: &'static str = "/Client";
    const AREA: Area = Area::Customers;
    const ALL: &'static [(&'static str, &'static str)] = &[("includeinactive", "true"), ("includeactive", "true")];

    fn id(&self) -> i32 {
        self.id
    }

    fn size(&self) -> usize {
        let texts = [
            &self.name,
            &self.toplevel_name,
            &self.main_site_name,
            &self.website,
            &self.override_org_website,
            &self.phone_number,
            &self.override_org_phone,
        ];
        size_of::<Self>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

impl From<WireClient> for Customer {
    fn from(wire: WireClient) -> Self {
        Self {
            id: HaloCustomerId(wire.id),
            name: wire.name.unwrap_or_default(),
            top_level: wire.toplevel_name.filter(|name| !name.is_empty()),
            site: some_text(wire.main_site_name),
            domain: some_text(wire.website)
                .or_else(|| some_text(wire.override_org_website))
                .and_then(|website| domain_of(&website)),
            phone: some_text(wire.phone_number).or_else(|| some_text(wire.override_org_phone)),
            address: wire.override_org_address.and_then(WireAddress::in_one_line),
            active: !wire.inactive.unwrap_or(false),
        }
    }
}

impl Session {
    /// Searches active customers with Halo's own search. `page_no` counts from 1, `page_size` goes
    /// to 100; an empty search returns the beginning of the whole list. Hits are not filtered
    /// again, because the fields that Halo searches are not documented.
    pub async fn search_customers(
        &self,
        search: &str,
        page_no: u32,
        page_size: u32,
    ) -> Result<CustomerPage, HaloError> {
        let page_size = page_size.clamp(1, LARGEST_PAGE);
        let mut filter = vec![("includeinactive", "false".to_owned()), ("includeactive", "true".to_owned())];
        let search: String = search.trim().chars().filter(|c| !c.is_control()).collect();
        if !search.is_empty() {
            filter.push(("search", search));
        }
        let page_no = page_no.max(1);
        let mut page = self.page_in_parts::<WireClient>(&filter, page_no, page_size).await?;
        page.rows.truncate(LARGEST_PAGE as usize);
        let (here, counted) = (page.rows.len() as u32, page.total);
        // A server that caps its pages reports so in `page_size`.
        let full = page.page_size.unwrap_or(page_size).min(page_size);
        let end = (page_no - 1).saturating_mul(full).saturating_add(here);
        let has_more = if here == 0 {
            false
        } else if counted.is_some_and(|counted| counted > end) {
            true
        } else if here >= full.min(MIN_PAGE_CAP) {
            // The count may be that of this page, and the page may be capped.
            let next = self.page::<WireClient>(&filter, end + 1, 1, MaxWait::Default).await?;
            next.rows.iter().any(|next| page.rows.iter().all(|row| row.id != next.id))
        } else {
            false
        };
        let total = counted.filter(|counted| here == 0 || *counted > end || *counted == end && !has_more);
        Ok(CustomerPage { customers: page.rows.into_iter().map(Customer::from).collect(), total, has_more })
    }

    /// Reads the whole list of active customers, to its proven end: a customer that is left out may
    /// be the second one of a name.
    pub async fn active_customers(&self) -> Result<Vec<Customer>, HaloError> {
        let filter = vec![("includeinactive", "false".to_owned()), ("includeactive", "true".to_owned())];
        let mut pages = self.pages::<WireClient>(filter, EndProof::AnotherPage);
        pages.allow(MOST_LISTED / PAGE_SIZE + 2);
        let is_active = |wire: &WireClient| !wire.inactive.unwrap_or(false) && !wire.deleted.unwrap_or(false);
        let rows = pages.all(&mut KeptRows::at_most(MOST_LISTED), is_active).await?;
        Ok(rows.into_iter().map(Customer::from).collect())
    }

    /// Reads customers by their ids, inactive ones included, by whichever way needs fewer requests.
    /// Every requested id is in the answer.
    pub async fn customers(
        &self,
        ids: &[HaloCustomerId],
    ) -> Result<BTreeMap<HaloCustomerId, CustomerLookup>, HaloError> {
        self.look_up_customers(ids, AbsenceProof::SingleRead).await
    }

    /// Reads the same to see which of the customers the agent is shown. A customer that the whole
    /// list lacks is not looked for by itself, so that a restricted agent costs few requests.
    pub async fn visible_customers(
        &self,
        ids: &[HaloCustomerId],
    ) -> Result<BTreeMap<HaloCustomerId, CustomerLookup>, HaloError> {
        match self.look_up_customers(ids, AbsenceProof::WholeList).await {
            Err(HaloError::NothingVisible(_) | HaloError::PermissionDenied(_)) => {
                Ok(ids.iter().map(|id| (*id, CustomerLookup::Missing)).collect())
            }
            other => other,
        }
    }

    /// Returns whether the agent is shown any customer at all.
    pub async fn sees_customers(&self) -> Result<bool, HaloError> {
        Ok(!self.page::<WireClient>(&[], 1, 1, MaxWait::Default).await?.rows.is_empty())
    }

    async fn look_up_customers(
        &self,
        ids: &[HaloCustomerId],
        absence: AbsenceProof,
    ) -> Result<BTreeMap<HaloCustomerId, CustomerLookup>, HaloError> {
        let (found, _) = self.look_up::<WireClient>(ids.iter().map(|id| (id.0, None)).collect(), absence).await?;
        let lookups = found.into_iter().map(|(id, wire)| {
            let wire = wire?.filter(|wire| !wire.deleted.unwrap_or(false));
            Ok((HaloCustomerId(id), wire.map_or(CustomerLookup::Missing, |wire| CustomerLookup::Found(wire.into()))))
        });
        // A record that is not understood, or too large, is left out of the answer; an unreachable
        // Halo is an error.
        let concerns_others =
            |it: &Result<_, _>| !matches!(it, Err(HaloError::NotUnderstood(_) | HaloError::AnswerTooLarge(_)));
        lookups.filter(concerns_others).collect()
    }
}
