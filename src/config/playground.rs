use super::{ConfigError, parse};

/// Support's sign-in to the playground: authorization code with PKCE, so there is no client secret.
#[derive(Clone, Debug, clap::Args)]
pub struct PlaygroundConfig {
    /// OpenID Connect issuer at which support signs in to the playground; if absent, sign-in is not
    /// possible (`dev` has ready-made callers instead)
    #[arg(env = "INFIMA_OIDC_ISSUER", id = "oidc-issuer", value_parser = issuer)]
    pub oidc_issuer: Option<String>,

    /// Client id of the playground at that issuer
    #[arg(env = "INFIMA_OIDC_CLIENT_ID", id = "oidc-client-id")]
    pub oidc_client_id: Option<String>,
}

impl PlaygroundConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match (&self.oidc_issuer, &self.oidc_client_id) {
            (Some(_), None) => Err(ConfigError::invalid("INFIMA_OIDC_CLIENT_ID", "INFIMA_OIDC_ISSUER needs it too")),
            (None, Some(_)) => Err(ConfigError::invalid("INFIMA_OIDC_ISSUER", "INFIMA_OIDC_CLIENT_ID needs it too")),
            _ => Ok(()),
        }
    }
}

/// An issuer's name is compared letter by letter: an address, exactly as it was written.
fn issuer(text: &str) -> Result<String, String> {
    parse::web_address(text).map(|_| text.to_owned())
}
