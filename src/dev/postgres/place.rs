//! Where a private cluster is kept and which user runs it.
//!
//! A folder of the data directory, run by the current user. Postgres refuses to run as root, and
//! the user it then runs under cannot enter root's home: as root the cluster is kept under
//! `/var/lib` instead, and the data directory holds a link to it. A removed link (a deleted clone)
//! leaves an orphan, which the next start removes.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, bail};
use nix::unistd::{Uid, User};
use sha2::{Digest as _, Sha256};

/// Where clusters of root are kept; the second where the first cannot be written.
const ROOTS_PLACES: [&str; 2] = ["/var/lib/infima-halo", "/var/tmp/infima-halo"];
/// The shortest limit of the systems we run on (macOS) for the path of a socket.
const LONGEST_SOCKET_PATH: usize = 103;
/// The socket's name: always the same, as the directory is always ours.
const SOCKET: &str = ".s.PGSQL.5432";

/// The user that Postgres runs under when we are root.
#[derive(Clone, Debug)]
pub(super) struct Runner {
    pub uid: u32,
    pub gid: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The cluster's folder: its data, its log, its locks.
    pub folder: PathBuf,
    /// Where its socket is.
    pub sockets: PathBuf,
    /// Set when we are root.
    pub runner: Option<Runner>,
}

impl Place {
    /// The place that belongs to a data directory; made if absent.
    pub fn prepare(data_dir: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(data_dir)?;
        if let Some(place) = Self::existing(data_dir)? {
            return Ok(place);
        }
        let link = link_of(data_dir)?;
        match runner()? {
            None => private_folder(&link, None)?,
            Some(runner) => {
                let folder = root_folder()?.join(uuid::Uuid::new_v4().simple().to_string());
                private_folder(&folder, Some(&runner))?;
                fs::write(folder.join("belongs-to"), link.as_os_str().as_encoded_bytes())?;
                // A dead link is removed; of two processes that come here together, the second
                // finds the first's.
                if link.is_symlink() && !link.exists() {
                    fs::remove_file(&link)?;
                }
                match symlink(&folder, &link) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::remove_dir_all(&folder)?,
                    made => made?,
                }
            }
        }
        Self::existing(data_dir)?.context("the folder made a moment ago is gone")
    }

    /// The place that a data directory already has.
    pub fn existing(data_dir: &Path) -> anyhow::Result<Option<Self>> {
        let link = link_of(data_dir)?;
        if !link.exists() {
            return Ok(None);
        }
        let place = Self::at(fs::canonicalize(link)?)?;
        // The folder was made by an ordinary user, and now root uses it: it stays where it is, with
        // the owner it has.
        Ok(Some(place))
    }

    /// The place in a folder that is known to be a cluster's.
    pub fn at(folder: PathBuf) -> anyhow::Result<Self> {
        let owner = fs::metadata(&folder)?;
        let me = Uid::current();
        let runner = match (me.is_root(), owner.uid()) {
            (true, 0) => bail!("{} belongs to root, as whom Postgres does not run; remove it", folder.display()),
            (true, uid) => Some(Runner { uid, gid: owner.gid() }),
            (false, uid) if uid == me.as_raw() => None,
            (false, _) => bail!(
                "{} belongs to another user; choose another data directory (--data-dir) or remove it as that user",
                folder.display()
            ),
        };
        let sockets = sockets_of(&folder, &owner, runner.as_ref())?;
        Ok(Self { folder, sockets, runner })
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("postgres.log")
    }

    /// The major version of the data, once there is some.
    pub fn version(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }
}

/// Clusters of root whose data directory no longer leads to them.
pub(super) fn orphans() -> Vec<Place> {
    if !Uid::current().is_root() {
        return Vec::new();
    }
    let folders = ROOTS_PLACES.iter().filter_map(|place| fs::read_dir(place).ok()).flatten().filter_map(Result::ok);
    folders
        .filter_map(|entry| {
            let folder = entry.path();
            let link = PathBuf::from(fs::read_to_string(folder.join("belongs-to")).ok()?);
            let abandoned = fs::canonicalize(link).ok() != Some(folder.clone());
            // A folder that another process is just making has no link yet.
            let age = fs::metadata(&folder).ok()?.modified().ok()?.elapsed().unwrap_or_default();
            if abandoned && age > Duration::from_secs(60) { Place::at(folder).ok() } else { None }
        })
        .collect()
}

fn link_of(data_dir: &Path) -> io::Result<PathBuf> {
    Ok(std::path::absolute(data_dir)?.join("postgres"))
}

fn runner() -> anyhow::Result<Option<Runner>> {
    if !Uid::current().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(Runner { uid: user.uid.as_raw(), gid: user.gid.as_raw() }));
        }
    }
    bail!("Postgres does not run as root, and there is no user `postgres` or `nobody` to run it; create one of them")
}

fn root_folder() -> anyhow::Result<&'static Path> {
    for place in ROOTS_PLACES.map(Path::new) {
        if fs::DirBuilder::new().recursive(true).mode(0o755).create(place).is_ok()
            && fs::metadata(place).is_ok_and(|found| found.uid() == 0)
        {
            return Ok(place);
        }
    }
    bail!("neither {} nor {} can be written", ROOTS_PLACES[0], ROOTS_PLACES[1])
}

/// A folder that only its user may enter.
fn private_folder(folder: &Path, runner: Option<&Runner>) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && runner.is_none() => Ok(()),
        made => made,
    }?;
    runner.map_or(Ok(()), |runner| chown(folder, Some(runner.uid), Some(runner.gid)))
}

/// The cluster's own folder where the path is short enough for a socket, else one under `/tmp`.
fn sockets_of(folder: &Path, owner: &fs::Metadata, runner: Option<&Runner>) -> anyhow::Result<PathBuf> {
    if folder.join(SOCKET).as_os_str().len() <= LONGEST_SOCKET_PATH {
        return Ok(folder.to_owned());
    }
    let hash = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let sockets = Path::new("/tmp").join(format!("infima-halo-{name}"));
    if !sockets.exists() {
        private_folder(&sockets, runner)?;
    }
    // Every user may write to /tmp: a folder of that name is only ours if its owner and mode say
    // so.
    let found = fs::symlink_metadata(&sockets)?;
    if !found.is_dir() || found.uid() != owner.uid() || found.mode() & 0o077 != 0 {
        bail!("{} is in the way; remove it", sockets.display());
    }
    Ok(sockets)
}
