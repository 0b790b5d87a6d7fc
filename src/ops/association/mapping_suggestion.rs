//! Suggests a customer for each of a partner's unmapped clients, by names alone. Pure: what Halo
//! and the database have was read before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::company_name::CompanyName;
use super::customer_directory::CustomerDirectory;
use crate::domain::association::MappedCustomer;
use crate::halo::Customer;
use crate::ids::{ClientId, HaloCustomerId};
use crate::ops::halo::mapped_customer;
use crate::storage::mappable::MappableClient;

/// Candidates of one client.
const MOST_CANDIDATES: usize = 5;

/// How sure a suggestion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SuggestionKind {
    /// One customer has the name, and it is no other client's.
    Exact,
    /// Several customers have the name, or several clients do.
    Ambiguous,
    /// Customers have a part of the name, or the customer of the name has another client.
    Similar,
    None,
}

/// Why a customer is a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateReason {
    /// The client was mapped to a customer of this name in the Halo that the partner had before.
    EarlierCustomer,
    /// The names are the same.
    SameName,
    /// The names share distinctive words.
    SharedWords,
}

#[derive(Clone, Debug)]
pub struct Candidate {
    pub customer: MappedCustomer,
    /// The percentage of the words of both names that both have; 100 if the names are the same.
    pub score: u8,
    pub reason: CandidateReason,
}

#[derive(Clone, Debug)]
pub struct MappingSuggestion {
    pub client: ClientId,
    pub name: String,
    pub kind: SuggestionKind,
    /// The likeliest customer first.
    pub candidates: Vec<Candidate>,
}

impl MappingSuggestion {
    /// The customer of an exact suggestion.
    pub(super) fn exact(&self) -> Option<HaloCustomerId> {
        let exact = (self.kind == SuggestionKind::Exact).then(|| self.candidates.first());
        exact.flatten().map(|candidate| candidate.customer.id)
    }

    /// The place in the list: by name, whatever its case.
    pub fn place(&self) -> (String, uuid::Uuid) {
        (self.name.to_lowercase(), self.client.0)
    }
}

/// Customers that may be the client's by their whole name.
struct Claim<'d> {
    reason: CandidateReason,
    customers: Vec<&'d Customer>,
}

/// Suggests customers for the clients that are not mapped. `owners` are the clients that customers
/// have already.
pub(super) fn suggest(
    clients: &[MappableClient],
    owners: &BTreeMap<HaloCustomerId, BTreeSet<ClientId>>,
    directory: &CustomerDirectory,
) -> Vec<MappingSuggestion> {
    let names: Vec<_> = clients.iter().map(|client| CompanyName::new(&client.name)).collect();
    let claims: Vec<_> = clients.iter().zip(&names).map(|(client, name)| claim(client, name, directory)).collect();
    // A mapped client of the same name counts as well: which of both the customer is, no name says.
    let mut claimants: HashMap<HaloCustomerId, usize> = HashMap::new();
    for customer in claims.iter().flat_map(|claim| &claim.customers) {
        *claimants.entry(customer.id).or_default() += 1;
    }
    let mut suggestions: Vec<_> = clients
        .iter()
        .zip(&names)
        .zip(&claims)
        .filter(|((client, _), _)| !client.mapped && !client.excluded)
        .map(|((client, name), claim)| {
            let candidates = candidates(name, claim, directory);
            let kind = match claim.customers.as_slice() {
                [] if candidates.is_empty() => SuggestionKind::None,
                [] => SuggestionKind::Similar,
                [only] if claimants[&only.id] == 1 => match owners.contains_key(&only.id) {
                    true => SuggestionKind::Similar,
                    false => SuggestionKind::Exact,
                },
                _ => SuggestionKind::Ambiguous,
            };
            MappingSuggestion { client: client.id, name: client.name.clone(), kind, candidates }
        })
        .collect();
    suggestions.sort_by_cached_key(MappingSuggestion::place);
    suggestions
}

/// What a person decided in the Halo before counts more than the client's own name.
fn claim<'d>(client: &MappableClient, name: &CompanyName, directory: &'d CustomerDirectory) -> Claim<'d> {
    if let Some(earlier) = &client.earlier_customer {
        let customers = directory.same_as(&CompanyName::new(earlier));
        if !customers.is_empty() {
            return Claim { reason: CandidateReason::EarlierCustomer, customers };
        }
    }
    Claim { reason: CandidateReason::SameName, customers: directory.same_as(name) }
}

/// The customers of the whole name, else those with a part of it.
fn candidates(name: &CompanyName, claim: &Claim<'_>, directory: &CustomerDirectory) -> Vec<Candidate> {
    let mut found: Vec<_> = claim.customers.iter().map(|&customer| (100, claim.reason, customer)).collect();
    if found.is_empty() {
        let similar = directory.similar_to(name).into_iter();
        found.extend(similar.map(|(score, customer)| (score, CandidateReason::SharedWords, customer)));
        found.sort_by(|(a, _, left), (b, _, right)| b.cmp(a).then_with(|| left.name.cmp(&right.name)));
    }
    let candidates = found.into_iter().take(MOST_CANDIDATES);
    candidates
        .map(|(score, reason, customer)| Candidate { customer: mapped_customer(customer.clone()), score, reason })
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn directory(names: &[&str]) -> CustomerDirectory {
        let customer = |(at, name): (usize, &&str)| Customer {
            id: HaloCustomerId(i32::try_from(at).unwrap()),
            name: (*name).to_owned(),
            top_level: None,
            site: None,
            domain: None,
            phone: None,
            address: None,
            active: true,
        };
        CustomerDirectory::new(names.iter().enumerate().map(customer).collect(), DateTime::UNIX_EPOCH)
    }

    fn client(number: u128, name: &str) -> MappableClient {
        MappableClient {
            id: ClientId(Uuid::from_u128(number)),
            name: name.to_owned(),
            mapped: false,
            excluded: false,
            earlier_customer: None,
        }
    }

    /// The kind of each suggestion, with the ids of its candidates.
    fn suggested(clients: &[MappableClient], owned: &[(i32, u128)], customers: &[&str]) -> Vec<String> {
        let mut owners: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (customer, client) in owned {
            owners.entry(HaloCustomerId(*customer)).or_default().insert(ClientId(Uuid::from_u128(*client)));
        }
        let show = |found: MappingSuggestion| {
            let ids: Vec<_> = found.candidates.iter().map(|it| format!("{}={}", it.customer.id, it.score)).collect();
            format!("{} {:?} {}", found.name, found.kind, ids.join(" ")).trim_end().to_owned()
        };
        suggest(clients, &owners, &directory(customers)).into_iter().map(show).collect()
    }

    #[test]
    fn name_that_differs_in_form_only_is_exact() {
        let found = suggested(
            &[client(1, "Müller & Söhne GmbH"), client(2, "Alder"), client(3, "café zoë")],
            &[],
            &["Mueller und Soehne", "ALDER Ltd.", "Cafe Zoe (Pty) Ltd", "Birch"],
        );
        assert_eq!(found, ["Alder Exact 1=100", "café zoë Exact 2=100", "Müller & Söhne GmbH Exact 0=100"]);
    }

    #[test]
    fn same_words_in_another_order_are_similar() {
        let found = suggested(
            &[client(1, "James Taylor Ltd"), client(2, "Alder Group"), client(3, "Design Partners")],
            &[],
            &["Taylor James LLP", "Alder Ltd", "Partners Design"],
        );
        assert_eq!(
            found,
            ["Alder Group Similar 1=66", "Design Partners Similar 2=100", "James Taylor Ltd Similar 0=100"]
        );
    }

    #[test]
    fn name_of_two_customers_or_two_clients_is_ambiguous() {
        let clients = [client(1, "Alder"), client(2, "Birch"), client(3, "Birch Ltd"), client(4, "Cedar")];
        let found = suggested(&clients, &[], &["Alder", "Alder Inc", "Birch", "Cedar"]);
        assert_eq!(
            found,
            ["Alder Ambiguous 0=100 1=100", "Birch Ambiguous 2=100", "Birch Ltd Ambiguous 2=100", "Cedar Exact 3=100"]
        );
    }

    #[test]
    fn mapped_client_of_the_same_name_makes_it_ambiguous() {
        let clients = [MappableClient { mapped: true, ..client(1, "Alder") }, client(2, "Alder Ltd")];
        assert_eq!(suggested(&clients, &[(1, 1)], &["Alder", "Alder Holding Europe"]), ["Alder Ltd Ambiguous 0=100"]);
    }

    #[test]
    fn excluded_client_has_no_suggestion_and_keeps_its_name() {
        let clients =
            [MappableClient { excluded: true, ..client(1, "Alder") }, client(2, "Alder Ltd"), client(3, "Birch")];
        assert_eq!(suggested(&clients, &[], &["Alder", "Birch"]), ["Alder Ltd Ambiguous 0=100", "Birch Exact 1=100"]);
    }

    #[test]
    fn customer_of_another_client_is_not_exact() {
        let clients = [MappableClient { mapped: true, ..client(1, "Birch") }, client(2, "Alder")];
        assert_eq!(suggested(&clients, &[(0, 1)], &["Alder", "Birch"]), ["Alder Similar 0=100"]);
    }

    #[test]
    fn shared_word_is_similar_unless_every_company_has_it() {
        let clients = [client(1, "Iona Consulting Services"), client(2, "Zebra Services"), client(3, "Ltd")];
        let customers = ["Iona Textiles", "Harbour Services", "Iona Consulting Group of Europe"];
        let found = suggested(&clients, &[], &customers);
        assert_eq!(found, ["Iona Consulting Services Similar 2=50 0=40", "Ltd None", "Zebra Services None"]);
    }

    #[test]
    fn earlier_customer_counts_more_than_the_name() {
        let earlier = |number, name, earlier: &str| MappableClient {
            earlier_customer: Some(earlier.to_owned()),
            ..client(number, name)
        };
        let clients = [earlier(1, "Alder", "Alder Europe"), earlier(2, "Birch", "Gone"), earlier(3, "Cedar", "Twin")];
        let customers = ["Alder", "ALDER EUROPE LTD", "Birch", "Twin", "Twin", "Cedar"];
        assert_eq!(
            suggested(&clients, &[], &customers),
            ["Alder Exact 1=100", "Birch Exact 2=100", "Cedar Ambiguous 3=100 4=100"]
        );
    }

    #[test]
    fn word_of_many_customers_identifies_none() {
        let names: Vec<_> = (0..60).map(|number| format!("Northwind {number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert_eq!(suggested(&[client(1, "Northwind Zebra")], &[], &names), ["Northwind Zebra None"]);
    }
}
