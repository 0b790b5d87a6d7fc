use std::time::Duration;

use url::Url;

use super::{ConfigError, Environment, parse};

/// Which access tokens are accepted.
#[derive(Clone, Debug, clap::Args)]
pub struct AuthConfig {
    /// Address of the JSON Web Key Set that access tokens are checked against; https, or on this
    /// machine
    #[arg(env = "INFIMA_AUTH_JWKS_URL", id = "auth-jwks-url", value_parser = parse::web_address)]
    pub jwks_url: Url,

    /// Issuer that access tokens must name (`iss`)
    #[arg(env = "INFIMA_AUTH_ISSUER", id = "auth-issuer")]
    pub issuer: String,

    /// Audience that access tokens must name (`aud`)
    #[arg(env = "INFIMA_AUTH_AUDIENCE", id = "auth-audience")]
    pub audience: String,

    /// Name of the claim that holds the partner's external id
    #[arg(env = "INFIMA_AUTH_PARTNER_CLAIM", id = "auth-partner-claim", default_value = "partner")]
    pub partner_claim: String,

    /// Seconds by which clocks may differ when a token's times are judged
    #[arg(env = "INFIMA_AUTH_LEEWAY_SECONDS", id = "auth-leeway", default_value = "30", value_parser = parse::seconds(0..=300))]
    pub leeway: Duration,
}

impl AuthConfig {
    pub(super) fn check(&self, environment: Environment) -> Result<(), ConfigError> {
        if environment == Environment::Production && !parse::is_protected(&self.jwks_url) {
            // An attacker on the network path could replace the keys and sign tokens for any
            // caller.
            let reason = "signing keys have to be fetched over https, or from this machine";
            return Err(ConfigError::invalid("INFIMA_AUTH_JWKS_URL", reason));
        }
        Ok(())
    }
}
