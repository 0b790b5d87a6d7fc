//! A Postgres server of the test's own, which may be crashed, started again and followed by a
//! standby.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use infima_halo::config::Variables;
use infima_halo::dev::postgres::{self, Postgres, PostgresOptions};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::ExposeSecret as _;
use sqlx::PgPool;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::db::TestDatabase;
use super::{data_dir, until};

pub struct Server {
    data_dir: PathBuf,
    variables: Variables,
    postgres: Option<Postgres>,
}

impl Server {
    pub async fn start(name: &str) -> Self {
        Self::start_with(name, Variables::of_this_process()).await
    }

    /// The programs are looked for as these variables say.
    pub async fn start_with(name: &str, mut variables: Variables) -> Self {
        variables.set("DATABASE_URL", "");
        variables.set("DATABASE_URL_FILE", "");
        let data_dir = data_dir::make(name).await;
        let postgres = Some(provide(&data_dir, &variables).await);
        let server = Self { data_dir, variables, postgres };
        infima_halo::app::migrate(server.postgres().owner_url(), "the test's database").await.expect("it is new");
        server
    }

    fn postgres(&self) -> &Postgres {
        self.postgres.as_ref().expect("it runs")
    }

    /// The server's database, which ends with the server.
    pub fn database(&self) -> TestDatabase {
        TestDatabase::of_a_server(self.postgres().owner_url().clone(), self.postgres().app_url().clone())
    }

    /// The folder with its data and its log.
    pub fn folder(&self) -> PathBuf {
        std::fs::canonicalize(self.data_dir.join("postgres")).expect("it was made")
    }

    /// Stops the server at once, without a checkpoint: it recovers when it is started again.
    pub async fn crash(&mut self) {
        let file = self.folder().join("data/postmaster.pid");
        let pid = std::fs::read_to_string(file).unwrap().lines().next().unwrap().parse().unwrap();
        kill(Pid::from_raw(pid), Signal::SIGQUIT).unwrap();
        let postgres = self.postgres.take().expect("it runs");
        until(async || postgres.gone().is_some()).await;
    }

    pub async fn start_again(&mut self) {
        self.postgres = Some(provide(&self.data_dir, &self.variables).await);
    }

    /// Runs a program of this Postgres' as the user that runs the server. `None` where its
    /// installation has no such program.
    pub fn command(&self, program: &str) -> Option<Command> {
        let file = self.folder().join("data/postmaster.pid");
        let pid: i32 = std::fs::read_to_string(file).ok()?.lines().next()?.parse().ok()?;
        let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?.with_file_name(program);
        let owner = std::fs::metadata(self.folder().join("data")).ok()?;
        let mut command = Command::new(&program);
        command.env_clear().env("LC_ALL", "C").current_dir(self.folder()).kill_on_drop(true);
        command.uid(owner.uid()).gid(owner.gid());
        program.exists().then_some(command)
    }

    /// Starts a standby that has everything this server has confirmed.
    pub async fn standby(&self, owner: &PgPool) -> Option<Standby> {
        let folder = self.folder().join("standby");
        let sockets = self.folder().join("standby-socket");
        let host = url::Url::parse(self.postgres().owner_url().expose_secret()).unwrap();
        let host_of = |url: &url::Url| url.query_pairs().find(|(name, _)| name == "host").unwrap().1.into_owned();
        let mut backup = self.command("pg_basebackup")?;
        backup.arg("-D").arg(&folder).args(["-R", "-X", "stream", "-c", "fast", "-h", &host_of(&host), "-U", "infima"]);
        let made = backup.output().await.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        std::fs::create_dir(&sockets).unwrap();
        let data = std::fs::metadata(self.folder().join("data")).unwrap();
        std::os::unix::fs::chown(&sockets, Some(data.uid()), Some(data.gid())).unwrap();
        std::fs::set_permissions(&sockets, std::fs::Permissions::from_mode(0o700)).unwrap();
        let mut server = self.command("postgres")?;
        server.arg("-D").arg(&folder).args(["-c", "listen_addresses=", "-c", "port=5432", "-c", "max_connections=500"]);
        server.arg("-c").arg(format!("unix_socket_directories={}", sockets.display()));
        let log = std::fs::File::create(self.folder().join("standby.log")).unwrap();
        server.stdout(log.try_clone().unwrap()).stderr(log);
        let process = server.spawn().unwrap();
        until(async || UnixStream::connect(sockets.join(".s.PGSQL.5432")).await.is_ok()).await;
        let follows = "select exists (select from pg_stat_replication where state = 'streaming')";
        until(async || sqlx::query_scalar::<_, bool>(follows).fetch_one(owner).await.unwrap()).await;
        // From now on nothing is confirmed that the standby does not have.
        for setting in ["alter system set synchronous_standby_names = '*'", "select pg_reload_conf()"] {
            sqlx::query(setting).execute(owner).await.unwrap();
        }
        let mut owner_url = host;
        owner_url.query_pairs_mut().clear().append_pair("host", &sockets.to_string_lossy());
        Some(Standby { process, sockets, owner_url: owner_url.into() })
    }

    pub async fn stop(&mut self) {
        if let Some(postgres) = self.postgres.take() {
            postgres.stop().await.unwrap();
        }
    }

    pub async fn remove(mut self) {
        self.stop().await;
        data_dir::remove(&self.data_dir).await;
    }
}

pub struct Standby {
    process: Child,
    pub sockets: PathBuf,
    pub owner_url: String,
}

impl Standby {
    pub async fn end(mut self) {
        let pid = Pid::from_raw(self.process.id().expect("it runs").cast_signed());
        kill(pid, Signal::SIGQUIT).unwrap();
        self.process.wait().await.unwrap();
    }
}

async fn provide(data_dir: &Path, variables: &Variables) -> Postgres {
    let options = PostgresOptions { say: |_| (), ..PostgresOptions::new(data_dir, variables).unwrap() };
    postgres::provide(options).await.unwrap()
}
