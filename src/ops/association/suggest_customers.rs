//! Suggests Halo customers for an unmapped client. A suggestion is never stored by itself: a wrong
//! mapping is a wrong bill.

use crate::auth::Act;
use crate::domain::association::MappedCustomer;
use crate::domain::roster::Client;
use crate::ops::association::company_name::{CompanyName, search_terms};
use crate::ops::{OpError, Ops, Request, halo};

/// The number of hits that are compared with the client's name.
const COMPARED: u32 = 50;

#[derive(Clone, Debug)]
pub struct Suggestion {
    pub customer: MappedCustomer,
    /// The names are the same.
    pub exact: bool,
}

/// Returns the Halo customers with a name like the client's, best first, at most `most`. Further
/// searches are only made while there is no suggestion.
pub async fn suggest_customers(
    ops: &Ops,
    request: &Request<'_>,
    client: &Client,
    most: usize,
) -> Result<Vec<Suggestion>, OpError> {
    let scope = request.authorize_read(ops, Act::SearchCustomers, client.partner).await?;
    let name = CompanyName::new(&client.name);
    let terms = search_terms(&client.name);
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let (connection, session) = halo::stored_session(ops, &scope).await?;
    let mut suggestions = Vec::new();
    for term in terms {
        let found = ops.searches.search(&connection, &session, &term, 1, COMPARED).await?;
        suggestions = found
            .customers
            .into_iter()
            .filter_map(|customer| {
                let theirs = CompanyName::new(&customer.name);
                let (shared, exact) = (name.shared_words(&theirs), name.is_same_as(&theirs));
                let customer = halo::mapped_customer(customer);
                (exact || shared > 0).then_some((shared, Suggestion { exact, customer }))
            })
            .collect();
        if !suggestions.is_empty() {
            break;
        }
    }
    suggestions.sort_by(|(a_shared, a), (b_shared, b)| {
        (b.exact, *b_shared).cmp(&(a.exact, *a_shared)).then_with(|| a.customer.name.cmp(&b.customer.name))
    });
    Ok(suggestions.into_iter().map(|(_, suggestion)| suggestion).take(most).collect())
}
