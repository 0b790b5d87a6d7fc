//! The settings that the stack gives its parts, as the environment would. Variables of the
//! environment are kept, except those that have to fit together here.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::postgres::Postgres;
use crate::auth::TokenRules;
use crate::config::Variables;
use crate::sandbox::Tenant;
use crate::seal;

/// Where the public half of the signing key is served.
pub(super) const JWKS_PATH: &str = "/dev/jwks.json";

/// The tokens' issuer is not an address: it stays the same whichever port the stack gets.
pub(super) fn token_rules() -> TokenRules {
    TokenRules {
        issuer: "infima-halo-dev".into(),
        audience: "infima-halo".into(),
        partner_claim: "partner".into(),
        leeway: Duration::from_secs(30),
    }
}

/// Logs for people: all warnings, and our own steps where they do not interleave with the steps on
/// a terminal.
pub(super) fn log(variables: &mut Variables) {
    let steps = if io::stderr().is_terminal() { "warn" } else { "warn,infima_halo=info,infima_halo::http=warn" };
    variables.set_default("INFIMA_LOG", steps);
    variables.set_default("INFIMA_LOG_FORMAT", "text");
}

/// `address` is where the API listens.
pub(super) fn complete(
    variables: &mut Variables,
    address: std::net::SocketAddr,
    postgres: &Postgres,
    tenants: &[Tenant],
) {
    variables.set("INFIMA_ENV", "development");
    variables.set("INFIMA_LISTEN", address.to_string());
    variables.set("DATABASE_URL", postgres.app_url().expose_secret());
    variables.set("DATABASE_URL_FILE", "");
    variables.set_default("INFIMA_KEYS", seal::DEVELOPMENT_KEYS);
    // An operation outside the contract runs and is named in a warning: production would refuse it.
    variables.set_default("INFIMA_TRUSTED_DOCUMENTS", "report");
    variables.set_default("INFIMA_GUIDE_URL", "https://guide.infima.example/halo-psa");
    variables.set_default("INFIMA_USER_ADDRESSES", "whole");
    variables.set_default("INFIMA_DRAIN_SECONDS", "0");

    let rules = token_rules();
    variables.set("INFIMA_AUTH_JWKS_URL", format!("http://{address}{JWKS_PATH}"));
    variables.set("INFIMA_AUTH_ISSUER", rules.issuer);
    variables.set("INFIMA_AUTH_AUDIENCE", rules.audience);
    variables.set("INFIMA_AUTH_PARTNER_CLAIM", rules.partner_claim);

    let given = variables.get("INFIMA_HALO_DEVELOPMENT_ADDRESSES").and_then(|given| given.to_str()).map(str::to_owned);
    let ours = tenants.iter().map(|tenant| format!("127.0.0.1:{}", tenant.port()));
    let all: Vec<_> = given.into_iter().chain(ours).collect();
    variables.set("INFIMA_HALO_DEVELOPMENT_ADDRESSES", all.join(","));

    // This Halo is in the same process: it answers at once or never, and a start after a kill
    // should not wait for minutes.
    variables.set_default("INFIMA_HALO_TIMEOUT_SECONDS", "5");
    variables.set_default("INFIMA_HALO_CREATE_CONFIRMATION_SECONDS", "5");
    variables.set_default("INFIMA_WORKER_LEASE_SECONDS", "6");
    variables.set_default("INFIMA_WORKER_POLL_SECONDS", "1");
    variables.set_default("INFIMA_WORKER_SWEEP_SECONDS", "1");
    variables.set_default("INFIMA_WORKER_COOL_DOWN_SECONDS", "3");
    variables.set_default("INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", "6");
}
