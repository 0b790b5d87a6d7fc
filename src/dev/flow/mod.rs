//! The user guide's steps, carried out as a partner would: connect Halo, map clients, and from then
//! on the numbers are right.
//!
//! Every step first checks what is done already, so a stack that was killed anywhere resumes at its
//! next start and ends in the same table. Steps call the API over HTTP with the callers' tokens;
//! the tenant itself is only read, at the end.

mod connect;
mod map;
mod night;
mod people;
mod table;
mod wait;

use anyhow::Context as _;
use serde_json::Value;

use super::roster;
use super::stack::Parts;

/// Imports the roster and leaves everything else to the developer.
pub(super) async fn roster_only(parts: &Parts) -> anyhow::Result<()> {
    println!();
    step(1, "INFIMA's platform reports its partners, their clients and users", people::first_report(parts)).await
}

/// Carries out all steps.
pub(super) async fn play(parts: &Parts) -> anyhow::Result<()> {
    println!("\nThe user guide's story, through the API:\n");
    step(1, "INFIMA's platform reports its partners, their clients and users", people::first_report(parts)).await?;
    step(2, "The partner saves its Halo connection", connect::save(parts)).await?;
    let queued = step(3, "It searches its Halo customers and maps clients to them", map::save(parts)).await?;
    step(4, "The subscriptions appear in Halo", map::watch(parts, queued)).await?;
    step(5, "People join and leave", people::second_report(parts)).await?;
    step(6, "The night comes: infima-halo sync --night", night::run(parts)).await?;
    step(7, "The partner asks for a sync", night::resync(parts)).await?;
    step(8, "What Halo holds now", table::show(parts)).await
}

/// Prints the step's title, carries it out, and names it if it fails.
async fn step<T>(number: u8, title: &str, does: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    println!("{number}. {title}");
    let done = does.await.with_context(|| format!("step {number} ({title}) failed"))?;
    println!();
    Ok(done)
}

/// Prints a line below the step's title.
fn print_line(line: impl AsRef<str>) {
    println!("   {}", line.as_ref());
}

/// `PARTIALLY_SUCCEEDED` as people read it.
fn words(value: &str) -> String {
    value.to_lowercase().replace('_', " ")
}

/// A global id as the API gives it.
type Id = Value;
