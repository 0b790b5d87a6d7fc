//! What must hold when all is quiet again, whatever happened before.

use std::collections::{BTreeMap, BTreeSet};

use infima_halo::domain::association::AssociationState;
use infima_halo::halo::VENDOR;
use infima_halo::sandbox::{Call, Tenant};
use uuid::Uuid;

use super::stage::{Party, Racer, Stage};
use crate::storage::listed_clients::disagreeing;

/// Our row of one association, ended ones included.
#[derive(Debug, sqlx::FromRow)]
struct Noted {
    client_id: Uuid,
    tenant: String,
    halo_customer_id: i32,
    halo_customer_name: Option<String>,
    state: String,
    marker: String,
    /// The tenant of the connection that the partner has now.
    connected: Option<String>,
}

/// Everything that does not hold.
pub async fn broken(stage: &Stage) -> Vec<String> {
    let mut broken = Vec::new();
    for party in &stage.parties {
        let noted: Vec<Noted> = sqlx::query_as(
            "select a.client_id, a.tenant, a.halo_customer_id, a.halo_customer_name, a.state, a.marker,
                    c.tenant as connected
             from associations a left join connections c using (partner_id) where a.partner_id = $1",
        )
        .bind(party.id.0)
        .fetch_all(&stage.world.owner)
        .await
        .expect("the database answers");
        broken.extend(no_association_is_of_a_connection_that_is_gone(party, &noted));
        for tenant in &party.tenants {
            broken.extend(no_subscription_was_created_twice(tenant, &noted));
            broken.extend(only_counts_were_written(party, tenant, &noted));
        }
        broken.extend(imports_are_kept(stage, party).await);
        broken.extend(every_client_is_billed_for_its_users(stage, party).await);
    }
    broken.extend(nothing_confirmed_is_lost(stage).await);
    broken.extend(disagreeing(&stage.world.owner).await);
    broken
}

/// Each association that has not ended is with the Halo that the partner is connected to, and names
/// a customer of that Halo.
fn no_association_is_of_a_connection_that_is_gone(party: &Party, noted: &[Noted]) -> Vec<String> {
    let names = |tenant: &Tenant| -> BTreeMap<i32, String> {
        tenant.customers().into_iter().map(|customer| (customer.id, customer.name)).collect()
    };
    let names: BTreeMap<_, _> = party.tenants.iter().map(|it| (it.name().to_owned(), names(it))).collect();
    let is_wrong = |it: &&Noted| {
        let customer = names.get(&it.tenant).and_then(|names| names.get(&it.halo_customer_id));
        let is_gone = it.state != "ended" && it.connected.as_ref() != Some(&it.tenant);
        is_gone || !party.tenants.is_empty() && customer != it.halo_customer_name.as_ref()
    };
    noted.iter().filter(is_wrong).map(|it| format!("{} is mapped in a Halo that is gone: {it:?}", party.name)).collect()
}

/// A pair of a client and a customer has one marker, and one subscription at the most, ever.
fn no_subscription_was_created_twice(tenant: &Tenant, noted: &[Noted]) -> Vec<String> {
    let mut broken = Vec::new();
    let mut seen = BTreeSet::new();
    for subscription in tenant.subscriptions().into_iter().filter(|it| it.vendor == VENDOR) {
        let its = |it: &&Noted| it.tenant == tenant.name() && it.marker == subscription.product_sku;
        if noted.iter().find(its).is_none_or(|it| it.halo_customer_id != subscription.client_id) {
            broken.push(format!("{}: no association made {subscription:?}", tenant.name()));
        }
        if !seen.insert(subscription.product_sku.clone()) {
            broken.push(format!("{}: a second subscription: {subscription:?}", tenant.name()));
        }
    }
    if tenant.journal().iter().any(|entry| entry.call == Call::Delete) {
        broken.push(format!("{}: something was deleted", tenant.name()));
    }
    broken
}

/// By Halo's own audit trail, the integration changed nothing but quantities, and each that it
/// wrote was the number of the client's users at some time, or the 0 of an ending.
fn only_counts_were_written(party: &Party, tenant: &Tenant, noted: &[Noted]) -> Vec<String> {
    let mut broken = Vec::new();
    for change in tenant.changes().into_iter().filter(|change| change.who == "Integration") {
        let marker = tenant.subscription(change.licence_id).map(|it| it.product_sku).unwrap_or_default();
        let client = noted.iter().find(|it| it.marker == marker).map(|it| it.client_id);
        let racer = party.clients.iter().find(|racer| Some(racer.id.0) == client);
        let was_imported = |racer: &Racer| {
            let written = change.new_value.parse::<f64>();
            let mut imports =
                racer.imports.lock().unwrap().iter().map(|it| it.1 as f64).chain([0.0]).collect::<Vec<_>>();
            imports.retain(|count| written.as_ref() == Ok(count));
            !imports.is_empty()
        };
        if change.field_name != "count" || !racer.is_some_and(was_imported) {
            broken.push(format!("{}: {change:?} of {:?}", tenant.name(), racer.map(|racer| racer.name)));
        }
    }
    broken
}

/// The number of users is that of the last import that was confirmed, or of a later one whose
/// answer was cut off.
async fn imports_are_kept(stage: &Stage, party: &Party) -> Vec<String> {
    let mut broken = Vec::new();
    for racer in &party.clients {
        let count: i64 = sqlx::query_scalar("select count(*) from users where client_id = $1 and state = 'active'")
            .bind(racer.id.0)
            .fetch_one(&stage.world.owner)
            .await
            .expect("the database answers");
        let imports = racer.imports.lock().unwrap().clone();
        let last = imports.iter().filter(|import| import.2).map(|import| import.0).max().unwrap_or(0);
        if !imports.iter().any(|import| import.0 >= last && import.1 as i64 == count) {
            broken.push(format!("{} of {} has {count} users after {imports:?}", racer.name, party.name));
        }
    }
    broken
}

/// Each client is associated, and Halo shows its users, on one subscription.
async fn every_client_is_billed_for_its_users(stage: &Stage, party: &Party) -> Vec<String> {
    let Some(tenant) = party.tenants.first() else { return Vec::new() };
    let mut broken = Vec::new();
    let all = stage.world.associations_of(party.id).await;
    for racer in &party.clients {
        let users: i32 = sqlx::query_scalar("select active_user_count($1)")
            .bind(racer.id.0)
            .fetch_one(&stage.world.owner)
            .await
            .expect("the database answers");
        let its = all.iter().find(|it| it.client == racer.id && it.state == AssociationState::Active);
        let shown = its.and_then(|it| tenant.subscription(it.subscription.as_ref()?.id.0));
        if !shown.as_ref().is_some_and(|it| it.is_live() && it.count == f64::from(users)) {
            let its: Vec<_> = all.iter().filter(|it| it.client == racer.id).collect();
            broken.push(format!("{} of {} has {users} users and is billed {shown:?}: {its:?}", racer.name, party.name));
        }
    }
    broken
}

/// Each run and association whose id was answered is there, and no run is left open.
async fn nothing_confirmed_is_lost(stage: &Stage) -> Vec<String> {
    let count = async |statement: &'static str, ids: Vec<Uuid>| -> i64 {
        let found = sqlx::query_scalar(statement).bind(ids).fetch_one(&stage.world.owner).await;
        found.expect("the database answers")
    };
    let runs: BTreeSet<_> = stage.confirmed_runs.lock().unwrap().iter().map(|id| id.0).collect();
    let associations: BTreeSet<_> = stage.confirmed_associations.lock().unwrap().iter().map(|id| id.0).collect();
    let (confirmed, mapped) = (runs.len() as i64, associations.len() as i64);
    let kept = count("select count(*) from sync_runs where id = any($1)", runs.into_iter().collect()).await;
    let still_mapped = "select count(*) from associations where id = any($1)";
    let still_mapped = count(still_mapped, associations.into_iter().collect()).await;
    let open = "select count(*) from sync_runs where state in ('queued', 'running') and partner_id = any($1)";
    let friendly = stage.parties.iter().filter(|party| !party.tenants.is_empty()).map(|party| party.id.0);
    let open = count(open, friendly.collect()).await;
    println!("{confirmed} runs and {mapped} associations were confirmed");
    let mut broken = Vec::new();
    if (kept, still_mapped, open) != (confirmed, mapped, 0) {
        broken.push(format!("{kept} of {confirmed} runs and {still_mapped} of {mapped} are left, {open} are open"));
    }
    broken
}
