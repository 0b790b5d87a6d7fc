//! Queues a sync that somebody asks for, or answers with the one that is on its way already.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::auth::{Act, PartnerScope, permit};
use crate::domain::run::Trigger;
use crate::ids::{ClientId, PartnerId, RunId};
use crate::ops::partner_guard::{check_active, lock_active};
use crate::ops::{OpError, Ops, Request, UserError, UserErrorCode, connection::check};
use crate::queue;
use crate::storage::runs::RunRequest;
use crate::storage::{Tx, activity, associations, clients, connections, runs};

/// The run, and what of the input it does not cover.
#[derive(Clone, Debug)]
pub struct Requested {
    pub run: Option<RunId>,
    pub errors: Vec<UserError>,
}

/// Without `clients`, everything is synced. A client that is unknown or not mapped is an error of its own; the others are
/// synced all the same.
pub async fn request_sync(
    ops: &Ops,
    request: &Request<'_>,
    partner: PartnerId,
    wanted: Option<Vec<Option<ClientId>>>,
) -> Result<Requested, OpError> {
    let scope = permit(request.caller, Act::RequestSync, partner)?;
    check_active(ops, &scope).await?;
    if wanted.as_ref().is_some_and(Vec::is_empty) {
        let message = "Name at least one client. To sync all that are mapped, leave the list out.";
        return Err(OpError::refused(UserErrorCode::Required, &["clientIds"], message));
    }
    let (connected, chosen, errors) = {
        let mut db = ops.db.read(&scope).await?;
        let connected = connections::is_usable(&mut db, &scope).await?;
        let (chosen, errors) = choose(&mut db, &scope, wanted).await?;
        (connected, chosen, errors)
    };
    if !connected {
        return Err(check::not_connected());
    }
    if chosen.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Requested { run: None, errors });
    }
    let now = ops.clock.now();
    let mut tx = ops.db.begin(&scope).await?;
    lock_active(&mut tx, &scope).await?;
    let asked = RunRequest::interactive(Trigger::OnDemand, chosen.clone());
    let Some(run) = enqueue_if_mapped(&mut tx, &scope, asked, now).await? else {
        return Err(OpError::refused(
            UserErrorCode::NoAssociations,
            &[],
            "No client is mapped to a Halo customer yet, so there is nothing to sync. Map a client first.",
        ));
    };
    let clients = chosen.map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    let entry = activity::Entry {
        subject: Some(run.to_string()),
        after: Some(json!({ "clients": clients })),
        ..request.entry("sync.requested")
    };
    activity::record(&mut tx, &scope, entry, now).await?;
    tx.commit().await?;
    Ok(Requested { run: Some(run), errors })
}

/// Those of the wanted clients that can be synced, and an error for each other.
async fn choose(
    db: &mut crate::storage::Reader,
    scope: &PartnerScope,
    wanted: Option<Vec<Option<ClientId>>>,
) -> Result<(Option<Vec<ClientId>>, Vec<UserError>), OpError> {
    let Some(wanted) = wanted else { return Ok((None, Vec::new())) };
    let ids: Vec<_> = wanted.iter().copied().flatten().collect();
    let known: BTreeSet<_> = clients::find_many(db, scope, &ids).await?.iter().map(|client| client.id).collect();
    let mapped: BTreeSet<_> =
        associations::of_clients(db, scope, &ids).await?.iter().map(|found| found.client).collect();
    let mut chosen = BTreeSet::new();
    let mut errors = Vec::new();
    for (index, id) in wanted.into_iter().enumerate() {
        let error = match id {
            Some(id) if mapped.contains(&id) => {
                chosen.insert(id);
                continue;
            }
            Some(id) if known.contains(&id) => UserError::new(
                UserErrorCode::ClientNotAssociated,
                &[],
                "This client is not mapped to a Halo customer. Map it first.",
            ),
            _ => UserError::new(UserErrorCode::ClientNotFound, &[], "There is no such client."),
        };
        errors.push(error.within("clientIds", index));
    }
    Ok((Some(chosen.into_iter().collect()), errors))
}

/// Queues the run and wakes a worker, unless the partner has no association at all.
pub(in crate::ops) async fn enqueue_if_mapped(
    tx: &mut Tx,
    scope: &PartnerScope,
    request: RunRequest,
    now: DateTime<Utc>,
) -> Result<Option<RunId>, OpError> {
    if !associations::any(tx, scope).await? {
        return Ok(None);
    }
    enqueue(tx, scope, request, now).await.map(Some)
}

/// Queues the run and wakes a worker.
pub(in crate::ops) async fn enqueue(
    tx: &mut Tx,
    scope: &PartnerScope,
    request: RunRequest,
    now: DateTime<Utc>,
) -> Result<RunId, OpError> {
    enqueue_delayed(tx, scope, &request, Duration::ZERO, now).await
}

/// The same, for a run that nobody begins before `wait` is over.
pub(in crate::ops) async fn enqueue_delayed(
    tx: &mut Tx,
    scope: &PartnerScope,
    request: &RunRequest,
    wait: Duration,
    now: DateTime<Utc>,
) -> Result<RunId, OpError> {
    let asked = runs::enqueue_run(tx, scope, request, wait, now).await?;
    if asked.needs_wakeup {
        queue::enqueue(tx, asked.run, asked.interactive, wait).await?;
    }
    Ok(asked.run)
}
