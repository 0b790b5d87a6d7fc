//! Records which partners support has read, and which acts it was refused.

use serde_json::json;

use crate::auth::{Act, permit, permit_across};
use crate::domain::activity::Action;
use crate::ids::PartnerId;
use crate::ops::{OpError, Ops, Request};
use crate::storage::{activity, partners};

/// Support may give an operation any name in the playground.
const MAX_NAME_CHARS: usize = 100;

/// Writes one row for each of `partners` that exists, unless it has one for this request. It is one
/// statement for all of them.
pub async fn record_reads(ops: &Ops, request: &Request<'_>, partners: &[PartnerId]) -> Result<(), OpError> {
    let system = permit_across(request.caller, Act::ListPartners)?;
    let after = request.operation.map(|name| json!({ "operation": cut(name) }));
    let entry = activity::Entry { after, ..request.entry(Action::SupportRead) };
    let mut tx = ops.db.begin(system).await?;
    activity::record_reads(&mut tx, system, request.caller.actor(), partners, entry, ops.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes one row for an act that support may not do. A partner that does not exist has no log, and
/// the caller does not learn which partners exist.
pub async fn record_refused(ops: &Ops, request: &Request<'_>, partner: PartnerId, act: Act) -> Result<(), OpError> {
    let scope = permit(request.caller, Act::ViewPartner, partner)?;
    let mut tx = ops.db.begin(&scope).await?;
    if partners::find(&mut tx, &scope).await?.is_some() {
        let after = Some(json!({ "operation": request.operation.map(cut), "refused": format!("{act:?}") }));
        let entry = activity::Entry { after, reason: None, ..request.entry(Action::SupportRefused) };
        activity::record(&mut tx, &scope, entry, ops.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn cut(name: &str) -> String {
    name.chars().take(MAX_NAME_CHARS).collect()
}
