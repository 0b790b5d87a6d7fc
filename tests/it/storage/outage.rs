//! A database that cannot be written to, and one that is away for a while.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Request;
use futures::StreamExt;
use infima_halo::app::App;
use infima_halo::ops::admin::status::{NotReady, check_ready};
use serde_json::json;
use tokio::time::timeout;

use crate::graphql::{Api, shown};
use crate::support::cable::Cable;
use crate::support::served::Served;
use crate::support::world::World;

const SAVE: &str = "mutation { updateHaloSyncSettings(input: { nightly: false }) { userErrors { code } } }";

#[tokio::test]
async fn full_disk_is_unavailable_and_not_ready() {
    let served = Served::over(World::builder().build().await).await;
    assert_eq!(check_ready(served.world.ops()).await, Ok(()));
    sqlx::raw_sql(
        "create function full_disk() returns trigger language plpgsql as $$
         begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
         create trigger full_disk before insert on activity for each row execute function full_disk()",
    )
    .execute(&served.world.owner)
    .await
    .unwrap();
    let reply = served.ask(&served.admin(), SAVE, json!({})).await;
    assert_eq!(reply.code(), "UNAVAILABLE", "{reply:?}");
    assert!(reply.body["errors"][0]["extensions"]["retryAfter"].is_u64(), "{reply:?}");
    assert_eq!(check_ready(served.world.ops()).await, Err(NotReady::WriteRefused));
}

#[tokio::test]
async fn read_only_database_is_unavailable_and_not_ready() {
    let mut world = World::builder().build().await;
    let name: String = world.value("select current_database()").await;
    let read_only = format!("alter database {name} set default_transaction_read_only = on");
    sqlx::raw_sql(sqlx::AssertSqlSafe(read_only)).execute(&world.owner).await.unwrap();
    world.app = App::build(&world.config, world.clock.clone(), 2).await.expect("it can be read");
    assert_eq!(check_ready(world.ops()).await, Err(NotReady::ReadOnly));
    let served = Served::over(world).await;
    let reply = served.ask(&served.admin(), SAVE, json!({})).await;
    assert_eq!(reply.code(), "UNAVAILABLE", "{reply:?}");
    let viewer = served.ask(&served.admin(), "{ viewer { role } }", json!({})).await;
    assert_eq!(viewer.code(), "", "what can be read is answered");
}

#[tokio::test]
async fn subscription_survives_a_database_that_is_away_for_a_while() {
    let cable = Arc::new(Cable::lay());
    let world = World::builder().clients(&[("Alder", 3)]).connected().adjust(cable.between()).build().await;
    let run = world.map(&["Alder"]).await.run.expect("it is to be created");
    let api = Api::over(world);
    let admin = api.world.admin().await;
    let follow = format!("subscription {{ haloSyncRun(id: \"{run}\") {{ status }} }}");
    let mut events = api.schema.execute_stream(Request::new(follow).data(admin)).map(shown);
    assert_eq!(events.next().await.unwrap()["data"]["haloSyncRun"]["status"], "QUEUED");
    // Every connection but the one that listens for changes is gone, and there are no new ones.
    cable.refuse(true);
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and usename = 'infima_app' and query not ilike 'listen%'";
    sqlx::query(cut).execute(&api.world.owner).await.unwrap();
    // A change has the run read again, in vain.
    sqlx::query("select pg_notify('sync_run', $1)").bind(run.0.to_string()).execute(&api.world.owner).await.unwrap();
    let early = timeout(Duration::from_secs(8), events.next()).await;
    assert!(early.is_err(), "{early:?}");
    cable.refuse(false);
    let rest = async {
        let mut last = String::new();
        while let Some(event) = events.next().await {
            last = event["data"]["haloSyncRun"]["status"].as_str().unwrap_or_else(|| panic!("{event}")).to_owned();
        }
        last
    };
    let (last, _) = tokio::join!(rest, api.world.work(run));
    assert_eq!(last, "SUCCEEDED");
}
