//! Halo's limit counts for the whole tenant: two workers and an API together stay within it, and a
//! user's search does not wait for a sync.

use std::time::Duration;

use infima_halo::app::App;
use infima_halo::auth::{Caller, Role};
use infima_halo::clock::Clock;
use infima_halo::domain::roster::{ClientRecord, PartnerRecord, RosterState, UserRecord, UserState};
use infima_halo::domain::run::RunState;
use infima_halo::halo::{HaloError, LimitedBy, VENDOR};
use infima_halo::ids::{ClientId, HaloCustomerId};
use infima_halo::ops::admin::housekeeping;
use infima_halo::ops::association::save::{MOST_ENTRIES, Mapping};
use infima_halo::ops::association::search_customers::search_customers;
use infima_halo::ops::roster::import::Roster;
use infima_halo::ops::{HaloFailure, HaloFailureCode, OpError};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};

use crate::support::worker::Worker;
use crate::support::world::{PARTNER, World, request};

/// How many requests Halo gets between two searches of a user.
const BETWEEN_SEARCHES: usize = 8;

/// The size of the tenant, and the limits.
pub struct Size {
    pub clients: usize,
    /// Requests in the window: ours, those of them that are reserved for interactive use, and what
    /// Halo allows.
    pub ours: u32,
    pub for_interactive: u32,
    pub halos: usize,
    pub window: Duration,
}

#[tokio::test]
async fn three_processes_stay_within_halos_limit() {
    let window = Duration::from_secs(2);
    stays_inside(Size { clients: 150, ours: 48, for_interactive: 8, halos: 60, window }).await;
}

/// Two users and a sync want more than there is: each gets a part, and the greedy user learns how
/// long to wait.
#[tokio::test]
async fn greedy_user_leaves_something_for_colleagues_and_for_syncs() {
    let world = World::builder()
        .clients(&[("Alder", 3)])
        .set("INFIMA_HALO_REQUESTS", 60)
        .set("INFIMA_HALO_INTERACTIVE_RESERVE", 20)
        .set("INFIMA_HALO_SYNC_RESERVE", 20)
        .synced()
        .build()
        .await;
    world.new_budget().await;
    let greedy = world.caller_named(Role::PartnerViewer, "greedy").await;
    let colleague = world.caller_named(Role::PartnerViewer, "colleague").await;
    let partner = world.partner().await;
    let search = async |caller: &Caller, text: String| {
        search_customers(world.ops(), &request(caller), partner, &text, 1, 20).await
    };
    let (mut granted, mut refused) = (0, None);
    for number in 0..60 {
        match search(&greedy, format!("greedy {number}")).await {
            Ok(_) => granted += 1,
            Err(OpError::Halo(error)) => refused = Some(HaloFailure::from(&error)),
            Err(other) => panic!("{other:?}"),
        }
    }
    // Forty are for users, and one user may have half of them.
    assert_eq!(granted, 20);
    let refused = refused.expect("sixty were asked for");
    assert_eq!(refused.code, HaloFailureCode::BudgetExhausted);
    assert!(refused.retry_after.is_some_and(|seconds| (200..=300).contains(&seconds)), "{refused:?}");
    // The last ten of the forty are for callers who have sent less than ten.
    let newcomer = world.caller_named(Role::PartnerViewer, "newcomer").await;
    for (caller, subject) in [(&colleague, "colleague"), (&newcomer, "newcomer")] {
        for number in 0..10 {
            assert!(search(caller, format!("{subject} {number}")).await.is_ok(), "{subject}, {number}");
        }
    }
    // All users together leave the syncs' part.
    let late = search(&newcomer, "late".into()).await;
    assert!(matches!(late, Err(OpError::Halo(HaloError::RateLimited { by: LimitedBy::OurBudget, .. }))), "{late:?}");
    world.set_users("Alder", 9).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
}

/// What was searched for a moment ago, or is being searched for, is not sent again.
#[tokio::test]
async fn identical_searches_are_sent_once() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let (admin, partner) = (world.admin().await, world.partner().await);
    let request = request(&admin);
    let search = || search_customers(world.ops(), &request, partner, "Alder", 1, 20);
    let sent = || world.tenant.journal().iter().filter(|entry| entry.call == Call::CustomerList).count();
    let before = sent();
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::CustomerList), Lasting::Once);
    let release = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        world.tenant.release();
    };
    let (found, ()) = tokio::join!(futures::future::join_all((0..10).map(|_| search())), release);
    assert!(found.iter().all(|found| found.as_ref().is_ok_and(|found| found.customers.len() == 1)));
    search().await.expect("it is remembered");
    assert_eq!(sent(), before + 1);
    // Another connection is another Halo.
    world.connect().await;
    let before = sent();
    search().await.expect("Halo answers");
    assert_eq!(sent(), before + 1);
}

/// Any user may type any host, and each host gets a row.
#[tokio::test]
async fn budget_of_unused_host_is_pruned() {
    let world = World::builder().build().await;
    sqlx::raw_sql(
        "insert into halo_budgets (host, people, syncs, limited_until) values
             ('asked.example', array[now() - interval '25 hours', now() - interval '1 hour'], '{}', null),
             ('synced.example', '{}', array[now() - interval '23 hours'], null),
             ('limited.example', '{}', '{}', now() + interval '1 minute'),
             ('typed-once.example', array[now() - interval '25 hours'], '{}', now() - interval '25 hours'),
             ('never-let.example', '{}', '{}', null)",
    )
    .execute(&world.owner)
    .await
    .unwrap();
    housekeeping::run(world.ops(), housekeeping::Job::UnusedBudgets).await.unwrap();
    let left: Vec<String> = world.values("select host from halo_budgets order by host").await;
    assert_eq!(left, ["asked.example", "limited.example", "synced.example"]);
}

pub async fn stays_inside(size: Size) {
    let world = with_changed_clients(size.clients).await;
    let (ours, interactive) = (size.ours.to_string(), size.for_interactive.to_string());
    let window = size.window.as_secs().to_string();
    let limits = [
        ("INFIMA_HALO_REQUESTS", ours.as_str()),
        ("INFIMA_HALO_INTERACTIVE_RESERVE", &interactive),
        ("INFIMA_HALO_WINDOW_SECONDS", &window),
    ];
    world.tenant.configure(|settings| {
        settings.rate_limit = size.halos;
        settings.rate_window_seconds = size.window.as_secs().cast_signed();
    });
    // The requests of the set-up are forgotten, by Halo and by us.
    let owner = world.database.owner().await;
    sqlx::query("truncate halo_budgets").execute(&owner).await.unwrap();

    let mut config = world.config.clone();
    (config.halo.requests, config.halo.interactive_reserve) = (size.ours, size.for_interactive);
    config.halo.window = size.window;
    let api = App::build(&config, Clock::system(), 2).await.unwrap();
    let mark = world.mark();
    let run = world.request_sync().await;
    let workers = [Worker::start_with(&world, &limits), Worker::start_with(&world, &limits)];

    let finished =
        world.until_run_within(size.window * 2 + Duration::from_secs(60), run, |run| run.state.is_finished());
    let (admin, partner) = (world.admin().await, world.partner().await);
    let admin = request(&admin);
    let mut times = 0;
    let searches = async {
        loop {
            let seen = world.mark();
            world.tenant.until(|tenant| tenant.journal().len() >= seen + BETWEEN_SEARCHES).await;
            let found = search_customers(&api.ops, &admin, partner, "Client 1", 1, 20).await;
            assert!(found.is_ok(), "a person was kept waiting: {found:?}");
            times += 1;
        }
    };
    let run = tokio::select! {
        run = finished => run,
        () = searches => unreachable!("it has no end"),
    };
    for worker in workers {
        worker.kill().await;
    }
    assert_eq!((run.state, run.summary.updated as usize), (RunState::Succeeded, size.clients), "{run:?}");
    assert!(times >= size.clients / 20, "{times} searches");
    let refused = world.tenant.journal()[mark..].iter().filter(|entry| entry.status == 429).count();
    assert_eq!(refused, 0);
    println!("{} clients synced with {} requests, beside {times} searches", size.clients, run.summary.halo_requests);
}

/// Every client has a subscription that shows another quantity.
async fn with_changed_clients(number: usize) -> World {
    let names: Vec<_> = (0..number).map(|number| format!("Client {number}")).collect();
    let world = World::builder().customers(&names).empty_roster().for_processes().unlimited_requests().build().await;
    let external = |name: &str| format!("{PARTNER}/{name}");
    let (state, version) = (RosterState::Active, 1);
    let partner = PartnerRecord { external_id: PARTNER.into(), name: PARTNER.into(), time_zone: None, state, version };
    let client = |name: &String| ClientRecord {
        external_id: external(name),
        partner_external_id: PARTNER.into(),
        name: name.clone(),
        state,
        version,
    };
    let user = |name: &String| UserRecord {
        external_id: external(name),
        client_external_id: external(name),
        email: None,
        state: UserState::Active,
        version,
    };
    let (clients, users) = (names.iter().map(client).collect(), names.iter().map(user).collect());
    world.import(Roster { partners: vec![partner], clients, users }).await;
    world.connect().await;

    let owner = world.database.owner().await;
    let clients: Vec<(String, uuid::Uuid)> =
        sqlx::query_as("select name, id from clients").fetch_all(&owner).await.unwrap();
    let mut mappings = Vec::new();
    for (name, id) in clients {
        let customer = HaloCustomerId(world.tenant.customer_named(&name).id);
        mappings.push(Mapping { client: Some(ClientId(id)), customer, allow_shared: false, replace: None });
    }
    for some in mappings.chunks(MOST_ENTRIES) {
        assert_eq!(world.associate(some).await.unwrap().errors, []);
    }
    for mapping in mappings {
        let add = Act::AddSubscription {
            client_id: mapping.customer.0,
            name: "Training".into(),
            vendor: VENDOR.into(),
            count: 7,
        };
        let id = world.tenant.act(add).unwrap();
        let own = "update associations set subscription_id = $1, state = 'active' where halo_customer_id = $2";
        sqlx::query(own).bind(id).bind(mapping.customer.0).execute(&owner).await.unwrap();
    }
    world
}
