//! Ends the mapping of a client. What becomes of the billed quantity is money, so the caller says
//! it; a run confirms it.

use serde_json::json;

use super::not_found;
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::association::{Association, AssociationEvent, AssociationState, Ending};
use crate::domain::run::{RunRequest, Trigger};
use crate::ids::{AssociationId, RunId};
use crate::ops::{OpError, Ops, Request, Target, sync::enqueue};
use crate::storage::{associations, connections};

/// The association as it is now, and the run that brings it to its end where one is needed.
pub async fn remove_association(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: impl Into<Option<AssociationId>>,
    ending: Ending,
) -> Result<(Association, Option<RunId>), OpError> {
    let scope = request.authorize(ops, Act::RemoveAssociation, target).await?;
    let id = id.into().ok_or_else(not_found)?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let before = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    // Who waits in vain for Halo to take a 0 may say otherwise.
    let said_otherwise = before.state == AssociationState::Ending && before.ending != Some(ending);
    if before.is_over() && !said_otherwise {
        return Ok((before, None));
    }
    let removed = AssociationEvent::Removed { ending, at: tx.now() };
    associations::apply(&mut tx, id, &removed).await?;
    let after = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    let connected = connections::is_usable(&mut tx, &scope).await?;
    let run = if after.state == AssociationState::Ending && connected {
        let end = RunRequest::interactive(Trigger::AssociationEnded, Some(vec![after.client]));
        Some(enqueue(&mut tx, end).await?)
    } else {
        None
    };
    let was = json!({ "client": before.client.to_string(), "haloCustomer": before.customer.id });
    let is = json!({ "ending": ending });
    tx.record(Action::AssociationRemoved, Some(id.to_string()), Some(was), Some(is)).await?;
    tx.commit().await?;
    Ok((after, run))
}
