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
    /// Changes when the partner's nightly sync runs. What is left out stays.
    async fn update_halo_sync_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change.")] input: UpdateHaloSyncSettingsInput,
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
    let message = "There is no time zone of this name. Use an IANA name, such as Europe/London.";
    OpError::refused(UserErrorCode::Invalid, &["timeZone"], message)
}

/// When the nightly sync is to run. What is left out stays.
#[derive(InputObject)]
pub struct UpdateHaloSyncSettingsInput {
    /// Whether there is a nightly sync.
    nightly: Option<bool>,
    /// The partner's time zone.
    time_zone: Option<TimeZone>,
    /// From when on the nightly sync may start, on the partner's clock.
    night_start: Option<LocalTime>,
    /// Until when the nightly sync starts. Earlier than `nightStart`: on the next day.
    night_end: Option<LocalTime>,
    /// The partner's global id. Left out: the caller's own partner.
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

/// What became of the settings.
#[derive(SimpleObject)]
pub struct UpdateHaloSyncSettingsPayload {
    /// The partner with its settings as they are now. Null where nothing was changed.
    partner: Option<Partner>,
    /// What has to be mended in the input.
    user_errors: Vec<UserError>,
}
