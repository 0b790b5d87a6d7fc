//! Suggestions for an unmapped client. A suggestion is never stored by itself: a wrong mapping is a
//! wrong bill.

use crate::domain::association::MappedCustomer;
use crate::domain::roster::Client;
use crate::ids::PartnerId;
use crate::ops::{OpError, Ops, Request, association::search_customers};

/// Words that say nothing of who a company is.
const LEGAL_FORMS: [&str; 14] =
    ["ab", "ag", "co", "company", "corp", "gmbh", "group", "inc", "kg", "limited", "llc", "llp", "ltd", "plc"];

/// So many of Halo's hits are compared with the client's name.
const COMPARED: u32 = 50;

#[derive(Clone, Debug)]
pub struct Suggestion {
    pub customer: MappedCustomer,
    /// The names are the same but for case, punctuation and legal form.
    pub exact: bool,
}

/// Halo's customers that are called like the client, best first, at most `most`.
pub async fn suggest_customers(
    ops: &Ops,
    request: &Request<'_>,
    partner: PartnerId,
    client: &Client,
    most: usize,
) -> Result<Vec<Suggestion>, OpError> {
    let words = words(&client.name);
    // Halo searches for what it is given as a whole; the longest word finds more than the full
    // name.
    let Some(longest) = words.iter().max_by_key(|word| word.chars().count()) else { return Ok(Vec::new()) };
    let found = search_customers::search_customers(ops, request, partner, longest, 1, COMPARED).await?;
    let mut suggestions: Vec<_> = found
        .customers
        .into_iter()
        .filter_map(|customer| {
            let theirs = self::words(customer.name.as_deref()?);
            let shared = words.iter().filter(|word| theirs.contains(word)).count();
            (shared > 0).then(|| (shared, Suggestion { exact: theirs == words, customer }))
        })
        .collect();
    suggestions.sort_by(|(a_shared, a), (b_shared, b)| {
        (b.exact, *b_shared).cmp(&(a.exact, *a_shared)).then_with(|| a.customer.name.cmp(&b.customer.name))
    });
    Ok(suggestions.into_iter().map(|(_, suggestion)| suggestion).take(most).collect())
}

fn words(name: &str) -> Vec<String> {
    let mut words: Vec<_> = name
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !LEGAL_FORMS.contains(word))
        .map(str::to_owned)
        .collect();
    words.sort();
    words.dedup();
    words
}
