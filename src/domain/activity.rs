//! The audit log: who did what to which partner's integration, and when.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{ActivityId, PartnerId};

#[derive(Clone, Debug)]
pub struct Activity {
    pub id: ActivityId,
    pub partner: PartnerId,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    /// What was done, as `noun.verb`.
    pub act: String,
    /// The global id of what it was done to.
    pub subject: Option<String>,
    /// Why, in support's words.
    pub reason: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub request_id: Option<String>,
}

/// In what capacity something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorRole {
    PartnerAdmin,
    PartnerViewer,
    Support,
    Platform,
    /// The backend itself (a nightly sync, a sweep), or the operator at the command line.
    System,
}

/// The person or service that did something, as the audit log and a run keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub role: ActorRole,
    /// The token's subject; `system` for the system itself, `operator` for the command line.
    pub subject: String,
    /// The name to show, if the token gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Actor {
    /// The backend acting by itself.
    pub fn system() -> Self {
        Actor { role: ActorRole::System, subject: "system".to_owned(), name: None }
    }

    /// The operator at the command line, whose name the database does not know.
    pub fn operator() -> Self {
        Actor { role: ActorRole::System, subject: "operator".to_owned(), name: None }
    }
}

/// What was done, as the audit log names it: `noun.verb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr)]
pub enum Action {
    #[strum(serialize = "association.saved")]
    AssociationSaved,
    #[strum(serialize = "association.replaced")]
    AssociationReplaced,
    #[strum(serialize = "association.removed")]
    AssociationRemoved,
    #[strum(serialize = "subscription.recreated")]
    SubscriptionRecreated,
    #[strum(serialize = "subscription.resolved")]
    SubscriptionResolved,
    #[strum(serialize = "connection.saved")]
    ConnectionSaved,
    #[strum(serialize = "connection.rechecked")]
    ConnectionRechecked,
    #[strum(serialize = "connection.tenant_carried_over")]
    TenantCarriedOver,
    #[strum(serialize = "connection.tenant_replaced")]
    TenantReplaced,
    #[strum(serialize = "connection.removed")]
    ConnectionRemoved,
    #[strum(serialize = "connection.resealed")]
    ConnectionResealed,
    #[strum(serialize = "partner.archived")]
    PartnerArchived,
    #[strum(serialize = "roster.imported")]
    RosterImported,
    #[strum(serialize = "settings.changed")]
    SettingsChanged,
    #[strum(serialize = "sync.night_released")]
    NightReleased,
    #[strum(serialize = "sync.requested")]
    SyncRequested,
    #[strum(serialize = "support.read")]
    SupportRead,
    #[strum(serialize = "support.refused")]
    SupportRefused,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
