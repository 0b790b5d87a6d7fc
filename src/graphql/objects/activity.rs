//! Who did what.

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use serde_json::Value;

use crate::domain::activity::{self, ActorRole as Capacity};
use crate::graphql::{
    error::Result,
    objects::node::{self, Node},
    request_context::RequestContext,
    scalars::Moment,
};

pub struct Activity(pub(in crate::graphql) activity::Activity);

/// One thing that somebody did to a partner's integration.
#[Object]
impl Activity {
    /// Tells the entry from all others of the log. It is no `Node`: an entry is read in its list alone.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// When it was done.
    async fn at(&self) -> Moment {
        self.0.at.into()
    }

    /// Who did it.
    async fn actor(&self) -> Actor {
        Actor(self.0.actor.clone())
    }

    /// What was done, as `noun.verb`: `connection.saved`.
    async fn action(&self) -> &str {
        &self.0.act
    }

    /// The global id of what it was done to.
    async fn subject_id(&self) -> Option<ID> {
        self.0.subject.clone().map(ID)
    }

    /// What it was done to, as it is now. Null where that is no record of its own, or is not there any more.
    async fn subject(&self, ctx: &Context<'_>) -> Result<Option<Node>> {
        match &self.0.subject {
            Some(id) => node::find(RequestContext::of(ctx), id).await,
            None => Ok(None),
        }
    }

    /// Why, in the words of INFIMA's support.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// What is different since, value by value. Secrets are never among them.
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

    /// The id of the request that did it, which support finds the logs by.
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

/// A value that is different since something was done.
#[derive(SimpleObject)]
pub struct ActivityChange {
    /// What the value is of, such as `url`.
    name: String,
    /// What it was. Null where there was none.
    before: Option<String>,
    /// What it has been since. Null where there is none.
    after: Option<String>,
}

pub struct Actor(pub(in crate::graphql) activity::Actor);

/// Who did something.
#[Object]
impl Actor {
    /// The name to show. INFIMA's people have theirs only among themselves; to partners they are `INFIMA support`.
    async fn name(&self, ctx: &Context<'_>) -> &str {
        let person = self.0.name.as_deref().unwrap_or(&self.0.subject);
        match self.0.role {
            Capacity::PartnerAdmin | Capacity::PartnerViewer => person,
            Capacity::Support if RequestContext::of(ctx).caller.role().belongs_to_a_partner() => "INFIMA support",
            Capacity::Support => person,
            Capacity::Platform | Capacity::System => "INFIMA",
        }
    }

    /// In what capacity it was done.
    async fn role(&self) -> ActorRole {
        self.0.role.into()
    }
}

/// In what capacity something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "activity::ActorRole")]
pub enum ActorRole {
    /// A partner's user who may change the integration.
    PartnerAdmin,
    /// A partner's user who may look but not change.
    PartnerViewer,
    /// INFIMA's support.
    Support,
    /// INFIMA's platform.
    Platform,
    /// Nobody asked: INFIMA acted by itself, as in the night.
    System,
}
