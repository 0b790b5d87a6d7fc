//! A worker as a process of its own, to be killed, stopped and continued from outside; and `serve`
//! as well.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use infima_halo::ops::sync::run::Failpoint;
use infima_halo::seal;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use secrecy::ExposeSecret;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use super::world::World;

/// What takes a minute in production takes seconds here.
pub const SHORT_TIMES: &[(&str, &str)] = &[
    ("INFIMA_WORKER_LEASE_SECONDS", "2"),
    ("INFIMA_WORKER_POLL_SECONDS", "1"),
    ("INFIMA_WORKER_SWEEP_SECONDS", "1"),
    ("INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", "5"),
    ("INFIMA_HALO_TIMEOUT_SECONDS", "1"),
    ("INFIMA_HALO_CREATE_CONFIRMATION_SECONDS", "1"),
];

pub struct Worker {
    child: Child,
    said: mpsc::UnboundedReceiver<String>,
    /// All output, for when a test fails.
    all: Arc<Mutex<Vec<String>>>,
}

impl Worker {
    /// A worker over the world's database and tenants.
    pub fn start(world: &World) -> Self {
        Self::start_with(world, &[])
    }

    /// A worker whose process stops itself at each of these failpoints. It works on one job at a
    /// time: another job would be stopped inside its transaction, whose locks last until Postgres
    /// ends it.
    pub fn stopping_at(world: &World, failpoints: &[Failpoint]) -> Self {
        let names: Vec<_> = failpoints.iter().map(|failpoint| failpoint.to_string()).collect();
        let settings =
            [("INFIMA_FAILPOINTS", names.join(",")), ("INFIMA_WORKER_INTERACTIVE_CONCURRENCY", "1".to_owned())];
        Self::start_with(world, &settings.each_ref().map(|(name, value)| (*name, value.as_str())))
    }

    pub fn start_with(world: &World, more: &[(&str, &str)]) -> Self {
        Self::start_by(world, "worker", &[SHORT_TIMES, more].concat(), None)
    }

    /// Starts a worker whose data the kernel limits to this many MB.
    pub fn within(world: &World, megabytes: u64, more: &[(&str, &str)]) -> Self {
        Self::start_by(world, "worker", &[SHORT_TIMES, more].concat(), Some(megabytes))
    }

    /// Starts a worker with the default times.
    pub fn by_default(world: &World, more: &[(&str, &str)]) -> Self {
        Self::start_by(world, "worker", more, None)
    }

    /// Starts `serve` over the world's database, which believes the world's tokens and accepts
    /// every document; also returns where it answers.
    pub async fn serve(world: &World, more: &[(&str, &str)]) -> (Self, String) {
        Self::serve_by(world, more, None).await
    }

    /// The same, with data that the kernel limits to this many MB.
    pub async fn serve_within(world: &World, megabytes: u64, more: &[(&str, &str)]) -> (Self, String) {
        Self::serve_by(world, more, Some(megabytes)).await
    }

    async fn serve_by(world: &World, more: &[(&str, &str)], megabytes: Option<u64>) -> (Self, String) {
        let keys = world.publish_keys().await;
        let settings = [
            ("INFIMA_LOG", "error,infima_halo::cli=info"),
            ("INFIMA_LISTEN", "127.0.0.1:0"),
            ("INFIMA_AUTH_JWKS_URL", &keys),
            ("INFIMA_AUTH_ISSUER", "https://issuer.test"),
            ("INFIMA_AUTH_AUDIENCE", "infima-halo"),
            ("INFIMA_TRUSTED_DOCUMENTS", "off"),
            ("INFIMA_REQUESTS_PER_MINUTE", "100000"),
            ("INFIMA_DATABASE_CONNECTIONS", "20"),
        ];
        let mut serve = Self::start_by(world, "serve", &[&settings, more].concat(), megabytes);
        let line = serve.says("serving").await;
        let address = line.split("address=").nth(1).expect("it says where").split_whitespace().next();
        (serve, format!("http://{}/graphql", address.expect("it says where")))
    }

    fn start_by(world: &World, command: &str, settings: &[(&str, &str)], megabytes: Option<u64>) -> Self {
        let addresses = [world.tenant.port(), world.sandbox.tenant("other").port()];
        let limit = megabytes.map_or("unlimited".into(), |megabytes| (megabytes << 10).to_string());
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -d \"$1\" && exec \"$0\" \"$2\"", env!("CARGO_BIN_EXE_infima-halo"), &limit, command])
            .env_clear()
            .env("INFIMA_LOG", "info,infima_halo=debug")
            .env("INFIMA_LOG_FORMAT", "text")
            .env("INFIMA_ENV", "development")
            .env("INFIMA_KEYS", seal::DEVELOPMENT_KEYS)
            .env("DATABASE_URL", world.database.app_url().expose_secret())
            .env("INFIMA_HALO_DEVELOPMENT_ADDRESSES", addresses.map(|port| format!("127.0.0.1:{port}")).join(","))
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a worker starts");
        let (says, said) = mpsc::unbounded_channel();
        let all = Arc::new(Mutex::new(Vec::new()));
        listen(child.stdout.take().expect("it is piped"), says.clone(), all.clone());
        listen(child.stderr.take().expect("it is piped"), says, all.clone());
        Self { child, said, all }
    }

    /// Waits until the worker has started.
    pub async fn works(&mut self) {
        self.says("working").await;
    }

    /// Waits until the process has stopped itself at a failpoint, and returns the failpoint.
    pub async fn stopped_at(&mut self) -> Failpoint {
        let line = self.says("stopped at failpoint ").await;
        let (_, name) = line.split_once("stopped at failpoint ").expect("it says so");
        self.is_stopped().await;
        name.parse().expect("a failpoint")
    }

    /// Waits until the process has stopped: a SIGCONT before that would be lost.
    pub async fn is_stopped(&self) {
        let Some(pid) = self.child.id() else { return };
        let stops = move || waitid(Id::Pid(Pid::from_raw(pid.cast_signed())), WaitPidFlag::WSTOPPED);
        // An error only means that the process is gone.
        let _ = tokio::task::spawn_blocking(stops).await;
    }

    /// Waits until the worker logs this; gives the whole line.
    pub async fn says(&mut self, text: &str) -> String {
        loop {
            let heard = tokio::time::timeout(Duration::from_secs(60), self.said.recv()).await;
            match heard {
                Ok(Some(line)) if line.contains(text) => return line,
                Ok(Some(_)) => {}
                Ok(None) => panic!("the worker ended without saying {text:?}"),
                Err(_) => panic!("the worker never said {text:?}"),
            }
        }
    }

    /// Sends SIGKILL from outside, and waits until the worker is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it was there");
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().expect("it has not ended").cast_signed())
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("it is there");
    }

    /// Waits for the end, and gives the exit status.
    pub async fn ended(&mut self) -> std::process::ExitStatus {
        self.child.wait().await.expect("it was there")
    }

    /// All that it has logged.
    pub fn everything(&self) -> String {
        self.all.lock().unwrap().join("\n")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the worker said:\n{}", self.everything());
        }
    }
}

fn listen(
    from: impl AsyncRead + Unpin + Send + 'static,
    to: mpsc::UnboundedSender<String>,
    all: Arc<Mutex<Vec<String>>>,
) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            all.lock().unwrap().push(line.clone());
            let _ = to.send(line);
        }
    });
}
