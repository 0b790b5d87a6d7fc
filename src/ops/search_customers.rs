//! Halo's own customer search, for the mapping dialog.

use super::{OpError, Ops, Request, check_connection, halo, search_text};
use crate::auth::{Act, permit};
use crate::domain::association::MappedCustomer;
use crate::halo::Lane;
use crate::ids::{HaloTenant, PartnerId};

/// One page of what Halo found.
#[derive(Clone, Debug)]
pub struct FoundCustomers {
    pub tenant: HaloTenant,
    pub customers: Vec<MappedCustomer>,
    pub total: Option<u32>,
    pub has_more: bool,
}

/// `page` counts from 1. An empty search is the beginning of the whole list.
pub async fn search_customers(
    ops: &Ops,
    request: &Request<'_>,
    partner: PartnerId,
    search: &str,
    page: u32,
    size: u32,
) -> Result<FoundCustomers, OpError> {
    let scope = permit(request.caller, Act::SearchCustomers, partner)?;
    let search = search_text(search)?;
    let (connection, session) =
        halo::stored_session(ops, &scope, Lane::People).await?.ok_or_else(check_connection::not_connected)?;
    let found = session.search_customers(search, page, size).await?;
    let customers = found
        .customers
        .into_iter()
        .map(|customer| MappedCustomer { id: customer.id, name: Some(customer.name), top_level: customer.top_level })
        .collect();
    Ok(FoundCustomers { tenant: connection.tenant, customers, total: found.total, has_more: found.has_more })
}
