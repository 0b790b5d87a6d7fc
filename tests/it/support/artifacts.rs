//! What a failing test leaves behind: `target/test-artifacts/<test>/` with its logs and the files
//! it chose to keep.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

use infima_halo::{
    config::{LogConfig, LogFormat},
    telemetry,
};
use tracing::subscriber::DefaultGuard;

/// Collects the logs of the test that makes it, from everything that runs on the test's own thread
/// (as the tasks of a `#[tokio::test]` do). Written to disk if the test panics while this value
/// lives.
pub struct Artifacts {
    folder: PathBuf,
    logs: Written,
    others: Vec<(&'static str, Content)>,
    _collecting: DefaultGuard,
}

impl Artifacts {
    /// Collects what our own code says at `debug`, and the others at `info`.
    pub fn collect() -> Self {
        Self::collect_at("info,infima_halo=debug")
    }

    /// Collects what the filter lets through.
    pub fn collect_at(filter: &str) -> Self {
        let name = thread::current().name().unwrap_or("unnamed").replace("::", "/");
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../test-artifacts").join(name);
        // Files of an earlier run would only mislead.
        let _ = fs::remove_dir_all(&folder);
        let logs = Written::default();
        let config = LogConfig { filter: filter.into(), format: LogFormat::Text };
        let writer = logs.clone();
        let subscriber = telemetry::subscriber(&config, move || writer.clone()).expect("a filter");
        let collecting = tracing::subscriber::set_default(subscriber);
        Self { folder, logs, others: Vec::new(), _collecting: collecting }
    }

    /// Everything logged so far.
    pub fn logs(&self) -> String {
        self.logs.text()
    }

    /// Where they are put.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps another file beside the logs; its content is asked for when the test has failed.
    pub fn keep(&mut self, file: &'static str, content: impl Fn() -> String + 'static) {
        self.others.push((file, Box::new(content)));
    }
}

impl Drop for Artifacts {
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        let _ = fs::create_dir_all(&self.folder);
        let _ = fs::write(self.folder.join("log.txt"), self.logs());
        for (file, content) in &self.others {
            let _ = fs::write(self.folder.join(file), content());
        }
        let folder = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        eprintln!("what this test left: {}", folder.display());
    }
}

/// What a kept file holds, once it is wanted.
type Content = Box<dyn Fn() -> String>;

/// A place for logs to go, and to look at.
#[derive(Clone, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
