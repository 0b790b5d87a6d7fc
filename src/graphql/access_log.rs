//! Which partners support reads. Every scope of the GraphQL layer comes from here, so that an
//! operation of support leaves a row in the audit log of each partner that it reads. The row is
//! written before the data is read: an operation that is cut on its way has left it, and a read
//! that cannot be recorded does not happen.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;

use super::error::{Failure, Result};
use crate::auth::{Act, Caller, PartnerScope, Role};
use crate::ids::PartnerId;
use crate::ops::admin::record_reads::record_reads;
use crate::ops::{Ops, Request};
use crate::storage::SharedReader;

/// The access log of one operation. Clones share what they know.
#[derive(Clone)]
pub(super) struct AccessLog(Arc<Inner>);

struct Inner {
    ops: Ops,
    caller: Caller,
    request_id: String,
    operation: Option<String>,
    reads: Arc<SharedReader>,
    /// The partners that have their row. A subscription reads its partner again for each event.
    recorded: Mutex<BTreeSet<PartnerId>>,
    failure: OnceLock<Failure>,
}

impl AccessLog {
    pub(super) fn new(
        ops: Ops,
        reads: Arc<SharedReader>,
        caller: Caller,
        request_id: String,
        operation: Option<String>,
    ) -> Self {
        let (recorded, failure) = (Mutex::default(), OnceLock::new());
        Self(Arc::new(Inner { ops, reads, caller, request_id, operation, recorded, failure }))
    }

    /// The request that a verb of `ops/` gets.
    pub(super) fn request(&self, reason: Option<String>) -> Request<'_> {
        let Inner { caller, request_id, operation, .. } = &*self.0;
        Request { caller, id: request_id, operation: operation.as_deref(), reason }
    }

    /// The time by this process' clock, for what is only shown.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.0.ops.clock.now()
    }

    /// Asks the policy for scopes on these partners, and records them as read by support.
    pub(super) async fn permit_and_record(
        &self,
        act: Act,
        partners: impl IntoIterator<Item = PartnerId>,
    ) -> Result<Vec<PartnerScope>> {
        let request = self.request(None);
        let mut scopes = Vec::new();
        for partner in partners {
            scopes.push(request.permit(&self.0.ops, act, partner).await?);
        }
        self.record(scopes.iter().map(PartnerScope::partner)).await?;
        Ok(scopes)
    }

    /// Records partners as read, if the caller is support. A partner that this operation has
    /// changed has a row already, and so has one that it was refused.
    pub(super) async fn record(&self, partners: impl IntoIterator<Item = PartnerId>) -> Result<()> {
        if self.0.caller.role() != Role::Support {
            return Ok(());
        }
        // Held while the rows are written: nothing is read on the strength of a row that fails.
        let mut recorded = self.0.recorded.lock().await;
        let new: Vec<_> = partners.into_iter().filter(|partner| !recorded.contains(partner)).collect();
        if new.is_empty() {
            return Ok(());
        }
        // The rows are written on a connection of their own.
        let _suspended = self.0.reads.suspend().await;
        if let Err(error) = record_reads(&self.0.ops, &self.request(None), &new).await {
            return Err(self.0.failure.get_or_init(|| error.into()).clone());
        }
        recorded.extend(new);
        Ok(())
    }

    /// Why a row could not be written: then nothing of the operation's answer is shown.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.0.failure.get()
    }
}
