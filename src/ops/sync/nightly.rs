//! Queues the night's sync of every partner whose time has come: exactly one for each partner and night, however many
//! processes look, and a missed one is caught up once.

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

/// Which nights are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Those whose instant has come.
    Due,
    /// Tonight's of every partner, now: by the operator's hand.
    Today,
}

/// Given are the runs that were queued. One partner's error is logged and does not cost the others their night.
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
                    tracing::error!(partner.id = %id, error = &error as &dyn std::error::Error, "night not queued; the next tick tries again");
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
    let night = match selection {
        Selection::Due => schedule::latest_due(partner.id, &partner.settings, now),
        Selection::Today => NightlySync { date: now.with_timezone(&partner.settings.time_zone).date_naive(), due: now },
    };
    // A night before there was anything to sync was not missed.
    if night.due < since {
        return Ok(None);
    }
    let scope = match selection {
        Selection::Due => PartnerScope::for_worker(partner.id),
        Selection::Today => PartnerScope::for_operator(partner.id),
    };
    let mut tx = ops.begin(&scope, AuditContext::default()).await?;
    // Archived since the list was read.
    if tx.lock().await? == Some(RosterState::Archived) {
        return Ok(None);
    }
    if let Some((date, asked_at)) = runs::latest_nightly(&mut tx, &scope).await? {
        let too_close = selection == Selection::Due && now - asked_at < MIN_INTERVAL;
        if date >= night.date || too_close {
            return Ok(None);
        }
    }
    let request =
        RunRequest { trigger: Trigger::Nightly, clients: None, nightly_date: Some(night.date), interactive: false };
    let run = enqueue(&mut tx, request).await?;
    // Of a night that came by itself the run is the record.
    if selection == Selection::Today {
        let after = json!({ "night": night.date });
        tx.record(Action::SyncRequested, Some(run.to_string()), None, Some(after)).await?;
    }
    tx.commit().await?;
    tracing::info!(partner.id = %partner.id, sync_run.id = %run, night = %night.date, "night queued");
    Ok(Some(run))
}
