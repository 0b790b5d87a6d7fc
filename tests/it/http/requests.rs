//! Requests over POST and GET: which are accepted, which are refused, and the form of a response.

use infima_halo::auth::Role;
use serde_json::{Value, json};

use super::{GRAPHQL_RESPONSE, Reply, Server, client};
use chrono::Duration;

#[tokio::test]
async fn response_fields_keep_the_documents_order() {
    let server = Server::start().await;
    let request = json!({ "query": "query Q($n: String) { late hello(name: $n) node { node { name } name } me }",
        "variables": { "n": "Ada" }, "operationName": "Q" });
    let response = server.post(Role::PartnerAdmin).json(&request).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/graphql-response+json; charset=utf-8");
    assert_eq!(
        response.text().await.unwrap(),
        r#"{"data":{"late":1,"hello":"hello Ada","node":{"node":{"name":"node"},"name":"node"},"me":"partner_admin user-1"}}"#
    );
}

#[tokio::test]
async fn empty_operation_name_counts_as_absent() {
    let server = Server::start().await;
    let request = json!({ "query": "query Q { hello }", "operationName": "" });
    let reply = Reply::of(server.post(Role::PartnerAdmin).json(&request)).await;
    assert_eq!((reply.status, &reply.body["data"]["hello"]), (200, &json!("hello world")));
}

#[tokio::test]
async fn request_without_token_is_unauthenticated() {
    let server = Server::start().await;
    let (url, client) = (server.url("/graphql"), client());
    let expired = server.token_for(Role::Support, "user-1", Duration::minutes(-1));
    let requests = [
        client.post(&url).json(&json!({ "query": "{ hello }" })),
        client.post(&url).json(&json!({ "query": "{ __schema { types { name } } }" })),
        client.post(&url).body("this is not even JSON"),
        client.get(&url).header("accept", "text/html"),
        client.delete(&url),
        client.post(&url).bearer_auth("x.y.z").json(&json!({ "query": "{ hello }" })),
        client.post(&url).basic_auth("user", Some("password")).json(&json!({ "query": "{ hello }" })),
        client.post(&url).bearer_auth(expired).json(&json!({ "query": "{ hello }" })),
        client.post(&url).header("accept", "text/event-stream").json(&json!({ "query": "{ hello }" })),
    ];
    for request in requests {
        let reply = Reply::of(request).await;
        assert_eq!((reply.status, reply.code()), (401, "UNAUTHENTICATED"), "{reply:?}");
        assert!(reply.is_well_put(), "{reply:?}");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        assert!(reply.body.get("data").is_none());
        assert_eq!(reply.body["errors"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn request_that_is_not_graphql_over_http_is_refused() {
    let server = Server::start().await;
    let post = || server.post(Role::PartnerAdmin);
    let url = |query: &str| server.url(&format!("/graphql?{query}"));
    let get = |query: &str| client().get(url(query)).bearer_auth(server.token(Role::PartnerAdmin));
    let json = |body: &str| post().header("content-type", "application/json").body(body.to_owned());
    let cases = [
        (post().body("{}").header("content-type", "text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (post().form(&[("query", "{ hello }")]), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (post().body("{}"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (post().body("{}").header("content-type", "application/json; charset=latin1"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (json("{"), 400, "BAD_REQUEST"),
        (json("[]"), 400, "BAD_REQUEST"),
        (json(r#"[{"query":"{ hello }"}]"#), 400, "BAD_REQUEST"),
        (json("{}"), 400, "BAD_REQUEST"),
        (json(r#"{"query":7}"#), 400, "BAD_REQUEST"),
        (json(r#"{"query":"{ hello }","variables":[]}"#), 400, "BAD_REQUEST"),
        (json(r#"{"query":"{ hello }","operationName":1}"#), 400, "BAD_REQUEST"),
        (json(r#"{"query":"{ hello }","extensions":"x"}"#), 400, "BAD_REQUEST"),
        (json(r#"{"query":"{"}"#), 400, "GRAPHQL_PARSE_FAILED"),
        (json(r#"{"query":""}"#), 400, "GRAPHQL_PARSE_FAILED"),
        (json(r#"{"query":"{ nothing }"}"#), 400, "GRAPHQL_VALIDATION_FAILED"),
        (json(r#"{"query":"query A { hello } query B { hello }"}"#), 400, "GRAPHQL_VALIDATION_FAILED"),
        (json(r#"{"query":"query A { hello }","operationName":"C"}"#), 400, "GRAPHQL_VALIDATION_FAILED"),
        (json(r#"{"query":"subscription { count(to: 1) }"}"#), 406, "NOT_ACCEPTABLE"),
        (get("query=mutation{length(text:%22a%22)}"), 405, "METHOD_NOT_ALLOWED"),
        (get("variables={}"), 400, "BAD_REQUEST"),
        (get("query={hello}&variables=nonsense"), 400, "BAD_REQUEST"),
        (client().put(url("")).bearer_auth(server.token(Role::Support)), 405, "METHOD_NOT_ALLOWED"),
    ];
    for (index, (request, status, code)) in cases.into_iter().enumerate() {
        let reply = Reply::of(request).await;
        assert_eq!((reply.status, reply.code()), (status, code), "case {index}: {reply:?}");
        assert!(reply.body.get("data").is_none(), "case {index}");
        assert!(reply.is_well_put(), "case {index}: {reply:?}");
        let id = reply.body["errors"][0]["extensions"]["requestId"].as_str().unwrap();
        assert_eq!(id, reply.header("x-request-id"), "case {index}");
        if status == 405 {
            assert_eq!(reply.header("allow"), "GET, POST");
        }
    }
}

#[tokio::test]
async fn get_runs_only_the_named_query() {
    let server = Server::start().await;
    let document = "query A { hello } query B($n: String) { hello(name: $n) }";
    let request = client().get(server.url("/graphql")).bearer_auth(server.token(Role::PartnerViewer)).query(&[
        ("query", document),
        ("operationName", "B"),
        ("variables", r#"{"n":"Bo"}"#),
    ]);
    assert_eq!(Reply::of(request).await.body, json!({ "data": { "hello": "hello Bo" } }));
}

#[tokio::test]
async fn accept_header_selects_media_type_and_status() {
    let server = Server::start().await;
    let invalid = json!({ "query": "{ nothing }" });
    let accepting = async |accept: Option<&str>| {
        let request = client().post(server.url("/graphql")).bearer_auth(server.token(Role::Support)).json(&invalid);
        let reply = Reply::of(match accept {
            Some(accept) => request.header("accept", accept),
            None => request,
        })
        .await;
        (reply.status, reply.header("content-type").to_owned(), reply.code().to_owned())
    };
    let (json, modern) = ("application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8");
    let invalid = "GRAPHQL_VALIDATION_FAILED";
    for (accept, status, form, code) in [
        (Some("*/*"), 200, json, invalid),
        (Some("application/json"), 200, json, invalid),
        (Some("application/json;q=0.9, application/graphql-response+json"), 400, modern, invalid),
        (Some("application/graphql-response+json, application/json;q=0.9"), 400, modern, invalid),
        (Some("application/graphql-response+json; charset=utf-8"), 400, modern, invalid),
        (Some("application/graphql-response+json; charset=latin1"), 406, json, "NOT_ACCEPTABLE"),
        (Some("application/json;q=0"), 406, json, "NOT_ACCEPTABLE"),
        (Some("text/html"), 406, json, "NOT_ACCEPTABLE"),
    ] {
        assert_eq!(accepting(accept).await, (status, form.to_owned(), code.to_owned()), "{accept:?}");
    }
}

#[tokio::test]
async fn error_has_code_and_request_id_without_internals() {
    let server = Server::start().await;
    let reply = server.ask("{ hello fails halo requestId }").await;
    assert_eq!(reply.status, 200);
    let id = reply.header("x-request-id").to_owned();
    assert_eq!(reply.body["data"], json!({ "hello": "hello world", "fails": null, "halo": null, "requestId": id }));
    let mut errors: Vec<&Value> = reply.body["errors"].as_array().unwrap().iter().collect();
    errors.sort_by_key(|error| error["path"][0].as_str());
    assert_eq!(errors[0]["extensions"], json!({ "code": "INTERNAL", "requestId": id }));
    assert_eq!(errors[1]["extensions"], json!({ "code": "HALO_UNREACHABLE", "requestId": id }));
    assert!(!reply.body.to_string().contains("partners"), "{reply:?}");
}

#[tokio::test]
async fn invalid_arguments_are_bad_user_input() {
    let server = Server::start().await;
    let int = "query ($a: Int!) { add(a: $a, b: 1) }";
    for (query, variables, status, code) in [
        (int, json!({}), 400, "BAD_USER_INPUT"),
        (int, json!({ "a": null }), 400, "BAD_USER_INPUT"),
        (int, json!({ "a": "x" }), 400, "BAD_USER_INPUT"),
        (int, json!({ "a": 2_147_483_648_i64 }), 200, "BAD_USER_INPUT"),
        ("query ($c: Colour) { paint(colour: $c) }", json!({ "c": "BLUE" }), 400, "BAD_USER_INPUT"),
        ("query ($i: ID!) { id(id: $i) }", json!({ "i": { "x": 1 } }), 400, "BAD_USER_INPUT"),
        ("{ add(a: 1) }", json!({}), 400, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: Nope!) { id(id: $n) }", json!({ "n": 1 }), 400, "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let request = json!({ "query": query, "variables": variables });
        let reply = Reply::of(server.post(Role::PartnerAdmin).json(&request)).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{query} {variables} {:?}", reply.body);
        assert!(reply.is_well_put(), "{reply:?}");
        assert_eq!(reply.body["errors"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn panic_fails_only_its_own_request() {
    let server = Server::start().await;
    for query in ["{ boom }", "mutation { boom }"] {
        let reply = server.ask(query).await;
        assert_eq!((reply.status, reply.code()), (500, "INTERNAL"));
        assert!(!reply.body.to_string().contains("panics"));
    }
    assert_eq!(server.ask("{ hello }").await.status, 200);
}

#[tokio::test]
async fn introspection_is_only_for_playground_users() {
    let server = Server::start().await;
    let typo = json!({ "query": "{ helo }" });
    let introspection = json!({ "query": "{ hello ...F } fragment F on Query { s: __schema { queryType { name } } }" });
    for role in [Role::PartnerAdmin, Role::PartnerViewer, Role::Platform] {
        let reply = Reply::of(server.post(role).json(&introspection)).await;
        assert_eq!((reply.status, reply.code()), (403, "FORBIDDEN"), "{role:?}");
        assert!(reply.is_well_put(), "{reply:?}");
        let reply = Reply::of(server.post(role).json(&typo)).await;
        assert!(!reply.message().contains("Did you mean"), "{reply:?}");
    }
    let reply = Reply::of(server.post(Role::Support).json(&introspection)).await;
    assert_eq!(reply.body["data"]["s"]["queryType"]["name"], "Query");
    let reply = Reply::of(server.post(Role::Support).json(&typo)).await;
    assert!(reply.message().contains("Did you mean \"hello\""), "{reply:?}");
}

#[tokio::test]
async fn responses_carry_browser_security_headers() {
    let server = Server::start().await;
    let preflight = |origin: &str| {
        client()
            .request(reqwest::Method::OPTIONS, server.url("/graphql"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type,traceparent,tracestate")
    };
    let reply = Reply::of(preflight("https://app.infima.example")).await;
    assert_eq!(reply.header("access-control-allow-origin"), "https://app.infima.example");
    for header in ["authorization", "content-type", "accept", "traceparent", "tracestate"] {
        let allowed = reply.header("access-control-allow-headers");
        assert!(allowed.split(',').any(|name| name.trim() == header), "{header} is not among {allowed}");
    }
    let reply = Reply::of(preflight("https://evil.example")).await;
    assert_eq!(reply.header("access-control-allow-origin"), "");

    let reply = server.ask("{ hello }").await;
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert!(reply.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
}

#[tokio::test]
async fn health_and_metrics_need_no_token() {
    let server = Server::start().await;
    let get = async |path: &str| Reply::of(client().get(server.url(path))).await;
    assert_eq!(get("/health/live").await.body, json!({ "live": true }));
    assert_eq!(get("/health/ready").await.body, json!({ "ready": true }));
    assert_eq!(get("/metrics").await.body, json!("up 1\n"));
    assert_eq!(get("/nothing").await.status, 404);
}

#[tokio::test]
async fn several_accept_headers_are_combined() {
    let server = Server::start().await;
    let request = client()
        .post(server.url("/graphql"))
        .bearer_auth(server.token(Role::Support))
        .header("accept", "text/html")
        .header("accept", GRAPHQL_RESPONSE)
        .json(&json!({ "query": "{ hello }" }));
    assert_eq!(Reply::of(request).await.status, 200);
}
