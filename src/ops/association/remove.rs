//! Ends the mapping of a client. The caller decides what happens to the billed quantity, because
//! that is money; a run confirms it.

use serde_json::json;

use super::not_found;
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::association::{Association, AssociationEvent, AssociationState, Ending};
use crate::domain::run::{RunRequest, Trigger};
use crate::ids::{AssociationId, RunId};
use crate::ops::{OpError, Ops, Request, Target, sync::enqueue};
use crate::storage::{associations, connections};

/// Removes the association. Returns it with its new state, and the run that ends it if one is
/// needed.
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
    // A user whose 0 Halo does not accept may choose another ending.
    let is_new_ending = before.state == AssociationState::Ending && before.ending != Some(ending);
    if before.is_over() && !is_new_ending {
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
