//! What partners change in Halo and in the roster between two syncs.

use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::RunState;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};

use crate::ops::association::problem_of;
use crate::support::world::World;

#[tokio::test]
async fn archived_client_is_billed_zero_and_stays_associated() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.archive_client("Alder").await;
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
    let result = world.results(run.id).await.remove(0);
    assert_eq!(result.problem.map(|problem| problem.code()), Some(ProblemCode::QuantityFell), "and it is reported");
    assert_eq!(world.associations().await.len(), 1);
}

#[tokio::test]
async fn concurrent_partner_edit_is_kept_with_a_warning() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let id = world.record_of("Alder").await.id;
    world.set_users("Alder", 4).await;
    world.set_users("Birch", 6).await;
    world.tenant.inject(Fault::PartnerEditsMeanwhile, Matching::call(Call::Update).id(id), Lasting::Once);
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::FieldsChanged));
    let record = world.record_of("Alder").await;
    assert_eq!((record.count, record.price, record.name.ends_with("(edited)")), (4.0, 1.0, true));
    assert_eq!(world.billed(), [("Alder".into(), vec![4]), ("Birch".into(), vec![6])].into());
}

#[tokio::test]
async fn moved_subscription_is_synced_where_it_is() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let (id, there) = (world.record_of("Alder").await.id, world.customer("Birch").0);
    world.tenant.act(Act::MoveSubscription { id, client_id: there }).expect("both are there");
    world.set_users("Alder", 4).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    let record = world.record_of("Alder").await;
    assert_eq!((record.client_id, record.count), (there, 4.0), "it was not moved back");
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::SubscriptionMoved));
}

#[tokio::test]
async fn merged_customer_subscription_is_synced_and_reported() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let (id, into) = (world.customer("Alder").0, world.customer("Birch").0);
    world.tenant.act(Act::MergeCustomer { id, into }).expect("both are there");
    world.set_users("Alder", 4).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.record_of("Alder").await.count, 4.0);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::CustomerMerged));
}

#[tokio::test]
async fn customer_gone_before_create_is_reported() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 1)]).mapped().build().await;
    world.tenant.act(Act::DeleteCustomer { id: world.customer("Alder").0 }).expect("it is there");
    world.tenant.act(Act::SetCustomerActive { id: world.customer("Birch").0, active: false }).expect("it is there");
    assert_eq!(world.look().await, Some(RunOutcome::Finished(RunState::PartiallySucceeded)));
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::CustomerDeleted));
    assert_eq!(problem_of(&world, "Birch").await, Some(ProblemCode::CustomerInactive));
    assert_eq!(world.billed(), [("Cedar".into(), vec![1])].into(), "the others are done");
}

#[tokio::test]
async fn refused_zero_is_retried_when_users_return() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.tenant.inject(Fault::ZeroRefused, Matching::any(), Lasting::Sticky);
    world.set_users("Alder", 0).await;
    assert_eq!(world.sync().await.state, RunState::Failed);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::QuantityRefused));
    let mark = world.mark();
    assert_eq!(world.sync().await.state, RunState::Failed);
    assert_eq!(world.writes_since(mark), 0, "the answer is known");
    world.set_users("Alder", 2).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![2])].into());
}
