//! Logs contain what their filter permits, and never a secret at any level.

use axum::{Router, routing::post};
use infima_halo::{
    config::{LogConfig, LogFormat},
    telemetry::{self, Metrics},
};
use secrecy::ExposeSecret as _;
use sqlx::Connection as _;

use crate::support::{
    artifacts::{Artifacts, Written},
    db::TestDatabase,
};

#[tokio::test]
async fn own_modules_log_at_any_level_and_others_from_info() {
    let artifacts = Artifacts::collect_at("trace");
    tracing::trace!(target: "infima_halo::halo", "ours whispers");
    tracing::debug!(target: "infima_halo_lookalike", "lookalike whispers");
    tracing::debug!(target: "h2::codec", "another whispers");
    tracing::info!(target: "apalis", "another speaks");
    let logs = artifacts.logs();
    assert!(logs.contains("ours whispers") && logs.contains("another speaks"), "{logs}");
    assert!(!logs.contains("lookalike") && !logs.contains("another whispers"), "{logs}");
}

#[tokio::test]
async fn trace_logs_contain_no_secret() -> anyhow::Result<()> {
    const PLANTED: &str = "planted-secret";
    let artifacts = Artifacts::collect_at("trace");

    // The secret is bound to a statement, quoted in a database error, and mistyped in an address.
    let database = TestDatabase::create().await;
    let app = database.app().await;
    let echoed: String = sqlx::query_scalar("SELECT $1::text").bind(PLANTED).fetch_one(&app).await?;
    assert_eq!(echoed, PLANTED);
    sqlx::query_scalar::<_, i32>("SELECT $1::text::int").bind(PLANTED).fetch_one(&app).await.unwrap_err();
    let mistyped = format!("{}&pasword={PLANTED}", database.app_url().expose_secret());
    sqlx::PgConnection::connect(&mistyped).await?;

    // The secret is in a header and a body, of request and response.
    let echo = Router::new().route("/", post(async |body: String| body));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, echo).await });
    rustls::crypto::ring::default_provider().install_default().ok();
    #[expect(clippy::disallowed_methods, reason = "what is looked at here is the library itself")]
    let request = reqwest::Client::new().post(address).bearer_auth(PLANTED).body(PLANTED);
    assert_eq!(request.send().await?.text().await?, PLANTED);

    tracing::info!("done");
    let logs = artifacts.logs();
    assert!(logs.contains("done"), "{logs}");
    assert!(!logs.contains(PLANTED), "{logs}");
    Ok(())
}

#[test]
fn json_log_line_has_event_and_span_fields() -> anyhow::Result<()> {
    let lines = Written::default();
    let writer = lines.clone();
    let config = LogConfig { filter: "info".into(), format: LogFormat::Json };
    let subscriber = telemetry::subscriber(&config, move || writer.clone())?;
    tracing::subscriber::with_default(subscriber, || {
        let _run = tracing::info_span!("run", run = "run_1").entered();
        tracing::warn!(requests = 7, "Halo is slow");
    });
    let line: serde_json::Value = serde_json::from_str(lines.text().trim())?;
    assert_eq!(
        (&line["level"], &line["message"], &line["requests"]),
        (&"WARN".into(), &"Halo is slow".into(), &7.into())
    );
    assert_eq!(line["span"]["run"], "run_1");
    Ok(())
}

#[test]
fn invalid_filter_is_named() {
    let config = LogConfig { filter: "infima_halo=loud".into(), format: LogFormat::Text };
    let error = telemetry::subscriber(&config, std::io::sink).err().unwrap().to_string();
    assert!(error.starts_with("INFIMA_LOG is not usable: 'infima_halo=loud'"), "{error}");
}

#[test]
fn recorded_metrics_are_rendered() {
    let shown = Metrics::of_this_process();
    metrics::counter!("infima_test_total", "outcome" => "done").increment(2);
    metrics::histogram!("infima_test_seconds").record(0.3);
    let text = shown.render();
    assert!(text.contains("infima_test_total{outcome=\"done\"} 2"), "{text}");
    assert!(text.contains("infima_test_seconds_bucket{le=\"0.5\"} 1"), "{text}");
    assert!(text.contains("infima_build_info{version="), "{text}");
}

#[test]
fn failed_test_leaves_logs_and_kept_files() -> anyhow::Result<()> {
    let artifacts = Artifacts::collect();
    let folder = artifacts.folder().to_owned();
    let failing = std::panic::AssertUnwindSafe(move || {
        let mut artifacts = artifacts;
        artifacts.keep("journal.txt", || "GET /api/client".into());
        tracing::debug!(target: "infima_halo::ops", "about to fail");
        panic!("as it should");
    });
    std::panic::catch_unwind(failing).unwrap_err();
    assert!(std::fs::read_to_string(folder.join("log.txt"))?.contains("about to fail"));
    assert_eq!(std::fs::read_to_string(folder.join("journal.txt"))?, "GET /api/client");
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
