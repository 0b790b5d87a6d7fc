//! The evidence behind what a client was billed: one entry for each local day on which it was
//! mapped, out of what syncs have stored. Nothing is worked out again from today's users.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;

use super::problem::{Problem, ProblemCode};
use super::run::{Outcome, RunResult};
use super::schedule::beginning_of;
use crate::ids::{AssociationId, HaloCustomerId, HaloSubscriptionId, RunId};

/// The longest period of days that is read at once.
pub const MOST_DAYS: i64 = 400;

/// Consecutive days of a time zone, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Days {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub zone: Tz,
}

/// Reads a month as `2026-11`, and returns its first day.
pub fn parse_month(text: &str) -> Option<NaiveDate> {
    parse_date(&format!("{text}-01"))
}

/// Reads a day as `2026-11-24`, in no other spelling. Nothing is stored of years before 2000, and
/// not every year that can be written is one that the database knows.
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|date: &NaiveDate| date.to_string() == text && (2000..=9999).contains(&date.year()))
}

impl Days {
    /// The days of the month that this day is in.
    pub fn of_month(day: NaiveDate, zone: Tz) -> Self {
        let from = day.with_day(1).unwrap_or(day);
        let to = from.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(day);
        Self { from, to, zone }
    }

    /// The number of days; none if the first one is behind the last one.
    pub fn count(&self) -> i64 {
        ((self.to - self.from).num_days() + 1).max(0)
    }

    fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.from.iter_days().take(usize::try_from(self.count()).unwrap_or_default())
    }

    /// The instant at which each day begins, and the one at which the last day ends.
    pub fn bounds(&self) -> Vec<DateTime<Utc>> {
        let end = self.to.succ_opt().unwrap_or(self.to);
        let mut bounds: Vec<_> = self.dates().chain([end]).map(|date| beginning_of(self.zone, date)).collect();
        // A day that a zone once skipped has no length, and no negative one.
        for at in 1..bounds.len() {
            bounds[at] = bounds[at].max(bounds[at - 1]);
        }
        bounds
    }
}

/// A quantity that Halo confirmed to a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confirmed {
    pub quantity: u32,
    pub at: DateTime<Utc>,
}

/// An association of the client, and for how long it was one.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub association: AssociationId,
    pub customer: HaloCustomerId,
    pub customer_name: Option<String>,
    pub subscription: Option<HaloSubscriptionId>,
    pub since: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
    /// The last quantity that was confirmed before the days begin.
    pub known: Option<Confirmed>,
}

/// What the syncs of one day stored for an association.
#[derive(Clone, Debug)]
pub struct Synced {
    pub last: RunResult,
    /// The quantity in Halo before the first of them.
    pub quantity_before: Option<u32>,
    pub confirmed: Option<Confirmed>,
    /// One of them found that the quantity had been changed in Halo.
    pub changed_in_halo: bool,
    pub syncs: u32,
}

/// A sync that failed as a whole.
#[derive(Clone, Debug)]
pub struct FailedRun {
    pub run: RunId,
    pub problem: Option<Problem>,
    pub at: DateTime<Utc>,
}

/// A time in which the partner's syncs were paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paused {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// What is stored of a client. A day is counted from the beginning of [`Days`].
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub mappings: Vec<Mapping>,
    pub synced: HashMap<(AssociationId, usize), Synced>,
    /// The last sync of each day that failed as a whole and covered the client.
    pub failed: BTreeMap<usize, FailedRun>,
    /// The pauses of its partner's syncs.
    pub pauses: Vec<Paused>,
}

/// How a day's evidence came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum DayStatus {
    Confirmed,
    Failed,
    /// Nothing is written until a user has reviewed overwritten fields.
    Suspended,
    NotCompleted,
    /// No sync ended, and they were paused when the day began.
    Paused,
    NoSync,
}

impl DayStatus {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    fn of(result: &RunResult) -> Self {
        match result.outcome {
            Outcome::Created | Outcome::Updated | Outcome::Unchanged => DayStatus::Confirmed,
            _ if result.problem.as_ref().is_some_and(|problem| problem.code() == ProblemCode::FieldsOverwritten) => {
                DayStatus::Suspended
            }
            Outcome::Failed => DayStatus::Failed,
            Outcome::Skipped => DayStatus::NotCompleted,
        }
    }
}

/// The evidence of one day.
#[derive(Clone, Debug)]
pub struct Day {
    pub date: NaiveDate,
    pub mapping: Mapping,
    pub status: DayStatus,
    /// What Halo confirmed last, on this day or before it.
    pub confirmed: Option<Confirmed>,
    /// The day of that, if it is an earlier one.
    pub carried_since: Option<NaiveDate>,
    pub synced: Option<Synced>,
    /// The failed sync that ended the day.
    pub failed: Option<FailedRun>,
}

impl Day {
    pub fn quantity(&self) -> Option<u32> {
        self.confirmed.map(|confirmed| confirmed.quantity)
    }

    pub fn problem(&self) -> Option<&Problem> {
        match &self.failed {
            Some(failed) => failed.problem.as_ref(),
            None => self.synced.as_ref()?.last.problem.as_ref(),
        }
    }

    pub fn run(&self) -> Option<RunId> {
        self.failed.as_ref().map(|failed| failed.run).or_else(|| Some(self.synced.as_ref()?.last.run))
    }
}

/// The entries of the days that have begun and on which the client was mapped. A day on which one
/// association followed another has the later one.
pub fn evidence(days: &Days, facts: &Facts, now: DateTime<Utc>) -> Vec<Day> {
    let bounds = days.bounds();
    let mut known: HashMap<_, _> = facts.mappings.iter().map(|mapping| (mapping.association, mapping.known)).collect();
    let mut entries = Vec::new();
    for ((index, date), bound) in days.dates().enumerate().zip(bounds.windows(2)) {
        let (start, end) = (bound[0], bound[1]);
        if start > now {
            break;
        }
        for (association, known) in &mut known {
            let synced = facts.synced.get(&(*association, index));
            *known = synced.and_then(|synced| synced.confirmed).or(*known);
        }
        let in_force = facts
            .mappings
            .iter()
            .filter(|mapping| mapping.since < end && mapping.until.is_none_or(|until| until > start));
        let Some(mapping) = in_force.max_by_key(|mapping| (mapping.since, mapping.association)) else { continue };
        let synced = facts.synced.get(&(mapping.association, index));
        // A sync that failed as a whole may have confirmed the client before.
        let failed = facts.failed.get(&index).filter(|failed| {
            synced.is_none_or(|Synced { last, .. }| last.at < failed.at && last.run != failed.run)
                && mapping.since < failed.at
        });
        let status = match (failed, synced) {
            (Some(_), _) => DayStatus::Failed,
            (None, Some(synced)) => DayStatus::of(&synced.last),
            (None, None) if facts.pauses.iter().any(|pause| pause.from <= start && pause.until > start) => {
                DayStatus::Paused
            }
            (None, None) => DayStatus::NoSync,
        };
        let confirmed = known.get(&mapping.association).copied().flatten();
        let earlier = confirmed.filter(|confirmed| confirmed.at < start);
        entries.push(Day {
            date,
            mapping: mapping.clone(),
            status,
            confirmed,
            carried_since: earlier.map(|confirmed| confirmed.at.with_timezone(&days.zone).date_naive()),
            synced: synced.cloned(),
            failed: failed.cloned(),
        });
    }
    entries
}

/// The entries of a client, in a few numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// On the first day with an entry.
    pub first: Option<u32>,
    /// On the last day with an entry.
    pub last: Option<u32>,
    pub maximum: Option<u32>,
    /// Days with another quantity than the entry before.
    pub changes: u32,
    /// Days on which no sync confirmed the quantity.
    pub unconfirmed: u32,
}

pub fn summary(entries: &[Day]) -> Summary {
    let quantities: Vec<_> = entries.iter().map(Day::quantity).collect();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Summary {
        first: quantities.first().copied().flatten(),
        last: quantities.last().copied().flatten(),
        maximum: quantities.iter().copied().flatten().max(),
        changes: count(quantities.windows(2).filter(|pair| pair[0] != pair[1]).count()),
        unconfirmed: count(entries.iter().filter(|day| day.status != DayStatus::Confirmed).count()),
    }
}
