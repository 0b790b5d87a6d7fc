//! The limit: a handler without GraphQL, sign-in, limits or row-level security that answers the
//! same rows from one statement.

use anyhow::Context as _;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, Router, routing::post};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

/// The argument with which this program is the handler.
pub const COMMAND: &str = "bare-handler";

/// What the peers read for the mapping table.
const STATEMENT: &str = include_str!("../peer/table.sql");

#[derive(Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: Uuid,
    external_id: String,
    name: String,
    archived: bool,
    active_user_count: i64,
    association_id: Option<Uuid>,
    status: Option<String>,
    last_synced_at: Option<DateTime<Utc>>,
    last_synced_quantity: Option<i32>,
    halo_customer_id: Option<i32>,
    halo_customer_name: Option<String>,
    subscription_id: Option<i32>,
    subscription_name: Option<String>,
    quantity: Option<i32>,
    billing: Option<String>,
    observed_at: Option<DateTime<Utc>>,
}

/// Serves until the process is killed.
pub async fn serve(arguments: &[String]) -> anyhow::Result<()> {
    let [url, partner, port] = arguments else { anyhow::bail!("{COMMAND} DATABASE PARTNER PORT") };
    let pool = PgPoolOptions::new().max_connections(10).connect(url).await?;
    let partner: Uuid = partner.parse().context("the partner is not a UUID")?;
    let pages = Router::new().route("/", post(table)).with_state((pool, partner));
    axum::serve(tokio::net::TcpListener::bind(("127.0.0.1", port.parse()?)).await?, pages).await?;
    Ok(())
}

async fn table(State((pool, partner)): State<(PgPool, Uuid)>) -> Result<Json<serde_json::Value>, StatusCode> {
    let rows: Result<Vec<Row>, _> = sqlx::query_as(STATEMENT).bind(partner).bind(50_i32).fetch_all(&pool).await;
    let rows = rows.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(serde_json::json!({ "data": rows })))
}
