//! Records a user's answer to a problem: which subscription is this client's, or that writes may
//! resume after Halo overwrote fields, or that a quantity may fall that far.

use serde_json::json;

use super::{ending, not_found};
use crate::auth::{Act, PartnerScope};
use crate::domain::activity::Action;
use crate::domain::association::{Association, AssociationEvent, AssociationState, ObservedFields};
use crate::domain::connection::Connection;
use crate::domain::problem::{Problem, ProblemCode};
use crate::domain::run::{RunRequest, Trigger};
use crate::ids::{AssociationId, HaloSubscriptionId, RunId};
use crate::ops::connection::{ensure_unchanged, not_connected};
use crate::ops::sync::enqueue;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode, halo};
use crate::storage::{PartnerTx, associations, connections};

/// The user's answer, as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Uses the record with this id, which the user has to give.
    Adopt(Option<HaloSubscriptionId>),
    /// Uses none of the candidates and creates a new subscription.
    CreateNew,
    /// Resumes writes for this partner: the user has checked the fields.
    Continue,
    /// Writes the quantity that was held, which the user has to give: the user has checked the
    /// count.
    ConfirmQuantity(Option<u32>),
}

impl Answer {
    fn read(self) -> Result<Resolution, OpError> {
        match self {
            Answer::Adopt(Some(subscription)) => Ok(Resolution::Adopt(subscription)),
            Answer::Adopt(None) => {
                let missing = UserError::new(
                    UserErrorCode::Required,
                    &["adoptSubscriptionId"],
                    "Choose the subscription in Halo that INFIMA is to use for this client.",
                );
                Err(missing
                    .hint("`ADOPT` needs `adoptSubscriptionId`, one of the problem's `haloSubscriptionIds`.")
                    .into())
            }
            Answer::CreateNew => Ok(Resolution::CreateNew),
            Answer::Continue => Ok(Resolution::Continue),
            Answer::ConfirmQuantity(Some(quantity)) => Ok(Resolution::ConfirmQuantity(quantity)),
            Answer::ConfirmQuantity(None) => {
                let message = "Say which quantity you confirm: the page shows it beside the problem.";
                let missing = UserError::new(UserErrorCode::Required, &["heldQuantity"], message);
                Err(missing.hint("`CONFIRM_QUANTITY` needs `heldQuantity`, as the `problem` has it.").into())
            }
        }
    }
}

/// A complete answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resolution {
    Adopt(HaloSubscriptionId),
    CreateNew,
    Continue,
    ConfirmQuantity(u32),
}

/// Stores the answer. Returns the association with its new state, and the run that acts on the
/// answer.
pub async fn resolve_subscription(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: impl Into<Option<AssociationId>>,
    answer: Answer,
) -> Result<(Association, RunId), OpError> {
    let scope = request.authorize(ops, Act::Resolve, target).await?;
    let resolution = answer.read()?;
    let id = id.into().ok_or_else(not_found)?;
    ops.check_active(&scope).await?;
    let before_halo = {
        let mut db = ops.db.read(&scope).await?;
        associations::find_many(&mut db, &scope, &[id]).await?.pop().ok_or_else(not_found)?
    };
    // An association that is ending needs writes as well: they bring its end about.
    if before_halo.is_over() && resolution != Resolution::Continue {
        return Err(ending());
    }
    if !answers(resolution, before_halo.problem.as_ref()) {
        return Err(nothing_to_resolve());
    }
    // A new subscription beside an existing one would be a duplicate.
    if resolution == Resolution::CreateNew && before_halo.state == AssociationState::Active {
        return Err(nothing_to_resolve());
    }
    let adopted = match resolution {
        Resolution::Adopt(subscription) => Some(read_candidate(ops, &scope, &before_halo, subscription).await?),
        Resolution::CreateNew | Resolution::Continue | Resolution::ConfirmQuantity(_) => None,
    };
    let (connection, adopted) = adopted.unzip();

    let mut tx = ops.begin_active(&scope, request).await?;
    if let Some(connection) = &connection {
        ensure_unchanged(&mut tx, connection).await?;
    }
    // Another user may have answered meanwhile.
    let before = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    let code = |association: &Association| association.problem.as_ref().map(Problem::code);
    if (before.state, code(&before)) != (before_halo.state, code(&before_halo)) {
        return Err(nothing_to_resolve());
    }
    if let (Resolution::ConfirmQuantity(seen), Some(held)) = (resolution, held(&before))
        && seen != held
    {
        return Err(held_quantity_changed(held));
    }
    if !connections::is_usable(&mut tx, &scope).await? {
        return Err(not_connected());
    }
    let clients = match resolution {
        Resolution::Adopt(subscription) => {
            let fields = adopted.clone().ok_or_else(nothing_to_resolve)?;
            let adopted = AssociationEvent::Adopted { subscription, fields, at: tx.now() };
            store(&mut tx, id, &adopted).await?;
            Some(vec![before.client])
        }
        Resolution::CreateNew => {
            let confirmation = ops.settings.create_confirmation_timeout;
            store(&mut tx, id, &AssociationEvent::CreationApproved { confirmation }).await?;
            Some(vec![before.client])
        }
        Resolution::ConfirmQuantity(to) => {
            store(&mut tx, id, &AssociationEvent::FallConfirmed { to }).await?;
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
            let (name, quantity) = adopted.map(|fields| (fields.name, fields.quantity)).unzip();
            json!({ "answer": "adopt", "adoptedSubscription": subscription, "adoptedName": name,
                "adoptedQuantity": quantity })
        }
        Resolution::CreateNew => json!({ "answer": "create_new" }),
        Resolution::Continue => json!({ "answer": "continue" }),
        Resolution::ConfirmQuantity(to) => json!({ "answer": "confirm_quantity", "quantity": to }),
    };
    let question = before.problem.as_ref().map(|problem| json!({ "problem": problem.code() }));
    tx.record(Action::SubscriptionResolved, Some(id.to_string()), question, Some(chosen)).await?;
    let after = associations::find_many(&mut tx, &scope, &[id]).await?.pop().ok_or_else(not_found)?;
    tx.commit().await?;
    Ok((after, run))
}

/// Whether the answer resolves the problem. A record that a user created by hand can be adopted
/// instead of one that Halo refuses to create, or has not confirmed.
fn answers(resolution: Resolution, problem: Option<&Problem>) -> bool {
    use ProblemCode::{
        AmbiguousRecovery, CreateRefused, CreateUnconfirmed, DuplicateSubscription, FieldsOverwritten, QuantityHeld,
        SubscriptionExists,
    };
    let Some(code) = problem.map(Problem::code) else { return false };
    let which_record = matches!(code, SubscriptionExists | AmbiguousRecovery | DuplicateSubscription);
    match resolution {
        Resolution::Adopt(_) => which_record || matches!(code, CreateRefused | CreateUnconfirmed),
        Resolution::CreateNew => which_record,
        Resolution::Continue => code == FieldsOverwritten,
        Resolution::ConfirmQuantity(_) => code == QuantityHeld,
    }
}

/// The quantity that waits for a user.
fn held(association: &Association) -> Option<u32> {
    association.problem.as_ref().and_then(Problem::held_quantity)
}

/// Reads the record that a user named. Any that is there, on the association's customer, can be
/// adopted; whether another client owns the record is decided when it is stored.
async fn read_candidate(
    ops: &Ops,
    scope: &PartnerScope,
    association: &Association,
    subscription: HaloSubscriptionId,
) -> Result<(Connection, ObservedFields), OpError> {
    let (connection, session) = halo::stored_session(ops, scope).await?;
    let found = session.subscription(subscription).await.map_err(halo::refused)?;
    match found {
        Some(record) if record.customer == association.customer.id => {
            let fields = ObservedFields { name: record.name, quantity: record.quantity.whole() };
            Ok((connection, fields))
        }
        _ => Err(not_a_candidate(
            "The customer no longer has this subscription in Halo. Load the table again and choose another one.",
        )),
    }
}

async fn store(tx: &mut PartnerTx<'_>, id: AssociationId, answer: &AssociationEvent) -> Result<(), OpError> {
    match associations::apply(tx, id, answer).await {
        // A create that was just sent may still come to light.
        Ok(None) => Err(nothing_to_resolve()),
        Err(error) if error.violates("one_owner_per_subscription") => {
            Err(not_a_candidate("Another client has this subscription. Choose another one."))
        }
        other => other.map(drop).map_err(OpError::from),
    }
}

fn not_a_candidate(message: &str) -> OpError {
    OpError::refused(UserErrorCode::SubscriptionNotACandidate, &["adoptSubscriptionId"], message)
}

/// A sync has found another count since the user looked.
fn held_quantity_changed(held: u32) -> OpError {
    let message = format!("The quantity that waits is {held} now. Check the client's count, then confirm {held}.");
    OpError::refused(UserErrorCode::Invalid, &["heldQuantity"], message)
}

fn nothing_to_resolve() -> OpError {
    let error = UserError::new(
        UserErrorCode::NothingToResolve,
        &[],
        "This client has no problem that your decision resolves: it may have been resolved meanwhile. Load the table again.",
    );
    error.hint("Read the association again and compare its `problem` with the `answer`.").into()
}
