//! The directory that keeps a stack's data: one process at a time uses it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::postgres;
use crate::config::Variables;

pub(super) struct DataDir {
    path: PathBuf,
    /// The lock file, held while the stack runs. It names the process that holds it.
    _lock: File,
}

impl DataDir {
    /// Takes the directory; makes it if absent.
    pub fn claim(path: &Path) -> anyhow::Result<Self> {
        let path = std::path::absolute(path)?;
        let cannot = || format!("{} cannot be used as the data directory (--data-dir)", path.display());
        fs::create_dir_all(&path).with_context(cannot)?;
        let options = OpenOptions::new().create(true).read(true).write(true).truncate(false).open(path.join("lock"));
        let mut lock = options.with_context(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                lock.read_to_string(&mut holder)?;
                bail!(
                    "process {} is running on {}; stop it first, or choose another directory with --data-dir",
                    holder.trim(),
                    path.display()
                );
            }
        }
        lock.set_len(0)?;
        lock.rewind()?;
        writeln!(lock, "{}", std::process::id())?;
        Ok(Self { path, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where scripts find the addresses while the stack is up.
    pub fn announcement(&self) -> PathBuf {
        self.path.join("dev.json")
    }

    /// The key that tokens are signed with.
    pub fn mint_key(&self) -> PathBuf {
        self.path.join("mint.pem")
    }

    /// Where the tenants are kept.
    pub fn sandbox(&self) -> PathBuf {
        self.path.join("sandbox")
    }

    /// Removes the private cluster and the sandbox. A database that was given is not ours to empty.
    pub async fn empty(&self, variables: &Variables) -> anyhow::Result<()> {
        if variables.get("DATABASE_URL").is_some() || variables.get("DATABASE_URL_FILE").is_some() {
            bail!(
                "--fresh does not empty a database that DATABASE_URL names; empty it yourself, or unset DATABASE_URL"
            );
        }
        postgres::erase(&self.path).await?;
        let sandbox = self.sandbox();
        if sandbox.exists() {
            fs::remove_dir_all(&sandbox).with_context(|| format!("{} cannot be removed", sandbox.display()))?;
        }
        Ok(())
    }
}
