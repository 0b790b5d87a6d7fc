use secrecy::SecretString;

use super::parse;

/// The keys that stored secrets are sealed with.
#[derive(Clone, Debug, clap::Args)]
pub struct KeysConfig {
    /// Keys that seal stored secrets, `id:base64` of 32 bytes each, separated by commas: the first seals, all of them open
    #[arg(env = "INFIMA_KEYS", id = "keys", hide_env_values = true, value_parser = parse::secret)]
    pub keys: SecretString,
}
