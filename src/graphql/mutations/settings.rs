//! Changing the settings of a partner's syncs, and pausing them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::partner::Partner,
    objects::run::HaloSyncRun,
    request_context::RequestContext,
    scalars::{Date, LocalTime, TimeZone},
    user_error::{UserError, into_payload},
};
use crate::ops::sync::pause::{pause_syncs, resume_syncs};
use crate::ops::sync::settings::{SettingsChanges, update_settings};

#[derive(Default)]
pub struct SettingsMutations;

#[Object]
impl SettingsMutations {
    /// Changes the settings of the partner's syncs. Absent fields keep their values.
    async fn update_halo_sync_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The settings to change.")] input: UpdateHaloSyncSettingsInput,
    ) -> Result<UpdateHaloSyncSettingsPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let changes = SettingsChanges {
            nightly: input.nightly,
            time_zone: input.time_zone.map(Into::into),
            night_start: input.night_start.map(Into::into),
            night_end: input.night_end.map(Into::into),
            subscription_name: input.subscription_name,
            needs_users: input.needs_users,
            fall_limit_percent: input.fall_limit_percent,
        };
        let updated = update_settings(&request_context.ops, &request_context.request(None), target, &changes).await;
        let (partner, user_errors) = into_payload(request_context, target, updated).await?;
        Ok(UpdateHaloSyncSettingsPayload { partner: partner.map(Partner::from), user_errors })
    }

    /// Pauses the partner's syncs until a day: nothing is written to Halo before it. A sync that is
    /// running ends, and no nightly sync is queued. What users save meanwhile is carried out when
    /// the pause is over. A pause that holds already gets the new day and reason.
    async fn pause_halo_syncs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day on which syncs begin again, and why they are paused.")] input: PauseHaloSyncsInput,
    ) -> Result<PauseHaloSyncsPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let request = request_context.request(Some(input.reason.clone()));
        let paused = pause_syncs(&request_context.ops, &request, target, input.until.0, &input.reason).await;
        let (partner, user_errors) = into_payload(request_context, target, paused).await?;
        Ok(PauseHaloSyncsPayload { partner: partner.map(Partner::from), user_errors })
    }

    /// Ends the pause of the partner's syncs now, and requests a sync of all clients. Without a
    /// pause nothing is changed.
    async fn resume_halo_syncs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner whose syncs are resumed.")] input: ResumeHaloSyncsInput,
    ) -> Result<ResumeHaloSyncsPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let request = request_context.request(input.reason);
        let resumed = resume_syncs(&request_context.ops, &request, target).await;
        let (resumed, user_errors) = into_payload(request_context, target, resumed).await?;
        let Some((partner, run)) = resumed else {
            return Ok(ResumeHaloSyncsPayload { partner: None, run: None, user_errors });
        };
        let run = HaloSyncRun::queued(request_context, target.partner(), run).await?;
        Ok(ResumeHaloSyncsPayload { partner: Some(Partner::from(partner)), run, user_errors })
    }
}

/// The input of `updateHaloSyncSettings`. Absent fields keep their values.
#[derive(InputObject)]
pub struct UpdateHaloSyncSettingsInput {
    /// Whether the nightly sync is switched on.
    nightly: Option<bool>,
    /// The partner's time zone.
    time_zone: Option<TimeZone>,
    /// The earliest start of the nightly sync in the partner's time zone.
    night_start: Option<LocalTime>,
    /// The latest start of the nightly sync in the partner's time zone. A time before `nightStart`
    /// is on the next day.
    night_end: Option<LocalTime>,
    /// The name of new subscriptions, at most 120 characters. `{client}` stands for the client's
    /// name, and `{customer}` for that of the Halo customer. It has to contain the word INFIMA. The
    /// empty text stands for INFIMA's own name.
    subscription_name: Option<String>,
    /// Whether a client needs an active user to get a subscription. A subscription that exists
    /// already stays, with the quantity 0.
    needs_users: Option<bool>,
    /// The percentage from 1 to 99 by which a quantity may fall without a user's confirmation. 0
    /// stands for no limit.
    fall_limit_percent: Option<i32>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The input of `pauseHaloSyncs`.
#[derive(InputObject)]
pub struct PauseHaloSyncsInput {
    /// The day on which syncs begin again, in the partner's time zone: at most a year from now.
    until: Date,
    /// The reason, at most 500 characters. It is shown wherever a quantity may be out of date.
    reason: String,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `pauseHaloSyncs`.
#[derive(SimpleObject)]
pub struct PauseHaloSyncsPayload {
    /// The partner with the pause. Null if nothing was changed.
    partner: Option<Partner>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The input of `resumeHaloSyncs`.
#[derive(InputObject)]
pub struct ResumeHaloSyncsInput {
    /// The reason, at most 500 characters. Required for INFIMA's support.
    reason: Option<String>,
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `resumeHaloSyncs`.
#[derive(SimpleObject)]
pub struct ResumeHaloSyncsPayload {
    /// The partner without a pause. Null if nothing was changed.
    partner: Option<Partner>,
    /// The sync that makes up for the pause. Null if there was no pause, or nothing is to be
    /// synced.
    run: Option<HaloSyncRun>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}

/// The result of `updateHaloSyncSettings`.
#[derive(SimpleObject)]
pub struct UpdateHaloSyncSettingsPayload {
    /// The partner with its new settings. Null if nothing was changed.
    partner: Option<Partner>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}
