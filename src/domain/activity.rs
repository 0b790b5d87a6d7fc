//! The audit log: who did what to which partner's integration, and when.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::{EnumString, IntoStaticStr};

use crate::ids::{ActivityId, ClientId, PartnerId};

#[derive(Clone, Debug)]
pub struct Activity {
    pub id: ActivityId,
    pub partner: PartnerId,
    pub at: DateTime<Utc>,
    pub actor: Actor,
    pub action: Action,
    /// The global id of what it was done to.
    pub subject: Option<String>,
    /// Why, in support's words.
    pub reason: Option<String>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub request_id: Option<String>,
}

impl Activity {
    /// The clients that the entry names itself; of an association, its record names the client.
    pub fn clients(&self) -> Vec<ClientId> {
        let named = |values: Option<&Value>| {
            let one = values.and_then(|values| values.get("client")).cloned();
            let many = values.and_then(|values| values.get("clients")).and_then(Value::as_array).cloned();
            one.into_iter().chain(many.unwrap_or_default())
        };
        let subject = self.subject.as_deref().and_then(|id| id.parse().ok());
        let ids = named(self.before.as_ref()).chain(named(self.after.as_ref()));
        let ids = ids.filter_map(|id| id.as_str()?.parse().ok());
        let mut clients: Vec<ClientId> = subject.into_iter().chain(ids).collect();
        let mut seen = HashSet::new();
        clients.retain(|client| seen.insert(*client));
        clients
    }
}

/// In what capacity something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
pub enum Action {
    #[strum(serialize = "association.saved")]
    AssociationSaved,
    #[strum(serialize = "association.replaced")]
    AssociationReplaced,
    #[strum(serialize = "association.removed")]
    AssociationRemoved,
    #[strum(serialize = "client.excluded")]
    ClientExcluded,
    #[strum(serialize = "client.included")]
    ClientIncluded,
    #[strum(serialize = "subscription.recreated")]
    SubscriptionRecreated,
    #[strum(serialize = "subscription.resolved")]
    SubscriptionResolved,
    #[strum(serialize = "connection.saved")]
    ConnectionSaved,
    #[strum(serialize = "connection.rechecked")]
    ConnectionRechecked,
    #[strum(serialize = "connection.reconciled")]
    ConnectionReconciled,
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
    #[strum(serialize = "problem.acknowledged")]
    ProblemAcknowledged,
    #[strum(serialize = "problem.rechecked")]
    ProblemRechecked,
    #[strum(serialize = "problem.snoozed")]
    ProblemSnoozed,
    #[strum(serialize = "roster.imported")]
    RosterImported,
    #[strum(serialize = "settings.changed")]
    SettingsChanged,
    #[strum(serialize = "sync.night_released")]
    NightReleased,
    #[strum(serialize = "sync.paused")]
    SyncPaused,
    #[strum(serialize = "sync.resumed")]
    SyncResumed,
    #[strum(serialize = "sync.requested")]
    SyncRequested,
    #[strum(serialize = "webhook.registered")]
    WebhookRegistered,
    #[strum(serialize = "webhook.updated")]
    WebhookUpdated,
    #[strum(serialize = "webhook.removed")]
    WebhookRemoved,
    #[strum(serialize = "webhook.disabled")]
    WebhookDisabled,
    #[strum(serialize = "webhook.tested")]
    WebhookTested,
    #[strum(serialize = "webhook.replayed")]
    WebhookReplayed,
    #[strum(serialize = "webhook.secret_rotated")]
    WebhookSecretRotated,
    #[strum(serialize = "webhook.secret_removed")]
    WebhookSecretRemoved,
    #[strum(serialize = "webhook.secret_resealed")]
    WebhookSecretResealed,
    #[strum(serialize = "support.read")]
    SupportRead,
    #[strum(serialize = "support.refused")]
    SupportRefused,
    /// An act of a newer release.
    #[strum(serialize = "other")]
    Other,
}

impl Action {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A value that an act changed, by its name in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString)]
#[strum(serialize_all = "camelCase")]
pub enum ChangedValue {
    ActiveClients,
    ActiveUsers,
    AdoptedName,
    AdoptedQuantity,
    AdoptedSubscription,
    Answer,
    ApplicationClientId,
    Because,
    Client,
    ClientSecret,
    Clients,
    ClientsStored,
    Connection,
    Delivery,
    Enabled,
    Ending,
    EventTypes,
    FailedSince,
    FallLimitPercent,
    Found,
    HaloCustomer,
    HaloCustomerName,
    Keeps,
    Name,
    Night,
    NeedsUsers,
    NightEnd,
    NightStart,
    Nightly,
    Note,
    Operation,
    PartnersStored,
    PausedUntil,
    Problem,
    Reason,
    Refused,
    RequestedAt,
    ReviewOn,
    SealedWith,
    Secret,
    SnoozedUntil,
    State,
    Subscription,
    SubscriptionName,
    Tenant,
    TimeZone,
    Total,
    Url,
    UsersStored,
    /// A value of a newer release.
    Other,
}
