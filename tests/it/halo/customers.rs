//! Reading customers.

use infima_halo::halo::{CustomerLookup, HaloError};
use infima_halo::ids::HaloCustomerId;
use infima_halo::sandbox::{Act, Call, CustomerSeed, Fault, Lasting, Matching, TenantSeed};
use std::collections::BTreeSet;
use std::time::Duration;

use super::HaloWorld;

#[tokio::test]
async fn customer_search_is_paged() {
    let world = HaloWorld::of(TenantSeed::northwind()).await;
    let session = world.session();
    let hits = session.search_customers(" łódź ", 1, 10).await.unwrap();
    assert_eq!(hits.customers.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["Łódź Precision"]);
    assert_eq!((hits.total, hits.has_more), (Some(1), false));
    let twins = session.search_customers("Springfield Veterinary", 1, 10).await.unwrap();
    assert_eq!((twins.customers.len(), twins.customers[0].top_level.as_deref()), (2, Some("Customers")));
    assert!(
        session.search_customers("(old)", 1, 10).await.unwrap().customers.is_empty(),
        "inactive ones are not offered"
    );

    world.tenant.configure(|settings| settings.page_cap = 7);
    let (mut seen, mut page_no) = (BTreeSet::new(), 1);
    loop {
        let page = session.search_customers("", page_no, 50).await.unwrap();
        assert!(page.customers.iter().all(|customer| seen.insert(customer.id)), "no page repeats another");
        if !page.has_more {
            break;
        }
        page_no += 1;
    }
    assert_eq!((seen.len(), page_no), (20, 3));
    for fault in [Fault::NoRecordCount, Fault::BareArray, Fault::LargeLogos] {
        world.once(fault);
        assert_eq!(session.search_customers("", 1, 5).await.unwrap().customers.len(), 5, "{fault:?}");
    }
}

/// One customer's record is larger than what is read.
#[tokio::test]
async fn customer_that_is_too_large_hides_no_other() {
    let customers = (0..130).map(|n| CustomerSeed::named(format!("Customer {n:03}"))).collect();
    let seed = TenantSeed { customers, ..TenantSeed::empty("acme") };
    let world = HaloWorld::with_timeout(seed, Duration::from_secs(20)).await;
    world.sticky(Fault::HugeLogo(78));
    let session = world.session();
    session.tenant().await.unwrap();
    let (found, requests) = world.requests(session.search_customers("", 2, 25)).await;
    let found = found.unwrap();
    assert_eq!((found.customers.len(), found.has_more), (24, true));
    assert!(requests <= 12, "{requests} requests");
    let found = session.search_customers("Customer 037", 1, 25).await;
    assert!(matches!(found, Err(HaloError::AnswerTooLarge(_))), "there is nothing else to show");

    let ids: Vec<_> = (41..171).map(HaloCustomerId).collect();
    let (found, requests) = world.requests(session.customers(&ids)).await;
    let found = found.unwrap();
    assert!(ids.iter().all(|id| found.contains_key(id) == (id.0 != 78)), "{} of {}", found.len(), ids.len());
    assert!(found.values().all(|customer| matches!(customer, CustomerLookup::Found(_))));
    assert!(requests <= 24, "{requests} requests");
}

#[tokio::test]
async fn customer_lookup_uses_fewest_requests() {
    let world = HaloWorld::with(250, 0).await;
    let session = world.session();
    world.tenant.act(Act::DeleteCustomer { id: 45 }).unwrap();
    world.tenant.act(Act::SetCustomerActive { id: 46, active: false }).unwrap();
    session.tenant().await.unwrap();
    let ids = |from: i32, to: i32| (from..to).map(HaloCustomerId).collect::<Vec<_>>();

    let (found, requests) = world.requests(session.customers(&ids(41, 43))).await;
    assert_eq!((found.unwrap().len(), requests), (2, 3), "a token and two single reads");
    let (found, requests) = world.requests(session.customers(&ids(41, 291))).await;
    let found = found.unwrap();
    assert_eq!((found.len(), requests), (250, 4), "three pages, and one that the list lacks");
    assert_eq!(found[&HaloCustomerId(45)], CustomerLookup::Missing);
    assert!(matches!(&found[&HaloCustomerId(46)], CustomerLookup::Found(customer) if !customer.active));
    // Two of the last page: reading two more pages would be no cheaper.
    let (found, requests) = world.requests(session.customers(&[41, 289, 290].map(HaloCustomerId))).await;
    assert_eq!((found.unwrap().len(), requests), (3, 3));
}

/// A customer that moved to a page that was read before is not overlooked: it may be the second one
/// of a name.
#[tokio::test]
async fn customers_are_read_again_after_one_was_deleted_meanwhile() {
    let customers = (0..250).map(|n| CustomerSeed::named(format!("Customer {n:03}"))).collect();
    let seed = TenantSeed { customers, ..TenantSeed::empty("acme") };
    let world = HaloWorld::with_timeout(seed, Duration::from_secs(20)).await;
    let session = world.session();
    let matching = Matching::call(Call::CustomerList).nth(2);
    world.tenant.inject(Fault::HeldBefore, matching, Lasting::Once);
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        world.tenant.act(Act::DeleteCustomer { id: 45 }).unwrap();
        world.tenant.release();
    };
    let (customers, ()) = tokio::join!(session.active_customers(), meanwhile);
    let ids: BTreeSet<_> = customers.unwrap().iter().map(|customer| customer.id.0).collect();
    assert_eq!(ids, (41..291).filter(|id| *id != 45).collect());
}
