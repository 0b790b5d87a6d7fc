//! Nulls and errors as the specification has them, for each way a resolver can fail.

use async_graphql::{Context, EmptyMutation, Error, Guard, Object, Result, Schema, Subscription};
use futures::{StreamExt, stream};
use infima_halo::graphql::compat::nulls::SpecNulls;
use serde_json::{Value, json};

struct Forbidden;

impl Guard for Forbidden {
    async fn check(&self, _: &Context<'_>) -> Result<()> {
        Err(Error::new("no"))
    }
}

struct Query;

#[Object]
impl Query {
    async fn ok(&self) -> &str {
        "fine"
    }

    async fn must(&self) -> Result<i32> {
        Err(Error::new("no"))
    }

    async fn may(&self) -> Result<Option<i32>> {
        Err(Error::new("no"))
    }

    async fn inside(&self) -> Option<Result<i32>> {
        Some(Err(Error::new("no")))
    }

    #[graphql(guard = "Forbidden")]
    async fn guarded(&self) -> Option<i32> {
        Some(1)
    }

    #[graphql(guard = "Forbidden")]
    async fn guarded_must(&self) -> i32 {
        1
    }

    async fn validated(&self, #[graphql(validator(minimum = 10))] n: i32) -> Option<i32> {
        Some(n)
    }

    async fn node(&self) -> Node {
        Node
    }

    async fn maybe_node(&self) -> Option<Node> {
        Some(Node)
    }

    async fn list(&self) -> Vec<Option<Result<i32, Error>>> {
        vec![Some(Ok(1)), Some(Err(Error::new("no"))), None]
    }

    async fn strict_list(&self) -> Option<Vec<Result<i32, Error>>> {
        Some(vec![Ok(1), Err(Error::new("no"))])
    }

    async fn nodes(&self) -> Vec<Node> {
        vec![Node, Node]
    }

    async fn maybe_nodes(&self) -> Vec<Option<Node>> {
        vec![Some(Node), None]
    }

    async fn grid(&self) -> Vec<Option<Vec<Node>>> {
        vec![Some(vec![Node, Node]), None]
    }
}

struct Node;

#[Object]
impl Node {
    async fn ok(&self) -> i32 {
        1
    }

    async fn must(&self) -> Result<i32> {
        Err(Error::new("no"))
    }

    async fn may(&self) -> Result<Option<i32>> {
        Err(Error::new("no"))
    }

    async fn node(&self) -> Node {
        Node
    }

    async fn maybe_node(&self) -> Option<Node> {
        Some(Node)
    }
}

struct Events;

#[Subscription]
impl Events {
    async fn nodes(&self) -> impl futures::Stream<Item = Node> {
        stream::iter([Node, Node])
    }
}

fn schema() -> SpecNulls<Query, EmptyMutation, Events> {
    SpecNulls::of(Schema::build(Query, EmptyMutation, Events).finish())
}

async fn data_and_paths(query: &str) -> (Value, Vec<Value>) {
    split(schema().execute(query).await)
}

fn split(response: async_graphql::Response) -> (Value, Vec<Value>) {
    let response = serde_json::to_value(response).unwrap();
    let errors = response["errors"].as_array().cloned().unwrap_or_default();
    (response["data"].clone(), errors.iter().map(|error| error["path"].clone()).collect())
}

#[tokio::test]
async fn failed_field_is_null_where_its_type_allows() {
    let cases = [
        ("{ ok may }", json!({"ok": "fine", "may": null}), json!([["may"]])),
        ("{ ok inside }", json!({"ok": "fine", "inside": null}), json!([["inside"]])),
        ("{ ok must }", Value::Null, json!([["must"]])),
        ("{ ok guarded }", json!({"ok": "fine", "guarded": null}), json!([["guarded"]])),
        ("{ ok guardedMust }", Value::Null, json!([["guardedMust"]])),
        ("{ ok validated(n: 1) }", json!({"ok": "fine", "validated": null}), json!([["validated"]])),
        ("{ ok node { ok may } }", json!({"ok": "fine", "node": {"ok": 1, "may": null}}), json!([["node", "may"]])),
        ("{ ok maybeNode { ok must } }", json!({"ok": "fine", "maybeNode": null}), json!([["maybeNode", "must"]])),
        ("{ ok node { must } }", Value::Null, json!([["node", "must"]])),
        (
            "{ maybeNode { ok node { node { must } } } }",
            json!({"maybeNode": null}),
            json!([["maybeNode", "node", "node", "must"]]),
        ),
        ("{ list }", json!({"list": [1, null, null]}), json!([["list", 1]])),
        ("{ ok strictList }", json!({"ok": "fine", "strictList": null}), json!([["strictList", 1]])),
        ("{ nodes { ok must } }", Value::Null, json!([["nodes", 0, "must"], ["nodes", 1, "must"]])),
        (
            "{ maybeNodes { must } nodes { ok } }",
            json!({"maybeNodes": [null, null], "nodes": [{"ok": 1}, {"ok": 1}]}),
            json!([["maybeNodes", 0, "must"]]),
        ),
        (
            "{ grid { ok must } }",
            json!({"grid": [null, null]}),
            json!([["grid", 0, 0, "must"], ["grid", 0, 1, "must"]]),
        ),
        (
            "{ a: maybeNode { maybeNode { must } } }",
            json!({"a": {"maybeNode": null}}),
            json!([["a", "maybeNode", "must"]]),
        ),
        ("{ ok may @skip(if: true) }", json!({"ok": "fine"}), json!([])),
        ("{ ok @skip(if: true) }", json!({}), json!([])),
    ];
    for (query, data, paths) in cases {
        let (got, got_paths) = data_and_paths(query).await;
        assert_eq!((got, json!(got_paths)), (data, paths), "{query}");
    }
}

#[tokio::test]
async fn failed_field_selected_twice_is_null_in_both() {
    for query in [
        "{ maybeNode { ok } ...F } fragment F on Query { maybeNode { must } }",
        "{ ...F maybeNode { ok } } fragment F on Query { maybeNode { must } }",
        "{ maybeNode { must } ...F } fragment F on Query { maybeNode { must } }",
    ] {
        let (data, paths) = data_and_paths(query).await;
        assert_eq!((data, json!(paths)), (json!({"maybeNode": null}), json!([["maybeNode", "must"]])), "{query}");
    }
}

#[tokio::test]
async fn subscription_events_have_separate_errors() {
    let events: Vec<_> = schema().execute_stream("subscription { nodes { ok maybeNode { must } } }").collect().await;
    assert_eq!(events.len(), 2);
    for event in events {
        let (data, paths) = split(event);
        assert_eq!(data, json!({"nodes": {"ok": 1, "maybeNode": null}}));
        assert_eq!(json!(paths), json!([["nodes", "maybeNode", "must"]]));
    }
    let events: Vec<_> = schema().execute_stream("subscription { nodes { must } }").collect().await;
    for event in events {
        assert_eq!(split(event).0, Value::Null);
    }
}
