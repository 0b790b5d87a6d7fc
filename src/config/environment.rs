use super::ConfigError;

/// Whether the process runs in production or in development.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct EnvironmentConfig {
    /// `production` or `development`; `development` is accepted only by a build with the `dev`
    /// feature
    #[arg(env = "INFIMA_ENV", id = "env", default_value = "production", value_enum)]
    pub environment: Environment,
}

/// Development permits private Halo addresses, development keys and introspection for every caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Environment {
    Production,
    Development,
}

impl EnvironmentConfig {
    pub(super) fn check(self) -> Result<(), ConfigError> {
        if self.environment == Environment::Development && !cfg!(feature = "dev") {
            let reason = "this build is for production only; unset it, or build with the `dev` feature";
            return Err(ConfigError::invalid("INFIMA_ENV", reason));
        }
        Ok(())
    }
}
