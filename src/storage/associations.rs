//! Associations as people see and change them. What a run does to them is in [`super::outcomes`].

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::read_problem;
use super::error::inconsistent;
use super::{PartnerTx, Partners, Result, StorageError, lifecycles};
use crate::auth::PartnerScope;
use crate::domain::association::{
    Association, AssociationEvent, AssociationState, LastSync, Lifecycle, MappedCustomer, SubscriptionSnapshot,
};
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, HaloTenant, PartnerId};

struct Row {
    id: Uuid,
    partner_id: Uuid,
    client_id: Uuid,
    tenant: String,
    halo_customer_id: i32,
    halo_customer_name: Option<String>,
    halo_customer_top_level: Option<String>,
    state: String,
    ending: Option<String>,
    subscription_id: Option<i32>,
    observed_name: Option<String>,
    observed_quantity: Option<i32>,
    observed_at: Option<DateTime<Utc>>,
    billing: String,
    last_synced_at: Option<DateTime<Utc>>,
    last_synced_quantity: Option<i32>,
    problem: Option<Value>,
}

impl TryFrom<Row> for Association {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self> {
        let billing = row.billing.parse().map_err(inconsistent("associations", "billing", row.id))?;
        Ok(Association {
            id: AssociationId(row.id),
            partner: PartnerId(row.partner_id),
            client: ClientId(row.client_id),
            tenant: HaloTenant(row.tenant),
            customer: MappedCustomer {
                id: HaloCustomerId(row.halo_customer_id),
                name: row.halo_customer_name,
                top_level: row.halo_customer_top_level,
            },
            state: row.state.parse().map_err(inconsistent("associations", "state", row.id))?,
            ending: row
                .ending
                .map(|ending| ending.parse().map_err(inconsistent("associations", "ending", row.id)))
                .transpose()?,
            subscription: row.subscription_id.map(|id| SubscriptionSnapshot {
                id: HaloSubscriptionId(id),
                name: row.observed_name,
                quantity: row.observed_quantity.and_then(|quantity| u32::try_from(quantity).ok()),
                billing,
                at: row.observed_at,
            }),
            last_synced: row
                .last_synced_at
                .zip(row.last_synced_quantity)
                .map(|(at, quantity)| LastSync { at, quantity: quantity.unsigned_abs() }),
            problem: read_problem("associations", row.id, row.problem)?,
        })
    }
}

/// The current association of each of these clients, else the one that is ending.
pub async fn of_clients(
    db: &mut PgConnection,
    partners: impl Partners,
    clients: &[ClientId],
) -> Result<Vec<Association>> {
    let clients: Vec<_> = clients.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        "select distinct on (client_id)
                id, partner_id, client_id, tenant, halo_customer_id, halo_customer_name, halo_customer_top_level,
                state, ending, subscription_id, observed_name, observed_quantity, observed_at, billing, last_synced_at,
                last_synced_quantity, problem
         from associations
         where partner_id = any ($1) and client_id = any ($2) and state <> 'ended'
         order by client_id, state = 'ending', id desc",
        &partners.ids(),
        &clients
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Association::try_from).collect()
}

/// Those of `ids` that are these partners', ended ones too.
pub async fn find_many(
    db: &mut PgConnection,
    partners: impl Partners,
    ids: &[AssociationId],
) -> Result<Vec<Association>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        "select id, partner_id, client_id, tenant, halo_customer_id, halo_customer_name, halo_customer_top_level,
                state, ending, subscription_id, observed_name, observed_quantity, observed_at, billing, last_synced_at,
                last_synced_quantity, problem
         from associations where partner_id = any ($1) and id = any ($2)",
        &partners.ids(),
        &ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Association::try_from).collect()
}

/// A client, and the customer it is mapped to.
#[derive(Debug)]
pub struct Mapped {
    pub partner: PartnerId,
    pub client: ClientId,
    pub tenant: HaloTenant,
    pub customer: HaloCustomerId,
}

/// Which clients are mapped now to customers with these ids in these tenants.
pub async fn clients_of_customers(
    db: &mut PgConnection,
    partners: impl Partners,
    tenants: &[HaloTenant],
    customers: &[HaloCustomerId],
) -> Result<Vec<Mapped>> {
    let tenants: Vec<_> = tenants.iter().map(|tenant| tenant.0.clone()).collect();
    let customers: Vec<_> = customers.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        "select partner_id, client_id, tenant, halo_customer_id from associations
         where partner_id = any ($1) and tenant = any ($2) and halo_customer_id = any ($3)
           and state not in ('ending', 'ended')
         order by id",
        &partners.ids(),
        &tenants,
        &customers
    )
    .fetch_all(db)
    .await?;
    let mapped = rows.into_iter().map(|row| Mapped {
        partner: PartnerId(row.partner_id),
        client: ClientId(row.client_id),
        tenant: HaloTenant(row.tenant),
        customer: HaloCustomerId(row.halo_customer_id),
    });
    Ok(mapped.collect())
}

/// Another Halo's associations that still stand in the way of changing the connection's tenant.
pub async fn exist_for_another_tenant(
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

/// A mapping that a person has just saved.
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
pub async fn insert(tx: &mut PartnerTx<'_>, new: &NewAssociation<'_>) -> Result<bool> {
    let done = sqlx::query!(
        "insert into associations (id, partner_id, client_id, tenant, halo_customer_id, halo_customer_name,
                                   halo_customer_top_level, shared, state, marker, initial_name, created_at,
                                   subscription_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $12,
                 -- The pair's records keep their marker, also if the tenant's identity has changed.
                 coalesce((select marker from associations
                           where partner_id = $2 and client_id = $3 and tenant = $4 and halo_customer_id = $5
                           order by id desc limit 1), $9),
                 $10, $11, $13)
         on conflict do nothing",
        new.id.0,
        tx.scope().partner().0,
        new.client.0,
        new.tenant.0,
        new.customer.id.0,
        new.customer.name,
        new.customer.top_level,
        new.shared,
        new.marker,
        new.initial_name,
        tx.now(),
        AssociationState::of_new(new.keeps).as_str(),
        new.keeps.map(|id| id.0)
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Applies a person's act to an association, and returns what it is then. `None` if the partner has
/// no such association, or the act is impossible for it. Adopting fails on
/// `one_owner_per_subscription` if another client has the subscription.
pub async fn apply(tx: &mut PartnerTx<'_>, id: AssociationId, event: &AssociationEvent) -> Result<Option<Lifecycle>> {
    let partner = tx.scope().partner();
    Ok(lifecycles::apply(tx, partner, id, event).await?.and_then(std::result::Result::ok))
}

/// Whether the partner has any association that a run would look at.
pub async fn any(db: &mut PgConnection, scope: &PartnerScope) -> Result<bool> {
    let any = sqlx::query_scalar!(
        r#"select exists (select from associations where partner_id = $1 and state <> 'ended') as "any!""#,
        scope.partner().0
    )
    .fetch_one(db)
    .await?;
    Ok(any)
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

/// Associations that a person's look at overwritten fields concerns: with a write that Halo has not
/// been seen after, or with that problem.
pub async fn waiting_for_writes(tx: &mut PartnerTx<'_>) -> Result<Vec<AssociationId>> {
    let ids = sqlx::query_scalar!(
        "select id from associations
         where partner_id = $1 and state <> 'ended'
           and (pending_write is not null or problem ->> 'code' = 'fields_overwritten')
         order by id",
        tx.scope().partner().0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids.into_iter().map(AssociationId).collect())
}
