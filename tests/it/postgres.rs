//! The database that development and tests get without set-up.

use crate::support::db::TestDatabase;

#[tokio::test]
async fn each_test_has_a_migrated_database_of_its_own() {
    let (one, other) = tokio::join!(TestDatabase::fresh(), TestDatabase::fresh());
    let (one, other) = (one.owner().await, other.owner().await);
    sqlx::query("CREATE TABLE only_here ()").execute(&one).await.unwrap();
    let there: Vec<bool> = sqlx::query_scalar(
        "SELECT to_regclass(name) IS NOT NULL FROM unnest(ARRAY['partners', 'apalis.jobs', 'only_here']) AS name",
    )
    .fetch_all(&other)
    .await
    .unwrap();
    assert_eq!(there, [true, true, false]);
}

#[tokio::test]
async fn the_app_connects_as_a_role_that_owns_nothing() {
    let database = TestDatabase::fresh().await;
    let (role, powerful): (String, bool) = sqlx::query_as(
        "SELECT current_user::text, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(&database.app().await)
    .await
    .unwrap();
    assert_eq!((role.as_str(), powerful), ("infima_app", false));
}
