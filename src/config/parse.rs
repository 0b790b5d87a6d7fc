//! Parsers for values that several sections use. Their errors complete the sentence "'…' is not
//! valid: ".

use std::{convert::Infallible, ops::RangeInclusive, time::Duration};

use secrecy::SecretString;
use url::{Host, Url};

/// Accepts any text as a secret: the module that uses it checks it, and an error here would print
/// it.
pub(super) fn secret(text: &str) -> Result<SecretString, Infallible> {
    Ok(SecretString::from(text))
}

/// Whole seconds within a range.
pub(super) fn seconds(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync {
    move |text| match text.parse() {
        Ok(seconds) if range.contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("give whole seconds from {} to {}", range.start(), range.end())),
    }
}

/// Returns whether the connection is protected from changes on the way: https, or this machine.
pub(super) fn is_protected(url: &Url) -> bool {
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

/// An `http` or `https` address with a host and nothing secret in it.
pub(super) fn web_address(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|error| format!("give a whole address such as https://example.com ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("the address has to start with https:// or http://".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the address must not hold a user name or password".into());
    }
    Ok(url)
}
