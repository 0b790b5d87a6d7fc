//! A process that is asked to stop: who sends it requests learns so first, what is under way is
//! finished or given back, and no other process waits for it.

use infima_halo::auth::Role;
use infima_halo::domain::run::RunState;
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use nix::sys::signal::{Signal, kill};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::http::sockets::Socket;
use crate::ops::sync::crash::{as_it_should_be, three_clients};
use crate::support::api_process::ApiProcess;
use crate::support::program::Web;
use crate::support::served::{Reply, client};
use crate::support::until;
use crate::support::worker::Worker;
use crate::support::world::{PARTNER, World};

const SEARCH: &str = "{ haloCustomers(search: \"ald\") { nodes { name } } }";

#[tokio::test]
async fn stopping_serve_is_unready_first_then_closes_and_answers_what_is_under_way() {
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().mapped().build().await;
    let run = world.request_sync().await;
    let serve = ApiProcess::start(&world, &[("INFIMA_DRAIN_SECONDS", "4")]).await;
    let token = world.token(Role::PartnerAdmin, Some(PARTNER)).expose_secret().to_owned();
    let (http, web) = (client(), Web::new());
    let ask = |document: String| {
        let request = http.post(serve.url("/graphql")).bearer_auth(&token).json(&json!({ "query": document }));
        async move { Reply::of(request).await }
    };
    let mut socket = Socket::signed_in(serve.address, &token).await;
    socket.subscribe("run", &format!("subscription {{ haloSyncRun(id: \"{run}\") {{ status }} }}")).await;
    assert_eq!(socket.next().await["payload"]["data"]["haloSyncRun"]["status"], "QUEUED");
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::CustomerList), Lasting::Once);
    let slow = tokio::spawn(ask(SEARCH.to_owned()));
    world.tenant.until(|tenant| tenant.held() == 1).await;

    kill(serve.running.pid(), Signal::SIGTERM).unwrap();
    web.get_until(&serve.url("/health/ready"), |ready| *ready == json!({ "ready": false, "because": "stopping" }))
        .await;
    let meanwhile = ask("{ viewer { role } }".to_owned()).await;
    assert_eq!((meanwhile.status, meanwhile.code()), (200, ""), "load balancers have not noticed yet");
    assert_eq!(socket.closed().await, 1001);
    until(async || TcpStream::connect(serve.address).await.is_err()).await;
    assert_eq!(world.tenant.held(), 1, "the request is still under way");
    world.tenant.release();
    let slow = slow.await.unwrap();
    assert_eq!((slow.status, &slow.body["data"]["haloCustomers"]["nodes"][0]["name"]), (200, &json!("Alder")));
    assert_eq!(serve.running.end().await.status.code(), Some(0));
}

/// Leases of ten minutes: a run that had to wait for the end of one would not end in this test.
const LONG_LEASE: (&str, &str) = ("INFIMA_WORKER_LEASE_SECONDS", "600");

#[tokio::test]
async fn stopping_worker_is_unready_finishes_its_step_and_hands_the_run_over() {
    let (world, run) = three_clients().await;
    world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Update), Lasting::Once);
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let more = [LONG_LEASE, ("INFIMA_WORKER_LISTEN", &port.to_string()), ("INFIMA_HALO_TIMEOUT_SECONDS", "30")];
    let mut worker = Worker::start_with(&world, &more);
    world.tenant.until(|tenant| tenant.held() == 1).await;
    worker.signal(Signal::SIGTERM);
    let ready = format!("http://{port}/health/ready");
    Web::new().get_until(&ready, |ready| *ready == json!({ "ready": false, "because": "stopping" })).await;
    world.tenant.release();
    assert!(worker.ended().await.success());
    let waiting = world.run(run).await;
    assert_eq!((waiting.state, waiting.summary.updated), (RunState::Queued, 1), "the step was finished");

    let next = Worker::start_with(&world, &[LONG_LEASE]);
    assert_eq!(world.until_run(run, |run| run.state.is_finished()).await.state, RunState::Succeeded);
    next.kill().await;
    as_it_should_be(&world, &[("Alder", 3), ("Birch", 6), ("Cedar", 2)]).await;
}

#[tokio::test]
async fn stopping_worker_gives_back_what_it_cannot_finish_in_time() {
    let (world, run) = three_clients().await;
    world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Update), Lasting::Once);
    // The request may be under way for longer than the worker waits.
    let more = [LONG_LEASE, ("INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", "1"), ("INFIMA_HALO_TIMEOUT_SECONDS", "5")];
    let mut worker = Worker::start_with(&world, &more);
    world.tenant.until(|tenant| tenant.held() == 1).await;
    worker.signal(Signal::SIGTERM);
    assert!(worker.ended().await.success());
    assert_eq!(world.run(run).await.state, RunState::Running, "its request may still be carried out");

    let next = Worker::start_with(&world, &[LONG_LEASE]);
    assert_eq!(world.until_run(run, |run| run.state.is_finished()).await.state, RunState::Succeeded);
    next.kill().await;
    as_it_should_be(&world, &[("Alder", 3), ("Birch", 6), ("Cedar", 2)]).await;
}
