//! Development addresses that may be private and plain http, each configured as `host:port`, or as
//! `host:*` for all ports of a host.

use std::{collections::BTreeSet, sync::Arc};

use url::Url;

/// The hosts and ports that are exempt from the address guard. The list is empty in production.
#[derive(Clone, Debug, Default)]
pub struct AllowList(Arc<BTreeSet<(String, Option<u16>)>>);

/// An entry of the allow list that is not `host:port`.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not host:port, such as 127.0.0.1:8089, [::1]:8089 or 127.0.0.1:*")]
pub struct NotHostAndPort(pub String);

impl AllowList {
    /// Reads entries such as `127.0.0.1:8089`, `localhost:8089`, `[::1]:8089` and `127.0.0.1:*`.
    pub fn parse(entries: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, NotHostAndPort> {
        let parsed = entries.into_iter().map(|entry| {
            let entry = entry.as_ref().trim();
            host_and_port(entry).ok_or_else(|| NotHostAndPort(entry.to_owned()))
        });
        Ok(Self(Arc::new(parsed.collect::<Result<_, _>>()?)))
    }

    /// Whether the list has this URL's host and port.
    pub fn allows(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
        [Some(port), None].into_iter().any(|port| self.0.contains(&(host.to_owned(), port)))
    }
}

/// Reads an entry as the authority of a URL, so that both sides of the comparison are spelt alike.
fn host_and_port(entry: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = entry.rsplit_once(':')?;
    let port = if port == "*" { None } else { Some(port.parse().ok()?) };
    let url = Url::parse(&format!("http://{host}/")).ok()?;
    let is_host = url.path() == "/" && url.username().is_empty() && url.port().is_none() && url.query().is_none();
    is_host.then(|| Some((url.host_str()?.to_owned(), port)))?
}
