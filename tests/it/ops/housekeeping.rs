//! Retention: what is past its time is removed, and nothing else is.

use infima_halo::ops::admin::housekeeping::{Job, latest_runs, run, run_due, table};
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::world::World;

/// A copy of the partner's run and its result, as they would be if they had been made so long ago.
async fn made_ago(owner: &PgPool, ago: &str, with_result: bool) {
    let at = format!("now() - interval '{ago}'");
    let id = format!("(left(first_id_at({at})::text, 13) || right(gen_random_uuid()::text, 23))::uuid");
    let run = format!(
        "insert into sync_runs (id, partner_id, trigger, state, interactive, queued_at, finished_at)
         select {id}, partner_id, trigger, state, interactive, {at}, {at} from sync_runs order by id desc limit 1
         returning id"
    );
    let run: uuid::Uuid = sqlx::query_scalar(AssertSqlSafe(run)).fetch_one(owner).await.unwrap();
    if with_result {
        let result = format!(
            "insert into sync_results (id, run_id, partner_id, association_id, client_id, outcome, changed_in_halo, at)
             select {id}, $1, partner_id, association_id, client_id, outcome, changed_in_halo, {at}
             from sync_results order by id desc limit 1"
        );
        sqlx::query(AssertSqlSafe(result)).bind(run).execute(owner).await.unwrap();
    }
}

/// How many months ago the runs and the results that are left were made.
async fn left(owner: &PgPool) -> [Vec<i32>; 2] {
    let ages = async |table: &str, time: &str| {
        let age = format!("extract(year from age(now(), {time})) * 12 + extract(month from age(now(), {time}))");
        let ages = format!("select ({age})::integer from {table} order by {time} desc");
        sqlx::query_scalar(AssertSqlSafe(ages)).fetch_all(owner).await.unwrap()
    };
    [ages("sync_runs", "finished_at").await, ages("sync_results", "at").await]
}

#[tokio::test]
async fn results_and_runs_past_their_time_are_removed() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let (ops, owner) = (world.ops(), &world.owner);
    for (ago, with_result) in [("26 months", true), ("24 months", true), ("14 months", true), ("26 months", false)] {
        made_ago(owner, ago, with_result).await;
    }
    assert_eq!(run(ops, Job::OldRuns).await?, 1, "a run stays as long as its results");
    assert_eq!(run(ops, Job::OldResults).await?, 1);
    assert_eq!(run(ops, Job::OldRuns).await?, 1);
    assert_eq!(left(owner).await, [vec![0, 14, 24], vec![0, 14, 24]]);
    // Whatever the application asks for, the evidence of the last year is kept.
    let mut app = world.database.app().await.acquire().await?;
    let removed: i64 = sqlx::query_scalar("select prune_results('1 day')").fetch_one(&mut *app).await?;
    assert_eq!((removed, left(owner).await[1].clone()), (2, vec![0]));
    let refused = sqlx::query("delete from sync_results").execute(&mut *app).await;
    assert!(refused.unwrap_err().to_string().contains("permission denied"));
    Ok(())
}

#[tokio::test]
async fn problems_that_are_gone_are_removed_past_their_time() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let (ops, owner) = (world.ops(), &world.owner);
    for closed in
        ["null", "now() - interval '14 months'", "now() - interval '24 months'", "now() - interval '26 months'"]
    {
        let problem = format!(
            "insert into problems (partner_id, association_id, client_id, code, problem, blocks_sync, first_seen_at,
                                   last_seen_at, changed_at, closed_at)
             select partner_id, id, client_id, 'customer_deleted', '{{}}', true, '2020-01-01', '2020-01-01', '2020-01-01',
                    {closed}
             from associations"
        );
        sqlx::query(AssertSqlSafe(problem)).execute(owner).await?;
    }
    assert_eq!((run(ops, Job::OldProblems).await?, run(ops, Job::OldProblems).await?), (1, 0));
    // Whatever the application asks for, those of the last year are kept, and so are open ones.
    let mut app = world.database.app().await.acquire().await?;
    let removed: i64 = sqlx::query_scalar("select prune_problems('1 day')").fetch_one(&mut *app).await?;
    let left = sqlx::query_scalar::<_, i64>("select count(*) from problems where closed_at is null");
    assert_eq!((removed, left.fetch_one(owner).await?), (2, 1));
    let refused = sqlx::query("delete from problems").execute(&mut *app).await;
    assert!(refused.unwrap_err().to_string().contains("permission denied"));
    Ok(())
}

#[tokio::test]
async fn housekeeping_runs_when_due_once_for_all_processes() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    let ops = world.ops();
    assert_eq!(latest_runs(ops).await?.0, []);
    let budget = "insert into halo_budgets (host, people, syncs) values ($1, array[now() - interval '2 days'], '{}')";
    for host in ["one", "two"] {
        sqlx::query(budget).bind(host).execute(&world.owner).await?;
    }
    let (one, other) = tokio::join!(run_due(ops), run_due(ops));
    one.and(other)?;
    let removed = async |job: Job| {
        let (runs, _) = latest_runs(ops).await.unwrap();
        runs.into_iter().find(|run| run.job == job.name()).map(|run| run.removed)
    };
    assert_eq!((removed(Job::UnusedBudgets).await, removed(Job::AuditLog).await), (Some(2), Some(0)));
    // Not due yet, and due again.
    sqlx::query(budget).bind("three").execute(&world.owner).await?;
    run_due(ops).await?;
    assert_eq!(removed(Job::UnusedBudgets).await, Some(2));
    sqlx::query("update housekeeping set ran_at = ran_at - interval '1 minute'").execute(&world.owner).await?;
    run_due(ops).await?;
    assert_eq!(removed(Job::UnusedBudgets).await, Some(1));
    let in_all = "select removed_in_all from housekeeping where job = 'unused_budgets'";
    assert_eq!(sqlx::query_scalar::<_, i64>(in_all).fetch_one(&world.owner).await?, 3);
    Ok(())
}

#[test]
fn housekeeping_is_documented_as_it_is() -> anyhow::Result<()> {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md"))?;
    let (start, end) = ("<!-- housekeeping:start -->", "<!-- housekeeping:end -->");
    let written = document.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map(|(table, _)| table.trim());
    let table = table();
    assert!(
        written == Some(table.trim()),
        "the table in docs/operations.md is stale; put this between {start} and {end}:\n\n{table}"
    );
    Ok(())
}
