//! Requests a sync: queues a run, or returns the queued run that already covers the request.

use std::collections::BTreeSet;

use serde_json::json;

use super::enqueue_if_mapped;
use super::pause::refuse_while_paused;
use crate::auth::{Act, PartnerScope};
use crate::domain::activity::Action;
use crate::domain::run::{RunRequest, Trigger};
use crate::ids::{ClientId, RunId};
use crate::ops::connection::not_connected;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode};
use crate::storage::{associations, clients, connections};

/// The run, and errors for the clients that it does not cover.
#[derive(Clone, Debug)]
pub struct RequestedSync {
    pub run: Option<RunId>,
    pub errors: Vec<UserError>,
}

/// Requests a sync of the `requested` clients, or of all that are mapped. A client that is unknown
/// or not mapped is an error of its own; the others are synced all the same.
pub async fn request_sync(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    requested: Option<Vec<Option<ClientId>>>,
) -> Result<RequestedSync, OpError> {
    let scope = request.authorize(ops, Act::RequestSync, target).await?;
    refuse_while_paused(ops.check_active(&scope).await?.as_ref())?;
    if requested.as_ref().is_some_and(Vec::is_empty) {
        let error = UserError::new(
            UserErrorCode::Required,
            &["clientIds"],
            "No client is chosen. Choose at least one, or sync all that are mapped.",
        );
        return Err(error.hint("Leave `clientIds` out to sync all mapped clients.").into());
    }
    let (connected, syncable_clients, errors) = {
        let mut db = ops.db.read(&scope).await?;
        let connected = connections::is_usable(&mut db, &scope).await?;
        let (syncable_clients, errors) = syncable(&mut db, &scope, requested).await?;
        (connected, syncable_clients, errors)
    };
    if !connected {
        return Err(not_connected());
    }
    if syncable_clients.as_ref().is_some_and(Vec::is_empty) {
        return Ok(RequestedSync { run: None, errors });
    }
    let mut tx = ops.begin_active(&scope, request).await?;
    let run_request = RunRequest::interactive(Trigger::OnDemand, syncable_clients.clone());
    let Some(run) = enqueue_if_mapped(&mut tx, run_request).await? else {
        return Err(OpError::refused(
            UserErrorCode::NoAssociations,
            &[],
            "No client is mapped to a Halo customer yet, so there is nothing to sync. Map a client first.",
        ));
    };
    let clients = syncable_clients.map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    let after = json!({ "clients": clients });
    tx.record(Action::SyncRequested, Some(run.to_string()), None, Some(after)).await?;
    tx.commit().await?;
    Ok(RequestedSync { run: Some(run), errors })
}

/// The requested clients that can be synced, and an error for each of the others.
async fn syncable(
    db: &mut crate::storage::Reader,
    scope: &PartnerScope,
    requested: Option<Vec<Option<ClientId>>>,
) -> Result<(Option<Vec<ClientId>>, Vec<UserError>), OpError> {
    let Some(requested) = requested else { return Ok((None, Vec::new())) };
    let ids: Vec<_> = requested.iter().copied().flatten().collect();
    let known: BTreeSet<_> = clients::find_many(db, scope, &ids).await?.iter().map(|client| client.id).collect();
    let mapped: BTreeSet<_> =
        associations::of_clients(db, scope, &ids).await?.iter().map(|found| found.client).collect();
    let mut syncable_clients = BTreeSet::new();
    let mut errors = Vec::new();
    for (index, id) in requested.into_iter().enumerate() {
        let error = match id {
            Some(id) if mapped.contains(&id) => {
                syncable_clients.insert(id);
                continue;
            }
            Some(id) if known.contains(&id) => UserError::new(
                UserErrorCode::ClientNotAssociated,
                &[],
                "This client is not mapped to a Halo customer. Map it first.",
            ),
            _ => UserError::new(
                UserErrorCode::ClientNotFound,
                &[],
                "This client no longer exists. Load the table again.",
            ),
        };
        errors.push(error.within("clientIds", index));
    }
    Ok((Some(syncable_clients.into_iter().collect()), errors))
}
