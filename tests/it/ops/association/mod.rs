//! Associating clients with Halo customers, and every way in which an association ends or needs a
//! user to resolve it.

mod recreate;
mod remove;
mod resolve;
mod save;

use infima_halo::domain::problem::ProblemCode;
use infima_halo::sandbox::Call;

use crate::support::world::World;

pub(crate) async fn problem_of(world: &World, client: &str) -> Option<ProblemCode> {
    world.association(client).await.problem.map(|problem| problem.code())
}

pub(crate) fn creates(world: &World) -> usize {
    world.tenant.journal().iter().filter(|entry| entry.call == Call::Create).count()
}
