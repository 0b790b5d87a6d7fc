//! Changing when a partner's nights are.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use crate::graphql::{
    error::Result,
    objects::partner::Partner,
    request_context::RequestContext,
    scalars::{LocalTime, TimeZone},
    user_error::{UserError, into_payload},
};
use crate::ops::sync::settings::{ScheduleChanges, update_settings};
use crate::ops::{OpError, UserErrorCode};

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
        let updated = match input.changes() {
            Ok(changes) => {
                update_settings(&request_context.ops, &request_context.request(None), target, &changes).await
            }
            Err(error) => Err(error),
        };
        let (partner, user_errors) = into_payload(request_context, target, updated).await?;
        Ok(UpdateHaloSyncSettingsPayload { partner: partner.map(Partner), user_errors })
    }
}

fn unknown_zone() -> OpError {
    let message = "The time zone does not exist. Use an IANA name, such as Europe/London.";
    OpError::refused(UserErrorCode::Invalid, &["timeZone"], message)
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

impl UpdateHaloSyncSettingsInput {
    fn changes(self) -> std::result::Result<ScheduleChanges, OpError> {
        Ok(ScheduleChanges {
            nightly: self.nightly,
            time_zone: self.time_zone.map(|zone| zone.known().ok_or_else(unknown_zone)).transpose()?,
            night_start: self.night_start.map(Into::into),
            night_end: self.night_end.map(Into::into),
        })
    }
}

/// The result of `updateHaloSyncSettings`.
#[derive(SimpleObject)]
pub struct UpdateHaloSyncSettingsPayload {
    /// The partner with its new settings. Null if nothing was changed.
    partner: Option<Partner>,
    /// What has to be fixed in the input.
    user_errors: Vec<UserError>,
}
