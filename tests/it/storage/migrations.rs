//! Migrations on a database that is in use: each keeps the rows of the step before, the statements
//! of the previous release still work afterwards, and none takes away what that release uses.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, PgPool};

use super::listed_clients::disagreeing;
use crate::cli::production;
use crate::support::db::TestDatabase;
use crate::support::program::run;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");

/// What a database holds after each migration, of what that migration made possible. Each migration
/// has an entry.
const ROWS: [(i64, &str); 34] = [
    (1, ""),
    (
        2,
        "insert into partners (id, external_id, name, time_zone, state, source_version, nightly_sync, night_start, night_end)
         values ('00000000-0000-7000-8000-000000000001', 'p', 'Partner', 'Europe/Berlin', 'active', 1, true, '01:00', '05:00');
         insert into clients (id, partner_id, external_id, name, state, source_version)
         select '00000000-0000-7000-8000-000000000002', id, 'c', 'Client', 'active', 1 from partners;
         insert into users (id, partner_id, client_id, external_id, email, state, source_version)
         select gen_random_uuid(), partner_id, id, 'u' || n, nullif('U' || n || '@c.example ', 'U3@c.example '), 'active', 1
         from clients, generate_series(1, 3) n;
         insert into connections (id, partner_id, url, tenant, application_client_id, sealed_secret, sealed_with,
                                  credentials_updated_at, state, checks)
         select gen_random_uuid(), id, 'https://p.halopsa.com', 'p.halopsa.com', 'a', 's', 'k', now(), 'connected', '[]'
         from partners;
         insert into associations (id, partner_id, client_id, tenant, halo_customer_id, shared, state, marker, initial_name,
                                   subscription_id, billing, last_synced_at, last_synced_quantity)
         select '00000000-0000-7000-8000-000000000003', partner_id, id, 'p.halopsa.com', 7, false, 'active', 'm', 'n', 9,
                'line_ended', now(), 3
         from clients;
         insert into sync_runs (id, partner_id, trigger, state, interactive, nightly_date, nightly_requested_at, finished_at)
         select '00000000-0000-7000-8000-000000000004', id, 'nightly', 'succeeded', false, '2026-11-24', now(), now()
         from partners;
         insert into sync_results (id, run_id, partner_id, association_id, client_id, outcome, quantity_after,
                                   changed_in_halo, at)
         select gen_random_uuid(), '00000000-0000-7000-8000-000000000004', partner_id, id, client_id, 'created', 3, false, now()
         from associations;
         insert into activity (id, partner_id, at, actor, act) select gen_random_uuid(), id, now(), '{}', 'a' from partners;
         insert into halo_budgets (host, people) values ('p.halopsa.com', array[now()]);
         insert into canary (sealed) values ('c');",
    ),
    (3, "update connections set revision = 3"),
    (
        4,
        "insert into sync_runs (id, partner_id, trigger, state, interactive, finished_at)
         select gen_random_uuid(), id, 'nightly', 'cancelled', false, now() from partners",
    ),
    (5, ""),
    (6, "update associations set billing = 'invoice_not_started'"),
    (7, ""),
    (8, ""),
    (
        9,
        "insert into housekeeping (job, ran_at) values ('old_runs', now());
         update sync_runs set traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'",
    ),
    (10, "update associations set billing_invoice_id = 7"),
    (11, ""),
    (12, ""),
    (
        13,
        "update sync_results
         set user_counts = '{\"counted\": 3, \"same_address\": 0, \"deactivated\": 0, \"archived\": 0, \"client_archived\": 0}'",
    ),
    (14, ""),
    (15, ""),
    (
        16,
        "insert into sync_runs (id, partner_id, trigger, state, interactive, finished_at, lease_until)
         select gen_random_uuid(), id, 'nightly', 'cancelled', false, now(), now() + interval '1 minute' from partners",
    ),
    (17, ""),
    (
        18,
        "insert into client_exclusions (client_id, partner_id, reason, review_on, ends_at, excluded_at, excluded_by)
         select id, partner_id, 'a trial', '2026-12-01', '2026-11-30T23:00Z', now(), '{}' from clients",
    ),
    (19, "update connections set reconciled_at = now(), reconciliation = '{\"tenant\": \"p.halopsa.com\"}'"),
    (
        20,
        "update associations set state = 'needs_attention', problem = '{\"code\": \"customer_deleted\", \"since\": \"2026-11-25T01:00:00Z\"}';
         update connections set state = 'needs_attention', problem = '{\"code\": \"licensing_off\", \"since\": \"2026-11-25T01:00:00Z\"}'",
    ),
    (
        21,
        "update problems set acknowledged_at = now(), acknowledged_by = '{}', note = 'asked the partner', snoozed_until = now()",
    ),
    (
        22,
        "update partners set paused_until = now(), pause = '{}', subscription_name = 'INFIMA', needs_users = true,
                             fall_limit = 20;
         update associations set confirmed_fall = 1",
    ),
    (
        23,
        "insert into webhooks (id, partner_id, url, event_types, created_at, reports_since, failing_since, noticed_at,
                               disabled_at, disabled_because)
         select '00000000-0000-7000-8000-000000000005', id, 'https://hooks.example.com', '{halo.sync.failed}', now(), now(),
                now(), now(), now(), 'failing'
         from partners;
         insert into webhook_secrets (id, webhook_id, partner_id, sealed_secret, sealed_with, created_at)
         select gen_random_uuid(), id, partner_id, 's', 'k', now() from webhooks;
         insert into webhook_deliveries (id, webhook_id, partner_id, event_type, event_key, payload, state, queued_at,
                                         finished_at)
         select gen_random_uuid(), id, partner_id, 'halo.webhook.test', 'k', '{}', 'given_up', now(), now() from webhooks;
         insert into webhook_mark (made_until) values (now());
         update problems set opened_at = now()",
    ),
    (24, ""),
    (25, ""),
    (26, ""),
    (27, ""),
    (28, ""),
    (29, "insert into sync_pauses (partner_id, began_at, ends_at) select id, now(), now() from partners"),
    (30, ""),
    (31, ""),
    (32, ""),
    (33, ""),
    (34, ""),
];

fn files() -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<_> = fs::read_dir(FOLDER)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    Ok(files)
}

/// What each table holds in these columns, or in all that it has.
async fn contents(db: &PgPool, columns: &BTreeMap<String, String>) -> anyhow::Result<BTreeMap<String, String>> {
    let mut contents = BTreeMap::new();
    for (table, columns) in columns {
        let rows = format!(
            "select coalesce(string_agg(r::text, '; ' order by r::text), '') from (select {columns} from {table}) r"
        );
        contents.insert(table.clone(), sqlx::query_scalar(AssertSqlSafe(rows)).fetch_one(db).await?);
    }
    Ok(contents)
}

async fn columns(db: &PgPool) -> anyhow::Result<BTreeMap<String, String>> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.table_name::text, string_agg(quote_ident(c.column_name), ', ' order by c.ordinal_position)
         from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
         where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name <> '_sqlx_migrations'
             and c.is_generated = 'NEVER'
         group by 1",
    )
    .fetch_all(db)
    .await?;
    Ok(columns.into_iter().collect())
}

#[tokio::test]
async fn each_migration_keeps_the_rows_of_the_step_before() -> anyhow::Result<()> {
    let database = TestDatabase::create_without_tables().await;
    let owner = database.owner().await;
    let steps = std::env::temp_dir().join(format!("infima-migrations-{}", uuid::Uuid::new_v4().simple()));
    fs::create_dir(&steps)?;
    let files = files()?;
    assert_eq!(files.len(), ROWS.len(), "each migration has an entry in ROWS");
    for (file, (version, rows)) in files.iter().zip(ROWS) {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        assert!(name.starts_with(&format!("{version:04}_")), "{name}");
        let known = columns(&owner).await?;
        let before = contents(&owner, &known).await?;
        fs::copy(file, steps.join(name))?;
        Migrator::new(Path::new(&steps)).await?.run(&owner).await?;
        assert_eq!(contents(&owner, &known).await?, before, "{name} changed rows");
        sqlx::raw_sql(rows).execute(&owner).await?;
    }
    fs::remove_dir_all(steps)?;
    let users = "select active_user_count(id) from clients";
    assert_eq!(sqlx::query_scalar::<_, i32>(users).fetch_one(&owner).await?, 3);
    // What was wrong before there was a history is in it, and is no news.
    let problems = "select code || case when client_id is null then '' else ' of ' || client_id end from problems
                    where first_seen_at = '2026-11-25T01:00Z' and changed_at = first_seen_at and closed_at is null
                    order by code";
    let problems: Vec<String> = sqlx::query_scalar(problems).fetch_all(&owner).await?;
    assert_eq!(problems, ["customer_deleted of 00000000-0000-7000-8000-000000000002", "licensing_off"]);
    assert_eq!(disagreeing(&owner).await, [""; 0]);
    let client = "select associated and needs_attention and excluded_until is not null from clients";
    assert!(sqlx::query_scalar::<_, bool>(client).fetch_one(&owner).await?);
    Ok(())
}

#[tokio::test]
async fn two_processes_migrate_at_once() {
    let database = TestDatabase::create_without_tables().await;
    let (mut one, mut other) = (production(&["migrate"], &database), production(&["migrate"], &database));
    let (one, other) = tokio::join!(run(&mut one), run(&mut other));
    for ended in [one, other] {
        assert_eq!(
            (ended.status.code(), ended.stdout.as_str()),
            (Some(0), "The database is up to date.\n"),
            "{}",
            ended.stderr
        );
    }
}

/// During a deployment the previous release works on the new schema. Its statements were recorded
/// by `make previous-release`.
#[tokio::test]
async fn previous_releases_statements_work_on_the_new_schema() -> anyhow::Result<()> {
    let statements: Vec<String> = serde_json::from_str(include_str!("previous_release.json"))?;
    assert!(statements.len() > 50);
    let database = TestDatabase::create().await;
    let mut app = database.app().await.acquire().await?;
    let mut broken = Vec::new();
    // Savepoints cannot be prepared, and need no schema.
    for (number, statement) in statements.iter().filter(|statement| !statement.contains("savepoint")).enumerate() {
        let prepare = format!("prepare statement_{number} as {statement}");
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *app).await {
            broken.push(format!("{error}: {statement}"));
        }
    }
    anyhow::ensure!(broken.is_empty(), "the previous release would fail:\n{}", broken.join("\n"));
    Ok(())
}

/// The first migration that has to follow the rules: nothing is released yet, so the ones before it
/// only ever run on small databases.
const FIRST: usize = 15;
/// What takes away something that the previous release may use. A comment that begins with
/// `-- Contract:` says above it which release has stopped using it.
const TAKES_AWAY: [&str; 9] = [
    "drop table",
    "drop column",
    "drop view",
    "drop function",
    "drop type",
    "rename to",
    "rename column",
    "set not null",
    " type ",
];

/// The violations of the rules at the head of the first migration.
fn violations(migration: &str) -> Vec<String> {
    let lower = migration.to_lowercase();
    let (mut violations, mut is_contract) = (Vec::new(), false);
    for line in lower.lines() {
        if line.trim_start().starts_with("--") {
            is_contract |= line.trim_start().starts_with("-- contract:");
            continue;
        }
        let alters = line.contains("alter ") || line.trim_start().starts_with("drop ");
        if alters && !is_contract && TAKES_AWAY.iter().any(|part| line.contains(part)) {
            violations.push(format!("takes away what the previous release may use: {}", line.trim()));
        }
        if line.contains("create index") || line.contains("create unique index") {
            let table = line.split(" on ").nth(1).and_then(|rest| rest.split([' ', '(']).next()).unwrap_or_default();
            if !line.contains("concurrently") && !lower.contains(&format!("create table {table} ")) {
                violations.push(format!("locks the table while the index is built: {}", line.trim()));
            }
        }
        if line.contains("add constraint") && !lower.contains("not valid") {
            violations.push(format!("locks the table while all rows are checked: {}", line.trim()));
        }
        if line.contains("add column") && line.contains("not null") && !line.contains("default") {
            violations.push(format!("the previous release inserts rows without it: {}", line.trim()));
        }
        if line.contains(';') {
            is_contract = false;
        }
    }
    violations
}

#[test]
fn migrations_expand_before_they_contract() -> anyhow::Result<()> {
    for file in files()?.into_iter().skip(FIRST - 1) {
        assert_eq!(violations(&fs::read_to_string(&file)?), [""; 0], "{}", file.display());
    }
    for bad in [
        "alter table users drop column email;",
        "alter table users\n    rename column email to address;",
        "alter table users alter column email set not null;",
        "alter table users alter column email type varchar;",
        "drop table users;",
        "create index on users (email);",
        "alter table users add constraint some check (email <> '');",
        "alter table users add column size integer not null;",
    ] {
        let bad = bad.replace("users\n   ", "users");
        assert_eq!(violations(&bad).len(), 1, "{bad}");
    }
    for good in [
        "-- Contract: unused since 1.2.0.\nalter table users drop column email;",
        "create table pets (id uuid);\ncreate index on pets (id);",
        "create index concurrently on users (email);",
        "alter table users add constraint some check (email <> '') not valid;",
        "alter table users add column size integer not null default 0;",
    ] {
        assert_eq!(violations(good), [""; 0], "{good}");
    }
    Ok(())
}
