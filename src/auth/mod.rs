//! Who is calling, and what that permits.
//!
//! A bearer token goes in at [`Verifier`] and comes out as [`Claims`]; with the partner looked up
//! they become a [`Caller`]; a caller, an [`Act`] and a partner go through [`permit`] and come out
//! as a [`PartnerScope`], without which `storage/` returns no rows. The whole policy is one table
//! in `policy.rs`.
//!
//! This module knows no rows, no SQL, no Halo and no HTTP framework. `app` passes the function that
//! fetches signing keys. `http/` identifies callers, `graphql/` and `ops/` check permissions,
//! `storage/` takes the scopes; the scopes that belong to no caller ([`PartnerScope::for_worker`],
//! [`PartnerScope::for_operator`], [`SystemScope::worker`] and the like) are for `ops/`, `jobs/`
//! and `app/` alone.

mod caller;
mod keys;
#[cfg(feature = "dev")]
mod mint;
mod policy;
mod scope;
mod verified_tokens;
mod verify;

pub use caller::{Caller, Claims, Role};
pub use keys::{FetchKeys, NoUsableKeys};
#[cfg(feature = "dev")]
pub use mint::DevTokenIssuer;
pub use policy::{Act, Denied, may, permit, permit_across};
pub use scope::{PartnerScope, SystemScope};
pub use verify::{TokenRules, Verifier, VerifyError};
