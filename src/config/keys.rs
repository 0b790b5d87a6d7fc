use secrecy::SecretString;

use super::parse;

/// The keys that seal stored secrets.
#[derive(Clone, Debug, clap::Args)]
pub struct KeysConfig {
    /// Keys that seal stored secrets, `id:base64` of 32 bytes each, separated by commas: the first
    /// key seals, every key opens
    #[arg(env = "INFIMA_KEYS", id = "keys", hide_env_values = true, value_parser = parse::secret)]
    pub keys: SecretString,
}
