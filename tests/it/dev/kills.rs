//! The one-command stack, killed at critical steps and started again: the set-up ends in the same
//! table, and Halo has one subscription for each associated client.

use std::path::PathBuf;

use infima_halo::clock::Clock;
use infima_halo::dev;
use infima_halo::halo::VENDOR;
use infima_halo::sandbox::{Call, Effect, Fault, Lasting, Matching, Sandbox};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::support::db::TestDatabase;
use crate::support::program::{Running, Web, program};

/// A data directory and a database that outlive the processes.
struct Stack {
    dir: PathBuf,
    database: TestDatabase,
}

impl Stack {
    async fn new(name: &str) -> Self {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        // A directory of that name was left by a process of the same number that failed long ago.
        let _ = std::fs::remove_dir_all(&dir);
        Self { dir, database: TestDatabase::create().await }
    }

    fn start(&self) -> Running {
        let mut command = program(&["dev", "--exit", "--port", "0", "--sandbox-port", "0", "--data-dir"]);
        command
            .arg(&self.dir)
            .env("DATABASE_URL", self.database.app_url().expose_secret())
            .env("MIGRATE_DATABASE_URL", self.database.owner_url().expose_secret())
            .env("INFIMA_WORKER_LEASE_SECONDS", "3")
            .env("INFIMA_HALO_TIMEOUT_SECONDS", "3")
            .env("INFIMA_HALO_CREATE_CONFIRMATION_SECONDS", "3");
        Running::start(&mut command)
    }

    /// The tenants as they are on disk, while no stack is running.
    async fn tenants(&self) -> Sandbox {
        dev::sandbox(&self.dir, 0, Clock::system()).await.expect("no other process uses the tenants")
    }

    /// Starts the stack and kills it while Halo holds back its answer to the `nth` such call.
    async fn kill_while_held(&self, fault: Fault, call: Call, nth: u32) {
        let sandbox = self.tenants().await;
        sandbox.tenant(dev::TENANTS[0]).inject(fault, Matching::call(call).nth(nth), Lasting::Once);
        sandbox.stop().await;
        let mut running = self.start();
        running.says("1. ").await;
        let announced = std::fs::read(self.dir.join("dev.json")).expect("the addresses are written before the story");
        let announced: Value = serde_json::from_slice(&announced).expect("they are JSON");
        let state = format!("{}/sandbox/state", announced["sandbox"].as_str().expect("an address"));
        Web::new().get_until(&state, |state| state["held"] == 1).await;
        running.kill().await;
    }
}

#[tokio::test]
async fn dev_setup_killed_anywhere_ends_in_the_same_state() {
    let stack = Stack::new("story").await;
    let mut running = stack.start();
    running.says("3. ").await;
    running.kill().await;
    // It is unclear whether Halo has the record: first it has, then it has not.
    stack.kill_while_held(Fault::HeldAfter, Call::Create, 3).await;
    stack.kill_while_held(Fault::HeldBefore, Call::Create, 2).await;
    // In the middle of the nightly sync.
    stack.kill_while_held(Fault::HeldAfter, Call::Update, 2).await;

    let ended = stack.start().end().await;
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    let table = ended.stdout.split("8. What Halo holds now\n").nth(1).expect("the table is there");
    let rows: Vec<_> = table.lines().skip(1).filter(|line| !line.is_empty()).map(without_ids_and_dates).collect();
    let expected = [
        "Alder & Finch LLP / Alder & Finch LLP / 24 / 26",
        "Bluewater Dental / Bluewater Dental Group / 11 / 12",
        "Café Zoë / Café Zoë / 6 / 6",
        "Drummond Logistics / Drummond Logistics / 68 / 71",
        "Evergreen Primary School / Evergreen Primary School / 42 / 38",
        "Fjord Architekten GmbH / Fjord Architekten GmbH / 17 / 19",
        "Granite Peak Insurance / Granite Peak Insurance / 39 / 39",
        "Harbourside Vets / Harbourside Vets / 8 / 8",
        "Juniper Health Clinic / Juniper Health Clinic / 31 / 35",
    ];
    assert_eq!(rows, expected, "{}", ended.stdout);
    assert!(!stack.dir.join("dev.json").exists(), "the addresses lead nowhere any more");

    let sandbox = stack.tenants().await;
    let tenant = sandbox.tenant(dev::TENANTS[0]);
    let ours = tenant.customers().into_iter().map(|customer| tenant.live_subscriptions_of(customer.id, VENDOR).len());
    let ours: Vec<_> = ours.filter(|count| *count > 0).collect();
    assert_eq!(ours, [1; 9], "a second subscription is a wrong invoice");
    let created = tenant.journal().into_iter().flat_map(|entry| entry.effects);
    let created = created.filter(|effect| matches!(effect, Effect::Created { .. })).count();
    assert_eq!(created, 9, "none was created and then taken away again");
    assert_eq!(tenant.unconsumed_faults(), [], "every kill happened where it should");
    sandbox.stop().await;
    std::fs::remove_dir_all(&stack.dir).expect("the directory is ours");
}

/// `client / customer / before / after` of a line whose columns are two spaces or more apart.
fn without_ids_and_dates(line: &str) -> String {
    let cells: Vec<_> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let [client, customer, _, before, after, _] = cells[..] else { panic!("another shape: {line}") };
    format!("{client} / {customer} / {before} / {after}")
}

#[tokio::test]
async fn data_directory_in_use_refuses_a_second_process() {
    let stack = Stack::new("claimed").await;
    let mut first = stack.start();
    first.says("1. ").await;
    let second = stack.start().end().await;
    assert_eq!(second.status.code(), Some(1));
    assert!(second.stderr.contains("stop it first, or choose another directory with --data-dir"), "{}", second.stderr);
    first.kill().await;
    std::fs::remove_dir_all(&stack.dir).expect("the directory is ours");
}
