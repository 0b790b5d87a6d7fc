//! A partner's client: a line of the mapping table.

use async_graphql::{Context, ID, Object};

use super::{asker::Asker, association::HaloClientAssociation, error::Result, loads::AssociationOf};
use crate::domain::roster::{self, RosterState};

pub struct Client(pub(super) roster::Client);

/// A partner's client: a small company whose users INFIMA trains.
#[Object]
impl Client {
    /// The client's global id.
    pub(super) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// INFIMA's own id of the client.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// The client's name at INFIMA.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How many of the client's users are active now: what the next sync writes into its Halo subscription. Each e-mail
    /// address counts once.
    async fn active_user_count(&self) -> u32 {
        self.0.active_users
    }

    /// The client is not with INFIMA any more. It counts no users, and stays mapped until somebody removes the
    /// association.
    async fn archived(&self) -> bool {
        self.0.state == RosterState::Archived
    }

    /// What the client is mapped to in Halo. Null where it is not mapped.
    async fn halo_association(&self, ctx: &Context<'_>) -> Result<Option<HaloClientAssociation>> {
        let association = Asker::of(ctx).load.load_one(AssociationOf(self.0.partner, self.0.id)).await?;
        Ok(association.map(HaloClientAssociation))
    }
}
