//! The entries of a partner's audit log.

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use futures::future::try_join_all;
use serde_json::Value;

use crate::domain::activity::{self, ActorRole as Capacity, ChangedValue};
use crate::graphql::{
    error::Result,
    loaders::ById,
    objects::client::Client,
    objects::node::{self, Node},
    request_context::RequestContext,
    scalars::Timestamp,
};
use crate::ids::AssociationId;

/// The most clients that an entry shows.
const MOST_CLIENTS: usize = 5;

pub struct Activity(pub(in crate::graphql) activity::Activity);

/// An entry of a partner's audit log: an act on its integration.
#[Object]
impl Activity {
    /// The entry's id, unique in the log. An entry is not a `Node`: it can only be read in its
    /// list.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The time of the act.
    async fn at(&self) -> Timestamp {
        self.0.at.into()
    }

    /// The person or service that did it.
    async fn actor(&self) -> Actor {
        Actor(self.0.actor.clone())
    }

    /// The act.
    async fn action(&self) -> ActivityAction {
        self.0.action.into()
    }

    /// The clients that the act was about, at most five of them. Empty if it was about none in
    /// particular.
    #[graphql(complexity = "MOST_CLIENTS * child_complexity")]
    async fn clients(&self, ctx: &Context<'_>) -> Result<Vec<Client>> {
        let (request_context, partner) = (RequestContext::of(ctx), self.0.partner);
        let mut ids = self.0.clients();
        ids.truncate(MOST_CLIENTS);
        if let Some(association) = self.0.subject.as_deref().and_then(|id| id.parse::<AssociationId>().ok())
            && ids.is_empty()
        {
            ids.extend(request_context.load(ById(partner, association)).await?.map(|found| found.client));
        }
        let clients = try_join_all(ids.into_iter().map(|id| request_context.load(ById(partner, id)))).await?;
        Ok(clients.into_iter().flatten().map(Client::from).collect())
    }

    /// The number of clients that the act was about. 0 if it was about none in particular.
    async fn client_count(&self) -> usize {
        let is_association = self.0.subject.as_deref().is_some_and(|id| id.parse::<AssociationId>().is_ok());
        self.0.clients().len().max(usize::from(is_association))
    }

    /// The global id of the record that the act was on.
    async fn subject_id(&self) -> Option<ID> {
        self.0.subject.clone().map(ID)
    }

    /// The record that the act was on, in its current state. Null if the act was not on a record
    /// with an id of its own, or if the record no longer exists.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        match &self.0.subject {
            Some(id) => node::find(RequestContext::of(ctx), id).await,
            None => Ok(None),
        }
    }

    /// The reason that INFIMA's support gave.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// The values that the act changed. Secrets are never included.
    async fn changes(&self) -> Vec<ActivityChange> {
        let (before, after) = (fields(self.0.before.as_ref()), fields(self.0.after.as_ref()));
        let names: BTreeSet<_> = before.iter().chain(&after).map(|(name, _)| *name).collect();
        let value = |of: &[(&str, &Value)], name| {
            of.iter().find(|(known, _)| *known == name).and_then(|(_, value)| text(value))
        };
        let changes = names.into_iter().map(|name| ActivityChange {
            name: name.parse().unwrap_or(ChangedValue::Other).into(),
            before: value(&before, name),
            after: value(&after, name),
        });
        changes.filter(|change| change.before != change.after).collect()
    }

    /// The id of the request, by which support finds its log lines.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

fn fields(values: Option<&Value>) -> Vec<(&str, &Value)> {
    let values = values.and_then(Value::as_object);
    values.into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A value that an act changed.
#[derive(SimpleObject)]
pub struct ActivityChange {
    /// The name of the value.
    name: ActivityChangeName,
    /// The value before the act. Null if there was none.
    before: Option<String>,
    /// The value after the act. Null if it was removed.
    after: Option<String>,
}

pub struct Actor(pub(in crate::graphql) activity::Actor);

/// A person or service that did something.
#[Object]
impl Actor {
    /// The name to show. Partners see `INFIMA support` instead of the names of INFIMA's staff.
    async fn name(&self, ctx: &Context<'_>) -> &str {
        let person = self.0.name.as_deref().unwrap_or(&self.0.subject);
        match self.0.role {
            Capacity::PartnerAdmin | Capacity::PartnerViewer => person,
            Capacity::Support => shown_name_of_support(RequestContext::of(ctx)).unwrap_or(person),
            Capacity::Platform | Capacity::System => "INFIMA",
        }
    }

    /// The role in which it was done.
    async fn role(&self) -> ActorRole {
        self.0.role.into()
    }
}

/// The name that this caller reads instead of the names of support's staff.
pub(in crate::graphql) fn shown_name_of_support(request_context: &RequestContext) -> Option<&'static str> {
    request_context.caller.role().belongs_to_a_partner().then_some("INFIMA support")
}

/// The acts of the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "activity::Action")]
pub enum ActivityAction {
    /// A client was mapped to a Halo customer.
    AssociationSaved,
    /// A client's mapping was replaced by another one.
    AssociationReplaced,
    /// A client's mapping was removed.
    AssociationRemoved,
    /// Clients were excluded from billing.
    ClientExcluded,
    /// Excluded clients were included again.
    ClientIncluded,
    /// A new subscription was requested in place of a deleted one.
    SubscriptionRecreated,
    /// A problem that needed a user's decision was resolved.
    SubscriptionResolved,
    /// The details of the connection were saved.
    ConnectionSaved,
    /// The stored connection was checked again.
    ConnectionRechecked,
    /// Everything was compared with Halo at once.
    ConnectionReconciled,
    /// A Halo of another identity was taken for the same Halo.
    TenantCarriedOver,
    /// A Halo of another identity was taken for another Halo.
    TenantReplaced,
    /// Halo was disconnected.
    ConnectionRemoved,
    /// The stored Client Secret was sealed with another key of INFIMA's.
    ConnectionResealed,
    /// The partner was archived at INFIMA.
    PartnerArchived,
    /// A person noted that a problem is known.
    ProblemAcknowledged,
    /// Halo was asked whether a problem is still there.
    ProblemRechecked,
    /// A problem was set aside until a day, or is back before it.
    ProblemSnoozed,
    /// INFIMA's platform imported partners, clients or users.
    RosterImported,
    /// The settings of syncs were changed.
    SettingsChanged,
    /// A nightly sync that was requested too early was released.
    NightReleased,
    /// Syncs were paused until a day.
    SyncPaused,
    /// A pause of syncs was ended.
    SyncResumed,
    /// A sync was requested.
    SyncRequested,
    /// A webhook was registered.
    WebhookRegistered,
    /// A webhook was changed, enabled or disabled by a user.
    WebhookUpdated,
    /// A webhook was removed, with its deliveries.
    WebhookRemoved,
    /// A webhook was disabled, because its receiver is gone or has failed for too long.
    WebhookDisabled,
    /// A test was sent to a webhook.
    WebhookTested,
    /// A delivery to a webhook was sent again.
    WebhookReplayed,
    /// A webhook got a further secret.
    WebhookSecretRotated,
    /// A secret of a webhook was removed.
    WebhookSecretRemoved,
    /// A secret of a webhook was sealed with another key of INFIMA's.
    WebhookSecretResealed,
    /// INFIMA's support viewed the partner.
    SupportRead,
    /// INFIMA's support tried something that its role does not permit.
    SupportRefused,
    /// An act that this version of the API does not know.
    Other,
}

/// The names of values in the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ChangedValue")]
pub enum ActivityChangeName {
    /// The number of active clients.
    ActiveClients,
    /// The number of active users.
    ActiveUsers,
    /// The name of the subscription that the user chose.
    AdoptedName,
    /// The quantity of the subscription that the user chose.
    AdoptedQuantity,
    /// Halo's id of the subscription that the user chose.
    AdoptedSubscription,
    /// The user's decision about a problem: `adopt`, `create_new`, `continue` or
    /// `confirm_quantity`.
    Answer,
    /// The Client ID of the application in Halo.
    ApplicationClientId,
    /// Why a webhook was disabled: `gone` or `failing`.
    Because,
    /// The client's global id: see `Activity.clients`.
    Client,
    /// Whether another Client Secret was stored. The secret itself is never included.
    ClientSecret,
    /// The global ids of the clients: see `Activity.clients`.
    Clients,
    /// The number of imported clients.
    ClientsStored,
    /// Whether the partner is connected to Halo.
    Connection,
    /// The global id of the delivery to a webhook.
    Delivery,
    /// Whether the webhook is enabled.
    Enabled,
    /// What happens to the billed quantity: `keep_quantity` or `set_to_zero`.
    Ending,
    /// The kinds of event that the webhook reports.
    EventTypes,
    /// The time since which failed syncs were repeated.
    FailedSince,
    /// The percentage by which a quantity may fall without a user.
    FallLimitPercent,
    /// The number of subscriptions that a Halo of another identity showed.
    Found,
    /// Halo's id of the customer.
    HaloCustomer,
    /// The customer's name in Halo.
    HaloCustomerName,
    /// Halo's id of the subscription that the client keeps.
    Keeps,
    /// The partner's name.
    Name,
    /// The date of the night.
    Night,
    /// Whether a client needs an active user to get a subscription.
    NeedsUsers,
    /// The latest start of the nightly sync.
    NightEnd,
    /// The earliest start of the nightly sync.
    NightStart,
    /// Whether the nightly sync is switched on.
    Nightly,
    /// What a person noted about a problem.
    Note,
    /// The name of the operation that INFIMA's support sent.
    Operation,
    /// The number of imported partners.
    PartnersStored,
    /// The day on which syncs begin again.
    PausedUntil,
    /// The code of the problem.
    Problem,
    /// The reason why clients are excluded from billing, or syncs are paused.
    Reason,
    /// The act that INFIMA's support was refused.
    Refused,
    /// The time at which the nightly sync was requested.
    RequestedAt,
    /// The day from which excluded clients are to be mapped again.
    ReviewOn,
    /// The id of INFIMA's key that seals the secret.
    SealedWith,
    /// The global id of a secret of a webhook. The secret itself is never included.
    Secret,
    /// The time until which a problem is set aside.
    SnoozedUntil,
    /// The state of the record.
    State,
    /// Halo's id of the subscription.
    Subscription,
    /// The name of new subscriptions.
    SubscriptionName,
    /// The identity of the Halo.
    Tenant,
    /// The partner's time zone.
    TimeZone,
    /// The number of subscriptions that were looked for.
    Total,
    /// The address of the Halo, or scheme and host of the webhook's.
    Url,
    /// The number of imported users.
    UsersStored,
    /// A value that this version of the API does not know.
    Other,
}

/// A role in which something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "activity::ActorRole")]
pub enum ActorRole {
    /// A partner's user who may view and change the integration.
    PartnerAdmin,
    /// A partner's user who may view the integration.
    PartnerViewer,
    /// INFIMA's support.
    Support,
    /// INFIMA's platform.
    Platform,
    /// INFIMA itself, without a request, for example in the nightly sync.
    System,
}
