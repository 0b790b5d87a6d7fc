//! Excludes clients from billing on purpose, and includes them again. An excluded client is no work
//! to do. It comes back by itself on the day that was set: what reads clients compares the time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use super::save::MOST_ENTRIES;
use crate::auth::{Act, Denied};
use crate::domain::activity::Action;
use crate::domain::roster::{Client, RosterState};
use crate::domain::schedule;
use crate::ids::ClientId;
use crate::ops::authorize::required_text;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode};
use crate::storage::{PartnerTx, associations, clients, exclusions, partners};

/// The result of the request: the clients that are as wanted now, and what kept the others.
#[derive(Clone, Debug)]
pub struct Decided {
    pub clients: Vec<Client>,
    pub errors: Vec<UserError>,
}

/// Excludes clients until the day on which they are to be looked at again, or until a user includes
/// them. Each entry succeeds or fails by itself.
pub async fn exclude_clients(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    wanted: &[Option<ClientId>],
    reason: &str,
    review_on: Option<NaiveDate>,
) -> Result<Decided, OpError> {
    let scope = request.authorize(ops, Act::Associate, target).await?;
    check_number(wanted)?;
    let reason = required_text("reason", reason, "Give a reason in a few words: it is shown beside the clients.")?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let until = match review_on {
        Some(day) => Some((day, beginning_of(&mut tx, day).await?)),
        None => None,
    };
    let Known { clients, mut errors } = find(&mut tx, wanted).await?;
    let ids: Vec<_> = clients.iter().map(|(_, client)| client.id).collect();
    let mapped = associations::of_clients(&mut tx, &scope, &ids).await?;
    let mapped: BTreeSet<_> = mapped.iter().filter(|it| !it.is_over()).map(|it| it.client).collect();
    let mut excluded = Vec::new();
    for (index, client) in clients {
        match refusal(&client, &mapped) {
            Some(error) => errors.push(error.within("clientIds", index)),
            None => excluded.push(client.id),
        }
    }
    exclusions::store(&mut tx, &excluded, reason, until).await?;
    record(&mut tx, Action::ClientExcluded, &excluded, json!({ "reason": reason, "reviewOn": review_on })).await?;
    let clients = clients::find_many(&mut tx, &scope, &excluded).await?;
    tx.commit().await?;
    Ok(Decided { clients, errors })
}

/// Includes clients again: they are to be mapped. A client that is not excluded stays as it is.
pub async fn include_clients(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    wanted: &[Option<ClientId>],
) -> Result<Decided, OpError> {
    let scope = request.authorize(ops, Act::Associate, target).await?;
    check_number(wanted)?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let Known { clients, errors } = find(&mut tx, wanted).await?;
    let all: Vec<_> = clients.iter().map(|(_, client)| client.id).collect();
    let excluded = clients.iter().filter(|(_, client)| client.exclusion.is_some());
    let excluded: Vec<_> = excluded.map(|(_, client)| client.id).collect();
    exclusions::remove(&mut tx, &all).await?;
    record(&mut tx, Action::ClientIncluded, &excluded, json!({})).await?;
    let clients = clients::find_many(&mut tx, &scope, &all).await?;
    tx.commit().await?;
    Ok(Decided { clients, errors })
}

fn check_number(wanted: &[Option<ClientId>]) -> Result<(), OpError> {
    if wanted.is_empty() {
        let message = "No client is chosen. Choose at least one.";
        return Err(OpError::refused(UserErrorCode::Required, &["clientIds"], message));
    }
    if wanted.len() > MOST_ENTRIES {
        let message = format!("Too many clients are chosen at once. Choose at most {MOST_ENTRIES} together.");
        return Err(OpError::refused(UserErrorCode::TooMany, &["clientIds"], message));
    }
    Ok(())
}

/// The clients of the request, each with its place in it, and the entries that name none.
struct Known {
    clients: Vec<(usize, Client)>,
    errors: Vec<UserError>,
}

async fn find(tx: &mut PartnerTx<'_>, wanted: &[Option<ClientId>]) -> Result<Known, OpError> {
    let scope = tx.scope();
    let ids: Vec<_> = wanted.iter().flatten().copied().collect();
    let known = clients::find_many(tx, scope, &ids).await?;
    let mut known: BTreeMap<_, _> = known.into_iter().map(|client| (client.id, client)).collect();
    let (mut clients, mut errors, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (index, id) in wanted.iter().enumerate() {
        let is_new = id.is_none_or(|id| seen.insert(id));
        match id.and_then(|id| known.remove(&id)) {
            Some(client) => clients.push((index, client)),
            // The same client twice is one client.
            None if !is_new => {}
            None => {
                let message = "This client no longer exists. Load the table again.";
                errors.push(UserError::new(UserErrorCode::ClientNotFound, &[], message).within("clientIds", index));
            }
        }
    }
    Ok(Known { clients, errors })
}

/// The reason why the client cannot be excluded.
fn refusal(client: &Client, mapped: &BTreeSet<ClientId>) -> Option<UserError> {
    if mapped.contains(&client.id) {
        let message = "This client is mapped to a Halo customer, so it is billed. Remove its mapping first, and decide \
                       what happens to the quantity.";
        return Some(UserError::new(UserErrorCode::ClientAssociated, &[], message));
    }
    if client.state == RosterState::Archived {
        let message = "This client is archived at INFIMA, so it does not have to be excluded. Choose another client.";
        return Some(UserError::new(UserErrorCode::ClientArchived, &[], message));
    }
    None
}

/// The time at which the day begins in the partner's time zone. It has to come yet.
async fn beginning_of(tx: &mut PartnerTx<'_>, day: NaiveDate) -> Result<DateTime<Utc>, OpError> {
    let scope = tx.scope();
    let partner = partners::find(tx, scope).await?.ok_or(Denied::NotFound)?;
    let at = schedule::beginning_of(partner.settings.time_zone, day);
    if at <= tx.now() {
        let message = "The day to look again has to come yet. Choose a later day, or none.";
        return Err(OpError::refused(UserErrorCode::Invalid, &["reviewOn"], message));
    }
    Ok(at)
}

/// One entry for all clients of a request.
async fn record(tx: &mut PartnerTx<'_>, action: Action, clients: &[ClientId], mut after: Value) -> Result<(), OpError> {
    if clients.is_empty() {
        return Ok(());
    }
    after["clients"] = clients.iter().map(ClientId::to_string).collect();
    tx.record(action, None, None, Some(after)).await?;
    Ok(())
}
