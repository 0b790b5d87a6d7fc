//! Saving which Halo customer a client is mapped to.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use super::{PartnerTx, Result};
use crate::auth::PartnerScope;
use crate::domain::association::{AssociationState, MappedCustomer};
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, HaloTenant};

/// A mapping that a user has just saved.
pub struct NewAssociation<'a> {
    pub id: AssociationId,
    pub client: ClientId,
    pub tenant: &'a HaloTenant,
    pub customer: &'a MappedCustomer,
    pub shared: bool,
    pub marker: &'a str,
    pub initial_name: &'a str,
    /// The client's own subscription, which is at this customer already.
    pub keeps: Option<HaloSubscriptionId>,
}

/// Whether the mapping was free: false where the client has an association, or another one the
/// customer.
pub async fn insert(tx: &mut PartnerTx<'_>, new: NewAssociation<'_>) -> Result<bool> {
    Ok(!insert_many(tx, &[new]).await?.is_empty())
}

/// Locks all associations of these clients that have not ended, in the order in which a run locks
/// them: two transactions that lock several in different orders would wait for each other.
pub async fn lock(tx: &mut PartnerTx<'_>, clients: &[ClientId]) -> Result<()> {
    let clients: Vec<_> = clients.iter().map(|id| id.0).collect();
    sqlx::query!(
        "select id from associations where partner_id = $1 and client_id = any ($2) and state <> 'ended'
         order by id for no key update",
        tx.scope().partner().0,
        &clients
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Stores the mappings that are free, and returns their clients.
pub async fn insert_many(tx: &mut PartnerTx<'_>, new: &[NewAssociation<'_>]) -> Result<BTreeSet<ClientId>> {
    let ids: Vec<_> = new.iter().map(|it| it.id.0).collect();
    let clients: Vec<_> = new.iter().map(|it| it.client.0).collect();
    let tenants: Vec<_> = new.iter().map(|it| it.tenant.0.clone()).collect();
    let customers: Vec<_> = new.iter().map(|it| it.customer.id.0).collect();
    let names: Vec<_> = new.iter().map(|it| it.customer.name.clone()).collect();
    let top_levels: Vec<_> = new.iter().map(|it| it.customer.top_level.clone()).collect();
    let shared: Vec<_> = new.iter().map(|it| it.shared).collect();
    let markers: Vec<_> = new.iter().map(|it| it.marker.to_owned()).collect();
    let initial_names: Vec<_> = new.iter().map(|it| it.initial_name.to_owned()).collect();
    let states: Vec<_> = new.iter().map(|it| AssociationState::of_new(it.keeps).as_str().to_owned()).collect();
    let kept: Vec<_> = new.iter().map(|it| it.keeps.map(|id| id.0)).collect();
    let rows = sqlx::query_scalar!(
        "insert into associations (id, partner_id, client_id, tenant, halo_customer_id, halo_customer_name,
                                   halo_customer_top_level, shared, state, marker, initial_name, created_at,
                                   subscription_id)
         select n.id, $1, n.client, n.tenant, n.customer, n.name, n.top_level, n.shared, n.state,
                -- The pair's records keep their marker, also if the tenant's identity has changed.
                coalesce((select a.marker from associations a
                          where a.partner_id = $1 and a.client_id = n.client and a.tenant = n.tenant
                            and a.halo_customer_id = n.customer
                          order by a.id desc limit 1), n.marker),
                n.initial_name, $2, n.kept
         from unnest($3::uuid[], $4::uuid[], $5::text[], $6::integer[], $7::text[], $8::text[], $9::boolean[],
                     $10::text[], $11::text[], $12::text[], $13::integer[])
             as n (id, client, tenant, customer, name, top_level, shared, marker, initial_name, state, kept)
         on conflict do nothing
         returning client_id",
        tx.scope().partner().0,
        tx.now(),
        &ids,
        &clients,
        &tenants,
        &customers,
        &names as &[Option<String>],
        &top_levels as &[Option<String>],
        &shared,
        &markers,
        &initial_names,
        &states,
        &kept as &[Option<i32>]
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(ClientId).collect())
}

/// A subscription that a client has or had, by its association.
#[derive(Clone, Debug)]
pub struct OwnSubscription {
    pub association: AssociationId,
    pub client: ClientId,
    pub customer: HaloCustomerId,
    pub subscription: HaloSubscriptionId,
    pub marker: String,
    /// Whether the id was not seen since the tenant has another identity.
    pub unverified: bool,
    /// The association has not ended.
    pub open: bool,
}

/// The latest subscription of each of these clients in this tenant, also that of an ended
/// association.
pub async fn own_subscriptions(
    db: &mut PgConnection,
    scope: &PartnerScope,
    tenant: &HaloTenant,
    clients: &[ClientId],
) -> Result<Vec<OwnSubscription>> {
    let clients: Vec<_> = clients.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select distinct on (client_id) id, client_id, halo_customer_id, subscription_id as "subscription_id!", marker,
                  unverified, state <> 'ended' as "open!"
           from associations
           where partner_id = $1 and tenant = $2 and client_id = any ($3) and subscription_id is not null
           order by client_id, id desc"#,
        scope.partner().0,
        tenant.0,
        &clients
    )
    .fetch_all(db)
    .await?;
    let owned = rows.into_iter().map(|row| OwnSubscription {
        association: AssociationId(row.id),
        client: ClientId(row.client_id),
        customer: HaloCustomerId(row.halo_customer_id),
        subscription: HaloSubscriptionId(row.subscription_id),
        marker: row.marker,
        unverified: row.unverified,
        open: row.open,
    });
    Ok(owned.collect())
}

/// The association of this pair whose end is not confirmed yet, if there is one.
pub async fn ending_of(
    tx: &mut PartnerTx<'_>,
    client: ClientId,
    tenant: &HaloTenant,
    customer: HaloCustomerId,
) -> Result<Option<AssociationId>> {
    let id = sqlx::query_scalar!(
        "select id from associations
         where partner_id = $1 and client_id = $2 and tenant = $3 and halo_customer_id = $4 and state = 'ending'
         order by id desc limit 1",
        tx.scope().partner().0,
        client.0,
        tenant.0,
        customer.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.map(AssociationId))
}

/// One of several changes of a transaction begins, which [`undo_entry`] can undo alone.
pub async fn begin_entry(db: &mut PgConnection) -> Result<()> {
    sqlx::query!("savepoint entry").execute(db).await?;
    Ok(())
}

pub async fn undo_entry(db: &mut PgConnection) -> Result<()> {
    sqlx::query!("rollback to savepoint entry").execute(db).await?;
    Ok(())
}
