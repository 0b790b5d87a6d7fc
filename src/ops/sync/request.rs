//! Queues a sync that somebody asks for, or answers with the one that is on its way already.

use std::collections::BTreeSet;

use serde_json::json;

use super::enqueue_if_mapped;
use crate::auth::{Act, PartnerScope};
use crate::domain::activity::Action;
use crate::domain::run::Trigger;
use crate::ids::{ClientId, RunId};
use crate::ops::connection::not_connected;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode};
use crate::storage::runs::RunRequest;
use crate::storage::{associations, clients, connections};

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
    target: impl Into<Target>,
    wanted: Option<Vec<Option<ClientId>>>,
) -> Result<Requested, OpError> {
    let scope = request.authorize(ops, Act::RequestSync, target).await?;
    ops.check_active(&scope).await?;
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
        return Err(not_connected());
    }
    if chosen.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Requested { run: None, errors });
    }
    let mut tx = ops.begin_active(&scope, request).await?;
    let asked = RunRequest::interactive(Trigger::OnDemand, chosen.clone());
    let Some(run) = enqueue_if_mapped(&mut tx, asked).await? else {
        return Err(OpError::refused(
            UserErrorCode::NoAssociations,
            &[],
            "No client is mapped to a Halo customer yet, so there is nothing to sync. Map a client first.",
        ));
    };
    let clients = chosen.map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>());
    let after = json!({ "clients": clients });
    tx.record(Action::SyncRequested, Some(run.to_string()), None, Some(after)).await?;
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
