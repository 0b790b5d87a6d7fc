//! What users do while a run is under way.

use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::run::{Outcome, RunState};
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};

use crate::support::world::World;

#[tokio::test]
async fn removal_during_a_run_is_not_overridden() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let alder = world.association("Alder").await;

    world.tenant.inject(Fault::HeldAfter, Matching::call(Call::SubscriptionList), Lasting::Once);
    let stale = world.request_sync().await;
    let decide = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        let run = world.remove(alder.id, Ending::SetToZero).await.unwrap();
        world.tenant.release();
        run
    };
    let (_, ending) = tokio::join!(world.work(stale), decide);
    assert_eq!(world.association("Alder").await.state, AssociationState::Ending, "the plan was made before");
    assert_eq!(world.results(stale).await[0].outcome, Outcome::Skipped);
    world.work(ending.expect("the end is to be confirmed")).await;
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
}

/// The partner disconnects and connects again while a write is under way.
#[tokio::test]
async fn new_run_waits_for_the_cancelled_runs_write() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.set_users("Alder", 4).await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::Update), Lasting::Once);
    let cancelled = world.request_sync().await;
    let reconnect = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        world.disconnect().await;
        world.set_users("Alder", 9).await;
        world.connect().await;
        let next = world.open_run().await.expect("a new connection is synced");
        let looked = world.work(next).await;
        world.tenant.release();
        assert_eq!(looked, RunOutcome::Skipped, "it waits");
        next
    };
    let (looked, next) = tokio::join!(world.work(cancelled), reconnect);
    assert_eq!((looked, world.run(cancelled).await.state), (RunOutcome::Skipped, RunState::Cancelled));
    world.end_leases().await;
    assert_eq!(world.work(next).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![9])].into());
}
