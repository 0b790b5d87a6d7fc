//! The result, read back from the tenant itself.

use anyhow::{Context as _, ensure};

use super::map::{self, Association, Client};
use super::print_line;
use crate::dev::stack::Parts;
use crate::sandbox::Tenant;

/// What our subscriptions carry as their vendor.
const VENDOR: &str = "INFIMA";

/// One line of the table: texts as they are printed.
type Row = [String; 6];

/// Compares every mapped client with the tenant, and prints both.
pub(super) async fn show(parts: &Parts) -> anyhow::Result<()> {
    let [tenant, ..] = &parts.tenants;
    let heads = ["Client", "Halo customer", "Subscription", "Before", "After", "Last sync date"];
    let mut rows: Vec<Row> = vec![heads.map(str::to_owned)];
    for client in map::clients(parts).await? {
        if let Some(association) = &client.halo_association {
            rows.push(row(tenant, &client, association)?);
        }
    }
    print(&rows);
    Ok(())
}

fn row(tenant: &Tenant, client: &Client, association: &Association) -> anyhow::Result<Row> {
    let name = &client.name;
    let known = association.subscription.as_ref().with_context(|| format!("{name} has no subscription"))?;
    let live = tenant.live_subscriptions_of(association.halo_customer.halo_id, VENDOR);
    let [subscription] = live.as_slice() else {
        anyhow::bail!("{name} has {} subscriptions in Halo instead of one", live.len());
    };
    ensure!(subscription.id == known.halo_id, "{name}'s subscription is {}, not {}", subscription.id, known.halo_id);
    let (quantity, wanted) = (subscription.count, client.active_user_count);
    ensure!(quantity == f64::from(wanted), "{name} has quantity {quantity} in Halo and {wanted} active users");
    // The tenant's own audit trail begins with the count at creation.
    let first = tenant.count_at_creation(subscription.id);
    let first = first.with_context(|| format!("Halo's audit trail knows nothing of {name}'s subscription"))?;
    let last_synced = association.last_synced_at.as_deref().with_context(|| format!("{name} was never synced"))?;
    let customers = tenant.customers();
    let customer = customers.iter().find(|customer| customer.id == subscription.client_id);
    Ok([
        name.clone(),
        customer.map_or_else(String::new, |customer| customer.name.clone()),
        subscription.id.to_string(),
        first,
        quantity.to_string(),
        last_synced.get(..16).unwrap_or(last_synced).replace('T', " ") + " UTC",
    ])
}

/// Words to the left, numbers to the right.
fn print(rows: &[Row]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 6] = std::array::from_fn(width);
    for [client, customer, subscription, before, after, last] in rows {
        let [w1, w2, w3, w4, w5, _] = widths;
        print_line(format!("{client:<w1$}  {customer:<w2$}  {subscription:>w3$}  {before:>w4$}  {after:>w5$}  {last}"));
    }
}
