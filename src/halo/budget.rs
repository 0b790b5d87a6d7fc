//! The seam to the request budget that all processes share.
//!
//! Halo limits requests (figures between 300 in 5 minutes and 700 in 5 minutes are known), and it has to be assumed that all
//! who speak to a tenant share one limit (Halo's API notes, section 7). Who counts them is not this room's business: it asks a
//! function before every request.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

use crate::ids::PartnerId;

/// Who is waiting for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Somebody in front of a screen.
    Interactive,
    /// A sync.
    Background,
}

/// What is asked of the budget.
#[derive(Clone, Debug)]
pub enum BudgetAsk {
    /// May one request be sent now?
    Request { account: Account, priority: Priority },
    /// Halo answered 429: nothing should be sent on this account for so long.
    LimitedByHalo { account: Account, wait: Duration },
}

/// On what a request is counted: the host it is sent to, whoever sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub host: String,
    /// This host has not accepted the credentials, and whose attempts these are. They are counted apart: anybody may type
    /// any host, and must not use up what its own partner has there.
    pub unverified_for: Option<PartnerId>,
}

/// What the budget says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetAnswer {
    /// Send; the request is counted.
    Go,
    /// Ask again after so long; nothing was counted.
    Wait(Duration),
}

/// The budget could not be asked.
#[derive(Debug, thiserror::Error)]
#[error("the request budget could not be asked")]
pub struct BudgetUnavailable;

/// Asks the budget. The answer to `LimitedByHalo` is not looked at.
pub type Budget = Arc<dyn Fn(BudgetAsk) -> BoxFuture<'static, Result<BudgetAnswer, BudgetUnavailable>> + Send + Sync>;
