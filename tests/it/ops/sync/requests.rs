//! How many requests a sync sends to Halo.

use std::collections::BTreeMap;

use infima_halo::sandbox::{Call, CustomerSeed, Fault, Lasting, Matching, SubscriptionSeed, TenantSeed};

use crate::support::halo_admin::SUCCEEDED;
use crate::support::world::{PARTNER, World};

/// A partner with so many synced clients, in a tenant that had so many subscriptions of another
/// vendor before.
pub async fn synced_beside_others(clients: usize, others: usize) -> World {
    let names: Vec<_> = (0..clients).map(|number| format!("Client {number:03}")).collect();
    let other = (0..others).map(|number| SubscriptionSeed::new(&format!("Backup {number}"), "Datto", 3, 9.0, 5.0));
    let mut customers: Vec<_> = names.iter().map(CustomerSeed::named).collect();
    customers.push(CustomerSeed::named("Other").with(other));
    World::builder()
        .tenant(TenantSeed { customers, ..TenantSeed::empty(PARTNER) })
        .clients(&names.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>())
        .unlimited_requests()
        .set("INFIMA_HALO_REQUESTS", 700)
        .synced()
        .build()
        .await
}

/// The requests since `mark`, by what they ask for.
fn requests_since(world: &World, mark: usize) -> BTreeMap<String, usize> {
    let mut requests = BTreeMap::new();
    for entry in &world.tenant.journal()[mark..] {
        *requests.entry(format!("{:?}", entry.call)).or_default() += 1;
    }
    requests
}

/// One request for each of one or two records, one for each hundred of more, and the invoices.
#[tokio::test]
async fn unchanged_partner_costs_few_requests() {
    for (clients, others, lists) in
        [(1, 0, 1), (1, 250, 1), (2, 0, 2), (2, 250, 2), (3, 0, 1), (3, 250, 1), (120, 0, 2), (120, 250, 2)]
    {
        let world = synced_beside_others(clients, others).await;
        // The first full run also reads the customers, as one run a week does.
        world.sync().await;
        let mark = world.mark();
        assert_eq!(world.sync().await.summary.unchanged as usize, clients);
        let mut requests = requests_since(&world, mark);
        // Discovery and a token are believed for longer than a night takes.
        let access = ["Discovery", "Token"].map(|call| requests.remove(call).unwrap_or_default());
        assert!(access.into_iter().all(|count| count <= 1), "{access:?}");
        let expected = [(Call::SubscriptionList, lists), (Call::InvoiceList, 1)];
        let expected = expected.map(|(call, count)| (format!("{call:?}"), count)).into();
        assert_eq!(requests, expected, "{clients} clients beside {others} other subscriptions");
    }
}

/// A changed client's record is read once before it is written, unless the answer says too little.
#[tokio::test]
async fn changed_client_costs_one_read_and_one_write() {
    let world = synced_beside_others(4, 0).await;
    world.sync().await;
    world.set_users("Client 002", 5).await;
    let mark = world.mark();
    assert_eq!(world.sync().await.summary.updated, 1);
    let mut requests = requests_since(&world, mark);
    requests.retain(|call, _| !["InvoiceList", "Discovery", "Token"].contains(&call.as_str()));
    let expected = [(Call::SubscriptionList, 1), (Call::SubscriptionSingle, 1), (Call::Update, 1)];
    assert_eq!(requests, expected.map(|(call, count)| (format!("{call:?}"), count)).into());
}

/// The tenant's lists are read once for all clients that are new, and each is created with one
/// request: not one list for each customer.
#[tokio::test]
async fn new_mappings_share_one_reading_of_the_lists() {
    const CLIENTS: usize = 60;
    let names: Vec<_> = (0..CLIENTS).map(|number| format!("Client {number:03}")).collect();
    // Where there is no subscription at all, the customers of the first slice are asked one by one.
    for (others, lists, customer_lists) in [(0, 1 + 25 + 2, 2), (250, 3, 1)] {
        let other = (0..others).map(|number| SubscriptionSeed::new(&format!("Backup {number}"), "Datto", 3, 9.0, 5.0));
        let mut customers: Vec<_> = names.iter().map(CustomerSeed::named).collect();
        customers.push(CustomerSeed::named("Other").with(other));
        let world = World::builder()
            .tenant(TenantSeed { customers, ..TenantSeed::empty(PARTNER) })
            .clients(&names.iter().map(|name| (name.as_str(), 2)).collect::<Vec<_>>())
            .unlimited_requests()
            .set("INFIMA_HALO_REQUESTS", 700)
            .connected()
            .build()
            .await;
        let mark = world.mark();
        world.map(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let mapped = world.mark();
        println!("mapping: {:?}", requests_since(&world, mark));
        assert_eq!(world.look().await, Some(SUCCEEDED));
        let mut requests = requests_since(&world, mapped);
        requests.retain(|call, _| !["Discovery", "Token", "InvoiceList"].contains(&call.as_str()));
        let expected = [(Call::SubscriptionList, lists), (Call::CustomerList, customer_lists), (Call::Create, CLIENTS)];
        assert_eq!(requests, expected.map(|(call, count)| (format!("{call:?}"), count)).into(), "{others}");
        assert!(world.billed().values().all(|quantities| *quantities == [2]), "each has one subscription");
    }
}

/// A list that does not prove that it has shown every row decides nothing: a subscription that it
/// leaves out would be created a second time.
#[tokio::test]
async fn shared_list_that_leaves_rows_out_creates_no_second_subscription() -> anyhow::Result<()> {
    let clients: Vec<_> = (0..5).map(|number| (format!("Client {number}"), 2)).collect();
    let clients: Vec<_> = clients.iter().map(|(name, users)| (name.as_str(), *users)).collect();
    let names: Vec<_> = clients.iter().map(|(name, _)| *name).collect();
    for fault in [
        Fault::RowMissing(0),
        Fault::EmptyList,
        Fault::NoRecordCount,
        Fault::CountOfPage,
        Fault::CountTooHigh,
        Fault::BareArray,
        Fault::RowsWithoutMarker,
        Fault::RowsWithBlankMarker,
        Fault::RepeatedPage,
        Fault::RowWithoutCustomer(0),
        Fault::WrongShape,
        Fault::ServerErrorBefore,
    ] {
        let world = World::builder().clients(&clients).unlimited_requests().synced().build().await;
        let before = world.billed();
        // A database that knows nothing of what was created.
        sqlx::raw_sql("delete from sync_results; delete from associations").execute(&world.owner).await?;
        world.map(&names).await;
        let mark = world.mark();
        world.tenant.inject(fault, Matching::call(Call::SubscriptionList), Lasting::Once);
        world.look().await;
        assert_eq!(world.writes_since(mark), 0, "{fault:?}");
        assert_eq!(world.billed(), before, "{fault:?}");
    }
    Ok(())
}
