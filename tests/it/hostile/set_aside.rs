//! A run during which the process dies.

use infima_halo::auth::Role;
use infima_halo::domain::run::RunState;
use infima_halo::ids::{ClientId, HaloCustomerId};
use infima_halo::ops::association::save::{Mapping, associate_clients};
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::sync::run::Failpoint;

use crate::support::until;
use crate::support::worker::Worker;
use crate::support::world::{World, details_of, request};

const NEIGHBOUR: &str = "neighbour";

/// A run that ends every process that takes it up: the third worker does not take it up, and
/// executes another partner's run.
#[tokio::test]
async fn run_that_ends_two_workers_is_set_aside_and_other_runs_go_their_way() {
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().synced().build().await;
    let run = world.request_sync().await;
    for _ in 0..2 {
        let mut worker = Worker::stopping_at(&world, &[Failpoint::HaloRead]);
        worker.stopped_at().await;
        worker.kill().await;
    }
    world.import_partner(NEIGHBOUR, &[("Elm", 2)]).await;
    let admin = world.caller(Role::PartnerAdmin, Some(NEIGHBOUR)).await;
    let neighbour = world.partner_named(NEIGHBOUR).await;
    let tenant = world.sandbox.tenant("other");
    save_connection(world.ops(), &request(&admin), neighbour, details_of(&tenant))
        .await
        .expect("the details are right");
    let client = sqlx::query_scalar("select id from clients where external_id = 'neighbour/Elm'");
    let client = Some(ClientId(client.fetch_one(&world.owner).await.expect("it was imported")));
    let customer = HaloCustomerId(tenant.customers()[0].id);
    let mapping = Mapping { client, customer, allow_shared: false, replace: None };
    let associated = associate_clients(world.ops(), &request(&admin), neighbour, &[mapping]).await;
    let other = associated.expect("the mapping is right").run.expect("there is something to do");
    let worker = Worker::start(&world);
    let set_aside = world.until_run(run, |run| run.problem.is_some()).await;
    assert_eq!(set_aside.state, RunState::Queued);
    assert_eq!(set_aside.problem.map(|problem| problem.code().as_str()), Some("internal_fault"));
    let wait = set_aside.next_attempt_at - world.clock.now();
    assert!(wait > chrono::Duration::minutes(4) && wait <= chrono::Duration::minutes(5), "{wait}");
    let state = "select state = 'succeeded' from sync_runs where id = $1";
    until(async || sqlx::query_scalar(state).bind(other.0).fetch_one(&world.owner).await.expect("it is there")).await;
    assert_eq!(world.run(run).await.state, RunState::Queued);
    worker.kill().await;
}
