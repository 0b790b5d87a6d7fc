//! The embedded assets, the page around them, and the page's Content-Security-Policy.

use super::PlaygroundConfig;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

/// A file of `dist/`, gzip-packed.
pub(super) struct Asset {
    pub name: &'static str,
    pub content_type: &'static str,
    pub packed: &'static [u8],
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

pub(super) const ASSETS: &[Asset] = &[
    asset("app.js", SCRIPT, include_bytes!("dist/app.js.gz")),
    asset("app.css", "text/css; charset=utf-8", include_bytes!("dist/app.css.gz")),
    asset("editor.worker.js", SCRIPT, include_bytes!("dist/editor.worker.js.gz")),
    asset("graphql.worker.js", SCRIPT, include_bytes!("dist/graphql.worker.js.gz")),
    asset("json.worker.js", SCRIPT, include_bytes!("dist/json.worker.js.gz")),
    asset("licenses.txt", "text/plain; charset=utf-8", include_bytes!("dist/licenses.txt.gz")),
];

const fn asset(name: &'static str, content_type: &'static str, packed: &'static [u8]) -> Asset {
    Asset { name, content_type, packed }
}

/// The hash over all assets. It is part of their addresses, which may be cached for ever therefore.
pub(super) fn version() -> &'static str {
    include_str!("dist/version.txt").trim()
}

pub(super) fn html(config: &PlaygroundConfig, nonce: &str) -> String {
    // In a script element, only `<` could end the element or begin a comment. JSON has it in
    // strings only.
    let embedded = settings(config).to_string().replace('<', "\\u003c");
    include_str!("page.html")
        .replace("{{assets}}", &format!("/playground/assets/{}", version()))
        .replace("{{nonce}}", nonce)
        .replace("{{config}}", &embedded)
}

/// The page's configuration as `page/main.jsx` reads it.
fn settings(config: &PlaygroundConfig) -> Value {
    let callers: Vec<Value> = (config.dev_callers.iter())
        .map(|caller| json!({ "label": caller.label, "token": caller.token.expose_secret() }))
        .collect();
    json!({
        "environment": config.environment,
        "oidc": config.oidc.as_ref().map(|oidc| json!({
            "issuer": oidc.issuer,
            "clientId": oidc.client_id,
            "scope": oidc.scope,
            "audience": oidc.audience,
        })),
        "devCallers": callers,
    })
}

/// The Content-Security-Policy of one page. Scripts need the nonce; styles may be inline, because
/// the editor inserts its own.
pub(super) fn policy(config: &PlaygroundConfig, nonce: &str) -> String {
    let mut connect = vec!["'self'".to_owned()];
    if let Some(Ok(issuer)) = config.oidc.as_ref().map(|oidc| Url::parse(&oidc.issuer)) {
        connect.push(issuer.origin().ascii_serialization());
    }
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; worker-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; font-src data:; connect-src {}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        connect.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::{DevCaller, Oidc};
    use super::*;

    fn config() -> PlaygroundConfig {
        PlaygroundConfig {
            environment: "development".to_owned(),
            oidc: None,
            dev_callers: Vec::new(),
            operations: "{}",
        }
    }

    fn allowed_to_connect(config: &PlaygroundConfig) -> String {
        let policy = policy(config, "n");
        let (_, rest) = policy.split_once("connect-src ").expect("a connect-src");
        rest.split_once(';').expect("more after it").0.to_owned()
    }

    #[test]
    fn page_policy_allows_connections_to_self_and_issuer_only() {
        let mut config = config();
        assert_eq!(allowed_to_connect(&config), "'self'");

        let (issuer, client_id) = ("https://login.infima.test/realm".to_owned(), "playground".to_owned());
        config.oidc = Some(Oidc { issuer, client_id, scope: "openid".to_owned(), audience: None });
        assert_eq!(allowed_to_connect(&config), "'self' https://login.infima.test");
    }

    #[test]
    fn label_with_markup_does_not_end_the_script_element() {
        let mut config = config();
        let label = "</script><script>alert(1)</script>".to_owned();
        config.dev_callers = vec![DevCaller { label: label.clone(), token: "token".into() }];
        let html = html(&config, "n");
        assert!(!html.contains("alert(1)</script>"));

        let (_, rest) = html.split_once("type=\"application/json\">").expect("a config block");
        let (embedded, _) = rest.split_once("</script>").expect("its end");
        let read: Value = serde_json::from_str(embedded).expect("JSON");
        assert_eq!(read["devCallers"][0]["label"], label);
    }

    #[test]
    fn page_html_names_existing_assets_and_carries_the_nonce() {
        let html = html(&config(), "the-nonce");
        assert!(html.contains("nonce=\"the-nonce\""));
        let prefix = format!("/playground/assets/{}/", version());
        let named: Vec<&str> = html.split(&prefix).skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert_eq!(named, ["app.css", "app.js"]);
        assert!(named.iter().all(|name| ASSETS.iter().any(|asset| asset.name == *name)));
    }
}
