//! Workers killed at random while Halo misbehaves: a few times in the ordinary run, and by `make
//! soak` as often as requested.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use infima_halo::config::Variables;
use infima_halo::domain::roster::{ClientRecord, RosterState, UserRecord, UserState};
use infima_halo::domain::run::{Run, RunState};
use infima_halo::ids::{ClientId, HaloCustomerId, RunId};
use infima_halo::ops::association::save::{MOST_ENTRIES, Mapping};
use infima_halo::ops::roster::import::Roster;
use infima_halo::ops::sync::run::Failpoint;
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use strum::VariantArray;

use crate::halo::budget::{Size, stays_inside};
use crate::ops::sync::crash::{as_it_should_be, quantities_are_true};
use crate::support::random::Random;
use crate::support::worker::Worker;
use crate::support::world::{PARTNER, World};

const CLIENTS: [&str; 6] = ["Alder", "Birch", "Cedar", "Drum", "Elder", "Fir"];
const AT_ONCE: usize = 6;
/// A dead worker's run is resumed sooner; a later step is one that this run does not reach.
const MAX_WAIT: Duration = Duration::from_secs(10);
const CREATE_FAULTS: [Fault; 6] = [
    Fault::CutBefore,
    Fault::CutAfter,
    Fault::CutHalfway,
    Fault::ServerErrorAfter,
    Fault::GatewayTimeoutAfter,
    Fault::AppearsAfterLook,
];
const UPDATE_FAULTS: [Fault; 4] =
    [Fault::CutBefore, Fault::CutAfter, Fault::ServerErrorAfter, Fault::RateLimitedSeconds(1)];

/// What `make soak` asks for.
fn soaking() -> Option<usize> {
    let variables = Variables::of_this_process();
    let kills = variables.get("INFIMA_SOAK_KILLS")?.to_str()?;
    Some(kills.parse().expect("INFIMA_SOAK_KILLS is a number"))
}

#[tokio::test]
async fn soak_random_kills_bill_correctly() {
    let kills = soaking().unwrap_or(8);
    let share = kills.div_ceil(AT_ONCE.min(kills.div_ceil(2)));
    let began = Instant::now();
    let seed = uuid::Uuid::new_v4().as_u64_pair().0;
    let tours: Vec<_> = stream::iter(0..kills.div_ceil(share))
        .map(|number| tour(seed.wrapping_add(number as u64), share))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let mut table: BTreeMap<String, usize> = BTreeMap::new();
    for (step, kills) in tours.into_iter().flatten() {
        *table.entry(step).or_default() += kills;
    }
    println!("{:<28} kills", "killed at");
    for (step, kills) in &table {
        println!("{step:<28} {kills:>5}");
    }
    let total: usize = table.values().sum();
    println!("{:<28} {total:>5} in {} s; no duplicate, none lost", "together", began.elapsed().as_secs());
    assert!(total >= kills);
}

/// Five hundred changed clients under the default budget, against Halo's own limit.
#[tokio::test]
#[ignore = "takes minutes"]
async fn soak_large_tenant_stays_within_full_limit() {
    let window = Duration::from_secs(300);
    stays_inside(Size { clients: 500, ours: 240, for_interactive: 40, halos: 300, window }).await;
}

/// Each subscription is created once; a nightly sync without changes reads pages and writes
/// nothing; one change is one write.
#[tokio::test]
#[ignore = "takes minutes"]
async fn soak_ten_thousand_clients_are_synced() {
    const MANY: usize = 10_000;
    let names: Vec<_> = (0..MANY).map(|number| format!("Client {number:05}")).collect();
    let world = World::builder().customers(&names).unlimited_requests().build().await;
    import_many(&world, &names).await;
    world.connect().await;
    let customers: BTreeMap<_, _> = world.tenant.customers().into_iter().map(|it| (it.name, it.id)).collect();
    let clients: Vec<(uuid::Uuid, String)> =
        sqlx::query_as("select id, name from clients").fetch_all(&world.owner).await.unwrap();
    for some in clients.chunks(MOST_ENTRIES) {
        let mappings: Vec<_> = some
            .iter()
            .map(|(id, name)| Mapping {
                client: Some(ClientId(*id)),
                customer: HaloCustomerId(customers[name]),
                allow_shared: false,
                replace: None,
            })
            .collect();
        assert_eq!(world.associate(&mappings).await.expect("they are mapped").errors, []);
        println!("{} mapped", mappings.len());
    }
    let began = Instant::now();
    while world.look().await.is_some() {
        println!("{} subscriptions after {} s", world.tenant.subscriptions().len(), began.elapsed().as_secs());
    }
    let subscriptions = world.tenant.subscriptions();
    let billed: BTreeSet<_> = subscriptions.iter().map(|it| it.client_id).collect();
    assert_eq!((subscriptions.len(), billed.len()), (MANY, MANY));

    for (changed, writes) in [(None, 0), (Some("Client 07777"), 1)] {
        if let Some(name) = changed {
            world.set_users(name, 5).await;
        }
        let quantities = || -> BTreeMap<_, _> {
            world.tenant.subscriptions().into_iter().map(|it| (it.id, it.count.to_string())).collect()
        };
        let (began, before) = (Instant::now(), quantities());
        let run = world.sync().await;
        println!("a sync with {writes} changes: {} requests, {:?}", run.summary.halo_requests, began.elapsed());
        assert_eq!(run.state, RunState::Succeeded, "{:?}", run.problem);
        let changed = quantities().iter().filter(|(id, count)| before.get(id) != Some(count)).count();
        assert_eq!((run.summary.updated as usize, changed), (writes, writes));
        assert_eq!(run.summary.unchanged as usize, MANY - writes);
        assert!(run.summary.halo_requests < 120, "{}: by pages of 100", run.summary.halo_requests);
    }
}

/// One active user each.
async fn import_many(world: &World, names: &[String]) {
    for some in names.chunks(2_000) {
        let clients = some
            .iter()
            .map(|name| ClientRecord {
                external_id: format!("{PARTNER}/{name}"),
                partner_external_id: PARTNER.into(),
                name: name.clone(),
                state: RosterState::Active,
                version: 1,
            })
            .collect();
        let users = some
            .iter()
            .map(|name| UserRecord {
                external_id: format!("{PARTNER}/{name}/0"),
                client_external_id: format!("{PARTNER}/{name}"),
                email: Some("user@client.example".into()),
                state: UserState::Active,
                version: 1,
            })
            .collect();
        world.import(Roster { partners: Vec::new(), clients, users }).await;
    }
}

/// One change after another in one world, with kills in between, until there were enough of them.
async fn tour(seed: u64, kills: usize) -> BTreeMap<String, usize> {
    let mut random = Random(seed);
    let plenty = [("INFIMA_HALO_REQUESTS", "700"), ("INFIMA_HALO_WINDOW_SECONDS", "1")];
    let world = World::builder()
        .clients(&CLIENTS.map(|name| (name, 3)))
        .for_processes()
        .unlimited_requests()
        .connected()
        .build()
        .await;
    let mut users: BTreeMap<&str, u32> = CLIENTS.iter().map(|name| (*name, 3)).collect();
    let mut mapped = 0;
    let mut table: BTreeMap<String, usize> = BTreeMap::new();
    while table.values().sum::<usize>() < kills {
        println!("seed {seed}: {} clients, {} kills so far", mapped, table.values().sum::<usize>());
        if mapped < CLIENTS.len() && (mapped == 0 || random.below(2) == 0) {
            let more = (mapped + 1 + random.below(2)).min(CLIENTS.len());
            world.map(&CLIENTS[mapped..more]).await;
            mapped = more;
        }
        for name in &CLIENTS[..mapped] {
            if random.below(2) == 0 {
                let count = random.below(20);
                users.insert(name, count as u32);
                world.set_users(name, count).await;
            }
        }
        misbehave(&world, &mut random);
        let run = world.request_sync().await;
        for _ in 0..=random.below(3) {
            let Some(step) = kill_once(&world, run, &mut random, &plenty).await else { break };
            *table.entry(step).or_default() += 1;
            quantities_are_true(&world, &CLIENTS[..mapped]).await;
        }
        recover(&world, run, &plenty).await;
        let expected: Vec<_> = CLIENTS[..mapped].iter().map(|name| (*name, users[name])).collect();
        as_it_should_be(&world, &expected).await;
        let strangers: i64 = sqlx::query_scalar("select count(*) from sync_results where changed_in_halo")
            .fetch_one(&world.database.owner().await)
            .await
            .unwrap();
        assert_eq!(strangers, 0, "only our integration changed quantities");
    }
    table
}

fn misbehave(world: &World, random: &mut Random) {
    match random.below(3) {
        0 => world.tenant.inject(random.one_of(&CREATE_FAULTS), Matching::call(Call::Create), Lasting::Once),
        1 => world.tenant.inject(random.one_of(&UPDATE_FAULTS), Matching::call(Call::Update), Lasting::Once),
        _ => {}
    }
}

/// Starts a worker and kills it, at a failpoint or after so many requests; says when. None: the run
/// was over, or waited.
async fn kill_once(world: &World, run: RunId, random: &mut Random, more: &[(&str, &str)]) -> Option<String> {
    let (mut worker, step);
    let over = world.until_run(run, |run| run.state.is_finished());
    if random.below(2) == 0 {
        let failpoint = random.one_of(Failpoint::VARIANTS);
        let mut settings = more.to_vec();
        settings.push(("INFIMA_FAILPOINTS", failpoint.into()));
        worker = Worker::start_with(world, &settings);
        step = tokio::select! {
            failpoint = worker.stopped_at() => Some(failpoint.to_string()),
            _ = over => None,
            () = tokio::time::sleep(MAX_WAIT) => None,
        };
    } else {
        let requests = 1 + random.below(12);
        let mark = world.mark();
        worker = Worker::start_with(world, more);
        step = tokio::select! {
            () = world.tenant.until(|tenant| tenant.journal().len() >= mark + requests) => Some(format!("request {requests:>2}")),
            _ = over => None,
            () = tokio::time::sleep(MAX_WAIT) => None,
        };
    }
    worker.kill().await;
    step
}

/// Starts a worker that is not killed and completes the run.
async fn recover(world: &World, run: RunId, more: &[(&str, &str)]) {
    let worker = Worker::start_with(world, more);
    loop {
        let distant = |run: &Run| {
            run.state == RunState::Queued && run.next_attempt_at > world.clock.now() + chrono::Duration::seconds(3)
        };
        let seen = world.until_run(run, |run| run.state.is_finished() || distant(run)).await;
        if seen.state.is_finished() {
            assert_eq!(seen.state, RunState::Succeeded, "{seen:?}");
            break;
        }
        world.bring_forward(run).await;
    }
    worker.kill().await;
    world.tenant.clear_faults();
}
