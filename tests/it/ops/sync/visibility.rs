//! Customers that the agent no longer sees, and customers that were deleted, deactivated or renamed
//! while their subscriptions stay.

use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::connection::{CheckOutcome, CheckSubject, ConnectionState};
use infima_halo::domain::problem::{ProblemCode, ProblemKind};
use infima_halo::domain::run::RunState;
use infima_halo::ops::UserErrorCode;
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::check::{Diagnosis, check_connection};
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};

use crate::ops::association::{creates, problem_of};
use crate::support::halo_admin::refusal;
use crate::support::world::{World, request};

/// Three synced clients, of which the agent then sees these alone, and every client has 8 users.
async fn restricted_to(seen: &[&str]) -> World {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5), ("Cedar", 2)]).synced().build().await;
    restrict(&world, Some(seen));
    for name in ["Alder", "Birch", "Cedar"] {
        world.set_users(name, 8).await;
    }
    world
}

fn restrict(world: &World, seen: Option<&[&str]>) {
    let only = seen.map(|names| names.iter().map(|name| world.customer(name).0).collect());
    world.tenant.act(Act::SetAgentCustomers { only }).expect("done by hand");
}

async fn recheck(world: &World) -> Diagnosis {
    let admin = world.admin().await;
    let partner = world.partner().await;
    check_connection(world.ops(), &request(&admin), partner, &Details::default()).await.expect("it is connected")
}

/// The requests of this kind that Halo got since `mark`.
fn calls(world: &World, mark: usize, wanted: &[Call]) -> usize {
    world.tenant.journal()[mark..].iter().filter(|entry| wanted.contains(&entry.call)).count()
}

const CUSTOMERS: [Call; 2] = [Call::CustomerList, Call::CustomerSingle];

async fn is_healed(world: &World) {
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.is_billed_right().await, Ok(()));
    assert_eq!(world.connection().await.state, ConnectionState::Connected);
    for name in ["Alder", "Birch", "Cedar"] {
        assert_eq!(problem_of(world, name).await, None, "{name}");
    }
    assert_eq!(creates(world), 3, "no client has a second subscription");
}

#[tokio::test]
async fn hidden_customers_are_one_problem_of_the_connection_and_heal_by_themselves() {
    let world = restricted_to(&["Alder"]).await;
    let mark = world.mark();
    let run = world.sync().await;
    assert_eq!(run.state, RunState::PartiallySucceeded);
    assert_eq!(world.writes_since(mark), 1, "Alder's quantity");
    assert_eq!(problem_of(&world, "Alder").await, None);
    for name in ["Birch", "Cedar"] {
        assert_eq!(problem_of(&world, name).await, Some(ProblemCode::SubscriptionNotVisible), "{name}");
    }
    let problem = world.connection().await.problem.expect("two of three are hidden");
    assert_eq!(problem.kind, ProblemKind::CustomersNotVisible { hidden: 2, total: 3 });

    let diagnosis = recheck(&world).await;
    assert_eq!(diagnosis.problem.map(|it| it.code()), Some(ProblemCode::CustomersNotVisible));
    let level = diagnosis.checks.into_iter().find(|check| check.subject == CheckSubject::AgentCustomers);
    assert_eq!(level.map(|check| check.outcome), Some(CheckOutcome::Warning));
    let recreated = world.recreate(world.association("Birch").await.id).await;
    assert_eq!(refusal(recreated), [UserErrorCode::SubscriptionNotDeleted]);

    restrict(&world, None);
    assert_eq!(recheck(&world).await.problem, None);
    is_healed(&world).await;
}

#[tokio::test]
async fn hidden_customers_cost_one_request_each_at_most() {
    let world = restricted_to(&["Alder"]).await;
    world.sync().await;
    let mark = world.mark();
    world.sync().await;
    assert_eq!(
        calls(&world, mark, &CUSTOMERS),
        3,
        "Birch's, Cedar's, and the list, which shows that the agent sees any"
    );
    restrict(&world, None);
    world.sync().await;
    let mark = world.mark();
    world.sync().await;
    assert_eq!(calls(&world, mark, &CUSTOMERS), 0, "nothing is hidden");
}

#[tokio::test]
async fn agent_that_sees_no_customer_is_not_taken_for_a_missing_permission() {
    let world = restricted_to(&[]).await;
    let mark = world.mark();
    assert_eq!(world.sync().await.state, RunState::Failed);
    assert_eq!(world.writes_since(mark), 0);
    let problem = world.connection().await.problem.expect("everything is hidden");
    assert_eq!(problem.kind, ProblemKind::CustomersNotVisible { hidden: 3, total: 3 });
    for name in ["Alder", "Birch", "Cedar"] {
        assert_eq!(problem_of(&world, name).await, Some(ProblemCode::SubscriptionNotVisible), "{name}");
    }
    restrict(&world, None);
    is_healed(&world).await;
}

#[tokio::test]
async fn one_hidden_customer_is_that_clients_problem_alone() {
    let world = restricted_to(&["Alder", "Birch"]).await;
    assert_eq!(world.sync().await.state, RunState::PartiallySucceeded);
    assert_eq!(problem_of(&world, "Cedar").await, Some(ProblemCode::SubscriptionNotVisible));
    assert_eq!(world.connection().await.state, ConnectionState::Connected);
    restrict(&world, None);
    is_healed(&world).await;
}

/// What is hidden is billed as before, so the association does not end with a false word.
#[tokio::test]
async fn removed_hidden_subscription_is_set_to_zero_once_it_is_seen_again() {
    let world = restricted_to(&["Alder"]).await;
    let association = world.association("Birch").await;
    let run = world.remove(association.id, Ending::SetToZero).await.expect("it is mapped").expect("a run ends it");
    for _ in 0..3 {
        world.look().await;
    }
    world.work(run).await;
    let now = world.association("Birch").await;
    assert_eq!(now.state, AssociationState::Ending);
    assert_eq!(now.problem.map(|it| it.code()), Some(ProblemCode::SubscriptionNotVisible));
    restrict(&world, None);
    world.sync().await;
    let id = association.subscription.expect("it was synced").id.0;
    assert_eq!(world.tenant.subscription(id).expect("it is there").count, 0.0);
    assert_eq!(world.associations().await.len(), 2, "it has ended");
}

#[tokio::test]
async fn create_in_doubt_of_a_hidden_customer_is_found_when_it_is_seen_again() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    world.map(&["Alder"]).await;
    assert_eq!(world.look().await, Some(RunOutcome::Rescheduled));
    restrict(&world, Some(&["Birch"]));
    world.wait_out().await;
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::CustomerDeleted));
    world.pass_confirmation_timeout("Alder").await;
    world.sync().await;
    restrict(&world, None);
    world.sync().await;
    world.wait_out().await;
    assert_eq!(creates(&world), 1);
    assert_eq!(world.is_billed_right().await, Ok(()));
}

#[tokio::test]
async fn deactivated_customer_is_reported_within_a_week_and_its_return_at_once() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let id = world.customer("Alder").0;
    world.sync().await;
    world.tenant.act(Act::SetCustomerActive { id, active: false }).expect("it is there");
    world.clock.advance(chrono::Duration::days(7));
    world.set_users("Alder", 4).await;
    let run = world.sync().await;
    assert_eq!((run.state, run.summary.updated), (RunState::Succeeded, 1), "the quantity is kept up to date");
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::CustomerInactive));
    assert_eq!(world.association("Alder").await.state, AssociationState::Active);
    world.sync().await;
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::CustomerInactive), "it still is");
    world.tenant.act(Act::SetCustomerActive { id, active: true }).expect("it is there");
    world.sync().await;
    assert_eq!(problem_of(&world, "Alder").await, None);
}

#[tokio::test]
async fn deleted_customer_whose_subscription_stays_is_reported() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    world.tenant.act(Act::DeleteCustomer { id: world.customer("Alder").0 }).expect("it is there");
    assert_eq!(world.sync().await.state, RunState::Succeeded, "the first full sync reads the customers");
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::CustomerDeleted));
    assert_eq!(problem_of(&world, "Birch").await, None);
    assert_eq!(world.connection().await.state, ConnectionState::Connected);
}

#[tokio::test]
async fn unchanged_partner_costs_one_page_of_customers_a_week() {
    let clients = [("Alder", 3), ("Birch", 5), ("Cedar", 2)];
    let world = World::builder().clients(&clients).synced().build().await;
    let mut requests = Vec::new();
    for _ in 0..15 {
        let mark = world.mark();
        world.sync().await;
        requests.push((world.mark() - mark, calls(&world, mark, &CUSTOMERS)));
        world.clock.advance(chrono::Duration::days(1));
    }
    let pages: Vec<_> = requests.iter().map(|(_, customers)| *customers).collect();
    assert_eq!(pages, [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
    let others: Vec<_> = requests.iter().map(|(all, customers)| all - customers).collect();
    assert!(others[1..].iter().all(|all| *all == others[1]), "{others:?}");
}

#[tokio::test]
async fn renamed_customer_has_its_new_name_after_the_next_sync() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    world.sync().await;
    let id = world.customer("Alder").0;
    world.tenant.act(Act::RenameCustomer { id, name: "Alder & Sons".into() }).expect("it is there");
    let mark = world.mark();
    world.sync().await;
    assert_eq!(calls(&world, mark, &CUSTOMERS), 0, "the subscription's row shows it");
    assert_eq!(world.association("Alder").await.customer.name.as_deref(), Some("Alder & Sons"));
}
