//! The platform's part: who is in training where.

use serde::Deserialize;
use serde_json::Value;

use super::{roster, tell};
use crate::dev::stack::Parts;

const IMPORT: &str = "mutation ImportRoster($input: ImportRosterInput!) {
  importRoster(input: $input) { stored alreadyKnown userErrors { message field } }
}";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Imported {
    stored: u32,
    already_known: u32,
}

pub(super) async fn first_report(parts: &Parts) -> anyhow::Result<()> {
    let report = roster::first_report();
    let counts = ["partners", "clients", "users"].map(|kind| report[kind].as_array().map_or(0, Vec::len));
    let [partners, clients, users] = counts;
    let imported = import(parts, report).await?;
    tell(format!("{partners} partners, {clients} clients, {users} users: {imported}"));
    Ok(())
}

pub(super) async fn second_report(parts: &Parts) -> anyhow::Result<()> {
    let changing = roster::NORTHWIND.clients.iter().filter(|client| client.joining + client.leaving > 0);
    let imported = import(parts, roster::second_report()).await?;
    for client in changing {
        tell(format!("{:<26} {:>2} join, {} leave", client.name, client.joining, client.leaving));
    }
    tell(imported);
    Ok(())
}

async fn import(parts: &Parts, report: Value) -> anyhow::Result<String> {
    let Imported { stored, already_known } = parts.asker.change(parts.callers.platform(), IMPORT, report).await?;
    Ok(match (stored, already_known) {
        (stored, 0) => format!("{stored} records taken in"),
        (0, _) => "all known already".to_owned(),
        (stored, known) => format!("{stored} records taken in, {known} known already"),
    })
}
