//! Asks Halo now whether a problem is still there: by a sync of the client, or of all clients if
//! the connection has the problem.

use super::{ensure_open, not_found, read_again, summary};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::problem_record::ProblemRecord;
use crate::domain::run::{RunRequest, Trigger};
use crate::ids::{ProblemId, RunId};
use crate::ops::connection::check::check_connection;
use crate::ops::connection::{Details, not_connected};
use crate::ops::sync::enqueue_if_mapped;
use crate::ops::sync::pause::refuse_while_paused;
use crate::ops::{OpError, Ops, Request, Target};
use crate::storage::{connections, partners, problems};

/// Queues the sync that asks, or joins one that does already, and returns the problem as it is now.
/// Where no client is mapped, no sync would ask: the connection is checked instead, at once.
pub async fn recheck_problem(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<ProblemId>,
) -> Result<(ProblemRecord, Option<RunId>), OpError> {
    let target = target.into();
    let scope = request.authorize(ops, Act::RequestSync, target).await?;
    let mut tx = ops.begin_active(&scope, request).await?;
    // Not locked: a run locks its own row and then the problem, and queueing locks the run.
    let record = read_again(&mut tx, id.ok_or_else(not_found)?).await?;
    ensure_open(&record)?;
    if !connections::is_usable(&mut tx, &scope).await? {
        return Err(not_connected());
    }
    refuse_while_paused(partners::find(&mut tx, &scope).await?.as_ref())?;
    let clients = record.client().map(|client| vec![client]);
    let run = enqueue_if_mapped(&mut tx, RunRequest::interactive(Trigger::OnDemand, clients)).await?;
    if let Some(run) = run {
        tx.record(Action::ProblemRechecked, Some(record.id.to_string()), None, Some(summary(&record))).await?;
        tx.commit().await?;
        return Ok((record, Some(run)));
    }
    drop(tx);
    check_connection(ops, request, target, &Details::default()).await?;
    let mut db = ops.db.read(&scope).await?;
    let record = problems::find_many(&mut db, &scope, &[record.id]).await?.pop().ok_or_else(not_found)?;
    Ok((record, None))
}
