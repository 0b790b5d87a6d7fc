//! The only room that builds an HTTP client.
//!
//! For: sending one HTTP request safely. Every client here has time-outs, a cap on the size of an answer, no redirects, no
//! proxies from the environment and no resending behind the caller's back. There are two kinds: one for addresses that
//! partners type, which reaches public addresses over https and nothing else ([`guard`] says what is public), and one for
//! addresses that the operator configures.
//!
//! Not for: knowing whom it calls. Tokens, paging, budgets and the meaning of a status are its callers'.
//!
//! Callers: `halo`; `app`, which builds the clients and fetches `auth`'s keys; and `dev`, to ask our own API. What a caller
//! learns about an address that may not be called or does not answer is the same for every address, so that nobody can map a
//! network with it.

mod allow_list;
mod client;
pub mod guard;

pub use allow_list::{AllowList, NotHostAndPort};
pub use client::{Answer, Body, Call, CannotBuildClient, HttpClient, HttpLimits, NetError};
pub use guard::Guard;
pub use reqwest::{Method, StatusCode};

/// Makes ring the process' TLS provider. Safe to call any number of times, from anywhere, also when somebody else was first.
pub fn install_tls_provider() {
    // An error only says that a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
