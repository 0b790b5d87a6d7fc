//! Queues the nightly sync of every partner that is due: exactly one for each partner and date,
//! however many processes run the scheduler. A missed nightly sync is caught up once.
//!
//! What is due is decided by the clock that all processes share, as it was read with the schedule.
//! A night that a wrong clock requested for a time that has not come is released, which is audited.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::auth::{PartnerScope, SystemScope};
use crate::domain::activity::Action;
use crate::domain::run::{RunRequest, Trigger};
use crate::domain::schedule::{self, CLOCK_TOLERANCE, NightlySync};
use crate::ids::{PartnerId, RunId};
use crate::ops::{OpError, Ops, sync::enqueue};
use crate::storage::schedules::{self, Schedule};
use crate::storage::{AuditContext, PartnerTx, StorageError};

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
            schedules::batch(&mut db, SystemScope::worker(), after).await?
        };
        let Some((last, _)) = batch.last() else { return Ok(started) };
        after = Some(*last);
        for (partner, schedule) in batch {
            match enqueue_nightly_sync(ops, partner, schedule, selection).await {
                Ok(run) => started.extend(run.map(|run| (partner, run))),
                Err(error) => {
                    tracing::error!(partner.id = %partner, error = &error as &dyn std::error::Error, "nightly sync not queued; the next maintenance job tries again");
                }
            }
        }
    }
}

/// The nightly sync to queue now, if there is one.
fn selected(schedule: &Schedule, selection: Selection, now: DateTime<Utc>) -> Option<NightlySync> {
    let Schedule { partner, settings, history, .. } = schedule;
    match selection {
        Selection::Due => schedule::next_sync(*partner, settings, history, now).filter(|nightly| nightly.due <= now),
        Selection::Today => {
            let today = NightlySync { date: now.with_timezone(&settings.time_zone).date_naive(), due: now };
            let is_paused = history.paused_until.is_some_and(|until| until > now);
            let had = history.latest.is_some_and(|latest| latest.date >= today.date);
            (settings.nightly && !is_paused && !had).then_some(today)
        }
    }
}

async fn enqueue_nightly_sync(
    ops: &Ops,
    partner: PartnerId,
    schedule: Result<Schedule, StorageError>,
    selection: Selection,
) -> Result<Option<RunId>, OpError> {
    let schedule = schedule?;
    let now = ops.clock.shared(schedule.read_at);
    let is_wrong = schedule.history.is_from_the_future(now);
    // Most partners are not due, and a transaction for each of them would be for nothing.
    if !is_wrong && selected(&schedule, selection, now).is_none() {
        return Ok(None);
    }
    let scope = match selection {
        Selection::Due => PartnerScope::for_worker(partner),
        Selection::Today => PartnerScope::for_operator(partner),
    };
    let mut tx = ops.begin(&scope, AuditContext::default()).await?;
    tx.lock().await?;
    if is_wrong {
        release_future_nights(&mut tx).await?;
    }
    let now = tx.now();
    // Another process may have queued the night, or a user changed the settings, since the list was
    // read.
    let schedule = schedules::find(&mut tx, &scope).await?;
    let Some(nightly) = schedule.and_then(|schedule| selected(&schedule, selection, now)) else {
        tx.commit().await?;
        return Ok(None);
    };
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
    tracing::info!(partner.id = %partner, sync_run.id = %run, nightly_date = %nightly.date, "nightly sync queued");
    Ok(Some(run))
}

/// Releases nights that were requested at a time that has not come yet.
async fn release_future_nights(tx: &mut PartnerTx<'_>) -> Result<(), OpError> {
    for (run, night) in schedules::release_nights_after(tx, tx.now() + CLOCK_TOLERANCE).await? {
        tracing::warn!(sync_run.id = %run, nightly_date = %night.date, "a night from the future was released");
        let before = json!({ "night": night.date, "requestedAt": night.requested_at });
        tx.record(Action::NightReleased, Some(run.to_string()), Some(before), None).await?;
    }
    Ok(())
}
