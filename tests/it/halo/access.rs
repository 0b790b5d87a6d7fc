//! Tokens, the request budget, and what Halo limits or switches off.

use futures::FutureExt;
use infima_halo::domain::guide::Permission;
use infima_halo::halo::{
    BudgetAnswer, BudgetRequest, Halo, HaloError, HaloSettings, KeptRows, LimitedBy, Priority, Session,
    SubscriptionLookup, WriteError,
};
use infima_halo::ids::{HaloCustomerId, HaloSubscriptionId, PartnerId};
use infima_halo::net::{AllowList, Guard, HttpClient, HttpLimits};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::{GUIDE_SCOPES, HaloWorld, new, soon};

#[tokio::test]
async fn token_is_requested_once_while_valid() {
    let world = HaloWorld::with(1, 0).await;
    let sessions: Vec<Session> = (0..20).map(|_| world.session()).collect();
    let searches = sessions.iter().map(|session| session.search_customers("", 1, 10));
    assert!(futures::future::join_all(searches).await.iter().all(Result::is_ok));
    assert_eq!(world.calls(Call::Token), 1);
    world.clock.advance(chrono::Duration::minutes(55));
    world.session().search_customers("", 1, 10).await.unwrap();
    assert_eq!(world.calls(Call::Token), 1);
    world.clock.advance(chrono::Duration::minutes(4));
    world.session().search_customers("", 1, 10).await.unwrap();
    assert_eq!(world.calls(Call::Token), 2);
    // Other credentials never use the old token.
    let mut other = world.credentials();
    other.client_secret = "another".into();
    let refused = world.halo.session(other, Priority::Interactive).search_customers("", 1, 10).await;
    assert_eq!(refused, Err(HaloError::CredentialsRejected));
}

/// A user may type any details, and a Halo may answer each with another token.
#[tokio::test]
async fn token_of_typed_details_is_kept_no_longer_than_its_session() {
    let world = HaloWorld::with(1, 0).await;
    let typed = || world.session().unverified_for(PartnerId::generate());
    let session = typed();
    assert!(session.check().await.failure().is_none());
    session.search_customers("", 1, 10).await.unwrap();
    assert_eq!(world.calls(Call::Token), 1, "the session has it");
    typed().search_customers("", 1, 10).await.unwrap();
    assert_eq!(world.calls(Call::Token), 2, "another one has not");
    for _ in 0..2 {
        world.session().search_customers("", 1, 10).await.unwrap();
        assert_eq!(world.calls(Call::Token), 3, "those of stored details are kept");
    }
}

#[tokio::test]
async fn token_is_believed_for_an_hour_at_most() {
    let world = HaloWorld::with(1, 0).await;
    world.tenant.configure(|settings| settings.token_lifetime = 1_000_000);
    for (minutes, tokens) in [(0, 1), (57, 1), (3, 2)] {
        world.clock.advance(chrono::Duration::minutes(minutes));
        world.session().search_customers("", 1, 10).await.unwrap();
        assert_eq!(world.calls(Call::Token), tokens, "{minutes}");
    }
}

#[tokio::test]
async fn refused_token_is_renewed_once_then_permission_denied() {
    let world = HaloWorld::with(1, 0).await;
    world.once(Fault::TokenDiesAfter(0));
    let session = world.session();
    session.search_customers("", 1, 10).await.unwrap();
    assert_eq!(world.calls(Call::Token), 2);
    world.tenant.inject(Fault::Unauthorized, Matching::call(Call::CustomerList), Lasting::Sticky);
    let denied = session.search_customers("", 1, 10).await;
    assert_eq!(denied, Err(HaloError::PermissionDenied(Permission::AgentCustomers)));
    assert_eq!(world.calls(Call::Token), 3);
}

/// Scopes are fixed when a token is issued; what a partner grants later has to work before the old
/// token ends.
#[tokio::test]
async fn scope_granted_later_works_at_once() {
    let world = HaloWorld::with(1, 0).await;
    world.tenant.act(Act::SetScopes { scopes: vec!["edit:softwarelicensing".into()] }).unwrap();
    let denied = world.session().search_customers("", 1, 10).await;
    assert_eq!(denied, Err(HaloError::PermissionDenied(Permission::ReadCustomers)));
    world.tenant.act(Act::SetScopes { scopes: GUIDE_SCOPES.map(String::from).to_vec() }).unwrap();
    world.session().search_customers("", 1, 10).await.unwrap();
}

#[tokio::test]
async fn rate_limit_pauses_every_session_of_the_tenant() {
    let world = HaloWorld::with(1, 0).await;
    let session = world.session();
    session.tenant().await.unwrap();
    for (fault, least, most) in [
        (Fault::RateLimitedSeconds(7), 7, 7),
        (Fault::RateLimitedDate(90), 90, 90),
        (Fault::RateLimitedSeconds(86_400), 300, 300),
        (Fault::RateLimitedSilent, 30, 60),
    ] {
        world.once(fault);
        let Err(HaloError::RateLimited { wait, by: LimitedBy::Halo }) = session.search_customers("", 1, 1).await else {
            panic!("{fault:?} is not seen as a limit");
        };
        assert!((least..=most).contains(&wait.as_secs()), "{fault:?}: {wait:?}");
        let reported = world.asked.lock().unwrap().last().cloned();
        assert!(
            matches!(reported, Some(BudgetRequest::LimitedByHalo { wait: said, .. }) if said == wait),
            "{reported:?}"
        );
    }
}

#[tokio::test]
async fn request_without_permit_is_not_sent() {
    let world = HaloWorld::with(1, 0).await;
    world.session().search_customers("", 1, 1).await.unwrap();
    let waits = |seconds: &[u64]| {
        *world.answers.lock().unwrap() = seconds
            .iter()
            .map(|s| BudgetAnswer::Wait { wait: Duration::from_secs(*s), by: LimitedBy::OurBudget })
            .collect();
    };
    waits(&[31]);
    let limit = |seconds| HaloError::RateLimited { wait: Duration::from_secs(seconds), by: LimitedBy::OurBudget };
    let (late, sent) = world.requests(world.session().search_customers("", 1, 1)).await;
    assert_eq!((late, sent), (Err(limit(31)), 0));
    waits(&[6]);
    let people = world.halo.session(world.credentials(), Priority::Interactive);
    assert_eq!(people.search_customers("", 1, 1).await, Err(limit(6)));
    assert_eq!(people.requests(), 0);
    // A short wait is waited for here.
    *world.answers.lock().unwrap() =
        vec![BudgetAnswer::Wait { wait: Duration::from_millis(5), by: LimitedBy::OurBudget }];
    people.search_customers("", 1, 1).await.unwrap();
    // A deadline is never overrun, and what was not sent was not created.
    waits(&[25]);
    let create = world.session();
    let refused = create.create_subscription(&new(1), soon()).await;
    assert_eq!(refused, Err(WriteError::Refused(HaloError::DeadlinePassed)));
    let refused = create.create_subscription(&new(1), Instant::now()).await;
    assert_eq!(refused, Err(WriteError::Refused(HaloError::DeadlinePassed)));
    assert_eq!(world.calls(Call::Create), 0);
}

/// Halo promises no field but the id.
#[tokio::test]
async fn row_without_customer_affects_no_other_row() {
    let world = HaloWorld::with(1, 4).await;
    let ids: Vec<_> = world.tenant.subscriptions().iter().map(|it| HaloSubscriptionId(it.id)).collect();
    world.sticky(Fault::RowWithoutCustomer(ids[3].0));
    let (found, sent) = world.requests(world.session().subscriptions(&ids[..3])).await;
    assert_eq!(found.unwrap().len(), 3);
    let (all, more) = world.requests(world.session().subscriptions(&ids)).await;
    assert!(all.unwrap().values().all(|it| matches!(it, SubscriptionLookup::Found(_))));
    assert!(more <= sent + 1, "that one is asked for by itself");
    // Another vendor's cannot be what an interrupted create made.
    assert_eq!(world.session().subscriptions_of(HaloCustomerId(41), &mut KeptRows::default()).await.unwrap().len(), 3);
}

/// An agent whose team sees nothing: otherwise the partner would read that everything was deleted,
/// and create it again.
#[tokio::test]
async fn tenant_with_only_empty_lists_lacks_a_permission() {
    let world = HaloWorld::with(1, 3).await;
    world.sticky(Fault::EmptyList);
    let gone: Vec<_> = (9901..9904).map(HaloSubscriptionId).collect();
    let lookups = world.session().subscriptions(&gone).await;
    assert_eq!(lookups, Err(HaloError::NothingVisible(Permission::AgentSoftwareLicencing)));
    assert_eq!(world.session().subscription(gone[0]).await, Ok(None), "one may be gone");
}

/// Otherwise a partner would be advised to create again what exists.
#[tokio::test]
async fn disabled_licensing_is_not_a_deleted_record() {
    let world = HaloWorld::with(1, 2).await;
    let id = HaloSubscriptionId(world.tenant.subscriptions()[0].id);
    world.tenant.act(Act::SwitchLicensing { on: false }).unwrap();
    world.sticky(Fault::LicensingOffAsNotFound);
    assert_eq!(world.session().subscription(id).await, Err(HaloError::LicensingOff));
    world.tenant.act(Act::SwitchLicensing { on: true }).unwrap();
    world.tenant.act(Act::DeleteSubscription { id: id.0 }).unwrap();
    assert_eq!(world.session().subscription(id).await, Ok(None));
}

/// Read again from its first page, such a list would be given up at the same place each time.
#[tokio::test]
async fn long_list_read_waits_for_budget_and_completes() {
    let world = HaloWorld::with(2, 130).await;
    world.tenant.configure(|settings| settings.page_cap = 2);
    let http = HttpClient::for_typed_addresses(
        Guard::new(AllowList::parse([world.tenant.url().trim_start_matches("http://")]).unwrap()),
        HttpLimits::default(),
    );
    let granted = Arc::new(AtomicU32::new(0));
    let wait_at = Arc::new(AtomicU32::new(50));
    let (counted, at) = (granted.clone(), wait_at.clone());
    // This many requests are granted, then each has to wait once.
    let budget: infima_halo::halo::Budget = Arc::new(move |_| {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        let over = number == at.load(Ordering::Relaxed);
        let answer = if over {
            BudgetAnswer::Wait { wait: Duration::from_millis(20), by: LimitedBy::OurBudget }
        } else {
            BudgetAnswer::Go
        };
        async move { Ok(answer) }.boxed()
    });
    let settings = HaloSettings { background_max_wait: Duration::from_millis(5), ..HaloSettings::default() };
    let halo = Halo::new(http.unwrap(), budget, world.clock.clone(), settings);
    let ids: Vec<_> = world.tenant.subscriptions().iter().map(|it| HaloSubscriptionId(it.id)).collect();
    let read = || async { halo.session(world.credentials(), Priority::Background).subscriptions(&ids).await };

    let limited = HaloError::RateLimited { wait: Duration::from_millis(20), by: LimitedBy::OurBudget };
    assert_eq!(read().await, Err(limited), "a short one is given up");
    wait_at.store(granted.load(Ordering::Relaxed) + 120, Ordering::Relaxed);
    let (found, sent) = world.requests(read()).await;
    assert_eq!((found.unwrap().len(), sent), (260, 130), "in pages");
}
