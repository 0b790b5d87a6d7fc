//! Discovery: whether an address is a Halo, which tenant it is, and where it issues tokens.
//!
//! Halo answers this without a token under `/api/authinfo`, newer builds also under
//! `/api/InstanceInfo` (docs/halo-api.md, section 1). Discovery runs before any secret is sent.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use url::Url;

use super::{
    HaloError, HaloUrl, Session,
    transport::{MaxWait, is_html},
};
use crate::{
    ids::HaloTenant,
    net::{Answer, AnswerLimits, Call, StatusCode},
};

/// Domains on which Halo itself runs tenants. A secret is sent only to these and to the host that
/// the partner typed.
const KNOWN_DOMAINS: [&str; 4] = ["halopsa.com", "haloitsm.com", "haloservicedesk.com", "usehalo.com"];
/// The paths at which public clients request tokens, in the order in which they are tried.
const TOKEN_PATHS: [&str; 2] = ["/auth/token", "/token"];

/// A Halo's description of itself.
#[derive(Clone, Debug)]
pub(super) struct Discovery {
    tenant_id: Option<String>,
    /// Where tokens may be issued, in the order in which the addresses are tried.
    pub token_urls: Vec<Url>,
    /// How far Halo's clock was ahead of this process', by the header `Date` of its answer.
    pub clock_ahead: Option<TimeDelta>,
}

impl Discovery {
    /// Returns the tenant's identity among all Halos. A host may give its tenant any name,
    /// including the name of another partner's tenant: only where Halo itself runs the host does
    /// the tenant's name alone identify it, whatever the host is called. The first label of
    /// `p.halopsa.com` is the tenant's name, so an old build that does not report a name has the
    /// same identity as a new one.
    pub(super) fn tenant(&self, url: &HaloUrl) -> HaloTenant {
        let host = url.host();
        let Some(tenant) = self.tenant_id.as_deref() else { return HaloTenant(host) };
        HaloTenant(match host.split_once('.') {
            // A sandbox's port changes with each start.
            _ if url.is_for_development() => tenant.to_lowercase(),
            Some((_, domain)) if is_known(&host) => format!("{}.{domain}", tenant.to_lowercase()),
            _ => format!("{host}/{}", tenant.to_lowercase()),
        })
    }

    /// Returns the value of the `tenant` parameter of a token request.
    pub(super) fn tenant_parameter(&self) -> Option<&str> {
        self.tenant_id.as_deref()
    }
}

impl Session {
    /// Discovers the tenant once in each session; a failure is not kept.
    pub(super) async fn discovery(&self) -> Result<&Discovery, HaloError> {
        self.discovery.get_or_try_init(|| self.discover()).await
    }

    async fn discover(&self) -> Result<Discovery, HaloError> {
        let url = &self.credentials.url;
        for path in ["/api/authinfo", "/api/InstanceInfo"] {
            let answer = self.exchange(Call::get(url.at(path), AnswerLimits::FEW_FACTS), MaxWait::Default).await?;
            if answer.status.is_server_error() || answer.status == StatusCode::REQUEST_TIMEOUT {
                return Err(HaloError::unavailable(answer.status, format!("{path}: {}", answer.status.as_u16())));
            }
            if let Some(said) = self_description(&answer) {
                return Ok(Discovery {
                    tenant_id: text(&said, "tenant_id"),
                    token_urls: token_urls(url, text(&said, "auth_url").as_deref()),
                    clock_ahead: date_of(&answer).map(|date| date - self.halo.clock.now()),
                });
            }
            // A login page, a proxy's page or a redirect leaves the tenant unknown. The host's name
            // must not replace a tenant id that this Halo has.
            if answer.status.is_success() || answer.status.is_redirection() {
                return Err(if is_known(url.at("/").host_str().unwrap_or_default()) {
                    HaloError::not_api(format!("{path}: {}, and no description of a Halo", answer.status.as_u16()))
                } else {
                    HaloError::NotHalo
                });
            }
        }
        // An old build may know neither address; a Halo domain is proof enough.
        if is_known(url.at("/").host_str().unwrap_or_default()) {
            return Ok(Discovery { tenant_id: None, token_urls: token_urls(url, None), clock_ahead: None });
        }
        Err(HaloError::NotHalo)
    }
}

fn date_of(answer: &Answer) -> Option<DateTime<Utc>> {
    let date = answer.headers.get("date")?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

fn self_description(answer: &Answer) -> Option<Map<String, Value>> {
    if !answer.status.is_success() || is_html(answer) {
        return None;
    }
    let said: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
    ["auth_url", "tenant_id", "app_version"].iter().any(|member| said.contains_key(*member)).then_some(said)
}

fn text(said: &Map<String, Value>, member: &str) -> Option<String> {
    let text = said.get(member)?.as_str()?.trim();
    // The text is stored, shown and logged; a value with a control character is not a tenant's
    // name.
    (!text.is_empty() && text.len() <= 200 && !text.contains(char::is_control)).then(|| text.to_owned())
}

/// Returns the addresses that may issue tokens, most likely first: below `auth_url`, then on the
/// typed host. An `auth_url` without a path leads to `/auth/token` on some tenants and to `/token`
/// on others (docs/halo-api.md, section 1).
///
/// `auth_url` is the server's claim, so it may only lead to the host that the partner typed or to a
/// Halo domain. Any other value is ignored.
fn token_urls(url: &HaloUrl, auth_url: Option<&str>) -> Vec<Url> {
    let claimed = auth_url.and_then(|text| Url::parse(text).ok()).and_then(|claimed| permitted(url, claimed));
    let mut urls = Vec::new();
    if let Some(claimed) = claimed {
        let path = match claimed.path().trim_matches('/') {
            "" => None,
            path if path == "token" || path.ends_with("/token") => Some(format!("/{path}")),
            path => Some(format!("/{path}/token")),
        };
        urls.extend(path.as_deref().into_iter().chain(TOKEN_PATHS).map(|path| with_path(&claimed, path)));
    }
    urls.extend(TOKEN_PATHS.map(|path| url.at(path)));
    let mut known = HashSet::new();
    urls.retain(|url| known.insert(url.clone()));
    urls
}

fn permitted(url: &HaloUrl, claimed: Url) -> Option<Url> {
    let typed = url.at("/");
    if claimed.host() == typed.host() {
        // Its scheme and port are those that the partner typed.
        return Some(with_path(&typed, claimed.path()));
    }
    let halo = claimed.scheme() == "https" && claimed.port().is_none() && claimed.host_str().is_some_and(is_known);
    (halo && claimed.username().is_empty() && claimed.password().is_none()).then_some(claimed)
}

fn with_path(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn is_known(host: &str) -> bool {
    KNOWN_DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|tenant| tenant.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::AllowList;

    /// Returns the tenant of a host with this address that reports `tenant_id`.
    fn tenant(address: &str, tenant_id: Option<&str>) -> String {
        let url = HaloUrl::parse(address, &AllowList::parse(["127.0.0.1:4010"]).unwrap()).unwrap();
        Discovery { tenant_id: tenant_id.map(str::to_owned), token_urls: Vec::new(), clock_ahead: None }.tenant(&url).0
    }

    #[test]
    fn token_addresses_are_tried_in_a_fixed_order_and_on_permitted_hosts_only() {
        let url = HaloUrl::parse("https://halo.example.com", &AllowList::default()).unwrap();
        let urls = |auth_url: Option<&str>| -> Vec<String> {
            token_urls(&url, auth_url)
                .iter()
                .map(|url| url.as_str().trim_start_matches("https://").to_owned())
                .collect()
        };
        let own = ["halo.example.com/auth/token", "halo.example.com/token"];
        for nothing in [
            None,
            Some("https://halo.example.com/auth"),
            Some("https://halo.example.com/"),
            Some("https://attacker.example/auth"),
            Some("http://acme.halopsa.com/auth"),
            Some("https://me:secret@acme.halopsa.com/auth"),
            Some("no address"),
        ] {
            assert_eq!(urls(nothing), own, "{nothing:?}");
        }
        assert_eq!(
            urls(Some("https://halo.example.com/token")),
            ["halo.example.com/token", "halo.example.com/auth/token"]
        );
        assert_eq!(
            urls(Some("https://acme.halopsa.com/identity?x#y")),
            [
                "acme.halopsa.com/identity/token",
                "acme.halopsa.com/auth/token",
                "acme.halopsa.com/token",
                own[0],
                own[1]
            ]
        );
    }

    #[test]
    fn a_host_can_pass_for_no_other_tenant() {
        let northwind = tenant("https://northwind.halopsa.com", Some("northwind"));
        for liar in ["https://halo.example.com", "https://northwind.halopsa.com.example.com", "https://halopsa.com.au"]
        {
            assert_ne!(tenant(liar, Some("northwind")), northwind, "{liar}");
            assert_ne!(tenant(liar, Some("northwind.halopsa.com")), northwind, "{liar}");
            assert_ne!(tenant(liar, None), northwind, "{liar}");
        }
        assert_ne!(tenant("https://northwind.haloitsm.com", Some("northwind")), northwind, "another Halo's customer");
    }

    #[test]
    fn a_tenant_is_itself_under_each_of_its_names() {
        let northwind = tenant("https://northwind.halopsa.com", Some("northwind"));
        assert_eq!(tenant("https://NorthWind.halopsa.com", Some("NorthWind")), northwind);
        assert_eq!(tenant("https://renamed.halopsa.com", Some("northwind")), northwind);
        assert_eq!(tenant("https://northwind.halopsa.com", None), northwind, "an old build does not say");
        assert_eq!(tenant("http://127.0.0.1:4010", Some("northwind")), "northwind");
        let own = tenant("https://halo.example.com", Some("Northwind"));
        assert_eq!(tenant("https://halo.example.com", Some("northwind")), own, "no case counts");
    }
}
