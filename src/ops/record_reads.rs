//! Writes down whom support looked at.

use serde_json::json;

use super::{OpError, Ops, Request};
use crate::auth::{Act, permit_across};
use crate::ids::PartnerId;
use crate::storage::activity;

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
    let operation = operation.map(|name| name.chars().take(LONGEST_NAME).collect::<String>());
    let after = operation.map(|name| json!({ "operation": name }));
    let entry = activity::Entry { after, ..request.entry("support.read") };
    let mut tx = ops.db.begin(system).await?;
    activity::record_reads(&mut tx, system, request.caller.actor(), partners, entry, ops.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
