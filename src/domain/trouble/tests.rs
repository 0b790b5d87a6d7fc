use chrono::NaiveTime;

use super::*;
use crate::domain::problem::ProblemKind;
use crate::domain::roster::{NightlySchedule, RosterState, SubscriptionRules};
use crate::domain::run::Night;
use crate::ids::PartnerId;

/// A morning on which the night was had.
fn now() -> DateTime<Utc> {
    at("2026-11-28T09:00:00Z")
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

/// A partner whose last night succeeded.
fn well() -> Facts {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    let night = at("2026-11-28T02:00:00Z");
    let latest = Night { date: "2026-11-28".parse().unwrap(), requested_at: night };
    Facts {
        partner: Partner {
            id: PartnerId::generate(),
            external_id: "northwind".into(),
            name: "Northwind MSP".into(),
            state: RosterState::Active,
            settings: NightlySchedule {
                time_zone: chrono_tz::UTC,
                nightly: true,
                night_start: time(1),
                night_end: time(5),
            },
            pause: None,
            rules: SubscriptionRules::default(),
        },
        read_at: now(),
        connection_problem: None,
        writes_suspended: false,
        last_synced_at: Some(night),
        history: Some(NightlyHistory { since: at("2026-11-01T00:00:00Z"), paused_until: None, latest: Some(latest) }),
        night: Some(night_run(RunState::Succeeded)),
        open_run: None,
        blocked: Vec::new(),
        decided: None,
    }
}

fn night_run(state: RunState) -> NightRun {
    NightRun {
        id: RunId::generate(),
        state,
        started_at: Some(at("2026-11-28T02:00:00Z")),
        finished_at: Some(at("2026-11-28T02:01:00Z")),
        problem: None,
        open_clients: 2,
    }
}

fn queued(problem: Option<ProblemKind>, next_attempt_at: DateTime<Utc>) -> OpenRun {
    OpenRun {
        id: RunId::generate(),
        state: RunState::Queued,
        problem: problem.map(|kind| Problem::new(kind, at("2026-11-28T08:00:00Z"))),
        queued_at: at("2026-11-28T07:00:00Z"),
        next_attempt_at,
    }
}

fn blocked(kind: ProblemKind) -> Blocked {
    Blocked { clients: 3, example: "Alder".into(), problem: Problem::new(kind, at("2026-11-27T02:00:00Z")) }
}

fn kinds(facts: &Facts) -> Vec<(TroubleKind, WaitsFor)> {
    troubles(facts, now()).into_iter().map(|trouble| (trouble.kind, trouble.waits_for)).collect()
}

#[test]
fn partner_without_trouble_has_none() {
    assert_eq!(kinds(&well()), []);
    // A run that was just requested, or is being executed, is none.
    let requested = Facts { open_run: Some(queued(None, now())), ..well() };
    assert_eq!(kinds(&requested), []);
    let running = OpenRun { state: RunState::Running, ..queued(None, at("2026-11-28T07:00:00Z")) };
    assert_eq!(kinds(&Facts { open_run: Some(running), ..well() }), []);
}

#[test]
fn run_that_is_tried_again_says_when_and_why() {
    let next = at("2026-11-28T09:20:00Z");
    for (problem, kind, waits_for) in [
        (ProblemKind::HaloUnreachable { retried: true }, TroubleKind::HaloDown, WaitsFor::NoOne),
        (ProblemKind::RateLimited { retried: true }, TroubleKind::SyncRetried, WaitsFor::NoOne),
        (ProblemKind::CreateUnconfirmed, TroubleKind::SyncRetried, WaitsFor::NoOne),
        (ProblemKind::InternalFault, TroubleKind::SyncRetried, WaitsFor::Infima),
    ] {
        let facts = Facts { open_run: Some(queued(Some(problem.clone()), next)), ..well() };
        let [trouble] = troubles(&facts, now()).try_into().expect("one trouble");
        assert_eq!((&trouble.kind, trouble.waits_for), (&kind, waits_for), "{problem:?}");
        assert_eq!((trouble.since, trouble.next_at), (at("2026-11-28T08:00:00Z"), Some(next)));
        assert_eq!(trouble.run, facts.open_run.map(|run| run.id));
        // The connection may have the same problem: it is listed once.
        let both = Facts {
            connection_problem: Some(Problem::new(problem, now())),
            open_run: Some(queued(trouble.problem.map(|problem| problem.kind), next)),
            ..well()
        };
        assert_eq!(kinds(&both), [(kind, waits_for)]);
    }
}

#[test]
fn night_that_was_not_queued_or_begun_waits_for_infima() {
    let latest = Night { date: "2026-11-27".parse().unwrap(), requested_at: at("2026-11-27T02:00:00Z") };
    let history = NightlyHistory { since: at("2026-11-01T00:00:00Z"), paused_until: None, latest: Some(latest) };
    let missing = Facts { history: Some(history), ..well() };
    let [trouble] = troubles(&missing, now()).try_into().expect("one trouble");
    assert_eq!((trouble.kind, trouble.waits_for), (TroubleKind::NightMissing, WaitsFor::Infima));
    assert!(trouble.since >= at("2026-11-28T01:00:00Z") && trouble.since <= at("2026-11-28T05:00:00Z"));
    let mut off = missing;
    off.partner.settings.nightly = false;
    assert_eq!(kinds(&off), []);

    let waiting = Facts { open_run: Some(queued(None, at("2026-11-28T02:00:00Z"))), ..well() };
    assert_eq!(kinds(&waiting), [(TroubleKind::NotBegun, WaitsFor::Infima)]);
}

#[test]
fn night_that_did_not_confirm_all_is_trouble_until_all_are_confirmed() {
    let old = Some(at("2026-11-27T02:00:00Z"));
    for (state, expected) in [
        (RunState::Failed, Some(TroubleKind::NightFailed)),
        (RunState::PartiallySucceeded, Some(TroubleKind::NightEndedInPart { clients: 2 })),
        (RunState::Cancelled, None),
    ] {
        let facts = Facts { night: Some(night_run(state)), last_synced_at: old, ..well() };
        let found = troubles(&facts, now()).into_iter().next();
        assert_eq!(found.as_ref().map(|trouble| &trouble.kind), expected.as_ref());
        if let Some(trouble) = found {
            assert_eq!(trouble.since, at("2026-11-28T02:01:00Z"));
            assert!(trouble.next_at.is_some_and(|next| next > now()), "the next night tries again");
        }
        let fixed = Facts { last_synced_at: Some(at("2026-11-28T08:30:00Z")), ..facts };
        assert_eq!(kinds(&fixed), [], "{state:?}");
    }
}

#[test]
fn connection_problem_waits_for_the_party_that_can_resolve_it() {
    for (problem, kind, waits_for) in [
        (ProblemKind::LicensingOff, TroubleKind::ConnectionBlocked, WaitsFor::Partner),
        (ProblemKind::AnswerNotUnderstood, TroubleKind::ConnectionBlocked, WaitsFor::Infima),
        (ProblemKind::HaloUnreachable { retried: false }, TroubleKind::HaloDown, WaitsFor::NoOne),
    ] {
        let facts = Facts { connection_problem: Some(Problem::new(problem, now())), ..well() };
        assert_eq!(kinds(&facts), [(kind, waits_for)]);
    }
}

#[test]
fn decision_that_waits_for_the_next_sync_needs_no_person() {
    let overwritten = Some(Problem::new(ProblemKind::FieldsOverwritten { what: None }, now()));
    let suspended = Facts { connection_problem: overwritten, writes_suspended: true, ..well() };
    assert_eq!(kinds(&suspended), [(TroubleKind::ConnectionBlocked, WaitsFor::Partner)]);
    let resumed = Facts { writes_suspended: false, ..suspended };
    assert_eq!(kinds(&resumed), [(TroubleKind::Decided { clients: None }, WaitsFor::NoOne)]);

    let until = Some(now() + Duration::hours(23));
    let decided = Decided { clients: 1, example: "Alder".into(), duplicate_search_until: until };
    let [trouble] = troubles(&Facts { decided: Some(decided), ..well() }, now()).try_into().expect("one trouble");
    assert_eq!(trouble.kind, TroubleKind::Decided { clients: Some((1, "Alder".into())) });
    assert_eq!(trouble.since, at("2026-11-28T08:00:00Z"));
}

#[test]
fn what_needs_a_person_comes_first() {
    let retried = |name: &str| Facts {
        partner: Partner { name: name.into(), ..well().partner },
        open_run: Some(queued(Some(ProblemKind::RateLimited { retried: true }), now())),
        ..well()
    };
    let facts = Facts { blocked: vec![blocked(ProblemKind::SubscriptionDeleted)], ..retried("both") };
    let expected = [
        (TroubleKind::ClientsBlocked { clients: 3, example: "Alder".into() }, WaitsFor::Partner),
        (TroubleKind::SyncRetried, WaitsFor::NoOne),
    ];
    assert_eq!(kinds(&facts), expected);
    let stuck = Facts {
        partner: Partner { name: "stuck".into(), ..well().partner },
        open_run: Some(queued(None, at("2026-11-28T02:00:00Z"))),
        ..well()
    };
    let found = in_trouble(vec![retried("retried"), well(), facts, stuck], |read_at| read_at);
    let names: Vec<_> = found.iter().map(|found| found.partner.name.as_str()).collect();
    assert_eq!(names, ["stuck", "both", "retried"]);
    assert!(found.is_sorted_by_key(PartnerInTrouble::place));
}

/// Every text of every kind, with and without a next attempt.
#[test]
fn each_trouble_is_explained() {
    let next_sync = Some(at("2026-11-29T02:00:00Z"));
    let facts = Facts { last_synced_at: None, ..well() };
    let mut said = Vec::new();
    for next in [next_sync, None] {
        let with =
            |problem: ProblemKind| Facts { connection_problem: Some(Problem::new(problem, now())), ..facts.clone() };
        let night = |state| Facts { night: Some(night_run(state)), ..facts.clone() };
        let decided = |clients| Facts {
            decided: Some(Decided { clients, example: "Alder".into(), duplicate_search_until: next_sync }),
            ..facts.clone()
        };
        said.extend(blocked(ProblemKind::SubscriptionDeleted).trouble(next).into_text());
        said.extend(Blocked { clients: 1, ..blocked(ProblemKind::CustomerMerged) }.trouble(next).into_text());
        for problem in [
            ProblemKind::LicensingOff,
            ProblemKind::AnswerNotUnderstood,
            ProblemKind::HaloUnreachable { retried: false },
            ProblemKind::FieldsOverwritten { what: None },
        ] {
            said.extend(with(problem).connection(next).and_then(Trouble::into_text));
        }
        for state in [RunState::Failed, RunState::PartiallySucceeded] {
            said.extend(night(state).last_night(next).and_then(Trouble::into_text));
        }
        for clients in [1, 4] {
            said.extend(decided(clients).decided_clients(next).and_then(Trouble::into_text));
        }
    }
    insta::assert_snapshot!(said.join("\n"));
}

impl Trouble {
    fn into_text(self) -> Option<String> {
        Some(format!("{:?}\n  {}\n  {}", self.kind, self.message(), self.next_step()))
    }
}
