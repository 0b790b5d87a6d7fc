//! The connection check: permissions, addresses and credentials.

use futures::FutureExt;
use infima_halo::domain::guide::Permission;
use infima_halo::domain::problem::UnusableAnswer;
use infima_halo::halo::{
    BudgetAnswer, CheckResult, ConnectionReport, Credentials, Halo, HaloError, HaloSettings, Priority, Subject,
};
use infima_halo::net::{AllowList, Guard, HttpClient, HttpLimits};
use infima_halo::sandbox::{Act, Call, Fault, Level};
use std::sync::Arc;

use super::{GUIDE_SCOPES, HaloWorld, levels};

#[tokio::test]
async fn tenant_set_up_by_the_guide_passes_every_check() {
    let world = HaloWorld::with(2, 1).await;
    let session = world.session();
    let report = session.check().await;
    assert_eq!(report.failure(), None);
    assert_eq!(report.tenant.unwrap().0, "acme");
    for check in &report.checks {
        let expected = match check.subject {
            Subject::Permission(Permission::AgentUsers) => CheckResult::NotChecked,
            _ => CheckResult::Passed,
        };
        assert_eq!(check.outcome, expected, "{:?}", check.subject);
    }
    // Discovery, token, customers, licences, invoices; each of them requested from the budget
    // first.
    assert_eq!(session.requests(), 5);
    assert_eq!(world.asked.lock().unwrap().len(), 5);
}

fn outcome_of(report: &ConnectionReport, subject: Subject) -> Option<&CheckResult> {
    report.checks.iter().find(|check| check.subject == subject).map(|check| &check.outcome)
}

/// However a Halo says that a scope is missing, the check says which one it is.
#[tokio::test]
async fn missing_scope_is_named() {
    for answer in [None, Some(Fault::ScopeAsInvalidScope), Some(Fault::ScopeAsInvalidRequest)] {
        for (lacking, permission) in [
            ("read:customers", Permission::ReadCustomers),
            ("edit:softwarelicensing", Permission::EditSoftwareLicensing),
            ("read:invoices", Permission::ReadInvoices),
        ] {
            let world = HaloWorld::with(1, 0).await;
            let scopes = GUIDE_SCOPES.iter().filter(|scope| **scope != lacking).map(|scope| (*scope).into()).collect();
            world.tenant.act(Act::SetScopes { scopes }).unwrap();
            answer.into_iter().for_each(|fault| world.sticky(fault));
            let session = world.session();
            let report = session.check().await;
            let denied = HaloError::PermissionDenied(permission);
            assert_eq!(outcome_of(&report, Subject::Credentials), Some(&CheckResult::Passed), "{lacking} {answer:?}");
            let outcome = outcome_of(&report, Subject::Permission(permission)).unwrap();
            if permission == Permission::ReadInvoices {
                assert_eq!((outcome, report.failure()), (&CheckResult::Unavailable(denied), None), "{answer:?}");
            } else {
                assert_eq!(outcome, &CheckResult::Failed(denied), "{lacking} {answer:?}");
            }
            assert!(session.requests() <= 12, "{} requests for {lacking} {answer:?}", session.requests());
        }
    }
}

#[tokio::test]
async fn missing_agent_level_is_named() {
    let world = HaloWorld::with(1, 0).await;
    let failed = |permission| Some(CheckResult::Failed(HaloError::PermissionDenied(permission)));
    for (act, permission) in [
        (levels(Level::None, Level::Modify, Level::Read), Permission::AgentCustomers),
        (levels(Level::Read, Level::None, Level::Read), Permission::AgentSoftwareLicencing),
    ] {
        world.tenant.act(act).unwrap();
        let report = world.session().check().await;
        assert_eq!(outcome_of(&report, Subject::Permission(permission)).cloned(), failed(permission));
        let (subject, _) = report.failure().unwrap();
        assert_eq!(subject, Subject::Permission(permission), "nothing else is wrong");
    }
    world.tenant.act(levels(Level::Read, Level::Modify, Level::None)).unwrap();
    let report = world.session().check().await;
    let denied = HaloError::PermissionDenied(Permission::AgentInvoices);
    let outcome = |permission| outcome_of(&report, Subject::Permission(permission)).cloned();
    assert_eq!(outcome(Permission::AgentInvoices), Some(CheckResult::Unavailable(denied)));
    assert_eq!(outcome(Permission::ReadInvoices), Some(CheckResult::Passed), "the scope was granted");
    assert_eq!(report.failure(), None);
}

/// Halo's responses are the same for these cases, and so are our errors.
#[tokio::test]
async fn credentials_that_do_not_work_are_rejected_alike() {
    for act in [Act::RotateSecret, Act::DeleteApplication, Act::DeleteAgent] {
        let world = HaloWorld::with(1, 0).await;
        let session = world.session();
        world.tenant.act(act.clone()).unwrap();
        let report = session.check().await;
        let rejected = Some((Subject::Credentials, &HaloError::CredentialsRejected));
        assert_eq!(report.failure(), rejected, "{act:?}");
        assert_eq!(
            outcome_of(&report, Subject::Permission(Permission::AgentCustomers)),
            Some(&CheckResult::NotReached)
        );
    }
}

#[tokio::test]
async fn address_without_halo_receives_no_secret() {
    let world = HaloWorld::with(1, 0).await;
    for fault in [Fault::HtmlOk, Fault::WrongShape, Fault::RedirectToLogin, Fault::RedirectElsewhere] {
        world.sticky(fault);
        let session = world.session();
        assert_eq!(session.check().await.failure(), Some((Subject::Address, &HaloError::NotHalo)), "{fault:?}");
        // The same holds later: a Halo in maintenance does not look like an address without Halo.
        assert!(matches!(session.tenant().await, Err(HaloError::Unavailable { .. })), "{fault:?}");
        world.tenant.clear_faults();
    }
    for (fault, answers) in
        [(Fault::Maintenance, true), (Fault::CutBefore, false), (Fault::BadGateway, true), (Fault::HeldBefore, false)]
    {
        world.sticky(fault);
        let report = world.session().check().await;
        let Some((Subject::Address, error)) = report.failure() else { panic!("{fault:?}") };
        assert_eq!(matches!(error, HaloError::Unavailable { .. }), answers, "{fault:?}: {error:?}");
        assert_eq!(*error == HaloError::NoAnswer, !answers, "{fault:?}: {error:?}");
        world.tenant.clear_faults();
    }
    assert_eq!(world.calls(Call::Token), 0);

    let private = Credentials { url: world.credentials().url, ..world.credentials() };
    let nowhere = HttpClient::for_typed_addresses(Guard::new(AllowList::default()), HttpLimits::default()).unwrap();
    let go: infima_halo::halo::Budget = Arc::new(|_| async { Ok(BudgetAnswer::Go) }.boxed());
    let guarded = Halo::new(nowhere, go, world.clock.clone(), HaloSettings::default());
    let report = guarded.session(private, Priority::Interactive).check().await;
    assert_eq!(report.failure(), Some((Subject::Address, &HaloError::Blocked)));
}

#[tokio::test]
async fn discovery_of_any_shape_yields_a_token() {
    let world = HaloWorld::with(1, 0).await;
    for fault in
        [Fault::AuthUrlWithoutPath, Fault::AuthUrlElsewhere, Fault::DiscoveryWithoutAuthUrl, Fault::TenantHarmful]
    {
        world.sticky(fault);
        assert_eq!(world.session().check().await.failure(), None, "{fault:?}");
        assert_eq!(world.session().tenant().await.unwrap().0, "acme", "{fault:?}");
        assert!(world.tenant.unconsumed_faults().is_empty(), "{fault:?}");
        world.tenant.clear_faults();
    }
    world.sticky(Fault::DiscoveryWithoutTenant);
    let host = world.tenant.url().trim_start_matches("http://").to_owned();
    assert_eq!(world.session().tenant().await.unwrap().0, host);
}

#[tokio::test]
async fn token_address_is_found_and_remembered() {
    let world = HaloWorld::with(1, 0).await;
    world.sticky(Fault::AuthUrlWithoutPath);
    world.sticky(Fault::TokenAtRoot);
    assert_eq!(world.session().check().await.failure(), None);
    let paths = || -> Vec<String> {
        let journal = world.tenant.journal();
        journal.iter().filter(|entry| entry.call == Call::Token).map(|entry| entry.path.clone()).collect()
    };
    assert_eq!(paths(), ["/auth/token", "/token"]);
    assert_eq!(world.session().check().await.failure(), None);
    assert_eq!(paths()[2..], ["/token"], "what worked is tried first");

    world.tenant.clear_faults();
    world.sticky(Fault::TokenNowhere);
    let report = world.session().check().await;
    let tried = ["/auth/token", "/token"].map(|path| format!("{}{path}", world.tenant.url())).to_vec();
    assert_eq!(report.failure(), Some((Subject::Address, &HaloError::NoTokenAddress { tried })));
    // In use, a Halo in maintenance looks like that.
    world.clock.advance(chrono::Duration::hours(2));
    let in_use = world.session().search_customers("", 1, 1).await;
    assert!(
        matches!(in_use, Err(HaloError::Unavailable { answer: UnusableAnswer::NoTokens { .. }, .. })),
        "{in_use:?}"
    );
}

#[tokio::test]
async fn agent_without_customers_is_reported() {
    let world = HaloWorld::with(1, 0).await;
    world.sticky(Fault::EmptyList);
    let report = world.session().check().await;
    assert_eq!(report.failure(), None);
    assert_eq!(outcome_of(&report, Subject::Permission(Permission::AgentCustomers)), Some(&CheckResult::Empty));
}
