//! What partners paste as their Halo's address.
//!
//! With or without scheme, with `/api`, `/auth` or a deep link behind it: what counts is the host (Halo's API notes,
//! section 1). What cannot be meant is refused with a sentence that says what to paste instead.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

use crate::net::{AllowList, guard::is_public};

/// Longer than any deep link that Halo's own pages make.
const LONGEST: usize = 2048;

/// A Halo's address: `https://host`, without path. Only allow-listed development addresses have a port or plain http.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HaloUrl(Url);

/// Why an address is refused, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HaloUrlProblem {
    #[error("Paste the address of your Halo, such as https://yourcompany.halopsa.com.")]
    Empty,
    #[error(
        "This is too long for an address. Paste only the part up to the first slash, such as https://yourcompany.halopsa.com."
    )]
    TooLong,
    #[error("This is not a web address. Copy it from Halo: Configuration, Integrations, HaloPSA API, API Details.")]
    NotAnAddress,
    #[error("Halo is only reached over https. Use https://{host}.")]
    NotHttps { host: String },
    #[error("Leave out the user name or password in front of the @.")]
    UserInfo,
    #[error("Halo is reached on the standard https port. Leave out :{port}.")]
    Port { port: u16 },
    #[error("{host:?} is not a whole address. Use the whole name, such as https://{host}.halopsa.com.")]
    NotWhole { host: String },
    #[error(
        "This address is not on the public internet, so INFIMA cannot reach it. Use the address under which your Halo is reached from outside."
    )]
    NotPublic,
}

impl HaloUrl {
    /// Takes what somebody typed; `allowed` are the development addresses that may be http, private and on any port.
    pub fn parse(typed: &str, allowed: &AllowList) -> Result<Self, HaloUrlProblem> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(HaloUrlProblem::Empty);
        }
        if typed.len() > LONGEST {
            return Err(HaloUrlProblem::TooLong);
        }
        let mut url = read(typed).ok_or(HaloUrlProblem::NotAnAddress)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HaloUrlProblem::UserInfo);
        }
        without_trailing_dot(&mut url).ok_or(HaloUrlProblem::NotAnAddress)?;
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);

        if !allowed.allows(&url) {
            let host = url.host_str().unwrap_or_default().to_owned();
            match url.host().ok_or(HaloUrlProblem::NotAnAddress)? {
                Host::Ipv4(ip) if !is_public(IpAddr::V4(ip)) => return Err(HaloUrlProblem::NotPublic),
                Host::Ipv6(ip) if !is_public(IpAddr::V6(ip)) => return Err(HaloUrlProblem::NotPublic),
                Host::Domain("localhost") => return Err(HaloUrlProblem::NotPublic),
                Host::Domain(name) if !name.contains('.') => return Err(HaloUrlProblem::NotWhole { host }),
                _ => {}
            }
            if let Some(port) = url.port() {
                return Err(HaloUrlProblem::Port { port });
            }
            if url.scheme() != "https" {
                return Err(HaloUrlProblem::NotHttps { host });
            }
        }
        Ok(Self(url))
    }

    /// Host and, on development addresses, port. Halo's tenants are told apart by it.
    pub fn host(&self) -> String {
        match self.0.port() {
            Some(port) => format!("{}:{port}", self.0.host_str().unwrap_or_default()),
            None => self.0.host_str().unwrap_or_default().to_owned(),
        }
    }

    /// An address below this Halo; `path` begins with a slash.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }
}

/// The normalised address, without a trailing slash.
impl fmt::Display for HaloUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.host())
    }
}

/// Reads an address, with https where no scheme is given. `halo.example.com:8443` has none, `https:halo.example.com` has.
fn read(typed: &str) -> Option<Url> {
    let lower = typed.to_ascii_lowercase();
    let has_scheme = lower.contains("://") || lower.starts_with("http:") || lower.starts_with("https:");
    let url = Url::parse(&if has_scheme { typed.to_owned() } else { format!("https://{typed}") }).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// `halo.example.com.` is the same host, but no certificate says so.
fn without_trailing_dot(url: &mut Url) -> Option<()> {
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        url.set_host(Some(&host)).ok()?;
    }
    Some(())
}
