//! Associations by the identity of their Halo: what proves that a Halo is the same one under
//! another name, and what happens to its associations.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::mappings::{begin_entry, undo_entry};
use super::{Result, lifecycles};
use crate::auth::PartnerScope;
use crate::domain::association::AssociationEvent;
use crate::ids::{AssociationId, HaloCustomerId, HaloSubscriptionId, HaloTenant, PartnerId};

/// Whether the partner has associations with another Halo than this tenant, which stand in the way
/// of changing the connection's tenant.
pub async fn has_associations_elsewhere(
    db: &mut PgConnection,
    scope: &PartnerScope,
    tenant: &HaloTenant,
) -> Result<bool> {
    let exist = sqlx::query_scalar!(
        r#"select exists (select from associations where partner_id = $1 and tenant <> $2 and state <> 'ended')
           as "exist!""#,
        scope.partner().0,
        tenant.0
    )
    .fetch_one(db)
    .await?;
    Ok(exist)
}

/// Subscriptions by which a tenant is recognised, with their markers: the latest ones that are not
/// known to be gone, `most` of them.
pub async fn recognisable(
    db: &mut PgConnection,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    most: i64,
) -> Result<Vec<(HaloSubscriptionId, String)>> {
    let rows = sqlx::query!(
        r#"select subscription_id as "subscription_id!", marker from associations
           where partner_id = $1 and tenant = $2 and subscription_id is not null and state <> 'ended'
             and coalesce(problem ->> 'code', '') not in ('subscription_deleted', 'subscription_not_visible')
           order by id desc limit $3"#,
        scope.partner().0,
        tenant.0,
        most
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (HaloSubscriptionId(row.subscription_id), row.marker)).collect())
}

/// A subscription, and the customer that it was created for.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    pub subscription: HaloSubscriptionId,
    pub customer: HaloCustomerId,
}

/// Subscriptions of associations, those first that a run did not find: `most` of them.
pub async fn likely_hidden(
    db: &mut PgConnection,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    most: i64,
) -> Result<Vec<Placed>> {
    let rows = sqlx::query!(
        r#"select subscription_id as "subscription_id!", halo_customer_id from associations
           where partner_id = $1 and tenant = $2 and subscription_id is not null and state <> 'ended'
           order by coalesce(problem ->> 'code', '') = 'subscription_not_visible' desc, id desc limit $3"#,
        scope.partner().0,
        tenant.0,
        most
    )
    .fetch_all(db)
    .await?;
    let placed = rows.into_iter().map(|row| Placed {
        subscription: HaloSubscriptionId(row.subscription_id),
        customer: HaloCustomerId(row.halo_customer_id),
    });
    Ok(placed.collect())
}

/// Carries all associations over to another identity of their tenant. Their ids are unverified from
/// then on.
pub async fn carry_over(db: &mut PgConnection, scope: &PartnerScope, from: &HaloTenant, to: &HaloTenant) -> Result<()> {
    sqlx::query!(
        "update associations set tenant = $3, unverified = true
         where partner_id = $1 and tenant = $2 and state = 'ended'",
        scope.partner().0,
        from.0,
        to.0
    )
    .execute(&mut *db)
    .await?;
    for id in open(db, scope, from).await? {
        let (mut keeps_subscription, mut shared) = (true, false);
        loop {
            begin_entry(db).await?;
            let carried_over = AssociationEvent::CarriedOver { keeps_subscription, shared };
            match carry_one_over(db, scope.partner(), id, &carried_over, to).await {
                Err(error) if keeps_subscription && error.violates("one_owner_per_subscription") => {
                    keeps_subscription = false;
                }
                Err(error) if !shared && error.violates("one_client_per_customer") => shared = true,
                other => break other?,
            }
            undo_entry(db).await?;
        }
    }
    Ok(())
}

async fn carry_one_over(
    db: &mut PgConnection,
    partner: PartnerId,
    id: AssociationId,
    event: &AssociationEvent,
    to: &HaloTenant,
) -> Result<()> {
    lifecycles::apply(db, partner, id, event).await?;
    sqlx::query!("update associations set tenant = $3 where partner_id = $1 and id = $2", partner.0, id.0, to.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends all associations with a Halo that the partner has left, as they are.
pub async fn archive(
    db: &mut PgConnection,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    at: DateTime<Utc>,
) -> Result<()> {
    for id in open(db, scope, tenant).await? {
        lifecycles::apply(db, scope.partner(), id, &AssociationEvent::Archived { at }).await?;
    }
    Ok(())
}

async fn open(db: &mut PgConnection, scope: &PartnerScope, tenant: &HaloTenant) -> Result<Vec<AssociationId>> {
    let ids = sqlx::query_scalar!(
        "select id from associations where partner_id = $1 and tenant = $2 and state <> 'ended' order by id",
        scope.partner().0,
        tenant.0
    )
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(AssociationId).collect())
}
