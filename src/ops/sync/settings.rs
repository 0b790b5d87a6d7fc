//! Changes a partner's nightly schedule.

use chrono::NaiveTime;
use serde_json::json;

use crate::auth::{Act, Denied};
use crate::domain::activity::Action;
use crate::domain::roster::{NightlySchedule, Partner};
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};
use crate::storage::partners;

/// The settings to change. Absent settings stay as they are.
#[derive(Clone, Debug, Default)]
pub struct ScheduleChanges {
    pub nightly: Option<bool>,
    /// An IANA name.
    pub time_zone: Option<String>,
    pub night_start: Option<NaiveTime>,
    pub night_end: Option<NaiveTime>,
}

/// Updates the nightly schedule and returns the partner with its new settings.
pub async fn update_settings(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    changes: &ScheduleChanges,
) -> Result<Partner, OpError> {
    let scope = request.authorize(ops, Act::UpdateSettings, target).await?;
    let time_zone = changes.time_zone.as_deref().map(|name| name.parse().map_err(|_| unknown_zone())).transpose()?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let before = partners::find(&mut tx, &scope).await?.ok_or(Denied::NotFound)?;
    let settings = NightlySchedule {
        nightly: changes.nightly.unwrap_or(before.settings.nightly),
        time_zone: time_zone.unwrap_or(before.settings.time_zone),
        night_start: changes.night_start.unwrap_or(before.settings.night_start),
        night_end: changes.night_end.unwrap_or(before.settings.night_end),
    };
    if settings.night_start == settings.night_end {
        return Err(OpError::refused(
            UserErrorCode::Invalid,
            &["nightEnd"],
            "The nightly sync has no time to start in. Choose an end that differs from the start.",
        ));
    }
    partners::update_settings(&mut tx, &scope, &settings).await?;
    let (was, is) = (audit_values(&before.settings), audit_values(&settings));
    tx.record(Action::SettingsChanged, Some(before.id.to_string()), Some(was), Some(is)).await?;
    tx.commit().await?;
    Ok(Partner { settings, ..before })
}

fn unknown_zone() -> OpError {
    let message = "The time zone does not exist. Use an IANA name, such as Europe/London.";
    OpError::refused(UserErrorCode::Invalid, &["timeZone"], message)
}

fn audit_values(settings: &NightlySchedule) -> serde_json::Value {
    json!({
        "nightly": settings.nightly,
        "timeZone": settings.time_zone.name(),
        "nightStart": settings.night_start.format("%H:%M").to_string(),
        "nightEnd": settings.night_end.format("%H:%M").to_string(),
    })
}
