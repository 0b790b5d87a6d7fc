//! Notes that a person knows of a problem, and what becomes of it.

use serde_json::json;

use super::{lock_open, read_again, summary};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::problem_record::ProblemRecord;
use crate::ids::ProblemId;
use crate::ops::authorize::required_text;
use crate::ops::{OpError, Ops, Request, Target};
use crate::storage::problems;

/// Acknowledges the problem. The note of an earlier acknowledgement is replaced.
pub async fn acknowledge_problem(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<ProblemId>,
    note: &str,
) -> Result<ProblemRecord, OpError> {
    let scope = request.authorize(ops, Act::TriageProblem, target).await?;
    let note = required_text("note", note, "Write a note in a few words: it is shown beside the problem.")?;
    let mut tx = ops.begin_active(&scope, request).await?;
    let record = lock_open(&mut tx, id).await?;
    problems::acknowledge(&mut tx, record.id, note).await?;
    let before = record.acknowledgement.as_ref().map(|earlier| json!({ "note": earlier.note }));
    let mut after = summary(&record);
    after["note"] = note.into();
    tx.record(Action::ProblemAcknowledged, Some(record.id.to_string()), before, Some(after)).await?;
    let record = read_again(&mut tx, record.id).await?;
    tx.commit().await?;
    Ok(record)
}
