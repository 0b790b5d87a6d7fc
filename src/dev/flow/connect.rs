//! "Save Halo PSA connection details."

use serde::Deserialize;
use serde_json::json;

use super::{print_line, words};
use crate::dev::ask::Operation;
use crate::dev::stack::Parts;

#[derive(Deserialize)]
struct Stored {
    partner: PartnersConnection,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PartnersConnection {
    halo_connection: Option<Connection>,
}

#[derive(Deserialize)]
struct Connection {
    url: String,
    status: String,
    checks: Vec<Check>,
}

#[derive(Deserialize)]
struct Check {
    subject: String,
    outcome: String,
    message: String,
}

pub(super) async fn save(parts: &Parts) -> anyhow::Result<()> {
    let (admin, [tenant, ..]) = (parts.callers.partner_admin(), &parts.tenants);
    let Stored { partner } = parts.request_context.ask(admin, Operation::Contract("ConnectionForm"), json!({})).await?;
    // The sandbox may have another port than last time.
    let as_it_is = |found: &Connection| found.url == tenant.url() && found.status == "CONNECTED";
    if let Some(connection) = partner.halo_connection.filter(as_it_is) {
        print_line(format!("{} is connected already", connection.url));
        return Ok(());
    }
    let details = json!({
        "url": tenant.url(),
        "applicationClientId": tenant.client_id(),
        "clientSecret": tenant.client_secret(),
    });
    let saved: PartnersConnection =
        parts.request_context.change(admin, Operation::Contract("SaveConnection"), details).await?;
    let connection = saved.halo_connection.ok_or_else(|| anyhow::anyhow!("the connection was not saved"))?;
    print_line(format!("{}: {}", connection.url, words(&connection.status)));
    for Check { subject, outcome, message } in connection.checks {
        let said = if outcome == "GRANTED" { words(&outcome) } else { message };
        print_line(format!("  {:<28} {said}", words(&subject)));
    }
    Ok(())
}
