//! Values that GraphQL has no type for.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use chrono_tz::Tz;

use crate::domain::evidence::{parse_date, parse_month};

/// A time, written to the millisecond.
pub struct Timestamp(DateTime<Utc>);

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(at)
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

/// A date and time in UTC as defined by RFC 3339, for example `2026-11-24T02:00:00.000Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for Timestamp {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        Ok(Self(DateTime::parse_from_rfc3339(text)?.to_utc()))
    }

    // Validation, unlike execution, names the argument.
    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        self.0.to_rfc3339_opts(SecondsFormat::Millis, true).into()
    }
}

/// A day of the partner's calendar.
pub struct Date(pub(super) NaiveDate);

/// A day in the partner's time zone, for example `2026-11-24`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let date = parse_date(text).ok_or_else(|| InputValueError::custom("a day is written as 2026-11-24"))?;
        Ok(Self(date))
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        self.0.to_string().into()
    }
}

/// A month, by its first day.
pub struct Month(pub(super) NaiveDate);

/// A month in the partner's time zone, for example `2026-11`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Month {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let month = parse_month(text).ok_or_else(|| InputValueError::custom("a month is written as 2026-11"))?;
        Ok(Self(month))
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        self.0.format("%Y-%m").to_string().into()
    }
}

/// A time zone as it was sent. Its use checks whether the zone exists, so that one wrong zone in a
/// long list is an error of its own entry.
pub struct TimeZone(String);

impl TimeZone {
    pub(super) fn known(&self) -> Option<Tz> {
        self.0.parse().ok()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.0
    }
}

impl From<Tz> for TimeZone {
    fn from(zone: Tz) -> Self {
        Self(zone.name().to_owned())
    }
}

/// A time zone by its IANA name, for example `Europe/London`.
#[Scalar(specified_by_url = "https://www.iana.org/time-zones")]
impl ScalarType for TimeZone {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(name) = value else { return Err(InputValueError::expected_type(value)) };
        Ok(Self(name))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        self.0.as_str().into()
    }
}

/// A time of day as it was sent. Its use checks whether there is such a time, so that a wrong one
/// is an error of its own field.
pub struct LocalTime(String);

impl From<LocalTime> for String {
    fn from(time: LocalTime) -> Self {
        time.0
    }
}

impl From<NaiveTime> for LocalTime {
    fn from(time: NaiveTime) -> Self {
        Self(time.format("%H:%M").to_string())
    }
}

/// A time of day in the partner's time zone, in hours and minutes, for example `01:30`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for LocalTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = value else { return Err(InputValueError::expected_type(value)) };
        Ok(Self(text))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        self.0.as_str().into()
    }
}

/// GraphQL's own `Int` ends at 32 bits, too early for a time in milliseconds.
pub struct RecordVersion(pub(super) i64);

/// The version of a record in its source system: a whole number that grows with each change, such
/// as a counter or a time in milliseconds. It may have up to 63 bits and can be sent as a number or
/// as a string of digits.
#[Scalar]
impl ScalarType for RecordVersion {
    fn parse(value: Value) -> InputValueResult<Self> {
        let version = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(digits) => digits.parse().ok(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        version.map(Self).ok_or_else(|| InputValueError::custom("a version is a whole number of at most 63 bits"))
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        self.0.to_string().into()
    }
}
