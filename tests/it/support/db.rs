//! A new database for each test, cloned from a migrated template.
//!
//! One thread of the test process keeps a connection to the cluster, makes databases and drops them
//! again. That connection holds a lock named like the process' databases, so another process can
//! distinguish a database in use from one that a killed run left behind. The template's name holds
//! a hash of what migrates it; a changed migration makes a new template.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::Context as _;
use infima_halo::{config::Variables, dev::postgres};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::sync::{mpsc, oneshot};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// A migrated database of one test. Dropped with this value.
pub struct TestDatabase {
    name: String,
    owner_url: SecretString,
    app_url: SecretString,
}

impl TestDatabase {
    pub async fn create() -> Self {
        let (reply, answer) = oneshot::channel();
        orders().send(Order::Create(reply)).expect("the database thread lives as long as the process");
        match answer.await.expect("the database thread answers") {
            Ok(database) => database,
            Err(error) => panic!("no database for the test: {error}"),
        }
    }

    /// A database of another server, which is dropped with that server.
    pub fn of_a_server(owner_url: SecretString, app_url: SecretString) -> Self {
        Self { name: String::new(), owner_url, app_url }
    }

    /// A database to which no migration was applied.
    pub async fn create_without_tables() -> Self {
        let database = Self::create().await;
        let emptied = "drop schema public cascade; drop schema apalis cascade; create schema public;";
        sqlx::raw_sql(emptied).execute(&database.owner().await).await.expect("the owner may drop its schemas");
        database
    }

    /// Address as the owner: for looking at rows behind the app's back.
    pub fn owner_url(&self) -> &SecretString {
        &self.owner_url
    }

    /// Address as the role `infima_app`, as the app itself connects.
    pub fn app_url(&self) -> &SecretString {
        &self.app_url
    }

    /// A small pool as the owner.
    pub async fn owner(&self) -> PgPool {
        pool(&self.owner_url).await
    }

    /// A small pool as the app's role.
    pub async fn app(&self) -> PgPool {
        pool(&self.app_url).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.name.is_empty() {
            return;
        }
        // What the process' end cuts off is dropped by the next run.
        let _ = orders().send(Order::Drop(std::mem::take(&mut self.name)));
    }
}

async fn pool(url: &SecretString) -> PgPool {
    let options = sqlx::postgres::PgPoolOptions::new().max_connections(5);
    options.connect(url.expose_secret()).await.expect("the test's database answers")
}

enum Order {
    Create(oneshot::Sender<Result<TestDatabase, String>>),
    Drop(String),
}

fn orders() -> &'static mpsc::UnboundedSender<Order> {
    static ORDERS: OnceLock<mpsc::UnboundedSender<Order>> = OnceLock::new();
    ORDERS.get_or_init(|| {
        let (orders, inbox) = mpsc::unbounded_channel();
        // A thread with a runtime of its own: a test's runtime ends with the test.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(keep(inbox));
        });
        orders
    })
}

async fn keep(mut inbox: mpsc::UnboundedReceiver<Order>) {
    let mut owner = DatabaseOwner::start().await.map_err(|error| format!("{error:#}"));
    while let Some(order) = inbox.recv().await {
        match (order, &mut owner) {
            (Order::Create(reply), Ok(owner)) => {
                let _ = reply.send(owner.create().await.map_err(|error| format!("{error:#}")));
            }
            (Order::Create(reply), Err(error)) => drop(reply.send(Err(error.clone()))),
            (Order::Drop(name), Ok(owner)) => drop(owner.drop(&name).await),
            (Order::Drop(_), Err(_)) => {}
        }
    }
}

struct DatabaseOwner {
    cluster: postgres::Postgres,
    connection: PgConnection,
    template: String,
    /// In front of the number in the name of each of this process' databases.
    prefix: String,
    made: u32,
}

impl DatabaseOwner {
    async fn start() -> anyhow::Result<Self> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().context("target has a tmp")?;
        let cluster = postgres::test_cluster(target, &Variables::of_this_process()).await?;
        let connection = connect(cluster.owner_url()).await?;
        let prefix = format!("infima_test_{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let mut owner = Self { cluster, connection, template: template_name()?, prefix, made: 0 };
        owner.claim().await?;
        owner.sweep().await?;
        owner.build_template().await?;
        Ok(owner)
    }

    /// Shows to other processes that this process' databases, and the template it clones, are in
    /// use.
    async fn claim(&mut self) -> anyhow::Result<()> {
        sqlx::query("SELECT pg_advisory_lock(hashtext($1)), pg_advisory_lock_shared(hashtext($2))")
            .bind(&self.prefix)
            .bind(&self.template)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// Drops databases of processes that are gone, and templates of other migrations that no
    /// process clones now.
    async fn sweep(&mut self) -> anyhow::Result<()> {
        let claims: Vec<(String, String)> = sqlx::query_as(
            "SELECT datname, regexp_replace(datname, '^(infima_test_[0-9a-f]{12})_.*$', '\\1') FROM pg_database \
             WHERE datname ~ '^infima_(test_[0-9a-f]{12}_[0-9]+|template_[0-9a-f]{16})$'",
        )
        .fetch_all(&mut self.connection)
        .await?;
        for (database, claim) in claims {
            if claim == self.prefix || claim == self.template {
                continue;
            }
            let free: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtext($1))")
                .bind(&claim)
                .fetch_one(&mut self.connection)
                .await?;
            if free {
                let dropped = self.drop(&database).await;
                sqlx::query("SELECT pg_advisory_unlock(hashtext($1))")
                    .bind(claim)
                    .execute(&mut self.connection)
                    .await?;
                dropped?;
            }
        }
        Ok(())
    }

    /// Migrates the template, unless it exists. It is made under another name and renamed when it
    /// is complete.
    async fn build_template(&mut self) -> anyhow::Result<()> {
        const BUILDING: &str = "infima_template_building";
        let turn = "hashtext('infima_template_building')";
        self.run(format!("SELECT pg_advisory_lock({turn})")).await?;
        let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(&self.template)
            .fetch_one(&mut self.connection)
            .await?;
        if !there {
            self.drop(BUILDING).await?;
            self.run(format!("CREATE DATABASE {BUILDING}")).await?;
            let owner_url = at(self.cluster.owner_url(), BUILDING);
            infima_halo::app::migrate(&owner_url, "the tests' database").await.context("the migrations fail")?;
            self.run(format!("ALTER DATABASE {BUILDING} RENAME TO {}", self.template)).await?;
        }
        self.run(format!("SELECT pg_advisory_unlock({turn})")).await
    }

    async fn create(&mut self) -> anyhow::Result<TestDatabase> {
        self.made += 1;
        let name = format!("{}_{}", self.prefix, self.made);
        self.run(format!("CREATE DATABASE {name} TEMPLATE {}", self.template)).await?;
        let (owner_url, app_url) = (at(self.cluster.owner_url(), &name), at(self.cluster.app_url(), &name));
        Ok(TestDatabase { name, owner_url, app_url })
    }

    async fn drop(&mut self, name: &str) -> anyhow::Result<()> {
        self.run(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
    }

    async fn run(&mut self, statement: String) -> anyhow::Result<()> {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut self.connection).await?;
        Ok(())
    }
}

async fn connect(url: &SecretString) -> anyhow::Result<PgConnection> {
    let mut connection = url.expose_secret().parse::<PgConnectOptions>()?.connect().await?;
    connection.ping().await?;
    Ok(connection)
}

/// The same address with another database.
fn at(url: &SecretString, database: &str) -> SecretString {
    let mut url = url::Url::parse(url.expose_secret()).expect("an address that Postgres answered at");
    url.set_path(database);
    SecretString::from(String::from(url))
}

/// The template's name. It changes whenever a migration does, or the queue's: those come with its
/// crate, whose version Cargo.lock holds, and `queue/` grants the app's role access.
fn template_name() -> anyhow::Result<String> {
    let mut files: Vec<_> = std::fs::read_dir(Path::new(CRATE).join("migrations"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.sort();
    files.extend(["Cargo.lock", "src/queue/mod.rs"].map(|file| Path::new(CRATE).join(file)));
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.as_os_str().as_encoded_bytes());
        hash.update(std::fs::read(file)?);
    }
    let hash: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("infima_template_{hash}"))
}

/// A program of Postgres': of the newest version that is installed, else on the path.
pub fn postgres_program(name: &str) -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed.map(|version| version.path().join("bin").join(name)).filter(|path| path.exists()).max();
    newest.or_else(|| {
        let variables = Variables::of_this_process();
        let path = variables.get("PATH")?.to_str()?.split(':').map(|folder| PathBuf::from(folder).join(name));
        path.into_iter().find(|path| path.exists())
    })
}
