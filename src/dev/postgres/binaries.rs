//! Finding a Postgres to run: installed where systems put it, or fetched.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::bail;
use tokio::process::Command;

use super::{OLDEST_MAJOR, download};
use crate::config::Variables;

/// A folder with `postgres` and `initdb` in it that can run our migrations.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    pub folder: PathBuf,
    pub major: u32,
    /// The version that the binary reports, for example `15.18`.
    pub version: String,
}

/// Folders that hold one version, and folders that hold a folder per version (`*`).
const KNOWN: [&str; 12] = [
    "/usr/lib/postgresql/*/bin",          // Debian, Ubuntu
    "/usr/pgsql-*/bin",                   // Fedora and Red Hat, from postgresql.org
    "/usr/lib/postgresql*/bin",           // Fedora's versioned packages, openSUSE
    "/usr/libexec/postgresql*",           // Alpine
    "/usr/bin",                           // Fedora, Arch
    "/opt/homebrew/opt/postgresql@*/bin", // Homebrew on Apple silicon
    "/opt/homebrew/opt/postgresql/bin",
    "/usr/local/opt/postgresql@*/bin", // Homebrew on Intel
    "/usr/local/opt/postgresql/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin", // built by hand
];

/// The binaries to use. Existing data decides which major version it has to be; otherwise the
/// newest installed one, otherwise a fetched one.
///
/// # Errors
/// No suitable version is installed and none can be fetched; one sentence with the command that
/// installs it.
pub(super) async fn find(data_version: Option<u32>, variables: &Variables, say: fn(&str)) -> anyhow::Result<Binaries> {
    let path = variables.get("PATH").unwrap_or_default();
    let fetching = async { download::fetch(path, &download::cache(variables)?, say).await };
    choose(data_version, &candidates(path), fetching).await
}

/// The binaries to use of those in the folders, otherwise what `fetching` brings; it is not started
/// where it would not help.
pub(super) async fn choose(
    data_version: Option<u32>,
    folders: &[PathBuf],
    fetching: impl Future<Output = anyhow::Result<PathBuf>>,
) -> anyhow::Result<Binaries> {
    let (mut usable, mut why_not) = (Vec::new(), Vec::new());
    for folder in folders {
        match inspect(folder).await {
            Ok(binaries) => usable.push(binaries),
            Err(reason) => why_not.push(format!("{} {reason}", folder.display())),
        }
    }
    usable.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    if let Some(found) = usable.iter().find(|binaries| data_version.is_none_or(|major| major == binaries.major)) {
        return Ok(found.clone());
    }
    if data_version.is_none_or(|major| major == download::MAJOR) {
        let why_not_fetched = match fetching.await {
            Ok(folder) => match inspect(&folder).await {
                Ok(binaries) => return Ok(binaries),
                Err(reason) => format!("the fetched one in {} {reason}", folder.display()),
            },
            Err(error) => format!("{error:#}"),
        };
        why_not.insert(0, why_not_fetched);
    }
    let why_not = if why_not.is_empty() { String::new() } else { format!(" ({})", why_not.join("; ")) };
    if let Some(major) = data_version {
        let installed: Vec<&str> = usable.iter().map(|binaries| binaries.version.as_str()).collect();
        let installed = if installed.is_empty() { "none".into() } else { installed.join(", ") };
        bail!(
            "the data was made by PostgreSQL {major}, and installed here is {installed}: install PostgreSQL {major}, \
             or start with an empty database (--fresh){why_not}"
        );
    }
    bail!("no PostgreSQL found: install it with `{}`, or set DATABASE_URL{why_not}", install_command())
}

/// Every folder that holds a `postgres` and an `initdb`, without duplicates.
fn candidates(path: &OsStr) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for folder in std::env::split_paths(path).chain(KNOWN.iter().flat_map(|pattern| expand(pattern))) {
        // A link in /usr/local/bin leads to where the rest of the installation is.
        let Ok(postgres) = std::fs::canonicalize(folder.join("postgres")) else { continue };
        let Some(folder) = postgres.parent().map(Path::to_owned) else { continue };
        if folder.join("initdb").exists() && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    folders
}

/// A pattern with at most one `*`, which stands for (a part of) one folder's name.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![pattern.into()] };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let fits = entries.filter_map(Result::ok).filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
    fits.map(|entry| entry.path().join(after.trim_start_matches('/'))).collect()
}

/// Reads the binary's version and looks for the extensions that the queue's migrations create.
async fn inspect(folder: &Path) -> Result<Binaries, String> {
    let said = output(Command::new(folder.join("postgres")).arg("--version")).await.ok_or("does not run here")?;
    let version = said.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    let version = version.ok_or("does not report its version")?.to_owned();
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    let major: u32 = digits.parse().map_err(|_| "does not report its version")?;
    if major < OLDEST_MAJOR {
        return Err(format!("is version {version}, too old ({OLDEST_MAJOR} is needed)"));
    }
    let share =
        share_folder(folder, major).await.ok_or("lacks hstore and pgcrypto (the package postgresql-contrib)")?;
    if ["hstore.control", "pgcrypto.control"].iter().any(|control| !share.join(control).exists()) {
        return Err("lacks hstore or pgcrypto (the package postgresql-contrib)".into());
    }
    Ok(Binaries { folder: folder.to_owned(), major, version })
}

/// The folder with the extensions' control files.
async fn share_folder(folder: &Path, major: u32) -> Option<PathBuf> {
    let reported = output(Command::new(folder.join("pg_config")).arg("--sharedir")).await;
    let usual = [
        folder.join("../share/postgresql"),
        folder.join("../share"),
        PathBuf::from(format!("/usr/share/postgresql/{major}")),
        PathBuf::from("/usr/share/pgsql"),
    ];
    let shares = reported.map(|reported| PathBuf::from(reported.trim())).into_iter().chain(usual);
    shares.map(|share| share.join("extension")).find(|extensions| extensions.join("hstore.control").exists())
}

async fn output(command: &mut Command) -> Option<String> {
    let output = command.output().await.ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// What installs Postgres on this system.
fn install_command() -> &'static str {
    if cfg!(target_os = "macos") {
        return "brew install postgresql@17";
    }
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let ids: Vec<&str> = system
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|ids| ids.trim_matches('"').split(' '))
        .collect();
    let is = |names: &[&str]| names.iter().any(|name| ids.contains(name));
    if is(&["fedora", "rhel", "centos"]) {
        "sudo dnf install postgresql-server postgresql-contrib"
    } else if is(&["arch"]) {
        "sudo pacman -S postgresql"
    } else if is(&["alpine"]) {
        "sudo apk add postgresql postgresql-contrib"
    } else if is(&["suse", "opensuse"]) {
        "sudo zypper install postgresql-server postgresql-contrib"
    } else {
        "sudo apt-get install postgresql"
    }
}
