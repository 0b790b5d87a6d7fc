//! Sets a problem aside until a day.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::json;

use super::{lock_open, read_again, summary};
use crate::auth::{Act, Denied};
use crate::domain::activity::Action;
use crate::domain::problem_record::ProblemRecord;
use crate::domain::schedule::beginning_of;
use crate::ids::ProblemId;
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};
use crate::storage::{PartnerTx, partners, problems};

/// How far away the day may be: a problem is not set aside for good.
const MOST_DAYS: Days = Days::new(366);

/// Snoozes the problem until the day begins in the partner's time zone. Without a day, a snoozed
/// problem is back at once.
pub async fn snooze_problem(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<ProblemId>,
    day: Option<NaiveDate>,
) -> Result<ProblemRecord, OpError> {
    let scope = request.authorize(ops, Act::TriageProblem, target).await?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let until = match day {
        Some(day) => Some(beginning(&mut tx, day).await?),
        None => None,
    };
    let record = lock_open(&mut tx, id).await?;
    problems::snooze(&mut tx, record.id, until).await?;
    let before = record.snoozed_until.map(|until| json!({ "snoozedUntil": until }));
    let mut after = summary(&record);
    after["snoozedUntil"] = json!(until);
    tx.record(Action::ProblemSnoozed, Some(record.id.to_string()), before, Some(after)).await?;
    let record = read_again(&mut tx, record.id).await?;
    tx.commit().await?;
    Ok(record)
}

/// The time at which the day begins. It has to come yet, and within a year.
async fn beginning(tx: &mut PartnerTx<'_>, day: NaiveDate) -> Result<DateTime<Utc>, OpError> {
    let scope = tx.scope();
    let partner = partners::find(tx, scope).await?.ok_or(Denied::NotFound)?;
    let at = beginning_of(partner.settings.time_zone, day);
    let message = if at <= tx.now() {
        "The day has to come yet. Choose a later day, or none."
    } else if at > tx.now() + MOST_DAYS {
        "The day is too far away. Choose one within a year."
    } else {
        return Ok(at);
    };
    Err(OpError::refused(UserErrorCode::Invalid, &["until"], message))
}
