//! Searches customers with Halo's own search, for the mapping dialog.

use crate::auth::{Act, PartnerScope, permit};
use crate::domain::association::MappedCustomer;
use crate::domain::connection::Connection;
use crate::halo::{Customer, Priority, Session};
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
    let (connection, session) = open_session(ops, &scope).await?;
    let found = session.search_customers(search, page, size).await?;
    Ok(FoundCustomers {
        tenant: connection.tenant,
        customers: found.customers.into_iter().map(mapped).collect(),
        total: found.total,
        has_more: found.has_more,
    })
}

/// Opens a session for a user who waits.
pub(super) async fn open_session(ops: &Ops, scope: &PartnerScope) -> Result<(Connection, Session), OpError> {
    halo::stored_session(ops, scope, Priority::Interactive).await?.ok_or_else(not_connected)
}

pub(super) fn mapped(customer: Customer) -> MappedCustomer {
    MappedCustomer { id: customer.id, name: Some(customer.name), top_level: customer.top_level }
}
