//! Random histories of what partners, users, time and a failing Halo do, in any order, against the
//! real app and the sandbox. After each step the test checks what must always hold: see
//! `invariants.rs`.
//!
//! The histories are the same in every run. `make soak` runs more of them: 500, or as many as
//! `INFIMA_SOAK_STORIES` says.

mod invariants;

use chrono::Duration;
use infima_halo::domain::association::{Association, Ending};
use infima_halo::domain::run::RunState;
use infima_halo::ops::association::resolve::Answer;
use infima_halo::ops::association::save::Mapping;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::ops::sync::request::request_sync;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::ops::{OpError, UserErrorCode};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::world::{World, request};
use invariants::Watch;

const CLIENTS: [&str; 3] = ["Alder", "Birch", "Cedar"];
const CUSTOMERS: [&str; 4] = ["Alder", "Birch", "Cedar", "Dogwood"];

/// What may go wrong with a call. Not those that break Halo's promises for good: they have rows of
/// their own in the table of faults.
const FAULTS: [(Fault, Call); 18] = [
    (Fault::CutBefore, Call::Create),
    (Fault::CutAfter, Call::Create),
    (Fault::CutHalfway, Call::Create),
    (Fault::ServerErrorAfter, Call::Create),
    (Fault::GatewayTimeoutAfter, Call::Create),
    (Fault::AppearsAfterLook, Call::Create),
    (Fault::AppearsAfterSeconds(60), Call::Create),
    (Fault::MarkerNotKept, Call::Create),
    (Fault::RefusedAsText, Call::Create),
    (Fault::AnswerEmpty, Call::Create),
    (Fault::CutAfter, Call::Update),
    (Fault::ServerErrorBefore, Call::Update),
    (Fault::CountNotKept, Call::Update),
    (Fault::PartnerEditsMeanwhile, Call::Update),
    (Fault::RateLimitedSeconds(7), Call::SubscriptionList),
    (Fault::HtmlOk, Call::SubscriptionSingle),
    (Fault::Unauthorized, Call::SubscriptionSingle),
    (Fault::TruncatedJson, Call::CustomerSingle),
];

/// One thing that happens. Numbers choose among [`CLIENTS`], [`CUSTOMERS`] and [`FAULTS`].
#[derive(Clone, Debug)]
enum Step {
    Map {
        client: usize,
        customer: usize,
        shared: bool,
    },
    Remap {
        client: usize,
        customer: usize,
        ending: Ending,
    },
    Unmap {
        client: usize,
        ending: Ending,
    },
    SetUsers {
        client: usize,
        users: usize,
    },
    Rename {
        client: usize,
    },
    Reprice {
        client: usize,
    },
    Move {
        client: usize,
        customer: usize,
    },
    SetActive {
        client: usize,
        active: bool,
    },
    SetCount {
        client: usize,
        count: u32,
    },
    Delete {
        client: usize,
    },
    Recreate {
        client: usize,
    },
    Resolve {
        client: usize,
        adopt: bool,
    },
    Sync,
    SyncOne {
        client: usize,
    },
    Night,
    Fault {
        fault: usize,
        sticky: bool,
    },
    EndFaults,
    TokensExpire,
    ClockGoesBack,
    RotateSecret,
    NewCredentials,
    Wait,
    /// While a sync is running and has sent this many requests, this happens.
    During {
        requests: usize,
        step: Box<Step>,
    },
    /// A sync stops in its midst, as if its process were killed, and is resumed when its lease has
    /// ended.
    Kill {
        requests: usize,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    let client = 0..CLIENTS.len();
    let customer = 0..CUSTOMERS.len();
    let ending = prop_oneof![Just(Ending::KeepQuantity), Just(Ending::SetToZero)];
    prop_oneof![
        6 => (client.clone(), customer.clone(), any::<bool>())
            .prop_map(|(client, customer, shared)| Step::Map { client, customer, shared }),
        3 => (client.clone(), customer.clone(), ending.clone())
            .prop_map(|(client, customer, ending)| Step::Remap { client, customer, ending }),
        3 => (client.clone(), ending).prop_map(|(client, ending)| Step::Unmap { client, ending }),
        6 => (client.clone(), 0..12_usize).prop_map(|(client, users)| Step::SetUsers { client, users }),
        1 => client.clone().prop_map(|client| Step::Rename { client }),
        1 => client.clone().prop_map(|client| Step::Reprice { client }),
        1 => (client.clone(), customer).prop_map(|(client, customer)| Step::Move { client, customer }),
        2 => (client.clone(), any::<bool>()).prop_map(|(client, active)| Step::SetActive { client, active }),
        2 => (client.clone(), 0..40_u32).prop_map(|(client, count)| Step::SetCount { client, count }),
        1 => client.clone().prop_map(|client| Step::Delete { client }),
        2 => client.clone().prop_map(|client| Step::Recreate { client }),
        2 => (client.clone(), any::<bool>()).prop_map(|(client, adopt)| Step::Resolve { client, adopt }),
        6 => Just(Step::Sync),
        2 => client.prop_map(|client| Step::SyncOne { client }),
        2 => Just(Step::Night),
        6 => (0..FAULTS.len(), proptest::bool::weighted(0.2)).prop_map(|(fault, sticky)| Step::Fault { fault, sticky }),
        3 => Just(Step::EndFaults),
        1 => Just(Step::TokensExpire),
        1 => Just(Step::ClockGoesBack),
        1 => Just(Step::RotateSecret),
        2 => Just(Step::NewCredentials),
        3 => Just(Step::Wait),
        3 => (1..10_usize).prop_map(|requests| Step::Kill { requests }),
    ]
}

/// What users may do beside a sync without the sync having to know of it.
fn any_decision() -> impl Strategy<Value = Step> {
    any_step().prop_filter("a decision", |step| {
        use Step::*;
        matches!(step, Map { .. } | Remap { .. } | Unmap { .. } | Rename { .. } | Recreate { .. } | Resolve { .. })
    })
}

/// Mostly one step; often enough an association whose create fails and that is synced again at
/// once, which chance alone brings about too rarely.
fn any_episode() -> impl Strategy<Value = Vec<Step>> {
    let of_creates = FAULTS.iter().filter(|(_, call)| *call == Call::Create).count();
    let doubt = (0..of_creates, 0..CLIENTS.len(), 0..CUSTOMERS.len()).prop_map(|(fault, client, customer)| {
        let fault = Step::Fault { fault, sticky: false };
        vec![fault, Step::Remap { client, customer, ending: Ending::KeepQuantity }, Step::Sync]
    });
    let beside = (1..10_usize, any_decision()).prop_map(|(requests, step)| {
        let step = Box::new(step);
        vec![Step::During { requests, step }]
    });
    prop_oneof![10 => any_step().prop_map(|step| vec![step]), 2 => doubt, 1 => beside]
}

#[test]
fn random_history_bills_every_client_correctly() {
    run_histories(12);
}

/// Part of `make soak`, which runs the ignored tests whose name says `soak`.
#[test]
#[ignore = "takes minutes"]
fn soak_random_histories() {
    #[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
    let wanted = std::env::var("INFIMA_SOAK_STORIES").ok();
    run_histories(wanted.map_or(500, |wanted| wanted.parse().expect("INFIMA_SOAK_STORIES is a number")));
}

fn run_histories(histories: u32) {
    let config = Config { cases: histories, max_shrink_iters: 80, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let history = proptest::collection::vec(any_episode(), 3..14).prop_map(|episodes| episodes.concat());
    let outcome = runner.run(&history, |history| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(live_through(&history)).map_err(TestCaseError::fail)
    });
    if let Err(failed) = outcome {
        panic!("{failed}");
    }
}

async fn live_through(history: &[Step]) -> Result<(), String> {
    let world = World::builder()
        .clients(&CLIENTS.map(|name| (name, 3)))
        .customers(&CUSTOMERS)
        .unlimited_requests()
        .only(&CLIENTS[..2])
        .synced()
        .build()
        .await;
    let mut watch = Watch::begin(&world).await;
    for (place, step) in history.iter().enumerate() {
        happen(&world, step).await;
        watch.beside_a_sync = matches!(step, Step::During { .. });
        watch.check(&world).await.map_err(|broken| format!("after step {place}, {step:?}: {broken}"))?;
        if let Step::Sync | Step::Night = step {
            watch.check_second_run(&world).await.map_err(|broken| format!("after step {place}, {step:?}: {broken}"))?;
        }
    }
    // At the end the tenant works, and users do what the remedies say.
    world.tenant.clear_faults();
    for _ in 0..4 {
        connect(&world).await;
        world.wait_out().await;
        for association in world.associations().await {
            world.resolve_problem(&association).await;
        }
    }
    world.wait_out().await;
    watch.check(&world).await.map_err(|broken| format!("at the end: {broken}"))?;
    if world.associations().await.is_empty() {
        return Ok(());
    }
    let run = world.sync().await;
    if run.state != RunState::Succeeded {
        return Err(format!("at the end: the run came to {:?}: {:?}", run.state, world.results(run.id).await));
    }
    watch.check(&world).await.map_err(|broken| format!("at the end: {broken}"))
}

/// Executes the step, and has the worker execute what it is woken for.
async fn happen(world: &World, step: &Step) {
    take_place(world, step).await;
    if let Some(run) = world.open_run().await {
        let due = world.is_due(run).await;
        let looked = world.work(run).await;
        assert!(!due || looked != RunOutcome::Skipped, "a run whose time has come is worked on");
    }
}

async fn take_place(world: &World, step: &Step) {
    let act = |act| drop(world.tenant.act(act));
    match *step {
        Step::Map { client, customer, shared } => map(world, client, customer, shared, None).await,
        Step::Remap { client, customer, ending } => map(world, client, customer, true, Some(ending)).await,
        Step::Unmap { client, ending } => {
            if let Some(association) = association(world, client).await {
                refusable(world.remove(association.id, ending).await);
            }
        }
        Step::SetUsers { client, users } => world.set_users(CLIENTS[client], users).await,
        Step::Rename { client } => {
            if let Some(id) = subscription(world, client).await {
                act(Act::RenameSubscription { id, name: "Security training, monthly".into() });
            }
        }
        Step::Reprice { client } => {
            if let Some(id) = subscription(world, client).await {
                act(Act::RepriceSubscription { id, price: 4.5, cost: 2.25 });
            }
        }
        Step::Move { client, customer } => {
            if let Some(id) = subscription(world, client).await {
                act(Act::MoveSubscription { id, client_id: world.customer(CUSTOMERS[customer]).0 });
            }
        }
        Step::SetActive { client, active } => {
            if let Some(id) = subscription(world, client).await {
                act(Act::SetSubscriptionActive { id, active });
            }
        }
        Step::SetCount { client, count } => {
            if let Some(id) = subscription(world, client).await {
                act(Act::SetCount { id, count });
            }
        }
        Step::Delete { client } => {
            if let Some(id) = subscription(world, client).await {
                act(Act::DeleteSubscription { id });
            }
        }
        Step::Recreate { client } => {
            if let Some(association) = association(world, client).await {
                refusable(world.recreate(association.id).await);
            }
        }
        Step::Resolve { client, adopt } => resolve(world, client, adopt).await,
        Step::Sync => sync(world, None).await,
        Step::SyncOne { client } => sync(world, Some(client)).await,
        Step::Night => {
            world.clock.advance(Duration::days(1));
            enqueue_nightly_syncs(world.ops(), Selection::Due).await.expect("the test's database answers");
        }
        Step::Fault { fault, sticky } => {
            let (fault, call) = FAULTS[fault];
            world.tenant.inject(fault, Matching::call(call), if sticky { Lasting::Sticky } else { Lasting::Once });
        }
        Step::EndFaults => world.tenant.clear_faults(),
        Step::TokensExpire => world.clock.advance(Duration::hours(3)),
        Step::ClockGoesBack => world.clock.advance(Duration::minutes(-40)),
        Step::RotateSecret => act(Act::RotateSecret),
        Step::NewCredentials => connect(world).await,
        Step::Wait => world.wait_out().await,
        Step::During { requests, ref step } => {
            if let Some(syncing) = half_a_sync(world, requests).await {
                tokio::join!(syncing, Box::pin(take_place(world, step)));
            }
        }
        Step::Kill { requests } => {
            // Nothing of it runs any more once it is dropped.
            drop(half_a_sync(world, requests).await);
            world.end_leases().await;
        }
    }
}

/// A sync of everything that has sent this many requests and continues when it is polled; `None` if
/// it was over before.
async fn half_a_sync(world: &World, requests: usize) -> Option<impl Future<Output = RunOutcome>> {
    sync(world, None).await;
    let run = world.open_run().await?;
    world.bring_forward(run).await;
    let mark = world.mark();
    let mut syncing = Box::pin(world.work(run));
    // The tenant's journal is read first: what is dropped then has no request under way.
    tokio::select! {
        biased;
        () = world.tenant.until(|tenant| tenant.journal().len() >= mark + requests) => Some(syncing),
        _ = &mut syncing => None,
    }
}

async fn association(world: &World, client: usize) -> Option<Association> {
    let client = world.client(CLIENTS[client]).await;
    world.associations().await.into_iter().find(|association| association.client == client)
}

async fn subscription(world: &World, client: usize) -> Option<i32> {
    Some(association(world, client).await?.subscription?.id.0)
}

async fn map(world: &World, client: usize, customer: usize, shared: bool, replace: Option<Ending>) {
    let mapping = world.mapping(CLIENTS[client], CUSTOMERS[customer]).await;
    refusable(world.associate(&[Mapping { allow_shared: shared, replace, ..mapping }]).await);
}

async fn resolve(world: &World, client: usize, adopt: bool) {
    let Some(association) = association(world, client).await else { return };
    let Some(problem) = association.problem else { return };
    let answer = match problem.subscriptions().first() {
        Some(&id) if adopt => Answer::Adopt(Some(id)),
        _ => Answer::CreateNew,
    };
    refusable(world.resolve(association.id, answer).await);
}

async fn sync(world: &World, client: Option<usize>) {
    let admin = world.admin().await;
    let clients = match client {
        Some(client) => Some(vec![Some(world.client(CLIENTS[client]).await)]),
        None => None,
    };
    refusable(request_sync(world.ops(), &request(&admin), world.partner().await, clients).await);
}

/// Saves what Halo's application has now.
async fn connect(world: &World) {
    let admin = world.admin().await;
    refusable(save_connection(world.ops(), &request(&admin), world.partner().await, world.details()).await);
}

/// A refusal is a valid outcome; any other error is not.
fn refusable<T>(result: Result<T, OpError>) {
    match result {
        Ok(_) => {}
        Err(OpError::Refused(errors) | OpError::ChecksFailed { errors, .. }) => {
            let unreasonable = errors.iter().find(|error| error.code == UserErrorCode::Invalid);
            assert_eq!(unreasonable, None, "nothing here is typed wrongly");
        }
        Err(error) => panic!("{error:?}"),
    }
}
