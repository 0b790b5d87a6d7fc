//! Users of several partners do what they may do, in any order and at the same time, while `serve`
//! and the workers are killed, connections to the database are cut, Halo fails, and the Halo of one
//! more partner is hostile. Afterwards each client is billed once and rightly, and nothing that was
//! confirmed is lost: see `invariants.rs`.
//!
//! `make soak` does it for longer: 19,000 operations, or as many as `INFIMA_SOAK_OPERATIONS` says.

mod disturbances;
mod invariants;
mod operations;
mod stage;

use std::time::Instant;

use futures::future::join_all;
use infima_halo::config::Variables;

use crate::support::random::Random;
use disturbances::Processes;
use stage::Stage;

const OPERATIONS: usize = 250;
const SOAK_OPERATIONS: usize = 19_000;
/// Users of each partner who act at the same time.
const CALLERS: usize = 4;
/// Operations between two disturbances.
const UNDISTURBED: usize = 12;

fn wanted() -> usize {
    let variables = Variables::of_this_process();
    match variables.get("INFIMA_SOAK_OPERATIONS").and_then(|wanted| wanted.to_str()) {
        Some(wanted) => wanted.parse().expect("INFIMA_SOAK_OPERATIONS is a number"),
        None if variables.get("INFIMA_SOAK_KILLS").is_some() => SOAK_OPERATIONS,
        None => OPERATIONS,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn soak_racing_operations_bill_correctly() {
    let (wanted, began) = (wanted(), Instant::now());
    let seed = uuid::Uuid::new_v4().as_u64_pair().0;
    println!("seed {seed}: {wanted} operations");
    let stage = Stage::set().await;
    let mut processes = Processes::start(&stage).await;
    stage.prepare().await;

    let callers = stage.parties.iter().flat_map(|party| (0..CALLERS).map(move |number| (party, number)));
    let callers = callers.enumerate().map(|(place, (party, _))| {
        let mut random = Random(seed.wrapping_add(place as u64));
        let stage = &stage;
        async move {
            while stage.done() < wanted {
                stage.act(party, &mut random).await;
            }
        }
    });
    let disturbing = async {
        let mut random = Random(seed.wrapping_sub(1));
        loop {
            stage.until_done(stage.done() + UNDISTURBED).await;
            processes.disturb(&stage, &mut random).await;
        }
    };
    tokio::select! {
        _ = join_all(callers) => {}
        () = disturbing => unreachable!("it has no end"),
    }
    processes.calm_down(&stage).await;
    stage.come_home().await;
    let broken = invariants::broken(&stage).await;

    stage.print();
    println!("{} operations and {} disturbances in {:?}", stage.done(), processes.disturbances(), began.elapsed());
    let unreasonable = stage.unreasonable();
    let held = broken.is_empty() && unreasonable.is_empty();
    assert!(held, "seed {seed}: {broken:#?} {unreasonable:#?}\n{}", processes.logs());
}
