//! A night of several partners that two real workers work on, and what is counted after a fault.

use std::collections::BTreeMap;
use std::time::Instant;

use infima_halo::auth::Role;
use infima_halo::halo;
use infima_halo::ops::association::save::{Mapping, associate_clients};
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::sandbox::{Call, Effect, Fault, Lasting, Matching};
use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection};

use crate::support::until;
use crate::support::worker::Worker;
use crate::support::world::{PARTNER, World, request};
use crate::support::world_builder::WorldBuilder;

/// Partners of one Halo, with their clients; each is a customer of the same name.
const PARTNERS: [(&str, [&str; 3]); 3] = [
    (PARTNER, ["Alder", "Birch", "Cedar"]),
    ("second", ["Dogwood", "Elm", "Fir"]),
    ("third", ["Ginkgo", "Hazel", "Ivy"]),
];
const USERS: usize = 3;

pub struct Night {
    pub world: World,
    pub workers: Vec<Worker>,
}

impl Night {
    /// The subscriptions of all clients are to be created, and Halo is at the fourth of them.
    pub async fn in_the_middle(builder: WorldBuilder, settings: &[(&str, &str)]) -> Self {
        let names: Vec<_> = PARTNERS.iter().flat_map(|(_, clients)| clients).copied().collect();
        let own: Vec<_> = PARTNERS[0].1.iter().map(|name| (*name, USERS)).collect();
        let world = builder.clients(&own).customers(&names).for_processes().unlimited_requests().build().await;
        for (partner, clients) in PARTNERS {
            map(&world, partner, &clients).await;
        }
        let queued = enqueue_nightly_syncs(world.ops(), Selection::Today).await.unwrap();
        assert_eq!(queued.len(), PARTNERS.len());
        world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Create).nth(4), Lasting::Once);
        let plenty = [("INFIMA_HALO_REQUESTS", "700"), ("INFIMA_HALO_WINDOW_SECONDS", "1")];
        let url = world.config.database.url.expose_secret().to_owned();
        let settings = [&plenty[..], &[("DATABASE_URL", &url)], settings].concat();
        let workers = vec![Worker::start_with(&world, &settings), Worker::start_with(&world, &settings)];
        world.tenant.until(|tenant| tenant.held() == 1).await;
        Self { world, workers }
    }

    /// Waits until every run of the night has succeeded, and counts. `owner_url` names the
    /// database, which may be another one by now.
    pub async fn ends_well(&self, fault: &str, over: Instant, owner_url: &str) {
        self.world.tenant.release();
        let unfinished = "select count(*) from sync_runs where state <> 'succeeded'";
        until(async || {
            let Ok(mut owner) = PgConnection::connect(owner_url).await else { return false };
            matches!(sqlx::query_scalar::<_, i64>(unfinished).fetch_one(&mut owner).await, Ok(0))
        })
        .await;
        let recovered = over.elapsed();
        let mut owner = PgConnection::connect(owner_url).await.unwrap();
        let nights = "select count(*) from sync_runs where nightly_date is not null";
        let nights: i64 = sqlx::query_scalar(nights).fetch_one(&mut owner).await.unwrap();
        assert_eq!(nights, PARTNERS.len() as i64, "each partner has one night");
        let mut created: BTreeMap<i32, usize> = BTreeMap::new();
        for effect in self.world.tenant.journal().into_iter().flat_map(|entry| entry.effects) {
            if let Effect::Created { client_id, .. } = effect {
                *created.entry(client_id).or_default() += 1;
            }
        }
        for customer in self.world.tenant.customers() {
            assert_eq!(created.get(&customer.id), Some(&1), "{fault}: {} was created more than once", customer.name);
            let counts: Vec<_> = self.world.tenant.live_subscriptions_of(customer.id, halo::VENDOR);
            let counts: Vec<_> = counts.iter().map(|subscription| subscription.count as usize).collect();
            assert_eq!(counts, [USERS], "{fault}: {}", customer.name);
        }
        println!("{fault}: recovered after {:.1} s, jobs lost: 0, duplicates: 0", recovered.as_secs_f64());
    }

    pub async fn end(self) -> World {
        for worker in self.workers {
            worker.kill().await;
        }
        self.world
    }
}

async fn map(world: &World, partner: &str, clients: &[&str]) {
    if partner != PARTNER {
        world.import_partner(partner, &clients.iter().map(|name| (*name, USERS)).collect::<Vec<_>>()).await;
    }
    let admin = world.caller(Role::PartnerAdmin, Some(partner)).await;
    let id = world.partner_named(partner).await;
    save_connection(world.ops(), &request(&admin), id, world.details()).await.expect("the details are right");
    let mut mappings = Vec::new();
    for name in clients {
        let client = sqlx::query_scalar("select id from clients where partner_id = $1 and name = $2");
        let client = client.bind(id.0).bind(name).fetch_one(&world.owner).await.unwrap();
        let client = Some(infima_halo::ids::ClientId(client));
        mappings.push(Mapping { client, customer: world.customer(name), allow_shared: false, replace: None });
    }
    let associated = associate_clients(world.ops(), &request(&admin), id, &mappings).await.expect("they are right");
    assert_eq!(associated.errors, []);
}
