//! Development addresses that may be private and plain http, each configured as `host:port`.

use std::{collections::BTreeSet, sync::Arc};

use url::Url;

/// The hosts and ports that are exempt from the address guard. The list is empty in production.
#[derive(Clone, Debug, Default)]
pub struct AllowList(Arc<BTreeSet<(String, u16)>>);

/// An entry of the allow list that is not `host:port`.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not host:port, such as 127.0.0.1:8089 or [::1]:8089")]
pub struct NotHostAndPort(pub String);

impl AllowList {
    /// Reads entries such as `127.0.0.1:8089`, `localhost:8089` and `[::1]:8089`.
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
        self.0.iter().any(|(allowed_host, allowed_port)| allowed_host == host && *allowed_port == port)
    }
}

/// Reads an entry as the authority of a URL, so that both sides of the comparison are spelt alike.
fn host_and_port(entry: &str) -> Option<(String, u16)> {
    let (_, port) = entry.rsplit_once(':')?;
    let port = port.parse().ok()?;
    let url = Url::parse(&format!("http://{entry}")).ok()?;
    (url.path() == "/" && url.username().is_empty()).then(|| Some((url.host_str()?.to_owned(), port)))?
}
