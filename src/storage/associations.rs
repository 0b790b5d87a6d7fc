//! Associations as users see and change them. What a run does to them is in [`super::outcomes`].

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::read_problem;
use super::error::inconsistent;
use super::{PartnerTx, Partners, Result, StorageError, lifecycles};
use crate::auth::PartnerScope;
use crate::domain::association::{
    Association, AssociationEvent, CustomerDetails, LastSync, Lifecycle, MappedCustomer, SubscriptionSnapshot,
};
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloInvoiceId, HaloSubscriptionId, HaloTenant, PartnerId};

pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) partner_id: Uuid,
    pub(super) client_id: Uuid,
    pub(super) tenant: String,
    pub(super) halo_customer_id: i32,
    pub(super) halo_customer_name: Option<String>,
    pub(super) halo_customer_top_level: Option<String>,
    pub(super) state: String,
    pub(super) ending: Option<String>,
    pub(super) subscription_id: Option<i32>,
    pub(super) observed_name: Option<String>,
    pub(super) observed_quantity: Option<i32>,
    pub(super) observed_at: Option<DateTime<Utc>>,
    pub(super) billing: String,
    pub(super) billing_invoice_id: Option<i32>,
    pub(super) last_synced_at: Option<DateTime<Utc>>,
    pub(super) last_synced_quantity: Option<i32>,
    pub(super) problem: Option<Value>,
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
                details: CustomerDetails::default(),
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
                invoice: row.billing_invoice_id.map(HaloInvoiceId),
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
                state, ending, subscription_id, observed_name, observed_quantity, observed_at, billing, billing_invoice_id,
                last_synced_at, last_synced_quantity, problem
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

/// Reads the associations in `ids` that are these partners', also ended ones.
pub async fn find_many(
    db: &mut PgConnection,
    partners: impl Partners,
    ids: &[AssociationId],
) -> Result<Vec<Association>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query_as!(
        Row,
        "select id, partner_id, client_id, tenant, halo_customer_id, halo_customer_name, halo_customer_top_level,
                state, ending, subscription_id, observed_name, observed_quantity, observed_at, billing, billing_invoice_id,
                last_synced_at, last_synced_quantity, problem
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

/// Applies a user's act to an association, and returns what it is then. `None` if the partner has
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

/// Associations whose writes wait until a user has reviewed overwritten fields: those with an
/// unconfirmed write, and those with that problem.
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
