//! Following a sync as the frontend does, by polling: as often as the API says.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Id, print_line, words};
use crate::dev::ask::{Operation, nodes};
use crate::dev::stack::Parts;

/// Longer than any sync of this small tenant, also one that a killed process left behind.
const LONGEST: Duration = Duration::from_secs(120);
/// After this long without progress, the step prints what it waits for.
const SILENCE: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    status: String,
    poll_after_ms: Option<u64>,
    progress: Progress,
    problem: Option<Problem>,
}

#[derive(Deserialize, PartialEq, Eq, Clone, Copy)]
struct Progress {
    done: u32,
    total: u32,
}

#[derive(Deserialize)]
struct Problem {
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientsResult {
    client: Named,
    outcome: String,
    quantity_before: Option<u32>,
    quantity_after: Option<u32>,
    problem: Option<Problem>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The partner's latest run. A run that waits does so for those before it, so once the latest is
/// finished, all are.
pub(super) async fn latest(parts: &Parts) -> anyhow::Result<Option<Id>> {
    let history = Operation::Contract("SyncHistory");
    let mut data: Value =
        parts.request_context.ask(parts.callers.partner_admin(), history, json!({ "first": 1 })).await?;
    let latest = nodes(&mut data["partner"]["haloSyncRuns"]).pop();
    Ok(latest.map(|mut run| run["id"].take()))
}

/// Follows the run under way, if there is one. Results of earlier runs are not printed again.
pub(super) async fn until_quiet(parts: &Parts) -> anyhow::Result<()> {
    match latest(parts).await? {
        Some(run) if look(parts, &run).await?.poll_after_ms.is_some() => until_finished(parts, &run).await,
        _ => Ok(()),
    }
}

/// Follows a run until it is finished, and prints what it changed.
pub(super) async fn until_finished(parts: &Parts, id: &Id) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut printed = BTreeSet::new();
    let (mut last, mut since, mut explained) = (None, begun, false);
    loop {
        let run = look(parts, id).await?;
        for result in results(parts, id).await? {
            if printed.insert(result.client.name.clone()) {
                print_result(&result);
            }
        }
        let problem = run.problem.as_ref().map(|problem| problem.message.as_str()).unwrap_or_default();
        let Some(pause) = run.poll_after_ms else {
            print_line(format!("{} of {} clients: {}", run.progress.done, run.progress.total, words(&run.status)));
            return match run.status.as_str() {
                "SUCCEEDED" => Ok(()),
                _ => bail!("the sync {}. {problem}", words(&run.status)),
            };
        };
        if last != Some(run.progress) {
            (last, since) = (Some(run.progress), Instant::now());
        }
        if since.elapsed() > SILENCE && !explained {
            let longest = parts.config.worker.lease + parts.config.halo.timeout;
            print_line(match problem {
                "" => format!(
                    "(waiting: a sync that a killed process was at is taken up after {} seconds at most)",
                    longest.as_secs()
                ),
                problem => format!("(waiting: {problem})"),
            });
            explained = true;
        }
        if begun.elapsed() > LONGEST {
            bail!("the sync is {} after two minutes. {problem}", words(&run.status));
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

async fn look(parts: &Parts, id: &Id) -> anyhow::Result<Run> {
    let progress = Operation::Contract("RunProgress");
    let mut data: Value =
        parts.request_context.ask(parts.callers.partner_admin(), progress, json!({ "id": id })).await?;
    serde_json::from_value(data["haloSyncRun"].take()).context("the API's answer has another shape")
}

async fn results(parts: &Parts, id: &Id) -> anyhow::Result<Vec<ClientsResult>> {
    let (results, arguments) = (Operation::Contract("RunResults"), json!({ "id": id, "first": 100 }));
    let mut data: Value = parts.request_context.ask(parts.callers.partner_admin(), results, arguments).await?;
    let results = nodes(&mut data["haloSyncRun"]["results"]);
    serde_json::from_value(results.into()).context("the API's answer has another shape")
}

fn print_result(result: &ClientsResult) {
    let quantity = |count: Option<u32>| count.map_or("?".to_owned(), |count| count.to_string());
    let change = match result.outcome.as_str() {
        "CREATED" => format!("created with quantity {}", quantity(result.quantity_after)),
        "UPDATED" => format!("{} -> {}", quantity(result.quantity_before), quantity(result.quantity_after)),
        "UNCHANGED" => return,
        other => words(other),
    };
    let problem = result.problem.as_ref().map(|problem| format!(" ({})", problem.message)).unwrap_or_default();
    print_line(format!("{:<26} {change}{problem}", result.client.name));
}
