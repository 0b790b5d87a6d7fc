//! The mutations, a file for each noun. Each authorises nothing by itself: the verb of `ops/` does.

mod association;
mod connection;
mod exclusion;
mod mapping;
mod problem;
mod roster;
mod settings;
mod subscription;
mod sync;
mod webhook;

use async_graphql::MergedObject;

use self::{
    association::AssociationMutations, connection::ConnectionMutations, exclusion::ExclusionMutations,
    mapping::MappingMutations, problem::ProblemMutations, roster::RosterMutations, settings::SettingsMutations,
    subscription::SubscriptionMutations, sync::SyncMutations, webhook::WebhookMutations,
};

/// The root of all mutations. Each takes one `input` and returns its result, which is null if
/// nothing was changed, and `userErrors`: what has to be fixed in the input, each with a code of a
/// closed list.
#[derive(MergedObject, Default)]
pub struct Mutation(
    ConnectionMutations,
    AssociationMutations,
    MappingMutations,
    ExclusionMutations,
    SubscriptionMutations,
    SyncMutations,
    ProblemMutations,
    SettingsMutations,
    WebhookMutations,
    RosterMutations,
);
