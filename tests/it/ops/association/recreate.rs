//! Creating a deleted subscription again.

use infima_halo::domain::problem::ProblemCode;
use infima_halo::ops::UserErrorCode;
use infima_halo::sandbox::Act;

use crate::ops::association::problem_of;
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
