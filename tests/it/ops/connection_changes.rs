//! What was read under one connection is not stored for another: Halo's answer to each verb, and to
//! a run, is held until another user has saved or removed the connection.

use infima_halo::domain::association::Ending;
use infima_halo::domain::connection::ConnectionState;
use infima_halo::domain::run::RunState;
use infima_halo::halo::VENDOR;
use infima_halo::ids::{AssociationId, HaloSubscriptionId};
use infima_halo::ops::association::resolve::Answer;
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::check::check_connection;
use infima_halo::ops::connection::confirm_tenant::confirm_tenant_change;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::connection::tenant::TenantDecision;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::ops::{OpError, UserErrorCode};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching, TenantId};
use serde_json::Value;
use strum::IntoEnumIterator;

use crate::support::halo_admin::refusal;
use crate::support::world::{World, details_of, request};

/// What another user does meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, strum::EnumIter)]
enum Change {
    Replaced,
    Removed,
}

impl Change {
    async fn carry_out(self, world: &World) {
        match self {
            Change::Replaced => {
                let other = details_of(&world.sandbox.tenant("other"));
                let details = Details { tenant_change: Some(TenantDecision::Archive), ..other };
                let admin = world.admin().await;
                save_connection(world.ops(), &request(&admin), world.partner().await, details)
                    .await
                    .expect("they work");
            }
            Change::Removed => world.disconnect().await,
        }
    }
}

/// Every verb that asks Halo and then writes.
#[derive(Clone, Copy, Debug, strum::EnumIter)]
enum Verb {
    SaveAssociations,
    ResolveSubscription,
    ConfirmTenant,
    SaveConnection,
    SaveKeptSecret,
    RecheckConnection,
}

impl Verb {
    /// A world in which the verb succeeds, and the association that it is about.
    async fn world(self) -> (World, Option<(AssociationId, HaloSubscriptionId)>) {
        let two = World::builder().clients(&[("Alder", 3), ("Birch", 4)]).only(&["Alder"]);
        match self {
            Verb::ResolveSubscription => {
                let world = two.connected().build().await;
                let client_id = world.customer("Alder").0;
                let add = Act::AddSubscription { client_id, name: "Training".into(), vendor: VENDOR.into(), count: 9 };
                let orphan = HaloSubscriptionId(world.tenant.act(add).expect("the customer is there"));
                world.map(&["Alder"]).await;
                world.look().await;
                let id = world.association("Alder").await.id;
                (world, Some((id, orphan)))
            }
            Verb::ConfirmTenant => {
                let world = two.synced().build().await;
                let id = world.record_of("Alder").await.id;
                world.tenant.act(Act::ClearMarkers { id }).expect("it is there");
                let tenant_id = TenantId::Named("elsewhere".into());
                world.tenant.act(Act::SetTenantId { tenant_id }).expect("done by hand");
                (world, None)
            }
            _ => (two.synced().build().await, None),
        }
    }

    async fn carry_out(self, world: &World, about: Option<(AssociationId, HaloSubscriptionId)>) -> Result<(), OpError> {
        let (admin, partner) = (world.admin().await, world.partner().await);
        let request = request(&admin);
        match self {
            Verb::SaveAssociations => {
                let mapping = world.mapping("Birch", "Birch").await;
                world.associate(&[mapping]).await.map(drop)
            }
            Verb::ResolveSubscription => {
                let (id, orphan) = about.expect("this world has one");
                world.resolve(id, Answer::Adopt(Some(orphan))).await.map(drop)
            }
            Verb::ConfirmTenant => {
                confirm_tenant_change(world.ops(), &request, partner, TenantDecision::CarryOver).await.map(drop)
            }
            Verb::SaveConnection => save_connection(world.ops(), &request, partner, world.details()).await.map(drop),
            Verb::SaveKeptSecret => {
                let kept = Details { client_secret: None, ..world.details() };
                save_connection(world.ops(), &request, partner, kept).await.map(drop)
            }
            Verb::RecheckConnection => {
                check_connection(world.ops(), &request, partner, &Details::default()).await.map(drop)
            }
        }
    }
}

/// Everything of the partner's that a verb can write.
async fn stored(world: &World) -> Value {
    let rows = "select jsonb_build_object(
            'connections', (select jsonb_agg(to_jsonb(c)) from connections c),
            'associations', (select jsonb_agg(to_jsonb(a) order by a.id) from associations a),
            'runs', (select jsonb_agg(to_jsonb(r) order by r.id) from sync_runs r),
            'activity', (select jsonb_agg(to_jsonb(y) order by y.id) from activity y))";
    world.value(rows).await
}

#[tokio::test]
async fn verb_stores_nothing_of_a_connection_that_changed_meanwhile() {
    for (verb, change) in Verb::iter().flat_map(|verb| Change::iter().map(move |change| (verb, change))) {
        let (world, about) = verb.world().await;
        world.tenant.inject(Fault::HeldBefore, Matching::any(), Lasting::Once);
        let meanwhile = async {
            world.tenant.until(|tenant| tenant.held() == 1).await;
            change.carry_out(&world).await;
            let before = stored(&world).await;
            world.tenant.release();
            before
        };
        let (late, before) = tokio::join!(verb.carry_out(&world, about), meanwhile);
        assert_eq!(refusal(late), [UserErrorCode::ConnectionChanged], "{verb:?}, {change:?}");
        assert_eq!(stored(&world).await, before, "{verb:?}, {change:?}");
        // The other change alone decides from now on.
        let usable = world.connection().await.state != ConnectionState::Disconnected;
        assert_eq!(usable, change == Change::Replaced, "{verb:?}");
    }
}

/// The verbs that decide in their transaction alone send Halo nothing.
#[tokio::test]
async fn verbs_that_ask_nothing_of_halo_cannot_be_late() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 4)]).synced().build().await;
    let id = world.record_of("Birch").await.id;
    world.tenant.act(Act::DeleteSubscription { id }).expect("it is there");
    world.sync().await;
    let mark = world.mark();
    world.recreate(world.association("Birch").await.id).await.expect("it was deleted");
    world.remove(world.association("Alder").await.id, Ending::SetToZero).await.expect("it is mapped");
    assert_eq!(world.mark(), mark);
}

/// A run that read the old Halo neither writes to it nor stores what it read.
#[tokio::test]
async fn run_stops_when_its_connection_is_replaced() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 4)]).synced().build().await;
    world.set_users("Alder", 9).await;
    let run = world.request_sync().await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::SubscriptionList), Lasting::Once);
    let mark = world.mark();
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        // The new details lead to the same Halo, by a secret that was renewed there.
        let admin = world.admin().await;
        let saved = save_connection(world.ops(), &request(&admin), world.partner().await, world.details()).await;
        let (_, next) = saved.expect("they work");
        world.tenant.release();
        next.expect("both are mapped")
    };
    let (outcome, next) = tokio::join!(world.work(run), meanwhile);
    assert_eq!((outcome, world.writes_since(mark)), (RunOutcome::Rescheduled, 0));
    assert_eq!((world.run(run).await.state, world.results(run).await.len()), (RunState::Cancelled, 0));
    world.work(next).await;
    assert_eq!(world.is_billed_right().await, Ok(()));
}

/// The old credentials' failure is no problem of the new ones.
#[tokio::test]
async fn failure_of_a_replaced_connection_is_not_recorded_on_the_new_one() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let run = world.request_sync().await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::SubscriptionList), Lasting::Once);
    world.tenant.inject(Fault::Unauthorized, Matching::call(Call::SubscriptionList), Lasting::Sticky);
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        Change::Replaced.carry_out(&world).await;
        world.tenant.release();
    };
    let (outcome, ()) = tokio::join!(world.work(run), meanwhile);
    assert_eq!(outcome, RunOutcome::Rescheduled);
    let connection = world.connection().await;
    assert_eq!((connection.state, connection.problem), (ConnectionState::Connected, None));
    assert_eq!(connection.tenant.0, "other");
}

/// The quantity was written before the connection was replaced: the result says so, and nothing
/// follows for the associations, which ended with the old Halo.
#[tokio::test]
async fn outcome_of_a_write_to_a_replaced_halo_changes_no_association() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.set_users("Alder", 9).await;
    let run = world.request_sync().await;
    world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Update), Lasting::Once);
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        Change::Replaced.carry_out(&world).await;
        let before = stored(&world).await;
        world.tenant.release();
        before
    };
    let (_, before) = tokio::join!(world.work(run), meanwhile);
    let after = stored(&world).await;
    assert_eq!(after["associations"], before["associations"]);
    assert_eq!(after["connections"], before["connections"]);
    let updated = world.results(run).await;
    assert_eq!((updated.len(), updated[0].quantity_after), (1, Some(9)));
}
