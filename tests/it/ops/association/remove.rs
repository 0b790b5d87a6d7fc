//! Removing an association, and what is billed afterwards.

use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::RunState;
use infima_halo::ids::AssociationId;
use infima_halo::ops::UserErrorCode;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};

use crate::ops::association::problem_of;
use crate::support::halo_admin::{SUCCEEDED, refusal};
use crate::support::world::World;

#[tokio::test]
async fn removed_association_is_ending_until_halo_confirms() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).synced().build().await;
    let (alder, birch) = (world.association("Alder").await.id, world.association("Birch").await.id);
    assert_eq!(
        world.remove(birch, Ending::KeepQuantity).await.expect("it is mapped"),
        None,
        "nothing is written to Halo"
    );
    let run = world.remove(alder, Ending::SetToZero).await.expect("it is mapped").expect("Halo has to confirm");
    let ending = world.association("Alder").await;
    assert_eq!((ending.state, ending.ending), (AssociationState::Ending, Some(Ending::SetToZero)));
    assert_eq!(world.remove(alder, Ending::SetToZero).await.expect("once is enough"), None);

    assert_eq!(world.work(run).await, SUCCEEDED);
    assert_eq!(world.associations().await.len(), 0);
    assert_eq!(world.billed(), [("Alder".into(), vec![0]), ("Birch".into(), vec![5])].into(), "nothing is deleted");
    assert_eq!(
        refusal(world.remove(AssociationId::generate(), Ending::KeepQuantity).await),
        [UserErrorCode::AssociationNotFound]
    );
}

#[tokio::test]
async fn removal_with_refused_zero_can_keep_quantity() {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let id = world.association("Alder").await.id;
    world.tenant.inject(Fault::ZeroRefused, Matching::any(), Lasting::Sticky);
    let run = world.remove(id, Ending::SetToZero).await.expect("it is mapped").expect("Halo has to confirm");
    assert_eq!(world.work(run).await, RunOutcome::Finished(RunState::Failed));
    let ending = world.association("Alder").await;
    assert_eq!(ending.state, AssociationState::Ending);
    assert_eq!(problem_of(&world, "Alder").await, Some(ProblemCode::QuantityRefused));
    world.remove(id, Ending::KeepQuantity).await.expect("the user sets it in Halo");
    assert_eq!(world.associations().await.len(), 0);
}

#[tokio::test]
async fn removal_during_unconfirmed_create_zeroes_subscription() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::CutAfter, Matching::call(Call::Create), Lasting::Once);
    world.map(&["Alder"]).await;
    assert_eq!(world.look().await, Some(RunOutcome::Rescheduled));
    let id = world.association("Alder").await.id;
    world.remove(id, Ending::SetToZero).await.expect("it is mapped");
    assert_eq!(world.association("Alder").await.state, AssociationState::Ending);
    assert_eq!(world.look().await, Some(SUCCEEDED));
    assert_eq!(world.billed(), [("Alder".into(), vec![0])].into(), "what was created is not billed");
    assert_eq!(world.associations().await.len(), 0);
}
