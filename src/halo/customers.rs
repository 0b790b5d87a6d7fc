//! Halo's customers: the companies a partner bills.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    HaloError, Session, decode,
    paging::ListedRecord,
    transport::{Area, MaxWait},
};
use crate::ids::HaloCustomerId;

const LARGEST_PAGE: u32 = 100;

/// A customer as Halo shows it. Names may occur twice; the top level helps to distinguish them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    pub id: HaloCustomerId,
    pub name: String,
    pub top_level: Option<String>,
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
}

impl ListedRecord for WireClient {
    const PATH: &'static str = "/Client";
    const AREA: Area = Area::Customers;
    const ALL: &'static [(&'static str, &'static str)] = &[("includeinactive", "true"), ("includeactive", "true")];

    fn id(&self) -> i32 {
        self.id
    }
}

impl From<WireClient> for Customer {
    fn from(wire: WireClient) -> Self {
        Self {
            id: HaloCustomerId(wire.id),
            name: wire.name.unwrap_or_default(),
            top_level: wire.toplevel_name.filter(|name| !name.is_empty()),
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
        let page = self.page::<WireClient>(&filter, page_no.max(1), page_size, MaxWait::Default).await?;
        // A server that caps its pages reports so in `page_size`.
        let full = u64::from(page.page_size.unwrap_or(page_size).min(page_size));
        let here = page.rows.len() as u64;
        let before = u64::from(page_no.max(1) - 1) * full;
        let has_more = here > 0 && page.total.map_or(here >= full, |total| before + here < u64::from(total));
        Ok(CustomerPage { customers: page.rows.into_iter().map(Customer::from).collect(), total: page.total, has_more })
    }

    /// Reads customers by their ids, inactive ones included, by whichever way needs fewer requests.
    /// Every requested id is in the answer.
    pub async fn customers(
        &self,
        ids: &[HaloCustomerId],
    ) -> Result<BTreeMap<HaloCustomerId, CustomerLookup>, HaloError> {
        let found = self.look_up::<WireClient>(ids.iter().map(|id| id.0).collect()).await?;
        let lookups = found.into_iter().map(|(id, wire)| {
            let wire = wire?.filter(|wire| !wire.deleted.unwrap_or(false));
            Ok((HaloCustomerId(id), wire.map_or(CustomerLookup::Missing, |wire| CustomerLookup::Found(wire.into()))))
        });
        // A record that is not understood is left out of the answer; an unreachable Halo is an
        // error.
        lookups.filter(|it| !matches!(it, Err(HaloError::NotUnderstood(_)))).collect()
    }
}
