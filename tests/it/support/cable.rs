//! What stands between a process and its database: a socket of Postgres' in a directory of its own.
//! It can be cut, refuse connections, and lead to another server.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use infima_halo::config::Variables;
use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

const SOCKET: &str = ".s.PGSQL.5432";

pub struct Cable {
    directory: PathBuf,
    target: Arc<Mutex<PathBuf>>,
    away: Arc<AtomicBool>,
    /// Cancelled when the connections that are open are cut.
    cut: Arc<Mutex<CancellationToken>>,
}

impl Cable {
    pub fn lay() -> Self {
        let directory = std::env::temp_dir().join(format!("infima-cable-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&directory).unwrap();
        let listener = UnixListener::bind(directory.join(SOCKET)).unwrap();
        let (target, away) = (Arc::<Mutex<PathBuf>>::default(), Arc::<AtomicBool>::default());
        let cut = Arc::<Mutex<CancellationToken>>::default();
        let (to, is_away, is_cut) = (target.clone(), away.clone(), cut.clone());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                if is_away.load(Ordering::SeqCst) {
                    continue;
                }
                let (to, cut) = (to.lock().unwrap().clone(), is_cut.lock().unwrap().clone());
                // A server that is gone closes the connection, as its own socket would.
                let passing = async move {
                    let mut far = UnixStream::connect(to).await?;
                    copy_bidirectional(&mut near, &mut far).await
                };
                tokio::spawn(cut.run_until_cancelled_owned(passing));
            }
        });
        Self { directory, target, away, cut }
    }

    /// The same address, through this cable.
    pub fn through(&self, direct: &str) -> String {
        let mut url = url::Url::parse(direct).expect("an address");
        let host = url.query_pairs().find(|(name, _)| name == "host").expect("a socket's folder").1.into_owned();
        self.lead_to(Path::new(&host));
        url.query_pairs_mut().clear().append_pair("host", &self.directory.to_string_lossy());
        url.into()
    }

    /// Sets `DATABASE_URL` to the same address through this cable.
    pub fn between(self: &Arc<Self>) -> impl FnOnce(&mut Variables) + Send + 'static {
        let cable = self.clone();
        move |variables| {
            let direct = variables.get("DATABASE_URL").and_then(|url| url.to_str()).expect("it is set").to_owned();
            variables.set("DATABASE_URL", cable.through(&direct));
        }
    }

    /// New connections lead to the server whose socket is in this folder.
    pub fn lead_to(&self, sockets: &Path) {
        *self.target.lock().unwrap() = sockets.join(SOCKET);
    }

    pub fn refuse(&self, refuse: bool) {
        self.away.store(refuse, Ordering::SeqCst);
    }

    /// Ends the connections that are open.
    pub fn cut(&self) {
        std::mem::take(&mut *self.cut.lock().unwrap()).cancel();
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
