//! Searches customers with Halo's own search, for the mapping dialog.

use crate::auth::{Act, permit};
use crate::domain::association::MappedCustomer;
use crate::halo::Priority;
use crate::ids::{HaloTenant, PartnerId};
use crate::ops::connection::not_connected;
use crate::ops::{OpError, Ops, Request, association::search_text, halo};

/// One page of hits.
#[derive(Clone, Debug)]
pub struct FoundCustomers {
    pub tenant: HaloTenant,
    pub customers: Vec<MappedCustomer>,
    pub total: Option<u32>,
    pub has_more: bool,
}

/// Returns one page of hits. `page` counts from 1; an empty search returns the beginning of the
/// whole list.
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
        halo::stored_session(ops, &scope, Priority::Interactive).await?.ok_or_else(not_connected)?;
    let found = session.search_customers(search, page, size).await?;
    let customers = found
        .customers
        .into_iter()
        .map(|customer| MappedCustomer { id: customer.id, name: Some(customer.name), top_level: customer.top_level })
        .collect();
    Ok(FoundCustomers { tenant: connection.tenant, customers, total: found.total, has_more: found.has_more })
}
