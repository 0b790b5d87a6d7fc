//! The mutations, a file for each noun. Each authorises nothing by itself: the verb of `ops/` does.

mod association;
mod connection;
mod roster;
mod settings;
mod subscription;
mod sync;

use async_graphql::MergedObject;

use self::{
    association::AssociationMutations, connection::ConnectionMutations, roster::RosterMutations,
    settings::SettingsMutations, subscription::SubscriptionMutations, sync::SyncMutations,
};

/// What a caller can change. Each mutation takes one `input` and answers with its result, which is null where nothing
/// was done, and with `userErrors`: what has to be mended in the input, each with a code out of a closed list.
#[derive(MergedObject, Default)]
pub struct Mutation(
    ConnectionMutations,
    AssociationMutations,
    SubscriptionMutations,
    SyncMutations,
    SettingsMutations,
    RosterMutations,
);
