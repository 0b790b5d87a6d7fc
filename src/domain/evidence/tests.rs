use chrono::Duration;
use chrono_tz::Europe::Berlin;

use super::*;
use crate::domain::problem::{ProblemKind, QuantityRefusal};
use crate::ids::{ClientId, ResultId};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A time of Berlin in winter.
fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00+01:00").parse().unwrap()
}

const FOR_EVER: &str = "2027-01-01T00:00";

struct Story {
    days: Days,
    facts: Facts,
}

impl Story {
    fn new(from: &str, to: &str) -> Self {
        Self { days: Days { from: date(from), to: date(to), zone: Berlin }, facts: Facts::default() }
    }

    fn map(&mut self, since: &str, until: Option<&str>, known: Option<(u32, &str)>) -> AssociationId {
        let association = AssociationId::generate();
        self.facts.mappings.push(Mapping {
            association,
            customer: HaloCustomerId(7),
            customer_name: None,
            subscription: None,
            since: at(since),
            until: until.map(at),
            known: known.map(|(quantity, time)| Confirmed { quantity, at: at(time) }),
        });
        association
    }

    fn index(&self, time: DateTime<Utc>) -> usize {
        self.days.bounds().iter().filter(|bound| **bound <= time).count() - 1
    }

    fn sync(&mut self, association: AssociationId, time: &str, outcome: Outcome, after: Option<u32>) -> RunId {
        let (run, index) = (RunId::generate(), self.index(at(time)));
        let refused =
            ProblemKind::QuantityRefused { quantity: 1, refusal: QuantityRefusal::Rejected { reason: "no".into() } };
        let is_confirmed = !matches!(outcome, Outcome::Failed | Outcome::Skipped);
        let last = RunResult {
            id: ResultId::generate(),
            run,
            association,
            client: ClientId::generate(),
            users: None,
            outcome,
            quantity_before: None,
            quantity_after: after,
            changed_in_halo: false,
            problem: (!is_confirmed).then(|| Problem::new(refused, at(time))),
            evidence: None,
            at: at(time),
        };
        let confirmed = after.filter(|_| is_confirmed).map(|quantity| Confirmed { quantity, at: at(time) });
        let earlier = self.facts.synced.remove(&(association, index));
        let confirmed = confirmed.or(earlier.as_ref().and_then(|earlier| earlier.confirmed));
        let syncs = earlier.map_or(0, |earlier| earlier.syncs) + 1;
        self.facts.synced.insert(
            (association, index),
            Synced { last, quantity_before: None, confirmed, changed_in_halo: false, syncs },
        );
        run
    }

    fn fail(&mut self, run: RunId, time: &str) {
        let failed = FailedRun { run, problem: None, at: at(time) };
        self.facts.failed.insert(self.index(at(time)), failed);
    }

    /// Day of the month, status, quantity, and the day of the month it was carried from.
    fn rows(&self, now: &str) -> Vec<(u32, DayStatus, Option<u32>, Option<u32>)> {
        let entries = evidence(&self.days, &self.facts, at(now));
        let row = |day: &Day| (day.date.day(), day.status, day.quantity(), day.carried_since.map(|date| date.day()));
        entries.iter().map(row).collect()
    }
}

use DayStatus::{Confirmed as Right, Failed, NoSync, NotCompleted, Paused as Pause};

#[test]
fn day_without_a_sync_carries_the_last_confirmed_quantity_forward() {
    let mut story = Story::new("2026-11-02", "2026-11-05");
    let it = story.map("2026-09-01T00:00", None, Some((4, "2026-10-30T02:00")));
    story.sync(it, "2026-11-03T02:00", Outcome::Updated, Some(6));
    let rows = story.rows(FOR_EVER);
    assert_eq!(
        rows,
        [
            (2, NoSync, Some(4), Some(30)),
            (3, Right, Some(6), None),
            (4, NoSync, Some(6), Some(3)),
            (5, NoSync, Some(6), Some(3))
        ]
    );
    // Days that have not begun have no entry.
    assert_eq!(story.rows("2026-11-04T23:59").len(), 3);
    let days = evidence(&story.days, &story.facts, at(FOR_EVER));
    let expected = Summary { first: Some(4), last: Some(6), maximum: Some(6), changes: 1, unconfirmed: 3 };
    assert_eq!(summary(&days), expected);
}

#[test]
fn failed_sync_of_a_day_keeps_what_was_confirmed_and_says_that_it_failed() {
    let mut story = Story::new("2026-11-02", "2026-11-04");
    let it = story.map("2026-09-01T00:00", None, None);
    story.sync(it, "2026-11-02T02:00", Outcome::Failed, Some(9));
    story.sync(it, "2026-11-03T02:00", Outcome::Created, Some(5));
    story.sync(it, "2026-11-03T15:00", Outcome::Failed, Some(5));
    story.sync(it, "2026-11-04T02:00", Outcome::Skipped, None);
    // What a failed sync saw is not confirmed.
    let expected = [(2, Failed, None, None), (3, Failed, Some(5), None), (4, NotCompleted, Some(5), Some(3))];
    assert_eq!(story.rows(FOR_EVER), expected);
}

#[test]
fn day_of_suspended_writes_is_not_called_failed() {
    let mut story = Story::new("2026-11-02", "2026-11-02");
    let it = story.map("2026-09-01T00:00", None, Some((4, "2026-10-30T02:00")));
    story.sync(it, "2026-11-02T02:00", Outcome::Failed, Some(4));
    let synced = story.facts.synced.get_mut(&(it, 0)).unwrap();
    synced.last.problem = Some(Problem::new(ProblemKind::FieldsOverwritten { what: None }, at("2026-11-02T02:00")));
    assert_eq!(story.rows(FOR_EVER), [(2, DayStatus::Suspended, Some(4), Some(30))]);
}

#[test]
fn sync_that_failed_as_a_whole_fails_the_day_unless_it_had_confirmed_the_client() {
    let mut story = Story::new("2026-11-02", "2026-11-05");
    let it = story.map("2026-09-01T00:00", None, None);
    story.fail(RunId::generate(), "2026-11-02T02:00");
    let run = story.sync(it, "2026-11-03T02:00", Outcome::Created, Some(5));
    story.fail(run, "2026-11-03T02:10");
    story.sync(it, "2026-11-04T02:00", Outcome::Unchanged, Some(5));
    story.fail(RunId::generate(), "2026-11-04T09:00");
    story.fail(RunId::generate(), "2026-11-05T01:00");
    story.sync(it, "2026-11-05T02:00", Outcome::Unchanged, Some(5));
    let expected =
        [(2, Failed, None, None), (3, Right, Some(5), None), (4, Failed, Some(5), None), (5, Right, Some(5), None)];
    assert_eq!(story.rows(FOR_EVER), expected);
}

#[test]
fn day_of_another_mapping_has_the_later_one_and_carries_nothing_from_the_earlier() {
    let mut story = Story::new("2026-11-02", "2026-11-05");
    let old = story.map("2026-09-01T00:00", Some("2026-11-03T10:00"), Some((4, "2026-11-01T02:00")));
    let new = story.map("2026-11-03T10:00", Some("2026-11-04T20:00"), None);
    story.sync(old, "2026-11-03T10:30", Outcome::Updated, Some(0));
    story.sync(new, "2026-11-04T10:00", Outcome::Created, Some(8));
    // After the last mapping ended, there is no entry.
    let expected = [(2, NoSync, Some(4), Some(1)), (3, NoSync, None, None), (4, Right, Some(8), None)];
    assert_eq!(story.rows(FOR_EVER), expected);
}

#[test]
fn days_of_a_zone_have_23_and_25_hours_when_its_clocks_change() {
    let hours = |from, to| {
        let bounds = Days { from: date(from), to: date(to), zone: Berlin }.bounds();
        bounds.windows(2).map(|pair| (pair[1] - pair[0]).num_hours()).collect::<Vec<_>>()
    };
    assert_eq!(hours("2026-03-28", "2026-03-30"), [24, 23, 24]);
    assert_eq!(hours("2026-10-24", "2026-10-26"), [24, 25, 24]);
    // Samoa had no 30 December 2011.
    let skipped = Days { from: date("2011-12-29"), to: date("2011-12-31"), zone: chrono_tz::Pacific::Apia };
    assert!(skipped.bounds().windows(2).all(|pair| pair[1] - pair[0] >= Duration::zero()));
    let february = Days::of_month(date("2028-02-17"), Berlin);
    assert_eq!((february.from, february.to, february.count()), (date("2028-02-01"), date("2028-02-29"), 29));
}

#[test]
fn day_and_month_have_a_year_that_something_can_be_stored_of() {
    assert!(["2000-01-01", "9999-12-31"].map(parse_date).iter().all(Option::is_some));
    assert!(["1999-12-31", "-9999-01-01", "+10000-01-01", "2026-1-1"].map(parse_date).iter().all(Option::is_none));
    assert!(parse_month("9999-12").is_some() && parse_month("-9999-12").is_none());
}

#[test]
fn day_without_a_sync_says_that_syncs_were_paused() {
    let mut story = Story::new("2026-11-02", "2026-11-06");
    let it = story.map("2026-09-01T00:00", None, Some((4, "2026-10-30T02:00")));
    story.sync(it, "2026-11-02T02:00", Outcome::Unchanged, Some(4));
    // Paused after the night of the second, and resumed in the fifth's afternoon.
    story.facts.pauses = vec![Paused { from: at("2026-11-02T15:00"), until: at("2026-11-05T14:00") }];
    let rows: Vec<_> = story.rows(FOR_EVER).into_iter().map(|(day, status, ..)| (day, status)).collect();
    assert_eq!(rows, [(2, Right), (3, Pause), (4, Pause), (5, Pause), (6, NoSync)]);
    // A pause until a day does not touch it, nor does one that begins in the day explain its night.
    let evening = Paused { from: at("2026-11-06T15:00"), until: at("2026-11-09T00:00") };
    story.facts.pauses = vec![Paused { from: at("2026-11-02T15:00"), until: at("2026-11-04T00:00") }, evening];
    let rows: Vec<_> = story.rows(FOR_EVER).into_iter().map(|(_, status, ..)| status).collect();
    assert_eq!(rows, [Right, Pause, NoSync, NoSync, NoSync]);
}
