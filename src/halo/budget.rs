//! The seam to the request budget that all processes share.
//!
//! Halo limits requests (figures between 300 in 5 minutes and 700 in 5 minutes are known), and it has to be assumed that all
//! who speak to a tenant share one limit (Halo's API notes, section 7). Who counts them is not this room's business: it asks a function before every request.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

/// Who is waiting for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Somebody in front of a screen.
    People,
    /// A sync.
    Sync,
}

/// What is asked of the budget.
#[derive(Clone, Debug)]
pub enum BudgetAsk {
    /// May one request be sent to this host now?
    Request { host: String, lane: Lane },
    /// Halo answered 429: nobody should send to this host for so long.
    LimitedByHalo { host: String, wait: Duration },
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
