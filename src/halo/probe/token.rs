//! Tests discovery and the token endpoint.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{Probe, Seen};
use crate::net::{AnswerLimits, Body, Call, Method};

const SCOPES: &str = "read:customers read:invoices edit:softwarelicensing";
/// A scope that INFIMA's guide does not have granted.
const UNGRANTED: &str = "edit:timesheets";

impl Probe<'_> {
    pub(super) async fn discovery(&mut self) {
        if let Some(seen) = self.get("/api/authinfo", &[]).await {
            let has = |name: &str| seen.object().is_some_and(|object| object.get(name).is_some_and(Value::is_string));
            self.report.judge("discovery.authinfo", has("auth_url") && has("tenant_id"), seen.describe());
            let auth_url = seen.object().and_then(|object| object.get("auth_url")?.as_str());
            match auth_url.and_then(|text| Url::parse(text).ok()) {
                Some(url) => {
                    let own = url.host_str() == self.session.credentials.url.at("/").host_str();
                    let seen = if own { "the same host" } else { "another host" };
                    self.report.judge("discovery.auth-url", own, seen);
                }
                None => self.report.not_testable("discovery.auth-url", "/api/authinfo shows no auth_url"),
            }
        }
        if let Some(seen) = self.get("/api/InstanceInfo", &[]).await {
            let has = |name: &str| seen.object().is_some_and(|object| object.contains_key(name));
            self.report.judge("discovery.instance-info", has("app_version") && has("auth_url"), seen.describe());
        }
    }

    /// Tests the token endpoint. Returns whether there is a token for the requests that follow.
    pub(super) async fn tokens(&mut self) -> bool {
        let Ok(discovery) = self.session.discovery().await else { return false };
        let (tenant, urls) = (discovery.tenant_parameter().map(str::to_owned), discovery.token_urls.clone());
        let secret = self.session.credentials.client_secret.clone();
        let mut tried = Vec::new();
        let mut found = None;
        for url in urls {
            let Some(seen) = self.token(&url, tenant.as_deref(), Some(SCOPES), &secret).await else { continue };
            tried.push(format!("{} answered {}", url.path(), seen.status));
            if let Some(token) = access_token(&seen) {
                found = Some((url, seen, token));
                break;
            }
        }
        let Some((url, seen, token)) = found else {
            self.report.judge(
                "token.address",
                false,
                if tried.is_empty() { "no answer".into() } else { tried.join("; ") },
            );
            return false;
        };
        self.report.judge("token.address", url.path() == "/auth/token", tried.join("; "));
        let said = |name: &str| seen.object().and_then(|object| object.get(name));
        let is_bearer =
            said("token_type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
        let life = said("expires_in").and_then(Value::as_i64);
        let seconds = life.map_or("no number".into(), |seconds| format!("{seconds} s"));
        self.report.judge(
            "token.answer",
            is_bearer && life.is_some(),
            format!("{}; expires_in: {seconds}", seen.describe()),
        );
        let granted = said("scope").and_then(Value::as_str).map(|scopes| scopes.split_whitespace().count());
        let seen = granted.map_or("no scope".into(), |count| format!("{count} of 3 requested scopes"));
        self.report.judge("token.scopes", granted == Some(3), seen);

        match &tenant {
            Some(_) => {
                self.refusal("token.tenant", &url, None, SCOPES, &secret, |seen| access_token(seen).is_some()).await
            }
            None => self.report.not_testable("token.tenant", "this Halo does not name its tenant"),
        }
        let tenant = tenant.as_deref();
        let wrong = SecretString::from("infima-probe-wrong-secret");
        self.refusal("token.wrong-secret", &url, tenant, SCOPES, &wrong, |seen| {
            seen.status == 401 && oauth_error(seen) == Some("invalid_client")
        })
        .await;
        self.refusal("token.unknown-scope", &url, tenant, "read:doesnotexist", &secret, |seen| {
            seen.status == 400 && oauth_error(seen) == Some("invalid_scope")
        })
        .await;
        let more = format!("{SCOPES} {UNGRANTED}");
        self.refusal("token.ungranted-scope", &url, tenant, &more, &secret, |seen| match oauth_error(seen) {
            Some(error) => matches!(error, "invalid_scope" | "invalid_request"),
            None => access_token(seen).is_some() && !scopes(seen).contains(UNGRANTED),
        })
        .await;
        if let Some(seen) = self.token(&url, tenant, None, &secret).await {
            match access_token(&seen) {
                None => self.report.judge("token.no-scope", false, seen.describe()),
                Some(useless) => {
                    self.bearer = Some(useless);
                    if let Some(seen) = self.get("/api/Client", &[("pageinate", "true"), ("page_size", "1")]).await {
                        self.report.judge(
                            "token.no-scope",
                            matches!(seen.status, 401 | 403),
                            format!("{}", seen.status),
                        );
                    }
                }
            }
        }
        self.bearer = Some(token);
        true
    }

    async fn refusal(
        &mut self,
        id: &'static str,
        url: &Url,
        tenant: Option<&str>,
        scope: &str,
        secret: &SecretString,
        holds: impl FnOnce(&Seen) -> bool,
    ) {
        if let Some(seen) = self.token(url, tenant, Some(scope), secret).await {
            // The error is one of OAuth's fixed words; any other text is masked.
            let error = oauth_error(&seen).map(|error| format!(", error {error}")).unwrap_or_default();
            self.report.judge(id, holds(&seen), format!("{}{error}", seen.describe()));
        }
    }

    async fn token(
        &mut self,
        url: &Url,
        tenant: Option<&str>,
        scope: Option<&str>,
        secret: &SecretString,
    ) -> Option<Seen> {
        let mut url = url.clone();
        if let Some(tenant) = tenant {
            url.query_pairs_mut().append_pair("tenant", tenant);
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.session.credentials.application_client_id)
            .append_pair("client_secret", secret.expose_secret());
        if let Some(scope) = scope {
            form.append_pair("scope", scope);
        }
        let body = Body::Form(form.finish());
        self.send(Call { method: Method::POST, body, ..Call::get(url, AnswerLimits::FEW_FACTS) }).await
    }
}

fn access_token(seen: &Seen) -> Option<SecretString> {
    let token = seen.object().filter(|_| seen.is_success())?.get("access_token")?.as_str()?;
    (!token.is_empty()).then(|| token.into())
}

fn scopes(seen: &Seen) -> &str {
    seen.object().and_then(|object| object.get("scope")?.as_str()).unwrap_or_default()
}

fn oauth_error(seen: &Seen) -> Option<&'static str> {
    const KNOWN: [&str; 6] = [
        "invalid_client",
        "invalid_scope",
        "invalid_request",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
    ];
    let error = seen.object()?.get("error")?.as_str()?;
    KNOWN.into_iter().find(|known| *known == error)
}
