//! The run's state machine, every state by every event, and which run answers a request.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use super::*;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::roster::RosterState;
use crate::ids::{ClientId, RunId};

const GRACE: Duration = Duration::from_secs(30);

fn now() -> DateTime<Utc> {
    "2026-11-28T12:00:00Z".parse().unwrap()
}

fn minutes(minutes: i64) -> DateTime<Utc> {
    now() + TimeDelta::minutes(minutes)
}

fn client(number: u128) -> ClientId {
    ClientId(Uuid::from_u128(number))
}

fn date(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
}

fn problem(kind: ProblemKind) -> Problem {
    Problem::new(kind, now())
}

fn queued() -> Lifecycle {
    Lifecycle {
        state: RunState::Queued,
        clients: Some(vec![client(1)]),
        night: None,
        interactive: true,
        queued_at: minutes(-5),
        next_attempt_at: minutes(-1),
        started_at: None,
        read_at: None,
        finished_at: None,
        starts: 0,
        attempts: 0,
        total: 0,
        lease: None,
        problem: None,
        continued_by: None,
    }
}

fn lease(until: DateTime<Utc>) -> Option<Lease> {
    Some(Lease { token: Some(Uuid::from_u128(7)), until, worker: Some("w1".into()) })
}

fn running() -> Lifecycle {
    let started_at = Some(minutes(-1));
    Lifecycle { state: RunState::Running, starts: 1, started_at, lease: lease(minutes(1)), ..queued() }
}

fn read() -> Lifecycle {
    Lifecycle { read_at: Some(now()), total: 1, ..running() }
}

fn nightly(day: u32) -> Lifecycle {
    let night = Some(Night { date: date(day), requested_at: minutes(-60) });
    Lifecycle { clients: None, night, interactive: false, ..queued() }
}

/// Every kind of state that an event can meet.
fn states() -> [(&'static str, Lifecycle); 12] {
    let fault = Some(problem(ProblemKind::InternalFault));
    let limited = Some(problem(ProblemKind::RateLimited { retried: true }));
    [
        ("queued", queued()),
        ("queued, not due", Lifecycle { next_attempt_at: minutes(30), ..queued() }),
        ("queued, paused by Halo", Lifecycle { next_attempt_at: minutes(30), problem: limited, ..queued() }),
        ("queued, nightly", nightly(27)),
        (
            "queued, nightly, set aside",
            Lifecycle { next_attempt_at: minutes(30), problem: fault, starts: 2, ..nightly(27) },
        ),
        ("running", running()),
        ("running, has read", read()),
        ("running, lease ended", Lifecycle { lease: lease(minutes(-1)), ..read() }),
        ("running, lease ended twice", Lifecycle { lease: lease(minutes(-1)), starts: 2, ..read() }),
        ("running, taken over", Lifecycle { starts: 3, ..running() }),
        ("succeeded", Lifecycle { state: RunState::Succeeded, lease: None, finished_at: Some(now()), ..read() }),
        ("cancelled", running().apply(&RunEvent::Cancelled { at: now() }, now()).unwrap()),
    ]
}

fn claim() -> Claim {
    Claim {
        token: Uuid::from_u128(8),
        worker: "w2".into(),
        length: Duration::from_secs(60),
        grace: GRACE,
        partner: RosterState::Active,
        alone: true,
        cancelled_until: None,
        at: now(),
    }
}

fn request(clients: &[u128]) -> RunRequest {
    let clients = clients.iter().copied().map(client).collect();
    RunRequest::interactive(Trigger::OnDemand, Some(clients))
}

fn night(day: u32) -> RunRequest {
    RunRequest { trigger: Trigger::Nightly, clients: None, nightly_date: Some(date(day)), interactive: false }
}

fn requested(request: RunRequest) -> RunEvent {
    RunEvent::Requested { request, wait: Duration::ZERO, at: now() }
}

fn pause(for_some: bool) -> Pause {
    let problem = problem(ProblemKind::HaloUnreachable { retried: true });
    Pause { wait: Duration::from_secs(300), counts_as_attempt: true, for_some, set_aside: false, problem }
}

fn set_aside() -> Pause {
    let problem = problem(ProblemKind::InternalFault);
    Pause { counts_as_attempt: false, set_aside: true, problem, ..pause(false) }
}

fn took_over(pause: Option<Pause>) -> RunEvent {
    let from = Lifecycle { clients: Some(vec![client(2)]), attempts: 3, starts: 3, ..read() };
    RunEvent::TookOver { from: Box::new(from), left: None, pause }
}

/// The run takes over what is left of one that syncs `clients`.
fn took_over_left(clients: Option<&[u128]>, left: &[u128]) -> RunEvent {
    let numbered = |numbers: &[u128]| numbers.iter().copied().map(client).collect();
    let from = Lifecycle { clients: clients.map(numbered), ..read() };
    RunEvent::TookOver { from: Box::new(from), left: Some(numbered(left)), pause: None }
}

fn events() -> Vec<(&'static str, RunEvent)> {
    let completed = |confirmed, open| RunEvent::Completed { confirmed, open, at: now() };
    let in_flight = Claim { cancelled_until: Some(now()), ..claim() };
    vec![
        ("claimed", RunEvent::Claimed(claim())),
        ("claimed, partner archived", RunEvent::Claimed(Claim { partner: RosterState::Archived, ..claim() })),
        ("claimed, beside another run", RunEvent::Claimed(Claim { alone: false, ..claim() })),
        ("claimed, cancelled run in flight", RunEvent::Claimed(in_flight)),
        ("desired read", RunEvent::DesiredRead { total: 4 }),
        ("requested, same client", requested(request(&[1]))),
        ("requested, other client", requested(request(&[2]))),
        ("requested, all", requested(RunRequest { clients: None, ..request(&[]) })),
        ("requested, night of the 28th", requested(night(28))),
        ("night of the 27th over", RunEvent::NightOver { next: date(28), at: now() }),
        ("night of the 26th over", RunEvent::NightOver { next: date(27), at: now() }),
        ("took over", took_over(None)),
        ("took over, one of three left", took_over_left(Some(&[2, 3, 4]), &[4])),
        ("took over, none of two left", took_over_left(Some(&[2, 3]), &[])),
        ("took over, one of all left", took_over_left(None, &[2])),
        ("took over, pause for all", took_over(Some(pause(false)))),
        ("took over, pause for some", took_over(Some(pause(true)))),
        ("took over, set aside", took_over(Some(set_aside()))),
        ("handed over", RunEvent::HandedOver { to: RunId(Uuid::from_u128(9)), at: now() }),
        ("paused", RunEvent::Paused(pause(false))),
        ("set aside", RunEvent::Paused(set_aside())),
        ("released", RunEvent::Released),
        ("worker ended", RunEvent::WorkerEnded),
        ("completed", completed(2, 0)),
        ("completed, nothing to do", completed(0, 0)),
        ("completed, some open", completed(1, 1)),
        ("completed, all open", completed(0, 1)),
        ("failed", RunEvent::Failed { problem: problem(ProblemKind::LicensingOff), at: now() }),
        ("disconnected", RunEvent::Disconnected { at: now() }),
        ("cancelled", RunEvent::Cancelled { at: now() }),
    ]
}

/// What the run is after the event, or why the event is impossible.
fn result(state: &Lifecycle, event: &RunEvent) -> String {
    let after = match state.apply(event, now()) {
        Ok(after) => after,
        Err(why) => return format!("impossible: {why:?}"),
    };
    let minutes = |at: DateTime<Utc>| (at - now()).num_minutes();
    let mut text = after.state.as_str().to_owned();
    if after.clients != state.clients {
        let clients = after.clients.as_ref().map_or("all".into(), |clients| clients.len().to_string());
        text += &format!(", clients {clients}");
    }
    if after.next_attempt_at != state.next_attempt_at {
        text += &format!(", due in {} min", minutes(after.next_attempt_at));
    }
    match &after.lease {
        Some(lease) if lease.token.is_none() => text += &format!(", no lease, in flight {} min", minutes(lease.until)),
        Some(lease) => text += &format!(", lease {} min", minutes(lease.until)),
        None => {}
    }
    if after.starts != state.starts {
        text += &format!(" starts {}", after.starts);
    }
    let marks = [
        (after.night != state.night, " night"),
        (after.interactive != state.interactive, " interactive"),
        (after.read_at != state.read_at, if after.read_at.is_some() { " read" } else { " unread" }),
        (after.attempts != state.attempts, " attempts"),
        (after.continued_by.is_some(), " continued"),
        (after.state.is_finished() != after.finished_at.is_some(), " INCONSISTENT"),
    ];
    text.extend(marks.iter().filter(|(marked, _)| *marked).map(|(_, mark)| *mark));
    if let Some(problem) = &after.problem {
        text += &format!(" ({})", problem.code().as_str());
    }
    text
}

#[test]
fn every_state_takes_every_event_or_names_why_not() {
    let mut table = String::new();
    for (state_name, state) in &states() {
        table += &format!("{state_name}\n");
        for (event_name, event) in &events() {
            table += &format!("    {event_name}: {}\n", result(state, event));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn request_is_answered_by_the_run_that_covers_it() {
    let (first, second) = (RunId(Uuid::from_u128(1)), RunId(Uuid::from_u128(2)));
    let open = [
        ("no run", vec![]),
        ("waiting", vec![(first, queued())]),
        ("running", vec![(first, running())]),
        ("running, has read", vec![(first, read())]),
        ("running, has read; waiting", vec![(first, read()), (second, queued())]),
        ("waiting for the night of the 27th", vec![(first, Lifecycle { interactive: true, ..nightly(27) })]),
        ("waiting for the night of the 28th", vec![(first, nightly(28))]),
        ("set aside in the night of the 27th", vec![(first, Lifecycle { starts: 2, ..nightly(27) })]),
    ];
    let requests = [("client 1", request(&[1])), ("client 2", request(&[2])), ("night of the 28th", night(28))];
    let mut table = String::new();
    for (open_name, open) in &open {
        table += &format!("{open_name}\n");
        for (request_name, request) in &requests {
            let answer = match answer(open, request, Duration::ZERO, now(), now()) {
                Answer::Covered(run, _) => format!("covered by {}", run.0.as_u128()),
                Answer::Joined(run, after) => {
                    let clients =
                        after.clients.map_or("all clients".into(), |clients| format!("{} clients", clients.len()));
                    format!("joins {}: {clients}", run.0.as_u128())
                }
                Answer::New { interactive, over } => {
                    let over = over.map_or(String::new(), |(run, after)| {
                        format!(", after {} {}", run.0.as_u128(), after.state.as_str())
                    });
                    format!("a new run{}{over}", if interactive { ", a person waits" } else { "" })
                }
            };
            table += &format!("    {request_name}: {answer}\n");
        }
    }
    insta::assert_snapshot!(table);
}

/// The first two workers may have died of anything. From then on the run is blamed, and waits twice
/// as long each time.
#[test]
fn cool_down_doubles_with_each_worker_that_dies() {
    let first = Duration::from_secs(5 * 60);
    let cool_down = |starts| Lifecycle { starts, ..read() }.cool_down(first).map(|wait| wait.as_secs() / 60);
    let expected = [(0, None), (1, None), (2, Some(5)), (3, Some(10)), (4, Some(20)), (10, Some(1280))];
    for (starts, minutes) in expected {
        assert_eq!(cool_down(starts), minutes, "{starts}");
    }
    for starts in [11, 33, u32::MAX] {
        assert_eq!(cool_down(starts), Some(24 * 60), "{starts}");
    }
    assert_eq!(Lifecycle { starts: 5, ..queued() }.cool_down(first), None, "its time has come");
}
