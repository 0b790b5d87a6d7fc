//! What must hold after every step of every history, in words beside the code that checks it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use infima_halo::auth::Role;
use infima_halo::domain::run::RunState;
use infima_halo::ids::ClientId;
use infima_halo::ops::association::save::{Mapping, associate_clients};
use infima_halo::ops::connection::save::save_connection;
use infima_halo::sandbox::{Call, Effect};
use uuid::Uuid;

use crate::storage::listed_clients::disagreeing;
use crate::support::world::{World, details_of, request};

const OTHER_PARTNER: &str = "contoso";
const OTHER_TENANT: &str = "other";

/// Our row of one association, of any partner, including ended ones.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
struct Noted {
    id: Uuid,
    partner_id: Uuid,
    client_id: Uuid,
    state: String,
    halo_customer_id: i32,
    subscription_id: Option<i32>,
    marker: String,
    last_synced_at: Option<DateTime<Utc>>,
    last_synced_quantity: Option<i32>,
    active_users: i32,
}

impl Noted {
    fn has_ended(&self) -> bool {
        self.state == "ended"
    }
}

/// The state before the step.
pub struct Watch {
    noted: BTreeMap<Uuid, Noted>,
    synced_at: Option<DateTime<Utc>>,
    journal: usize,
    other: (Vec<Noted>, usize),
    runs: Vec<Uuid>,
    /// Users acted while a sync was running: it reports everything as of the time when it read.
    pub beside_a_sync: bool,
}

impl Watch {
    /// Beside the partner of the history there is another one, connected to a Halo of its own and
    /// synced.
    pub async fn begin(world: &World) -> Self {
        world.import_partner(OTHER_PARTNER, &[("Quayside Printing", 4)]).await;
        let partner = world.partner_named(OTHER_PARTNER).await;
        let (caller, tenant) =
            (world.caller(Role::PartnerAdmin, Some(OTHER_PARTNER)).await, world.sandbox.tenant(OTHER_TENANT));
        save_connection(world.ops(), &request(&caller), partner, details_of(&tenant))
            .await
            .expect("the details are right");
        let client: (Uuid,) = sqlx::query_as("select id from clients where partner_id = $1")
            .bind(partner.0)
            .fetch_one(&world.owner)
            .await
            .expect("it was imported");
        let customer = infima_halo::ids::HaloCustomerId(tenant.customer_named("Quayside Printing").id);
        let mapping = Mapping { client: Some(ClientId(client.0)), customer, allow_shared: false, replace: None };
        let mapped = associate_clients(world.ops(), &request(&caller), partner, &[mapping]).await.expect("it is free");
        world.work(mapped.run.expect("a subscription is to be created")).await;

        let noted = noted(world).await;
        Self {
            other: other(world, &noted, partner.0),
            noted: by_id(noted),
            synced_at: world.connection().await.last_synced_at,
            journal: world.mark(),
            runs: succeeded(world).await,
            beside_a_sync: false,
        }
    }

    /// Compares the present state with the earlier one.
    pub async fn check(&mut self, world: &World) -> Result<(), String> {
        let partner = world.partner().await.0;
        let all = noted(world).await;
        let other = other(world, &all, world.partner_named(OTHER_PARTNER).await.0);
        let now = by_id(all);
        let ours = || now.values().filter(|it| it.partner_id == partner);

        one_live_subscription_for_each_mapped_client(world, ours())?;
        no_write_without_a_mapping(world, self.journal, self.noted.values().chain(now.values()))?;
        the_partners_fields_are_untouched(world)?;
        the_last_sync_date_never_goes_back_and_is_never_ahead_of_halo(world, &self.noted, ours())?;
        let synced_at = world.connection().await.last_synced_at;
        let runs = succeeded(world).await;
        if !self.beside_a_sync {
            the_connections_date_is_that_of_its_last_client(self.synced_at, synced_at, ours())?;
        }
        if !self.beside_a_sync && runs.len() > self.runs.len() {
            after_a_run_that_went_well_quantities_are_right(world, ours())?;
        }
        let disagreeing = disagreeing(&world.owner).await;
        if !disagreeing.is_empty() {
            return Err(format!("clients disagree with their associations: {disagreeing:?}"));
        }
        if other != self.other {
            return Err(format!("the other partner was touched: {:?} became {other:?}", self.other));
        }
        *self = Self { noted: now, synced_at, journal: world.mark(), other, runs, beside_a_sync: false };
        Ok(())
    }

    /// A second run right after a successful one reads and writes nothing, unless Halo is about to
    /// fail.
    pub async fn check_second_run(&mut self, world: &World) -> Result<(), String> {
        let Some(last) = latest_run(world).await else { return Ok(()) };
        if last != RunState::Succeeded || !world.tenant.unconsumed_faults().is_empty() {
            return Ok(());
        }
        world.tenant.clear_faults();
        let mark = world.mark();
        let again = world.sync().await;
        if world.writes_since(mark) > 0 {
            return Err(format!("a second run wrote: {:?}", world.results(again.id).await));
        }
        self.check(world).await
    }
}

/// On the customer that a client is associated with there is its own subscription, and none beside
/// it that is our client's by the marker and no other association's: it would be billed twice.
fn one_live_subscription_for_each_mapped_client<'n>(
    world: &World,
    noted: impl Iterator<Item = &'n Noted>,
) -> Result<(), String> {
    let noted: Vec<_> = noted.filter(|it| !it.has_ended()).collect();
    let owner = |id| noted.iter().find(|it| it.subscription_id == Some(id)).map(|it| it.id);
    for association in &noted {
        let live: Vec<_> = world
            .tenant
            .subscriptions()
            .into_iter()
            .filter(|it| it.is_live() && it.client_id == association.halo_customer_id)
            .filter(|it| match owner(it.id) {
                Some(owner) => owner == association.id,
                None => it.product_sku == association.marker,
            })
            .map(|it| it.id)
            .collect();
        if live.len() > 1 {
            return Err(format!("{live:?} are all live for {association:?}"));
        }
    }
    Ok(())
}

/// Every create is on a customer that a client is associated with, every update is of a
/// subscription that an association owns or made. An association that ends in this step still
/// counts, and one that begins in it does already.
fn no_write_without_a_mapping<'n>(
    world: &World,
    mark: usize,
    noted: impl Iterator<Item = &'n Noted>,
) -> Result<(), String> {
    let mapped: Vec<_> = noted.filter(|it| !it.has_ended()).collect();
    for entry in world.tenant.journal()[mark..].iter().filter(|it| matches!(it.call, Call::Create | Call::Update)) {
        for effect in &entry.effects {
            let allowed = match *effect {
                Effect::Created { client_id, .. } => mapped.iter().any(|it| it.halo_customer_id == client_id),
                Effect::Updated { id, .. } => {
                    let marker = world.tenant.subscription(id).map(|it| it.product_sku);
                    mapped.iter().any(|it| it.subscription_id == Some(id) || Some(&it.marker) == marker.as_ref())
                }
                Effect::CreatedLater => true,
                Effect::Deleted { .. } | Effect::TokenIssued => false,
            };
            if !allowed {
                return Err(format!("no mapping asked for {effect:?}"));
            }
        }
    }
    let deleted = world.tenant.journal()[mark..].iter().any(|it| it.call == Call::Delete);
    if deleted { Err("something was deleted".into()) } else { Ok(()) }
}

/// By Halo's own audit trail, nothing but quantities was ever changed by the integration.
fn the_partners_fields_are_untouched(world: &World) -> Result<(), String> {
    let touched = world.touched_beside_quantities(0);
    if touched.is_empty() { Ok(()) } else { Err(format!("changed beside quantities: {touched:?}")) }
}

/// A client's date moves only forward, and only when Halo shows the quantity that goes with it.
fn the_last_sync_date_never_goes_back_and_is_never_ahead_of_halo<'n>(
    world: &World,
    before: &BTreeMap<Uuid, Noted>,
    noted: impl Iterator<Item = &'n Noted>,
) -> Result<(), String> {
    for association in noted {
        let was = before.get(&association.id).and_then(|it| it.last_synced_at);
        if association.last_synced_at < was {
            return Err(format!("went back from {was:?}: {association:?}"));
        }
        if association.last_synced_at == was || association.has_ended() {
            continue;
        }
        let record = association.subscription_id.and_then(|id| world.tenant.subscription(id));
        let shown = record.map(|it| it.count);
        if shown != association.last_synced_quantity.map(f64::from) {
            return Err(format!("Halo shows {shown:?}: {association:?}"));
        }
        if association.last_synced_at.is_some_and(|at| at > world.clock.now()) {
            return Err(format!("ahead of the clock: {association:?}"));
        }
    }
    Ok(())
}

/// The connection's date moves only forward, and only when each associated client was confirmed at
/// that time.
fn the_connections_date_is_that_of_its_last_client<'n>(
    before: Option<DateTime<Utc>>,
    after: Option<DateTime<Utc>>,
    mut noted: impl Iterator<Item = &'n Noted>,
) -> Result<(), String> {
    if after < before {
        return Err(format!("the connection's date went back from {before:?} to {after:?}"));
    }
    match noted.find(|it| after != before && !it.has_ended() && it.last_synced_at < after) {
        Some(behind) => Err(format!("the connection's date is ahead of {behind:?}")),
        None => Ok(()),
    }
}

/// When a run over everything reports success, each associated client is billed for its active
/// users.
fn after_a_run_that_went_well_quantities_are_right<'n>(
    world: &World,
    noted: impl Iterator<Item = &'n Noted>,
) -> Result<(), String> {
    for association in noted.filter(|it| !it.has_ended()) {
        let record = association.subscription_id.and_then(|id| world.tenant.subscription(id));
        if !record.as_ref().is_some_and(|it| it.is_live() && it.count == f64::from(association.active_users)) {
            return Err(format!("the run says that all is well, Halo shows {record:?}: {association:?}"));
        }
    }
    Ok(())
}

/// Nothing that one partner does or suffers shows at another: neither in our rows nor at its Halo.
fn other(world: &World, all: &[Noted], partner: Uuid) -> (Vec<Noted>, usize) {
    let theirs = all.iter().filter(|it| it.partner_id == partner).cloned().collect();
    (theirs, world.sandbox.tenant(OTHER_TENANT).journal().len())
}

async fn noted(world: &World) -> Vec<Noted> {
    sqlx::query_as(
        "select id, partner_id, client_id, state, halo_customer_id, subscription_id, marker, last_synced_at,
                last_synced_quantity, active_user_count(client_id) as active_users
         from associations order by id",
    )
    .fetch_all(&world.owner)
    .await
    .expect("the test's database answers")
}

fn by_id(noted: Vec<Noted>) -> BTreeMap<Uuid, Noted> {
    noted.into_iter().map(|it| (it.id, it)).collect()
}

/// Runs over everything that report success.
async fn succeeded(world: &World) -> Vec<Uuid> {
    let runs: Vec<(Uuid,)> = sqlx::query_as(
        "select id from sync_runs where partner_id = $1 and state = 'succeeded' and client_ids is null order by id",
    )
    .bind(world.partner().await.0)
    .fetch_all(&world.owner)
    .await
    .expect("the test's database answers");
    runs.into_iter().map(|(id,)| id).collect()
}

async fn latest_run(world: &World) -> Option<RunState> {
    let (state,): (String,) =
        sqlx::query_as("select state from sync_runs where partner_id = $1 order by id desc limit 1")
            .bind(world.partner().await.0)
            .fetch_optional(&world.owner)
            .await
            .expect("the test's database answers")?;
    Some(state.parse().expect("a run's state"))
}
