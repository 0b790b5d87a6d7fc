//! What a run has to bring about, as the tables have it at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::PgConnection;

use super::Result;
use super::billing::{Billed, Shown};
use super::connections::read_problem;
use super::error::inconsistent;
use super::outcomes::PendingWrite;
use crate::auth::PartnerScope;
use crate::domain::association::confirmation_timeout_passed;
use crate::domain::connection::Connection;
use crate::domain::plan::{Create, Desired, DesiredAssociation, FallLimit, Goal};
use crate::domain::roster::UserCounts;
use crate::ids::{AssociationId, ClientId, HaloCustomerId, HaloInvoiceId, HaloSubscriptionId, HaloTenant};

/// What a run works with.
#[derive(Debug)]
pub struct Read {
    pub desired: Desired,
    /// The quantities that were sent without a recorded result.
    pub pending_writes: Vec<PendingWrite>,
    pub billed: BTreeMap<HaloSubscriptionId, Billed>,
}

/// Reads what a run has to bring about in this Halo, for these clients or for all; ending
/// associations are part of it. Other associations that want a subscription of the same customers
/// are `competing_associations`. With it come the quantities that were sent without a recorded
/// result, and, if everything was read, what is stored of each subscription's billing.
///
/// A create that was sent longer than `confirmation` ago has timed out once Halo was read after it:
/// an empty read counts only after another one, because a crash or an outage may have taken the
/// whole time.
pub async fn read(
    db: &mut PgConnection,
    scope: &PartnerScope,
    connection: &Connection,
    clients: Option<&[ClientId]>,
    confirmation: Duration,
) -> Result<Read> {
    let clients: Option<Vec<_>> = clients.map(|ids| ids.iter().map(|id| id.0).collect());
    let rows = sqlx::query!(
        r#"select a.id, a.revision, a.client_id, c.name as client_name, a.tenant, a.halo_customer_id, a.halo_customer_name, a.subscription_id,
                  a.ending, a.initial_name, a.marker,
                  c.state as client_state, u.identities as "identities!", u.active as "active!",
                  u.deactivated as "deactivated!", u.archived as "archived!",
                  a.create_sent_at, a.observed_at, a.creation_approved, now() as "now!",
                  a.duplicate_search_until is not null as "duplicate_possible!",
                  (select f.subscription_id from associations f
                   where a.subscription_id is null and f.partner_id = a.partner_id and f.client_id = a.client_id
                     and f.tenant = a.tenant and f.halo_customer_id = a.halo_customer_id and f.state = 'ended' and f.subscription_id is not null
                     and not f.unverified
                   order by f.id desc limit 1) as "previous_subscription?",
                  a.last_synced_quantity, a.confirmed_fall, a.unverified, a.problem, a.pending_write, a.pending_write_at,
                  ($2::uuid[] is null or a.client_id = any ($2)) as "chosen!", p.needs_users, p.fall_limit,
                  a.billing, a.billing_invoice_id
           from associations a
           join clients c on c.id = a.client_id
           join partners p on p.id = a.partner_id
           cross join lateral (
               select (count(distinct billing_identity) filter (where state = 'active'))::integer as identities,
                      (count(*) filter (where state = 'active'))::integer as active,
                      (count(*) filter (where state = 'deactivated'))::integer as deactivated,
                      (count(*) filter (where state = 'archived'))::integer as archived
               from users where client_id = c.id
           ) u
           where a.partner_id = $1 and a.state <> 'ended'
             and ($2::uuid[] is null or a.client_id = any ($2)
                  or a.subscription_id is null and (a.tenant, a.halo_customer_id) in
                         (select o.tenant, o.halo_customer_id from associations o
                          where o.partner_id = $1 and o.state <> 'ended' and o.client_id = any ($2)
                            and o.subscription_id is null))
           order by lower(c.name), a.id"#,
        scope.partner().0,
        clients.as_deref()
    )
    .fetch_all(&mut *db)
    .await?;
    let owned = match clients {
        // Every association was read.
        None => {
            let of_this_halo = rows.iter().filter(|row| row.tenant == connection.tenant.0);
            of_this_halo.filter_map(|row| row.subscription_id).map(HaloSubscriptionId).collect()
        }
        Some(_) => owned(db, scope, &connection.tenant).await?,
    };
    let (mut pending_writes, mut billed) = (Vec::new(), BTreeMap::new());
    // The same in each row, and without a row there is nothing to decide.
    let needs_users = rows.first().is_some_and(|row| row.needs_users);
    let fall_limit = rows.first().and_then(|row| FallLimit::new(row.fall_limit?.into()));
    let (mut associations, mut competing_associations) = (Vec::new(), Vec::new());
    for row in rows {
        let (chosen, customer) = (row.chosen, HaloCustomerId(row.halo_customer_id));
        if let Some(subscription) = row.subscription_id {
            let billing = row.billing.parse().map_err(inconsistent("associations", "billing", row.id))?;
            let shown = Shown { billing, invoice: row.billing_invoice_id.map(HaloInvoiceId) };
            billed.insert(HaloSubscriptionId(subscription), Billed { customer, shown });
        }
        if let Some(before) = row.pending_write.filter(|_| chosen) {
            let timed_out = row.pending_write_at.is_none_or(|sent| sent + confirmation <= row.now);
            pending_writes.push(PendingWrite { association: AssociationId(row.id), before, timed_out });
        }
        let association = {
            let client_state = row.client_state.parse().map_err(inconsistent("clients", "state", row.client_id))?;
            let [identities, active, deactivated, archived] =
                [row.identities, row.active, row.deactivated, row.archived].map(i32::unsigned_abs);
            let users = UserCounts::new(client_state, identities, active, deactivated, archived);
            let goal = match row.ending {
                Some(ending) => Goal::End(ending.parse().map_err(inconsistent("associations", "ending", row.id))?),
                None => Goal::SyncQuantity { active_users: users.counted },
            };
            DesiredAssociation {
                id: AssociationId(row.id),
                revision: row.revision,
                client: ClientId(row.client_id),
                client_name: row.client_name,
                tenant: HaloTenant(row.tenant),
                customer,
                customer_name: row.halo_customer_name,
                subscription: row.subscription_id.map(HaloSubscriptionId),
                users,
                unverified: row.unverified,
                goal,
                create: Create {
                    name: row.initial_name,
                    marker: row.marker,
                    sent_at: row.create_sent_at,
                    timed_out: confirmation_timeout_passed(row.create_sent_at, row.observed_at, confirmation, row.now),
                    creation_approved: row.creation_approved,
                    duplicate_possible: row.duplicate_possible,
                    previous_subscription: row.previous_subscription.map(HaloSubscriptionId),
                },
                // What was sent is noted in Halo's terms: see `PendingWrite`.
                unconfirmed_write: None,
                last_synced_quantity: row.last_synced_quantity.map(i32::unsigned_abs),
                confirmed_fall: row.confirmed_fall.map(i32::unsigned_abs),
                problem: read_problem("associations", row.id, row.problem)?,
            }
        };
        if chosen { associations.push(association) } else { competing_associations.push(association) }
    }
    let desired = Desired {
        tenant: connection.tenant.clone(),
        associations,
        competing_associations,
        owned,
        suspended_since: connection.writes_suspended_since,
        needs_users,
        fall_limit,
        customers_due: false,
    };
    Ok(Read { desired, pending_writes, billed })
}

/// The subscriptions of all of the partner's associations in this Halo.
async fn owned(
    db: &mut PgConnection,
    scope: &PartnerScope,
    tenant: &HaloTenant,
) -> Result<BTreeSet<HaloSubscriptionId>> {
    let owned = sqlx::query_scalar!(
        r#"select subscription_id as "id!" from associations
           where partner_id = $1 and tenant = $2 and subscription_id is not null and state <> 'ended'"#,
        scope.partner().0,
        tenant.0
    );
    Ok(owned.fetch_all(db).await?.into_iter().map(HaloSubscriptionId).collect())
}
