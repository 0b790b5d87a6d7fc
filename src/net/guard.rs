//! The address guard against server-side request forgery: a URL that a partner types, and one that
//! Halo answers as its `auth_url`, may lead to public addresses only.
//!
//! The guard checks in two places. [`Guard::check_url`] checks the URL, because an IP literal never
//! reaches a resolver. The resolver that the connection itself uses checks every address of a name:
//! the address that was checked is the one that is dialled, so a name whose answer changes between
//! two look-ups (DNS rebinding) gains nothing. A name with an address that is not public gets the
//! answer of a name that does not exist, and not sooner, so that no partner can list the names of
//! our network.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, LazyLock},
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::{Instant, sleep_until};
use url::{Host, Url};

use super::AllowList;

/// The least time after which a name without a usable address is refused. The answer for a name
/// inside of our network comes sooner than that for one that does not exist.
const REFUSAL_TIME: Duration = Duration::from_millis(500);

/// Looks up all addresses of a name. Tests pass one with answers of their own.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// Checks addresses that partners type.
#[derive(Clone)]
pub struct Guard {
    allowed: AllowList,
    lookup: Lookup,
}

/// The address may not be called. The error does not say why, so that it reveals nothing about the
/// network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this address may not be called")]
pub struct BlockedAddress;

impl Guard {
    /// A guard that uses the system's resolver and exempts only the addresses in `allowed`.
    pub fn new(allowed: AllowList) -> Self {
        Self::with_lookup(allowed, Arc::new(|name| system_lookup(name).boxed()))
    }

    /// A guard that uses `lookup` as its resolver.
    pub fn with_lookup(allowed: AllowList, lookup: Lookup) -> Self {
        Self { allowed, lookup }
    }

    /// The development addresses that are exempt.
    pub fn allowed(&self) -> &AllowList {
        &self.allowed
    }

    /// Checks everything that the URL alone shows: https, no userinfo, the standard port, no
    /// address literal that is not public. A name passes, and is checked when it is resolved.
    pub fn check_url(&self, url: &Url) -> Result<(), BlockedAddress> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BlockedAddress);
        }
        if self.allowed.allows(url) {
            return Ok(());
        }
        let public = match url.host() {
            Some(Host::Domain(name)) => !name.is_empty(),
            Some(Host::Ipv4(ip)) => is_public(ip.into()),
            Some(Host::Ipv6(ip)) => is_public(ip.into()),
            None => false,
        };
        let standard = url.scheme() == "https" && url.port_or_known_default() == Some(443);
        if public && standard { Ok(()) } else { Err(BlockedAddress) }
    }

    /// Resolves a name to all its addresses. A single address that is not public makes the name as
    /// unusable as one that does not exist.
    pub async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, NoPublicAddress> {
        let began = Instant::now();
        match (self.lookup)(name.to_owned()).await {
            Ok(found) if !found.is_empty() && found.iter().copied().all(is_public) => Ok(found),
            Ok(_) | Err(_) => {
                sleep_until(began + REFUSAL_TIME).await;
                Err(NoPublicAddress)
            }
        }
    }
}

/// The name leads to no public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name leads to no public address")]
pub struct NoPublicAddress;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = Guard::resolve(&guard, name.as_str()).await?;
            // With port 0, the client takes the URL's port.
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

async fn system_lookup(name: String) -> io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.map(|address| address.ip()).collect())
}

/// Whether the address is one of the public internet. IPv4-mapped IPv6 (`::ffff:…`) counts as IPv4.
/// Tunnels of IPv4 through IPv6 (6to4, Teredo, NAT64) are not public, because the address at their
/// end is not visible.
pub fn is_public(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    let global_unicast = match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000, // 2000::/3, the only part of IPv6 in public use
    };
    global_unicast && !NOT_PUBLIC.iter().any(|net| net.contains(&ip))
}

/// The networks of the IANA special-purpose registries.
static NOT_PUBLIC: LazyLock<Vec<IpNet>> = LazyLock::new(|| {
    [
        "0.0.0.0/8",       // this network
        "10.0.0.0/8",      // private
        "100.64.0.0/10",   // carrier-grade NAT
        "127.0.0.0/8",     // loopback
        "169.254.0.0/16",  // link-local, cloud metadata
        "172.16.0.0/12",   // private
        "192.0.0.0/24",    // protocol assignments
        "192.0.2.0/24",    // documentation
        "192.88.99.0/24",  // 6to4 relays
        "192.168.0.0/16",  // private
        "198.18.0.0/15",   // benchmarking
        "198.51.100.0/24", // documentation
        "203.0.113.0/24",  // documentation
        "224.0.0.0/4",     // multicast
        "240.0.0.0/4",     // reserved, broadcast
        "2001::/23",       // protocol assignments: Teredo, benchmarking, ORCHID
        "2001:db8::/32",   // documentation
        "2002::/16",       // 6to4
        "3fff::/20",       // documentation
    ]
    .iter()
    .map(|net| net.parse().expect("the table above is well formed"))
    .collect()
});
