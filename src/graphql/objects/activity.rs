//! The entries of a partner's audit log.

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use serde_json::Value;

use crate::domain::activity::{self, ActorRole as Capacity};
use crate::graphql::{
    error::Result,
    objects::node::{self, Node},
    request_context::RequestContext,
    scalars::Timestamp,
};

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

    /// The act, as `noun.verb`, for example `connection.saved`.
    async fn action(&self) -> &str {
        &self.0.act
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
            name: name.to_owned(),
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
    /// The name of the value, for example `url`.
    name: String,
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
            Capacity::Support if RequestContext::of(ctx).caller.role().belongs_to_a_partner() => "INFIMA support",
            Capacity::Support => person,
            Capacity::Platform | Capacity::System => "INFIMA",
        }
    }

    /// The role in which it was done.
    async fn role(&self) -> ActorRole {
        self.0.role.into()
    }
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
