//! Traces, as a collector receives them over OTLP: from a browser's request through the run that it
//! caused to each request to Halo, across two real processes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use infima_halo::auth::Role;
use infima_halo::domain::run::RunState;
use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Attribute;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::support::api_process::ApiProcess;
use crate::support::served::{Reply, client};
use crate::support::worker::Worker;
use crate::support::world::{PARTNER, World};

/// A collector: what it was sent, as it came and decoded.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<(Vec<u8>, Vec<Span>)>>);

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let receives = collector.clone();
        let receive = async move |headers: HeaderMap, body: Bytes| {
            assert_eq!(headers["content-type"], "application/x-protobuf");
            let request = ExportTraceServiceRequest::decode(body.clone()).expect("it is OTLP");
            let mut received = receives.0.lock().unwrap();
            received.0.extend_from_slice(&body);
            let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
            received.1.extend(scopes.flat_map(|scope| scope.spans));
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/traces", post(receive));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (collector, address)
    }

    fn spans(&self) -> Vec<Span> {
        self.0.lock().unwrap().1.clone()
    }
}

fn attribute(span: &Span, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == name);
    match found.and_then(|attribute| attribute.value.clone()?.value) {
        Some(Attribute::StringValue(text)) => text,
        Some(Attribute::IntValue(number)) => number.to_string(),
        other => panic!("{name} of {span:?} is {other:?}"),
    }
}

#[tokio::test]
async fn trace_leads_from_a_request_through_its_run_to_halo() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PAGE: &str = "b7ad6b7169203331";
    let (collector, address) = Collector::start().await;
    let traced = [("OTEL_EXPORTER_OTLP_ENDPOINT", address.as_str()), ("INFIMA_LOG", "info")];
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().synced().build().await;
    world.set_users("Alder", 4).await;
    let serve = ApiProcess::start(&world, &traced).await;
    let token = world.token(Role::PartnerAdmin, Some(PARTNER)).expose_secret().to_owned();
    let document = "mutation { requestHaloSync(input: {}) { run { id } userErrors { code } } }";
    let request = client().post(serve.url("/graphql")).bearer_auth(&token).json(&json!({ "query": document }));
    let reply = Reply::of(request.header("traceparent", format!("00-{TRACE}-{PAGE}-01"))).await;
    assert_eq!(reply.body["data"]["requestHaloSync"]["userErrors"], json!([]), "{:?}", reply.body);
    assert!(serve.running.stop().await.success());

    let run = sqlx::query_scalar("select id from sync_runs where state = 'queued'").fetch_one(&world.owner).await;
    let run = infima_halo::ids::RunId(run.unwrap());
    let mut worker = Worker::start_with(&world, &traced);
    assert_eq!(world.until_run(run, |run| run.state.is_finished()).await.state, RunState::Succeeded);
    worker.signal(Signal::SIGTERM);
    assert!(worker.ended().await.success(), "what is left is sent at the end");

    let spans = collector.spans();
    let of_trace = spans.iter().filter(|span| hex(&span.trace_id) == TRACE);
    let by_name = of_trace.fold(BTreeMap::<_, Vec<_>>::new(), |mut names, span| {
        names.entry(span.name.as_str()).or_default().push(span);
        names
    });
    assert_eq!(by_name.keys().copied().collect::<Vec<_>>(), ["halo.request", "request", "sync"], "{by_name:#?}");
    // The sweep may have found the run before the worker took its job: the second job is skipped.
    let sync = by_name["sync"].iter().find(|span| attribute(span, "outcome") != "skipped");
    let (request, sync) = (by_name["request"][0], *sync.expect("the run was executed"));
    assert_eq!(hex(&request.parent_span_id), PAGE, "the page's own span");
    assert_eq!(sync.parent_span_id, request.span_id);
    assert_eq!(attribute(sync, "outcome"), "succeeded");
    let written = by_name["halo.request"].iter().filter(|span| span.parent_span_id == sync.span_id);
    let written: Vec<_> = written.map(|span| (attribute(span, "method"), attribute(span, "status"))).collect();
    assert!(written.contains(&("POST".to_owned(), "200".to_owned())), "{written:?}");
    assert_eq!(written.len(), by_name["halo.request"].len(), "each is a part of the sync");

    let bytes = collector.0.lock().unwrap().0.clone();
    for secret in [token, world.tenant.client_secret()] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "a secret was sent");
    }
}

/// A collector that is away costs nothing but its traces.
#[tokio::test]
async fn worker_without_its_collector_works_and_ends() {
    let world = World::builder().clients(&[("Alder", 3)]).for_processes().mapped().build().await;
    let run = world.request_sync().await;
    let mut worker = Worker::start_with(&world, &[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]);
    assert_eq!(world.until_run(run, |run| run.state.is_finished()).await.state, RunState::Succeeded);
    worker.signal(Signal::SIGTERM);
    assert!(worker.ended().await.success());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
