//! Changing the schedule of a partner's nightly sync.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::partner::Partner,
    request_context::RequestContext,
    scalars::{LocalTime, TimeZone},
    user_error::{UserError, into_payload},
};
use crate::ops::sync::settings::{ScheduleChanges, update_settings};

#[derive(Default)]
pub struct SettingsMutations;

#[Object]
impl SettingsMutations {
    /// Changes the settings of the partner's nightly sync. Absent fields keep their values.
    async fn update_halo_sync_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The settings to change.")] input: UpdateHaloSyncSettingsInput,
    ) -> Result<UpdateHaloSyncSettingsPayload> {
        let request_context = RequestContext::of(ctx);
        let target = request_context.target(input.partner_id.as_ref());
        let changes = ScheduleChanges {
            nightly: input.nightly,
            time_zone: input.time_zone.map(Into::into),
            night_start: input.night_start.map(Into::into),
            night_end: input.night_end.map(Into::into),
        };
        let updated = update_settings(&request_context.ops, &request_context.request(None), target, &changes).await;
        let (partner, user_errors) = into_payload(request_context, target, updated).await?;
        Ok(UpdateHaloSyncSettingsPayload { partner: partner.map(Partner::from), user_errors })
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
    /// The partner's global id. Default: the caller's own partner.
    partner_id: Option<ID>,
}

/// The result of `updateHaloSyncSettings`.
#[derive(SimpleObject)]
pub struct UpdateHaloSyncSettingsPayload {
    /// The partner with its new settings. Null if nothing was changed.
    partner: Option<Partner>,
    /// The errors in the input that have to be fixed.
    user_errors: Vec<UserError>,
}
