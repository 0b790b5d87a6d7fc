//! Use cases of one problem in the history: asking Halo again, noting that it is known, setting it
//! aside. A problem closes by itself, when a sync or a check does not find it any more; no person
//! closes it.

pub mod acknowledge;
pub mod recheck;
pub mod snooze;

use serde_json::{Value, json};

use super::{OpError, UserError, UserErrorCode};
use crate::domain::problem_record::ProblemRecord;
use crate::ids::ProblemId;
use crate::storage::{PartnerTx, problems};

/// The problem, locked until the transaction ends. One that is gone needs no act.
async fn lock_open(tx: &mut PartnerTx<'_>, id: Option<ProblemId>) -> Result<ProblemRecord, OpError> {
    let id = id.ok_or_else(not_found)?;
    let record = problems::lock(tx, id).await?.ok_or_else(not_found)?;
    ensure_open(&record)?;
    Ok(record)
}

/// The problem as it is now.
async fn read_again(tx: &mut PartnerTx<'_>, id: ProblemId) -> Result<ProblemRecord, OpError> {
    let scope = tx.scope();
    problems::find_many(tx, scope, &[id]).await?.pop().ok_or_else(not_found)
}

fn ensure_open(record: &ProblemRecord) -> Result<(), OpError> {
    if record.closed_at.is_none() {
        return Ok(());
    }
    let message = "This problem is gone already, so there is nothing to do. If it comes back, it is a new one in the list: \
                   load the list again.";
    Err(OpError::refused(UserErrorCode::ProblemClosed, &[], message))
}

fn not_found() -> OpError {
    let message = "This problem no longer exists. Load the list again.";
    UserError::new(UserErrorCode::ProblemNotFound, &[], message).into()
}

/// What the audit log says of the problem.
fn summary(record: &ProblemRecord) -> Value {
    let client = record.client().map(|client| client.to_string());
    json!({ "problem": record.problem.code(), "client": client })
}
