//! The database that development and tests get without set-up.

use std::{fs, path::PathBuf};

use infima_halo::{
    config::Variables,
    dev::postgres::{self, Postgres, PostgresOptions},
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{Connection as _, PgConnection};

use crate::support::data_dir;
use crate::support::db::TestDatabase;

#[tokio::test]
async fn test_database_is_migrated_and_private() -> anyhow::Result<()> {
    let (one, other) = tokio::join!(TestDatabase::create(), TestDatabase::create());
    let (one, other) = (one.owner().await, other.owner().await);
    sqlx::query("CREATE TABLE only_here ()").execute(&one).await?;
    let there: Vec<bool> = sqlx::query_scalar(
        "SELECT to_regclass(name) IS NOT NULL FROM unnest(ARRAY['partners', 'apalis.jobs', 'only_here']) AS name",
    )
    .fetch_all(&other)
    .await?;
    assert_eq!(there, [true, true, false]);
    Ok(())
}

#[tokio::test]
async fn app_role_owns_nothing() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let (role, powerful): (String, bool) = sqlx::query_as(
        "SELECT current_user::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(&database.app().await)
    .await?;
    assert_eq!((role.as_str(), powerful), ("infima_app", false));
    Ok(())
}

/// A data directory with a private cluster in it, both gone at the end.
struct Stack(PathBuf);

impl Stack {
    async fn new(name: &str) -> Self {
        Self(data_dir::make(name).await)
    }

    async fn provide(&self) -> anyhow::Result<Postgres> {
        let mut variables = Variables::of_this_process();
        variables.set("DATABASE_URL", "");
        variables.set("DATABASE_URL_FILE", "");
        let options = PostgresOptions { say: |_| (), ..PostgresOptions::new(&self.0, &variables).unwrap() };
        postgres::provide(options).await
    }

    async fn end(self) {
        data_dir::remove(&self.0).await;
    }
}

async fn ask(url: &SecretString, question: &str) -> sqlx::Result<String> {
    let mut connection = PgConnection::connect(url.expose_secret()).await?;
    let answer = sqlx::query_scalar(sqlx::AssertSqlSafe(question)).fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(answer)
}

#[tokio::test]
async fn cluster_stops_with_its_last_user() -> anyhow::Result<()> {
    const BORN: &str = "SELECT pg_postmaster_start_time()::text";
    let stack = Stack::new("outlives").await;
    let first = stack.provide().await?;
    assert_eq!(ask(first.owner_url(), "SELECT current_setting('fsync')").await?, "on");
    let mut connection = PgConnection::connect(first.owner_url().expose_secret()).await?;
    sqlx::query("CREATE TABLE kept AS SELECT 'kept' AS word").execute(&mut connection).await?;
    connection.close().await?;
    let born = ask(first.owner_url(), BORN).await?;

    // A process that dies does not notify the cluster.
    drop(first);
    let second = stack.provide().await?;
    assert_eq!(ask(second.owner_url(), BORN).await?, born, "the running server is used again");

    let third = stack.provide().await?;
    third.stop().await?;
    assert_eq!(ask(second.owner_url(), BORN).await?, born, "it is still in use");
    let url = second.owner_url().clone();
    second.stop().await?;
    ask(&url, BORN).await.unwrap_err();

    let fourth = stack.provide().await?;
    assert_eq!(ask(fourth.owner_url(), "SELECT word FROM kept").await?, "kept");
    let refused = postgres::erase(&stack.0).await.unwrap_err().to_string();
    assert!(refused.contains("another process is using the database"), "{refused}");
    fourth.stop().await?;
    stack.end().await;
    Ok(())
}

#[tokio::test]
async fn concurrent_starts_share_one_server() -> anyhow::Result<()> {
    let stack = Stack::new("together").await;
    let (one, other) = tokio::join!(stack.provide(), stack.provide());
    let (one, other) = (one?, other?);
    const BORN: &str = "SELECT pg_postmaster_start_time()::text";
    assert_eq!(ask(one.owner_url(), BORN).await?, ask(other.owner_url(), BORN).await?);
    one.stop().await?;
    other.stop().await?;
    stack.end().await;
    Ok(())
}

#[tokio::test]
async fn deep_data_directory_is_supported() -> anyhow::Result<()> {
    let stack = Stack::new(&"deep".repeat(30)).await;
    stack.provide().await?.stop().await?;
    stack.end().await;
    Ok(())
}

#[tokio::test]
async fn incomplete_cluster_is_rebuilt() -> anyhow::Result<()> {
    let stack = Stack::new("half-made").await;
    stack.provide().await?.stop().await?;
    let data = stack.0.join("postgres/data");
    // initdb was interrupted; later the data lost its version; and the process id belongs to
    // another process by now.
    fs::create_dir(stack.0.join("postgres/data-in-the-making"))?;
    fs::remove_file(data.join("PG_VERSION"))?;
    fs::write(data.join("postmaster.pid"), format!("{}\n", std::process::id()))?;
    stack.provide().await?.stop().await?;
    fs::write(data.join("postmaster.pid"), format!("{}\n", std::process::id()))?;
    stack.provide().await?.stop().await?;
    stack.end().await;
    Ok(())
}

/// Child processes that notice end by themselves. This one does not.
#[tokio::test]
async fn leftover_processes_of_killed_server_are_no_obstacle() -> anyhow::Result<()> {
    let stack = Stack::new("orphans").await;
    let killed = stack.provide().await?;
    let mut connection = PgConnection::connect(killed.owner_url().expose_secret()).await?;
    let (orphan, server): (i32, i32) =
        sqlx::query_as("select pg_backend_pid(), split_part(pg_read_file('postmaster.pid'), chr(10), 1)::integer")
            .fetch_one(&mut connection)
            .await?;
    kill(Pid::from_raw(orphan), Signal::SIGSTOP)?;
    kill(Pid::from_raw(server), Signal::SIGKILL)?;
    drop(killed);
    stack.provide().await?.stop().await?;
    stack.end().await;
    Ok(())
}

#[tokio::test]
async fn data_of_another_postgres_version_is_not_touched() -> anyhow::Result<()> {
    let stack = Stack::new("version").await;
    stack.provide().await?.stop().await?;
    fs::write(stack.0.join("postgres/data/PG_VERSION"), "9\n")?;
    let error = stack.provide().await.err().unwrap().to_string();
    assert!(error.starts_with("the data was made by PostgreSQL 9, and installed here is "), "{error}");
    assert!(error.contains("--fresh"), "{error}");
    stack.end().await;
    Ok(())
}

#[tokio::test]
async fn unusable_given_database_is_refused() {
    async fn complaint(url: &str) -> String {
        let variables = Variables::from([("DATABASE_URL", url)]);
        let options = PostgresOptions::new("/nowhere", &variables).unwrap();
        format!("{:#}", postgres::provide(options).await.err().unwrap())
    }
    let unreachable = complaint("postgres://me:planted@127.0.0.1:1/there").await;
    assert!(unreachable.starts_with("Postgres at 127.0.0.1:1 (from DATABASE_URL) does not let us in"), "{unreachable}");
    let none = complaint("postgres//me:planted@localhost").await;
    assert!(none.starts_with("DATABASE_URL is not an address of the form"), "{none}");
    assert!(!unreachable.contains("planted") && !none.contains("planted"));
}

#[tokio::test]
async fn given_database_with_owner_role_is_used_as_app() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let variables = Variables::from([("DATABASE_URL", database.owner_url().expose_secret())]);
    let options = PostgresOptions { say: |_| (), ..PostgresOptions::new("/nowhere", &variables)? };
    let given = postgres::provide(options).await?;
    assert_eq!(ask(given.app_url(), "SELECT current_user::text").await?, "infima_app");
    given.stop().await?;
    ask(database.owner_url(), "SELECT 'still there'").await?;
    Ok(())
}
