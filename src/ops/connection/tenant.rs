//! A Halo of another identity: the same one under another name, or another one. The partner's own
//! subscriptions, under their ids and with their markers, distinguish them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::auth::PartnerScope;
use crate::domain::activity::Action;
use crate::domain::connection::Connection;
use crate::domain::problem::TenantEvidence;
use crate::halo::{HaloError, Session, SubscriptionLookup};
use crate::ids::HaloTenant;
use crate::ops::{OpError, Ops};
use crate::storage::{PartnerTx, connections, tenants};

/// Subscriptions that are looked for. They are read one by one, or by fewer pages of the list.
const MOST_SUBSCRIPTIONS: i64 = 20;

/// What a user decides about associations with a Halo of another identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantDecision {
    /// It is the same Halo: the associations are carried over, and each id is verified before
    /// anything is written to it.
    CarryOver,
    /// It is another Halo: the associations end as they are.
    Archive,
}

/// Looks in the session's Halo for subscriptions of the associations with the `known` tenant.
pub(in crate::ops) async fn find_evidence(
    ops: &Ops,
    scope: &PartnerScope,
    session: &Session,
    known: &HaloTenant,
) -> Result<TenantEvidence, OpError> {
    let wanted: BTreeMap<_, _> = {
        let mut db = ops.db.read(scope).await?;
        tenants::recognisable(&mut db, scope, known, MOST_SUBSCRIPTIONS).await?.into_iter().collect()
    };
    let lookups = match session.subscriptions(&wanted.keys().copied().collect::<Vec<_>>()).await {
        Err(HaloError::NothingVisible(_)) => BTreeMap::new(),
        lookups => lookups?,
    };
    let is_own = |(id, marker): &(_, &String)| match lookups.get(id) {
        Some(SubscriptionLookup::Found(record)) => record.marker.as_ref() == Some(*marker),
        Some(SubscriptionLookup::Deleted | SubscriptionLookup::Unclear(_)) | None => false,
    };
    let found = wanted.iter().map(|(id, marker)| (*id, marker)).filter(|it| is_own(it)).count();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(TenantEvidence { found: count(found), total: count(wanted.len()) })
}

/// Does what was decided about the associations with the tenant that the connection had `before`.
pub(super) async fn decide(
    tx: &mut PartnerTx<'_>,
    before: &Connection,
    tenant: &HaloTenant,
    evidence: TenantEvidence,
    decision: TenantDecision,
) -> Result<(), OpError> {
    let (scope, now) = (tx.scope(), tx.now());
    let action = match decision {
        TenantDecision::CarryOver => {
            tenants::carry_over(tx, scope, &before.tenant, tenant).await?;
            Action::TenantCarriedOver
        }
        TenantDecision::Archive => {
            tenants::archive(tx, scope, &before.tenant, now).await?;
            Action::TenantReplaced
        }
    };
    connections::confirm_tenant(tx, scope, tenant, now).await?;
    let (was, is) = changes(before, tenant, evidence);
    tx.record(action, Some(before.id.to_string()), Some(was), Some(is)).await?;
    Ok(())
}

/// What the audit log says of the tenant's old and new identity.
pub(in crate::ops) fn changes(before: &Connection, tenant: &HaloTenant, evidence: TenantEvidence) -> (Value, Value) {
    let TenantEvidence { found, total } = evidence;
    (json!({ "tenant": before.tenant }), json!({ "tenant": tenant, "found": found, "total": total }))
}
