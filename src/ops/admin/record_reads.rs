//! Writes down whom support looked at, and what it was refused.

use std::collections::BTreeSet;

use serde_json::json;

use crate::auth::{Act, permit, permit_across};
use crate::domain::activity::Action;
use crate::ids::PartnerId;
use crate::ops::{OpError, Ops, Request};
use crate::storage::{activity, partners};

/// The playground lets support call an operation what it likes.
const LONGEST_NAME: usize = 100;

/// One row for each of `partners` that exists, with the operation's name, unless a verb has written one for this request.
/// However many they are, it is one statement.
pub async fn record_reads(
    ops: &Ops,
    request: &Request<'_>,
    partners: &[PartnerId],
    operation: Option<&str>,
) -> Result<(), OpError> {
    let system = permit_across(request.caller, Act::ListPartners)?;
    let after = operation.map(|name| json!({ "operation": cut(name) }));
    let entry = activity::Entry { after, ..request.entry(Action::SupportRead) };
    let mut tx = ops.db.begin(system).await?;
    activity::record_reads(&mut tx, system, request.caller.actor(), partners, entry, ops.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// One row for each of these acts that support may not do, in the log of its partner. Of a partner that does not exist there
/// is no log, and whoever asked is not told of either.
pub async fn record_refused(
    ops: &Ops,
    request: &Request<'_>,
    refused: &[(PartnerId, Act)],
    operation: Option<&str>,
) -> Result<(), OpError> {
    let system = permit_across(request.caller, Act::ListPartners)?;
    let scopes: Vec<_> = refused
        .iter()
        .map(|(partner, _)| permit(request.caller, Act::ViewPartner, *partner))
        .collect::<Result<_, _>>()?;
    let mut tx = ops.db.begin(system).await?;
    let there: BTreeSet<_> = partners::find_many(&mut tx, &scopes[..]).await?.iter().map(|found| found.id).collect();
    let mut entries = Vec::new();
    for (partner, act) in refused.iter().filter(|(partner, _)| there.contains(partner)) {
        let after = Some(json!({ "operation": operation.map(cut), "refused": format!("{act:?}") }));
        entries.push((*partner, activity::Entry { after, ..request.entry(Action::SupportRefused) }));
    }
    activity::record_across(&mut tx, system, request.caller.actor(), &entries, ops.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

fn cut(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}
