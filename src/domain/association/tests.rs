//! The association's state machine, every state by every event.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::*;
use crate::domain::problem::ProblemKind;

const ID: HaloSubscriptionId = HaloSubscriptionId(7);
const OTHER: HaloSubscriptionId = HaloSubscriptionId(8);
const TIMEOUT: Duration = Duration::from_secs(300);

fn now() -> DateTime<Utc> {
    "2026-11-28T12:00:00Z".parse().unwrap()
}

fn problem(kind: ProblemKind) -> Option<Problem> {
    Some(Problem::new(kind, now()))
}

fn pending() -> Lifecycle {
    Lifecycle {
        revision: 3,
        state: AssociationState::Pending,
        ending: None,
        ended_at: None,
        shared: false,
        subscription: None,
        create_sent_at: None,
        create_failure: None,
        creation_approved: false,
        duplicate_search_until: None,
        unverified: false,
        pending_write: None,
        observed: Observed::default(),
        billing: Billing::Unknown,
        last_synced: None,
        confirmed_fall: None,
        problem: None,
    }
}

fn active() -> Lifecycle {
    Lifecycle { state: AssociationState::Active, subscription: Some(ID), ..pending() }
}

/// Every kind of state that an event can meet.
fn states() -> [(&'static str, Lifecycle); 10] {
    let ending = Lifecycle { state: AssociationState::Ending, ending: Some(Ending::SetToZero), ..active() };
    [
        ("pending", pending()),
        ("create in doubt", Lifecycle { create_sent_at: Some(now() - TimeDelta::minutes(1)), ..pending() }),
        ("active", active()),
        (
            "subscription deleted",
            Lifecycle {
                state: AssociationState::NeedsAttention,
                problem: problem(ProblemKind::SubscriptionDeleted),
                ..active()
            },
        ),
        (
            "fields overwritten",
            Lifecycle {
                state: AssociationState::NeedsAttention,
                problem: problem(ProblemKind::FieldsOverwritten { what: None }),
                pending_write: Some(PendingWrite { before: json!({}), sent_at: Some(now()) }),
                ..active()
            },
        ),
        ("carried over", Lifecycle { unverified: true, ..active() }),
        (
            "tenant changed",
            Lifecycle {
                state: AssociationState::NeedsAttention,
                problem: problem(ProblemKind::TenantChanged { evidence: None }),
                ..active()
            },
        ),
        ("ending", ending.clone()),
        ("ending without subscription", Lifecycle { subscription: None, ..ending.clone() }),
        ("ended", Lifecycle { state: AssociationState::Ended, ended_at: Some(now()), ..ending }),
    ]
}

fn fields() -> ObservedFields {
    ObservedFields { name: "Training".into(), quantity: Some(2) }
}

fn step(transition: Transition) -> AssociationEvent {
    AssociationEvent::StepTaken(Step { transition, problem: None, observed: None, duplicate: None, at: now() })
}

fn events() -> Vec<(&'static str, AssociationEvent)> {
    vec![
        ("removed, keep", AssociationEvent::Removed { ending: Ending::KeepQuantity, at: now() }),
        ("removed, zero", AssociationEvent::Removed { ending: Ending::SetToZero, at: now() }),
        ("resumed", AssociationEvent::Resumed { shared: true }),
        ("recreated", AssociationEvent::Recreated),
        ("adopted", AssociationEvent::Adopted { subscription: OTHER, fields: fields(), at: now() }),
        ("creation approved", AssociationEvent::CreationApproved { confirmation: TIMEOUT }),
        ("carried over", AssociationEvent::CarriedOver { keeps_subscription: true, shared: false }),
        ("carried over, owned by another", AssociationEvent::CarriedOver { keeps_subscription: false, shared: true }),
        ("archived", AssociationEvent::Archived { at: now() }),
        ("writes resumed", AssociationEvent::WritesResumed),
        ("quantity sent", AssociationEvent::QuantitySent { before: json!({}) }),
        ("quantity refused", AssociationEvent::QuantityRefused),
        ("create sent", AssociationEvent::CreateSent),
        ("create refused", AssociationEvent::CreateRefused),
        ("create failed", AssociationEvent::CreateFailed { reason: "a site is required".into() }),
        ("create abandoned", AssociationEvent::CreateAbandoned { at: now() }),
        ("created", AssociationEvent::Created(OTHER)),
        ("readopted", AssociationEvent::Readopted(OTHER)),
        ("confirmed", step(Transition::Confirmed { quantity: 5 })),
        ("needs attention", step(Transition::NeedsAttention)),
        ("written with a problem", step(Transition::WrittenWithProblem { quantity: 5 })),
        ("unchanged", step(Transition::Unchanged)),
        ("not observed", step(Transition::NotObserved)),
        ("end confirmed", step(Transition::Ended)),
    ]
}

/// One word for what the association is after the event, or why the event is impossible.
fn result(state: &Lifecycle, event: &AssociationEvent) -> String {
    match state.apply(event, now()) {
        Ok(after) => {
            let subscription = after.subscription.map_or(String::new(), |id| format!(" {id}"));
            let marks = [
                (after.create_sent_at.is_some(), " sent"),
                (after.create_failure.is_some(), " failed"),
                (after.creation_approved, " approved"),
                (after.duplicate_search_until.is_some(), " search"),
                (after.unverified, " unverified"),
                (after.pending_write.is_some(), " write"),
                (after.revision != state.revision, " +1"),
            ];
            let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
            format!("{}{subscription}{marks}", after.state.as_str())
        }
        Err(impossible) => format!("impossible: {impossible:?}"),
    }
}

#[test]
fn every_state_takes_or_refuses_every_event() {
    let mut table = String::new();
    for (state_name, state) in states() {
        table += &format!("{state_name}\n");
        for (event_name, event) in events() {
            table += &format!("    {event_name}: {}\n", result(&state, &event));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn new_subscription_beside_a_create_in_doubt_waits_for_the_confirmation_timeout() {
    let doubt = Lifecycle { create_sent_at: Some(now() - TimeDelta::seconds(300)), ..pending() };
    let approve = AssociationEvent::CreationApproved { confirmation: TIMEOUT };
    assert_eq!(doubt.apply(&approve, now() - TimeDelta::seconds(1)), Err(Impossible::CreateUnconfirmed));
    assert!(doubt.apply(&approve, now()).is_ok());
}

#[test]
fn duplicate_search_ends_with_a_look_after_its_time_that_shows_none() {
    let searching = |until| Lifecycle { duplicate_search_until: Some(until), ..active() };
    let look = |duplicate| {
        AssociationEvent::StepTaken(Step {
            transition: Transition::Unchanged,
            problem: None,
            observed: None,
            duplicate,
            at: now(),
        })
    };
    let until = |state: &Lifecycle, duplicate| state.apply(&look(duplicate), now()).unwrap().duplicate_search_until;
    let later = now() + TimeDelta::hours(1);
    assert_eq!(until(&searching(later), Some(false)), Some(later), "it is too early");
    assert_eq!(until(&searching(now()), Some(false)), None);
    assert_eq!(until(&searching(now()), None), Some(now()), "the run did not look");
    assert_eq!(until(&active(), Some(true)), Some(now()), "the next look decides");
}

#[test]
fn last_sync_never_goes_back() {
    let at = now() + TimeDelta::hours(1);
    let synced = Lifecycle { last_synced: Some(LastSync { at, quantity: 3 }), ..active() };
    let after = synced.apply(&step(Transition::Confirmed { quantity: 5 }), now()).unwrap();
    assert_eq!(after.last_synced, Some(LastSync { at, quantity: 5 }));
}

#[test]
fn create_in_doubt_counts_as_absent_only_after_the_timeout_and_a_look() {
    let sent = Some(now() - TimeDelta::seconds(300));
    let passed = |observed| confirmation_timeout_passed(sent, observed, TIMEOUT, now());
    assert!(confirmation_timeout_passed(None, None, TIMEOUT, now()), "no create was sent");
    assert!(!passed(None), "no look at Halo yet");
    assert!(passed(Some(now())));
    assert!(!confirmation_timeout_passed(Some(now()), Some(now()), TIMEOUT, now()), "Halo may be at work");
}
