//! What users do while a run is under way.

use std::time::Duration;

use infima_halo::auth::SystemScope;
use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::run::{Outcome, RunState};
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use infima_halo::storage::Tx;
use infima_halo::storage::leases::{self, LeasedTx, SyncLease};

use crate::support::until;
use crate::support::world::{PARTNER, World};

/// Claims a run as a worker does.
async fn claim(world: &World) -> SyncLease {
    let (ops, system) = (world.ops(), SystemScope::worker());
    let run = world.request_sync().await;
    let mut tx = ops.db.begin(system).await.unwrap();
    let claimed = leases::claim(&mut tx, system, run, "test", true, ops.settings.lease, ops.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    claimed.expect("nothing else runs").lease
}

/// Waits until a transaction waits for another one.
async fn is_blocked(world: &World) {
    let blocked =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(async || world.value::<i64>(blocked).await > 0).await;
}

/// Nothing is sent to a Halo that is not the partner's any more, also if the connection changes
/// while the transaction that stores the intent waits.
#[tokio::test]
async fn connection_that_changes_while_the_lease_is_waited_for_is_noticed() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let (lease, alder) = (claim(&world).await, world.association("Alder").await.id);
    let known = world.connection().await.revision;
    let db = &world.ops().db;
    for (times, renewed) in [(1, false), (2, true)] {
        let mut other = world.owner.begin().await.unwrap();
        sqlx::query("select from sync_runs for update").execute(&mut *other).await.unwrap();
        let begin = async {
            match renewed {
                false => LeasedTx::begin_locking(db, &lease, &[alder]).await,
                true => LeasedTx::begin_renewed(db, &lease, Duration::from_secs(60), alder).await,
            }
        };
        let change = async {
            is_blocked(&world).await;
            sqlx::query("update connections set revision = revision + 1").execute(&mut *other).await.unwrap();
            other.commit().await.unwrap();
        };
        let (begun, ()) = tokio::join!(begin, change);
        assert_eq!(begun.unwrap().connection_revision, Some(known + times), "renewed: {renewed}");
    }
}

/// A user's act waits for the run before it locks anything that the run locks.
#[tokio::test]
async fn user_and_run_never_wait_for_each_other() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).synced().build().await;
    let (alder, birch) = (world.association("Alder").await.id, world.association("Birch").await.id);
    let lease = claim(&world).await;
    let mut begun = LeasedTx::begin_locking(&world.ops().db, &lease, &[alder]).await.unwrap();
    let run = async {
        is_blocked(&world).await;
        begun.tx.lock(&[birch]).await.expect("the user has not locked it");
        Tx::from(begun.tx).commit().await.unwrap();
    };
    let (removed, ()) = tokio::join!(world.remove(birch, Ending::SetToZero), run);
    removed.expect("it has waited");
}

/// The same of an import, which changes clients that a run locks with their associations.
#[tokio::test]
async fn import_waits_for_a_run_before_it_locks_clients() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let lease = claim(&world).await;
    let begun = LeasedTx::begin(&world.ops().db, &lease).await.unwrap();
    let run = async {
        is_blocked(&world).await;
        let mut tx = Tx::from(begun);
        sqlx::query("select from clients for no key update nowait").execute(&mut *tx).await.expect("not locked");
        tx.commit().await.unwrap();
    };
    tokio::join!(world.import_partner(PARTNER, &[("Alder", 3)]), run);
}

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
