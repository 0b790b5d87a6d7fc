//! The platform's part: who is in training where.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::{print_line, roster};
use crate::dev::ask::Operation;
use crate::dev::stack::Parts;

const IMPORT: &str = "mutation ImportRoster($input: ImportRosterInput!) {
  importRoster(input: $input) { imported { stored alreadyKnown } userErrors { message field } }
}";

#[derive(Deserialize)]
struct Payload {
    imported: Imported,
}

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
    print_line(format!("{partners} partners, {clients} clients, {users} users: {imported}"));
    Ok(())
}

pub(super) async fn second_report(parts: &Parts) -> anyhow::Result<()> {
    let imported = import(parts, roster::second_report()).await?;
    if imported.stored > 0 {
        for client in roster::NORTHWIND.clients {
            let counts = [(client.joining, "joined"), (client.leaving, "left")];
            let said: Vec<_> =
                counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
            if !said.is_empty() {
                print_line(format!("{:<26} {}", client.name, said.join(", ")));
            }
        }
    }
    print_line(imported.to_string());
    Ok(())
}

async fn import(parts: &Parts, report: Value) -> anyhow::Result<Imported> {
    let Payload { imported } =
        parts.request_context.change(parts.callers.platform(), Operation::Text(IMPORT), report).await?;
    Ok(imported)
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.stored, self.already_known) {
            (stored, 0) => write!(f, "{stored} records taken in"),
            (0, _) => f.write_str("all known already"),
            (stored, known) => write!(f, "{stored} records taken in, {known} known already"),
        }
    }
}
