//! Creating subscriptions: once each, whatever happens to the response.

use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::{Outcome, RunState};
use infima_halo::halo::VENDOR;
use infima_halo::ops::association::save::Mapping;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};

use crate::support::world::World;

#[tokio::test]
async fn associated_client_gets_subscription_with_active_user_count() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).connected().build().await;
    let associated = world.map(&["Alder", "Birch"]).await;
    assert_eq!(associated.errors, []);
    assert_eq!(world.association("Alder").await.state, AssociationState::Pending);

    let run = associated.run.expect("the subscriptions are to be created");
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));

    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![5])].into());
    let alder = world.association("Alder").await;
    assert_eq!(alder.state, AssociationState::Active);
    assert_eq!(alder.last_synced.map(|sync| sync.quantity), Some(3));
    assert!(world.results(run).await.iter().all(|result| result.outcome == Outcome::Created));
}

#[tokio::test]
async fn create_with_lost_response_is_found_and_not_repeated() {
    for fault in [Fault::CutAfter, Fault::ServerErrorAfter, Fault::GatewayTimeoutAfter] {
        let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
        world.tenant.inject(fault, Matching::call(Call::Create), Lasting::Once);
        let run = world.map(&["Alder"]).await.run.unwrap();
        assert_eq!(world.work(run).await, RunOutcome::Rescheduled, "{fault:?}");
        let association = world.association("Alder").await;
        assert_eq!(association.state, AssociationState::Pending, "{fault:?}");
        assert_eq!(association.problem.unwrap().code(), ProblemCode::CreateUnconfirmed, "{fault:?}");

        world.bring_forward(run).await;
        assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded), "{fault:?}");
        assert_eq!(world.billed(), [("Alder".into(), vec![3])].into(), "{fault:?}");
        assert_eq!(world.association("Alder").await.state, AssociationState::Active, "{fault:?}");
        let creates = world.tenant.journal().iter().filter(|entry| entry.call == Call::Create).count();
        assert_eq!(creates, 1, "{fault:?}");
        assert_eq!(world.tenant.unconsumed_faults(), []);
    }
}

/// A list row need not name its customer. Overlooked, the subscription of the interrupted create
/// would be created again.
#[tokio::test]
async fn created_subscription_is_found_in_row_without_customer() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    let made = world.tenant.subscriptions()[0].id;
    world.tenant.inject(Fault::RowWithoutCustomer(made), Matching::call(Call::SubscriptionList), Lasting::Sticky);
    world.wait_out().await;
    assert_eq!(world.run(run).await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

#[tokio::test]
async fn empty_lookup_counts_only_after_confirmation_timeout() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::CutBefore, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);

    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled, "Halo may still be at work");
    assert_eq!(world.tenant.live_subscriptions_of(world.customer("Alder").0, VENDOR), []);

    world.pass_confirmation_timeout("Alder").await;
    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
}

#[tokio::test]
async fn late_create_after_retry_is_reported_as_duplicate() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::AppearsAfterSeconds(3600), Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    for _ in 0..2 {
        world.pass_confirmation_timeout("Alder").await;
        world.bring_forward(run).await;
        world.work(run).await;
    }
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into(), "it was sent again, after the confirmation timeout");

    world.clock.advance(chrono::Duration::hours(2));
    world.set_users("Alder", 4).await;
    let run = world.sync().await;
    assert_eq!(run.state, RunState::Succeeded);
    let problem = world.association("Alder").await.problem.expect("the duplicate is reported");
    assert_eq!(problem.code(), ProblemCode::DuplicateSubscription);
    assert_eq!(world.billed()["Alder"].len(), 2, "a person decides which one goes");
    assert!(world.billed()["Alder"].contains(&4), "the client's own stays right");

    // The duplicate is not forgotten over another problem, nor after a while.
    sqlx::query("update associations set duplicate_search_until = duplicate_search_until - interval '2 days'")
        .execute(&world.owner)
        .await?;
    world.set_users("Alder", 5).await;
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Update), Lasting::Once);
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::HaloUnavailable);
    world.pass_confirmation_timeout("Alder").await;
    world.bring_forward(run).await;
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    let problem = world.association("Alder").await.problem.expect("the duplicate is still there");
    assert_eq!(problem.code(), ProblemCode::DuplicateSubscription);

    let duplicate = problem.subscriptions()[0].0;
    world.tenant.act(Act::SetSubscriptionActive { id: duplicate, active: false })?;
    world.sync().await;
    assert_eq!(world.association("Alder").await.problem, None);
    assert_eq!(world.billed(), [("Alder".into(), vec![5])].into());
    Ok(())
}

/// A duplicate may appear while no sync runs for days.
#[tokio::test]
async fn possible_duplicate_is_looked_for_until_a_lookup() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::AppearsAfterSeconds(7200), Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    for _ in 0..2 {
        world.pass_confirmation_timeout("Alder").await;
        world.bring_forward(run).await;
        world.work(run).await;
    }
    sqlx::query("update associations set duplicate_search_until = duplicate_search_until - interval '2 days'")
        .execute(&world.owner)
        .await?;
    world.clock.advance(chrono::Duration::hours(48));
    world.sync().await;
    let problem = world.association("Alder").await.problem.expect("the duplicate is reported");
    assert_eq!(problem.code(), ProblemCode::DuplicateSubscription);
    Ok(())
}

/// The answer to each create of one client is lost: the create is not retried for ever,
/// and the others are done.
#[tokio::test]
async fn create_that_always_fails_is_deferred_to_the_next_run() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).only(&["Birch"]).synced().build().await;
    world.tenant.inject(Fault::CutBefore, Matching::call(Call::Create), Lasting::Sticky);
    world.map(&["Alder"]).await;
    let run = world.request_sync().await;
    let mut looks = 0;
    while world.work(run).await == RunOutcome::Rescheduled {
        looks += 1;
        assert!(looks < 20, "there is an end");
        world.pass_confirmation_timeout("Alder").await;
        world.bring_forward(run).await;
    }
    assert_eq!(world.run(run).await.state, RunState::PartiallySucceeded);
    let creates = world.tenant.journal().iter().filter(|entry| entry.call == Call::Create).count();
    assert!(creates <= 6, "{creates} creates");
    let association = world.association("Alder").await;
    assert_eq!(association.state, AssociationState::NeedsAttention, "a person has to know");
    assert_eq!(association.problem.map(|it| it.code()), Some(ProblemCode::CreateRefused));
    world.tenant.clear_faults();
    world.pass_confirmation_timeout("Alder").await;
    world.sync().await;
    world.pass_confirmation_timeout("Alder").await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![3]), ("Birch".into(), vec![2])].into());
}

#[tokio::test]
async fn creates_over_the_budget_complete_in_later_windows() {
    let names: Vec<_> = (0..70).map(|number| format!("Client {number:02}")).collect();
    let world = World::builder()
        .clients(&names.iter().map(|name| (name, 1)).collect::<Vec<_>>())
        .set("INFIMA_HALO_REQUESTS", 120)
        .set("INFIMA_HALO_INTERACTIVE_RESERVE", 20)
        .connected()
        .build()
        .await;
    let run = world.map(&names.iter().map(String::as_str).collect::<Vec<_>>()).await.run.unwrap();
    let mut left = names.len();
    while left > 0 {
        world.new_budget().await;
        world.bring_forward(run).await;
        world.work(run).await;
        let before = std::mem::replace(&mut left, names.len() - world.billed().len());
        assert!(left < before, "each window brings some, and {left} are left");
    }
    assert!(world.billed().values().all(|quantities| quantities == &[1]), "one each");
}

/// The subscription of one client's interrupted create is no candidate for another client of the
/// same customer.
#[tokio::test]
async fn create_of_another_client_is_no_candidate() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    sqlx::query("update sync_runs set state = 'cancelled', finished_at = now()").execute(&world.owner).await?;
    let shared = Mapping { allow_shared: true, ..world.mapping("Birch", "Alder").await };
    let run = world.associate(&[shared]).await.unwrap().run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.billed(), [("Alder".into(), vec![3, 5])].into());
    Ok(())
}

/// Removed clients with deleted subscriptions are associated again, in a tenant that has no other
/// subscription.
#[tokio::test]
async fn removed_pairs_with_deleted_subscriptions_are_created_again() -> anyhow::Result<()> {
    let names = ["Alder", "Birch", "Cedar"];
    let world = World::builder().clients(&names.map(|name| (name, 3))).synced().build().await;
    for name in names {
        let association = world.association(name).await;
        world.remove(association.id, Ending::KeepQuantity).await?;
        world.tenant.act(Act::DeleteSubscription { id: association.subscription.unwrap().id.0 }).unwrap();
    }
    world.tenant.inject(Fault::GoneAsEmpty, Matching::call(Call::SubscriptionSingle), Lasting::Sticky);
    let run = world.map(&names).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded));
    assert_eq!(world.billed(), names.map(|name| (name.to_owned(), vec![3])).into());
    Ok(())
}

#[tokio::test]
async fn removed_pair_saved_again_readopts_moved_subscription() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 3)]).only(&["Alder"]).synced().build().await;
    let alder = world.association("Alder").await;
    let id = alder.subscription.unwrap().id;
    world.tenant.act(Act::MoveSubscription { id: id.0, client_id: world.customer("Birch").0 })?;
    assert_eq!(world.remove(alder.id, Ending::KeepQuantity).await?, None, "nothing is to be written");
    world.set_users("Alder", 5).await;
    world.work(world.map(&["Alder"]).await.run.unwrap()).await;
    assert_eq!(world.association("Alder").await.subscription.unwrap().id, id);
    assert_eq!(world.billed(), [("Birch".into(), vec![5])].into());
    Ok(())
}
