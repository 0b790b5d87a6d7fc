//! Row-level security behind a real PgBouncer in transaction mode, which gives each transaction any
//! server connection: a scope that stayed on the connection would show one partner's rows to
//! another. Skipped where PgBouncer is not installed.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use infima_halo::auth::PartnerScope;
use infima_halo::storage::Db;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{PgConnection, Row as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

use crate::support::until;
use crate::support::world::World;

const PLACES: [&str; 3] = ["/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

struct PgBouncer {
    _process: Child,
    folder: PathBuf,
    url: SecretString,
}

impl PgBouncer {
    /// Starts a PgBouncer before the database, with `connections` to it.
    async fn start(program: &str, database: &SecretString, connections: usize) -> Self {
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
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
             default_pool_size = {connections}\nignore_startup_parameters = extra_float_digits\n",
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
        Self { _process: process, folder, url }
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
    let Some(program) = PLACES.into_iter().find(|place| Path::new(place).exists()) else {
        println!("SKIPPED: PgBouncer is not installed, so nothing was tested behind it.");
        return;
    };
    let world = World::builder().clients(&[("Alder", 1), ("Birch", 1)]).build().await;
    world.import_partner("other", &[("Cedar", 1)]).await;
    let own = PartnerScope::for_worker(world.partner().await);
    let other = PartnerScope::for_worker(world.partner_named("other").await);
    let (own_clients, other_clients) = (vec!["northwind/Alder", "northwind/Birch"], vec!["other/Cedar"]);

    // One connection to Postgres, which everything passes through in turn.
    let pooler = PgBouncer::start(program, world.database.app_url(), 1).await;
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
    std::fs::remove_dir_all(&pooler.folder).unwrap();
}
