//! Row-level security: what Postgres itself keeps from the app's role, whatever a query forgets.

use infima_halo::auth::{PartnerScope, SystemScope};
use infima_halo::ids::PartnerId;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Row};

use crate::support::db::TestDatabase;
use crate::support::world::{PARTNER, World};

/// Tables of `public` that have no partner, and why.
const WITHOUT_PARTNER: [&str; 5] = [
    "_sqlx_migrations", // the owner's
    "canary",           // one row, sealed
    "housekeeping",     // when each job of housekeeping ran, and how many rows it removed
    "webhook_mark",     // up to when facts of all partners were read
    "halo_budgets",     // counts of requests by host, shared by all who call it
];

/// Every table that holds partners' rows, with the column that names the partner.
async fn tables(db: &PgPool) -> Vec<(String, &'static str)> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
         order by 1",
    )
    .fetch_all(db)
    .await
    .unwrap();
    let tables: Vec<_> = tables.into_iter().filter(|table| !WITHOUT_PARTNER.contains(&table.as_str())).collect();
    assert!(tables.len() >= 8, "the tables were found: {tables:?}");
    tables.into_iter().map(|table| (table.clone(), if table == "partners" { "id" } else { "partner_id" })).collect()
}

async fn scoped(app: &PgPool, setting: &str) -> sqlx::pool::PoolConnection<sqlx::Postgres> {
    let mut db = app.acquire().await.unwrap();
    sqlx::query("select set_config('infima.scope', $1, false)").bind(setting).execute(&mut *db).await.unwrap();
    db
}

async fn count(db: &mut PgConnection, statement: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(statement.to_owned())).fetch_one(db).await.unwrap()
}

/// Why Postgres refused: its own code.
async fn refusal(db: &mut PgConnection, statement: &str) -> String {
    let refused = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(db).await;
    let error = refused.err().unwrap_or_else(|| panic!("this was not refused: {statement}"));
    error.as_database_error().and_then(|error| error.code()).map(String::from).unwrap_or_default()
}

const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Two partners with rows in every table.
async fn two_partners() -> (World, PartnerId, PartnerId) {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let other = crate::graphql::matrix::add_other_partner(&world).await;
    let own = world.partner_named(PARTNER).await;
    let excluded = "insert into client_exclusions (client_id, partner_id, reason, excluded_at, excluded_by)
                    select id, partner_id, 'a trial', now(), '{}' from clients";
    world.change(sqlx::query(excluded)).await;
    let paused = "insert into sync_pauses (partner_id, began_at, ends_at) select id, now(), now() from partners";
    world.change(sqlx::query(paused)).await;
    let blocked = "update associations set state = 'needs_attention',
                       problem = jsonb_build_object('code', 'subscription_deleted', 'since', now())";
    world.change(sqlx::query(blocked)).await;
    for statement in [
        "insert into webhooks (id, partner_id, url, event_types, created_at, reports_since)
         select gen_random_uuid(), id, 'https://hooks.example.com', '{halo.sync.failed}', now(), now() from partners",
        "insert into webhook_secrets (id, webhook_id, partner_id, sealed_secret, sealed_with, created_at)
         select gen_random_uuid(), id, partner_id, 's', 'k', now() from webhooks",
        "insert into webhook_deliveries (id, webhook_id, partner_id, event_type, event_key, payload, queued_at, next_attempt_at)
         select gen_random_uuid(), id, partner_id, 'halo.webhook.test', 'k', '{}', now(), now() from webhooks",
    ] {
        world.change(sqlx::query(statement)).await;
    }
    (world, own, other)
}

/// Tables of partners without row-level security, or with a policy that permits too much.
async fn unprotected(owner: &PgPool) -> Vec<String> {
    let mut wrong = Vec::new();
    for (table, column) in tables(owner).await {
        let is_enforced: bool = sqlx::query_scalar(
            "select c.relrowsecurity
                 and exists (select from pg_attribute a
                     where a.attrelid = c.oid and a.attname = $2 and a.attnotnull and not a.attisdropped)
                 and exists (select from pg_policy p where p.polrelid = c.oid)
                 and not exists (select from pg_policy p where p.polrelid = c.oid
                     and pg_get_expr(p.polqual, c.oid) not like 'in_scope(' || $2 || '%'
                     and pg_get_expr(p.polqual, c.oid) !~ ('^\\(\\(' || $2 || ' = \\( SELECT scoped_partner\\(\\) AS scoped_partner\\)\\)'
                         || ' OR \\( SELECT scoped_to\\(VARIADIC ARRAY\\[[a-z_:, '']+\\]\\) AS scoped_to\\)\\)$'))
             from pg_class c where c.oid = $1::regclass",
        )
        .bind(&table)
        .bind(column)
        .fetch_one(owner)
        .await
        .unwrap();
        if !is_enforced {
            wrong.push(table);
        }
    }
    wrong
}

#[tokio::test]
async fn every_partner_table_has_row_level_security() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    let said = "these need row-level security, with policies on the scope of a partner that is not null";
    assert_eq!(unprotected(&owner).await, [""; 0], "{said}");
    // A view has to read with its reader's rights.
    let holes: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
         and not coalesce(reloptions @> '{security_invoker=true}', false)",
    )
    .fetch_all(&owner)
    .await?;
    assert_eq!(holes, [""; 0], "views without security_invoker");
    // So does a function; the exceptions are known.
    let definers: Vec<String> = sqlx::query_scalar(
        "select proname::text from pg_proc where prosecdef
             and pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) order by 1",
    )
    .fetch_all(&owner)
    .await?;
    assert_eq!(
        definers,
        ["associated_subscriptions", "prune_activity", "prune_problems", "prune_results", "prune_runs"]
    );
    Ok(())
}

#[tokio::test]
async fn query_without_scope_sees_nothing() -> anyhow::Result<()> {
    let (world, own, _) = two_partners().await;
    let (owner, app) = (world.database.owner().await, world.database.app().await);
    for setting in ["", "no such scope", "partner"] {
        let mut db = scoped(&app, setting).await;
        for (table, column) in tables(&owner).await {
            let there: i64 = count(&mut owner.acquire().await.unwrap(), &format!("select count(*) from {table}")).await;
            assert!(there > 0, "{table} has rows to hide");
            assert_eq!(count(&mut db, &format!("select count(*) from {table}")).await, 0, "{table}, scope {setting:?}");
            if table != "activity" {
                let update = format!("update {table} set {column} = {column}");
                let touched = sqlx::query(AssertSqlSafe(update)).execute(&mut *db).await?.rows_affected();
                assert_eq!(touched, 0, "{table}, scope {setting:?}");
            }
        }
        assert_eq!(count(&mut db, "select count(*) from listed_clients").await, 0);
        for insert in inserts(own) {
            assert_eq!(refusal(&mut db, &insert).await, INSUFFICIENT_PRIVILEGE, "{insert}, scope {setting:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn partner_scope_sees_no_other_partner() -> anyhow::Result<()> {
    let (world, own, other) = two_partners().await;
    let (owner, app) = (world.database.owner().await, world.database.app().await);
    let mut db = scoped(&app, &PartnerScope::for_worker(own).setting()).await;
    for (table, column) in tables(&owner).await {
        let all = |partner: PartnerId| format!("select count(*) from {table} where {column} = '{}'", partner.0);
        let mut behind = owner.acquire().await?;
        let (owns, others) = (count(&mut behind, &all(own)).await, count(&mut behind, &all(other)).await);
        assert!(owns > 0 && others > 0, "{table} has rows of both");
        assert_eq!(count(&mut db, &format!("select count(*) from {table}")).await, owns, "{table}");
        if table != "activity" {
            // Other partners' rows are not reached, nor are own rows given away.
            let update = format!("update {table} set {column} = {column} where {column} = '{}'", other.0);
            let touched = sqlx::query(AssertSqlSafe(update)).execute(&mut *db).await?.rows_affected();
            assert_eq!(touched, 0, "{table}");
            let away = format!("update {table} set {column} = '{}'", other.0);
            assert_eq!(refusal(&mut db, &away).await, INSUFFICIENT_PRIVILEGE, "{away}");
        }
    }
    for insert in inserts(other) {
        assert_eq!(refusal(&mut db, &insert).await, INSUFFICIENT_PRIVILEGE, "{insert}");
    }
    // And what the functions count is counted by the same rules.
    let foreign: uuid::Uuid =
        sqlx::query_scalar("select id from clients where partner_id = $1").bind(other.0).fetch_one(&owner).await?;
    let counted: Option<i32> =
        sqlx::query_scalar("select active_user_count($1)").bind(foreign).fetch_one(&mut *db).await?;
    assert_eq!(counted, None);
    Ok(())
}

/// One row for each kind of table, as far as Postgres looks before it refuses.
fn inserts(partner: PartnerId) -> [String; 4] {
    let partner = partner.0;
    [
        format!(
            "insert into partners (id, external_id, name, time_zone, state, source_version, nightly_sync, night_start, night_end)
             values ('{partner}', 'planted', 'x', 'UTC', 'active', 1, true, '01:00', '05:00')"
        ),
        format!(
            "insert into clients (id, partner_id, external_id, name, state, source_version)
             values (gen_random_uuid(), '{partner}', 'planted', 'x', 'active', 1)"
        ),
        format!(
            "insert into activity (id, partner_id, at, actor, act)
             values (gen_random_uuid(), '{partner}', now(), '{{}}', 'planted')"
        ),
        format!(
            "insert into sync_runs (id, partner_id, trigger, state, interactive)
             values (gen_random_uuid(), '{partner}', 'on_demand', 'queued', true)"
        ),
    ]
}

#[tokio::test]
async fn read_only_scope_cannot_write() {
    let (world, own, _) = two_partners().await;
    let app = world.database.app().await;
    for system in ["sign_in", "support_directory"] {
        let mut db = scoped(&app, system).await;
        assert_eq!(count(&mut db, "select count(*) from partners").await, 2, "{system}");
        let rename = "update partners set name = 'renamed'";
        assert_eq!(refusal(&mut db, rename).await, INSUFFICIENT_PRIVILEGE, "{system}");
        for insert in inserts(own).iter().filter(|insert| !insert.starts_with("insert into activity")) {
            assert_eq!(refusal(&mut db, insert).await, INSUFFICIENT_PRIVILEGE, "{system}: {insert}");
        }
        for delete in [
            "delete from client_exclusions",
            "delete from webhook_deliveries",
            "delete from webhook_secrets",
            "delete from webhooks",
        ] {
            let deleted = sqlx::query(delete).execute(&mut *db).await;
            assert_eq!(deleted.expect("it reaches no row").rows_affected(), 0, "{system}: {delete}");
        }
    }
    let mut db = scoped(&app, SystemScope::sign_in().name()).await;
    for table in ["clients", "users", "connections", "associations", "sync_runs", "sync_results", "activity"] {
        assert_eq!(count(&mut db, &format!("select count(*) from {table}")).await, 0, "{table} for signing in");
    }
}

#[tokio::test]
async fn app_role_cannot_bypass_row_level_security() -> anyhow::Result<()> {
    let (world, own, _) = two_partners().await;
    let (owner, app) = (world.database.owner().await, world.database.app().await);
    let row = sqlx::query(
        "select current_user::text as name, r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb
                or r.rolreplication as mighty,
            exists (select from pg_auth_members where member = r.oid) as member,
            exists (select from pg_class where relowner = r.oid) or exists (select from pg_proc where proowner = r.oid)
                or exists (select from pg_namespace where nspowner = r.oid)
                or exists (select from pg_database where datdba = r.oid) as owns
         from pg_roles r where rolname = current_user",
    )
    .fetch_one(&app)
    .await?;
    let flags: (String, bool, bool, bool) = (row.get("name"), row.get("mighty"), row.get("member"), row.get("owns"));
    assert_eq!(flags, ("infima_app".to_owned(), false, false, false));

    let mut db = scoped(&app, &PartnerScope::for_worker(own).setting()).await;
    let them: String = sqlx::query_scalar("select current_user::text").fetch_one(&owner).await?;
    for statement in [
        format!("set role {them}"),
        format!("set session authorization {them}"),
        "alter role infima_app bypassrls".into(),
        "alter table partners disable row level security".into(),
        "alter policy scope on partners using (true)".into(),
        "drop policy scope on partners".into(),
        "create policy planted on partners using (true)".into(),
        "create or replace function in_scope(partner uuid, variadic systems text[] default '{}') returns boolean
            language sql return true"
            .into(),
        "create or replace function scoped_to(variadic systems text[]) returns boolean language sql return true".into(),
        "create table planted (id int)".into(),
        "truncate activity".into(),
        "delete from connections".into(),
        "delete from activity".into(),
        "update activity set act = 'planted'".into(),
        "alter table activity disable trigger all".into(),
        "alter table activity add column planted int".into(),
        "drop table activity".into(),
        "comment on table activity is 'planted'".into(),
        "create trigger planted before insert on activity for each row execute function announce_run()".into(),
        "create rule planted as on insert to activity do instead nothing".into(),
        "insert into activity (id, partner_id, at, actor, act) select id, partner_id, at, actor, act from activity
            on conflict (id) do update set act = 'planted'"
            .into(),
        "select pg_read_file('/etc/passwd')".into(),
        "copy (select 1) to program 'true'".into(),
    ] {
        assert_eq!(refusal(&mut db, &statement).await, INSUFFICIENT_PRIVILEGE, "{statement}");
    }
    // Switching row security off for oneself makes Postgres refuse rather than show.
    sqlx::query("set row_security = off").execute(&mut *db).await?;
    assert_eq!(refusal(&mut db, "select * from clients").await, INSUFFICIENT_PRIVILEGE);
    Ok(())
}

/// Privileges of the app's role on each table, ours and the queue's. A privilege that is not listed
/// here is not granted.
#[tokio::test]
async fn app_role_privileges_match_the_list() -> anyhow::Result<()> {
    const READS_AND_WRITES: &str = "select insert update";
    let database = TestDatabase::create().await;
    let expected: std::collections::BTreeMap<&str, &str> = [
        ("apalis._sqlx_migrations", ""),
        ("apalis.jobs", "select insert update delete"),
        ("apalis.workers", "select insert update delete"),
        ("_sqlx_migrations", "select"),
        ("activity", "select insert"),
        ("associations", READS_AND_WRITES),
        ("canary", READS_AND_WRITES),
        ("client_exclusions", "select insert update delete"),
        ("clients", READS_AND_WRITES),
        ("connections", READS_AND_WRITES),
        ("halo_budgets", "select insert update delete"),
        ("housekeeping", READS_AND_WRITES),
        ("listed_clients", "select"),
        ("partners", READS_AND_WRITES),
        ("problems", READS_AND_WRITES),
        ("sync_pauses", READS_AND_WRITES),
        ("sync_results", READS_AND_WRITES),
        ("sync_runs", READS_AND_WRITES),
        ("users", READS_AND_WRITES),
        ("webhook_deliveries", "select insert update delete"),
        ("webhook_mark", READS_AND_WRITES),
        ("webhook_secrets", "select insert update delete"),
        ("webhooks", "select insert update delete"),
    ]
    .into();
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select c.oid::regclass::text, coalesce(string_agg(p.name, ' ' order by p.place)
             filter (where has_table_privilege('infima_app', c.oid, p.name)), '')
         from pg_class c join pg_namespace n on n.oid = c.relnamespace,
             unnest('{select,insert,update,delete,truncate,references,trigger}'::text[]) with ordinality p (name, place)
         where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
             and n.nspname !~ '^pg_(toast|temp)'
         group by c.oid order by 1",
    )
    .fetch_all(&database.owner().await)
    .await?;
    let held: std::collections::BTreeMap<_, _> =
        rows.iter().map(|(table, may)| (table.as_str(), may.as_str())).collect();
    assert_eq!(held, expected);
    Ok(())
}

/// The app does not start as a role that could bypass row-level security, for whatever reason.
#[tokio::test]
async fn role_that_bypasses_rls_is_refused_at_start() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    let is_enforced = async |url: &SecretString| {
        let db = infima_halo::storage::Db::connect(url, 1).await.unwrap();
        let is_enforced = db.rls_is_enforced().await.unwrap();
        db.pool().close().await;
        is_enforced
    };
    let name = format!("infima_test_{}", uuid::Uuid::new_v4().simple());
    let run = async |statement: String| {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&owner).await.unwrap();
    };
    run(format!("create role {name}_owner; create role {name}_free bypassrls")).await;
    assert!(!is_enforced(database.owner_url()).await, "the owner itself");
    assert!(is_enforced(database.app_url()).await);
    // A cluster's superuser may own the tables, or a role like any other.
    for table_owner in ["current_user".to_owned(), format!("{name}_owner")] {
        run(format!("alter table activity owner to {table_owner}")).await;
        let owner_of_it = match table_owner.as_str() {
            "current_user" => sqlx::query_scalar("select current_user::text").fetch_one(&owner).await?,
            other => other.to_owned(),
        };
        for (grants, bound) in [
            (vec!["infima_app".to_owned()], true),
            (vec!["infima_app".to_owned(), owner_of_it], false),
            (vec!["infima_app".to_owned(), format!("{name}_free")], false),
        ] {
            for inherits in ["inherit", "noinherit"] {
                run(format!("create role {name} login {inherits} password 'x'; grant {} to {name}", grants.join(", ")))
                    .await;
                let mut url = url::Url::parse(database.app_url().expose_secret())?;
                url.set_username(&name).unwrap();
                url.set_password(Some("x")).unwrap();
                assert_eq!(is_enforced(&SecretString::from(String::from(url))).await, bound, "{grants:?}, {inherits}");
                run(format!("drop role {name}")).await;
            }
        }
    }
    run(format!("alter table activity owner to current_user; drop role {name}_owner, {name}_free")).await;
    run("alter table sync_results disable row level security".to_owned()).await;
    assert!(!is_enforced(database.app_url()).await, "one table without row-level security");
    Ok(())
}

#[tokio::test]
async fn connection_returns_to_the_pool_without_scope() -> anyhow::Result<()> {
    let (world, own, _) = two_partners().await;
    let db = infima_halo::storage::Db::connect(world.database.app_url(), 1).await?;
    let there = "select count(*) from clients";
    let mut reader = db.read(&PartnerScope::for_worker(own)).await?;
    assert_eq!(count(&mut reader, there).await, 1);
    drop(reader);
    assert_eq!(count(&mut db.pool().acquire().await.unwrap(), there).await, 0);
    let mut tx = db.begin(&PartnerScope::for_worker(own)).await?;
    assert_eq!(count(&mut tx, there).await, 1);
    tx.commit().await?;
    assert_eq!(count(&mut db.pool().acquire().await.unwrap(), there).await, 0);
    Ok(())
}

#[tokio::test]
async fn new_table_without_rls_is_reported() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    for table in [
        "create table forgotten (id int, partner_id uuid not null)",
        "create table too_open (id int, partner_id uuid not null);
         alter table too_open enable row level security;
         create policy scope on too_open using (in_scope(partner_id));
         create policy hole on too_open using (true)",
        "create table for_others (id int, partner_id uuid not null);
         alter table for_others enable row level security;
         create policy scope on for_others
             using (partner_id = (select scoped_partner()) or (select scoped_to('worker')) or id > 0)",
        "create table ownerless (id int, partner_id uuid); alter table ownerless enable row level security;
         create policy scope on ownerless using (in_scope(partner_id))",
    ] {
        sqlx::raw_sql(AssertSqlSafe(table)).execute(&owner).await?;
    }
    assert_eq!(unprotected(&owner).await, ["for_others", "forgotten", "ownerless", "too_open"]);
    Ok(())
}
