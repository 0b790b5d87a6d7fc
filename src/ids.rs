//! One type for each kind of id, so that the compiler refuses a client's id in place of a
//! partner's, and one of Halo's ids in place of ours.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! our_ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// The prefix of the API's global id, before the underscore.
            pub const KIND: &'static str = $kind;

            /// Returns a new id. Ids sort by the time at which they were generated.
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        /// The API's global id: the kind, an underscore and 32 hexadecimal digits.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", Self::KIND, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let (kind, digits) = text.split_once('_').ok_or(NotAnId)?;
                // Only the form without hyphens: one id has exactly one spelling, so it can serve
                // as a cache key.
                if kind != Self::KIND || digits.len() != 32 || digits.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(NotAnId);
                }
                Uuid::try_parse(digits).map(Self).map_err(|_| NotAnId)
            }
        }
    )+};
}

our_ids! {
    /// A managed service provider.
    PartnerId = "partner",
    /// A partner's client: a small company whose users are trained.
    ClientId = "client",
    /// A person in training.
    UserId = "user",
    /// A partner's stored Halo connection.
    ConnectionId = "connection",
    /// The mapping of one client to one Halo customer.
    AssociationId = "association",
    /// One sync of one partner.
    RunId = "run",
    /// What one run did for one association.
    ResultId = "result",
    /// One problem in the history of a partner's problems.
    ProblemId = "problem",
    /// An address of a partner that is notified of what happens to its integration.
    WebhookId = "webhook",
    /// A secret that a webhook's deliveries are signed with.
    WebhookSecretId = "secret",
    /// One event for one webhook.
    WebhookDeliveryId = "delivery",
    /// One row of the audit log.
    ActivityId = "activity",
}

/// The text is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

/// A customer in a partner's Halo. Signed 32 bits, as Halo's own column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct HaloCustomerId(pub i32);

impl fmt::Display for HaloCustomerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A subscription (software licence record) in a partner's Halo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct HaloSubscriptionId(pub i32);

impl fmt::Display for HaloSubscriptionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A recurring invoice in a partner's Halo. Such ids are negative there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct HaloInvoiceId(pub i32);

/// The identity of a Halo tenant, which no other host can claim. Halo's record ids mean nothing
/// without it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct HaloTenant(pub String);

impl fmt::Display for HaloTenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
