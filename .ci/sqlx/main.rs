//! `scratch-database <command…>`: runs the command with `DATABASE_URL` set to a migrated database
//! of the test cluster, and drops the database afterwards. `scratch-database --stop` stops the test
//! cluster.
//!
//! A separate program, because the crate does not compile while its queries have no recorded
//! metadata in `.sqlx`, which this program makes possible. It includes the two modules it needs
//! from the crate's source.

use std::{env, path::Path, process::ExitCode};

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::process::Command;

#[path = "../../src/config/mod.rs"]
#[allow(dead_code, unused_imports)]
mod config;
#[path = "../../src/dev/postgres/mod.rs"]
#[allow(dead_code)]
mod postgres;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let program = arguments.next().context("which command is to be run?")?;

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let executable = env::current_exe()?;
    let target = executable.ancestors().nth(2).context("cargo puts this program two folders deep")?;
    if program == "--stop" {
        postgres::stop(target).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let cluster = postgres::test_cluster(target, &config::Variables::of_this_process()).await?;
    let server = PgPool::connect(cluster.owner_url().expose_secret()).await?;
    let name = format!("infima_scratch_{}", std::process::id());
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    sqlx::query(AssertSqlSafe(drop.as_str())).execute(&server).await?;
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&server).await?;

    let ended = run(cluster.owner_url(), &name, &root, Command::new(program).args(arguments)).await;
    sqlx::query(AssertSqlSafe(drop)).execute(&server).await?;
    Ok(if ended? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run(server: &SecretString, name: &str, root: &Path, command: &mut Command) -> anyhow::Result<bool> {
    let mut url = url::Url::parse(server.expose_secret())?;
    url.set_path(name);
    let owner = PgPool::connect(url.as_str()).await?;
    sqlx::migrate::Migrator::new(root.join("migrations")).await?.run(&owner).await.context("the migrations fail")?;
    apalis_postgres::PostgresStorage::<()>::setup(&owner).await?;
    owner.close().await;
    Ok(command.env("DATABASE_URL", url.as_str()).env("SQLX_OFFLINE", "false").status().await?.success())
}
