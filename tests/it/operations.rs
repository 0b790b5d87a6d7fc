//! The commands of docs/operations.md, in their order and as they stand, in a plain install on a
//! database server of its own. A stranger follows them; nothing is added.

use std::net::TcpListener;
use std::process::Stdio;

use anyhow::Context as _;
use infima_halo::config::Variables;
use infima_halo::dev::postgres::{self, PostgresOptions};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{Connection as _, PgConnection};
use tokio::process::Command;

use crate::cli::KEYS;
use crate::support::data_dir;
use crate::support::db::postgres_program;
use crate::support::program::run;
use crate::support::world::World;

const OPERATIONS: &str = include_str!("../../docs/operations.md");

/// The blocks of commands, one after the other.
fn commands() -> String {
    let blocks = OPERATIONS.split("```sh\n").skip(1);
    blocks.filter_map(|rest| Some(rest.split_once("```")?.0)).collect()
}

fn named(url: &SecretString, database: &str) -> anyhow::Result<String> {
    let mut url = url::Url::parse(url.expose_secret())?;
    url.set_path(database);
    Ok(url.into())
}

#[tokio::test]
async fn commands_of_the_operations_document_work_as_they_stand() -> anyhow::Result<()> {
    let Some(dump) = postgres_program("pg_dump") else {
        println!("SKIPPED: pg_dump and psql are not installed, so the commands were not followed.");
        return Ok(());
    };
    let world = World::builder().build().await;
    let directory = data_dir::make("operations").await;
    let mut variables = Variables::of_this_process();
    for given in ["DATABASE_URL", "DATABASE_URL_FILE"] {
        variables.set(given, "");
    }
    let cluster =
        postgres::provide(PostgresOptions { say: |_| (), ..PostgresOptions::new(&directory, &variables)? }).await?;
    let mut owner = PgConnection::connect(cluster.owner_url().expose_secret()).await?;
    sqlx::query("create database restored").execute(&mut owner).await?;
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;

    let script = format!("set -eu\ntrap 'kill $!; wait $!' EXIT\n{}", commands());
    let path = variables.get("PATH").and_then(|path| path.to_str()).unwrap_or_default();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_clear()
        .envs(["HOME", "TMPDIR"].into_iter().filter_map(|name| Some((name, variables.get(name)?))))
        .env("PATH", format!("{}:{path}", dump.parent().context("it is in a folder")?.display()))
        // Where the release would be built.
        .env("PROGRAM", env!("CARGO_BIN_EXE_infima-halo"))
        .env("DIRECTORY", directory.join("installed"))
        .env("PASSWORD", "a-password")
        .env("MIGRATE_DATABASE_URL", cluster.owner_url().expose_secret())
        .env("DATABASE_URL", cluster.app_url().expose_secret())
        .env("RESTORED_MIGRATE_DATABASE_URL", named(cluster.owner_url(), "restored")?)
        .env("RESTORED_DATABASE_URL", named(cluster.app_url(), "restored")?)
        .env("INFIMA_KEYS", KEYS)
        .env("INFIMA_LISTEN", free.to_string())
        .env("INFIMA_DRAIN_SECONDS", "0")
        .env("INFIMA_AUTH_JWKS_URL", world.publish_keys().await)
        .env("INFIMA_AUTH_ISSUER", "https://id.example.com")
        .env("INFIMA_AUTH_AUDIENCE", "halo")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let followed = run(&mut shell).await;
    assert!(followed.status.success(), "{}\n{}", followed.stdout, followed.stderr);

    let mut restored = PgConnection::connect(&named(cluster.owner_url(), "restored")?).await?;
    let migrations: i64 = sqlx::query_scalar("select count(*) from _sqlx_migrations").fetch_one(&mut restored).await?;
    assert!(migrations > 10, "{}", followed.stdout);
    restored.close().await?;
    owner.close().await?;
    cluster.stop().await?;
    data_dir::remove(&directory).await;
    Ok(())
}
