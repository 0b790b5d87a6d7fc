//! Nightly syncs: one for each partner and date, by the partner's clock, however many processes
//! look.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;
use futures::future::join_all;
use infima_halo::app::App;
use infima_halo::auth::Role;
use infima_halo::domain::association::Ending;
use infima_halo::domain::roster::NightlySchedule;
use infima_halo::domain::run::{Night, RunState, Trigger};
use infima_halo::domain::schedule::{self, MIN_INTERVAL, NightlyHistory, NightlySync};
use infima_halo::ids::{ClientId, HaloCustomerId, PartnerId, RunId};
use infima_halo::ops::association::save::{Mapping, associate_clients};
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::ops::sync::settings::{SettingsChanges, update_settings};
use proptest::prelude::*;
use serde_json::json;

use crate::graphql::Api;
use crate::support::world::{World, details_of, request};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A partner in Berlin that was connected and associated at this time.
async fn connected_at(time: &str) -> World {
    let world = World::builder().clients(&[("Alder", 3)]).build().await;
    world.clock.set(at(time));
    world.connect().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    world
}

/// The nightly syncs that were queued: date, and time by the injected clock.
async fn nights(world: &World) -> Vec<(NaiveDate, DateTime<Utc>)> {
    sqlx::query_as("select nightly_date, queued_at from sync_runs where nightly_date is not null order by queued_at")
        .fetch_all(&world.database.owner().await)
        .await
        .unwrap()
}

async fn tick(world: &World) -> Vec<RunId> {
    enqueue_nightly_syncs(world.ops(), Selection::Due).await.unwrap().into_iter().map(|(_, run)| run).collect()
}

#[tokio::test]
async fn nightly_sync_is_queued_once_by_many_processes() -> anyhow::Result<()> {
    let world = connected_at("2026-11-24T09:00:00Z").await;
    let mut apps = Vec::new();
    for _ in 0..4 {
        apps.push(App::build(&world.config, world.clock.clone(), 2).await?);
    }
    for _ in 0..4 * 24 {
        let ticks = join_all(apps.iter().map(|app| enqueue_nightly_syncs(&app.ops, Selection::Due))).await;
        for (_, run) in ticks.into_iter().flat_map(Result::unwrap) {
            assert_eq!(world.run(run).await.trigger, Trigger::Nightly);
            assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
        }
        world.clock.advance(Duration::hours(1));
    }
    let dates: Vec<_> = nights(&world).await.into_iter().map(|(date, _)| date.to_string()).collect();
    assert_eq!(dates, ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28"]);
    assert!(world.connection().await.last_synced_at.unwrap() >= at("2026-11-28T00:00:00Z"));
    Ok(())
}

#[tokio::test]
async fn daylight_saving_change_keeps_one_sync_per_night() {
    for (start, dates) in [
        ("2026-03-27T12:00:00Z", ["2026-03-28", "2026-03-29", "2026-03-30"]),
        ("2026-10-23T12:00:00Z", ["2026-10-24", "2026-10-25", "2026-10-26"]),
    ] {
        let world = connected_at(start).await;
        for _ in 0..3 * 24 * 4 {
            tick(&world).await;
            world.clock.advance(Duration::minutes(15));
        }
        let nights = nights(&world).await;
        assert_eq!(nights.iter().map(|(date, _)| date.to_string()).collect::<Vec<_>>(), dates);
        for (_, queued) in nights {
            let local = queued.with_timezone(&chrono_tz::Europe::Berlin);
            assert!((1..=5).contains(&local.hour()), "{local}");
        }
    }
}

#[tokio::test]
async fn after_downtime_only_the_latest_nightly_sync_is_caught_up() {
    let world = connected_at("2026-11-24T09:00:00Z").await;
    assert_eq!(tick(&world).await, [], "the night before there was a connection was not missed");
    world.clock.set(at("2026-12-01T20:00:00Z"));
    assert_eq!(tick(&world).await.len(), 1);
    assert_eq!(tick(&world).await, []);
    assert_eq!(nights(&world).await[0].0.to_string(), "2026-12-01");

    // The next nightly sync would follow within twelve hours: it waits for them.
    world.clock.set(at("2026-12-02T05:00:00Z"));
    assert_eq!(tick(&world).await, []);
    world.clock.set(at("2026-12-02T08:00:00Z"));
    assert_eq!(tick(&world).await.len(), 1);
}

#[tokio::test]
async fn time_zone_change_keeps_nightly_syncs_12_hours_apart() -> anyhow::Result<()> {
    let world = connected_at("2026-06-01T12:00:00Z").await;
    let admin = world.admin().await;
    let partner = world.partner().await;
    let zones: [Tz; 5] = [
        chrono_tz::Pacific::Kiritimati,
        chrono_tz::Pacific::Honolulu,
        chrono_tz::Asia::Kolkata,
        chrono_tz::America::St_Johns,
        chrono_tz::Australia::Lord_Howe,
    ];
    for hour in 0..20 * 24 {
        if hour % 17 == 0 {
            let time_zone = Some(zones[hour / 17 % zones.len()].name().to_owned());
            let changes = SettingsChanges { time_zone, ..SettingsChanges::default() };
            update_settings(world.ops(), &request(&admin), partner, &changes).await?;
        }
        tick(&world).await;
        world.clock.advance(Duration::hours(1));
    }
    let nights = nights(&world).await;
    assert!(nights.len() >= 8, "{nights:?}");
    for pair in nights.windows(2) {
        assert!(pair[1].1 - pair[0].1 >= MIN_INTERVAL && pair[1].0 > pair[0].0, "{pair:?}");
    }
    Ok(())
}

#[tokio::test]
async fn nightly_sync_joins_waiting_run_for_all_clients() {
    let world = connected_at("2026-11-24T09:00:00Z").await;
    world.clock.set(at("2026-11-25T05:30:00Z"));
    let waiting = world.request_sync().await;
    assert_eq!(tick(&world).await, [waiting]);
    let run = world.run(waiting).await;
    assert_eq!(
        (run.trigger, run.clients, run.nightly_date),
        (Trigger::OnDemand, None, Some(at("2026-11-25T00:00:00Z").date_naive()))
    );
    assert_eq!(tick(&world).await, []);
}

#[tokio::test]
async fn partner_without_associations_has_no_nightly_sync() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.clock.advance(Duration::days(2));
    assert_eq!(tick(&world).await, []);
}

#[tokio::test]
async fn night_before_the_first_association_is_not_missed() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).build().await;
    world.clock.set(at("2026-11-23T09:00:00Z"));
    world.connect().await;
    world.clock.set(at("2026-11-24T17:00:00Z"));
    world.map(&["Alder"]).await;
    assert_eq!(tick(&world).await, []);
    // The first client's night counts, also where another is associated after it.
    world.clock.set(at("2026-11-25T09:00:00Z"));
    world.map(&["Birch"]).await;
    assert_eq!(tick(&world).await.len(), 1);
}

#[tokio::test]
async fn invalid_partner_does_not_stop_other_nightly_syncs() -> anyhow::Result<()> {
    let world = connected_at("2026-11-24T09:00:00Z").await;
    world.import_partner("second", &[("Second", 4)]).await;
    let second = world.partner_named("second").await;
    let admin = world.caller(Role::PartnerAdmin, Some("second")).await;
    let other = world.sandbox.tenant("other");
    save_connection(world.ops(), &request(&admin), second, details_of(&other)).await?;
    let owner = world.database.owner().await;
    let client = sqlx::query_scalar("select id from clients where partner_id = $1").bind(second.0);
    let client = Some(ClientId(client.fetch_one(&owner).await?));
    let customer = HaloCustomerId(other.customers()[0].id);
    let mapping = Mapping { client, customer, allow_shared: false, replace: None };
    associate_clients(world.ops(), &request(&admin), second, &[mapping]).await?;

    let first = world.partner().await;
    assert!(first.0 < second.0, "the first one is looked at first");
    sqlx::query("update partners set time_zone = 'Mars/Olympus' where id = $1").bind(first.0).execute(&owner).await?;
    world.clock.set(at("2026-11-25T09:00:00Z"));
    let started = enqueue_nightly_syncs(world.ops(), Selection::Due).await?;
    assert_eq!(started.into_iter().map(|(partner, _)| partner).collect::<Vec<_>>(), [second]);
    Ok(())
}

fn settings(zone: Tz, start: (u32, u32), end: (u32, u32)) -> NightlySchedule {
    let time = |(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
    NightlySchedule { time_zone: zone, nightly: true, night_start: time(start), night_end: time(end) }
}

#[test]
fn partners_are_spread_over_the_nightly_window() {
    let settings = settings(chrono_tz::Europe::Berlin, (1, 0), (5, 0));
    let mut quarters = [0; 16];
    for _ in 0..1600 {
        let night = schedule::next_due(PartnerId::generate(), &settings, at("2026-11-24T12:00:00Z"));
        let since = night.due - at("2026-11-25T00:00:00Z");
        assert!((0..4 * 60).contains(&since.num_minutes()));
        quarters[(since.num_minutes() / 15) as usize] += 1;
    }
    assert!(quarters.iter().all(|partners| (50..=160).contains(partners)), "{quarters:?}");
}

proptest! {
    #[test]
    fn latest_and_next_night_surround_the_present(
        zone in proptest::sample::select(chrono_tz::TZ_VARIANTS.as_slice()),
        start in 0_u32..24 * 60,
        length in 1_u32..24 * 60,
        minutes in 0_i64..3 * 366 * 24 * 60,
    ) {
        let end = (start + length) % (24 * 60);
        let settings = settings(zone, (start / 60, start % 60), (end / 60, end % 60));
        let partner = PartnerId::generate();
        let now = at("2024-01-01T00:00:00Z") + Duration::minutes(minutes);
        let latest = schedule::latest_due(partner, &settings, now);
        let next = schedule::next_due(partner, &settings, now);
        prop_assert!(latest.due <= now && now < next.due, "{latest:?} {now} {next:?}");
        prop_assert_eq!(next.date, latest.date.succ_opt().unwrap());
        // No night is lost or comes twice between them, and the same question has the same answer.
        prop_assert_eq!(schedule::latest_due(partner, &settings, next.due), next);
        prop_assert_eq!(schedule::latest_due(partner, &settings, next.due - Duration::seconds(1)), latest);
    }
}

proptest! {
    /// Until the announced time, the schedule queues nothing; then it queues what was announced.
    #[test]
    fn announced_night_is_the_one_that_is_queued(
        zone in proptest::sample::select(chrono_tz::TZ_VARIANTS.as_slice()),
        start in 0_u32..24 * 60,
        length in 1_u32..24 * 60,
        minutes in 0_i64..3 * 366 * 24 * 60,
        connected_before in 0_i64..3 * 24 * 60,
        latest in proptest::option::of((0_i64..3 * 24 * 60, -2_i64..=1)),
        looks in proptest::collection::vec(0_i64..2 * 24 * 60 * 60, 20),
    ) {
        let end = (start + length) % (24 * 60);
        let settings = settings(zone, (start / 60, start % 60), (end / 60, end % 60));
        let partner = PartnerId::generate();
        let now = at("2024-01-01T00:00:00Z") + Duration::minutes(minutes);
        // The latest night may have been requested in another time zone.
        let latest = latest.map(|(before, days)| {
            let requested_at = now - Duration::minutes(before);
            Night { date: requested_at.date_naive() + Duration::days(days), requested_at }
        });
        let history = NightlyHistory { since: now - Duration::minutes(connected_before), paused_until: None, latest };
        let next = |at| schedule::next_sync(partner, &settings, &history, at).expect("nightly syncs are on");
        let announced = next(now);
        let after_latest = |latest: Night| announced.date > latest.date && announced.due >= latest.requested_at + MIN_INTERVAL;
        prop_assert!(latest.is_none_or(after_latest));
        for later in looks {
            let later = now + Duration::seconds(later);
            let seen = next(later);
            if later < announced.due {
                prop_assert_eq!(seen, announced);
            } else {
                // A night that no process queued in time is replaced by the one after it.
                prop_assert!(seen.date >= announced.date && seen.due >= announced.due);
            }
        }
        prop_assert_eq!(next(announced.due.max(now)), announced);
    }
}

/// The time that the API shows for the next nightly sync.
async fn announced(api: &Api) -> Option<DateTime<Utc>> {
    let shown =
        api.data(&api.world.admin().await, "{ partner { haloConnection { nextNightlySyncAt } } }", json!({})).await;
    shown["partner"]["haloConnection"]["nextNightlySyncAt"].as_str().map(at)
}

/// Lets the clock run minute by minute until a night is queued.
async fn next_queued(world: &World) -> DateTime<Utc> {
    for _ in 0..48 * 60 {
        if !tick(world).await.is_empty() {
            return world.clock.now();
        }
        world.clock.advance(Duration::minutes(1));
    }
    panic!("no night in two days");
}

fn minute(time: DateTime<Utc>) -> i64 {
    time.timestamp() / 60
}

#[tokio::test]
async fn announced_nightly_sync_is_queued_at_that_time() -> anyhow::Result<()> {
    let api = Api::over(connected_at("2026-11-24T09:00:00Z").await);
    let world = &api.world;
    let admin = world.admin().await;
    let partner = world.partner().await;
    for zone in [None, Some(chrono_tz::Pacific::Kiritimati), Some(chrono_tz::Pacific::Honolulu), None] {
        if let Some(zone) = zone {
            let changes = SettingsChanges { time_zone: Some(zone.name().to_owned()), ..SettingsChanges::default() };
            update_settings(world.ops(), &request(&admin), partner, &changes).await?;
        }
        let shown = announced(&api).await.expect("nightly syncs are on");
        let queued = next_queued(world).await;
        assert!((0..=1).contains(&(minute(queued) - minute(shown))), "{zone:?}: {shown} was shown, {queued} it was");
        assert!(announced(&api).await.unwrap() >= queued + MIN_INTERVAL, "{zone:?}: the night was had");
    }
    // A missed night is caught up at once.
    world.clock.advance(Duration::days(3));
    assert_eq!(announced(&api).await.map(minute), Some(minute(world.clock.now())));
    assert_eq!(tick(world).await.len(), 1);

    let off = SettingsChanges { nightly: Some(false), ..SettingsChanges::default() };
    update_settings(world.ops(), &request(&admin), partner, &off).await?;
    assert_eq!(announced(&api).await, None);
    Ok(())
}

#[tokio::test]
async fn nightly_sync_is_announced_only_where_a_client_is_mapped() -> anyhow::Result<()> {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).connected().build().await);
    let world = &api.world;
    assert_eq!(announced(&api).await, None);
    world.map(&["Alder"]).await;
    assert!(announced(&api).await.is_some());
    let alder = world.association("Alder").await.id;
    world.remove(alder, Ending::KeepQuantity).await?;
    world.look().await;
    assert_eq!(announced(&api).await, None);
    Ok(())
}

#[test]
fn window_across_midnight_has_its_start_date() {
    let settings = settings(chrono_tz::Europe::Berlin, (22, 0), (2, 0));
    let partners: Vec<_> = (0..50).map(|_| PartnerId::generate()).collect();
    let dates: BTreeSet<_> = partners
        .iter()
        .map(|partner| {
            let NightlySync { date, due } = schedule::next_due(*partner, &settings, at("2026-11-24T12:00:00Z"));
            assert!((at("2026-11-24T21:00:00Z")..at("2026-11-25T01:00:00Z")).contains(&due));
            date.to_string()
        })
        .collect();
    assert_eq!(dates, BTreeSet::from(["2026-11-24".to_owned()]));
}
