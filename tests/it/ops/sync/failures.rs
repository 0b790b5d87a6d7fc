//! Failures: what stops a run, and what concerns one client alone.

use std::collections::BTreeSet;

use infima_halo::app::App;
use infima_halo::domain::association::AssociationState;
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::RunState;
use infima_halo::ids::{ClientId, RunId};
use infima_halo::ops::sync::request::request_sync;
use infima_halo::ops::sync::run::{RunOutcome, run_sync};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::graphql::Api;
use crate::support::world::{World, request};

#[tokio::test]
async fn rejected_credentials_stop_the_run() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).synced().build().await;
    world.tenant.act(Act::RotateSecret)?;
    let mark = world.mark();

    let run = world.sync().await;
    assert_eq!(run.state, RunState::Failed);
    let problem = world.connection().await.problem.expect("the connection needs attention");
    assert_eq!(problem.code(), ProblemCode::CredentialsRejected);
    assert!(world.mark() - mark <= 4, "the tenant is not hammered");
    Ok(())
}

#[tokio::test]
async fn blocked_address_is_a_connection_problem() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    let mut config = world.config.clone();
    config.halo.development_addresses.clear();
    let elsewhere = App::build(&config, world.clock.clone(), 2).await?;
    let looked = run_sync(&elsewhere.ops, run, "elsewhere", &CancellationToken::new()).await?;
    assert_eq!(looked, RunOutcome::Finished(RunState::Failed));
    assert_eq!(world.connection().await.problem.unwrap().code(), ProblemCode::AddressBlocked);
    Ok(())
}

/// A partner without nightly syncs has no next one that would take over.
#[tokio::test]
async fn unreachable_halo_is_retried_for_a_day() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    world.tenant.inject(Fault::Maintenance, Matching::any(), Lasting::Sticky);
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    world.clock.advance(chrono::Duration::hours(23));
    assert_eq!(world.look().await, Some(RunOutcome::Rescheduled));
    world.clock.advance(chrono::Duration::hours(1));
    assert_eq!(world.look().await, Some(RunOutcome::Finished(RunState::Failed)));
    assert_eq!(world.connection().await.problem.unwrap().code(), ProblemCode::HaloUnavailable);

    // A new request has a day of its own.
    assert_eq!(world.work(world.request_sync().await).await, RunOutcome::Rescheduled);
}

#[tokio::test]
async fn deleted_subscription_is_reported_and_not_recreated() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).synced().build().await;
    let id = world.association("Alder").await.subscription.unwrap().id.0;
    world.tenant.act(Act::DeleteSubscription { id })?;
    world.set_users("Birch", 4).await;
    let before = world.connection().await.last_synced_at;

    let run = world.sync().await;
    assert_eq!(run.state, RunState::PartiallySucceeded);
    let alder = world.association("Alder").await;
    assert_eq!(alder.state, AssociationState::NeedsAttention);
    assert_eq!(alder.problem.unwrap().code(), ProblemCode::SubscriptionDeleted);
    assert_eq!(world.billed(), [("Birch".into(), vec![4])].into());
    assert_eq!(world.connection().await.last_synced_at, before, "one broken client holds the date back");
    Ok(())
}

#[tokio::test]
async fn unreadable_subscription_does_not_stop_others() {
    for (fault, code) in [
        (Fault::WrongShape, ProblemCode::AnswerNotUnderstood),
        (Fault::ServerErrorBefore, ProblemCode::HaloUnavailable),
    ] {
        let world = World::builder().clients(&[("Alder", 3), ("Birch", 3)]).synced().build().await;
        world.set_users("Alder", 4).await;
        world.set_users("Birch", 4).await;
        let alder = world.association("Alder").await.subscription.unwrap().id;
        let read = Matching::call(Call::SubscriptionSingle).id(alder.0);
        world.tenant.inject(fault, read, Lasting::Sticky);
        let run = world.request_sync().await;
        let first = world.work(run).await;
        assert_eq!(world.billed()["Birch"], [4], "{fault:?}");
        assert_eq!(world.association("Alder").await.problem.map(|it| it.code()), Some(code), "{fault:?}");
        // A read without answer is retried a few times.
        assert_eq!(first == RunOutcome::Rescheduled, fault == Fault::ServerErrorBefore);
        while world.look().await == Some(RunOutcome::Rescheduled) {}
        assert_eq!(world.run(run).await.state, RunState::PartiallySucceeded, "{fault:?}");
        world.tenant.clear_faults();
        assert_eq!(world.sync().await.state, RunState::Succeeded, "{fault:?}");
        assert_eq!(world.billed()["Alder"], [4], "{fault:?}");
    }
}

/// Four clients with a changed count. Halo always fails to update the first three of the alphabet.
async fn halo_failing_for_three_of_four_clients() -> World {
    let names = ["Alder", "Birch", "Cedar", "Dogwood"];
    let world = World::builder().clients(&names.map(|name| (name, 3))).synced().build().await;
    for name in names {
        world.set_users(name, 4).await;
    }
    for name in &names[..3] {
        let id = world.association(name).await.subscription.unwrap().id;
        world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Update).id(id.0), Lasting::Sticky);
    }
    world
}

#[tokio::test]
async fn clients_halo_fails_for_do_not_stop_others() {
    let world = halo_failing_for_three_of_four_clients().await;
    let run = world.request_sync().await;
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled, "three in a row");
    assert_eq!(world.billed()["Dogwood"], [3]);
    assert_eq!(world.look().await, Some(RunOutcome::Rescheduled));
    assert_eq!(world.billed()["Dogwood"], [4]);
}

/// Three clients in a row that Halo never answers for are their own problem, not an outage.
#[tokio::test]
async fn three_clients_without_answer_is_no_outage() {
    let world = halo_failing_for_three_of_four_clients().await;
    let run = world.request_sync().await;
    for _ in 0..6 {
        world.wait_out().await;
        assert_eq!(world.run(run).await.state, RunState::Queued);
    }
    world.clock.advance(chrono::Duration::days(1));
    world.wait_out().await;
    assert_eq!(world.run(run).await.state, RunState::PartiallySucceeded);
    assert_eq!(world.connection().await.problem, None);
}

#[tokio::test]
async fn unwritable_record_does_not_stop_others() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 3), ("Cedar", 3)]).synced().build().await;
    for name in ["Alder", "Birch", "Cedar"] {
        world.set_users(name, 4).await;
    }
    let alder = world.association("Alder").await.subscription.unwrap().id;
    world.tenant.inject(Fault::Forbidden, Matching::call(Call::Update).id(alder.0), Lasting::Sticky);
    assert_eq!(world.sync().await.state, RunState::PartiallySucceeded);
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::PermissionMissing);
    assert_eq!((world.billed()["Birch"].clone(), world.billed()["Cedar"].clone()), (vec![4], vec![4]));
    assert_eq!(world.connection().await.problem, None);

    // An agent that may write nothing is the connection's problem, and Halo is not tried for every
    // client.
    world.set_users("Birch", 5).await;
    world.set_users("Cedar", 5).await;
    world.tenant.inject(Fault::Forbidden, Matching::call(Call::Update), Lasting::Sticky);
    let mark = world.mark();
    assert_eq!(world.sync().await.state, RunState::Failed);
    assert_eq!(world.connection().await.problem.unwrap().code(), ProblemCode::PermissionMissing);
    assert_eq!(world.writes_since(mark), 3, "two clients' writes, the first one again with a new token");
}

/// One customer's list is not understood: nothing is created there, and the others are synced.
#[tokio::test]
async fn unreadable_customer_list_stops_only_that_customer() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 3)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    let of_alder = Matching::call(Call::SubscriptionList).client_id(world.customer("Alder").0);
    world.tenant.inject(Fault::WrongShape, of_alder, Lasting::Sticky);
    world.wait_out().await;
    assert_eq!(world.run(run).await.state, RunState::PartiallySucceeded);
    assert_eq!(world.association("Alder").await.problem.unwrap().code(), ProblemCode::AnswerNotUnderstood);
    assert_eq!(world.billed()["Birch"], [3]);
}

/// Requests a sync of these clients.
async fn request_sync_of(world: &World, clients: &[ClientId]) -> RunId {
    let admin = world.admin().await;
    let clients = Some(clients.iter().copied().map(Some).collect());
    let requested = request_sync(world.ops(), &request(&admin), world.partner().await, clients).await;
    requested.unwrap().run.unwrap()
}

/// Works on the run until Halo holds its next write; then a sync of `requested` waits, and Halo is
/// away.
async fn hand_over(world: &World, run: RunId, requested: ClientId) -> RunId {
    world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Update), Lasting::Once);
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        let waiting = request_sync_of(world, &[requested]).await;
        world.tenant.inject(Fault::Maintenance, Matching::any(), Lasting::Sticky);
        world.tenant.release();
        waiting
    };
    let (outcome, waiting) = tokio::join!(world.work(run), meanwhile);
    assert_eq!(outcome, RunOutcome::Rescheduled);
    assert_ne!(run, waiting);
    waiting
}

async fn clients_of(world: &World, run: RunId) -> BTreeSet<ClientId> {
    BTreeSet::from_iter(world.run(run).await.clients.expect("only some"))
}

/// Alder's write is held until a sync of Alder alone is requested; then Halo is away, before the
/// write for Birch. Nothing was to be written for Cedar.
#[tokio::test]
async fn paused_run_is_continued_by_the_waiting_run() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 2), ("Cedar", 4)]).await;
    let world = &api.world;
    world.set_users("Alder", 4).await;
    world.set_users("Birch", 5).await;
    let [alder, birch, cedar] = [world.client("Alder").await, world.client("Birch").await, world.client("Cedar").await];
    let admin = world.admin().await;
    let paused = request_sync_of(world, &[alder, birch, cedar]).await;
    let waiting = hand_over(world, paused, alder).await;
    assert_eq!(clients_of(world, waiting).await, BTreeSet::from([alder, birch]), "Birch was left, Cedar was not");
    assert_eq!(world.run(waiting).await.problem.unwrap().code(), ProblemCode::HaloUnavailable);
    assert!(!world.is_due(waiting).await, "Halo's pause is kept");
    let shown = "query($id: ID!) { haloSyncRun(id: $id) {
        status problem { code } nextAttemptAt pollAfterMs continuedBy { id status continuedBy { id } } } }";
    let shown = api.data(&admin, shown, json!({ "id": paused.to_string() })).await;
    let continued = json!({ "id": waiting.to_string(), "status": "QUEUED", "continuedBy": null });
    let cancelled = json!({ "status": "CANCELLED", "problem": null, "nextAttemptAt": null, "pollAfterMs": null,
        "continuedBy": continued });
    assert_eq!(shown["haloSyncRun"], cancelled);

    world.tenant.clear_faults();
    world.wait_out().await;
    assert_eq!(world.run(waiting).await.state, RunState::Succeeded);
    assert_eq!(
        world.billed(),
        [("Alder".into(), vec![4]), ("Birch".into(), vec![5]), ("Cedar".into(), vec![4])].into()
    );
}

/// The first attempt confirms Alder and has no answer for Birch. Before the second one Alder's
/// users change and its sync is requested; then its worker is stopped before anything is read.
#[tokio::test]
async fn client_that_an_earlier_attempt_confirmed_is_handed_over() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2), ("Cedar", 4)]).synced().build().await;
    let [alder, birch, cedar] = [world.client("Alder").await, world.client("Birch").await, world.client("Cedar").await];
    world.set_users("Birch", 5).await;
    world.tenant.inject(Fault::Maintenance, Matching::call(Call::Update), Lasting::Sticky);
    let run = request_sync_of(&world, &[alder, birch]).await;
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    world.tenant.clear_faults();

    world.set_users("Alder", 9).await;
    assert_eq!(request_sync_of(&world, &[alder]).await, run);
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::SubscriptionList), Lasting::Once);
    let stop = CancellationToken::new();
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        let waiting = request_sync_of(&world, &[cedar]).await;
        stop.cancel();
        waiting
    };
    let (outcome, waiting) = tokio::join!(run_sync(world.ops(), run, "stopped", &stop), meanwhile);
    assert_eq!(outcome.expect("the run is given back"), RunOutcome::Rescheduled);
    world.tenant.release();
    assert_eq!(clients_of(&world, waiting).await, BTreeSet::from([alder, birch, cedar]));
    // Birch's first write is in doubt for a while.
    world.wait_out().await;
    assert_eq!(world.run(waiting).await.state, RunState::Succeeded);
    assert_eq!(
        world.billed(),
        [("Alder".into(), vec![9]), ("Birch".into(), vec![5]), ("Cedar".into(), vec![4])].into()
    );
}

#[tokio::test]
async fn used_up_budget_is_reported_as_our_own_limit() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.set_users("Alder", 4).await;
    let run = world.request_sync().await;
    // All requests of the window are used up.
    let used = "update halo_budgets set syncs = array(select clock_timestamp() from generate_series(1, 10000))";
    world.change(sqlx::query(used)).await;
    assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
    let waiting = world.run(run).await;
    assert_eq!(waiting.problem.unwrap().code(), ProblemCode::BudgetExhausted);
    world.new_budget().await;
    assert_eq!(world.look().await, Some(RunOutcome::Finished(RunState::Succeeded)));
}
