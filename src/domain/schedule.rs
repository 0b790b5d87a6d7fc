//! Nights by the partner's clock.
//!
//! A night is named by the local date on which its window begins. Partners are spread over the window by a hash, so that
//! Halo is not hit by all of them in the same minute; the same partner has the same place every night.

use chrono::{DateTime, Days, Duration, LocalResult, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use super::roster::NightlySchedule;
use crate::ids::PartnerId;

/// Two nights of one partner are never closer than this, also when its time zone changes.
pub const MIN_INTERVAL: Duration = Duration::hours(12);

/// A night and the instant at which this partner's sync of it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NightlySync {
    pub date: NaiveDate,
    pub due: DateTime<Utc>,
}

/// The latest night whose instant has come. Earlier missed ones are not caught up: the count is today's either way.
pub fn latest_due(partner: PartnerId, settings: &NightlySchedule, now: DateTime<Utc>) -> NightlySync {
    let today = now.with_timezone(&settings.time_zone).date_naive();
    // Tomorrow's night may already be due where the zone is ahead; three days back covers every window and zone.
    (0..4)
        .map(|days| night_of(partner, settings, today + Days::new(1) - Days::new(days)))
        .find(|night| night.due <= now)
        .unwrap_or_else(|| night_of(partner, settings, today - Days::new(3)))
}

/// The first night whose instant is still to come.
pub fn next_due(partner: PartnerId, settings: &NightlySchedule, now: DateTime<Utc>) -> NightlySync {
    let today = now.with_timezone(&settings.time_zone).date_naive();
    (0..4)
        .map(|days| night_of(partner, settings, today - Days::new(1) + Days::new(days)))
        .find(|night| night.due > now)
        .unwrap_or_else(|| night_of(partner, settings, today + Days::new(2)))
}

fn night_of(partner: PartnerId, settings: &NightlySchedule, date: NaiveDate) -> NightlySync {
    let start = instant(settings.time_zone, date, settings.night_start);
    let end_date = if settings.night_end > settings.night_start { date } else { date + Days::new(1) };
    let end = instant(settings.time_zone, end_date, settings.night_end);
    let window = (end - start).num_seconds().max(1);
    NightlySync { date, due: start + Duration::seconds((spread(partner) % window.unsigned_abs()).cast_signed()) }
}

/// A local time as an instant. In autumn an hour comes twice: its first. In spring one is missing: the hour after it.
fn instant(zone: Tz, date: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let local = date.and_time(time);
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => at.to_utc(),
        LocalResult::Ambiguous(first, _) => first.to_utc(),
        LocalResult::None => match zone.from_local_datetime(&(local + Duration::hours(1))) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => at.to_utc(),
            // Some zones once skipped a whole day; UTC is as good as any answer for a day that never was.
            LocalResult::None => local.and_utc(),
        },
    }
}

fn spread(partner: PartnerId) -> u64 {
    let digest = Sha256::digest(partner.0.as_bytes());
    u64::from_be_bytes([digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7]])
}
