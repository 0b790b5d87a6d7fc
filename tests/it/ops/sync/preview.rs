//! What a sync would change, without changing it; and which customer a client may be.

use infima_halo::domain::association::Ending;
use infima_halo::domain::plan::{Action, Plan, render};
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::roster::{Client, RosterState};
use infima_halo::domain::run::{Outcome, RunState};
use infima_halo::ops::admin;
use infima_halo::ops::association::suggest_customers::suggest_customers;
use infima_halo::ops::sync::preview::{Preview, preview_sync};
use infima_halo::ops::{OpError, UserErrorCode};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use infima_halo::storage;

use crate::support::halo_admin::refusal;
use crate::support::world::{World, request};

async fn preview(world: &World) -> Result<Preview, OpError> {
    let admin = world.admin().await;
    preview_sync(world.ops(), &request(&admin), world.partner().await, None).await
}

fn plan(preview: &Preview) -> Plan {
    Plan { steps: preview.entries.iter().filter_map(|entry| entry.step.clone()).collect() }
}

/// Every row that a run changes, as text.
async fn notes(world: &World) -> Vec<String> {
    world.values("select row(a.*)::text from associations a union all select row(c.*)::text from connections c
         union all select row(r.*)::text from sync_runs r union all select row(s.*)::text from sync_results s order by 1").await
}

/// Halo has no answer for one client's subscription.
#[tokio::test]
async fn unanswered_client_of_a_preview_is_not_said_to_be_tried_again() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let alder = world.record_of("Alder").await.id;
    for matching in [
        Matching::call(Call::SubscriptionSingle).id(alder),
        Matching::call(Call::SubscriptionList).client_id(world.customer("Alder").0),
    ] {
        world.tenant.inject(Fault::Maintenance, matching, Lasting::Sticky);
    }
    let preview = preview(&world).await.expect("Halo answers for the other client");
    let entry = preview
        .entries
        .iter()
        .find(|entry| entry.step.as_ref().is_some_and(|step| step.client_name == "Alder"))
        .expect("it is mapped");
    let Some(Action::Blocked(problem)) = entry.step.as_ref().map(|step| &step.action) else { panic!("{entry:?}") };
    assert_eq!(problem.code(), ProblemCode::HaloUnavailable);
    assert!(!problem.message().contains("itself") && problem.remedy().is_some(), "{}", problem.message());
}

#[tokio::test]
async fn preview_matches_the_run_and_changes_nothing() -> anyhow::Result<()> {
    let clients = [("Alder", 3), ("Birch", 5), ("Cedar", 1), ("Dogwood", 2), ("Elm", 6), ("Fir", 9)];
    let world =
        World::builder().clients(&clients).only(&["Alder", "Birch", "Cedar", "Dogwood", "Elm"]).synced().build().await;
    world.set_users("Alder", 4).await;
    world.tenant.act(Act::SetCount { id: world.record_of("Birch").await.id, count: 50 }).expect("it is there");
    world.tenant.act(Act::DeleteSubscription { id: world.record_of("Cedar").await.id }).expect("it is there");
    world.remove(world.association("Dogwood").await.id, Ending::SetToZero).await.expect("it is mapped");
    world.map(&["Fir"]).await;

    let (before, mark) = (notes(&world).await, world.mark());
    let preview = preview(&world).await?;
    assert_eq!((notes(&world).await, world.writes_since(mark)), (before, 0), "nothing is changed");
    assert!(preview.complete);
    assert_eq!(preview.halo_requests as usize, world.mark() - mark);
    let partner = world.partner().await;
    let operators = admin::preview_sync(world.ops(), partner).await?;
    assert_eq!(render(&plan(&operators)), render(&plan(&preview)));

    let run = world.sync().await;
    assert_eq!(run.state, RunState::PartiallySucceeded);
    let results = world.results(run.id).await;
    assert_eq!(results.len(), preview.entries.len());
    for entry in &preview.entries {
        let step = entry.step.as_ref().expect("each was looked at");
        let result = results.iter().find(|result| result.association == step.association).expect("each is synced");
        let expected = match &step.action {
            Action::Create { quantity, .. } => (Outcome::Created, None, Some(*quantity)),
            Action::SetQuantity { from, to, .. } => (Outcome::Updated, *from, Some(*to)),
            Action::End { set_to_zero: Some(_) } => (Outcome::Updated, Some(2), Some(0)),
            Action::NoChange { quantity, .. } => (Outcome::Unchanged, Some(*quantity), Some(*quantity)),
            Action::Blocked(problem) => {
                assert_eq!(result.problem.as_ref().map(|it| it.code()), Some(problem.code()));
                (Outcome::Failed, None, None)
            }
            other => panic!("there is no such step in this story: {other:?}"),
        };
        assert_eq!((result.outcome, result.quantity_before, result.quantity_after), expected, "{}", step.client_name);
        assert_eq!(result.changed_in_halo, step.changed_in_halo, "{}", step.client_name);
    }
    Ok(())
}

#[tokio::test]
async fn preview_over_its_limit_shows_last_observations() -> anyhow::Result<()> {
    let names: Vec<_> = (10..25).map(|number| format!("Client {number}")).collect();
    let clients: Vec<_> = names.iter().map(|name| (name.as_str(), 1)).collect();
    let world = World::builder().clients(&clients).mapped().build().await;
    let mark = world.mark();
    let preview = preview(&world).await?;
    assert!(!preview.complete);
    assert_eq!(preview.entries.len(), 15, "each is shown");
    let reached = preview.entries.iter().filter(|entry| entry.step.is_some()).count();
    assert_eq!(reached, 10);
    assert!(world.mark() - mark <= 30, "{} requests", world.mark() - mark);
    Ok(())
}

#[tokio::test]
async fn preview_without_connection_or_halo_is_refused() {
    let world = World::builder().clients(&[("Alder", 3)]).build().await;
    assert_eq!(refusal(preview(&world).await), [UserErrorCode::NotConnected]);
    world.connect().await;
    world.map(&["Alder"]).await;
    world.tenant.inject(Fault::Maintenance, Matching::call(Call::Discovery), Lasting::Once);
    assert!(matches!(preview(&world).await, Err(OpError::Halo(_))));
    let admin = world.admin().await;
    let none =
        preview_sync(world.ops(), &request(&admin), world.partner().await, Some(&[])).await.expect("of no client");
    assert!(none.complete && none.entries.is_empty());
    let unknown = [Some(world.client("Alder").await), None];
    let refused = preview_sync(world.ops(), &request(&admin), world.partner().await, Some(&unknown)).await;
    assert_eq!(refusal(refused), [UserErrorCode::ClientNotFound]);
}

async fn suggested(world: &World, name: &str, most: usize) -> Vec<(String, bool)> {
    let id = world.client("Anybody").await;
    let found = world.read(async |db, scope| storage::clients::find_many(db, scope, &[id]).await).await;
    let client =
        Client { name: name.into(), state: RosterState::Active, ..found.into_iter().next().expect("it is there") };
    let admin = world.admin().await;
    let suggestions = suggest_customers(world.ops(), &request(&admin), &client, most).await;
    let named = |it: infima_halo::ops::association::suggest_customers::Suggestion| {
        (it.customer.name.unwrap_or_default(), it.exact)
    };
    suggestions.expect("Halo answers").into_iter().map(named).collect()
}

#[tokio::test]
async fn customer_named_like_the_client_is_suggested_first() {
    let names = [
        "Harbourside Vets (old)",
        "Harbourside Vets Ltd",
        "Harbourside Fishmongers",
        "Müller & Söhne KG",
        "東京デザイン株式会社",
    ];
    let world = World::builder().clients(&[("Anybody", 1)]).customers(&names).connected().build().await;
    let found = suggested(&world, "HARBOURSIDE VETS, LLC", 5).await;
    assert_eq!(found[0], ("Harbourside Vets Ltd".into(), true));
    assert_eq!(found[1], ("Harbourside Vets (old)".into(), false));
    assert_eq!(found[2], ("Harbourside Fishmongers".into(), false));
    assert_eq!(suggested(&world, "Harbourside Vets", 1).await.len(), 1);
    assert_eq!(suggested(&world, "söhne müller", 5).await, [("Müller & Söhne KG".into(), false)]);
    assert_eq!(suggested(&world, "東京デザイン株式会社", 5).await, [("東京デザイン株式会社".into(), true)]);
    assert_eq!(suggested(&world, "Quite unknown", 5).await, []);
    let mark = world.mark();
    assert_eq!(suggested(&world, "Ltd & Co", 5).await, [], "a legal form is no name");
    assert_eq!(world.mark(), mark);
}
