//! Queues the nightly sync of every partner that is due: exactly one for each partner and date,
//! however many processes run the scheduler. A missed nightly sync is caught up once.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::auth::{PartnerScope, SystemScope};
use crate::domain::activity::Action;
use crate::domain::roster::{Partner, RosterState};
use crate::domain::run::Trigger;
use crate::domain::schedule::{self, MIN_INTERVAL, NightlySync};
use crate::ids::{PartnerId, RunId};
use crate::ops::{OpError, Ops, sync::enqueue};
use crate::storage::partners::PartnerWithSchedule;
use crate::storage::runs::RunRequest;
use crate::storage::{AuditContext, partners, runs};

/// Which nightly syncs are queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Those that are due.
    Due,
    /// Today's of every partner, at once: an operator's command.
    Today,
}

/// Queues nightly syncs and returns the queued runs. The error of one partner is logged and does
/// not affect the others.
pub async fn enqueue_nightly_syncs(ops: &Ops, selection: Selection) -> Result<Vec<(PartnerId, RunId)>, OpError> {
    let mut started = Vec::new();
    let mut after = None;
    loop {
        let batch = {
            let mut db = ops.db.read(SystemScope::worker()).await?;
            partners::partners_with_schedule(&mut db, SystemScope::worker(), after).await?
        };
        let Some(last) = batch.last() else { return Ok(started) };
        after = Some(last.id);
        for PartnerWithSchedule { id, partner, since } in batch {
            let run = match partner {
                Ok(partner) => enqueue_nightly_sync(ops, &partner, since, selection).await,
                Err(error) => Err(error.into()),
            };
            match run {
                Ok(run) => started.extend(run.map(|run| (id, run))),
                Err(error) => {
                    tracing::error!(partner.id = %id, error = &error as &dyn std::error::Error, "nightly sync not queued; the next maintenance job tries again");
                }
            }
        }
    }
}

async fn enqueue_nightly_sync(
    ops: &Ops,
    partner: &Partner,
    since: DateTime<Utc>,
    selection: Selection,
) -> Result<Option<RunId>, OpError> {
    let now = ops.clock.now();
    let nightly = match selection {
        Selection::Due => schedule::latest_due(partner.id, &partner.settings, now),
        Selection::Today => NightlySync { date: now.with_timezone(&partner.settings.time_zone).date_naive(), due: now },
    };
    // A nightly sync that was due before the partner had an association was not missed.
    if nightly.due < since {
        return Ok(None);
    }
    let scope = match selection {
        Selection::Due => PartnerScope::for_worker(partner.id),
        Selection::Today => PartnerScope::for_operator(partner.id),
    };
    let mut tx = ops.begin(&scope, AuditContext::default()).await?;
    // The partner may have been archived since the list was read.
    if tx.lock().await? == Some(RosterState::Archived) {
        return Ok(None);
    }
    if let Some((date, requested_at)) = runs::latest_nightly(&mut tx, &scope).await? {
        let too_close = selection == Selection::Due && now - requested_at < MIN_INTERVAL;
        if date >= nightly.date || too_close {
            return Ok(None);
        }
    }
    let request =
        RunRequest { trigger: Trigger::Nightly, clients: None, nightly_date: Some(nightly.date), interactive: false };
    let run = enqueue(&mut tx, request).await?;
    // The run itself is the record of a nightly sync that was due. Only an operator's command is
    // audited.
    if selection == Selection::Today {
        let after = json!({ "night": nightly.date });
        tx.record(Action::SyncRequested, Some(run.to_string()), None, Some(after)).await?;
    }
    tx.commit().await?;
    tracing::info!(partner.id = %partner.id, sync_run.id = %run, nightly_date = %nightly.date, "nightly sync queued");
    Ok(Some(run))
}
