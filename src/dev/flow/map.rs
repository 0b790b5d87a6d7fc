//! "Map INFIMA clients to Halo clients", and the subscriptions that come of it.

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Id, print_line, wait};
use crate::dev::ask::{Operation, nodes};
use crate::dev::stack::Parts;

/// The clients that the partner maps: the search text, and which of the customers found is meant.
/// Three clients are left for the developer.
const WANTED: [(&str, &str, &str); 9] = [
    ("Alder & Finch LLP", "alder", "Alder & Finch LLP"),
    ("Bluewater Dental", "bluewater", "Bluewater Dental Group"),
    ("Café Zoë", "zoë", "Café Zoë"),
    ("Drummond Logistics", "drummond", "Drummond Logistics"),
    ("Evergreen Primary School", "evergreen", "Evergreen Primary School"),
    ("Fjord Architekten GmbH", "fjord", "Fjord Architekten GmbH"),
    ("Granite Peak Insurance", "granite", "Granite Peak Insurance"),
    ("Harbourside Vets", "harbourside", "Harbourside Vets"),
    ("Juniper Health Clinic", "juniper", "Juniper Health Clinic"),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Client {
    id: Id,
    pub name: String,
    pub active_user_count: u32,
    pub halo_association: Option<Association>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Association {
    pub status: String,
    pub problem: Option<Problem>,
    pub last_synced_at: Option<String>,
    pub halo_customer: Customer,
    pub subscription: Option<Subscription>,
}

#[derive(Deserialize)]
pub(super) struct Problem {
    pub message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Customer {
    pub halo_id: i32,
    pub name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Subscription {
    pub halo_id: i32,
}

/// All of the partner's clients, as the mapping table shows them.
pub(super) async fn clients(parts: &Parts) -> anyhow::Result<Vec<Client>> {
    let table = Operation::Contract("MappingTable");
    let mut data: Value =
        parts.request_context.ask(parts.callers.partner_admin(), table, json!({ "first": 100 })).await?;
    let clients = nodes(&mut data["partner"]["clients"]);
    serde_json::from_value(clients.into()).context("the API's answer has another shape")
}

/// Maps what is not mapped yet. Gives the run that creates the subscriptions, if one was queued.
pub(super) async fn save(parts: &Parts) -> anyhow::Result<Option<Id>> {
    let clients = clients(parts).await?;
    let mut chosen = Vec::new();
    for (name, search, customer) in WANTED {
        let client = clients.iter().find(|client| client.name == name);
        let client = client.with_context(|| format!("the roster has no client {name}"))?;
        if client.halo_association.is_some() {
            continue;
        }
        let found = search_customers(parts, search).await?;
        let names: Vec<_> = found.iter().map(|customer| customer.name.as_str()).collect();
        print_line(format!("{name:<26} \"{search}\" finds {}", names.join("; ")));
        let picked = found.iter().find(|found| found.name == customer);
        let picked = picked.with_context(|| format!("the search for \"{search}\" does not find {customer}"))?;
        chosen.push(json!({ "clientId": client.id, "haloCustomerId": picked.halo_id }));
    }
    if chosen.is_empty() {
        print_line(format!("all {} are mapped already", WANTED.len()));
        return Ok(None);
    }
    print_line(format!("{} mappings to save; {} clients stay unmapped", chosen.len(), clients.len() - WANTED.len()));
    let input = json!({ "associations": chosen });
    let mut saved: Value = parts
        .request_context
        .change(parts.callers.partner_admin(), Operation::Contract("SaveAssociations"), input)
        .await?;
    Ok(Some(saved["run"]["id"].take()).filter(|run| !run.is_null()))
}

async fn search_customers(parts: &Parts, search: &str) -> anyhow::Result<Vec<Customer>> {
    let arguments = json!({ "search": search, "first": 10 });
    let mut data: Value = parts
        .request_context
        .ask(parts.callers.partner_admin(), Operation::Contract("CustomerSearch"), arguments)
        .await?;
    let found = nodes(&mut data["haloCustomers"]);
    serde_json::from_value(found.into()).context("the API's answer has another shape")
}

/// Waits until every mapped client has its subscription.
pub(super) async fn watch(parts: &Parts, queued: Option<Id>) -> anyhow::Result<()> {
    match queued {
        Some(run) => wait::until_finished(parts, &run).await?,
        None => wait::until_quiet(parts).await?,
    }
    let clients = clients(parts).await?;
    let mapped: Vec<_> =
        clients.iter().filter_map(|client| Some((&client.name, client.halo_association.as_ref()?))).collect();
    for (client, association) in &mapped {
        let problem = association.problem.as_ref().map_or("", |problem| &problem.message);
        let subscription = association.subscription.as_ref();
        let subscription = subscription.filter(|_| association.status == "ACTIVE");
        subscription
            .with_context(|| format!("{client} has no working subscription ({}): {problem}", association.status))?;
    }
    print_line(format!("each of the {} mapped clients has exactly one", mapped.len()));
    Ok(())
}
