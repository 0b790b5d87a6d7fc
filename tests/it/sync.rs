//! The main job: what a partner maps is in Halo, once, with the right quantity and nothing else changed.

use infima_halo::domain::association::AssociationState;
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::{Outcome, RunState};
use infima_halo::halo::VENDOR;
use infima_halo::ops::run_sync::Looked;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};

use crate::support::world::World;

#[tokio::test]
async fn mapping_a_client_creates_its_subscription_with_the_active_user_count() {
    let world = World::with_clients(&[("Alder", 3), ("Birch", 5)]).await;
    world.connect().await;
    let associated = world.map(&["Alder", "Birch"]).await;
    assert_eq!(associated.errors, []);
    assert_eq!(world.association("Alder").await.state, AssociationState::Pending);

    let run = associated.run.expect("the subscriptions are to be created");
    assert_eq!(world.work(run).await, Looked::Finished(RunState::Succeeded));

    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![5])].into());
    let alder = world.association("Alder").await;
    assert_eq!(alder.state, AssociationState::Active);
    assert_eq!(alder.last_synced.map(|sync| sync.quantity), Some(3));
    assert!(world.results(run).await.iter().all(|result| result.outcome == Outcome::Created));
}

#[tokio::test]
async fn a_second_sync_reads_and_writes_nothing() {
    let world = World::with_clients(&[("Alder", 3), ("Birch", 0)]).await;
    world.connect().await;
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    world.work(run).await;

    let mark = world.mark();
    let second = world.sync().await;
    assert_eq!(second.state, RunState::Succeeded);
    assert_eq!(second.summary.unchanged, 2);
    assert_eq!(world.writes_since(mark), 0);
    assert_eq!(world.connection().await.last_synced_at, Some(world.clock.now()));
}

#[tokio::test]
async fn only_the_quantity_is_written_and_what_the_partner_changed_stays() {
    let world = World::with_clients(&[("Alder", 3)]).await;
    world.connect().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    world.work(run).await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::RenameSubscription { id, name: "Training, billed monthly".into() }).unwrap();
    world.tenant.act(Act::RepriceSubscription { id, price: 4.5, cost: 2.25 }).unwrap();
    world.set_users("Alder", 7).await;

    let run = world.sync().await;
    assert_eq!((run.state, run.summary.updated), (RunState::Succeeded, 1));
    let record = world.tenant.subscription(id).unwrap();
    assert_eq!((record.count, record.name.as_str()), (7.0, "Training, billed monthly"));
    assert_eq!((record.price, record.purchase_price), (4.5, 2.25));
    assert_eq!(world.results(run.id).await[0].quantity_before, Some(3));
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_found_again_and_never_sent_twice() {
    for fault in [Fault::CutAfter, Fault::ServerErrorAfter, Fault::GatewayTimeoutAfter] {
        let world = World::with_clients(&[("Alder", 3)]).await;
        world.connect().await;
        world.tenant.inject(fault, Matching::call(Call::Create), Lasting::Once);
        let run = world.map(&["Alder"]).await.run.unwrap();
        assert_eq!(world.work(run).await, Looked::PutBack, "{fault:?}");
        let association = world.association("Alder").await;
        assert_eq!(association.state, AssociationState::Pending, "{fault:?}");
        assert_eq!(association.problem.unwrap().code, ProblemCode::CreateUnconfirmed, "{fault:?}");

        world.bring_forward(run).await;
        assert_eq!(world.work(run).await, Looked::Finished(RunState::Succeeded), "{fault:?}");
        assert_eq!(world.billed(), [("Alder".into(), vec![3])].into(), "{fault:?}");
        assert_eq!(world.association("Alder").await.state, AssociationState::Active, "{fault:?}");
        let creates = world.tenant.journal().iter().filter(|entry| entry.call == Call::Create).count();
        assert_eq!(creates, 1, "{fault:?}");
        assert_eq!(world.tenant.unconsumed_faults(), []);
    }
}

#[tokio::test]
async fn an_empty_look_counts_only_after_the_settle_time() {
    let world = World::with_clients(&[("Alder", 3)]).await;
    world.connect().await;
    world.tenant.inject(Fault::CutBefore, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, Looked::PutBack);

    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, Looked::PutBack, "Halo may still be at work");
    assert_eq!(world.tenant.live_subscriptions_of(world.customer("Alder").0, VENDOR), []);

    world.settle("Alder").await;
    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, Looked::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

#[tokio::test]
async fn a_subscription_deleted_in_halo_is_reported_and_never_made_again_unasked() {
    let world = World::with_clients(&[("Alder", 3), ("Birch", 2)]).await;
    world.connect().await;
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    world.work(run).await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::DeleteSubscription { id }).unwrap();
    world.set_users("Birch", 4).await;
    let before = world.connection().await.last_synced_at;

    let run = world.sync().await;
    assert_eq!(run.state, RunState::PartiallySucceeded);
    let alder = world.association("Alder").await;
    assert_eq!(alder.state, AssociationState::NeedsAttention);
    assert_eq!(alder.problem.unwrap().code, ProblemCode::SubscriptionDeleted);
    assert_eq!(world.billed(), [("Birch".into(), vec![4])].into());
    assert_eq!(world.connection().await.last_synced_at, before, "one broken client holds the date back");
}

#[tokio::test]
async fn rejected_credentials_stop_the_run_at_once() {
    let world = World::with_clients(&[("Alder", 3), ("Birch", 2)]).await;
    world.connect().await;
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    world.work(run).await;
    world.tenant.act(Act::RotateSecret).unwrap();
    let mark = world.mark();

    let run = world.sync().await;
    assert_eq!(run.state, RunState::Failed);
    let problem = world.connection().await.problem.expect("the connection needs attention");
    assert_eq!(problem.code, ProblemCode::CredentialsRejected);
    assert!(world.mark() - mark <= 4, "the tenant is not hammered");
}

#[tokio::test]
async fn a_quantity_changed_in_halo_is_set_right_and_told() {
    let world = World::with_clients(&[("Alder", 3)]).await;
    world.connect().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    world.work(run).await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::SetCount { id, count: 30 }).unwrap();

    let run = world.sync().await;
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
    let result = world.results(run.id).await.remove(0);
    assert!(result.changed_in_halo);
    assert_eq!(result.problem.unwrap().code, ProblemCode::QuantityChangedInHalo);
    assert_eq!(world.sync().await.summary.unchanged, 1);
}
