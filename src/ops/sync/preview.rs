//! Previews a sync: plans it against Halo's current state. Nothing is changed, neither in Halo nor
//! here.

use std::collections::BTreeMap;

use crate::auth::{Act, PartnerScope};
use crate::domain::association::Association;
use crate::domain::plan::{self, Action, Desired, Plan, Step};
use crate::halo::{HaloError, Session};
use crate::ids::{AssociationId, ClientId};
use crate::ops::connection::tenant::find_evidence;
use crate::ops::sync::observe;
use crate::ops::sync::shared_reading::SharedReading;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode, halo};
use crate::storage::{associations, clients, desired};

/// Requests that one preview may spend of the budget's interactive reserve: a user waits for it in
/// front of a screen.
const MAX_REQUESTS: u32 = 30;
/// Clients without a subscription that one preview observes. Each costs requests of its own.
const MAX_WITHOUT_SUBSCRIPTION: usize = 10;

/// The plan as far as Halo was observed, and the last known state of the rest.
#[derive(Clone, Debug)]
pub struct Preview {
    pub entries: Vec<Entry>,
    /// Whether every association was observed.
    pub complete: bool,
    pub halo_requests: u32,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub association: Association,
    /// `None` if Halo was not observed for this association, which then has the last known state.
    pub step: Option<Step>,
    /// The current active user count.
    pub active_users: u32,
}

/// Previews a sync of these clients, or of all that are mapped. A client that is not mapped has no
/// entry; an unknown client is an error.
pub async fn preview_sync(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    clients: Option<&[Option<ClientId>]>,
) -> Result<Preview, OpError> {
    let scope = request.authorize_read(ops, Act::Preview, target).await?;
    let clients = match clients {
        Some(clients) => Some(find_clients(ops, &scope, clients).await?),
        None => None,
    };
    preview(ops, &scope, clients.as_deref()).await
}

/// The requested clients, or an error for the first that is none of the partner's.
async fn find_clients(
    ops: &Ops,
    scope: &PartnerScope,
    requested: &[Option<ClientId>],
) -> Result<Vec<ClientId>, OpError> {
    let ids: Vec<_> = requested.iter().copied().flatten().collect();
    let found = {
        let mut db = ops.db.read(scope).await?;
        clients::find_many(&mut db, scope, &ids).await?
    };
    let known = |id: &Option<ClientId>| found.iter().any(|client| Some(client.id) == *id);
    match requested.iter().position(|id| !known(id)) {
        None => Ok(ids),
        Some(index) => {
            let unknown = UserError::new(
                UserErrorCode::ClientNotFound,
                &[],
                "This client no longer exists. Load the table again.",
            );
            Err(OpError::Refused(vec![unknown.within("clientIds", index)]))
        }
    }
}

/// Previews a sync for a caller that was authorised already.
pub(in crate::ops) async fn preview(
    ops: &Ops,
    scope: &PartnerScope,
    clients: Option<&[ClientId]>,
) -> Result<Preview, OpError> {
    let (connection, session) = halo::stored_session(ops, scope).await?;
    let session = session.at_most(MAX_REQUESTS);
    let (desired, associations) = {
        let mut db = ops.db.read(scope).await?;
        let timeout = ops.settings.create_confirmation_timeout;
        let desired = desired::read(&mut db, scope, &connection, clients, timeout).await?.desired;
        let ids: Vec<_> = desired.associations.iter().map(|association| association.id).collect();
        (desired, associations::find_many(&mut db, scope, &ids).await?)
    };
    let tenant = session.tenant().await?;
    let is_carried_over =
        tenant != connection.tenant && find_evidence(ops, scope, &session, &connection.tenant).await?.proves_identity();
    let desired = if is_carried_over { desired.carried_over(tenant) } else { desired };
    let plan = plan_within_budget(ops, &session, &desired).await?;
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

/// The plan for as many associations as the budget of a preview allows, those with a subscription
/// first.
async fn plan_within_budget(ops: &Ops, session: &Session, desired: &Desired) -> Result<Plan, OpError> {
    let (known, unknown): (Vec<_>, Vec<_>) =
        desired.associations.iter().cloned().partition(|association| association.subscription.is_some());
    let unknown: Vec<_> = unknown.into_iter().take(MAX_WITHOUT_SUBSCRIPTION).collect();
    let mut steps = Vec::new();
    for part in [known, unknown] {
        let part = Desired { associations: part, ..desired.clone() };
        let mut shared = SharedReading::new(&part, ops.settings.max_observation_age);
        match observe::observe(session, &part, &[], &mut shared).await {
            Ok(observation) => {
                let plan = plan::diff(&part, &observation.observed, ops.clock.now());
                steps.extend(plan.steps.into_iter().map(not_retried));
            }
            // The rest shows its last known state.
            Err(HaloError::RateLimited { .. }) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Plan { steps })
}

/// A preview that Halo did not answer is not made again by itself, unlike a run.
fn not_retried(step: Step) -> Step {
    let action = match step.action {
        Action::Defer(problem) => Action::Defer(problem.not_retried()),
        Action::Blocked(problem) => Action::Blocked(problem.not_retried()),
        other => other,
    };
    Step { action, ..step }
}
