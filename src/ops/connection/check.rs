//! The connection check: the same checks for typed details and for the stored ones. Nothing of
//! typed details is stored; the result of a check of the stored connection is.

use chrono::{DateTime, Utc};

use super::details::{Details, read_details};
use super::visibility::{find_hidden_customers, warn};
use super::{count_attempt, ensure_unchanged, summary};
use crate::auth::Act;
use crate::domain::activity::Action;
use crate::domain::connection::{Check, Connection};
use crate::domain::problem::{Problem, ProblemKind};
use crate::halo::{Credentials, Priority};
use crate::ids::HaloTenant;
use crate::ops::{OpError, Ops, Request, Target, halo};
use crate::storage::connections;

/// The findings of a check.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// The identity of the Halo. `None` until the address has proved to be a Halo's.
    pub tenant: Option<HaloTenant>,
    pub checks: Vec<Check>,
    /// `None` if the connection works.
    pub problem: Option<Problem>,
}

/// Checks the given details, or the stored connection if there are none.
pub async fn check_connection(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    details: &Details,
) -> Result<Diagnosis, OpError> {
    if details.is_empty() {
        return recheck(ops, request, target).await;
    }
    let scope = request.authorize(ops, Act::TestTypedConnection, target).await?;
    let partner = scope.partner();
    count_attempt(ops, request, &scope).await?;
    let typed = read_details(ops, &scope, details).await?;
    let write_access = typed.write_access();
    let credentials = Credentials::new(typed.url, &typed.application_client_id, &typed.secret);
    let report = ops.halo.session(credentials, Priority::Interactive).unverified_for(partner).check().await;
    let now = ops.clock.now();
    let problem = report.failure().map(|(_, error)| halo::problem(error, None, false, now));
    let problem = problem.or_else(|| write_access.problem());
    Ok(Diagnosis { checks: write_access.completed(halo::checks(&report)), tenant: report.tenant, problem })
}

async fn recheck(ops: &Ops, request: &Request<'_>, target: impl Into<Target>) -> Result<Diagnosis, OpError> {
    let scope = request.authorize(ops, Act::RecheckConnection, target).await?;
    count_attempt(ops, request, &scope).await?;
    let (connection, session) = halo::stored_session(ops, &scope).await?;
    let report = session.check().await;

    let now = ops.clock.now();
    let mut problem = found(&connection, report.failure().map(|(_, error)| error), report.tenant.as_ref(), now);
    let mut checks = halo::checks(&report);
    if problem.is_none() {
        problem = find_hidden_customers(ops, &scope, &connection, &session).await?;
        if let Some(problem) = &problem {
            warn(&mut checks, problem);
        }
    }
    let mut tx = ops.begin_active(&scope, request).await?;
    ensure_unchanged(&mut tx, &connection).await?;
    connections::record_check(&mut tx, &checks, problem.as_ref()).await?;
    let after = connections::find(&mut tx, &scope).await?;
    let (subject, before) = (connection.id.to_string(), summary(&connection));
    tx.record(Action::ConnectionRechecked, Some(subject), Some(before), after.as_ref().map(summary)).await?;
    tx.commit().await?;
    // A run may have written meanwhile.
    let write_access = after.map_or(connection.write_access, |after| after.write_access);
    let problem = problem.or_else(|| write_access.problem());
    Ok(Diagnosis { tenant: report.tenant, checks: write_access.completed(checks), problem })
}

/// The problem that the check found. A Halo that answers may still be another one than before.
fn found(
    connection: &Connection,
    error: Option<&crate::halo::HaloError>,
    tenant: Option<&HaloTenant>,
    now: DateTime<Utc>,
) -> Option<Problem> {
    let worked = connection.last_synced_at.max(connection.last_verified_at);
    let problem = match error {
        Some(error) => halo::problem(error, worked, false, now),
        // What a run found there still holds.
        None if tenant.is_some_and(|tenant| *tenant != connection.tenant) => {
            let evidence = connection.problem.as_ref().and_then(Problem::tenant_evidence);
            Problem::new(ProblemKind::TenantChanged { evidence }, now)
        }
        None => return None,
    };
    Some(problem.with_first_seen_from(connection.problem.as_ref()))
}
