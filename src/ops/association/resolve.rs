//! Records a person's answer: which subscription is this client's, or that writes may resume after
//! Halo overwrote fields.

use serde_json::json;

use super::{ending, not_found};
use crate::auth::{Act, PartnerScope};
use crate::domain::activity::Action;
use crate::domain::association::{Association, AssociationEvent, AssociationState, ObservedFields};
use crate::domain::connection::Connection;
use crate::domain::problem::{Problem, ProblemCode};
use crate::domain::run::{RunRequest, Trigger};
use crate::halo::Priority;
use crate::ids::{AssociationId, HaloSubscriptionId, RunId};
use crate::ops::connection::{ensure_unchanged, not_connected};
use crate::ops::sync::enqueue;
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode, halo};
use crate::storage::{PartnerTx, associations, connections};

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// This record is the client's subscription.
    Adopt(HaloSubscriptionId),
    /// None of the candidates: create a new one.
    CreateNew,
    /// The person has checked the fields: writes may resume for this partner.
    Continue,
}

/// The association as it is now, and the run that acts on the answer.
pub async fn resolve_subscription(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: impl Into<Option<AssociationId>>,
    resolution: Resolution,
) -> Result<(Association, RunId), OpError> {
    let scope = request.authorize(ops, Act::Resolve, target).await?;
    let id = id.into().ok_or_else(not_found)?;
    ops.check_active(&scope).await?;
    let asked = {
        let mut db = ops.db.read(&scope).await?;
        associations::find_many(&mut db, &scope, &[id]).await?.pop().ok_or_else(not_found)?
    };
    // An association that is ending needs writes as well: they bring its end about.
    if asked.is_over() && resolution != Resolution::Continue {
        return Err(ending());
    }
    if !answers(resolution, asked.problem.as_ref()) {
        return Err(nothing_to_resolve());
    }
    // A new one beside a subscription that is there would be the next double.
    if resolution == Resolution::CreateNew && asked.state == AssociationState::Active {
        return Err(nothing_to_resolve());
    }
    let adopted = match resolution {
        Resolution::Adopt(subscription) => Some(read_candidate(ops, &scope, &asked, subscription).await?),
        Resolution::CreateNew | Resolution::Continue => None,
    };
    let (connection, adopted) = adopted.unzip();

    let mut tx = ops.begin_active(&scope, request).await?;
    if let Some(connection) = &connection {
        ensure_unchanged(&mut tx, connection).await?;
    }
    // Another user may have answered meanwhile.
    let before = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    let code = |association: &Association| association.problem.as_ref().map(Problem::code);
    if (before.state, code(&before)) != (asked.state, code(&asked)) {
        return Err(nothing_to_resolve());
    }
    if !connections::is_usable(&mut tx, &scope).await? {
        return Err(not_connected());
    }
    let clients = match resolution {
        Resolution::Adopt(subscription) => {
            let fields = adopted.clone().ok_or_else(nothing_to_resolve)?;
            let adopted = AssociationEvent::Adopted { subscription, fields, at: tx.now() };
            answer(&mut tx, id, &adopted).await?;
            Some(vec![before.client])
        }
        Resolution::CreateNew => {
            let confirmation = ops.settings.create_confirmation_timeout;
            answer(&mut tx, id, &AssociationEvent::CreationApproved { confirmation }).await?;
            Some(vec![before.client])
        }
        Resolution::Continue => {
            connections::resume_writes(&mut tx).await?;
            for id in associations::waiting_for_writes(&mut tx).await? {
                associations::apply(&mut tx, id, &AssociationEvent::WritesResumed).await?;
            }
            None
        }
    };
    let sync = RunRequest::interactive(Trigger::OnDemand, clients);
    let run = enqueue(&mut tx, sync).await?;
    let chosen = match resolution {
        Resolution::Adopt(subscription) => {
            let shown = adopted.map(|fields| json!({ "name": fields.name, "quantity": fields.quantity }));
            json!({ "adopt": subscription, "shown": shown })
        }
        Resolution::CreateNew => json!("create_new"),
        Resolution::Continue => json!("continue"),
    };
    let question = before.problem.as_ref().map(|problem| json!({ "problem": problem.code() }));
    tx.record(Action::SubscriptionResolved, Some(id.to_string()), question, Some(chosen)).await?;
    let after = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    tx.commit().await?;
    Ok((after, run))
}

/// Which problems the answer is an answer to. A record that a person made by hand can be adopted
/// instead of one that Halo refuses to create, or has not confirmed.
fn answers(resolution: Resolution, problem: Option<&Problem>) -> bool {
    use ProblemCode::{
        AmbiguousRecovery, CreateRefused, CreateUnconfirmed, DuplicateSubscription, FieldsOverwritten,
        SubscriptionExists,
    };
    let Some(code) = problem.map(Problem::code) else { return false };
    let which_record = matches!(code, SubscriptionExists | AmbiguousRecovery | DuplicateSubscription);
    match resolution {
        Resolution::Adopt(_) => which_record || matches!(code, CreateRefused | CreateUnconfirmed),
        Resolution::CreateNew => which_record,
        Resolution::Continue => code == FieldsOverwritten,
    }
}

/// Reads the record that a person named. Any that is there, on the association's customer, can be
/// adopted; whether another client owns the record is decided when it is stored.
async fn read_candidate(
    ops: &Ops,
    scope: &PartnerScope,
    association: &Association,
    subscription: HaloSubscriptionId,
) -> Result<(Connection, ObservedFields), OpError> {
    let (connection, session) =
        halo::stored_session(ops, scope, Priority::Interactive).await?.ok_or_else(not_connected)?;
    let found = session
        .subscription(subscription)
        .await
        .map_err(|error| OpError::Refused(vec![halo::user_error(&error, &[])]))?;
    match found {
        Some(record) if record.customer == association.customer.id => {
            let fields = ObservedFields { name: record.name, quantity: record.quantity.whole() };
            Ok((connection, fields))
        }
        _ => Err(not_a_candidate(
            "The customer has no such subscription in Halo. Check the id and the customer, then try again.",
        )),
    }
}

async fn answer(tx: &mut PartnerTx<'_>, id: AssociationId, answer: &AssociationEvent) -> Result<(), OpError> {
    match associations::apply(tx, id, answer).await {
        // A create that was just sent may still come to light.
        Ok(None) => Err(nothing_to_resolve()),
        Err(error) if error.violates("one_owner_per_subscription") => {
            Err(not_a_candidate("Another client has this subscription."))
        }
        other => other.map(drop).map_err(OpError::from),
    }
}

fn not_a_candidate(message: &str) -> OpError {
    OpError::refused(UserErrorCode::SubscriptionNotACandidate, &["adoptSubscriptionId"], message)
}

fn nothing_to_resolve() -> OpError {
    OpError::refused(
        UserErrorCode::NothingToResolve,
        &["associationId"],
        "This association asks nothing that could be answered this way. Load it again.",
    )
}
