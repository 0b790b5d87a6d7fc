//! The schedule of nightly syncs, by the partner's clock.
//!
//! A nightly sync is named by the local date on which its window begins. A hash spreads the
//! partners over the window, so that Halo does not get all their requests in the same minute; a
//! partner has the same place in the window every night.

use chrono::{DateTime, Days, Duration, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use super::roster::NightlySchedule;
use super::run::Night;
use crate::ids::PartnerId;

/// The shortest time between two nightly syncs of one partner, also if its time zone changes.
pub const MIN_INTERVAL: Duration = Duration::hours(12);

/// A time is in the future only if it is later than this: clocks are set back by small steps.
pub const CLOCK_TOLERANCE: Duration = Duration::minutes(1);

/// The date of a nightly sync and the instant at which it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightlySync {
    pub date: NaiveDate,
    pub due: DateTime<Utc>,
}

/// What the next nightly sync depends on beside the partner's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightlyHistory {
    /// Since when the partner has had a connection and something to sync: no night that was due
    /// before was missed.
    pub since: DateTime<Utc>,
    /// When the latest pause ends or ended: no night before it is to be had.
    pub paused_until: Option<DateTime<Utc>>,
    /// The latest night that was requested.
    pub latest: Option<Night>,
}

impl NightlyHistory {
    /// Whether the latest night was requested at a time that has not come yet. Only a wrong clock
    /// does that; one that is obeyed would cancel the nights until then.
    pub fn is_from_the_future(&self, now: DateTime<Utc>) -> bool {
        self.latest.is_some_and(|latest| latest.requested_at > now + CLOCK_TOLERANCE)
    }
}

/// The next nightly sync that is queued, and when. The schedule queues it as soon as its time has
/// come, and the API shows the same: it may be due already, when a missed night is caught up. A
/// night that was had already is not among them, and between two requests are [`MIN_INTERVAL`] at
/// least. `None` if nightly syncs are switched off.
pub fn next_sync(
    partner: PartnerId,
    settings: &NightlySchedule,
    history: &NightlyHistory,
    now: DateTime<Utc>,
) -> Option<NightlySync> {
    if !settings.nightly {
        return None;
    }
    let resumed = history.paused_until.unwrap_or(DateTime::<Utc>::MIN_UTC);
    // A wrong clock may have dated the connection.
    let since = history.since.min(now).max(resumed);
    let now = now.max(resumed);
    let earliest = history.latest.map_or(since, |latest| latest.requested_at + MIN_INTERVAL);
    let mut nightly = latest_due(partner, settings, now);
    loop {
        let next = next_due(partner, settings, nightly.due.max(now));
        let due = nightly.due.max(earliest);
        let had = history.latest.is_some_and(|latest| latest.date >= nightly.date);
        // Earlier nights are not caught up: by then, the next one has taken this one's place.
        let replaced = next.due <= due;
        if !had && !replaced && nightly.due >= since {
            return Some(NightlySync { date: nightly.date, due });
        }
        nightly = next;
    }
}

/// The latest nightly sync that is due. Earlier missed ones are not caught up: the count is today's
/// either way.
pub fn latest_due(partner: PartnerId, settings: &NightlySchedule, now: DateTime<Utc>) -> NightlySync {
    let today = now.with_timezone(&settings.time_zone).date_naive();
    // Tomorrow's may already be due in a zone that is ahead; three days back cover every window and
    // zone.
    (0..4)
        .map(|days| nightly_sync_on(partner, settings, today + Days::new(1) - Days::new(days)))
        .find(|nightly| nightly.due <= now)
        .unwrap_or_else(|| nightly_sync_on(partner, settings, today - Days::new(3)))
}

/// The first nightly sync that is not due yet.
pub fn next_due(partner: PartnerId, settings: &NightlySchedule, now: DateTime<Utc>) -> NightlySync {
    let today = now.with_timezone(&settings.time_zone).date_naive();
    (0..4)
        .map(|days| nightly_sync_on(partner, settings, today - Days::new(1) + Days::new(days)))
        .find(|nightly| nightly.due > now)
        .unwrap_or_else(|| nightly_sync_on(partner, settings, today + Days::new(2)))
}

fn nightly_sync_on(partner: PartnerId, settings: &NightlySchedule, date: NaiveDate) -> NightlySync {
    let start = instant(settings.time_zone, date, settings.night_start);
    let end_date = if settings.night_end > settings.night_start { date } else { date + Days::new(1) };
    let end = instant(settings.time_zone, end_date, settings.night_end);
    let window = (end - start).num_seconds().max(1);
    NightlySync { date, due: start + Duration::seconds((spread(partner) % window.unsigned_abs()).cast_signed()) }
}

/// The instant at which a day begins.
pub fn beginning_of(zone: Tz, day: NaiveDate) -> DateTime<Utc> {
    instant(zone, day, NaiveTime::MIN)
}

/// The instant of a local time. Of the hour that comes twice in autumn it is the first one; for the
/// hour that is missing in spring, it is an hour later.
pub fn instant(zone: Tz, date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let local = date.and_time(time);
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => at.to_utc(),
        LocalResult::Ambiguous(first, _) => first.to_utc(),
        LocalResult::None => match zone.from_local_datetime(&(local + Duration::hours(1))) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
            // Some zones once skipped a whole day. Any instant will do for a day that did not
            // exist.
            LocalResult::None => local.and_utc(),
        },
    }
}

fn spread(partner: PartnerId) -> u64 {
    let digest = Sha256::digest(partner.0.as_bytes());
    u64::from_be_bytes([digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]])
}
