//! Notes that a person knows of a problem, and what becomes of it.

use serde_json::json;

use super::{lock_open, read_again, summary};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::problem_record::ProblemRecord;
use crate::ids::ProblemId;
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};
use crate::storage::problems;

const MAX_NOTE_CHARS: usize = 500;

/// Acknowledges the problem. The note of an earlier acknowledgement is replaced.
pub async fn acknowledge_problem(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    id: Option<ProblemId>,
    note: &str,
) -> Result<ProblemRecord, OpError> {
    let scope = request.authorize(ops, Act::TriageProblem, target).await?;
    let note = note.trim();
    check_note(note)?;
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

fn check_note(note: &str) -> Result<(), OpError> {
    let (code, message) = if note.is_empty() {
        (UserErrorCode::Required, "Write a note in a few words: it is shown beside the problem.".to_owned())
    } else if note.chars().count() > MAX_NOTE_CHARS {
        (UserErrorCode::TooLong, format!("The note is too long. Use at most {MAX_NOTE_CHARS} characters."))
    } else if note.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        (UserErrorCode::Invalid, "The note has a control character. Remove it.".to_owned())
    } else {
        return Ok(());
    };
    Err(OpError::refused(code, &["note"], message))
}
