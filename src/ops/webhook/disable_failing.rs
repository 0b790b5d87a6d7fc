//! Gives notice of webhooks that have failed for days, and disables those that have failed for too
//! long.

use super::disable_by_itself;
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::webhook::{DISABLED_AFTER, DisabledBecause, origin_of};
use crate::ops::{OpError, Ops};
use crate::storage::AuditContext;
use crate::storage::webhooks::{self, FailingWebhook};

/// Gives each notice once; the API shows it for as long as it holds.
pub async fn disable_failing(ops: &Ops) -> Result<(), OpError> {
    let system = SystemScope::worker();
    let (mut tx, now) = ops.db.begin_dated(system).await?;
    let now = ops.clock.shared(now);
    let noticed = webhooks::take_notices(&mut tx, system, now).await?;
    let overdue = webhooks::overdue(&mut tx, system, now).await?;
    tx.commit().await?;
    for FailingWebhook { id, partner, url, failing_since } in noticed {
        tracing::warn!(
            partner.id = %partner, webhook.id = %id, receiver = origin_of(&url), failing_since = %failing_since,
            disabled_at = %(failing_since + DISABLED_AFTER), "every delivery to a webhook fails: it will be disabled"
        );
    }
    for failing in overdue {
        let scope = PartnerScope::for_worker(failing.partner);
        let mut tx = ops.begin(&scope, AuditContext::default()).await?;
        tx.lock().await?;
        // A delivery may have succeeded meanwhile.
        let webhook = webhooks::find_many(&mut tx, &scope, &[failing.id]).await?.pop();
        let since = webhook.and_then(|webhook| webhook.failing_since);
        if since.is_some_and(|since| since + DISABLED_AFTER <= tx.now()) {
            disable_by_itself(&mut tx, failing.id, &failing.url, DisabledBecause::Failing).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
