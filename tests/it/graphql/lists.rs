//! Lists of any size: what they show takes the same statements however long they are, and a page
//! costs the same wherever it begins.

use std::collections::HashMap;

use async_graphql::{Request, Variables};
use infima_halo::app::App;
use infima_halo::auth::{Act, Caller, Role, permit_across};
use infima_halo::domain::problem_record::ProblemState;
use infima_halo::domain::run::Trigger;
use infima_halo::graphql::{ApiSchema, schema};
use infima_halo::http::Identify;
use infima_halo::ids::{AssociationId, PartnerId, RunId};
use infima_halo::storage::problems::ProblemFilter;
use infima_halo::storage::results::ResultFilter;
use infima_halo::storage::run_listener::RunListener;
use infima_halo::storage::{
    Page, Position, Scope, Slice, StorageError, Tx, activity, clients, partners, problems, results, runs,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::graphql::MAPPING_TABLE;
use crate::support::statements::Statements;
use crate::support::until;
use crate::support::world::{PARTNER, World, caller_of};

/// The API on connections whose statements are reported.
struct Notification {
    schema: ApiSchema,
    identify: Identify,
    statements: Statements,
    _app: App,
}

impl Notification {
    async fn over(world: &World) -> Self {
        let (app, statements) = Statements::reported(world).await;
        let schema = schema(app.ops.clone(), RunListener::listen(&app.ops.db));
        let identify = app.identify(world.mint.verifier(world.clock.clone()));
        Self { schema, identify, statements, _app: app }
    }

    async fn ask(&self, caller: &Caller, document: &str, variables: &Value) -> Value {
        let request = Request::new(document).variables(Variables::from_json(variables.clone())).data(caller.clone());
        let response = self.schema.execute(request).await;
        assert_eq!(response.errors, [], "{document}");
        serde_json::to_value(response.data).expect("data is JSON")
    }

    /// How many statements each of the questions takes.
    async fn count<const N: usize>(&self, caller: &Caller, document: &str, asked: [Value; N]) -> [usize; N] {
        let _listening = self.statements.listen();
        let mut counts = [0; N];
        for (variables, count) in asked.iter().zip(&mut counts) {
            self.statements.clear();
            self.ask(caller, document, variables).await;
            let said = self.statements.sent();
            let ours: Vec<_> = said.iter().filter(|said| said.starts_with("execute")).collect();
            println!("{variables}: {ours:#?}");
            *count = ours.len();
        }
        counts
    }
}

/// The statements of one request of the partner's administrator, from its token to the end of its
/// transaction. Postgres reports a statement that is not prepared as a whole.
async fn statements_of_request(api: &Notification, world: &World, document: &str, variables: &Value) -> Vec<String> {
    let _listening = api.statements.listen();
    let token = world.token(Role::PartnerAdmin, Some(PARTNER));
    // The first request prepares the statements, and looks for the partner of the token.
    for _ in 0..2 {
        api.statements.clear();
        let caller = caller_of(&api.identify, token.clone()).await.expect("the token is good");
        api.ask(&caller, document, variables).await;
        // The transactions end behind the response.
        until(async || api.statements.begun() == api.statements.ended()).await;
    }
    api.statements.sent()
}

#[tokio::test]
async fn mapping_table_takes_four_statements() {
    let names: Vec<_> = (0..60).map(|number| format!("Client {number:02}")).collect();
    let clients: Vec<_> = names.iter().map(|name| (name, 1)).collect();
    let world = World::builder().clients(&clients).synced().build().await;
    let api = Notification::over(&world).await;
    let documents: HashMap<String, String> =
        serde_json::from_str(include_str!("../../../frontend-contract/persisted-documents.json")).unwrap();
    let ids: HashMap<String, String> =
        serde_json::from_str(include_str!("../../../frontend-contract/document-ids.json")).unwrap();
    let table = &documents[&ids["MappingTable"]];
    let list =
        "query($first: Int) { partner { clients(first: $first) { nodes { id name activeUserCount haloAssociation {
        lastSyncedAt haloCustomer { haloId name } subscription { haloId quantity url } } } } } }";
    for (document, variables, most) in [
        (table.as_str(), json!({ "first": 1 }), 4),
        (table, json!({ "first": 50 }), 4),
        (table, json!({ "first": 50, "search": "client 1" }), 4),
        (table, json!({ "first": 50, "search": "there is no such client" }), 4),
        (table, json!({ "first": 50, "associated": true, "orderBy": "NAME_DESC" }), 4),
        (list, json!({ "first": 1 }), 3),
        (list, json!({ "first": 60 }), 3),
    ] {
        let statements = statements_of_request(&api, &world, document, &variables).await;
        assert!(statements.len() > 2, "statements are heard: {statements:#?}");
        assert!(statements[0].contains("begin read only; set local infima.scope"), "{statements:#?}");
        assert!(statements.len() <= most, "{variables}: {statements:#?}");
    }
}

/// Rows of a kind that two fields ask for at nearly the same time come in one statement or in two.
/// Four entries more in a list, each with a statement of its own, would be four statements more.
const CHANCE: usize = 3;

/// The mapping table, with the history of each client.
fn mapping_table() -> String {
    let problem = "problem { code message remedy }";
    let history = "history(first: 2) { totalCount nodes { outcome client { name } run { trigger } } }";
    MAPPING_TABLE.replace(problem, &format!("{problem} {history}"))
}

#[tokio::test]
async fn mapping_table_statement_count_is_constant() {
    let names: Vec<_> = (0..60).map(|number| format!("Client {number:02}")).collect();
    let clients: Vec<_> = names.iter().map(|name| (name, 0)).collect();
    let world = World::builder().clients(&clients).synced().build().await;
    let api = Notification::over(&world).await;
    let admin = world.admin().await;
    let table = mapping_table();
    let all = api.ask(&admin, &table, &json!({ "first": 60 })).await;
    assert_eq!(all["partner"]["clients"]["nodes"].as_array().map(Vec::len), Some(60));
    let last = &all["partner"]["clients"]["nodes"][59]["haloAssociation"]["history"];
    assert_eq!((&last["totalCount"], &last["nodes"][0]["client"]["name"]), (&json!(1), &json!("Client 59")));

    let counts = api.count(&admin, &table, [1, 5, 60].map(|first| json!({ "first": first }))).await;
    assert!(counts[0] > 3, "statements are heard: {counts:?}");
    assert!(counts.iter().all(|count| count.abs_diff(counts[0]) <= CHANCE), "{counts:?}");
}

#[tokio::test]
async fn evidence_of_a_month_takes_the_same_statements_for_each_length() {
    let names: Vec<_> = (0..60).map(|number| format!("Client {number:02}")).collect();
    let clients: Vec<_> = names.iter().map(|name| (name, 0)).collect();
    let world = World::builder().clients(&clients).synced().build().await;
    let api = Notification::over(&world).await;
    let month = "query($first: Int) { partner { billingEvidence(month: \"2026-11\", first: $first) { totalCount
        nodes { client { name } firstQuantity maximumQuantity days { date } } } } }";
    let counts = api.count(&world.admin().await, month, [1, 5, 60].map(|first| json!({ "first": first }))).await;
    assert!(counts[0] > 3, "statements are heard: {counts:?}");
    assert!(counts.iter().all(|count| count.abs_diff(counts[0]) <= CHANCE), "{counts:?}");
}

/// A partner's integration as far as lists go, and lists in lists.
const INTEGRATION: &str = "id name clientCounts { total mapped unmapped needingAttention }
    haloConnection { url nextNightlySyncAt }
    clients(first: 2) { totalCount nodes {
        name activeUserCount haloAssociation {
            haloCustomer { associatedClients { name } } subscription { url } history(first: 1) { totalCount }
        }
    } }
    backwards: clients(first: 1, orderBy: NAME_DESC, associated: true) { totalCount nodes { name } }
    haloSyncRuns(first: 2) { totalCount nodes {
        trigger partner { name } results(first: 2, outcome: [CREATED]) { totalCount nodes { client { name } run { id } } }
    } }
    activity(first: 1) { totalCount nodes { action } }";

/// Five partners, each with one client more than the one before, all associated and synced.
async fn five_partners() -> World {
    let world = World::builder().clients(&[("Alder", 2)]).synced().build().await;
    let names = ["Birch", "Cedar", "Dogwood", "Elm", "Fir"];
    for number in 1..5_usize {
        let clients: Vec<_> = names.iter().take(number + 1).map(|name| (*name, number)).collect();
        world.import_partner(&format!("partner {number}"), &clients).await;
    }
    sqlx::raw_sql(
        "insert into connections (id, partner_id, url, tenant, application_client_id, sealed_secret, sealed_with,
                                  credentials_updated_at, state, checks)
         select gen_random_uuid(), p.id, 'https://' || replace(p.external_id, ' ', '') || '.test', p.external_id,
                application_client_id, sealed_secret, sealed_with, credentials_updated_at, c.state, checks
         from connections c, partners p where p.external_id <> 'northwind';
         insert into associations (id, partner_id, client_id, tenant, halo_customer_id, shared, state, marker,
                                   initial_name, subscription_id, observed_name, observed_at)
         select gen_random_uuid(), p.id, c.id, p.external_id, n, false, 'active', c.external_id, 'x', n, 'x', now()
         from partners p, lateral (select *, (row_number() over ())::integer n from clients where partner_id = p.id) c
         where p.external_id <> 'northwind';
         insert into sync_runs (id, partner_id, trigger, state, interactive, finished_at)
         select gen_random_uuid(), partner_id, 'association_saved', 'succeeded', false, now()
         from associations where tenant like 'partner%';
         insert into sync_results (id, run_id, partner_id, association_id, client_id, outcome, changed_in_halo, at)
         select gen_random_uuid(), r.id, r.partner_id, a.id, a.client_id, 'created', false, now()
         from sync_runs r join associations a on a.partner_id = r.partner_id and a.tenant like 'partner%';",
    )
    .execute(&world.owner)
    .await
    .expect("the rows fit");
    world
}

#[tokio::test]
async fn partner_list_statement_count_is_constant() {
    let world = five_partners().await;
    let api = Notification::over(&world).await;
    let support = world.caller(Role::Support, None).await;
    let list = format!("query($first: Int) {{ partners(first: $first) {{ totalCount nodes {{ {INTEGRATION} }} }} }}");
    let counts = api.count(&support, &list, [1, 2, 5].map(|first| json!({ "first": first }))).await;
    assert!(counts[0] > 10, "statements are heard: {counts:?}");
    assert!(counts.iter().all(|count| count.abs_diff(counts[0]) <= CHANCE), "{counts:?}");

    let troubled = "query($first: Int) { partnersInTrouble(first: $first) { totalCount nodes {
        name haloTroubles { message nextStep run { status } } } } }";
    let blocked = "update associations set state = 'needs_attention',
                       problem = jsonb_build_object('code', 'subscription_deleted', 'since', now())";
    world.change(sqlx::query(blocked)).await;
    let counts = api.count(&support, troubled, [1, 2, 5].map(|first| json!({ "first": first }))).await;
    assert!(counts.iter().all(|count| count.abs_diff(counts[0]) <= CHANCE), "{counts:?}");
    let known = "query($first: Int) { partners(first: $first) { nodes { haloTroubles { message run { status } } } } }";
    let counts = api.count(&support, known, [1, 2, 5].map(|first| json!({ "first": first }))).await;
    assert!(counts.iter().all(|count| count.abs_diff(counts[0]) <= CHANCE), "{counts:?}");

    let inboxes = "query($first: Int) { partners(first: $first) { nodes { haloProblemCounts { open changedSinceYesterday }
        haloProblems(state: [OPEN]) { totalCount nodes { state partner { name } client { name } association { status } } } } } }";
    let counts = api.count(&support, inboxes, [1, 2, 5].map(|first| json!({ "first": first }))).await;
    assert!(counts.iter().all(|count| count.abs_diff(counts[0]) <= CHANCE), "{counts:?}");
    let problems = "query($first: Int) { haloProblems(first: $first) { totalCount
        nodes { state partner { name } client { name } association { status } problem { message } } } }";
    let counts = api.count(&support, problems, [1, 2, 15].map(|first| json!({ "first": first }))).await;
    assert!(counts.iter().all(|count| count.abs_diff(counts[0]) <= CHANCE), "{counts:?}");

    let all = api.ask(&support, &list, &json!({ "first": 5 })).await["partners"].take();
    assert_eq!(all["totalCount"], 5);
    let single = format!("query($id: ID!) {{ partner(id: $id) {{ {INTEGRATION} }} }}");
    let mut sizes = Vec::new();
    for shown in all["nodes"].as_array().expect("a list") {
        // Reads by support are logged, so the log is longer at each read.
        let without_log = |partner: &Value| {
            let mut partner = partner.clone();
            assert!(partner["activity"]["nodes"][0]["action"].is_string(), "{partner}");
            partner["activity"].take();
            partner
        };
        let alone = api.ask(&support, &single, &json!({ "id": shown["id"] })).await;
        assert_eq!(without_log(&alone["partner"]), without_log(shown));
        sizes.push(shown["clients"]["totalCount"].clone());
        assert!(shown["clients"]["nodes"][0]["activeUserCount"].as_u64() > Some(0), "{shown}");
    }
    assert_eq!(sizes, [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn runs_and_nodes_statement_count_is_constant() {
    let world = five_partners().await;
    let api = Notification::over(&world).await;
    let support = world.caller(Role::Support, None).await;
    let runs = "query($first: Int) { partner { haloSyncRuns(first: $first) { nodes {
        partner { name } results(first: 3) { totalCount nodes { client { name } run { id } } } } } } }";
    let admin = world.caller(Role::PartnerAdmin, Some("partner 4")).await;
    let counts = api.count(&admin, runs, [1, 5].map(|first| json!({ "first": first }))).await;
    assert!(counts[0].abs_diff(counts[1]) <= CHANCE, "{counts:?}");

    let ids = "{ partners { nodes { id haloConnection { id } haloSyncRuns { nodes { id } }
        clients { nodes { id haloAssociation { id } } } } } }";
    let partners = api.ask(&support, ids, &json!({})).await["partners"]["nodes"].take();
    let of = |partner: &Value| {
        let client = &partner["clients"]["nodes"][0];
        let run = &partner["haloSyncRuns"]["nodes"][0];
        [partner, &partner["haloConnection"], client, &client["haloAssociation"], run].map(|found| found["id"].clone())
    };
    let few: Vec<_> = of(&partners[0]).to_vec();
    let many: Vec<_> = partners.as_array().expect("a list").iter().flat_map(of).collect();
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let found = api.ask(&support, nodes, &json!({ "ids": many })).await;
    let found: Vec<_> = found["nodes"].as_array().expect("a list").iter().map(|node| node["id"].clone()).collect();
    assert_eq!(found, many);
    let counts = api.count(&support, nodes, [few, many].map(|ids| json!({ "ids": ids }))).await;
    assert!(counts[0].abs_diff(counts[1]) <= CHANCE, "{counts:?}");
}

/// The length of the lists of which pages are read.
const MANY: i64 = 3_000;

async fn long_lists(world: &World) {
    let seed = r#"
        insert into partners (id, external_id, name, time_zone, state, source_version, nightly_sync, night_start, night_end)
        select gen_random_uuid(), 'many ' || n, 'Partner ' || n, 'UTC', 'active', 1, true, '01:00', '05:00'
        from generate_series(1, $many) n;
        insert into clients (id, partner_id, external_id, name, state, source_version)
        select gen_random_uuid(), p.id, 'many ' || n, 'Client ' || n, 'active', 1
        from partners p, generate_series(1, $many) n where p.external_id = 'northwind';
        insert into associations (id, partner_id, client_id, tenant, halo_customer_id, shared, state, marker,
                                  initial_name, subscription_id)
        select gen_random_uuid(), partner_id, id, 'northwind', row_number() over (), false, 'active', external_id, 'x',
               row_number() over ()
        from clients;
        insert into sync_runs (id, partner_id, trigger, state, interactive, finished_at)
        select gen_random_uuid(), p.id, 'on_demand', 'succeeded', false, now()
        from partners p, generate_series(1, $many) n where p.external_id = 'northwind';
        -- Far more of what a narrowed list leaves out than of what it shows.
        insert into sync_runs (id, partner_id, trigger, state, interactive, finished_at)
        select gen_random_uuid(), p.id, 'association_saved', 'succeeded', false, now()
        from partners p, generate_series(1, 3 * $many) n where p.external_id = 'northwind';
        insert into sync_runs (id, partner_id, trigger, state, interactive, finished_at, nightly_date, nightly_requested_at)
        select gen_random_uuid(), p.id, case n % 2 when 0 then 'nightly' else 'subscription_recreated' end, 'succeeded',
               false, now(), date '2020-01-01' + n, now()
        from partners p, generate_series(1, $many) n where p.external_id = 'northwind';
        insert into activity (id, partner_id, at, actor, act)
        select gen_random_uuid(), p.id, now(), '{"role": "support", "subject": "sam"}', 'support.read'
        from partners p, generate_series(1, 3 * $many) n where p.external_id = 'northwind';
        -- Their ids grow as they come, as ours do: that is where in the table they are.
        insert into sync_results (id, run_id, partner_id, association_id, client_id, outcome, changed_in_halo, at)
        select ('00000000-0000-7000-8000-' || lpad(to_hex(row_number() over ()), 12, '0'))::uuid,
               r.id, r.partner_id, a.id, a.client_id, 'unchanged', false, now()
        from sync_runs r, associations a
        where r.id = (select min(id::text)::uuid from sync_runs)
           or r.trigger = 'on_demand' and a.id = (select min(id::text)::uuid from associations);
        insert into activity (id, partner_id, at, actor, act)
        select gen_random_uuid(), p.id, now(), '{"role": "system", "subject": "system"}', 'sync.requested'
        from partners p, generate_series(1, $many) n where p.external_id = 'northwind';
        -- Each tenth of them is open, and long since.
        insert into problems (partner_id, association_id, client_id, code, problem, blocks_sync, first_seen_at,
                              last_seen_at, changed_at, closed_at)
        select partner_id, id, client_id, 'subscription_deleted', '{"code": "subscription_deleted", "since": "2020-01-01T00:00:00Z"}',
               true, '2020-01-01', now(), timestamptz '2020-01-01' + halo_customer_id * interval '1 minute',
               case when halo_customer_id % 10 > 0 then now() end
        from associations;
        analyze;"#;
    let seed = seed.replace("$many", &MANY.to_string());
    sqlx::raw_sql(AssertSqlSafe(seed)).execute(&world.owner).await.expect("the rows fit");
}

/// A page that has nearly the whole list before it.
async fn late(owner: &PgPool, list: &str, order: &str) -> Page {
    let statement = format!("select name, id from ({list}) list order by {order} limit 1 offset {}", MANY - 100);
    let (key, id) = sqlx::query_as::<_, (String, Uuid)>(AssertSqlSafe(statement)).fetch_one(owner).await.unwrap();
    Page { first: 25, after: Some(Position { key, id }) }
}

/// How many rows the database touches for a page, planned once for all pages.
async fn touched(world: &World, of: impl Into<Scope<'_>>, read: impl AsyncFnOnce(&mut Tx) -> usize) -> i64 {
    let mut tx = world.ops().db.begin(of).await.unwrap();
    sqlx::query("set local plan_cache_mode = force_generic_plan").execute(&mut *tx).await.unwrap();
    let before = rows(&mut tx).await;
    assert_eq!(read(&mut tx).await, 25);
    rows(&mut tx).await - before
}

async fn rows(tx: &mut Tx) -> i64 {
    let rows =
        "select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_xact_user_tables";
    sqlx::query_scalar(rows).fetch_one(&mut **tx).await.unwrap()
}

/// Asserts that the first page of a list and a late one cost few rows, whatever is before them.
/// `list` and `order` select the list's names and ids in its order.
async fn assert_cheap<'s>(
    world: &World,
    name: &str,
    (list, order): (&str, &str),
    of: impl Into<Scope<'s>> + Copy,
    read: impl AsyncFn(&mut Tx, &Page) -> usize,
) {
    let late = late(&world.owner, list, order).await;
    for (which, page) in [("first", Page { first: 25, after: None }), ("late", late)] {
        let rows = touched(world, of, async |tx| read(tx, &page).await).await;
        assert!(rows <= 100, "a {which} page of {name} reads {rows} rows");
    }
}

fn entries<K, T>(pages: HashMap<K, Slice<T>>) -> usize {
    pages.into_values().map(|slice| slice.items.len()).sum()
}

#[tokio::test]
async fn filters_searches_and_counts_read_clients_from_their_index() {
    let world = World::builder().build().await;
    long_lists(&world).await;
    // Pages that have just been written are read until Postgres has looked at them.
    sqlx::raw_sql("vacuum (analyze) clients").execute(&world.owner).await.expect("no one else uses the database");
    let (scope, page) = (&world.scope().await, Page { first: 25, after: None });
    let everything = clients::ClientFilter::default;
    let counted = clients::Extent { total: true, associations: false };
    for (filter, extent, shown) in [
        (clients::ClientFilter { needs_attention: Some(true), ..everything() }, clients::Extent::default(), 0),
        (clients::ClientFilter { associated: Some(false), ..everything() }, clients::Extent::default(), 0),
        (clients::ClientFilter { excluded: Some(true), ..everything() }, clients::Extent::default(), 0),
        (clients::ClientFilter { search: Some("no such name".into()), ..everything() }, clients::Extent::default(), 0),
        (clients::ClientFilter { search: Some("421 cli".into()), ..everything() }, clients::Extent::default(), 3),
        (clients::ClientFilter { search: Some("many 421".into()), ..everything() }, clients::Extent::default(), 1),
        (everything(), counted, 25),
    ] {
        let mut tx = world.ops().db.begin(scope).await.unwrap();
        sqlx::query("set local plan_cache_mode = force_generic_plan").execute(&mut *tx).await.unwrap();
        let before = rows(&mut tx).await;
        let pages = clients::pages(&mut tx, scope, &filter, &page, extent).await.unwrap();
        let read = rows(&mut tx).await - before;
        assert_eq!(pages.into_values().map(|page| page.slice.items.len()).sum::<usize>(), shown, "{filter:?}");
        // All of these clients are one partner's: Postgres may as well count the table's rows.
        let most = if extent.total { MANY + 100 } else { 100 };
        assert!(read <= most, "{filter:?}, {extent:?}: {read} rows are read");
    }
}

#[tokio::test]
async fn page_cost_does_not_depend_on_its_position() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    long_lists(&world).await;
    let (owner, scope) = (&world.owner, &world.scope().await);
    let support = permit_across(&world.caller(Role::Support, None).await, Act::ListPartners)?;
    let first_of = async |table: &str| {
        let statement = format!("select min(id::text)::uuid from {table}");
        sqlx::query_scalar::<_, Uuid>(AssertSqlSafe(statement)).fetch_one(owner).await.unwrap()
    };
    let (run, association) = (RunId(first_of("sync_runs").await), AssociationId(first_of("associations").await));
    let (clients_, partners_) = ("select name, id from clients", "select name, id from partners");
    let results_of_run = format!("select '' as name, id from sync_results where run_id = '{}'", run.0);
    let results_of_association =
        format!("select '' as name, id from sync_results where association_id = '{}'", association.0);
    let everything = clients::ClientFilter::default();
    let clients_of = |pages: Result<HashMap<PartnerId, clients::ClientPage>, StorageError>| -> usize {
        pages.unwrap().into_values().map(|page| page.slice.items.len()).sum()
    };

    assert_cheap(&world, "clients", (clients_, "lower(name), id"), scope, async |tx, page| {
        clients_of(clients::pages(tx, scope, &everything, page, clients::Extent::default()).await)
    })
    .await;
    assert_cheap(&world, "clients, Z to A", (clients_, "lower(name) desc, id desc"), scope, async |tx, page| {
        clients_of(clients::pages_descending(tx, scope, &everything, page, clients::Extent::default()).await)
    })
    .await;
    assert_cheap(&world, "partners", (partners_, "lower(name), id"), support, async |tx, page| {
        partners::page(tx, support, &partners::PartnerFilter::default(), page).await.unwrap().items.len()
    })
    .await;
    assert_cheap(&world, "runs", ("select '' as name, id from sync_runs", "id desc"), scope, async |tx, page| {
        entries(runs::pages(tx, scope, page).await.unwrap())
    })
    .await;
    assert_cheap(&world, "activity", ("select '' as name, id from activity", "id desc"), scope, async |tx, page| {
        entries(activity::pages(tx, scope, page).await.unwrap())
    })
    .await;
    let on_demand = "select '' as name, id from sync_runs where trigger = 'on_demand'";
    let now = world.clock.now();
    let (all, open) = (ProblemFilter::default(), [ProblemState::Open, ProblemState::Acknowledged].to_vec());
    let open = ProblemFilter { states: Some(open), ..ProblemFilter::default() };
    let by_change =
        "select to_char(changed_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') as name, id from problems";
    let newest = "name desc, id desc";
    assert_cheap(&world, "problems", (by_change, newest), scope, async |tx, page| {
        entries(problems::pages(tx, scope, &all, now, page).await.unwrap())
    })
    .await;
    assert_cheap(&world, "problems of all partners", (by_change, newest), support, async |tx, page| {
        problems::page_across(tx, support, &all, now, page).await.unwrap().items.len()
    })
    .await;
    let first = Page { first: 25, after: None };
    let rows = touched(&world, support, async |tx| {
        problems::page_across(tx, support, &open, now, &first).await.unwrap().items.len()
    })
    .await;
    assert!(rows <= 100, "a page of open problems of all partners reads {rows} rows");
    assert_cheap(&world, "requested runs", (on_demand, "id desc"), scope, async |tx, page| {
        entries(runs::pages_of(tx, scope, Trigger::OnDemand, page).await.unwrap())
    })
    .await;
    let nights = "select '' as name, id from sync_runs where nightly_date is not null";
    assert_cheap(&world, "nights", (nights, "id desc"), scope, async |tx, page| {
        entries(runs::pages_of(tx, scope, Trigger::Nightly, page).await.unwrap())
    })
    .await;
    let changes = "select '' as name, id from activity where act <> 'support.read'";
    assert_cheap(&world, "changes", (changes, "id desc"), scope, async |tx, page| {
        entries(activity::pages_of_changes(tx, scope, page).await.unwrap())
    })
    .await;
    assert_cheap(&world, "a run's results", (&results_of_run, "id"), scope, async |tx, page| {
        entries(results::of_runs(tx, scope, &[run], None, page).await.unwrap())
    })
    .await;
    assert_cheap(&world, "an association's results", (&results_of_association, "id desc"), scope, async |tx, page| {
        entries(results::of_associations(tx, scope, &[association], &ResultFilter::default(), page).await.unwrap())
    })
    .await;
    Ok(())
}
