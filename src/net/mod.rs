//! The only module that builds an HTTP client.
//!
//! A client sends one HTTP request safely: it has time-outs and a limit on the size of an answer,
//! follows no redirects, takes no proxies from the environment and never sends a request again by
//! itself. There are two kinds: one for addresses that partners type, which reaches nothing but
//! public addresses over https ([`guard`] says what is public), and one for addresses that the
//! operator configures.
//!
//! An answer is measured while it arrives ([`AnswerLimits`]), outside the threads that serve
//! requests if it is large. A client for addresses that partners
//! type also bounds what it holds of all answers together, so that no Halo takes up the memory of a
//! process (`in_flight`).
//!
//! The module does not know whom it calls. Tokens, paging, budgets and the meaning of a status
//! belong to its callers: `halo`; `webhook`; `app`, which builds the clients and fetches the
//! issuer's keys; and `dev`, which calls our own API. A caller learns the same about every address
//! that is blocked or does not answer, so that no partner can map a network with it.

mod allow_list;
mod answer_body;
mod client;
pub mod guard;
mod heavy_work;
mod in_flight;
mod json_meter;

pub use allow_list::{AllowList, NotHostAndPort};
pub use client::{Answer, Body, Call, CannotBuildClient, HttpClient, HttpLimits, NetError, Post};
pub use guard::Guard;
pub use heavy_work::do_heavy_work;
pub use json_meter::AnswerLimits;
pub use reqwest::{Method, StatusCode};

/// Makes ring the TLS provider of the process. Any number of calls is safe, even after another
/// crate has installed a provider.
pub fn install_tls_provider() {
    // The only error is that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
