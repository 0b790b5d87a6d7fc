//! The users behind a client's count.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use crate::auth::Role;
use crate::domain::roster::{self, masked_address};
use crate::graphql::request_context::RequestContext;

pub struct ClientUser(pub(in crate::graphql) roster::ListedUser);

/// A user of a client: a person in training.
#[Object]
impl ClientUser {
    /// The user's id, unique among all users. A user is not a `Node`: it can only be read in its
    /// list.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// INFIMA's id of the user.
    async fn external_id(&self) -> &str {
        &self.0.external_id
    }

    /// The user's e-mail address, for example `a***@example.com`. It is only whole for a partner's
    /// administrators, and only if INFIMA's configuration shows it. Null if the user has none.
    async fn email(&self, ctx: &Context<'_>) -> Option<String> {
        let email = self.0.email.as_deref()?;
        let RequestContext { caller, ops, .. } = RequestContext::of(ctx);
        let is_whole = caller.role() == Role::PartnerAdmin && ops.settings.admins_see_addresses;
        Some(if is_whole { email.to_owned() } else { masked_address(email) })
    }

    /// Whether the user is counted, and so billed.
    async fn counted(&self) -> bool {
        self.0.not_counted.is_none()
    }

    /// The reason why the user is not counted. Null if the user is counted.
    async fn not_counted_reason(&self) -> Option<NotCountedReason> {
        self.0.not_counted.map(Into::into)
    }
}

/// The reasons why a user is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "roster::NotCounted")]
pub enum NotCountedReason {
    /// Another user of the client has the same e-mail address and is counted.
    SameAddress,
    /// The user is deactivated at INFIMA.
    Deactivated,
    /// The user is archived at INFIMA.
    Archived,
    /// The client is archived at INFIMA.
    ClientArchived,
}

/// The numbers of a client's users: who is counted, and who is not, by the reason.
#[derive(SimpleObject)]
pub struct UserCounts {
    /// The number of users who are counted: the quantity that is billed.
    counted: u32,
    /// The number of active users whose e-mail address another counted user has.
    same_address: u32,
    /// The number of users who are deactivated at INFIMA.
    deactivated: u32,
    /// The number of users who are archived at INFIMA.
    archived: u32,
    /// The number of active users who are not counted because the client is archived.
    client_archived: u32,
}

impl From<roster::UserCounts> for UserCounts {
    fn from(counts: roster::UserCounts) -> Self {
        let roster::UserCounts { counted, same_address, deactivated, archived, client_archived } = counts;
        Self { counted, same_address, deactivated, archived, client_archived }
    }
}
