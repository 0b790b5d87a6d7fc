//! Creating a deleted subscription again.

use infima_halo::domain::problem::ProblemCode;
use infima_halo::ids::HaloSubscriptionId;
use infima_halo::ops::UserErrorCode;
use infima_halo::sandbox::Act;

use crate::ops::association::problem_of;
use crate::ops::sync::requests::synced_beside_others;
use crate::support::halo_admin::{SUCCEEDED, refusal};
use crate::support::world::World;

#[tokio::test]
async fn deleted_subscription_is_recreated_on_request() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let id = world.association("Alder").await.id;
    assert_eq!(refusal(world.recreate(id).await), [UserErrorCode::SubscriptionNotDeleted]);
    let gone = world.record_of("Alder").await.id;
    world.tenant.act(Act::DeleteSubscription { id: gone }).expect("it is there");
    world.sync().await;
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::SubscriptionDeleted));

    let run = world.recreate(id).await.expect("it is gone");
    assert_eq!(refusal(world.recreate(id).await), [UserErrorCode::SubscriptionNotDeleted], "once is enough");
    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_ne!(world.record_of("Alder").await.id, gone);
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

/// However long the first one was away: by its marker it is known wherever the list is read.
#[tokio::test]
async fn restored_subscription_beside_its_successor_is_a_duplicate() {
    for days in [0, 30] {
        let world = World::builder().clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 1)]).synced().build().await;
        let id = world.association("Alder").await.id;
        let first = world.record_of("Alder").await.id;
        world.tenant.act(Act::DeleteSubscription { id: first }).expect("it is there");
        world.sync().await;
        let run = world.recreate(id).await.expect("it is gone");
        assert_eq!(world.work(run).await, SUCCEEDED);
        if days > 0 {
            let ago = "update associations set duplicate_search_until = duplicate_search_until - interval '30 days'";
            world.change(sqlx::query(ago)).await;
            world.sync().await;
        }

        world.tenant.act(Act::RestoreSubscription { id: first }).expect("it was deleted");
        world.sync().await;
        let association = world.association("Alder").await;
        let problem = association.problem.expect("the customer is billed twice");
        assert_eq!(problem.code(), ProblemCode::DuplicateSubscription, "after {days} days");
        assert_eq!(problem.subscriptions(), [HaloSubscriptionId(first)]);

        world.tenant.act(Act::DeleteSubscription { id: first }).expect("it is there");
        world.sync().await;
        assert_eq!(problem_of(&world, "Alder").await, None, "the duplicate is gone");
    }
}

#[tokio::test]
async fn copy_made_in_halo_is_a_duplicate() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 1)]).synced().build().await;
    let own = world.record_of("Alder").await.id;
    let copy = world.tenant.act(Act::CopySubscription { id: own }).expect("it is there");
    world.sync().await;
    let problem = world.association("Alder").await.problem.expect("the customer is billed twice");
    assert_eq!(problem.code(), ProblemCode::DuplicateSubscription);
    assert_eq!(problem.subscriptions(), [HaloSubscriptionId(copy)]);
    assert_eq!(problem_of(&world, "Birch").await, None);
}

/// However few clients the partner has, and however long the tenant's list is.
#[tokio::test]
async fn copy_is_a_duplicate_in_a_tenant_of_any_size() {
    for (clients, older, newer) in [(1, 0, 0), (2, 0, 0), (1, 150, 150), (3, 150, 150), (3, 0, 600)] {
        let world = synced_beside_others(clients, older).await;
        let other = world.customer("Other").0;
        for number in 0..newer {
            let (name, vendor) = (format!("Mail {number}"), "Microsoft".to_owned());
            world.tenant.act(Act::AddSubscription { client_id: other, name, vendor, count: 1 }).expect("it is there");
        }
        let own = world.record_of("Client 000").await.id;
        let copy = world.tenant.act(Act::CopySubscription { id: own }).expect("it is there");
        world.sync().await;
        let problem = world.association("Client 000").await.problem.expect("the customer is billed twice");
        assert_eq!(problem.code(), ProblemCode::DuplicateSubscription, "{clients} clients, {older} and {newer} others");
        assert_eq!(problem.subscriptions(), [HaloSubscriptionId(copy)]);
    }
}
