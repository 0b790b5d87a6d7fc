//! A transaction on one partner's rows, which can write the audit log by itself.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::activity::{self, Entry};
use super::{Db, Result, Tx, partners};
use crate::auth::PartnerScope;
use crate::clock::Clock;
use crate::domain::activity::Action;

/// What the audit log says of a request beside who made it.
#[derive(Clone, Debug, Default)]
pub struct AuditContext {
    /// Finds the request again in the logs. Absent at the command line.
    pub request_id: Option<String>,
    /// Why, in support's words.
    pub reason: Option<String>,
}

/// A transaction on one partner's rows, with the actor, the request and the time that its audit
/// rows carry. For `ops/`.
pub struct PartnerTx<'s> {
    tx: Tx,
    scope: &'s PartnerScope,
    context: AuditContext,
    now: DateTime<Utc>,
}

impl<'s> PartnerTx<'s> {
    pub async fn begin(
        db: &Db,
        scope: &'s PartnerScope,
        context: impl Into<AuditContext>,
        clock: &Clock,
    ) -> Result<Self> {
        let (tx, now) = db.begin_dated(scope).await?;
        Ok(Self { tx, scope, context: context.into(), now: clock.shared(now) })
    }

    /// Keeps two requests of the same partner apart until the transaction ends, and returns what
    /// the partner is from then on.
    pub async fn lock(&mut self) -> Result<Option<partners::Locked>> {
        partners::lock(&mut self.tx, self.scope).await
    }

    pub fn scope(&self) -> &'s PartnerScope {
        self.scope
    }

    /// The reading of the shared clock that everything in this transaction is dated with.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Writes one act to the audit log. `before` and `after` never hold a secret.
    pub async fn record(
        &mut self,
        action: Action,
        subject: Option<String>,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<()> {
        let entry = self.entry(action, subject, before, after);
        activity::record(&mut self.tx, self.scope, entry, self.now).await
    }

    /// Writes the same act on several subjects to the audit log, with what each is after it.
    pub async fn record_each(&mut self, action: Action, subjects: Vec<(String, Value)>) -> Result<()> {
        let entry = |(subject, after)| self.entry(action, Some(subject), None, Some(after));
        let entries: Vec<_> = subjects.into_iter().map(entry).collect();
        activity::record_many(&mut self.tx, self.scope, &entries, self.now).await
    }

    fn entry(&self, action: Action, subject: Option<String>, before: Option<Value>, after: Option<Value>) -> Entry {
        let AuditContext { request_id, reason } = self.context.clone();
        Entry { action, subject, reason, before, after, request_id }
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}

impl Deref for PartnerTx<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for PartnerTx<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}
