//! Faults of the database in the middle of a night: no run is lost, and Halo has each subscription
//! once.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::unistd::Uid;
use secrecy::ExposeSecret as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use super::night::Night;
use crate::support::cable::Cable;
use crate::support::server::Server;
use crate::support::until;
use crate::support::world::World;

/// How long a fault lasts, where its end is ours to choose.
const LASTS: Duration = Duration::from_secs(4);

#[tokio::test]
async fn postgres_stopped_at_once_in_a_night_loses_nothing() {
    let mut server = Server::start("stopped").await;
    let night = Night::in_the_middle(World::builder().database(server.database()), &[]).await;
    server.crash().await;
    night.world.tenant.release();
    tokio::time::sleep(LASTS).await;
    server.start_again().await;
    let owner = night.world.database.owner_url().expose_secret();
    night.ends_well("Postgres stopped and started", Instant::now(), owner).await;
    drop(night.end().await);
    server.remove().await;
}

#[tokio::test]
async fn failover_to_another_server_loses_nothing() {
    let mut server = Server::start("failover").await;
    let cable = Arc::new(Cable::lay());
    let builder = World::builder().database(server.database()).adjust(cable.between());
    let night = Night::in_the_middle(builder, &[]).await;
    let Some(standby) = server.standby(&night.world.owner).await else {
        println!("SKIPPED: pg_basebackup is not installed, so there is no standby to fail over to.");
        return;
    };
    server.crash().await;
    let mut promoted = PgConnection::connect(&standby.owner_url).await.unwrap();
    assert!(sqlx::query_scalar::<_, bool>("select pg_promote()").fetch_one(&mut promoted).await.unwrap());
    cable.lead_to(&standby.sockets);
    cable.cut();
    night.ends_well("failover to another server", Instant::now(), &standby.owner_url).await;
    drop(night.end().await);
    standby.end().await;
    server.remove().await;
}

#[tokio::test]
async fn connections_killed_for_a_while_lose_nothing() {
    // A sync that loses its database again and again counts as one during which workers die: it is
    // set aside for this long.
    let settings = [("INFIMA_WORKER_COOL_DOWN_SECONDS", "2")];
    let night = Night::in_the_middle(World::builder(), &settings).await;
    night.world.tenant.release();
    let until = Instant::now() + LASTS;
    while Instant::now() < until {
        cut(&night.world.owner).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let owner = night.world.database.owner_url().expose_secret();
    night.ends_well("connections killed for a while", Instant::now(), owner).await;
    drop(night.end().await);
}

#[tokio::test]
async fn exhausted_pools_lose_nothing() {
    let small = [("INFIMA_DATABASE_WORKER_CONNECTIONS", "4")];
    let night = Night::in_the_middle(World::builder(), &small).await;
    let limit = async |most: i32| {
        let name: String = sqlx::query_scalar("select current_database()").fetch_one(&night.world.owner).await.unwrap();
        let limit = format!("alter database {name} connection limit {most}");
        sqlx::raw_sql(AssertSqlSafe(limit)).execute(&night.world.owner).await.unwrap();
    };
    // Two workers want up to 22 connections.
    limit(3).await;
    cut(&night.world.owner).await;
    night.world.tenant.release();
    tokio::time::sleep(LASTS).await;
    limit(-1).await;
    let owner = night.world.database.owner_url().expose_secret();
    night.ends_well("pools exhausted", Instant::now(), owner).await;
    drop(night.end().await);
}

async fn cut(owner: &PgPool) {
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity
               where datname = current_database() and usename = 'infima_app'";
    sqlx::query(cut).execute(owner).await.unwrap();
}

/// A file system of its own, of this size, for the tables.
struct SmallDisk(PathBuf);

impl SmallDisk {
    async fn mount(server: &Server) -> Option<Self> {
        if !Uid::effective().is_root() {
            return None;
        }
        let folder = server.folder().join("small-disk");
        std::fs::create_dir(&folder).unwrap();
        let owner = std::fs::metadata(server.folder().join("data")).unwrap();
        let owner = format!("uid={},gid={}", owner_of(&owner).0, owner_of(&owner).1);
        let options = format!("size=40m,mode=0700,{owner}");
        let mut mount = tokio::process::Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&folder).output().await.ok()?;
        mounted.status.success().then_some(Self(folder))
    }
}

fn owner_of(file: &std::fs::Metadata) -> (u32, u32) {
    use std::os::unix::fs::MetadataExt as _;
    (file.uid(), file.gid())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[tokio::test]
async fn full_disk_in_a_night_loses_nothing() {
    let mut server = Server::start("full-disk").await;
    let Some(disk) = SmallDisk::mount(&server).await else {
        println!("SKIPPED: only root can give the database a small disk.");
        return server.remove().await;
    };
    let owner = server.database().owner().await;
    let tables =
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'apalis')";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&owner).await.unwrap();
    let place = format!("create tablespace small location '{}'", disk.0.display());
    sqlx::raw_sql(AssertSqlSafe(place)).execute(&owner).await.unwrap();
    for table in tables {
        let moved = format!("alter table {table} set tablespace small");
        sqlx::raw_sql(AssertSqlSafe(moved)).execute(&owner).await.unwrap();
    }
    let night = Night::in_the_middle(World::builder().database(server.database()), &[]).await;
    sqlx::raw_sql("create table ballast (text text) tablespace small").execute(&owner).await.unwrap();
    let fill = "insert into ballast select repeat(md5(n::text), 30) from generate_series(1, 500) n";
    let full = async || sqlx::raw_sql(fill).execute(&owner).await.is_err();
    until(full).await;
    // The disk stays full: the table keeps the pages of the failed insert.
    night.world.tenant.release();
    tokio::time::sleep(LASTS).await;
    sqlx::raw_sql("drop table ballast").execute(&owner).await.unwrap();
    let url = night.world.database.owner_url().expose_secret();
    night.ends_well("the database's disk full", Instant::now(), url).await;
    drop(night.end().await);
    owner.close().await;
    server.stop().await;
    drop(disk);
    server.remove().await;
}
