//! Reading subscriptions.

use infima_halo::domain::guide::Permission;
use infima_halo::halo::{CustomerLookup, HaloError, KeptRows, Quantity, SubscriptionLookup};
use infima_halo::ids::{HaloCustomerId, HaloSubscriptionId};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Level, Matching, TenantSeed};
use std::collections::BTreeSet;
use std::time::Duration;

use super::{CUSTOMER, HaloWorld, found, levels};

#[tokio::test]
async fn all_subscriptions_of_a_customer_are_read() {
    let world = HaloWorld::with(3, 45).await;
    let session = world.session();
    world.tenant.configure(|settings| settings.page_cap = 20);
    let id = world.tenant.live_subscriptions_of(41, "Datto")[7].id;
    world.tenant.act(Act::SetSubscriptionActive { id, active: false }).unwrap();
    for fault in [None, Some(Fault::NoRecordCount), Some(Fault::BareArray), Some(Fault::CountAsText)] {
        fault.into_iter().for_each(|fault| world.sticky(fault));
        let rows = session.subscriptions_of(CUSTOMER, &mut KeptRows::default()).await.unwrap();
        assert_eq!(rows.len(), 45, "{fault:?}");
        assert_eq!(rows.iter().filter(|row| !row.active).count(), 1, "{fault:?}");
        assert!(rows.iter().all(|row| row.quantity == Quantity::Whole(3) && !row.is_from_our_vendor()), "{fault:?}");
        world.tenant.clear_faults();
    }
    // Not whole is not taken for whole.
    for fault in [
        Fault::RepeatedPage,
        Fault::EndlessPage,
        Fault::WrongShape,
        Fault::ErrorInsideOk,
        Fault::HugeAnswer,
        Fault::DeepJson,
    ] {
        world.sticky(fault);
        let refused = session.subscriptions_of(CUSTOMER, &mut KeptRows::default()).await;
        assert!(
            matches!(refused, Err(HaloError::NotUnderstood(_) | HaloError::AnswerTooLarge(_))),
            "{fault:?}: {refused:?}"
        );
        world.tenant.clear_faults();
    }
    for fault in [Fault::TruncatedJson, Fault::CutHalfway, Fault::HtmlOk, Fault::ServerErrorAfter] {
        world.once(fault);
        let refused = session.subscriptions_of(CUSTOMER, &mut KeptRows::default()).await;
        let cut = fault == Fault::CutHalfway;
        let as_it_was = matches!(refused, Err(HaloError::NoAnswer)) == cut
            && matches!(refused, Err(HaloError::Unavailable { .. })) != cut;
        assert!(as_it_was, "{fault:?}: {refused:?}");
    }
}

/// A hidden row would be created a second time.
#[tokio::test]
async fn list_ends_by_its_rows_and_not_by_its_count() {
    for (cap, fault) in [100, 50, 7].into_iter().flat_map(|cap| [(cap, Fault::CountOfPage), (cap, Fault::CountTooHigh)])
    {
        let world = HaloWorld::with(2, 120).await;
        world.tenant.configure(|settings| settings.page_cap = cap);
        world.sticky(fault);
        let session = world.session();
        let mut kept = KeptRows::default();
        assert_eq!(session.subscriptions_of(CUSTOMER, &mut kept).await.unwrap().len(), 120, "cap {cap}, {fault:?}");
        let all: Vec<_> = world.tenant.subscriptions().iter().map(|one| HaloSubscriptionId(one.id)).collect();
        let lookups = session.subscriptions(&all).await.unwrap();
        assert!(lookups.values().all(|it| matches!(it, SubscriptionLookup::Found(_))), "cap {cap}, {fault:?}");
    }
}

#[tokio::test]
async fn search_offers_more_than_a_count_of_the_page_says() {
    let world = HaloWorld::with(120, 0).await;
    world.sticky(Fault::CountOfPage);
    for (page_no, size, rows, has_more, total) in
        [(1, 25, 25, true, None), (1, 100, 100, true, None), (2, 100, 20, false, None), (3, 100, 0, false, Some(0))]
    {
        let page = world.session().search_customers("", page_no, size).await.unwrap();
        let seen = (page.customers.len(), page.has_more, page.total);
        assert_eq!(seen, (rows, has_more, total), "page {page_no} of {size}");
    }
    world.tenant.clear_faults();
    let exact = world.session().search_customers("Customer 00", 1, 10).await.unwrap();
    assert_eq!((exact.customers.len(), exact.has_more, exact.total), (10, false, Some(10)));
}

/// A customer's row holds its logo, so a page of them may be larger than what is read.
#[tokio::test]
async fn page_that_is_too_large_is_read_in_smaller_pages() {
    let names = (0..120).map(|n| format!("Customer {n:03}"));
    // Large rows take the sandbox a while.
    let world = HaloWorld::with_timeout(TenantSeed::with_customers("acme", names), Duration::from_secs(20)).await;
    world.sticky(Fault::LargeLogos);
    let session = world.session();
    let page = session.search_customers("", 1, 100).await.unwrap();
    assert_eq!((page.customers.len(), page.total, page.has_more), (100, Some(120), true));
    let ids: BTreeSet<_> = page.customers.iter().map(|customer| customer.id).collect();
    assert_eq!(ids.len(), 100, "no row twice");
    assert_eq!(session.search_customers("", 2, 100).await.unwrap().customers.len(), 20);
    let all: Vec<_> = (41..161).map(HaloCustomerId).collect();
    let found = session.customers(&all).await.unwrap();
    assert!(found.values().all(|it| matches!(it, CustomerLookup::Found(_))));
    // What was learned saves the pages that are too large.
    let (again, requests) = world.requests(session.search_customers("", 1, 100)).await;
    assert_eq!((again.unwrap().customers.len(), requests), (100, 4));
}

#[tokio::test]
async fn subscription_lookup_uses_fewest_requests() {
    let world = HaloWorld::with(10, 30).await;
    let session = world.session();
    let all: Vec<_> = world.tenant.subscriptions().iter().map(|one| HaloSubscriptionId(one.id)).collect();
    session.subscription(all[0]).await.unwrap();
    let (found, requests) = world.requests(session.subscriptions(&all)).await;
    assert_eq!((found.unwrap().len(), requests), (300, 3));
    // The first page, which had one of them, shows that the list is long.
    let few = [all[0], all[150], all[299]];
    let (found, requests) = world.requests(session.subscriptions(&few)).await;
    assert_eq!((found.unwrap().len(), requests), (3, 3));
    // A repeated page costs only single reads.
    world.tenant.inject(Fault::RepeatedPage, Matching::call(Call::SubscriptionList), Lasting::Sticky);
    let some: Vec<_> = all[90..130].to_vec();
    assert_eq!(session.subscriptions(&some).await.unwrap().len(), 40);
}

#[tokio::test]
async fn subscription_missing_from_list_is_not_deleted() {
    let world = HaloWorld::with(2, 3).await;
    let session = world.session();
    let all: Vec<_> = world.tenant.subscriptions().iter().map(|one| HaloSubscriptionId(one.id)).collect();
    world.once(Fault::RowMissing(all[2].0));
    let lookups = session.subscriptions(&all).await.unwrap();
    assert!(lookups.values().all(|lookup| matches!(lookup, SubscriptionLookup::Found(_))));
}

/// Every known way in which Halo may say that a record is gone.
#[tokio::test]
async fn deleted_subscription_is_recognised() {
    use Fault::*;
    let world = HaloWorld::with(2, 3).await;
    let session = world.session();
    let all: Vec<_> = world.tenant.subscriptions().iter().map(|one| HaloSubscriptionId(one.id)).collect();
    let gone = all[1];
    world.tenant.act(Act::DeleteSubscription { id: gone.0 }).unwrap();
    let answers = [GoneAsDeleted, GoneAsEmpty, GoneAsNull, GoneAsBadRequest, GoneAsUnauthorized, GoneAsForbidden];
    for fault in [None, Some(DeletedListed)].into_iter().chain(answers.map(Some)) {
        fault.into_iter().for_each(|fault| world.sticky(fault));
        assert_eq!(session.subscription(gone).await, Ok(None), "{fault:?}");
        let lookups = session.subscriptions(&all).await.unwrap();
        assert_eq!(lookups.len(), all.len());
        let deleted: Vec<_> = lookups.iter().filter(|(_, l)| **l == SubscriptionLookup::Deleted).collect();
        assert_eq!(deleted, [(&gone, &SubscriptionLookup::Deleted)], "{fault:?}");
        world.tenant.clear_faults();
    }
    // A refused read does not mean that the record is gone.
    world.tenant.act(levels(Level::Read, Level::None, Level::Read)).unwrap();
    let denied = Err(HaloError::PermissionDenied(Permission::AgentSoftwareLicencing));
    assert_eq!(session.subscription(gone).await, denied);
    // Nor does a failing Halo.
    world.tenant.act(levels(Level::Read, Level::Modify, Level::Read)).unwrap();
    world.sticky(Maintenance);
    assert!(matches!(session.subscription(all[0]).await, Err(HaloError::Unavailable { .. })));
}

#[tokio::test]
async fn fractional_quantity_is_reported_as_it_is() {
    let world = HaloWorld::with(1, 1).await;
    let id = HaloSubscriptionId(world.tenant.subscriptions()[0].id);
    world.once(Fault::CountAsFraction);
    let subscription = found(world.session().subscription(id).await.unwrap());
    assert_eq!(subscription.quantity, Quantity::NotWhole("3.5".into()));
    world.once(Fault::SingleAsArray);
    assert_eq!(found(world.session().subscription(id).await.unwrap()).quantity, Quantity::Whole(3));
}
