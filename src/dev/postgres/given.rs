//! A database that the developer runs.

use std::time::Duration;

use anyhow::{Context as _, bail};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use url::Url;

use super::{APP_ROLE, OLDEST_MAJOR, Postgres};

/// Longer than a running server takes to answer.
const CONNECT: Duration = Duration::from_secs(5);

/// Checks that the database answers, is recent enough and has what the migrations need.
pub(super) async fn check(
    url: SecretString,
    migrate_url: Option<SecretString>,
    say: fn(&str),
) -> anyhow::Result<Postgres> {
    let app_url = if migrate_url.is_some() { url.clone() } else { as_app(&url)? };
    let (owner_url, variable) = match migrate_url {
        Some(owner) => (owner, "MIGRATE_DATABASE_URL"),
        None => (url, "DATABASE_URL"),
    };
    // Never with the parser's own message: it repeats what could not be parsed, password and all.
    let Ok(options) = owner_url.expose_secret().parse::<PgConnectOptions>() else {
        bail!("{variable} is not an address of the form postgres://role:password@host:port/database");
    };
    let at = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let connecting = tokio::time::timeout(CONNECT, options.connect()).await;
    let mut connection = connecting
        .with_context(|| format!("Postgres at {at} (from {variable}) gives no answer; is the address right?"))?
        .with_context(|| format!("Postgres at {at} (from {variable}) does not let us in; is it running?"))?;
    let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await?;
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok()).unwrap_or(0);
    if major < OLDEST_MAJOR {
        bail!("Postgres at {at} is version {version}; {OLDEST_MAJOR} or newer is needed");
    }
    let missing: Vec<String> = sqlx::query_scalar(
        "SELECT wanted FROM unnest(ARRAY['hstore', 'pgcrypto']) AS wanted \
         WHERE wanted NOT IN (SELECT name FROM pg_available_extensions)",
    )
    .fetch_all(&mut connection)
    .await?;
    if !missing.is_empty() {
        bail!("Postgres at {at} lacks the extensions {}; install its contrib package", missing.join(" and "));
    }
    say(&format!("Postgres {version} at {at}, as DATABASE_URL says"));
    Ok(Postgres { owner_url, app_url, owner_variable: variable, cluster: None })
}

/// The same address, acting as the app's role from the first statement on. `RESET ROLE` leads back
/// to that role too.
fn as_app(url: &SecretString) -> anyhow::Result<SecretString> {
    let Ok(mut url) = Url::parse(url.expose_secret()) else {
        bail!("DATABASE_URL is not an address of the form postgres://role:password@host:port/database");
    };
    url.query_pairs_mut().append_pair("options", &format!("-c role={APP_ROLE}"));
    Ok(SecretString::from(String::from(url)))
}
