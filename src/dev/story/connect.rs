//! "Save Halo PSA connection details."

use serde::Deserialize;
use serde_json::json;

use super::tell;
use crate::dev::stack::Parts;

const STORED: &str = "query Connection {
  partner { haloConnection { url status checks { name status } } }
}";

const SAVE: &str = "mutation SaveHaloConnection($input: SaveHaloConnectionInput!) {
  saveHaloConnection(input: $input) {
    haloConnection { url status checks { name status } }
    userErrors { message field }
  }
}";

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
    name: String,
    status: String,
}

pub(super) async fn save(parts: &Parts) -> anyhow::Result<()> {
    let (admin, [tenant, ..]) = (parts.callers.partner_admin(), &parts.tenants);
    let Stored { partner } = parts.asker.ask(admin, STORED, json!({})).await?;
    // The sandbox may have been given another port than last time.
    let as_it_is = |found: &Connection| found.url == tenant.url() && found.status == "CONNECTED";
    if let Some(connection) = partner.halo_connection.filter(as_it_is) {
        tell(format!("{} is connected already", connection.url));
        return Ok(());
    }
    let details = json!({
        "url": tenant.url(),
        "applicationClientId": tenant.client_id(),
        "clientSecret": tenant.client_secret(),
    });
    let saved: PartnersConnection = parts.asker.change(admin, SAVE, details).await?;
    let connection = saved.halo_connection.ok_or_else(|| anyhow::anyhow!("the connection was not saved"))?;
    tell(format!("{}: {}", connection.url, connection.status.to_lowercase()));
    for Check { name, status } in connection.checks {
        tell(format!("  {name:<28} {}", status.to_lowercase().replace('_', " ")));
    }
    Ok(())
}
