//! The parts that compute and nothing else: their time, and how often they allocate, which does not
//! depend on the machine. `make bench-parts` runs them, `make bench-instructions` counts their
//! instructions instead, which is steady to a thousandth where times are not.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use chrono::{DateTime, Duration, NaiveTime};
use divan::{AllocProfiler, Bencher};
use infima_halo::domain::association::{initial_name, marker};
use infima_halo::domain::forecast::{Capacity, Fleet, forecast};
use infima_halo::domain::plan::{
    Create, Desired, DesiredAssociation, Goal, Lookup, Observed, ObservedSubscription, diff,
};
use infima_halo::domain::roster::UserCounts;
use infima_halo::graphql::compat::document::Document;
use infima_halo::graphql::limits::DocumentLimits;
use infima_halo::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, HaloTenant};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The largest document of the frontend's contract.
fn document() -> String {
    let manifest = include_str!("../frontend-contract/persisted-documents.json");
    let documents: BTreeMap<String, String> = serde_json::from_str(manifest).expect("ids and texts");
    documents.into_values().max_by_key(String::len).expect("the contract has documents")
}

/// Parsing and measuring a document, which a server does once for each.
#[divan::bench]
fn document_is_read(bencher: Bencher) {
    let (text, limits) = (document(), DocumentLimits::default());
    bencher.with_inputs(|| text.clone()).bench_values(|text| Document::read(text, &limits));
}

/// What is left of it for each request.
#[divan::bench]
fn document_that_is_ready_becomes_a_request(bencher: Bencher) {
    let ready = Document::read(document(), &DocumentLimits::default()).unwrap_or_else(|_| panic!("it is valid"));
    bencher.bench(|| black_box(&ready).request());
}

fn tenant() -> HaloTenant {
    HaloTenant("northwind".into())
}

/// What is desired for so many clients with three active users each, and what Halo shows: every
/// tenth has another quantity.
fn partner(clients: i32) -> (Desired, Observed) {
    let association = |number: i32| {
        let (name, customer) = (format!("Client {number}"), HaloCustomerId(number));
        DesiredAssociation {
            id: AssociationId::generate(),
            revision: 0,
            client: ClientId::generate(),
            client_name: name.clone(),
            tenant: tenant(),
            customer,
            customer_name: Some(name.clone()),
            subscription: Some(HaloSubscriptionId(number)),
            users: UserCounts { counted: 3, ..UserCounts::default() },
            unverified: false,
            goal: Goal::SyncQuantity { active_users: 3 },
            create: Create {
                name: initial_name(None, &name, None, false),
                marker: marker(&name, &tenant(), customer),
                sent_at: None,
                timed_out: true,
                duplicate_possible: false,
                previous_subscription: None,
                creation_approved: false,
            },
            unconfirmed_write: None,
            last_synced_quantity: Some(3),
            confirmed_fall: None,
            problem: None,
        }
    };
    let associations: Vec<_> = (1..=clients).map(association).collect();
    let shown = |wanted: &DesiredAssociation| {
        let subscription = ObservedSubscription {
            id: HaloSubscriptionId(wanted.customer.0),
            customer: wanted.customer,
            name: wanted.create.name.clone(),
            quantity: Some(if wanted.customer.0 % 10 == 0 { 2 } else { 3 }),
            active: true,
            marker: Some(wanted.create.marker.clone()),
            ours: true,
            customer_name: Some(wanted.client_name.clone()),
        };
        (subscription.id, Lookup::Found(subscription))
    };
    let subscriptions: BTreeMap<_, _> = associations.iter().map(shown).collect();
    let observed = Observed {
        tenant: tenant(),
        subscriptions,
        customers: BTreeMap::new(),
        customer_states: BTreeMap::new(),
        others: Vec::new(),
    };
    let desired = Desired {
        tenant: tenant(),
        owned: associations.iter().filter_map(|association| association.subscription).collect::<BTreeSet<_>>(),
        associations,
        competing_associations: Vec::new(),
        suspended_since: None,
        needs_users: false,
        fall_limit: None,
        customers_due: false,
    };
    (desired, observed)
}

/// The plan of a sync.
#[divan::bench(args = [20, 1_000])]
fn sync_is_planned(bencher: Bencher, clients: i32) {
    let (desired, observed) = partner(clients);
    bencher.bench(|| diff(black_box(&desired), black_box(&observed), DateTime::UNIX_EPOCH));
}

/// A night of 10,000 partners with 20 clients each on the simulated clock.
#[divan::bench]
fn night_is_simulated(bencher: Bencher) {
    let fleet = Fleet {
        partners: 10_000,
        clients: 20,
        other_licences: 0,
        changed_percent: 10,
        time_zones: vec![chrono_tz::America::New_York],
        night_start: NaiveTime::from_hms_opt(1, 0, 0).expect("a time"),
        night_end: NaiveTime::from_hms_opt(5, 0, 0).expect("a time"),
    };
    let capacity = Capacity {
        slots: 8,
        cores: 2,
        cpu_per_sync: Duration::milliseconds(25),
        cpu_per_write: Duration::milliseconds(6),
        latency: Duration::milliseconds(250),
        budget: 180,
        window: Duration::minutes(5),
    };
    bencher.bench(|| forecast(black_box(&fleet), black_box(&capacity), DateTime::UNIX_EPOCH));
}
