//! Whether a recurring invoice bills a subscription, from its creation on.

use infima_halo::domain::association::{Billing, Ending};
use infima_halo::sandbox::{Act, AgentLevels, Call, Fault, Lasting, Level, Matching};

use crate::support::halo_admin::SUCCEEDED;
use crate::support::world::World;

async fn billing(world: &World, client: &str) -> Billing {
    world.association(client).await.subscription.expect("there is one").billing
}

fn without_invoices() -> Act {
    Act::SetAgentLevels(AgentLevels { customers: Level::Read, licensing: Level::Modify, invoices: Level::None })
}

/// The partner has to put a new subscription on an invoice, and is reminded at once.
#[tokio::test]
async fn created_subscription_is_on_no_invoice() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).mapped().build().await;
    world.tenant.act(without_invoices())?;
    assert_eq!(world.look().await, Some(SUCCEEDED));
    assert_eq!(billing(&world, "Alder").await, Billing::NotOnRecurringInvoice);
    // Later it may be on one, and this agent cannot see that.
    world.sync().await;
    assert_eq!(billing(&world, "Alder").await, Billing::Unknown);
    Ok(())
}

/// A run of all clients that creates one ends with a look at the invoices, which it may not see.
#[tokio::test]
async fn subscription_created_by_a_full_sync_is_on_no_invoice() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).only(&["Birch"]).synced().build().await;
    world.tenant.act(without_invoices())?;
    world.map(&["Alder"]).await;
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(billing(&world, "Alder").await, Billing::NotOnRecurringInvoice);
    assert_eq!(billing(&world, "Birch").await, Billing::Unknown);
    Ok(())
}

/// What was made earlier may be on an invoice.
#[tokio::test]
async fn readopted_subscription_has_unknown_billing() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.expect("a subscription is to be created");
    world.work(run).await;
    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(billing(&world, "Alder").await, Billing::Unknown);

    world.remove(world.association("Alder").await.id, Ending::KeepQuantity).await.expect("it is mapped");
    assert_eq!(world.work(world.map(&["Alder"]).await.run.expect("it is looked for")).await, SUCCEEDED);
    assert_eq!(billing(&world, "Alder").await, Billing::Unknown);
}
