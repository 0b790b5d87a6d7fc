//! The address of a webhook's receiver, as users type it.

use std::net::IpAddr;

use url::{Host, Url};

use crate::net::{AllowList, guard::is_public};

const LONGEST: usize = 2048;

/// An address that may be called: https, on the standard port. Only development addresses may have
/// another port, plain http or a private address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookUrl(Url);

/// Why an address is refused, and what to do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    #[error("Enter the address that INFIMA notifies, such as https://hooks.example.com/infima.")]
    Empty,
    #[error("This address is too long. Use at most {LONGEST} characters.")]
    TooLong,
    #[error("This is not a web address. Use a whole one, such as https://hooks.example.com/infima.")]
    NotAnAddress,
    #[error("Webhooks are only sent over https. Use an address that begins with https://.")]
    NotHttps,
    #[error("Leave out the user name or password in front of the @. Deliveries are signed instead.")]
    UserInfo,
    #[error("Webhooks are only sent to the standard https port. Leave out the port.")]
    Port,
    #[error(
        "This address is not on the public internet, so INFIMA may not call it. Use the address under which your \
         receiver is reached from outside."
    )]
    NotPublic,
}

impl WebhookUrl {
    pub(super) fn parse(typed: &str, allowed: &AllowList) -> Result<Self, AddressProblem> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(AddressProblem::Empty);
        }
        if typed.len() > LONGEST {
            return Err(AddressProblem::TooLong);
        }
        let mut url = Url::parse(typed).map_err(|_| AddressProblem::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressProblem::NotAnAddress);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressProblem::UserInfo);
        }
        url.set_fragment(None);
        if allowed.allows(&url) {
            return Ok(Self(url));
        }
        match url.host().ok_or(AddressProblem::NotAnAddress)? {
            Host::Ipv4(ip) if !is_public(IpAddr::V4(ip)) => return Err(AddressProblem::NotPublic),
            Host::Ipv6(ip) if !is_public(IpAddr::V6(ip)) => return Err(AddressProblem::NotPublic),
            Host::Domain(name) if name.trim_end_matches('.').ends_with("localhost") => {
                return Err(AddressProblem::NotPublic);
            }
            Host::Domain(name) if !name.contains('.') || name.split('.').any(str::is_empty) => {
                return Err(AddressProblem::NotAnAddress);
            }
            _ => {}
        }
        if url.scheme() != "https" {
            return Err(AddressProblem::NotHttps);
        }
        if url.port().is_some() {
            return Err(AddressProblem::Port);
        }
        Ok(Self(url))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name whose addresses have to be public.
    pub(super) fn name_to_look_up(&self, allowed: &AllowList) -> Option<&str> {
        self.0.domain().filter(|_| !allowed.allows(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_called_is_refused_with_what_to_do() {
        use AddressProblem::*;
        let allowed = AllowList::parse(["127.0.0.1:8089"]).unwrap();
        let parse = |typed: &str| WebhookUrl::parse(typed, &allowed).map(|url| url.as_str().to_owned());
        for (typed, problem) in [
            (" ", Empty),
            ("hooks.example.com", NotAnAddress),
            ("ftp://hooks.example.com", NotAnAddress),
            ("https://hooks", NotAnAddress),
            ("http://hooks.example.com", NotHttps),
            ("https://me:secret@hooks.example.com", UserInfo),
            ("https://me@127.0.0.1:8089", UserInfo),
            ("https://hooks.example.com:8443", Port),
            ("https://127.0.0.1:8090", NotPublic),
            ("https://localhost/", NotPublic),
            ("https://metadata.localhost/", NotPublic),
            ("https://169.254.169.254/latest/meta-data", NotPublic),
            ("https://[::ffff:10.0.0.1]/", NotPublic),
            ("https://2130706433/", NotPublic),
        ] {
            assert_eq!(parse(typed), Err(problem), "{typed}");
        }
        assert_eq!(parse(&format!("https://hooks.example.com/{}", "a".repeat(3000))), Err(TooLong));
        for (typed, address) in [
            (" https://hooks.example.com/infima?token=a#b ", "https://hooks.example.com/infima?token=a"),
            ("https://8.8.8.8", "https://8.8.8.8/"),
            ("http://127.0.0.1:8089/hook", "http://127.0.0.1:8089/hook"),
        ] {
            assert_eq!(parse(typed).as_deref(), Ok(address), "{typed}");
        }
    }
}
