//! A write of the quantity leaves every other member of a record as it is, or it is reported.

use infima_halo::domain::problem::{Overwritten, Problem, ProblemCode, ProblemKind};
use infima_halo::domain::run::RunState;
use infima_halo::ops::association::resolve::Answer;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching, Member};
use strum::IntoEnumIterator;

use crate::ops::association::problem_of;
use crate::support::world::World;

/// So few clients that Halo is asked for each record, or so many that a list is read.
const FEW: &[(&str, usize)] = &[("Alder", 3)];
const MANY: &[(&str, usize)] = &[("Alder", 3), ("Birch", 3), ("Cedar", 3), ("Dogwood", 3)];

fn overwritten(problem: Option<Problem>) -> Vec<String> {
    match problem.map(|problem| problem.kind) {
        Some(ProblemKind::FieldsOverwritten { what: Some(Overwritten::Fields(fields)) }) => fields,
        other => panic!("fields were overwritten, and this is reported: {other:?}"),
    }
}

fn field(member: Member) -> &'static str {
    match member {
        Member::Price => "price",
        Member::PurchasePrice => "cost",
        Member::ItemId => "product",
        Member::BillingCycle => "billing cycle",
        Member::TermDuration => "term duration",
        Member::EndDate => "end date",
        Member::Status => "status",
        Member::IsActive => "active",
        Member::Autorenew => "auto renew",
        Member::SiteId => "site",
        Member::SupplierId => "supplier",
        Member::Name => "name",
        Member::Notes => "notes",
        Member::CustomField => "customfields.CFContract.value",
    }
}

fn update() -> Matching {
    Matching::call(Call::Update)
}

async fn set_terms(world: &World, clients: &[(&str, usize)]) {
    for (name, _) in clients {
        let id = world.record_of(name).await.id;
        world.tenant.act(Act::SetTerms { id }).expect("it is there");
    }
}

#[tokio::test]
async fn update_that_resets_a_member_suspends_writes() {
    for clients in [FEW, MANY] {
        let world = World::builder().clients(clients).unlimited_requests().synced().build().await;
        for (round, member) in Member::iter().enumerate() {
            set_terms(&world, clients).await;
            world.tenant.inject(Fault::UnlistedMembers, Matching::any(), Lasting::Sticky);
            world.tenant.inject(Fault::RowsShortened, Matching::any(), Lasting::Sticky);
            world.tenant.inject(Fault::MemberReset(member), update(), Lasting::Sticky);
            let mark = world.mark();
            for (name, _) in clients {
                world.set_users(name, 4 + round).await;
            }
            world.sync().await;
            assert_eq!(world.writes_since(mark), 1, "{member:?}: the others wait");
            let association = world.association("Alder").await;
            let fields = overwritten(association.problem);
            let expected: &[_] = match member {
                // The amount due is lost with the price.
                Member::Price => &["price", "amount due"],
                Member::ItemId => &["product", "linked item.id"],
                _ => &[field(member)],
            };
            assert_eq!(fields, expected);
            assert!(world.connection().await.writes_suspended_since.is_some(), "{member:?}");
            // The partner enters the value again and acknowledges the problem.
            world.tenant.clear_faults();
            set_terms(&world, clients).await;
            let run = world.resolve(association.id, Answer::Continue).await.expect("it is to be confirmed");
            assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Succeeded), "{member:?}");
        }
    }
}

/// A list row is no measure for the record: no user has edited anything.
#[tokio::test]
async fn list_row_that_differs_from_the_record_is_no_edit() {
    let world = World::builder().clients(MANY).unlimited_requests().synced().build().await;
    set_terms(&world, MANY).await;
    let differences = [Fault::RowsShortened, Fault::RowsDiffer, Fault::RowsWithoutMarker, Fault::AnswerShortened];
    for (round, fault) in differences.into_iter().enumerate() {
        world.tenant.inject(fault, Matching::any(), Lasting::Sticky);
        for (name, _) in MANY {
            world.set_users(name, 4 + round).await;
        }
        let run = world.sync().await;
        assert_eq!((run.state, run.summary.updated), (RunState::Succeeded, 4), "{fault:?}");
        for (name, _) in MANY {
            assert_eq!(problem_of(&world, name).await, None, "{fault:?}");
            assert_eq!(world.record_of(name).await.count, 4.0 + round as f64, "{fault:?}");
        }
        assert_eq!(world.sync().await.summary.unchanged, 4, "{fault:?}");
        world.tenant.clear_faults();
    }
}

/// Sums follow the quantity, and a Halo may write the time of the change.
#[tokio::test]
async fn members_that_follow_the_quantity_are_no_edit() {
    let world = World::builder().clients(FEW).synced().build().await;
    set_terms(&world, FEW).await;
    world.tenant.inject(Fault::UnlistedMembers, Matching::any(), Lasting::Sticky);
    for users in [8, 0, 5] {
        world.clock.advance(chrono::Duration::minutes(1));
        world.set_users("Alder", users).await;
        let run = world.sync().await;
        assert_eq!((run.state, run.summary.updated), (RunState::Succeeded, 1), "{users}");
        let expected = (users == 0).then_some(ProblemCode::QuantityFell);
        assert_eq!(problem_of(&world, "Alder").await, expected, "{users}");
    }
}

/// A quantity of 0 may switch a subscription off: that is no overwritten field.
#[tokio::test]
async fn subscription_switched_off_by_a_zero_suspends_no_writes() {
    let world = World::builder().clients(FEW).synced().build().await;
    set_terms(&world, FEW).await;
    world.tenant.inject(Fault::ZeroDeactivates, Matching::any(), Lasting::Sticky);
    world.set_users("Alder", 0).await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.connection().await.writes_suspended_since, None);
}

/// The response to the write is lost, and the list hides what the write reset.
#[tokio::test]
async fn member_reset_by_an_unconfirmed_write_is_detected() {
    for clients in [FEW, MANY] {
        let world = World::builder().clients(clients).synced().build().await;
        set_terms(&world, clients).await;
        let id = world.record_of("Alder").await.id;
        world.tenant.inject(Fault::RowsShortened, Matching::any(), Lasting::Sticky);
        world.tenant.inject(Fault::MemberReset(Member::SiteId), update().id(id), Lasting::Once);
        world.tenant.inject(Fault::CutAfter, update().id(id), Lasting::Once);
        world.set_users("Alder", 7).await;
        let run = world.request_sync().await;
        assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
        world.bring_forward(run).await;
        world.work(run).await;
        assert_eq!(overwritten(world.association("Alder").await.problem), ["site"]);
        assert!(world.connection().await.writes_suspended_since.is_some());
    }
}

/// The partner edits two clients' records between the list and the writes.
#[tokio::test]
async fn record_changed_after_the_list_is_read_before_the_write() {
    let world = World::builder().clients(MANY).synced().build().await;
    for (name, _) in MANY {
        world.set_users(name, 6).await;
    }
    let (birch, cedar) = (world.record_of("Birch").await.id, world.record_of("Cedar").await.id);
    let dogwood = world.record_of("Dogwood").await.id;
    let elsewhere = world.customer("Alder").0;
    world.tenant.inject(Fault::HeldAfter, update(), Lasting::Once);
    let (run, mark) = (world.request_sync().await, world.mark());
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        world.tenant.act(Act::SetCount { id: birch, count: 6 }).expect("it is there");
        world.tenant.act(Act::MoveSubscription { id: cedar, client_id: elsewhere }).expect("it is there");
        world.tenant.act(Act::SetSubscriptionActive { id: dogwood, active: false }).expect("it is there");
        world.tenant.release();
    };
    tokio::join!(world.work(run), meanwhile);
    assert_eq!(world.writes_since(mark), 2, "Alder's and Cedar's");
    assert_eq!(world.tenant.subscription(cedar).expect("it is there").client_id, elsewhere);
    assert_eq!(problem_of(&world, "Dogwood").await, Some(ProblemCode::SubscriptionInactive));
    assert_eq!(world.run(run).await.summary.unchanged, 1, "Birch's is as it should be");
}

/// A list that leaves the marker out, or shows it as blank, does not hide the record of a create
/// whose response was lost.
#[tokio::test]
async fn created_subscription_is_found_in_row_without_marker() {
    for fault in [Fault::RowsWithoutMarker, Fault::RowsWithBlankMarker] {
        let world = World::builder().clients(FEW).connected().build().await;
        world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
        let run = world.map(&["Alder"]).await.run.expect("a subscription is to be created");
        assert_eq!(world.work(run).await, RunOutcome::Rescheduled);
        if fault == Fault::RowsWithoutMarker {
            let id = world.tenant.subscriptions()[0].id;
            world.tenant.act(Act::RenameSubscription { id, name: "Training".into() }).expect("it is there");
        }
        world.tenant.inject(fault, Matching::any(), Lasting::Sticky);
        world.wait_out().await;
        assert_eq!(world.run(run).await.state, RunState::Succeeded, "{fault:?}");
        assert_eq!(world.billed(), [("Alder".into(), vec![3])].into(), "{fault:?}");
    }
}
