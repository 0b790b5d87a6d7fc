//! The limits of the real API: each with a request that exceeds it, and Halo's outages, which must
//! not affect requests that do not need Halo. `http` tests the transports in detail, on a schema of
//! its own.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use infima_halo::auth::Role;
use infima_halo::graphql::ErrorCode;
use infima_halo::sandbox::{Call, Fault, Lasting, Matching, Tenant};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::graphql::matrix::add_other_partner;
use crate::support::served::{Reply, Served};
use crate::support::world::{PARTNER, World};
use crate::support::{LONGEST, until};

async fn served() -> Served {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).only(&["Alder"]).synced().build().await;
    Served::over(world).await
}

/// Waits until the tenant holds so many requests back.
async fn holds(tenant: &Tenant, many: usize) {
    let holding = tenant.until(|tenant| tenant.held() >= many);
    tokio::time::timeout(LONGEST, holding).await.expect("it comes to that");
}

#[tokio::test]
async fn document_over_a_limit_is_refused() {
    let served = served().await;
    let token = served.admin();
    let nested = |depth: usize| {
        let (open, close) = ("haloAssociation { client { ".repeat(depth), "} }".repeat(depth));
        format!("{{ partner {{ clients(first: 1) {{ nodes {{ {open} name {close} }} }} }} }}")
    };
    let aliases: String = (0..40).map(|number| format!("a{number}: viewer {{ role }} ")).collect();
    let too_much = [
        ("depth", nested(9)),
        ("complexity", "{ partner { clients(first: 100) { nodes { haloAssociation { history(first: 100) { nodes { outcome } } } } } } }".into()),
        ("aliases", format!("{{ {aliases} }}")),
        ("directives", format!("{{ viewer {{ role {} }} }}", "@include(if: true) ".repeat(9))),
        ("tokens", format!("{{ viewer {{ {} }} }}", "role ".repeat(4_000))),
        ("nesting", format!("{{ partner(id: {}{}) {{ name }} }}", "[".repeat(500), "]".repeat(500))),
        ("fields", format!("{{ viewer {{ {} }} }}", "role name ".repeat(900))),
        ("fragments", "{ ...A } fragment A on Query { ".to_owned()
            + &"viewer { ...B } ".repeat(40) + "} fragment B on Viewer { " + &"role ".repeat(40) + "}"),
    ];
    for (what, document) in too_much {
        let reply = served.ask(&token, &document, json!({})).await;
        assert_eq!((reply.status, reply.code()), (400, "LIMIT_EXCEEDED"), "{what}: {}", reply.body);
    }
    // And what the frontend needs is far from all of them.
    let reply = served.ask(&token, &nested(2), json!({})).await;
    assert_eq!(reply.body["errors"], Value::Null);
}

#[tokio::test]
async fn list_over_its_limit_is_refused_not_truncated() {
    let served = served().await;
    let (admin, platform) = (served.admin(), served.token(Role::Platform, None));
    let lists = [
        "{ partner { clients(first: 101) { totalCount } } }",
        "{ partner { haloSyncRuns(first: 101) { totalCount } } }",
        "{ partner { activity(first: 0) { totalCount } } }",
        "{ partner { activity(first: -1) { totalCount } } }",
        "{ haloCustomers(search: \"\", first: 101) { totalCount } }",
    ];
    for document in lists {
        let reply = served.ask(&admin, document, json!({})).await;
        assert_eq!(
            (reply.code(), &reply.body["errors"][0]["extensions"]["field"]),
            ("BAD_USER_INPUT", &json!(["first"]))
        );
    }
    let ids: Vec<_> = (0..101).map(|number| format!("client_{number:032}")).collect();
    let reply = served.ask(&admin, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
    assert_eq!(reply.code(), "BAD_USER_INPUT");

    let map = "mutation($v: [HaloClientAssociationInput!]!) { saveHaloClientAssociations(input: { associations: $v }) {
        userErrors { code } } }";
    let entries: Vec<_> = (0..201).map(|number| json!({ "clientId": "x", "haloCustomerId": number })).collect();
    let data = served.data(&admin, map, json!({ "v": entries })).await;
    assert_eq!(data["saveHaloClientAssociations"]["userErrors"], json!([{ "code": "TOO_MANY" }]));

    let import = "mutation($v: [RosterUserInput!]!) { importRoster(input: { users: $v }) { userErrors { code } } }";
    let user = |number| json!({ "externalId": format!("u{number}"), "clientExternalId": "c", "state": "ACTIVE", "version": 1 });
    let users: Vec<_> = (0..5_001).map(user).collect();
    let data = served.data(&platform, import, json!({ "v": users })).await;
    assert_eq!(data["importRoster"]["userErrors"], json!([{ "code": "TOO_MANY" }]));
}

#[tokio::test]
async fn cross_site_request_is_refused() {
    let served = served().await;
    let token = served.admin();
    let sync = "mutation { requestHaloSync(input: {}) { run { id } } }";
    let by_get = served.client.get(served.url()).bearer_auth(&token).query(&[("query", sync)]);
    let reply = Reply::of(by_get).await;
    assert_eq!((reply.status, reply.code()), (405, "METHOD_NOT_ALLOWED"));
    let body = json!({ "query": sync }).to_string();
    for simple in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql"]
    {
        let reply = Reply::of(served.post(&token).header("content-type", simple).body(body.clone())).await;
        assert_eq!((reply.status, reply.code()), (415, "UNSUPPORTED_MEDIA_TYPE"), "{simple}");
    }
    assert_eq!(Reply::of(served.post(&token).body(body.clone())).await.status, 415);
    let batch = served.post(&token).json(&json!([{ "query": sync }, { "query": sync }]));
    assert_eq!(Reply::of(batch).await.code(), "BAD_REQUEST");
    let large = served.post(&token).json(&json!({ "query": sync, "variables": { "x": "x".repeat(300_000) } }));
    assert_eq!(Reply::of(large).await.code(), "PAYLOAD_TOO_LARGE");
    let runs = "{ partner { haloSyncRuns(first: 5) { totalCount } } }";
    assert_eq!(
        served.data(&token, runs, json!({})).await["partner"]["haloSyncRuns"]["totalCount"],
        1,
        "none of them ran"
    );
}

#[tokio::test]
async fn foreign_origin_gets_no_cors_headers() {
    let world = World::builder().build().await;
    let ours = "https://app.infima.example";
    let served = Served::with(world, |config, _| config.http.cors_origins = vec![ours.to_owned()]).await;
    for (origin, allowed) in [
        (ours, true),
        ("https://evil.example", false),
        ("null", false),
        ("https://app.infima.example.evil.example", false),
    ] {
        let request =
            served.post(&served.admin()).header("origin", origin).json(&json!({ "query": "{ viewer { role } }" }));
        let reply = Reply::of(request).await;
        assert_eq!(reply.header("access-control-allow-origin") == origin, allowed, "{origin}");
        assert_eq!(reply.header("access-control-allow-credentials"), "", "cookies are not for us");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(reply.header(name), value);
        }
        assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
        let preflight = served.client.request(reqwest::Method::OPTIONS, served.url()).header("origin", origin);
        let preflight = preflight.header("access-control-request-method", "POST");
        let preflight =
            Reply::of(preflight.header("access-control-request-headers", "authorization,content-type")).await;
        assert_eq!(preflight.header("access-control-allow-origin") == origin, allowed, "{origin}");
        // What the frontend's tools send by themselves: tracing, and Apollo Client's awareness.
        let names = preflight.header("access-control-allow-headers").to_owned();
        for name in ["traceparent", "tracestate", "baggage", "sentry-trace", "apollographql-client-name"] {
            assert!(names.split(',').any(|known| known.trim() == name), "{name} among {names}");
        }
    }
}

/// Metrics reveal how much is done and what fails: they are not for callers of the API.
#[tokio::test]
async fn api_listener_serves_no_metrics() {
    let served = served().await;
    let get = async |path: &str| {
        let url = format!("http://{}{path}", served.address);
        served.client.get(url).bearer_auth(served.support()).send().await.unwrap().status().as_u16()
    };
    assert_eq!((get("/metrics").await, get("/health/live").await, get("/health/ready").await), (404, 200, 200));
}

#[tokio::test]
async fn production_introspection_is_for_support_only() {
    let served = served().await;
    let partner = served.admin();
    for document in ["{ __schema { types { name } } }", "{ __type(name: \"Partner\") { name } }"] {
        assert_eq!(served.ask(&partner, document, json!({})).await.code(), "FORBIDDEN");
        assert_eq!(served.ask(&served.support(), document, json!({})).await.body["errors"], Value::Null);
    }
    let misspelt = "{ partner { nam } }";
    let said = |reply: Reply| (reply.code().to_owned(), reply.body["errors"][0]["message"].to_string());
    let (code, message) = said(served.ask(&partner, misspelt, json!({})).await);
    assert!(code == "GRAPHQL_VALIDATION_FAILED" && !message.contains("Did you mean"), "{message}");
    let (_, message) = said(served.ask(&served.support(), misspelt, json!({})).await);
    assert!(message.contains("Did you mean \\\"name\\\""), "{message}");
}

/// What graphql-js, and with it GraphiQL, asks a server for.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } subscriptionType { name kind } types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } } \
    fragment FullType on __Type { kind name description specifiedByURL fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } } \
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason } \
    fragment TypeRef on __Type { kind name ofType { name kind ofType { name kind ofType { name kind ofType { name kind ofType { name kind ofType { name kind ofType { name kind ofType { name kind ofType { name kind } } } } } } } } } }";

/// Lists of the schema multiply within each other: a few brackets would request millions of fields.
#[tokio::test]
async fn nested_introspection_is_refused() {
    let served = served().await;
    let support = served.support();
    let reply = served.ask(&support, INTROSPECTION, json!({})).await;
    assert_eq!(reply.body["errors"], Value::Null);
    assert!(reply.body["data"]["__schema"]["types"].as_array().unwrap().len() > 50);

    let nested = format!(
        "{{ __type(name: \"Client\") {{ {} name {} }} }}",
        "interfaces { possibleTypes { ".repeat(8),
        "} } ".repeat(8)
    );
    let by_fragments = "query { __type(name: \"Client\") { ...A } } fragment A on __Type { interfaces { ...B } }
        fragment B on __Type { x: possibleTypes { ... { ...C } } } fragment C on __Type { interfaces { name } }";
    let all = "{ __schema { types { fields { type { fields { name } } } } } }";
    let below = "{ ...S } fragment S on Query { __schema { queryType { fields { type { fields { type { inputFields { name } } } } } } } }";
    for document in [&nested, by_fragments, all, below] {
        let reply = served.ask(&support, document, json!({})).await;
        assert_eq!((reply.status, reply.code()), (400, "LIMIT_EXCEEDED"), "{document}");
    }
    // One type with what it leads to is what people look at.
    let one = "{ __type(name: \"Client\") { fields { name type { name fields { name } } } interfaces { possibleTypes { name } } } }";
    assert_eq!(served.ask(&support, one, json!({})).await.body["errors"], Value::Null);
}

#[tokio::test]
async fn caller_over_rate_limit_gets_retry_after() {
    let world = World::builder().build().await;
    let served = Served::with(world, |config, _| config.http.requests_per_minute = 2).await;
    let ask = async |token: String| served.ask(&token, "{ viewer { role } }", json!({})).await;
    assert_eq!(ask(served.admin()).await.status, 200);
    assert_eq!(ask(served.admin()).await.status, 200);
    let reply = ask(served.admin()).await;
    assert_eq!((reply.status, reply.code()), (429, "RATE_LIMITED"));
    let seconds = reply.body["errors"][0]["extensions"]["retryAfter"].as_u64().unwrap();
    assert_eq!(reply.header("retry-after"), seconds.to_string());
    assert!((1..=31).contains(&seconds));
    assert_eq!(ask(served.support()).await.status, 200, "others are not held up");
}

#[tokio::test]
async fn subscriptions_over_the_callers_limit_are_refused() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    let served = Served::with(world, |config, _| config.http.subscriptions_per_caller = 1).await;
    let follow = json!({ "query": format!("subscription {{ haloSyncRun(id: \"{run}\") {{ status }} }}") });
    let token = served.admin();
    let subscribe =
        || served.client.post(served.url()).bearer_auth(&token).header("accept", "text/event-stream").json(&follow);
    let mut open = subscribe().send().await.unwrap();
    assert!(open.chunk().await.unwrap().is_some(), "the first event is there");
    assert_eq!(Reply::of(subscribe()).await.code(), "LIMIT_EXCEEDED");
    drop(open);
    until(async || subscribe().send().await.unwrap().headers()["content-type"] == "text/event-stream").await;
}

/// As many searches as the app has database connections, all held by Halo: none of them holds one.
#[tokio::test]
async fn hanging_halo_does_not_delay_other_queries() {
    let served = served().await;
    let token = served.admin();
    let tenant = &served.world.tenant;
    tenant.inject(Fault::HeldBefore, Matching::call(Call::CustomerList), Lasting::Sticky);
    let searches: Vec<_> = (0..12)
        .map(|number| {
            let search = format!("{{ haloCustomers(search: \"s{number}\") {{ totalCount }} partner {{ name }} }}");
            tokio::spawn(Reply::of(served.post(&token).json(&json!({ "query": search }))))
        })
        .collect();
    holds(tenant, 12).await;
    let table = "{ partner { name clientCounts { total } haloConnection { status }
        clients(first: 5) { nodes { name haloAssociation { status subscription { quantity } } } }
        haloSyncRuns(first: 5) { nodes { status } } activity(first: 5) { totalCount } } }";
    for _ in 0..10 {
        let data = served.data(&token, table, json!({})).await;
        assert_eq!(data["partner"]["clients"]["nodes"][0]["haloAssociation"]["subscription"]["quantity"], 3);
    }
    assert!(!searches.iter().any(tokio::task::JoinHandle::is_finished), "they were held all the while");
    tenant.clear_faults();
    tenant.release();
    for search in searches {
        let reply = search.await.unwrap();
        assert_eq!(reply.body["data"]["partner"]["name"], "NORTHWIND", "{}", reply.body);
    }
}

#[tokio::test]
async fn query_over_its_time_limit_is_stopped() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let served = Served::with(world, |config, _| config.http.request_time = Duration::from_millis(300)).await;
    served.world.tenant.inject(Fault::HeldBefore, Matching::call(Call::CustomerList), Lasting::Sticky);
    let reply = served.ask(&served.admin(), "{ haloCustomers(search: \"\") { totalCount } }", json!({})).await;
    assert_eq!((reply.status, reply.code()), (504, "TIMEOUT"));
    served.world.tenant.release();
}

#[tokio::test]
async fn mutation_whose_client_disconnects_completes() {
    let world = World::builder().clients(&[("Alder", 3)]).build().await;
    let served = Served::over(world).await;
    let tenant = &served.world.tenant;
    tenant.inject(Fault::HeldBefore, Matching::call(Call::Token), Lasting::Once);
    let save = "mutation($v: SaveHaloConnectionInput!) { saveHaloConnection(input: $v) { userErrors { code } } }";
    let input = json!({ "url": tenant.url(), "applicationClientId": tenant.client_id(), "clientSecret": tenant.client_secret() });
    let body = json!({ "query": save, "variables": { "v": input } }).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        served.admin(),
        body.len()
    );
    let mut client = TcpStream::connect(served.address).await.unwrap();
    client.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    holds(tenant, 1).await;
    drop(client);
    let connected = async || {
        let data = served.data(&served.admin(), "{ partner { haloConnection { status } } }", json!({})).await;
        data["partner"]["haloConnection"]["status"] == "CONNECTED"
    };
    assert!(!connected().await);
    tenant.release();
    until(connected).await;
}

/// Checks cost Halo's max_wait and could guess secrets or look around in a network.
#[tokio::test]
async fn connection_checks_over_the_limit_are_refused() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    add_other_partner(&world).await;
    let served = Served::over(world).await;
    let (admin, support) = (served.admin(), served.support());
    let partner = served.world.partner().await.to_string();
    let code = |data: Value| {
        data.pointer("/testHaloConnection/userErrors/0/code")
            .or(data.pointer("/saveHaloConnection/userErrors/0/code"))
            .cloned()
    };
    let typed = "mutation { testHaloConnection(input: { url: \"https://127.0.0.1/\", clientSecret: \"x\" }) { userErrors { code } } }";
    let save = "mutation { saveHaloConnection(input: { clientSecret: \"guess\" }) { userErrors { code } } }";
    let mut refused = 0;
    for round in 0..6 {
        for document in [typed, save] {
            let said = code(served.data(&admin, document, json!({})).await);
            refused += usize::from(said == Some(json!("TOO_MANY_ATTEMPTS")));
            assert!(round > 2 || refused == 0, "the first few are let through: {said:?}");
        }
    }
    assert!(refused >= 1, "twelve at once are too many");
    let mark = served.world.mark();
    let recheck = format!(
        "mutation {{ testHaloConnection(input: {{ partnerId: \"{partner}\", reason: \"ticket\" }}) {{ userErrors {{ code }} }} }}"
    );
    assert_eq!(
        code(served.data(&support, &recheck, json!({})).await),
        Some(json!("TOO_MANY_ATTEMPTS")),
        "support counts too"
    );
    assert_eq!(served.world.mark(), mark, "Halo was left alone");
    let other = served.token(Role::PartnerAdmin, Some("other"));
    let recheck = "mutation { testHaloConnection(input: {}) { userErrors { code } } }";
    assert_eq!(code(served.data(&other, recheck, json!({})).await), None, "each partner has a count of its own");
}

/// What a caller learns about an address that leads inside is the same for all of them.
#[tokio::test]
async fn internal_addresses_are_refused_alike() {
    let world = World::builder().build().await;
    let served = Served::over(world).await;
    let open = served.address.port();
    let mut answers = BTreeSet::new();
    for host in
        ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "localhost"]
    {
        let test = "mutation($url: String!) { testHaloConnection(input: { url: $url, applicationClientId: \"x\", clientSecret: \"x\" }) {
            test { works problem { code message } checks { message } } userErrors { code message } } }";
        let reply = served.ask(&served.admin(), test, json!({ "url": format!("https://{host}/") })).await;
        answers.insert(reply.body["data"].to_string().replace(host, "host"));
    }
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert!(answers.first().unwrap().contains("not on the public internet"), "{answers:?}");
    assert!(!answers.first().unwrap().contains(&open.to_string()));
}

/// Support's token names no partner, so that it is a field that meets the trouble, not the sign-in.
#[tokio::test]
async fn database_outage_is_unavailable_not_internal() {
    let served = served().await;
    let support = served.support();
    let unavailable = |reply: Reply, when: &str| {
        let error = &reply.body["errors"][0];
        assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{when}: {}", reply.body);
        assert_eq!(error["extensions"]["requestId"], reply.header("x-request-id"), "{when}");
        assert_eq!(error["message"], "The service is temporarily unavailable. Try again in a minute.", "{when}");
    };
    let partners = "{ partners { nodes { name } } }";
    let by_support = format!("partnerId: \"{}\", reason: \"ticket\"", served.world.partner().await);
    let sync = format!("mutation {{ requestHaloSync(input: {{ {by_support} }}) {{ run {{ id }} }} }}");
    let pool = served.world.ops().db.pool();

    let cut_off = "select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    for (table, document) in [("partners", partners), ("apalis.jobs", &sync)] {
        let mut lock = served.world.owner.begin().await.unwrap();
        let statement = format!("lock table {table} in access exclusive mode");
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *lock).await.unwrap();
        let asked = tokio::spawn(Reply::of(served.post(&support).json(&json!({ "query": document }))));
        until(async || served.world.value::<i64>(cut_off).await > 0).await;
        unavailable(asked.await.unwrap(), &format!("cut off in the middle, at {table}"));
    }

    // The server's ear for changes has one, so one of these gets none.
    let all = join_all((0..pool.options().get_max_connections()).map(|_| pool.acquire()));
    let (busy, reply) = tokio::join!(all, served.ask(&support, partners, json!({})));
    unavailable(reply, "no connection came free");
    drop(busy);
    assert_ne!(served.data(&support, partners, json!({})).await["partners"], Value::Null, "and it is over by itself");

    served.world.app.close().await;
    unavailable(served.ask(&support, partners, json!({})).await, "all connections are closed");
    unavailable(served.ask(&support, &sync, json!({})).await, "all connections are closed, for a mutation");
    let signing_in = served.ask(&served.admin(), "{ viewer { role } }", json!({})).await;
    assert_eq!((signing_in.status, signing_in.code()), (503, "UNAVAILABLE"));
}

#[tokio::test]
async fn internal_error_reveals_no_internals() {
    let served = served().await;
    sqlx::query("alter table associations rename to gone").execute(&served.world.owner).await.unwrap();
    let reply = served
        .ask(
            &served.admin(),
            "{ partner { name clients(first: 5) { nodes { name haloAssociation { status } } } } }",
            json!({}),
        )
        .await;
    assert_eq!(reply.code(), "INTERNAL");
    let said = reply.body.to_string();
    for inside in ["associations", "relation", "sqlx", "select", ".rs", "postgres", "panicked"] {
        assert!(!said.contains(inside), "{said}");
    }
    assert_eq!(reply.body["errors"][0]["extensions"]["requestId"], reply.header("x-request-id"));
    let known: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert!(
        reply.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .all(|error| known.contains(error["extensions"]["code"].as_str().unwrap()))
    );
    // A token of an unknown partner: the answer does not reveal which partners exist.
    let stranger = served.token(Role::PartnerAdmin, Some("unheard-of"));
    assert_ne!(PARTNER, "unheard-of");
    assert_eq!(served.data(&stranger, "{ partner { name } }", json!({})).await["partner"], Value::Null);
}
