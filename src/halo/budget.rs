//! The request budget that all processes share, as a function that this module calls before every
//! request.
//!
//! Halo limits requests (figures between 300 in 5 minutes and 700 in 5 minutes are known). All
//! callers of one tenant are assumed to share one limit (docs/halo-api.md, section 7). Counting
//! them is the caller's responsibility, not this module's.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

use super::LimitedBy;
use crate::ids::PartnerId;

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A user in front of a screen.
    Interactive,
    /// A sync.
    Background,
}

/// A message to the budget.
#[derive(Clone, Debug)]
pub enum BudgetRequest {
    /// Asks for permission to send one request now.
    Permit { account: Account, priority: Priority },
    /// Reports that Halo answered 429: no request may be sent on this account for `wait`.
    LimitedByHalo { account: Account, wait: Duration },
}

/// The account on which a request is counted: the host that receives it, whichever caller sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub host: String,
    /// The partner who tries credentials that this host has not accepted yet. Such attempts are
    /// counted apart: any partner may type any host, and must not use up the budget of the partner
    /// who owns it.
    pub unverified_for: Option<PartnerId>,
}

/// The budget's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetAnswer {
    /// The request may be sent and is counted.
    Go,
    /// The request has to wait this long and ask again; nothing was counted.
    Wait { wait: Duration, by: LimitedBy },
}

/// The budget could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the request budget could not be asked")]
pub struct BudgetUnavailable;

/// Asks the budget. The answer to `LimitedByHalo` is ignored.
pub type Budget =
    Arc<dyn Fn(BudgetRequest) -> BoxFuture<'static, Result<BudgetAnswer, BudgetUnavailable>> + Send + Sync>;
