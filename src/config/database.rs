use secrecy::SecretString;

use super::parse;

/// Where Postgres is and how many connections are kept to it.
#[derive(Clone, Debug, clap::Args)]
pub struct DatabaseConfig {
    /// Address of the Postgres database, as the app's own role (not the owner): `postgres://role:password@host/database`
    #[arg(env = "DATABASE_URL", id = "database-url", hide_env_values = true, value_parser = parse::secret)]
    pub url: SecretString,

    /// Address of the same database as its owner; read by `migrate` alone, which takes `DATABASE_URL` without it
    #[arg(env = "MIGRATE_DATABASE_URL", id = "migrate-database-url", hide_env_values = true, value_parser = parse::secret)]
    pub migrate_url: Option<SecretString>,

    /// Most connections kept for answering requests
    #[arg(
        env = "INFIMA_DATABASE_CONNECTIONS",
        id = "database-connections",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..=500)
    )]
    pub connections: u32,

    /// Most connections kept for the worker
    #[arg(
        env = "INFIMA_DATABASE_WORKER_CONNECTIONS",
        id = "database-worker-connections",
        default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(4..=500)
    )]
    pub worker_connections: u32,
}
