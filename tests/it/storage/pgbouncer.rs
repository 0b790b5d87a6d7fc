//! A real PgBouncer before the database. In transaction mode it gives each transaction any server
//! connection: a scope that stayed on the connection would show one partner's rows to another, and
//! prepared statements and notifications are lost. Skipped where PgBouncer is not installed.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use infima_halo::auth::PartnerScope;
use infima_halo::storage::Db;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{PgConnection, Row as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::cli::{complaint, production};
use crate::support::db::TestDatabase;
use crate::support::program::{Running, run};
use crate::support::until;
use crate::support::world::World;

const PLACES: [&str; 3] = ["/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

struct PgBouncer {
    _process: Child,
    folder: PathBuf,
    url: SecretString,
}

impl PgBouncer {
    /// Starts a PgBouncer before the database, with `connections` to it. `None` where it is not
    /// installed.
    async fn start(database: &SecretString, mode: &str, connections: usize) -> Option<Self> {
        let Some(program) = PLACES.into_iter().find(|place| Path::new(place).exists()) else {
            println!("SKIPPED: PgBouncer is not installed, so nothing was tested behind it.");
            return None;
        };
        let database = url::Url::parse(database.expose_secret()).unwrap();
        let sockets = database.query_pairs().find(|(name, _)| name == "host").map(|(_, host)| host.into_owned());
        let host = sockets.clone().unwrap_or_else(|| database.host_str().unwrap().to_owned());
        let (name, user) = (database.path().trim_start_matches('/'), database.username());
        let password = database.password().map_or_else(String::new, |password| format!(" password={password}"));
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("infima-pgbouncer-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let settings = folder.join("pgbouncer.ini");
        let text = format!(
            "[databases]\n{name} = host={host} port={} user={user}{password}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n\
             default_pool_size = {connections}\n",
            database.port().unwrap_or(5432)
        );
        std::fs::write(&settings, text).unwrap();
        let mut command = Command::new(program);
        command.arg(&settings).kill_on_drop(true).stderr(std::process::Stdio::null());
        if let Some(sockets) = sockets {
            // Only the user that runs Postgres may enter the folder of its socket.
            let owner = std::fs::metadata(sockets).unwrap();
            command.uid(owner.uid()).gid(owner.gid());
        }
        let process = command.spawn().unwrap();
        until(async || TcpStream::connect(("127.0.0.1", port)).await.is_ok()).await;
        let url = format!("postgres://{user}@127.0.0.1:{port}/{name}").into();
        Some(Self { _process: process, folder, url })
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Statements that are not prepared: this is about the scope, and PgBouncer keeps prepared
/// statements since version 1.21 only.
async fn clients_seen(db: &mut PgConnection) -> Vec<String> {
    let rows = sqlx::raw_sql("select external_id from clients order by 1").fetch_all(db).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn transaction_pooler_passes_no_scope_on() {
    let world = World::builder().clients(&[("Alder", 1), ("Birch", 1)]).build().await;
    world.import_partner("other", &[("Cedar", 1)]).await;
    let own = PartnerScope::for_worker(world.partner().await);
    let other = PartnerScope::for_worker(world.partner_named("other").await);
    let (own_clients, other_clients) = (vec!["northwind/Alder", "northwind/Birch"], vec!["other/Cedar"]);

    // One connection to Postgres, which everything passes through in turn.
    let Some(pooler) = PgBouncer::start(world.database.app_url(), "transaction", 1).await else { return };
    let (one, two) = (Db::connect(&pooler.url, 2).await.unwrap(), Db::connect(&pooler.url, 2).await.unwrap());
    let mut reader = one.read(&own).await.unwrap();
    assert_eq!(clients_seen(&mut reader).await, own_clients);
    drop(reader);
    assert_eq!(clients_seen(&mut two.pool().acquire().await.unwrap()).await, [""; 0], "no scope, no rows");
    let mut tx = two.begin(&other).await.unwrap();
    assert_eq!(clients_seen(&mut tx).await, other_clients);
    tx.commit().await.unwrap();
    assert_eq!(clients_seen(&mut one.pool().acquire().await.unwrap()).await, [""; 0], "no scope, no rows");
    // Of two at once, each sees its own.
    for _ in 0..20 {
        let as_own = async {
            let mut db = one.read(&own).await.unwrap();
            assert_eq!(clients_seen(&mut db).await, own_clients);
        };
        let as_other = async {
            let mut db = two.read(&other).await.unwrap();
            assert_eq!(clients_seen(&mut db).await, other_clients);
        };
        let as_none = async {
            assert_eq!(clients_seen(&mut one.pool().acquire().await.unwrap()).await, [""; 0]);
        };
        tokio::join!(as_own, as_other, as_none);
    }
}

const DIRECTLY: &str = "a pooler in transaction mode, or to another database. Give the direct address of the \
                        database that DATABASE_URL names, in LISTEN_DATABASE_URL";

#[tokio::test]
async fn transaction_pooler_that_loses_what_is_relied_on_is_refused() {
    let database = TestDatabase::create().await;
    let Some(pooler) = PgBouncer::start(database.app_url(), "transaction", 5).await else { return };
    let url = pooler.url.expose_secret();
    // Without LISTEN_DATABASE_URL, one that keeps statements (since version 1.21) is refused too.
    for command in ["serve", "worker"] {
        let said = complaint(production(&[command], &database).env("DATABASE_URL", url)).await;
        let statements = said.starts_with("error: DATABASE_URL leads through a pooler in transaction mode that loses");
        let notifications =
            said == format!("error: notifications do not arrive at DATABASE_URL: it leads through {DIRECTLY}");
        assert!(statements || notifications, "{said}");
        let said = complaint(production(&[command], &database).env("LISTEN_DATABASE_URL", url)).await;
        assert_eq!(
            said,
            format!("error: notifications do not arrive at LISTEN_DATABASE_URL: it leads through {DIRECTLY}")
        );
    }
    let mut doctor = production(&["doctor"], &database);
    let found = run(doctor.env("LISTEN_DATABASE_URL", url)).await;
    let wanted = "failed   notifications       notifications do not arrive at LISTEN_DATABASE_URL";
    assert!(found.status.code() == Some(1) && found.stdout.contains(wanted), "{}", found.stdout);
}

#[tokio::test]
async fn migrations_through_a_transaction_pooler_are_refused() {
    let database = TestDatabase::create().await;
    let Some(pooler) = PgBouncer::start(database.owner_url(), "transaction", 5).await else { return };
    let mut migrate = production(&["migrate"], &database);
    let said = complaint(migrate.env("MIGRATE_DATABASE_URL", pooler.url.expose_secret())).await;
    let wanted =
        "error: MIGRATE_DATABASE_URL leads through a pooler in transaction mode, and migrations lock a session";
    assert!(said.starts_with(wanted), "{said}");
}

/// Behind a pooler in session mode, which every version has: the test is about where it listens.
#[tokio::test]
async fn processes_listen_at_the_direct_address() {
    let database = TestDatabase::create().await;
    let Some(pooler) = PgBouncer::start(database.app_url(), "session", 50).await else { return };
    let mut direct = url::Url::parse(database.app_url().expose_secret()).unwrap();
    direct.query_pairs_mut().append_pair("application_name", "direct");
    let owner = database.owner().await;
    for (command, says, listeners) in [("serve", "serving", 1), ("worker", "working", 4)] {
        let mut command = production(&[command], &database);
        command.env("DATABASE_URL", pooler.url.expose_secret()).env("LISTEN_DATABASE_URL", direct.as_str());
        let mut running = Running::start(&mut command);
        running.logs(&format!("\"{says}\"")).await;
        let named = "select application_name from pg_stat_activity
                     where datname = current_database() and usename = 'infima_app' and query like 'LISTEN %'";
        let names = async || sqlx::query_scalar::<_, String>(named).fetch_all(&owner).await.unwrap();
        until(async || names().await.len() >= listeners).await;
        assert_eq!(names().await, vec!["direct"; listeners], "{says}");
        assert_eq!(running.stop().await.code(), Some(0));
        until(async || names().await.is_empty()).await;
    }
}
