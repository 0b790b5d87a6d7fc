//! Searches customers with Halo's own search, for the mapping dialog.

use crate::auth::Act;
use crate::domain::association::MappedCustomer;
use crate::ids::{HaloTenant, PartnerId};
use crate::ops::{OpError, Ops, Request, Target, association::search_text, halo};

/// One page of hits.
#[derive(Clone, Debug)]
pub struct FoundCustomers {
    pub partner: PartnerId,
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
    target: impl Into<Target>,
    search: &str,
    page: u32,
    size: u32,
) -> Result<FoundCustomers, OpError> {
    let scope = request.authorize_read(ops, Act::SearchCustomers, target).await?;
    let search = search_text(search)?;
    let (connection, session) = halo::stored_session(ops, &scope).await?;
    let found = ops.searches.search(&connection, &session, search, page, size).await?;
    Ok(FoundCustomers {
        partner: scope.partner(),
        tenant: connection.tenant,
        customers: found.customers.into_iter().map(halo::mapped_customer).collect(),
        total: found.total,
        has_more: found.has_more,
    })
}
