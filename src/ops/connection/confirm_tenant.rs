//! Decides, once, about a Halo of another identity at the stored URL.

use super::tenant::{TenantDecision, decide, find_evidence};
use super::{count_attempt, ensure_unchanged};
use crate::auth::Act;
use crate::domain::connection::Connection;
use crate::domain::run::{RunRequest, Trigger};
use crate::ids::RunId;
use crate::ops::sync::enqueue_if_mapped;
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode, halo};
use crate::storage::connections;

/// Carries out the decision. Returns the connection with its new state, and the run that continues
/// with the associations that were carried over.
pub async fn confirm_tenant_change(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    decision: TenantDecision,
) -> Result<(Connection, Option<RunId>), OpError> {
    let scope = request.authorize(ops, Act::ConfirmTenantChange, target).await?;
    let (connection, session) = halo::active_session(ops, &scope).await?;
    count_attempt(ops, request, &scope).await?;
    let tenant = session.tenant().await.map_err(halo::refused)?;
    if tenant == connection.tenant {
        return Err(nothing_to_decide());
    }
    let evidence = match find_evidence(ops, &scope, &session, &connection.tenant).await {
        Err(OpError::Halo(error)) => return Err(halo::refused(error)),
        evidence => evidence?,
    };

    let mut tx = ops.begin_active(&scope, request).await?;
    ensure_unchanged(&mut tx, &connection).await?;
    decide(&mut tx, &connection, &tenant, evidence, decision).await?;
    let run = enqueue_if_mapped(&mut tx, RunRequest::interactive(Trigger::OnDemand, None)).await?;
    let after = connections::find(&mut tx, &scope).await?.ok_or_else(nothing_to_decide)?;
    tx.commit().await?;
    Ok((after, run))
}

fn nothing_to_decide() -> OpError {
    OpError::refused(
        UserErrorCode::NothingToResolve,
        &[],
        "Your Halo has the identity that your clients are mapped to, so there is nothing to decide. Load the connection again.",
    )
}
