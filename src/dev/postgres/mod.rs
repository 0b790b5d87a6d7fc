//! Postgres without set-up: the database that `DATABASE_URL` names, else a private cluster of our
//! own, run from installed binaries or from a pinned npm package.
//!
//! The private cluster listens on a unix socket in a directory that only its user may enter, and
//! keeps its data through crashes (fsync is on). It is not tied to the process that started it: one
//! that a killed process left behind is found and used again, and the last process that uses it
//! stops it. As root it runs under another user, in a place that user can reach. Called by `dev`
//! and the tests; production is given a `DATABASE_URL`.

mod binaries;
mod cluster;
mod download;
mod given;
mod place;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use secrecy::SecretString;

use crate::config::{ConfigError, DatabaseConfig, Variables};
use cluster::Cluster;
use place::Place;

/// The role that everything but migrations connects as. The first migration creates it, with LOGIN.
pub const APP_ROLE: &str = "infima_app";
/// The owner of the private cluster.
const OWNER_ROLE: &str = "infima";
const DATABASE: &str = "infima_halo";
const OURS: &str = "a server of our own";
/// The oldest server that has views with `security_invoker`, which row-level security rests on.
const OLDEST_MAJOR: u32 = 15;

/// The pause between checks that the private cluster's server is still there.
const WATCH: Duration = Duration::from_millis(500);

/// What is needed to provide a database.
pub struct PostgresOptions {
    /// Where a private cluster is kept, in a folder `postgres`. Created if absent.
    pub data_dir: PathBuf,
    /// The database to use instead of a private cluster, as the app and (if given) as its owner.
    pub given: Option<(SecretString, Option<SecretString>)>,
    /// `PATH`, `HOME` and the like, to find binaries and the user's cache.
    pub variables: Variables,
    /// Receives one sentence about what is found, fetched or started.
    pub say: fn(&str),
}

impl PostgresOptions {
    /// Takes `DATABASE_URL` and `MIGRATE_DATABASE_URL` (or their files) if given, and reports on
    /// stderr.
    ///
    /// # Errors
    /// The variables contradict each other or name an unreadable file.
    pub fn new(data_dir: impl Into<PathBuf>, variables: &Variables) -> Result<Self, ConfigError> {
        let given = match variables.read::<DatabaseConfig>() {
            Ok(database) => Some((database.url, database.migrate_url)),
            Err(ConfigError::Missing(_)) => None,
            Err(error) => return Err(error),
        };
        Ok(Self { data_dir: data_dir.into(), given, variables: variables.clone(), say: |line| eprintln!("{line}") })
    }
}

/// A database that answers.
pub struct Postgres {
    owner_url: SecretString,
    app_url: SecretString,
    owner_variable: &'static str,
    cluster: Option<Cluster>,
}

impl Postgres {
    /// Address as the owner, for migrations.
    pub fn owner_url(&self) -> &SecretString {
        &self.owner_url
    }

    /// Where the owner's address was found, for error messages about it.
    pub fn owner_variable(&self) -> &'static str {
        self.owner_variable
    }

    /// Address as the role `infima_app`; it connects once the migrations are applied.
    pub fn app_url(&self) -> &SecretString {
        &self.app_url
    }

    /// Whether the developer runs it.
    pub fn is_given(&self) -> bool {
        self.cluster.is_none()
    }

    /// The error that the server of a private cluster is gone.
    pub fn gone(&self) -> Option<String> {
        self.cluster.as_ref()?.gone()
    }

    /// Waits until the server of a private cluster is gone. A database that was given is not
    /// watched.
    pub async fn until_gone(&self) -> String {
        let mut looks = tokio::time::interval(WATCH);
        loop {
            looks.tick().await;
            if let Some(gone) = self.gone() {
                return gone;
            }
        }
    }

    /// Stops a private cluster unless another process still uses it. A database that was given is
    /// left alone.
    ///
    /// # Errors
    /// The cluster does not stop.
    pub async fn stop(self) -> anyhow::Result<()> {
        match self.cluster {
            Some(cluster) => cluster.stop().await,
            None => Ok(()),
        }
    }
}

/// A database to develop on: the given one, otherwise a private cluster in the data directory with
/// an empty database in it.
///
/// # Errors
/// The given database does not answer or is too old; there are no binaries and none can be fetched;
/// the data directory was made by another version. Each error says what to do.
pub async fn provide(options: PostgresOptions) -> anyhow::Result<Postgres> {
    if let Some((url, migrate_url)) = options.given {
        return given::check(url, migrate_url, options.say).await;
    }
    let cluster = start(&options.data_dir, &options.variables, options.say, 100).await?;
    Ok(Postgres {
        owner_url: cluster.url(OWNER_ROLE, DATABASE),
        app_url: cluster.url(APP_ROLE, DATABASE),
        owner_variable: OURS,
        cluster: Some(cluster),
    })
}

/// One cluster for all test processes of a build directory, to make databases in. It stays up
/// between runs, so that the next one starts at once. The owner's address leads to the maintenance
/// database, as a role that may create databases; both addresses lead to another database by their
/// path.
///
/// # Errors
/// As [`provide`].
pub async fn test_cluster(target_dir: &Path, variables: &Variables) -> anyhow::Result<Postgres> {
    let options = PostgresOptions::new(target_dir, variables)?;
    if let Some((url, migrate_url)) = options.given {
        return given::check(migrate_url.unwrap_or(url), None, options.say).await;
    }
    let cluster = match start(target_dir, variables, options.say, 300).await {
        Ok(cluster) => cluster,
        // The cluster holds nothing of value, so any fault of it (another version, say) is resolved
        // by a new one.
        Err(_) => {
            erase(target_dir).await?;
            start(target_dir, variables, options.say, 300).await?
        }
    };
    let url = |role| cluster.url(role, "postgres");
    Ok(Postgres { owner_url: url(OWNER_ROLE), app_url: url(APP_ROLE), owner_variable: OURS, cluster: Some(cluster) })
}

/// Fetches the packaged Postgres, of the newest version that is supported, unless it is in the
/// cache, and returns the folder of its programs.
///
/// # Errors
/// There is none for this system, or it cannot be fetched.
pub async fn packaged(variables: &Variables) -> anyhow::Result<PathBuf> {
    download::fetch(variables.get("PATH").unwrap_or_default(), &download::cache(variables)?, |_| ()).await
}

/// Stops the private cluster of a data directory, unless another process uses it. Its data stays.
///
/// # Errors
/// The cluster does not stop.
pub async fn stop(data_dir: &Path) -> anyhow::Result<()> {
    match Place::existing(data_dir)? {
        Some(place) => Cluster::join(place).await?.stop().await,
        None => Ok(()),
    }
}

/// Removes the private cluster of a data directory with everything in it.
///
/// # Errors
/// Another process uses it, or its files cannot be removed.
pub async fn erase(data_dir: &Path) -> anyhow::Result<()> {
    match Place::existing(data_dir)? {
        Some(place) => cluster::erase(&place).await,
        None => Ok(()),
    }
}

async fn start(data_dir: &Path, variables: &Variables, say: fn(&str), connections: u16) -> anyhow::Result<Cluster> {
    cluster::erase_orphans().await;
    let place =
        Place::prepare(data_dir).with_context(|| format!("no place for a database in {}", data_dir.display()))?;
    Cluster::start(place, variables, say, connections).await
}
