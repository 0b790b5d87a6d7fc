//! Pauses a partner's syncs until a day, and resumes them. While they are paused, nothing is
//! written to Halo: no night is due, and what users save is carried out when the pause is over.

use chrono::{NaiveDate, TimeDelta};
use serde_json::json;

use super::{enqueue, enqueue_if_mapped};
use crate::auth::{Act, Denied};
use crate::domain::activity::Action;
use crate::domain::roster::{Partner, Pause};
use crate::domain::run::{RunRequest, Trigger};
use crate::domain::schedule::beginning_of;
use crate::ids::RunId;
use crate::ops::authorize::required_text;
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};
use crate::storage::{connections, partners, run_queue};

/// A longer pause is rather an end, and an end says so.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// Pauses the partner's syncs until the day begins in its time zone. A pause that holds already
/// gets the new day and reason. A sync that is running ends: a request that it has sent may still
/// arrive.
pub async fn pause_syncs(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    until: NaiveDate,
    reason: &str,
) -> Result<Partner, OpError> {
    let scope = request.authorize(ops, Act::PauseSyncs, target).await?;
    let missing = "Give a reason in a few words: it is shown wherever a quantity may be out of date.";
    let reason = required_text("reason", reason, missing)?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let before = partners::find(&mut tx, &scope).await?.ok_or(Denied::NotFound)?;
    let (now, ends_at) = (tx.now(), beginning_of(before.settings.time_zone, until));
    if ends_at <= now {
        let message = "The day on which syncs begin again has to come yet. Choose a later day.";
        return Err(OpError::refused(UserErrorCode::Invalid, &["until"], message));
    }
    if ends_at > now + LONGEST {
        let message = "A pause is at most a year long. Choose an earlier day, and extend the pause then.";
        return Err(OpError::refused(UserErrorCode::Invalid, &["until"], message));
    }
    let pause = Pause { until, ends_at, reason: reason.to_owned(), at: now, by: scope.actor().clone() };
    // Runs first, as a run does that ends: two transactions that lock in different orders would
    // wait for each other.
    let open = run_queue::cancel(&mut tx, &scope, now).await?;
    partners::set_pause(&mut tx, &scope, Some(&pause), now).await?;
    // What it had left to do is done after the pause, also if no night follows.
    if open {
        enqueue(&mut tx, RunRequest::interactive(Trigger::OnDemand, None)).await?;
    }
    let was = before.pause.as_ref().map(audit_values);
    tx.record(Action::SyncPaused, Some(before.id.to_string()), was, Some(audit_values(&pause))).await?;
    tx.commit().await?;
    Ok(Partner { pause: Some(pause), ..before })
}

/// Ends the pause now and queues a sync of everything, if a client is mapped. Without a pause
/// nothing is changed.
pub async fn resume_syncs(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
) -> Result<(Partner, Option<RunId>), OpError> {
    let scope = request.authorize(ops, Act::PauseSyncs, target).await?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let before = partners::find(&mut tx, &scope).await?.ok_or(Denied::NotFound)?;
    let Some(pause) = &before.pause else { return Ok((before, None)) };
    // The run that waits for the end of the pause is one of everything, too.
    let now = tx.now();
    run_queue::cancel(&mut tx, &scope, now).await?;
    partners::set_pause(&mut tx, &scope, None, now).await?;
    let run = match connections::is_usable(&mut tx, &scope).await? {
        true => enqueue_if_mapped(&mut tx, RunRequest::interactive(Trigger::OnDemand, None)).await?,
        false => None,
    };
    tx.record(Action::SyncResumed, Some(before.id.to_string()), Some(audit_values(pause)), None).await?;
    tx.commit().await?;
    Ok((Partner { pause: None, ..before }, run))
}

/// Refuses a request for a sync that would wait for days.
pub(in crate::ops) fn refuse_while_paused(partner: Option<&Partner>) -> Result<(), OpError> {
    let Some(pause) = partner.and_then(|partner| partner.pause.as_ref()) else { return Ok(()) };
    let day = pause.until.format("%-d %B %Y");
    let message = format!("Syncs are paused until {day}: {} Resume them to sync before.", sentence(&pause.reason));
    Err(OpError::refused(UserErrorCode::SyncPaused, &[], message))
}

/// The text with a full stop, as a reason that a user typed may have none.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

fn audit_values(pause: &Pause) -> serde_json::Value {
    json!({ "pausedUntil": pause.until, "reason": pause.reason })
}
