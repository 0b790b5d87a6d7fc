//! Changes a partner's nightly schedule, and what it has decided about its subscriptions.

use chrono::NaiveTime;
use serde_json::json;

use crate::auth::{Act, Denied};
use crate::domain::activity::Action;
use crate::domain::association::{NameTemplate, NotATemplate};
use crate::domain::plan::FallLimit;
use crate::domain::roster::{NightlySchedule, Partner, SubscriptionRules};
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode};
use crate::storage::partners;

/// The settings to change. Absent settings stay as they are.
#[derive(Clone, Debug, Default)]
pub struct SettingsChanges {
    pub nightly: Option<bool>,
    /// An IANA name.
    pub time_zone: Option<String>,
    /// Hours and minutes, as they were typed.
    pub night_start: Option<String>,
    pub night_end: Option<String>,
    /// A template as it was typed; an empty one stands for INFIMA's own name.
    pub subscription_name: Option<String>,
    pub needs_users: Option<bool>,
    /// 0 stands for no limit.
    pub fall_limit_percent: Option<i32>,
}

/// Updates the settings and returns the partner with its new settings.
pub async fn update_settings(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    changes: &SettingsChanges,
) -> Result<Partner, OpError> {
    let scope = request.authorize(ops, Act::UpdateSettings, target).await?;
    let mut errors = Vec::new();
    let time_zone = read(changes.time_zone.as_deref(), |name| name.parse().map_err(|_| unknown_zone()), &mut errors);
    let night_start = read(changes.night_start.as_deref(), |text| time_of_day("nightStart", text), &mut errors);
    let night_end = read(changes.night_end.as_deref(), |text| time_of_day("nightEnd", text), &mut errors);
    let name = read(changes.subscription_name.as_deref(), subscription_name, &mut errors);
    let fall_limit = read(changes.fall_limit_percent, fall_limit, &mut errors);
    if !errors.is_empty() {
        return Err(OpError::Refused(errors));
    }
    let mut tx = ops.begin_active(&scope, request).await?;
    let before = partners::find(&mut tx, &scope).await?.ok_or(Denied::NotFound)?;
    let settings = NightlySchedule {
        nightly: changes.nightly.unwrap_or(before.settings.nightly),
        time_zone: time_zone.unwrap_or(before.settings.time_zone),
        night_start: night_start.unwrap_or(before.settings.night_start),
        night_end: night_end.unwrap_or(before.settings.night_end),
    };
    if settings.night_start == settings.night_end {
        return Err(OpError::refused(
            UserErrorCode::Invalid,
            &["nightEnd"],
            "The nightly sync has no time to start in. Choose an end that differs from the start.",
        ));
    }
    let rules = SubscriptionRules {
        name: name.unwrap_or_else(|| before.rules.name.clone()),
        needs_users: changes.needs_users.unwrap_or(before.rules.needs_users),
        fall_limit: fall_limit.unwrap_or(before.rules.fall_limit),
    };
    partners::update_settings(&mut tx, &scope, &settings, &rules).await?;
    let (was, is) = (audit_values(&before.settings, &before.rules), audit_values(&settings, &rules));
    tx.record(Action::SettingsChanged, Some(before.id.to_string()), Some(was), Some(is)).await?;
    tx.commit().await?;
    Ok(Partner { settings, rules, ..before })
}

/// Reads a setting that was typed, and notes what is wrong with it.
fn read<I, T>(typed: Option<I>, parse: impl Fn(I) -> Result<T, UserError>, errors: &mut Vec<UserError>) -> Option<T> {
    parse(typed?).map_err(|error| errors.push(error)).ok()
}

fn unknown_zone() -> UserError {
    let message = "The time zone does not exist. Choose one from the list, such as Europe/London.";
    UserError::new(UserErrorCode::Invalid, &["timeZone"], message).hint("A time zone is a name of the IANA database.")
}

fn time_of_day(field: &str, text: &str) -> Result<NaiveTime, UserError> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M").map_err(|_| {
        let message = "This is not a time of day. Enter hours and minutes, such as 01:30.";
        UserError::new(UserErrorCode::Invalid, &[field], message)
    })
}

/// The template, or `None` for INFIMA's own name.
fn subscription_name(text: &str) -> Result<Option<NameTemplate>, UserError> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    NameTemplate::parse(text).map(Some).map_err(|why| {
        let code = if why == NotATemplate::TooLong { UserErrorCode::TooLong } else { UserErrorCode::Invalid };
        UserError::new(code, &["subscriptionName"], why.to_string())
    })
}

/// The limit, or `None` for none.
fn fall_limit(percent: i32) -> Result<Option<FallLimit>, UserError> {
    if percent == 0 {
        return Ok(None);
    }
    FallLimit::new(percent.into()).map(Some).ok_or_else(|| {
        let message = "This is not a percentage from 1 to 99. Enter one, or 0 for no limit.";
        UserError::new(UserErrorCode::Invalid, &["fallLimitPercent"], message)
    })
}

fn audit_values(settings: &NightlySchedule, rules: &SubscriptionRules) -> serde_json::Value {
    json!({
        "subscriptionName": rules.name.as_ref().map(NameTemplate::as_str),
        "needsUsers": rules.needs_users,
        "fallLimitPercent": rules.fall_limit.map(FallLimit::percent),
        "nightly": settings.nightly,
        "timeZone": settings.time_zone.name(),
        "nightStart": settings.night_start.format("%H:%M").to_string(),
        "nightEnd": settings.night_end.format("%H:%M").to_string(),
    })
}
