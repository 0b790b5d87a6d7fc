use super::*;

fn now() -> DateTime<Utc> {
    "2026-11-28T12:00:00Z".parse().unwrap()
}

fn connected() -> Connection {
    Connection {
        id: ConnectionId::generate(),
        partner: PartnerId::generate(),
        url: "https://halo.example".into(),
        tenant: HaloTenant("t1".into()),
        application_client_id: "app".into(),
        credentials_updated_at: now(),
        state: ConnectionState::Connected,
        problem: None,
        checks: Vec::new(),
        write_access: WriteAccess::Unknown,
        writes_suspended_since: None,
        last_verified_at: None,
        last_synced_at: None,
        revision: 0,
    }
}

fn suspended() -> Connection {
    connected().apply(ConnectionEvent::WritesSuspended, now())
}

fn unreachable() -> Option<Problem> {
    Some(Problem::new(ProblemKind::HaloUnreachable { retried: true }, now()))
}

fn tenant_changed() -> Option<Problem> {
    Some(Problem::new(ProblemKind::TenantChanged { evidence: None }, now()))
}

fn reported(problem: Option<Problem>) -> ConnectionEvent {
    ConnectionEvent::RunReported { problem, revision: 0 }
}

fn saved() -> ConnectionEvent {
    ConnectionEvent::Saved {
        url: "https://other.example".into(),
        tenant: HaloTenant("t2".into()),
        application_client_id: "app2".into(),
        secret_changed: true,
        checks: Vec::new(),
    }
}

#[test]
fn every_state_takes_every_event() {
    let states = [
        ("connected", connected()),
        ("needs attention", connected().apply(reported(unreachable()), now())),
        ("tenant changed", connected().apply(reported(tenant_changed()), now())),
        ("suspended", suspended()),
        ("suspended, reported", suspended().apply(reported(None), now())),
        ("disconnected", connected().apply(ConnectionEvent::Disconnected, now())),
    ];
    let checked = |problem| ConnectionEvent::Checked { checks: Vec::new(), problem };
    let events = [
        ("saved", saved()),
        ("checked, works", checked(None)),
        ("checked, fails", checked(unreachable())),
        ("run works", reported(None)),
        ("run fails", reported(unreachable())),
        ("writes suspended", ConnectionEvent::WritesSuspended),
        ("writes resumed", ConnectionEvent::WritesResumed),
        ("tenant confirmed", ConnectionEvent::TenantConfirmed { tenant: HaloTenant("t3".into()) }),
        ("confirmed", ConnectionEvent::Confirmed { since: Some(now()) }),
        ("not confirmed", ConnectionEvent::Confirmed { since: None }),
        ("disconnected", ConnectionEvent::Disconnected),
    ];
    let mut table = String::new();
    for (state_name, state) in &states {
        table += &format!("{state_name}\n");
        for (event_name, event) in &events {
            let after = state.clone().apply(event.clone(), now());
            let problem = after.problem.map_or("", |problem| problem.code().as_str());
            let suspended = if after.writes_suspended_since.is_some() { " suspended" } else { "" };
            let synced = if after.last_synced_at.is_some() { " synced" } else { "" };
            table += &format!("    {event_name}: {} {problem}{suspended}{synced}\n", after.state.as_str());
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn report_of_an_earlier_revision_changes_nothing() {
    let saved = connected().apply(saved(), now());
    let refused = WriteAccess::Refused { permission: Permission::EditSoftwareLicensing, since: now() };
    for late in [reported(unreachable()), ConnectionEvent::WriteAnswered { access: refused, revision: 0 }] {
        assert_eq!(saved.clone().apply(late, now()), saved);
    }
}

#[test]
fn last_sync_date_never_goes_back() {
    let later = now() + chrono::TimeDelta::hours(1);
    let confirmed = |since| ConnectionEvent::Confirmed { since };
    let synced = connected().apply(confirmed(Some(later)), now()).apply(confirmed(Some(now())), now());
    assert_eq!(synced.last_synced_at, Some(later));
}
