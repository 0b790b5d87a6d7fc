//! Whether the agent still sees the customers that clients are mapped to. Halo says nowhere that an
//! agent is restricted: its lists are shorter, and hidden records look like deleted ones.

use std::collections::BTreeSet;

use crate::auth::PartnerScope;
use crate::domain::connection::{Check, CheckOutcome, CheckSubject, Connection};
use crate::domain::problem::{Problem, ProblemCode};
use crate::halo::{CustomerLookup, HaloError, Session, SubscriptionLookup};
use crate::ops::{OpError, Ops};
use crate::storage::tenants;

/// Subscriptions that one check looks for, and at most as many customers.
const MOST_SUBSCRIPTIONS: i64 = 10;

/// The problem of an agent that does not see most of the partner's subscriptions and their
/// customers. Of a Halo that does not answer this, the known problem stays.
pub(super) async fn find_hidden_customers(
    ops: &Ops,
    scope: &PartnerScope,
    connection: &Connection,
    session: &Session,
) -> Result<Option<Problem>, OpError> {
    let known = {
        let mut db = ops.db.read(scope).await?;
        tenants::likely_hidden(&mut db, scope, &connection.tenant, MOST_SUBSCRIPTIONS).await?
    };
    if known.is_empty() {
        return Ok(None);
    }
    let is_known = |problem: &&Problem| problem.code() == ProblemCode::CustomersNotVisible;
    let hidden = match count_hidden(session, &known).await {
        Ok(hidden) => hidden,
        Err(_) => return Ok(connection.problem.as_ref().filter(is_known).cloned()),
    };
    let total = u32::try_from(known.len()).unwrap_or(u32::MAX);
    let problem = Problem::of_hidden_customers(hidden, total, ops.clock.now());
    Ok(problem.map(|problem| problem.with_first_seen_from(connection.problem.as_ref())))
}

async fn count_hidden(session: &Session, known: &[tenants::Placed]) -> Result<u32, HaloError> {
    let ids: Vec<_> = known.iter().map(|it| it.subscription).collect();
    let missing: BTreeSet<_> = match session.subscriptions(&ids).await {
        Err(HaloError::NothingVisible(_)) => known.iter().map(|it| it.customer).collect(),
        lookups => {
            let lookups = lookups?;
            let is_missing =
                |it: &&tenants::Placed| matches!(lookups.get(&it.subscription), Some(SubscriptionLookup::Deleted));
            known.iter().filter(is_missing).map(|it| it.customer).collect()
        }
    };
    let customers = session.visible_customers(&missing.into_iter().collect::<Vec<_>>()).await?;
    let is_hidden = |it: &&tenants::Placed| matches!(customers.get(&it.customer), Some(CustomerLookup::Missing));
    Ok(u32::try_from(known.iter().filter(is_hidden).count()).unwrap_or(u32::MAX))
}

/// Says so at the agent's level, which is granted for what the agent does see.
pub(super) fn warn(checks: &mut [Check], problem: &Problem) {
    let level = checks.iter_mut().find(|check| check.subject == CheckSubject::AgentCustomers);
    if let Some(level) = level.filter(|level| level.outcome == CheckOutcome::Granted) {
        level.outcome = CheckOutcome::Warning;
        level.message = problem.message();
    }
}
