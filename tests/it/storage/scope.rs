//! The scope of a transaction ends with it, however it ends.

use infima_halo::auth::PartnerScope;
use infima_halo::storage::{Db, SharedReader};
use sqlx::{PgConnection, Row as _};

use crate::support::world::World;

async fn scope_of(db: &mut PgConnection) -> String {
    let setting = "select coalesce(current_setting('infima.scope', true), '')";
    sqlx::query_scalar(setting).fetch_one(db).await.unwrap()
}

async fn clients_seen(db: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select count(*) from clients").fetch_one(db).await.unwrap()
}

/// A world with one client, and a pool of one connection.
async fn one_connection() -> (World, PartnerScope, Db) {
    let world = World::builder().clients(&[("Alder", 1)]).build().await;
    let db = Db::connect(world.database.app_url(), 1).await.unwrap();
    let scope = world.scope().await;
    (world, scope, db)
}

async fn assert_pool_is_without_scope(db: &Db, after: &str) {
    let mut connection = db.pool().acquire().await.unwrap();
    assert_eq!(clients_seen(&mut connection).await, 0, "after {after}");
    assert_eq!(scope_of(&mut connection).await, "", "after {after}");
    // A transaction that is still open began before this statement.
    let statement = sqlx::raw_sql("select now() = statement_timestamp()");
    let row = statement.fetch_one(&mut *connection).await.unwrap();
    assert!(row.get::<bool, _>(0), "a transaction is still open after {after}");
}

#[tokio::test]
async fn scope_never_outlives_its_transaction() {
    let (_world, scope, db) = one_connection().await;
    let mut reader = db.read(&scope).await.unwrap();
    assert_eq!((clients_seen(&mut reader).await, scope_of(&mut reader).await), (1, scope.setting()));
    drop(reader);
    assert_pool_is_without_scope(&db, "a reader that was dropped").await;

    let mut tx = db.begin(&scope).await.unwrap();
    assert_eq!(clients_seen(&mut tx).await, 1);
    tx.commit().await.unwrap();
    assert_pool_is_without_scope(&db, "a commit").await;

    db.begin(&scope).await.unwrap().rollback().await.unwrap();
    assert_pool_is_without_scope(&db, "a rollback").await;

    let mut reader = db.read(&scope).await.unwrap();
    assert!(sqlx::query("select 1 / 0").execute(&mut *reader).await.is_err());
    drop(reader);
    assert_pool_is_without_scope(&db, "an error").await;

    let mut reader = db.read(&scope).await.unwrap();
    let slow = sqlx::query("select pg_sleep(0.05)").execute(&mut *reader);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(1), slow).await.is_err());
    drop(reader);
    assert_pool_is_without_scope(&db, "a statement that was dropped halfway").await;
}

/// A request that is dropped while its transaction begins: wherever it was, the connection returns
/// to the pool without a transaction.
#[tokio::test]
async fn beginning_that_is_dropped_leaves_no_scope() {
    let (_world, scope, db) = one_connection().await;
    for polls in 0..12 {
        let mut beginning = Box::pin(db.read(&scope));
        for _ in 0..polls {
            if futures::poll!(&mut beginning).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(beginning);
        assert_pool_is_without_scope(&db, &format!("{polls} polls")).await;
    }
}

#[tokio::test]
async fn reader_cannot_write() {
    let (_world, scope, db) = one_connection().await;
    let mut reader = db.read(&scope).await.unwrap();
    let refused = sqlx::query("update clients set name = 'renamed'").execute(&mut *reader).await.unwrap_err();
    let code = refused.as_database_error().and_then(|error| error.code()).map(String::from);
    assert_eq!(code.as_deref(), Some("25006"), "{refused}");
}

/// The reads of one request take turns: in one transaction while the scope is the same, and never
/// in one that failed.
#[tokio::test]
async fn shared_reads_use_one_transaction_for_each_scope() {
    let (world, scope, db) = one_connection().await;
    world.import_partner("other", &[]).await;
    let other = PartnerScope::for_worker(world.partner_named("other").await);
    let reads = SharedReader::new(db.clone());
    let begun_at = async |db: &mut PgConnection| {
        let began: String = sqlx::query_scalar("select now()::text").fetch_one(db).await.unwrap();
        began
    };
    let mut first = reads.turn(&scope).await.unwrap();
    let began = begun_at(&mut first).await;
    first.end();
    assert!(reads.is_open());
    let mut second = reads.turn(&scope).await.unwrap();
    assert_eq!((begun_at(&mut second).await, clients_seen(&mut second).await), (began.clone(), 1));
    assert!(!reads.is_open(), "it is in use");
    second.end();

    let mut foreign = reads.turn(&other).await.unwrap();
    assert_ne!(begun_at(&mut foreign).await, began, "another scope is another transaction");
    assert_eq!((clients_seen(&mut foreign).await, scope_of(&mut foreign).await), (0, other.setting()));
    foreign.end();

    let mut failed = reads.turn(&scope).await.unwrap();
    assert!(sqlx::query("select 1 / 0").execute(&mut *failed).await.is_err());
    drop(failed);
    let mut after = reads.turn(&scope).await.unwrap();
    assert_eq!(clients_seen(&mut after).await, 1);
    after.end();

    // What needs a connection of its own gets it, and the reads wait meanwhile.
    let suspended = reads.suspend().await;
    assert_pool_is_without_scope(&db, "the reads were suspended").await;
    drop(suspended);
    reads.turn(&scope).await.unwrap().end();
    reads.close();
    assert_pool_is_without_scope(&db, "the reads were closed").await;
}

/// The pool does not test its connections: a restart of Postgres, or a pooler, may have ended all
/// of them.
#[tokio::test]
async fn connections_that_were_lost_are_replaced_without_an_error() {
    const SIZE: u32 = 3;
    let world = World::builder().clients(&[("Alder", 1)]).build().await;
    let (db, scope) = (Db::connect(world.database.app_url(), SIZE).await.unwrap(), world.scope().await);
    let lose_all = async || {
        let open = futures::future::try_join_all((0..SIZE).map(|_| db.read(&scope))).await.unwrap();
        let ids = futures::future::join_all(open.into_iter().map(async |mut reader| {
            sqlx::query_scalar::<_, i32>("select pg_backend_pid()").fetch_one(&mut *reader).await.unwrap()
        }));
        for id in ids.await {
            let ended = "select pg_terminate_backend($1, 60000)";
            assert!(sqlx::query_scalar::<_, bool>(ended).bind(id).fetch_one(&world.owner).await.unwrap());
        }
    };
    lose_all().await;
    assert_eq!(clients_seen(&mut db.read(&scope).await.unwrap()).await, 1);
    lose_all().await;
    db.begin(&scope).await.unwrap().commit().await.unwrap();
    lose_all().await;
    assert_eq!(clients_seen(&mut db.acquire().await.unwrap()).await, 0);
}
