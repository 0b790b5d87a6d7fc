//! Support's playground, as this deployment offers it.

use axum::Router;

use super::CONTRACT;
use crate::config::{ApiConfig, Config, Environment};
use crate::http::playground::{self, DevCaller, Oidc, PlaygroundConfig};

/// Support's playground over this API. In development, users choose one of `dev_callers` instead of
/// signing in.
pub fn playground(config: &Config, api: &ApiConfig, dev_callers: Vec<DevCaller>) -> Router {
    let environment = match config.environment.environment {
        Environment::Production => "production",
        Environment::Development => "development",
    };
    let signs_in = api.playground.oidc_issuer.clone().zip(api.playground.oidc_client_id.clone());
    playground::routes(PlaygroundConfig {
        environment: environment.to_owned(),
        oidc: signs_in.map(|(issuer, client_id)| Oidc {
            issuer,
            client_id,
            scope: "openid profile".to_owned(),
            audience: Some(api.auth.audience.clone()),
        }),
        dev_callers,
        operations: CONTRACT,
    })
}
