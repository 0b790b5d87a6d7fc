//! The address of a Halo, as partners paste it.
//!
//! Partners paste it with or without scheme, with `/api`, `/auth` or a deep link behind it; only
//! the host counts (docs/halo-api.md, section 1). An address that cannot be meant is refused with a
//! sentence that says what to paste instead.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

use crate::net::{AllowList, guard::is_public};

/// Longer than any deep link of Halo's own pages.
const LONGEST: usize = 2048;

/// A Halo's address: `https://host`, without path. Only allow-listed development addresses have a
/// port or plain http.
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

/// Returns the host and, if it is an unusual one, the port.
pub(super) fn host_of(url: &Url) -> String {
    match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    }
}

impl HaloUrl {
    /// Parses what a user typed; `allowed` are the development addresses that may be http, private
    /// and on any port.
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
                Host::Domain(name) if !name.contains('.') || name.split('.').any(str::is_empty) => {
                    return Err(HaloUrlProblem::NotWhole { host });
                }
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

    /// Returns the host and, on development addresses, the port.
    pub fn host(&self) -> String {
        host_of(&self.0)
    }

    /// Returns whether only an allow-list permits the address.
    pub(super) fn is_for_development(&self) -> bool {
        self.0.port().is_some() || self.0.scheme() != "https"
    }

    /// Returns an address below this Halo; `path` begins with a slash.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }
}

/// Writes the normalised address, without a trailing slash.
impl fmt::Display for HaloUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.host())
    }
}

/// Parses an address, with https if it has no scheme. `halo.example.com:8443` has none,
/// `https:halo.example.com` has one.
fn read(typed: &str) -> Option<Url> {
    let lower = typed.to_ascii_lowercase();
    let has_scheme = lower.contains("://") || lower.starts_with("http:") || lower.starts_with("https:");
    let url = Url::parse(&if has_scheme { typed.to_owned() } else { format!("https://{typed}") }).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Removes a trailing dot: `halo.example.com.` is the same host, but no certificate names it.
fn without_trailing_dot(url: &mut Url) -> Option<()> {
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        url.set_host(Some(&host)).ok()?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(typed: &str) -> Result<String, HaloUrlProblem> {
        let allowed = AllowList::parse(["127.0.0.1:8089", "localhost:8090"]).unwrap();
        HaloUrl::parse(typed, &allowed).map(|url| url.to_string())
    }

    #[test]
    fn what_people_paste_is_understood() {
        for typed in [
            "acme.halopsa.com",
            "  https://acme.halopsa.com/ ",
            "HTTPS://Acme.HaloPSA.com",
            "https:acme.halopsa.com",
            "//acme.halopsa.com",
            "acme.halopsa.com.",
            "acme.halopsa.com:443",
            "https://acme.halopsa.com/api",
            "https://acme.halopsa.com/api/",
            "acme.halopsa.com/auth",
            "https://acme.halopsa.com/config/integrations?selid=17#api",
            "https://acme.halopsa.com/tickets?mainview=team&viewid=1",
            "https://acme.halopsa.com\\api",
        ] {
            assert_eq!(parse(typed).as_deref(), Ok("https://acme.halopsa.com"), "{typed}");
        }
        assert_eq!(parse("https://hälo.example.de").as_deref(), Ok("https://xn--hlo-qla.example.de"));
        assert_eq!(parse("8.8.8.8").as_deref(), Ok("https://8.8.8.8"));
        assert_eq!(parse("http://127.0.0.1:8089/api").as_deref(), Ok("http://127.0.0.1:8089"));
        assert_eq!(parse("http://localhost:8090").as_deref(), Ok("http://localhost:8090"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_do() {
        use HaloUrlProblem::*;
        let host = || "acme.halopsa.com".to_owned();
        for (typed, problem) in [
            ("", Empty),
            ("   ", Empty),
            ("http://acme.halopsa.com", NotHttps { host: host() }),
            ("http://acme.halopsa.com/api", NotHttps { host: host() }),
            ("https://acme.halopsa.com:8443", Port { port: 8443 }),
            ("acme.halopsa.com:8443", Port { port: 8443 }),
            ("https://me@acme.halopsa.com", UserInfo),
            ("https://me:secret@acme.halopsa.com", UserInfo),
            ("someone@acme.com", UserInfo),
            ("acme", NotWhole { host: "acme".into() }),
            ("https://..", NotWhole { host: ".".into() }),
            ("acme..halopsa.com", NotWhole { host: "acme..halopsa.com".into() }),
            ("acme.halopsa.com..", NotWhole { host: "acme.halopsa.com.".into() }),
            ("ftp://acme.halopsa.com", NotAnAddress),
            ("javascript:alert(1)", NotAnAddress),
            ("file:///etc/passwd", NotAnAddress),
            ("not an address", NotAnAddress),
            ("https://", NotAnAddress),
            ("localhost", NotPublic),
            ("http://localhost:8089", NotPublic),
            ("https://127.0.0.1:8090", NotPublic),
            ("https://2130706433", NotPublic),
            ("https://0x7f.1", NotPublic),
            ("https://0177.0.0.1", NotPublic),
            ("https://[::ffff:10.0.0.1]", NotPublic),
            ("https://169.254.169.254/latest/meta-data", NotPublic),
            ("192.168.1.10/halo", NotPublic),
        ] {
            assert_eq!(parse(typed), Err(problem), "{typed}");
        }
        assert_eq!(parse(&"a".repeat(3000)), Err(TooLong));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged_and_a_good_one_stays_itself(typed in ".{0,60}") {
            if let Ok(url) = parse(&typed) {
                proptest::prop_assert_eq!(parse(&url), Ok(url));
            }
        }
    }
}
