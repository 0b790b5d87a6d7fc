//! The request budget that all processes share, as a function that this module calls before every
//! request.
//!
//! Halo limits requests (figures between 300 in 5 minutes and 700 in 5 minutes are known). All
//! callers of one tenant are assumed to share one limit (docs/halo-api.md, section 7). Counting
//! them is the caller's responsibility, not this module's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use futures::future::BoxFuture;
use tokio::sync::{Mutex as FairMutex, OwnedMutexGuard};

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
    /// `caller` is the user who waits, if there is one: each has a share.
    Permit { account: Account, priority: Priority, caller: Option<String> },
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

/// The requests of each caller that wait for the budget of one account, in the order in which they
/// came.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<String, Weak<FairMutex<()>>>>);

impl Turns {
    /// Waits until the requests that came before have left.
    pub(super) async fn take(&self, account: &Account, caller: Option<&str>) -> OwnedMutexGuard<()> {
        let queue = {
            let mut queues = self.0.lock().expect("never held across a panic");
            queues.retain(|_, queue| queue.strong_count() > 0);
            let key = format!("{account:?} {caller:?}");
            match queues.get(&key).and_then(Weak::upgrade) {
                Some(queue) => queue,
                None => {
                    let queue = Arc::default();
                    queues.insert(key, Arc::downgrade(&queue));
                    queue
                }
            }
        };
        queue.lock_owned().await
    }
}

/// The budget could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the request budget could not be asked")]
pub struct BudgetUnavailable;

/// Asks the budget. The answer to `LimitedByHalo` is ignored.
pub type Budget =
    Arc<dyn Fn(BudgetRequest) -> BoxFuture<'static, Result<BudgetAnswer, BudgetUnavailable>> + Send + Sync>;

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn requests_of_one_caller_take_their_turns_in_order_and_others_do_not_wait() {
        let (turns, account) = (Turns::default(), Account { host: "halo".into(), unverified_for: None });
        let take = |caller| Box::pin(turns.take(&account, Some(caller)));
        let first = take("greedy").now_or_never().expect("no request came before");
        let (mut second, mut third) = (take("greedy"), take("greedy"));
        // The third one asks first, after the second one has come.
        assert!((&mut second).now_or_never().is_none() && (&mut third).now_or_never().is_none());
        assert!(take("colleague").now_or_never().is_some());
        drop(first);
        assert!((&mut third).now_or_never().is_none());
        let second = second.now_or_never().expect("its turn has come");
        assert!((&mut third).now_or_never().is_none());
        drop(second);
        assert!(third.now_or_never().is_some());
        assert!(take("newcomer").now_or_never().is_some());
        assert_eq!(turns.0.lock().unwrap().len(), 1, "only callers that wait are remembered");
    }
}
