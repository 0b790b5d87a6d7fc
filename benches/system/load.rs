//! Load from `wrk`, and single requests.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use super::report::Rounds;

/// A GraphQL request that is sent again and again.
pub struct Post {
    pub url: String,
    pub token: String,
    /// The tokens of more callers, who take turns under load: each has a limit of its own.
    pub others: Vec<String>,
    pub body: Value,
}

impl Post {
    pub fn new(url: String, token: String, document: &str, variables: Value) -> Self {
        Self { url, token, others: Vec::new(), body: json!({ "query": document, "variables": variables }) }
    }

    /// Sends it once and returns the data of an answer without errors.
    pub async fn once(&self, client: &reqwest::Client) -> anyhow::Result<Value> {
        let mut request = client.post(&self.url).json(&self.body);
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        let mut answer: Value = request.send().await?.json().await?;
        ensure!(answer["errors"].is_null(), "{} answers {}", self.url, answer["errors"]);
        Ok(answer["data"].take())
    }

    /// Sends it one after the other, so many times, and returns the durations in milliseconds.
    pub async fn timed(&self, client: &reqwest::Client, times: usize) -> anyhow::Result<Rounds> {
        let mut durations = Vec::new();
        for _ in 0..times {
            let began = Instant::now();
            self.once(client).await?;
            durations.push(began.elapsed().as_secs_f64() * 1e3);
        }
        Ok(Rounds::new(durations))
    }
}

/// What `wrk` has measured.
pub struct Load {
    pub requests: f64,
    pub per_second: f64,
    pub p99_ms: f64,
}

/// Sends the request from so many connections for so long.
pub async fn wrk(post: &Post, connections: usize, time: Duration, dir: &Path) -> anyhow::Result<Load> {
    let script = script(post, dir)?;
    let arguments = ["-t1", &format!("-c{connections}"), &format!("-d{}s", time.as_secs()), "--latency", "-s"];
    let done = Command::new("wrk").args(arguments).arg(&script).arg(&post.url).output().await;
    let done = done.context("`wrk` does not start. Install it (Debian's package is called wrk).")?;
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let Some(figures) = said.lines().find_map(|line| line.strip_prefix("figures ")) else {
        bail!("`wrk` printed no figures: {said}{}", String::from_utf8_lossy(&done.stderr));
    };
    let figures: Vec<f64> = figures.split(' ').filter_map(|figure| figure.parse().ok()).collect();
    let [requests, seconds, p99_ms, errors] = figures[..] else { bail!("`wrk` printed {figures:?}") };
    ensure!(errors == 0.0, "{errors} of {requests} requests to {} failed", post.url);
    Ok(Load { requests, per_second: requests / seconds, p99_ms })
}

fn script(post: &Post, dir: &Path) -> anyhow::Result<PathBuf> {
    let quoted = |text: &str| format!("[==[{text}]==]");
    let tokens: Vec<_> = [&post.token].into_iter().chain(&post.others).map(|token| quoted(token)).collect();
    let text = format!(
        "local requests, turn = {{}}, 0
function init()
  for place, token in ipairs({{ {} }}) do
    local headers = {{ ['content-type'] = 'application/json' }}
    if token ~= '' then headers['authorization'] = 'Bearer ' .. token end
    requests[place] = wrk.format('POST', nil, headers, {})
  end
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local seconds, p99 = summary.duration / 1e6, latency:percentile(99) / 1e3
  print(string.format('figures %d %f %f %d', summary.requests, seconds, p99, failed))
end
",
        tokens.join(", "),
        quoted(&post.body.to_string())
    );
    let file = dir.join("post.lua");
    std::fs::write(&file, text)?;
    Ok(file)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark is a client of its own")]
pub fn client() -> anyhow::Result<reqwest::Client> {
    infima_halo::net::install_tls_provider();
    Ok(reqwest::Client::builder().tls_certs_only([]).no_proxy().build()?)
}
