//! Who gets how much of a Halo's request budget, on a simulated clock and with counted permits: a
//! user who searches as fast as possible, a colleague who searches now and then, and syncs that
//! want more than there is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use infima_halo::app::{BudgetTime, SharedBudget};
use infima_halo::halo::{Account, BudgetAnswer, BudgetRequest, LimitedBy, Priority};

use crate::support::world::{MORNING, World};

/// The default budget.
const TOTAL: usize = 240;
const WINDOW: u64 = 300;
/// What syncs may use.
const OF_SYNCS: usize = 180;
/// What users, and syncs, are sure to get.
const FLOOR: usize = 40;
/// Half of what users have at most.
const MOST_OF_ONE_CALLER: usize = (TOTAL - FLOOR) / 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Greedy,
    Colleague,
    Sync,
}

/// Some simulated minutes.
struct Simulation {
    budget: SharedBudget,
    start: (DateTime<Utc>, Instant),
    granted: BTreeMap<Who, Vec<u64>>,
    refused: BTreeMap<Who, Vec<(u64, Duration)>>,
}

impl Simulation {
    fn of(world: &World) -> Self {
        let start = (MORNING.parse().expect("a constant"), Instant::now());
        let budget = SharedBudget::new(world.ops().db.clone(), &world.config.halo);
        Self { budget, start, granted: BTreeMap::new(), refused: BTreeMap::new() }
    }

    /// Asks for one permit at this second. Returns whether it was granted.
    async fn asks(&mut self, who: Who, second: u64) -> bool {
        let elapsed = Duration::from_secs(second);
        let at = BudgetTime { shared: self.start.0 + elapsed, own: self.start.1 + elapsed };
        let account = Account { host: "halo.example".into(), unverified_for: None };
        let (priority, caller) = match who {
            Who::Sync => (Priority::Background, None),
            who => (Priority::Interactive, Some(format!("{who:?}"))),
        };
        let message = BudgetRequest::Permit { account, priority, caller };
        match self.budget.ask(message, Some(at)).await.expect("the database answers") {
            BudgetAnswer::Go => {
                self.granted.entry(who).or_default().push(second);
                true
            }
            BudgetAnswer::Wait { wait, by } => {
                assert_eq!(by, LimitedBy::OurBudget);
                // Permits that were taken together count from their end, a second later.
                assert!(wait > Duration::ZERO && wait <= Duration::from_secs(WINDOW + 1), "{wait:?}");
                self.refused.entry(who).or_default().push((second, wait));
                false
            }
        }
    }

    /// How many permits these had in each window that ended within the simulation.
    fn in_each_window(&self, who: &[Who], seconds: u64) -> Vec<usize> {
        let times: Vec<u64> = who.iter().filter_map(|who| self.granted.get(who)).flatten().copied().collect();
        let ends = WINDOW - 1..seconds;
        ends.map(|end| times.iter().filter(|at| **at <= end && **at + WINDOW > end).count()).collect()
    }
}

#[tokio::test]
async fn users_and_syncs_have_their_floors_and_a_colleague_is_never_refused() {
    const SECONDS: u64 = 2 * WINDOW;
    // Who comes first in each second, and who begins a window before the others.
    for (order, early) in [
        ([Who::Greedy, Who::Sync], Who::Greedy),
        ([Who::Greedy, Who::Sync], Who::Sync),
        ([Who::Sync, Who::Greedy], Who::Greedy),
        ([Who::Sync, Who::Greedy], Who::Sync),
    ] {
        let world = World::builder().build().await;
        let mut simulation = Simulation::of(&world);
        for second in 0..SECONDS {
            for who in order.into_iter().filter(|who| *who == early || second >= WINDOW / 2) {
                // As fast as it is answered, a few times in each second.
                for _ in 0..4 {
                    if !simulation.asks(who, second).await {
                        break;
                    }
                }
            }
            if second.is_multiple_of(20) {
                assert!(simulation.asks(Who::Colleague, second).await, "{order:?}, {early:?}: {second}");
            }
        }
        let all = simulation.in_each_window(&[Who::Greedy, Who::Colleague, Who::Sync], SECONDS);
        assert!(all.iter().all(|sent| *sent <= TOTAL), "{all:?}");
        // In each window in which both were there from its beginning, each has its floor.
        let together = (WINDOW / 2) as usize;
        let users = simulation.in_each_window(&[Who::Greedy, Who::Colleague], SECONDS);
        let syncs = simulation.in_each_window(&[Who::Sync], SECONDS);
        for (what, sent) in [("users", &users), ("syncs", &syncs)] {
            let least = sent[together..].iter().min().copied();
            println!("{order:?}, {early:?} first: {what} have {least:?} at least");
            assert!(least >= Some(FLOOR - 1), "{what}, {order:?}, {early:?}: {sent:?}");
        }
        let greedy = simulation.in_each_window(&[Who::Greedy], SECONDS);
        assert!(greedy.iter().all(|sent| *sent <= MOST_OF_ONE_CALLER), "{greedy:?}");
        assert!(simulation.refused.contains_key(&Who::Greedy) && simulation.refused.contains_key(&Who::Sync));
    }
}

/// Who waits as long as it was said to is granted the permit.
#[tokio::test]
async fn wait_that_is_answered_is_long_enough() {
    let world = World::builder().build().await;
    for who in [Who::Greedy, Who::Sync] {
        world.new_budget().await;
        let mut simulation = Simulation::of(&world);
        for second in 0.. {
            if !simulation.asks(who, second).await {
                break;
            }
        }
        let (second, wait) = simulation.refused[&who][0];
        assert!(!simulation.asks(who, second + wait.as_secs() - 1).await, "{who:?}");
        assert!(simulation.asks(who, second + wait.as_secs()).await, "{who:?}");
    }
}

/// Syncs are never without permits, however much of a small budget is reserved for users.
#[tokio::test]
async fn large_reserve_of_users_leaves_syncs_half_of_the_rest() {
    for (requests, reserve, left) in [(40, 30, 5), (240, 239, 1), (2, 1, 1), (240, 40, OF_SYNCS)] {
        let world = World::builder()
            .set("INFIMA_HALO_REQUESTS", requests)
            .set("INFIMA_HALO_INTERACTIVE_RESERVE", reserve)
            .build()
            .await;
        let mut simulation = Simulation::of(&world);
        while simulation.asks(Who::Sync, 0).await {}
        assert_eq!(simulation.granted.get(&Who::Sync).map(Vec::len), Some(left), "{requests}, {reserve}");
    }
}

/// How many permits of syncs are counted.
async fn counted(world: &World) -> i32 {
    sqlx::query_scalar("select cardinality(syncs) from halo_budgets").fetch_one(&world.owner).await.unwrap()
}

#[tokio::test]
async fn sync_takes_several_permits_at_once_while_less_than_half_is_used() {
    let world = World::builder().build().await;
    let mut simulation = Simulation::of(&world);
    for (asked, expected) in [(1, 4), (2, 4), (4, 4), (5, 8)] {
        while simulation.granted.get(&Who::Sync).map_or(0, Vec::len) < asked {
            assert!(simulation.asks(Who::Sync, 0).await);
        }
        assert_eq!(counted(&world).await, expected, "after {asked}");
    }
    // Those that were not used in time are lost, and count as if they were used at its end.
    assert!(simulation.asks(Who::Sync, 1).await);
    assert_eq!(counted(&world).await, 12);
    assert!(simulation.asks(Who::Colleague, WINDOW).await);
    assert_eq!(counted(&world).await, 12);
    for (second, left) in [(WINDOW + 1, 4), (WINDOW + 2, 0)] {
        assert!(simulation.asks(Who::Colleague, second).await);
        assert_eq!(counted(&world).await, left, "{second}");
    }
    for asked in 1..=OF_SYNCS / 2 {
        assert!(simulation.asks(Who::Sync, 2 * WINDOW).await, "{asked}");
    }
    for asked in 1..5 {
        assert!(simulation.asks(Who::Sync, 2 * WINDOW).await);
        assert_eq!(counted(&world).await, (OF_SYNCS / 2) as i32 + asked);
    }
}

#[tokio::test]
async fn pause_that_halo_asks_for_ends_permits_that_were_taken_before() {
    let world = World::builder().build().await;
    let mut simulation = Simulation::of(&world);
    assert!(simulation.asks(Who::Sync, 0).await);
    let account = Account { host: "halo.example".into(), unverified_for: None };
    let pause = BudgetRequest::LimitedByHalo { account: account.clone(), wait: Duration::from_secs(60) };
    simulation.budget.ask(pause, None).await.expect("the database answers");
    let permit = BudgetRequest::Permit { account, priority: Priority::Background, caller: None };
    let answer = simulation.budget.ask(permit, None).await.expect("the database answers");
    assert!(matches!(answer, BudgetAnswer::Wait { by: LimitedBy::Halo, .. }), "{answer:?}");
}
