//! Asking again about a problem, and what people note about it.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::problem_record::HaloProblemRecord,
    objects::run::HaloSyncRun,
    request_context::RequestContext,
    scalars::Date,
    user_error::{UserError, into_payload},
};
use crate::ops::problem::acknowledge::acknowledge_problem;
use crate::ops::problem::recheck::recheck_problem;
use crate::ops::problem::snooze::snooze_problem;

#[derive(Default)]
pub struct ProblemMutations;

#[Object]
impl ProblemMutations {
    /// Asks Halo now whether a problem is still there, by a sync of its client, or of all clients
    /// if the connection has the problem. If a queued or running sync already covers that, it is
    /// returned instead. The problem closes when the sync does not find it any more.
    async fn recheck_halo_problem(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The problem.")] input: RecheckHaloProblemInput,
    ) -> Result<RecheckHaloProblemPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let rechecked = recheck_problem(&request_context.ops, &request, target, input.problem_id.parse().ok()).await;
        let (rechecked, user_errors) = into_payload(request_context, target, rechecked).await?;
        let Some((problem, run)) = rechecked else {
            return Ok(RecheckHaloProblemPayload { problem: None, run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), run).await?;
        Ok(RecheckHaloProblemPayload { problem: Some(problem.into()), run, user_errors })
    }

    /// Notes that a problem is known, and what is done about it. A later note replaces the earlier
    /// one. The problem stays until a sync does not find it any more.
    async fn acknowledge_halo_problem(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The problem and the note.")] input: AcknowledgeHaloProblemInput,
    ) -> Result<AcknowledgeHaloProblemPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let id = input.problem_id.parse().ok();
        let record = acknowledge_problem(&request_context.ops, &request, target, id, &input.note).await;
        let (record, user_errors) = into_payload(request_context, target, record).await?;
        Ok(AcknowledgeHaloProblemPayload { problem: record.map(Into::into), user_errors })
    }

    /// Sets a problem aside until a day begins in the partner's time zone, or ends that. It is as
    /// before from then on, if it is still there.
    async fn snooze_halo_problem(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The problem and the day.")] input: SnoozeHaloProblemInput,
    ) -> Result<SnoozeHaloProblemPayload> {
        let request_context = RequestContext::of(ctx);
        let (target, request) =
            (request_context.target(input.partner_id.as_ref()), request_context.request(input.reason));
        let (id, day) = (input.problem_id.parse().ok(), input.until.map(|day| day.0));
        let record = snooze_problem(&request_context.ops, &request, target, id, day).await;
        let (record, user_errors) = into_payload(request_context, target, record).await?;
        Ok(SnoozeHaloProblemPayload { problem: record.map(Into::into), user_errors })
    }
}

/// The input of `recheckHaloProblem`.
#[derive(InputObject)]
pub struct RecheckHaloProblemInput {
    /// The problem's global id.
    problem_id: ID,
    /// The partner's global id. Default: the caller's own partner. Required for support.
    partner_id: Option<ID>,
    /// The reason for the request. Required for support; the partner can read it in its activity.
    reason: Option<String>,
}

/// The result of `recheckHaloProblem`.
#[derive(SimpleObject)]
pub struct RecheckHaloProblemPayload {
    /// The problem, as it is before the sync. Null if nothing was requested.
    problem: Option<HaloProblemRecord>,
    /// The sync that asks. Null if no client is mapped: then the connection was checked at once.
    run: Option<HaloSyncRun>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `acknowledgeHaloProblem`.
#[derive(InputObject)]
pub struct AcknowledgeHaloProblemInput {
    /// The problem's global id.
    problem_id: ID,
    /// The note, at most 500 characters. It is shown beside the problem.
    note: String,
    /// The partner's global id. Default: the caller's own partner. Required for support.
    partner_id: Option<ID>,
    /// The reason for the note. Required for support; the partner can read it in its activity.
    reason: Option<String>,
}

/// The result of `acknowledgeHaloProblem`.
#[derive(SimpleObject)]
pub struct AcknowledgeHaloProblemPayload {
    /// The problem with the note. Null if nothing was changed.
    problem: Option<HaloProblemRecord>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `snoozeHaloProblem`.
#[derive(InputObject)]
pub struct SnoozeHaloProblemInput {
    /// The problem's global id.
    problem_id: ID,
    /// The day at whose beginning the problem is back, within a year. Default: it is back at once.
    until: Option<Date>,
    /// The partner's global id. Default: the caller's own partner. Required for support.
    partner_id: Option<ID>,
    /// The reason for it. Required for support; the partner can read it in its activity.
    reason: Option<String>,
}

/// The result of `snoozeHaloProblem`.
#[derive(SimpleObject)]
pub struct SnoozeHaloProblemPayload {
    /// The problem. Null if nothing was changed.
    problem: Option<HaloProblemRecord>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}
