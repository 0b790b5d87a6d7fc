//! Every fault of the sandbox, in every call of a sync that it can be about. The outcomes for run,
//! clients and connection are the table in `snapshots/`; the test checks after each fault what must
//! always hold.

use std::fmt::Write;

use chrono::Duration;
use infima_halo::domain::association::Ending;
use infima_halo::domain::connection::ConnectionState;
use infima_halo::domain::run::{Outcome, RunState};
use infima_halo::ids::RunId;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use tokio::task::JoinSet;

use crate::support::halo_admin::SUCCEEDED;
use crate::support::world::World;

/// The calls that a sync makes to Halo.
const CALLS: [Call; 9] = [
    Call::Discovery,
    Call::Token,
    Call::CustomerList,
    Call::CustomerSingle,
    Call::SubscriptionList,
    Call::SubscriptionSingle,
    Call::Create,
    Call::Update,
    Call::InvoiceList,
];
const STEADY: &str = "Steady";
const CHANGING: &str = "Changing";

/// The state of the tenant in which a fault shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    Usual,
    /// The subscription that is to be updated is gone.
    SubscriptionGone,
    /// The subscription is deleted just before it is written.
    SubscriptionGoesMeanwhile,
    /// The subscription is made inactive just before it is written.
    InactiveMeanwhile,
    /// The new client's customer is gone.
    CustomerGone,
    /// All quantities to be written are 0.
    Zero,
    ScopeMissing,
    LicensingOff,
}

fn setting(fault: Fault, call: Call) -> Setting {
    use Fault::*;
    match fault {
        GoneAsDeleted | GoneAsEmpty | GoneAsNull | GoneAsProblem | GoneAsBadRequest | GoneAsUnauthorized
        | GoneAsForbidden
            if call == Call::CustomerSingle =>
        {
            Setting::CustomerGone
        }
        GoneAsDeleted | GoneAsEmpty | GoneAsNull | GoneAsProblem | GoneAsBadRequest | GoneAsUnauthorized
        | GoneAsForbidden | DeletedListed => Setting::SubscriptionGone,
        UnknownIdMakesRow | UnknownIdIgnored | UnknownIdAsBadRequest | UnknownIdAsServerError => {
            Setting::SubscriptionGoesMeanwhile
        }
        InactiveRefused => Setting::InactiveMeanwhile,
        ZeroRefused | ZeroDeactivates => Setting::Zero,
        ScopeAsInvalidScope | ScopeAsInvalidRequest => Setting::ScopeMissing,
        LicensingOffAsUnauthorized | LicensingOffAsNotFound | LicensingOffAsEmpty => Setting::LicensingOff,
        _ => Setting::Usual,
    }
}

/// A partner with synced clients, to which one fault after the other happens.
struct Bench {
    world: World,
    /// New clients of each case: so many that their customers are read from the list, or one by
    /// one.
    new: usize,
    cases: usize,
    /// The length of Halo's audit trail when the case began.
    audited: usize,
}

impl Bench {
    /// Further clients beside [`STEADY`] and [`CHANGING`] make the sync read subscriptions from the
    /// list.
    async fn set_up(more: &[&'static str], new: usize, timeout: &str) -> Self {
        let clients: Vec<_> = [STEADY, CHANGING].into_iter().chain(more.iter().copied()).collect();
        let clients: Vec<_> = clients.into_iter().map(|name| (name, 3)).collect();
        let world = World::builder()
            .clients(&clients)
            .unlimited_requests()
            .set("INFIMA_HALO_TIMEOUT_SECONDS", timeout)
            .connected()
            .build()
            .await;
        let names: Vec<_> = clients.iter().map(|(name, _)| *name).collect();
        let run = world.map(&names).await.run.expect("subscriptions are to be created");
        assert_eq!(world.work(run).await, SUCCEEDED);
        Self { world, new, cases: 0, audited: 0 }
    }

    /// One fault in one call of a sync that has a client to leave, one to update, and new ones to
    /// create.
    async fn suffer(&mut self, fault: Fault, call: Call) -> String {
        self.cases += 1;
        self.audited = self.world.tenant.changes().len();
        let case = format!("{fault:?} in {call:?}");
        // Shown where the test fails.
        println!("{case}");
        let (world, setting) = (&self.world, setting(fault, call));
        world.clock.advance(Duration::days(1));
        if setting == Setting::Zero {
            world.set_users(CHANGING, 5).await;
            world.sync().await;
        }
        let before = world.record_of(CHANGING).await.count;
        let users = if setting == Setting::Zero { 0 } else { 4 + self.cases % 5 };
        world.set_users(CHANGING, users).await;
        let new: Vec<_> = (0..self.new).map(|number| format!("New {}.{number}", self.cases)).collect();
        for name in &new {
            world.tenant.act(Act::AddCustomer { name: name.clone() }).expect("any name will do");
            world.add_client(name, if setting == Setting::Zero { 0 } else { 2 }).await;
        }
        world.map(&new.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let customer = world.customer(&new[0]).0;
        self.arrange(setting, &new[0]).await;
        // The token has expired too, so that every call is made.
        world.clock.advance(Duration::hours(2));

        // The weekly read of the customers, which a sync can do without, takes no fault away from
        // those that the sync needs.
        let read = sqlx::query("update connections set customers_read_at = $1").bind(world.clock.now());
        world.change(read).await;
        let mut matching = Matching::call(call);
        if call == Call::SubscriptionList && self.new == 1 {
            // The list of the new client's customer, which decides about the create.
            matching.client_id = Some(customer);
        }
        world.tenant.inject(fault, matching, Lasting::Once);
        let (run, mark) = (world.request_sync().await, world.mark());
        let looked = self.work(run, fault, setting).await;
        let needless = world.tenant.unconsumed_faults();
        let outcome = self.outcome(run, looked, &new).await;
        self.check(&case, run, before, users, &new).await;

        world.tenant.clear_faults();
        if matches!(fault, Fault::HeldBefore | Fault::HeldAfter) {
            // A request that was held back still takes effect.
            world.tenant.until(|tenant| tenant.journal().len() > mark && tenant.held() == 0).await;
        }
        self.heal(&case, setting, &new).await;
        if needless.is_empty() { outcome } else { format!("not asked; {outcome}") }
    }

    async fn arrange(&self, setting: Setting, new: &str) {
        let tenant = &self.world.tenant;
        match setting {
            Setting::Usual | Setting::Zero => {}
            Setting::SubscriptionGone => {
                let id = self.world.record_of(CHANGING).await.id;
                tenant.act(Act::DeleteSubscription { id }).expect("it is there");
            }
            Setting::SubscriptionGoesMeanwhile | Setting::InactiveMeanwhile => {
                tenant.inject(Fault::HeldBefore, Matching::call(Call::Update), Lasting::Once);
            }
            Setting::CustomerGone => {
                tenant.act(Act::DeleteCustomer { id: tenant.customer_named(new).id }).expect("it is there");
            }
            Setting::ScopeMissing => {
                tenant.act(Act::SetScopes { scopes: vec!["read:customers".into()] }).expect("done by hand");
            }
            Setting::LicensingOff => drop(tenant.act(Act::SwitchLicensing { on: false }).expect("done by hand")),
        }
    }

    async fn work(&self, run: RunId, fault: Fault, setting: Setting) -> RunOutcome {
        let (world, tenant) = (&self.world, &self.world.tenant);
        if !matches!(setting, Setting::SubscriptionGoesMeanwhile | Setting::InactiveMeanwhile) {
            return world.work(run).await;
        }
        let id = world.record_of(CHANGING).await.id;
        let meanwhile = async {
            tenant.until(|tenant| tenant.held() == 1).await;
            let act = if setting == Setting::InactiveMeanwhile {
                Act::SetSubscriptionActive { id, active: false }
            } else {
                Act::DeleteSubscription { id }
            };
            tenant.act(act).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            tenant.release();
        };
        tokio::join!(world.work(run), meanwhile).0
    }

    /// The outcome of the fault, in words.
    async fn outcome(&self, run: RunId, looked: RunOutcome, new: &[String]) -> String {
        let world = &self.world;
        let run = world.run(run).await;
        let mut text = match looked {
            RunOutcome::Finished(state) => format!("run {}", state.as_str()),
            RunOutcome::Rescheduled => "run put back".to_owned(),
            other => panic!("no other process works here: {other:?}"),
        };
        if let Some(problem) = run.problem {
            write!(text, " ({})", problem.code().as_str()).expect("writing into text cannot fail");
        }
        let results = world.results(run.id).await;
        for name in [STEADY, CHANGING, &new[0]] {
            let association = world.association(name).await;
            let result = results.iter().find(|result| result.client == association.client);
            let outcome = result.map_or("not reached", |result| result.outcome.as_str());
            let problem = association.problem.map(|problem| format!(" ({})", problem.code().as_str()));
            let title = if name.starts_with("New") { "new" } else { name };
            write!(text, "; {title} {outcome}{}", problem.unwrap_or_default()).expect("writing into text cannot fail");
        }
        let connection = world.connection().await;
        if connection.state != ConnectionState::Connected {
            let problem = connection.problem.expect("the state says so");
            write!(text, "; connection needs attention ({})", problem.code().as_str()).expect("as above");
        }
        text
    }

    /// Checks what must hold whatever goes wrong.
    async fn check(&self, case: &str, run: RunId, before: f64, users: usize, new: &[String]) {
        let (world, now) = (&self.world, self.world.clock.now());
        let mut confirmed = true;
        for name in [STEADY, CHANGING].into_iter().chain(new.iter().map(String::as_str)) {
            let association = world.association(name).await;
            let live = world.live_at(association.customer.id);
            // Halo made the second record, and a user has to decide.
            let made = usize::from(name == CHANGING && case.starts_with("UpdateMakesRow"));
            assert!(live.len() <= 1 + made, "{case}: {name} has {} live subscriptions", live.len());
            let wanted = match name {
                STEADY => 3.0,
                CHANGING => users as f64,
                _ if users == 0 => 0.0,
                _ => 2.0,
            };
            for one in &live {
                let unchanged = name == CHANGING && one.count == before;
                assert!(one.count == wanted || unchanged, "{case}: {name} is billed {}", one.count);
            }
            let synced = association.last_synced.filter(|sync| sync.at == now);
            if let Some(sync) = synced {
                let id = association.subscription.expect("it was synced").id.0;
                let count = world.tenant.subscription(id).expect("it was synced").count;
                assert_eq!(count, f64::from(sync.quantity), "{case}: {name}'s last sync date lies");
            }
            confirmed &= synced.is_some();
        }
        if world.connection().await.last_synced_at == Some(now) {
            assert!(confirmed, "{case}: the connection's last sync date lies");
        }
        if world.run(run).await.state == RunState::Succeeded {
            assert!(confirmed, "{case}: the run says that all is well");
        }
        let results = world.results(run).await;
        let done = |outcome| matches!(outcome, Outcome::Created | Outcome::Updated | Outcome::Unchanged);
        for result in results.iter().filter(|result| done(result.outcome)) {
            assert!(result.quantity_after.is_some(), "{case}: confirmed without a quantity");
        }
        // In two faults Halo changes more than was sent.
        if !case.starts_with("ReplacesOnUpdate") && !case.starts_with("ZeroDeactivates") {
            assert_eq!(world.touched_beside_quantities(self.audited), [""; 0], "{case}");
        }
    }

    /// Ends the fault and resolves each problem as its remedy says: everything is right then, and
    /// stays so.
    async fn heal(&self, case: &str, setting: Setting, new: &[String]) {
        let (world, tenant) = (&self.world, &self.world.tenant);
        match setting {
            Setting::ScopeMissing => {
                let scopes = ["read:customers", "read:invoices", "edit:softwarelicensing"].map(String::from).to_vec();
                tenant.act(Act::SetScopes { scopes }).expect("done by hand");
            }
            Setting::LicensingOff => drop(tenant.act(Act::SwitchLicensing { on: true }).expect("done by hand")),
            _ => {}
        }
        let mut run = None;
        for _ in 0..4 {
            world.wait_out().await;
            let synced = world.sync().await;
            let healed = synced.state == RunState::Succeeded;
            run = Some(synced);
            if healed {
                break;
            }
            for association in world.associations().await {
                world.resolve_problem(&association).await;
            }
        }
        let run = run.expect("it was tried");
        let results = world.results(run.id).await;
        assert_eq!(run.state, RunState::Succeeded, "{case}: {:?} {results:?}", run.problem);
        assert_eq!(world.is_billed_right().await, Ok(()), "{case}");
        let mark = world.mark();
        assert_eq!(world.sync().await.state, RunState::Succeeded, "{case}");
        assert_eq!(world.writes_since(mark), 0, "{case}: a second run has nothing to do");
        assert_eq!(world.connection().await.state, ConnectionState::Connected, "{case}");
        for association in world.associations().await {
            if new.contains(&world.name_of(&association).await) {
                world.remove(association.id, Ending::KeepQuantity).await.expect("it is the partner's");
            }
        }
    }
}

/// The number of parts into which the faults are divided, each with a bench of its own: most of the
/// time is waiting.
const PARTS: usize = 3;

/// One part of the faults, without the two that cost a time-out each.
fn part(number: usize) -> Vec<Fault> {
    let quick = Fault::all().filter(|fault| !matches!(fault, Fault::HeldBefore | Fault::HeldAfter));
    quick.enumerate().filter(|(place, _)| place % PARTS == number).map(|(_, fault)| fault).collect()
}

/// The faults of one bench, each in the calls that this bench makes.
async fn table(mut bench: Bench, faults: Vec<Fault>, calls: &[Call], size: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for fault in faults {
        for (place, call) in CALLS.iter().enumerate().filter(|(_, call)| calls.contains(call)) {
            if fault.can_be_about(*call) {
                let outcome = bench.suffer(fault, *call).await;
                rows.push(Row { fault: format!("{fault:?}"), place, call: format!("{call:?}{size}"), outcome });
            }
        }
    }
    rows
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    fault: String,
    /// The index of the call in [`CALLS`].
    place: usize,
    call: String,
    outcome: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_halo_fault_has_its_outcome_and_bills_once() {
    let of_many = [Call::CustomerList, Call::SubscriptionList];
    // With few clients, only one customer's subscriptions are read as a list.
    let of_few = CALLS.into_iter().filter(|call| *call != Call::CustomerList).collect::<Vec<_>>();
    let mut benches = JoinSet::new();
    for number in 0..PARTS {
        let few = of_few.clone();
        benches.spawn(async move { table(Bench::set_up(&[], 1, "30").await, part(number), &few, "").await });
        benches.spawn(async move {
            let many = Bench::set_up(&["Cedar", "Dogwood"], 3, "30").await;
            table(many, part(number), &of_many, " of many").await
        });
    }
    benches.spawn(async move {
        let writes = [Call::Token, Call::SubscriptionSingle, Call::Create, Call::Update];
        table(Bench::set_up(&[], 1, "2").await, vec![Fault::HeldBefore, Fault::HeldAfter], &writes, "").await
    });
    let mut rows = benches.join_all().await.concat();
    rows.sort();

    let mut text = String::new();
    for fault in Fault::all() {
        writeln!(text, "{fault:?}: {}", fault.meaning()).expect("writing into text cannot fail");
        let mut outcomes: Vec<(&str, Vec<&str>)> = Vec::new();
        for row in rows.iter().filter(|row| row.fault == format!("{fault:?}")) {
            match outcomes.iter_mut().find(|(known, _)| *known == row.outcome) {
                Some((_, calls)) => calls.push(&row.call),
                None => outcomes.push((&row.outcome, vec![&row.call])),
            }
        }
        for (outcome, calls) in outcomes {
            writeln!(text, "  {}\n    {outcome}", calls.join(", ")).expect("writing into text cannot fail");
        }
    }
    insta::assert_snapshot!("faults", text);
}
