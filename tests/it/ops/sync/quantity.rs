//! Writing quantities: the right one, and nothing else.

use infima_halo::domain::association::Ending;
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::{Outcome, RunState};
use infima_halo::ops::association::resolve::Answer;
use infima_halo::ops::association::save::Mapping;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};

use crate::support::world::World;

#[tokio::test]
async fn second_sync_writes_nothing() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 0)]).synced().build().await;

    let mark = world.mark();
    let second = world.sync().await;
    assert_eq!(second.state, RunState::Succeeded);
    assert_eq!(second.summary.unchanged, 2);
    assert_eq!(world.writes_since(mark), 0);
    assert_eq!(world.connection().await.last_synced_at, Some(world.clock.now()));
}

#[tokio::test]
async fn quantity_update_keeps_the_partners_changes() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::RenameSubscription { id, name: "Training, billed monthly".into() })?;
    world.tenant.act(Act::RepriceSubscription { id, price: 4.5, cost: 2.25 })?;
    world.set_users("Alder", 7).await;

    let run = world.sync().await;
    assert_eq!((run.state, run.summary.updated), (RunState::Succeeded, 1));
    let record = world.tenant.subscription(id).unwrap();
    assert_eq!((record.count, record.name.as_str()), (7.0, "Training, billed monthly"));
    assert_eq!((record.price, record.purchase_price), (4.5, 2.25));
    assert_eq!(world.results(run.id).await[0].quantity_before, Some(3));
    Ok(())
}

#[tokio::test]
async fn quantity_changed_in_halo_is_corrected_and_reported() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::SetCount { id, count: 30 })?;

    let run = world.sync().await;
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
    let result = world.results(run.id).await.remove(0);
    assert!(result.changed_in_halo);
    assert_eq!(result.problem.unwrap().code(), ProblemCode::QuantityChangedInHalo);
    assert_eq!(world.sync().await.summary.unchanged, 1);
    Ok(())
}

/// While the first client is written, Halo is slow and the partner tidies up: the plan for the
/// others is out of date.
#[tokio::test]
async fn stale_observation_is_read_again_before_the_write() {
    let clients = [("Alder", 3), ("Birch", 3), ("Cedar", 3), ("Dogwood", 3), ("Elder", 3)];
    let world =
        World::builder().clients(&clients).set("INFIMA_HALO_MAX_OBSERVATION_AGE_SECONDS", 0).synced().build().await;
    for (name, _) in clients {
        world.set_users(name, 8).await;
    }
    let (birch, cedar) = (world.record_of("Birch").await.id, world.record_of("Cedar").await.id);
    let (dogwood, elder) = (world.record_of("Dogwood").await.id, world.record_of("Elder").await.id);
    let elsewhere = world.customer("Alder").0;

    world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Update), Lasting::Once);
    let (run, mark) = (world.request_sync().await, world.mark());
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        world.tenant.act(Act::SetSubscriptionActive { id: birch, active: false }).unwrap();
        world.tenant.act(Act::MoveSubscription { id: cedar, client_id: elsewhere }).unwrap();
        world.tenant.act(Act::SetCount { id: dogwood, count: 8 }).unwrap();
        world.tenant.act(Act::DeleteSubscription { id: elder }).unwrap();
        world.tenant.release();
    };
    let (looked, ()) = tokio::join!(world.work(run), meanwhile);
    assert_eq!(looked, RunOutcome::Finished(RunState::PartiallySucceeded));

    assert_eq!(world.writes_since(mark), 2, "Alder's and Cedar's");
    assert_eq!(world.tenant.subscription(birch).unwrap().count, 3.0);
    let moved = world.tenant.subscription(cedar).unwrap();
    assert_eq!((moved.client_id, moved.count), (elsewhere, 8.0), "it stays where the partner put it");
    let mut problems = Vec::new();
    for (name, _) in clients {
        problems.push(world.association(name).await.problem.map(|problem| problem.code()));
    }
    let expected = [
        None,
        Some(ProblemCode::SubscriptionInactive),
        Some(ProblemCode::SubscriptionMoved),
        None,
        Some(ProblemCode::SubscriptionDeleted),
    ];
    assert_eq!(problems, expected);
    assert_eq!(world.run(run).await.summary.unchanged, 1, "Dogwood's is as it should be");
}

/// Eleven clients on one customer stay together when they are observed again, and every observation
/// is too old at once.
#[tokio::test]
async fn run_with_always_stale_observations_ends() {
    let names: Vec<_> = (0..11).map(|number| format!("Site {number:02}")).collect();
    let world = World::builder()
        .clients(&names.iter().map(|name| (name, 2)).collect::<Vec<_>>())
        .customers(&["Alder"])
        .set("INFIMA_HALO_MAX_OBSERVATION_AGE_SECONDS", 0)
        .connected()
        .build()
        .await;
    let mut mappings = Vec::new();
    for name in &names {
        mappings.push(Mapping { allow_shared: true, ..world.mapping(name, "Alder").await });
    }
    let run = world.associate(&mappings).await.unwrap().run.unwrap();
    let worked = tokio::time::timeout(std::time::Duration::from_secs(60), world.work(run)).await;
    assert_eq!(worked.expect("it ends"), RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![2; 11])].into());
}

#[tokio::test]
async fn fields_overwritten_by_unconfirmed_write_are_detected() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).synced().build().await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::RepriceSubscription { id, price: 4.5, cost: 2.25 })?;
    world.set_users("Alder", 7).await;
    world.tenant.inject(Fault::ReplacesOnUpdate, Matching::call(Call::Update), Lasting::Once);
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Update), Lasting::Once);
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);

    world.set_users("Birch", 9).await;
    world.bring_forward(run).await;
    world.work(run).await;
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::FieldsOverwritten);
    assert!(world.connection().await.writes_suspended_since.is_some());
    assert_eq!(world.billed()["Birch"], [2], "nothing more is written until a person has looked");

    // The user accepts that the fields are blank.
    let run = world.resolve(world.association("Alder").await.id, Answer::Continue).await?;
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!((world.billed()["Birch"].clone(), world.connection().await.writes_suspended_since), (vec![9], None));
    Ok(())
}

/// The response itself is evidence enough: the old record need not be read.
#[tokio::test]
async fn update_that_creates_a_record_suspends_writes() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 3), ("Cedar", 3)]).synced().build().await;
    world.set_users("Alder", 4).await;
    world.set_users("Birch", 4).await;
    world.tenant.inject(Fault::UpdateMakesRow, Matching::call(Call::Update), Lasting::Sticky);
    // The record is read before the write, and again after it.
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::SubscriptionSingle).nth(2), Lasting::Once);
    let run = world.sync().await;
    assert_eq!(run.state, RunState::PartiallySucceeded);
    world.tenant.clear_faults();
    world.tenant.inject(Fault::UpdateMakesRow, Matching::call(Call::Update), Lasting::Sticky);
    world.sync().await;
    assert_eq!(world.tenant.subscriptions().len(), 4);
    assert!(world.connection().await.writes_suspended_since.is_some());
}

/// Only a refusal counts as one: some Halos never accept a 0.
#[tokio::test]
async fn zero_not_kept_by_halo_is_written_again() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 0)]).connected().build().await;
    world.tenant.inject(Fault::CountNotKept, Matching::call(Call::Create).nth(2), Lasting::Once);
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![0])].into());
    assert!(world.results(run).await.iter().all(|result| result.outcome == Outcome::Created));

    world.set_users("Alder", 0).await;
    world.tenant.inject(Fault::CountNotKept, Matching::call(Call::Update), Lasting::Once);
    assert_eq!(world.sync().await.state, RunState::PartiallySucceeded);
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::QuantityRefused);
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed()["Alder"], [0]);
}

/// A restored database does not know the subscription that Halo has.
#[tokio::test]
async fn set_to_zero_finds_an_unknown_subscription() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    sqlx::query("update associations set subscription_id = null, state = 'pending'").execute(&world.owner).await?;
    let run = world.remove(world.association("Alder").await.id, Ending::SetToZero).await?;
    assert_eq!(world.work(run.expect("Halo is to be asked")).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
    Ok(())
}

/// Halo is still carrying out the write whose answer timed out when a user ends the association.
#[tokio::test]
async fn late_write_does_not_undo_set_to_zero() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).set("INFIMA_HALO_TIMEOUT_SECONDS", 1).synced().build().await;
    world.set_users("Alder", 4).await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::Update), Lasting::Once);
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);

    let ended = world.remove(world.association("Alder").await.id, Ending::SetToZero).await?;
    assert_eq!(ended, Some(run));
    assert_eq!(world.look().await, Some(RunOutcome::Rescheduled), "it waits for what Halo may be at work on");
    world.tenant.release();
    world.tenant.until(|tenant| tenant.held() == 0).await;
    world.wait_out().await;
    assert_eq!(world.run(run).await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
    Ok(())
}

/// The first of two equal writes is still under way when the second is confirmed.
#[tokio::test]
async fn unconfirmed_write_is_resolved_before_it_is_repeated() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).set("INFIMA_HALO_TIMEOUT_SECONDS", 1).synced().build().await;
    world.set_users("Alder", 10).await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::Update), Lasting::Once);
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    assert_eq!(world.look().await, Some(RunOutcome::Rescheduled), "it may still be carried out");
    world.remove(world.association("Alder").await.id, Ending::SetToZero).await?;
    assert_eq!(world.look().await, Some(RunOutcome::Rescheduled));
    world.tenant.release();
    world.tenant.until(|tenant| tenant.held() == 0).await;
    assert_eq!(world.look().await, Some(RunOutcome::Finished(RunState::Succeeded)), "it has arrived");
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into());
    Ok(())
}

/// A write that Halo clearly refused is not under way: the next count is written at once.
#[tokio::test]
async fn refused_quantity_does_not_delay_the_next_one() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.set_users("Alder", 0).await;
    world.tenant.inject(Fault::ZeroRefused, Matching::call(Call::Update), Lasting::Sticky);
    assert_eq!(world.sync().await.state, RunState::Failed);
    world.set_users("Alder", 8).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![8])].into());
}
