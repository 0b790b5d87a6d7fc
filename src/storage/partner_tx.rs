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
use crate::domain::roster::RosterState;

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

    /// Keeps two requests of the same partner apart until the transaction ends, and returns the
    /// state that the partner has from then on.
    pub async fn lock(&mut self) -> Result<Option<RosterState>> {
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
        let AuditContext { request_id, reason } = self.context.clone();
        let entry = Entry { action, subject, reason, before, after, request_id };
        activity::record(&mut self.tx, self.scope, entry, self.now).await
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
