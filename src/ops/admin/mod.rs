//! What the operator does at the command line: there is no caller whose rights could be asked for,
//! and the audit log names the operator.

pub mod figures;
pub mod housekeeping;
pub mod keys;
pub mod record_reads;
pub mod status;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::auth::{PartnerScope, SystemScope};
use crate::domain::activity::Action;
use crate::domain::run::{Run, RunRequest, Trigger};
use crate::ids::{HaloTenant, PartnerId, RunId};
use crate::ops::connection::not_connected;
use crate::ops::sync::pause::refuse_while_paused;
use crate::ops::sync::preview::{Preview, preview};
use crate::ops::sync::{enqueue_delayed, enqueue_if_mapped};
use crate::ops::{OpError, Ops, UserErrorCode, halo};
use crate::storage::{AuditContext, connections, partners, run_queue, runs};

/// The partner with this external id.
pub async fn find_partner(ops: &Ops, external_id: &str) -> Result<Option<PartnerId>, OpError> {
    let mut db = ops.db.read(SystemScope::worker()).await?;
    Ok(partners::id_of(&mut db, SystemScope::worker(), external_id).await?)
}

/// Asks the Halo of the partner with this external id which tenant it is, and how far its clock is
/// ahead of ours. The error is for the operator.
pub async fn reach_halo(ops: &Ops, external_id: &str) -> Result<(HaloTenant, Option<TimeDelta>), String> {
    let asked = async {
        let Some(partner) = find_partner(ops, external_id).await? else {
            return Ok(Err(format!("no partner has the id {external_id}")));
        };
        let (_, session) = halo::active_session(ops, &PartnerScope::for_operator(partner)).await?;
        let answers = async { Ok((session.tenant().await?, session.clock_ahead().await?)) };
        Ok(answers.await.map_err(|error| halo::failure(&error).message))
    };
    asked.await.unwrap_or_else(|error: OpError| Err(error.to_string()))
}

/// Queues a sync of everything, ahead of the night's.
pub async fn request_sync(ops: &Ops, partner: PartnerId) -> Result<RunId, OpError> {
    let scope = PartnerScope::for_operator(partner);
    let mut tx = ops.begin_active(&scope, AuditContext::default()).await?;
    if !connections::is_usable(&mut tx, &scope).await? {
        return Err(not_connected());
    }
    refuse_while_paused(partners::find(&mut tx, &scope).await?.as_ref())?;
    let everything = RunRequest::interactive(Trigger::OnDemand, None);
    let Some(run) = enqueue_if_mapped(&mut tx, everything).await? else {
        let message = "No client of this partner is mapped to a Halo customer yet, so there is nothing to sync.";
        return Err(OpError::refused(UserErrorCode::NoAssociations, &[], message));
    };
    tx.record(Action::SyncRequested, Some(run.to_string()), None, None).await?;
    tx.commit().await?;
    Ok(run)
}

/// Requests every partner whose latest run since then failed, spread over `spread`, so that Halo's
/// host is not hit by all at once: after an outage.
pub async fn request_failed_since(
    ops: &Ops,
    since: DateTime<Utc>,
    spread: Duration,
) -> Result<Vec<(PartnerId, RunId)>, OpError> {
    let failed = {
        let mut db = ops.db.read(SystemScope::worker()).await?;
        run_queue::partners_failed_since(&mut db, SystemScope::worker(), since).await?
    };
    let mut requested = Vec::new();
    let step = spread.checked_div(u32::try_from(failed.len()).unwrap_or(u32::MAX).max(1)).unwrap_or_default();
    for (index, partner) in failed.into_iter().enumerate() {
        let scope = PartnerScope::for_operator(partner);
        let mut tx = match ops.begin_active(&scope, AuditContext::default()).await {
            // Archived since its runs failed.
            Err(OpError::Archived) => continue,
            begun => begun?,
        };
        // Its sync is requested when the pause is over.
        if partners::find(&mut tx, &scope).await?.is_some_and(|partner| partner.pause.is_some()) {
            continue;
        }
        let everything =
            RunRequest { trigger: Trigger::OnDemand, clients: None, nightly_date: None, interactive: false };
        let wait = step * u32::try_from(index).unwrap_or(u32::MAX);
        let run = enqueue_delayed(&mut tx, &everything, wait).await?;
        let after = json!({ "failedSince": since });
        tx.record(Action::SyncRequested, Some(run.to_string()), None, Some(after)).await?;
        tx.commit().await?;
        requested.push((partner, run));
    }
    Ok(requested)
}

/// What a sync of everything would change now.
pub async fn preview_sync(ops: &Ops, partner: PartnerId) -> Result<Preview, OpError> {
    preview(ops, &PartnerScope::for_operator(partner), None).await
}

/// A run, and the name of the partner whose it is.
#[derive(Clone, Debug)]
pub struct RunStatus {
    pub partner: String,
    pub run: Run,
}

/// How these runs stand.
pub async fn run_statuses(ops: &Ops, wanted: &[(PartnerId, RunId)]) -> Result<Vec<RunStatus>, OpError> {
    let mut followed = Vec::new();
    for (partner, run) in wanted {
        let scope = PartnerScope::for_operator(*partner);
        let mut db = ops.db.read(&scope).await?;
        let name = partners::find(&mut db, &scope).await?.map_or_else(|| partner.to_string(), |partner| partner.name);
        let runs = runs::find_many(&mut db, &scope, &[*run]).await?;
        followed.extend(runs.into_iter().map(|run| RunStatus { partner: name.clone(), run }));
    }
    Ok(followed)
}
