//! The announcement of a running stack: for people on stdout, for scripts in `dev.json`.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use anyhow::Context as _;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

use super::TENANTS;
use super::data_dir::DataDir;
use super::stack::Parts;
use crate::sandbox::Sandbox;

pub(super) fn title() {
    println!("\nINFIMA's Halo PSA integration, the development stack\n");
}

/// Options of the command line that cannot be granted.
pub(super) fn ports(sandbox: &Sandbox, asked: Option<u16>) {
    for port in sandbox.taken_ports() {
        println!("  Port {port} is taken; another one is used for a Halo.");
    }
    let first = sandbox.tenant(TENANTS[0]).port();
    if asked.is_some_and(|asked| asked != 0 && asked != first && !sandbox.taken_ports().contains(&asked)) {
        println!("  The Halos keep the ports of their first start; --sandbox-port does not move them.");
    }
}

pub(super) fn addresses(parts: &Parts) {
    println!("  API         {}", parts.url("/graphql"));
    println!("  Playground  {}", parts.url("/playground"));
    for tenant in &parts.tenants {
        println!("  Halo        {} (a sandbox: {})", tenant.url(), tenant.name());
    }
}

pub(super) fn callers(parts: &Parts, data_dir: &DataDir) {
    let file = data_dir.announcement();
    println!("The stack stays up; Ctrl-C stops it. A token for each kind of caller, also in {}:\n", file.display());
    for caller in parts.callers.all() {
        println!("  {}\n  {}\n", caller.label, caller.token.expose_secret());
    }
    addresses(parts);
}

pub(super) fn stopped_short(why: &str, parts: &Parts, data_dir: &DataDir) {
    println!("\nThe story stopped: {why}");
    if parts.database_is_given {
        let halo = data_dir.sandbox();
        println!(
            "(Who begins with nothing empties the database that DATABASE_URL names and removes {}.)\n",
            halo.display()
        );
    } else {
        println!("(--fresh begins with nothing.)\n");
    }
}

/// Writes `dev.json`, as a whole or not at all, readable by its owner only: there are tokens in it.
pub(super) fn write(parts: &Parts, data_dir: &DataDir) -> anyhow::Result<()> {
    let tokens: Map<String, Value> =
        parts.callers.all().iter().map(|caller| (caller.key.to_owned(), caller.token.expose_secret().into())).collect();
    let [tenant, other] = &parts.tenants;
    let mut halo = tenant.credentials();
    halo["other"] = other.credentials();
    let text = json!({
        "graphql": parts.url("/graphql"),
        "websocket": parts.url("/graphql").replacen("http", "ws", 1),
        "playground": parts.url("/playground"),
        "sandbox": tenant.url(),
        "database": parts.database.expose_secret(),
        "environment": parts.environment(),
        "tokens": tokens,
        "halo": halo,
    });
    let (file, whole) = (data_dir.announcement(), data_dir.path().join("dev.json.new"));
    let written = || -> std::io::Result<()> {
        let mut new = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&whole)?;
        writeln!(new, "{text:#}")?;
        fs::rename(&whole, &file)
    };
    written().with_context(|| format!("{} cannot be written", file.display()))
}

/// Removes `dev.json`: its addresses are no longer served.
pub(super) fn gone(data_dir: &DataDir) {
    // A missing file is as good as removed; a file that stays is overwritten at the next start.
    let _ = fs::remove_file(data_dir.announcement());
}
