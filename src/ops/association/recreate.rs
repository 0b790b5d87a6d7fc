//! Recreates a subscription that was deleted in Halo. Only a user requests this; it never happens
//! automatically, because the deletion may have been intended.

use serde_json::json;

use super::{ending, not_found};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::association::{Association, AssociationEvent};
use crate::domain::run::{RunRequest, Trigger};
use crate::ids::{AssociationId, RunId};
use crate::ops::connection::not_connected;
use crate::ops::sync::enqueue;
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};
use crate::storage::{associations, connections};

/// Requests the subscription. Returns the association, and the run that creates its subscription.
pub async fn recreate_subscription(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: impl Into<Option<AssociationId>>,
) -> Result<(Association, RunId), OpError> {
    let scope = request.authorize(ops, Act::Recreate, target).await?;
    let id = id.into().ok_or_else(not_found)?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let before = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    if !connections::is_usable(&mut tx, &scope).await? {
        return Err(not_connected());
    }
    if before.is_over() {
        return Err(ending());
    }
    if associations::apply(&mut tx, id, &AssociationEvent::Recreated).await?.is_none() {
        return Err(OpError::refused(
            UserErrorCode::SubscriptionNotDeleted,
            &[],
            "This client's subscription was not deleted in Halo, so no other one is created. Load the table again.",
        ));
    }
    let create = RunRequest::interactive(Trigger::SubscriptionRecreated, Some(vec![before.client]));
    let run = enqueue(&mut tx, create).await?;
    let gone = before.subscription.map(|gone| json!({ "subscription": gone.id }));
    tx.record(Action::SubscriptionRecreated, Some(id.to_string()), gone, None).await?;
    let after = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    tx.commit().await?;
    Ok((after, run))
}
