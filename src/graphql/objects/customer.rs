//! Customers of a partner's Halo, as the mapping dialog searches them.

use async_graphql::{
    Context, Object, SimpleObject,
    connection::{Connection, Edge, OpaqueCursor},
};
use serde::{Deserialize, Serialize};

use crate::domain::association::{Association, MappedCustomer};
use crate::graphql::{
    error::{Failure, Result, none_if_not_found},
    loaders::ClientsOf,
    objects::client::Client,
    request_context::RequestContext,
};
use crate::ids::{HaloTenant, PartnerId};
use crate::ops::Target;
use crate::ops::association::search_customers::search_customers;

pub struct HaloCustomer {
    pub(in crate::graphql) partner: PartnerId,
    pub(in crate::graphql) tenant: HaloTenant,
    pub(in crate::graphql) customer: MappedCustomer,
}

impl HaloCustomer {
    /// The customer that a client is mapped to.
    pub(in crate::graphql) fn of(association: &Association) -> Self {
        let Association { partner, tenant, customer, .. } = association;
        Self { partner: *partner, tenant: tenant.clone(), customer: customer.clone() }
    }
}

/// A customer in the partner's Halo.
#[Object]
impl HaloCustomer {
    /// Halo's id of the customer.
    async fn halo_id(&self) -> i32 {
        self.customer.id.0
    }

    /// The customer's name in Halo, or `Customer` and its id until the name has been read from
    /// Halo.
    async fn name(&self) -> String {
        self.customer.name.clone().unwrap_or_else(|| format!("Customer {}", self.customer.id))
    }

    /// The name of the customer's top level in Halo, which distinguishes customers of the same
    /// name.
    async fn top_level_name(&self) -> Option<&str> {
        self.customer.top_level.as_deref()
    }

    /// The name of the customer's main site in Halo. Like the domain, the telephone number and the
    /// address, it distinguishes customers of the same name and is only read by a search: null in
    /// an association, or if Halo does not have it.
    async fn site_name(&self) -> Option<&str> {
        self.customer.details.site.as_deref()
    }

    /// The domain of the customer's web site. Null in an association, or if Halo does not have it.
    async fn domain(&self) -> Option<&str> {
        self.customer.details.domain.as_deref()
    }

    /// The customer's telephone number. Null in an association, or if Halo does not have it.
    async fn phone(&self) -> Option<&str> {
        self.customer.details.phone.as_deref()
    }

    /// The customer's address in one line. Null in an association, or if Halo does not have it.
    async fn address(&self) -> Option<&str> {
        self.customer.details.address.as_deref()
    }

    /// The partner's clients that are mapped to this customer.
    async fn associated_clients(&self, ctx: &Context<'_>) -> Result<Vec<Client>> {
        let key = ClientsOf(self.partner, self.tenant.clone(), self.customer.id);
        let clients = RequestContext::of(ctx).load(key).await?.unwrap_or_default();
        Ok(clients.into_iter().map(Client::from).collect())
    }
}

/// A cursor in a list of customers. Halo's lists are paginated by page number, so the cursor stands
/// for the entries after the first `skip` of a page, where pages have `size` entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnPage {
    number: u32,
    size: u16,
    skip: u16,
}

pub(in crate::graphql) type HaloCustomers = OpaqueCursor<OnPage>;
pub(in crate::graphql) type HaloCustomerConnection = Connection<HaloCustomers, HaloCustomer, Found>;

#[derive(SimpleObject)]
pub struct Found {
    /// The number of customers that match in Halo. Null if Halo does not report it.
    total_count: Option<u32>,
}

/// One page of what Halo finds. `None` for a partner that does not exist or is not the caller's.
pub(in crate::graphql) async fn search(
    request_context: &RequestContext,
    target: Target,
    search: &str,
    first: u16,
    after: Option<OnPage>,
) -> Result<Option<HaloCustomerConnection>> {
    let page = after.unwrap_or(OnPage { number: 1, size: first, skip: 0 });
    if page.number == 0 || crate::graphql::page::size(Some(page.size.into())).is_err() {
        return Err(Failure::bad_argument(
            "after",
            "This is not a cursor of this list. Use one from `pageInfo` or an edge of it.",
        ));
    }
    let request = request_context.request(None);
    let (ops, size) = (&request_context.ops, page.size.into());
    let found = search_customers(ops, &request, target, search, page.number, size).await;
    let Some(found) = none_if_not_found(found)? else { return Ok(None) };

    let here = found.customers.len();
    let end = here.min(usize::from(page.skip) + usize::from(first));
    let total = Found { total_count: found.total };
    let mut shown = Connection::with_additional_fields(after.is_some(), found.has_more || end < here, total);
    let rows = found.customers.into_iter().enumerate().take(end).skip(page.skip.into());
    shown.edges.extend(rows.map(|(index, customer)| {
        // After the page's last entry, the next page begins.
        let next = if index + 1 == here {
            OnPage { number: page.number.saturating_add(1), skip: 0, ..page }
        } else {
            OnPage { skip: u16::try_from(index + 1).unwrap_or(u16::MAX), ..page }
        };
        Edge::new(OpaqueCursor(next), HaloCustomer { partner: found.partner, tenant: found.tenant.clone(), customer })
    }));
    Ok(Some(shown))
}
