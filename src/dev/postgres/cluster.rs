//! One private cluster: made, started or found running, and stopped by its last user.
//!
//! Two locks in its folder order the processes that use it. `starting` is held alone while looking
//! for a running server and starting one. `in-use` is held, shared, by every process that uses the
//! cluster; a process that can hold it alone may stop the cluster. The system releases both when a
//! process dies, so a killed one never blocks another.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, bail};
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};
use tokio::{
    process::{Child, Command},
    time::Instant,
};
use url::Url;

use super::{
    DATABASE, OWNER_ROLE,
    binaries::{self, Binaries},
    place::{self, Place},
};
use crate::config::Variables;

/// How long a server may take to come up: it may have a crash to recover from.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// How long a server may take to shut down in order, and then, as in a crash, at once.
const ORDERLY: Duration = Duration::from_secs(10);
const AT_ONCE: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Above this, the log of earlier starts is thrown away.
const LARGEST_LOG: u64 = 8 << 20;

pub(super) struct Cluster {
    place: Place,
    /// Held shared as long as this process uses the cluster.
    in_use: File,
    /// The server's process, as it was found or started.
    server: Option<Pid>,
}

impl Cluster {
    /// Finds the place's server running, or starts it, after making its data if absent.
    pub async fn start(place: Place, variables: &Variables, say: fn(&str), connections: u16) -> anyhow::Result<Self> {
        let starting = lock(&place, "starting", File::lock).await?;
        let mut cluster = Self::join(place).await?;
        cluster.server = cluster.running().await?;
        match cluster.server {
            Some(pid) => say(&format!("Postgres is already running (process {pid}), {}", cluster.describe())),
            None => {
                let binaries = binaries::find(cluster.place.version(), variables, say).await?;
                cluster.initialise(&binaries).await?;
                cluster.spawn(&binaries, connections).await?;
                cluster.server = cluster.process();
                let Binaries { version, folder, .. } = binaries;
                say(&format!("Postgres {version} from {}, {}", folder.display(), cluster.describe()));
            }
        }
        cluster.create_database(DATABASE).await?;
        drop(starting);
        Ok(cluster)
    }

    /// Counts this process among the users of the cluster, whether its server runs or not.
    pub async fn join(place: Place) -> anyhow::Result<Self> {
        let in_use = lock(&place, "in-use", File::lock_shared).await?;
        Ok(Self { place, in_use, server: None })
    }

    /// The error that the server which was found or started is gone.
    pub fn gone(&self) -> Option<String> {
        let pid = self.server.filter(|pid| !is_postgres(*pid))?;
        let log = self.place.log();
        Some(format!("Postgres (process {pid}) has stopped; its log is {}. Start again to continue.", log.display()))
    }

    fn describe(&self) -> String {
        format!("data in {}", self.place.data().display())
    }

    /// Address of a database in this cluster. The role needs no password: the socket's folder is
    /// the lock.
    pub fn url(&self, role: &str, database: &str) -> SecretString {
        let mut url = Url::parse("postgres://localhost:5432").expect("a constant address");
        url.set_username(role).expect("the address has a host");
        url.set_path(database);
        url.query_pairs_mut().append_pair("host", &self.place.sockets.to_string_lossy());
        SecretString::from(String::from(url))
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        self.url(OWNER_ROLE, "postgres").expose_secret().parse::<PgConnectOptions>()?.connect().await
    }

    /// Creates a database unless it is there.
    async fn create_database(&self, name: &str) -> anyhow::Result<()> {
        let mut connection = self.connect().await?;
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(name)
            .fetch_one(&mut connection)
            .await?;
        if !exists {
            sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
        }
        Ok(connection.close().await?)
    }

    /// The process id of a server that runs on this data, once it answers. A server that is
    /// starting or stopping is waited for; what a killed one left behind is cleared away.
    async fn running(&self) -> anyhow::Result<Option<Pid>> {
        let until = Instant::now() + MAX_WAIT;
        while let Some(pid) = self.process() {
            if let Ok(connection) = self.connect().await {
                connection.close().await?;
                return Ok(Some(pid));
            }
            if Instant::now() > until {
                bail!("process {pid} holds {} and does not answer; stop it", self.place.data().display());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        self.end_orphans();
        // Postgres removes a stale file itself, unless the id has meanwhile gone to another process
        // of the same user.
        let _ = fs::remove_file(self.place.data().join("postmaster.pid"));
        Ok(None)
    }

    /// Ends the processes of a server that was killed. Most end when they notice; one that waits
    /// for another that is gone does not, and as long as it holds its shared memory, no server
    /// starts. Where `/proc` is absent, Postgres' own error says what to do.
    fn end_orphans(&self) {
        let Ok(data) = fs::canonicalize(self.place.data()) else { return };
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = process.file_name().to_str().and_then(|name| name.parse().ok()).map(Pid::from_raw) else {
                continue;
            };
            // A server's working directory is its data directory, and so is that of its child
            // processes.
            if fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == data) && is_postgres(pid) {
                let _ = kill(pid, Signal::SIGKILL);
            }
        }
    }

    /// The server's process according to its own file, if that process is alive and is a Postgres.
    fn process(&self) -> Option<Pid> {
        let file = fs::read_to_string(self.place.data().join("postmaster.pid")).ok()?;
        let pid = Pid::from_raw(file.lines().next()?.trim().parse().ok().filter(|pid| *pid > 0)?);
        is_postgres(pid).then_some(pid)
    }

    /// Makes the data aside and moves it into place whole, so that an interrupted start leaves
    /// nothing half-made.
    async fn initialise(&self, binaries: &Binaries) -> anyhow::Result<()> {
        if self.place.version().is_some() {
            return Ok(());
        }
        let aside = self.place.folder.join("data-in-the-making");
        for leftover in [&aside, &self.place.data()] {
            if leftover.exists() {
                fs::remove_dir_all(leftover)?;
            }
        }
        let mut initdb = self.command(&binaries.folder.join("initdb"));
        initdb.arg("-D").arg(&aside).args(["-U", OWNER_ROLE, "--auth=trust", "--encoding=UTF8", "--no-instructions"]);
        // Sorted by code point, so that the order is the same on every machine, but with the
        // letters of all languages.
        if binaries.major >= 17 {
            initdb.args(["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]);
        } else {
            let letters = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };
            initdb.args(["--lc-collate=C", &format!("--lc-ctype={letters}"), "--lc-messages=C"]);
        }
        let output = initdb.output().await.context("initdb does not run")?;
        if !output.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(fs::rename(aside, self.place.data())?)
    }

    async fn spawn(&self, binaries: &Binaries, connections: u16) -> anyhow::Result<()> {
        let path = self.place.log();
        if fs::metadata(&path).is_ok_and(|log| log.len() > LARGEST_LOG) {
            fs::remove_file(&path)?;
        }
        let log = File::options().create(true).append(true).open(&path)?;
        let begin = || -> anyhow::Result<Child> {
            self.command(&binaries.folder.join("postgres"))
                .arg("-D")
                .arg(self.place.data())
                .args(["-c", "listen_addresses=", "-c", "port=5432", "-c", "unix_socket_permissions=0700"])
                .arg("-c")
                .arg(format!("unix_socket_directories={}", self.place.sockets.display()))
                .args(["-c", "fsync=on", "-c", "timezone=UTC", "-c", "log_timezone=UTC"])
                .args(["-c", &format!("max_connections={connections}")])
                // Its own process group: Ctrl-C is for this process, which stops the server in
                // order.
                .process_group(0)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log.try_clone()?)
                .spawn()
                .context("postgres does not run")
        };
        let mut server = begin()?;
        let until = Instant::now() + MAX_WAIT;
        loop {
            if let Ok(connection) = self.connect().await {
                connection.close().await?;
                return Ok(());
            }
            let ended = server.try_wait()?.is_some();
            if ended && Instant::now() < until && last_lines(&path).contains("pre-existing shared memory block") {
                // The processes of a server that was killed take a moment to go.
                server = begin()?;
            } else if ended || Instant::now() > until {
                bail!("Postgres did not start; its last words in {}:\n{}", path.display(), last_lines(&path));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// A program that runs as the cluster's user, with an environment that changes nothing.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/bin:/bin").current_dir(&self.place.folder);
        if let Some(runner) = &self.place.runner {
            command.uid(runner.uid).gid(runner.gid);
        }
        command
    }

    /// Stops the server, unless another process still uses it.
    pub async fn stop(self) -> anyhow::Result<()> {
        if self.alone()? { self.shut_down().await } else { Ok(()) }
    }

    /// Whether no other process uses the cluster. If so, none can start to until this value is
    /// dropped.
    fn alone(&self) -> anyhow::Result<bool> {
        self.in_use.unlock()?;
        Ok(self.in_use.try_lock().is_ok())
    }

    async fn shut_down(&self) -> anyhow::Result<()> {
        let Some(pid) = self.process() else { return Ok(()) };
        // Fast shutdown: transactions are rolled back, data is written, clients are notified.
        // Immediate: the next start recovers.
        for (how, max_wait) in [(Signal::SIGINT, ORDERLY), (Signal::SIGQUIT, AT_ONCE)] {
            match kill(pid, how) {
                Err(Errno::ESRCH) => return Ok(()),
                stopped => stopped.with_context(|| format!("cannot stop Postgres (process {pid})"))?,
            }
            let until = Instant::now() + max_wait;
            while Instant::now() < until {
                if self.process().is_none() {
                    return Ok(());
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
        bail!("Postgres (process {pid}) does not stop")
    }
}

/// Removes an unused cluster, server and data.
pub(super) async fn erase(place: &Place) -> anyhow::Result<()> {
    let starting = lock(place, "starting", File::lock).await?;
    let cluster = Cluster::join(place.clone()).await?;
    if !cluster.alone()? {
        bail!("another process is using the database in {}; stop it first", place.folder.display());
    }
    cluster.shut_down().await?;
    if place.sockets != place.folder {
        let _ = fs::remove_dir_all(&place.sockets);
    }
    fs::remove_dir_all(&place.folder).with_context(|| format!("cannot remove {}", place.folder.display()))?;
    drop(starting);
    Ok(())
}

/// Removes clusters whose data directory is gone. Those in use, and those that resist, are left
/// alone.
pub(super) async fn erase_orphans() {
    for orphan in place::orphans() {
        let _ = erase(&orphan).await;
    }
}

async fn lock(place: &Place, name: &str, how: fn(&File) -> std::io::Result<()>) -> anyhow::Result<File> {
    let path = place.folder.join(format!("{name}.lock"));
    let locked = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).append(true).open(path)?;
        how(&file).map(|()| file)
    });
    locked.await?.with_context(|| format!("cannot lock {}", place.folder.display()))
}

/// Whether the process is alive and, as far as the system shows, a Postgres.
fn is_postgres(pid: Pid) -> bool {
    let alive = !matches!(kill(pid, None), Err(Errno::ESRCH));
    let another = fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() != "postgres");
    alive && !another && !is_zombie(pid)
}

/// A server that we started and that has ended is a zombie until tokio has reaped it.
fn is_zombie(pid: Pid) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('Z'))
}

fn last_lines(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}
