//! What a sync would change now, worked out against Halo as it stands. Nothing is changed: not in Halo, not here.

use std::collections::BTreeMap;

use crate::auth::{Act, PartnerScope, permit};
use crate::domain::association::Association;
use crate::domain::plan::{self, Desired, Plan, Step};
use crate::halo::{HaloError, Priority, Session};
use crate::ids::{AssociationId, ClientId, PartnerId};
use crate::ops::connection::not_connected;
use crate::ops::sync::observe;
use crate::ops::{OpError, Ops, Request, UserError, UserErrorCode, halo};
use crate::storage::{associations, clients, desired};

/// A preview is somebody's look at a screen, and spends no more than that of the people's slice of the budget.
const MOST_REQUESTS: u32 = 30;
/// So many clients without a subscription are looked at; each costs requests of its own.
const MOST_UNKNOWN: usize = 10;

/// The plan as far as Halo was looked at, and what was last known of the rest.
#[derive(Clone, Debug)]
pub struct Preview {
    pub entries: Vec<Entry>,
    /// Every association was looked at.
    pub complete: bool,
    pub halo_requests: u32,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub association: Association,
    /// None: Halo was not looked at for this one, and the association says what it last showed.
    pub step: Option<Step>,
    /// What the active user count is now.
    pub active_users: u32,
}

/// For these clients, or for all that are mapped. One that is not mapped has no entry, one that is unknown is a mistake.
pub async fn preview_sync(
    ops: &Ops,
    request: &Request<'_>,
    partner: PartnerId,
    clients: Option<&[Option<ClientId>]>,
) -> Result<Preview, OpError> {
    let scope = permit(request.caller, Act::Preview, partner)?;
    let clients = match clients {
        Some(clients) => Some(known(ops, &scope, clients).await?),
        None => None,
    };
    preview(ops, &scope, clients.as_deref()).await
}

/// Those of the partner's clients that were named, or the first that is none of them.
async fn known(ops: &Ops, scope: &PartnerScope, named: &[Option<ClientId>]) -> Result<Vec<ClientId>, OpError> {
    let ids: Vec<_> = named.iter().copied().flatten().collect();
    let found = {
        let mut db = ops.db.read(scope).await?;
        clients::find_many(&mut db, scope, &ids).await?
    };
    let known = |id: &Option<ClientId>| found.iter().any(|client| Some(client.id) == *id);
    match named.iter().position(|id| !known(id)) {
        None => Ok(ids),
        Some(index) => {
            let unknown = UserError::new(UserErrorCode::ClientNotFound, &[], "There is no such client.");
            Err(OpError::Refused(vec![unknown.within("clientIds", index)]))
        }
    }
}

/// The same for whoever may see the partner.
pub(in crate::ops) async fn preview(
    ops: &Ops,
    scope: &PartnerScope,
    clients: Option<&[ClientId]>,
) -> Result<Preview, OpError> {
    let (connection, session) =
        halo::stored_session(ops, scope, Priority::Interactive).await?.ok_or_else(not_connected)?;
    let session = session.at_most(MOST_REQUESTS);
    let (desired, associations) = {
        let mut db = ops.db.read(scope).await?;
        let desired = desired::read(&mut db, scope, &connection.tenant, clients, ops.settings.settle).await?;
        let ids: Vec<_> = desired.associations.iter().map(|association| association.id).collect();
        (desired, associations::find_many(&mut db, scope, &ids).await?)
    };
    let plan = reached(ops, &session, &desired).await?;
    let mut steps: BTreeMap<AssociationId, Step> =
        plan.steps.into_iter().map(|step| (step.association, step)).collect();
    let mut associations: BTreeMap<_, _> = associations.into_iter().map(|found| (found.id, found)).collect();
    let entries: Vec<_> = desired
        .associations
        .iter()
        .filter_map(|wanted| {
            let active_users = match wanted.goal {
                plan::Goal::SyncQuantity { active_users } => active_users,
                plan::Goal::End(_) => 0,
            };
            let association = associations.remove(&wanted.id)?;
            Some(Entry { association, step: steps.remove(&wanted.id), active_users })
        })
        .collect();
    let complete = entries.iter().all(|entry| entry.step.is_some());
    Ok(Preview { entries, complete, halo_requests: session.requests() })
}

/// The plan for as many associations as the budget of a preview reaches: first those with a subscription, then the others.
async fn reached(ops: &Ops, session: &Session, desired: &Desired) -> Result<Plan, OpError> {
    let (known, unknown): (Vec<_>, Vec<_>) =
        desired.associations.iter().cloned().partition(|association| association.subscription.is_some());
    let unknown: Vec<_> = unknown.into_iter().take(MOST_UNKNOWN).collect();
    let mut steps = Vec::new();
    for part in [known, unknown] {
        let part = Desired { associations: part, ..desired.clone() };
        match observe::observe(session, &part).await {
            Ok(sighted) => steps.extend(plan::diff(&part, &sighted.observed, ops.clock.now()).steps),
            // As far as it went.
            Err(HaloError::RateLimited { .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Plan { steps })
}
