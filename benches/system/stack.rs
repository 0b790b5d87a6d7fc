//! What is measured: the program's own processes over a database of their own, and an issuer whose
//! tokens they accept.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use axum::{Json, Router, routing::get};
use infima_halo::app::{self, App};
use infima_halo::auth::{Caller, DevTokenIssuer, Role, TokenRules};
use infima_halo::clock::Clock;
use infima_halo::config::{Config, Variables};
use infima_halo::dev::postgres::{self, Postgres, PostgresOptions};
use infima_halo::seal;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::process::{Child, Command};

/// Postgres, and where the benchmark keeps its files.
pub struct Ground {
    pub dir: PathBuf,
    cluster: Postgres,
    issuer: DevTokenIssuer,
    jwks: String,
    databases: std::cell::Cell<u32>,
}

impl Ground {
    pub async fn prepare() -> anyhow::Result<Self> {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
        std::fs::create_dir_all(&dir)?;
        postgres::erase(&dir).await?;
        let cluster = postgres::provide(PostgresOptions::new(&dir, &Variables::of_this_process())?).await?;
        let issuer = DevTokenIssuer::generate(rules());
        let keys = issuer.jwks();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let jwks = format!("http://{}/jwks.json", listener.local_addr()?);
        let pages = Router::new().route("/jwks.json", get(move || async move { Json(keys) }));
        tokio::spawn(async move { axum::serve(listener, pages).await });
        Ok(Self { dir, cluster, issuer, jwks, databases: 0.into() })
    }

    /// A token that is valid for a day.
    pub fn token(&self, role: Role, partner: Option<&str>) -> String {
        self.token_of("bench", role, partner)
    }

    /// A token of one of several callers.
    pub fn token_of(&self, subject: &str, role: Role, partner: Option<&str>) -> String {
        let day = chrono::Duration::days(1);
        let token = self.issuer.mint(role, partner, subject, "Sam Example", day, &Clock::system());
        token.expose_secret().to_owned()
    }

    /// Who such a token names.
    pub async fn caller(&self, app: &App, role: Role, partner: Option<&str>) -> anyhow::Result<Caller> {
        let identify = app.identify(self.issuer.verifier(Clock::system()));
        let claims = (identify.verify)(Some(self.token(role, partner).into())).await;
        let claims = claims.map_err(|error| anyhow::anyhow!("the token is refused: {error:?}"))?;
        (identify.look_up)(claims).await.map_err(|error| anyhow::anyhow!("the caller is not found: {error:?}"))
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.cluster.stop().await
    }

    /// A new migrated database.
    pub async fn database(&self) -> anyhow::Result<Database> {
        self.databases.set(self.databases.get() + 1);
        let name = format!("bench_{}", self.databases.get());
        let maintenance =
            PgPoolOptions::new().max_connections(1).connect(self.cluster.owner_url().expose_secret()).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&maintenance).await?;
        let owner_url = at(self.cluster.owner_url(), &name)?;
        app::migrate(&owner_url, "the benchmark's database").await?;
        let owner = PgPoolOptions::new().max_connections(4).connect(owner_url.expose_secret()).await?;
        let backend: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&owner).await?;
        let status = std::fs::read_to_string(format!("/proc/{backend}/status"))?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:")).context("Postgres has a parent")?;
        let app_url = at(self.cluster.app_url(), &name)?;
        Ok(Database { owner, owner_url, app_url, postmaster: parent.trim().parse()? })
    }

    /// The settings of a process over this database.
    fn settings(&self, database: &Database) -> Vec<(&'static str, String)> {
        let TokenRules { issuer, audience, .. } = rules();
        let own = |text: &str| text.to_owned();
        vec![
            ("DATABASE_URL", own(database.app_url.expose_secret())),
            ("INFIMA_ENV", own("development")),
            ("INFIMA_KEYS", own(seal::DEVELOPMENT_KEYS)),
            ("INFIMA_HALO_DEVELOPMENT_ADDRESSES", own("127.0.0.1:*")),
            ("INFIMA_AUTH_JWKS_URL", self.jwks.clone()),
            ("INFIMA_AUTH_ISSUER", issuer),
            ("INFIMA_AUTH_AUDIENCE", audience),
            // The limits are on, and high enough for a few callers to be the whole load.
            ("INFIMA_REQUESTS_PER_MINUTE", own("100000")),
            ("INFIMA_TRUSTED_DOCUMENTS", own("off")),
            ("INFIMA_LOG", own("warn")),
        ]
    }

    /// The app in this process, to set up what is measured.
    pub async fn app(&self, database: &Database) -> anyhow::Result<App> {
        let mut variables = Variables::default();
        self.settings(database).into_iter().for_each(|(name, value)| variables.set(name, value));
        Ok(App::build(&Config::read(&variables)?, Clock::system(), 8).await?)
    }

    /// Starts `serve` and waits until it is ready.
    pub async fn serve(&self, database: &Database, client: &reqwest::Client) -> anyhow::Result<Running> {
        self.start("serve", "INFIMA_LISTEN", database, client).await
    }

    /// Starts a worker and waits until it is ready.
    pub async fn worker(&self, database: &Database, client: &reqwest::Client) -> anyhow::Result<Running> {
        self.start("worker", "INFIMA_WORKER_LISTEN", database, client).await
    }

    async fn start(
        &self,
        command: &str,
        listen: &str,
        database: &Database,
        client: &reqwest::Client,
    ) -> anyhow::Result<Running> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let began = Instant::now();
        let mut program = Command::new(env!("CARGO_BIN_EXE_infima-halo"));
        program.arg(command).env_clear().envs(self.settings(database)).env(listen, &address);
        let log = std::fs::File::create(self.dir.join(format!("{command}.log")))?;
        program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
        let running = Running { child: program.spawn()?, url: format!("http://{address}") };
        running.until_ready(client, began).await?;
        Ok(running)
    }
}

pub struct Database {
    /// The database as its owner.
    pub owner: PgPool,
    pub owner_url: SecretString,
    app_url: SecretString,
    /// The process id of the server.
    pub postmaster: u32,
}

impl Database {
    /// Gives the planner the figures that it has in production.
    pub async fn analyse(&self) -> anyhow::Result<()> {
        sqlx::raw_sql("vacuum (analyze)").execute(&self.owner).await?;
        Ok(())
    }

    pub async fn count(&self, statement: &'static str) -> anyhow::Result<i64> {
        Ok(sqlx::query_scalar(statement).fetch_one(&self.owner).await?)
    }

    /// Waits until no sync is left, looking so often.
    pub async fn until_synced(&self, interval: Duration) -> anyhow::Result<()> {
        while self.count("select count(*) from sync_runs where state in ('queued', 'running')").await? > 0 {
            tokio::time::sleep(interval).await;
        }
        Ok(())
    }

    /// How many transactions have ended in it.
    pub async fn transactions(&self) -> anyhow::Result<i64> {
        self.count("select xact_commit + xact_rollback from pg_stat_database where datname = current_database()").await
    }
}

/// A process of the program.
pub struct Running {
    child: Child,
    pub url: String,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    pub fn graphql(&self) -> String {
        format!("{}/graphql", self.url)
    }

    async fn until_ready(&self, client: &reqwest::Client, began: Instant) -> anyhow::Result<()> {
        loop {
            let answer = client.get(format!("{}/health/ready", self.url)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(60) {
                bail!("{} is not ready after a minute; its log is in the benchmark's folder", self.url);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

fn rules() -> TokenRules {
    TokenRules {
        issuer: "https://issuer.test".into(),
        audience: "infima-halo".into(),
        partner_claim: "partner".into(),
        leeway: Duration::from_secs(30),
    }
}

fn at(url: &SecretString, database: &str) -> anyhow::Result<SecretString> {
    let mut url = url::Url::parse(url.expose_secret())?;
    url.set_path(database);
    Ok(url.to_string().into())
}

/// A port that nobody listens on now.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
