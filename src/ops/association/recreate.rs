//! The way back after a subscription was deleted in Halo: another one is created. Somebody asks for it; it never happens by
//! itself, because the deletion may have been meant.

use crate::auth::{Act, permit};
use crate::domain::association::Association;
use crate::domain::run::Trigger;
use crate::ids::{AssociationId, PartnerId, RunId};
use crate::ops::partner_guard::lock_active;
use crate::ops::{OpError, Ops, Request, UserErrorCode, connection::check, sync::request};
use crate::storage::runs::RunRequest;
use crate::storage::{activity, associations, connections};

/// The association, and the run that creates its subscription.
pub async fn recreate_subscription(
    ops: &Ops,
    request: &Request<'_>,
    partner: PartnerId,
    id: AssociationId,
) -> Result<(Association, RunId), OpError> {
    let scope = permit(request.caller, Act::Recreate, partner)?;
    let now = ops.clock.now();
    let mut tx = ops.db.begin(&scope).await?;
    lock_active(&mut tx, &scope).await?;
    let before = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    if !connections::is_usable(&mut tx, &scope).await? {
        return Err(check::not_connected());
    }
    if before.is_over() {
        return Err(ending());
    }
    if !associations::recreate(&mut tx, &scope, id).await? {
        return Err(OpError::refused(
            UserErrorCode::SubscriptionNotDeleted,
            &["associationId"],
            "This client's subscription was not deleted in Halo, so no other one is created.",
        ));
    }
    let create = RunRequest::interactive(Trigger::SubscriptionRecreated, Some(vec![before.client]));
    let run = request::enqueue(&mut tx, &scope, create, now).await?;
    let entry = activity::Entry {
        subject: Some(id.to_string()),
        before: before.subscription.map(|gone| serde_json::json!({ "subscription": gone.id })),
        ..request.entry("subscription.recreated")
    };
    activity::record(&mut tx, &scope, entry, now).await?;
    let after = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    tx.commit().await?;
    Ok((after, run))
}

pub(in crate::ops) fn not_found() -> OpError {
    OpError::refused(UserErrorCode::AssociationNotFound, &["associationId"], "There is no such association.")
}

pub(in crate::ops) fn ending() -> OpError {
    OpError::refused(
        UserErrorCode::AssociationEnding,
        &["associationId"],
        "This association is coming to its end. Map the client again to go on with its subscription.",
    )
}
