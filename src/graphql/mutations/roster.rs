//! INFIMA's platform brings its partners, clients and users up to date.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};

use crate::domain::roster::{ClientRecord, PartnerRecord, UserRecord};
use crate::graphql::{
    error::Result,
    request_context::RequestContext,
    scalars::{RecordVersion, TimeZone},
    user_error::{UserError, into_payload, shown},
};
use crate::ops::roster::import::{self, Roster, import_roster};
use crate::ops::{self, Target, UserErrorCode};

#[derive(Default)]
pub struct RosterMutations;

#[Object]
impl RosterMutations {
    /// Stores partners, clients and users, up to 5,000 records at once. For INFIMA's platform only. Nothing is removed
    /// by being left out, a record older than what is stored is ignored, and sending the same records again changes
    /// nothing. Each record succeeds or fails by itself.
    async fn import_roster(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The records. Within one call partners are stored before clients, and clients before users.")]
        input: ImportRosterInput,
    ) -> Result<ImportRosterPayload> {
        let request_context = RequestContext::of(ctx);
        let (roster, unknown_zones) = input.read();
        let imported = import_roster(&request_context.ops, &request_context.request(None), &roster).await;
        let (imported, user_errors) = into_payload(request_context, Target::Unnamed, imported).await?;
        let Some(imported) = imported else {
            return Ok(ImportRosterPayload { imported: None, user_errors });
        };
        let import::Imported { stored, already_known, mut errors, .. } = imported;
        errors.extend(unknown_zones);
        Ok(ImportRosterPayload { imported: Some(ImportedRoster { stored, already_known }), user_errors: shown(errors) })
    }
}

/// Records of partners, clients and users, as INFIMA's platform has them.
#[derive(InputObject)]
pub struct ImportRosterInput {
    /// Partners.
    #[graphql(default)]
    partners: Vec<RosterPartnerInput>,
    /// Clients of partners.
    #[graphql(default)]
    clients: Vec<RosterClientInput>,
    /// Users of clients.
    #[graphql(default)]
    users: Vec<RosterUserInput>,
}

impl ImportRosterInput {
    /// The records, and an error for each zone that there is none of: its partner is stored without one.
    fn read(self) -> (Roster, Vec<ops::UserError>) {
        let mut unknown_zones = Vec::new();
        let mut zone = |index: usize, zone: Option<TimeZone>| {
            let known = zone.as_ref().and_then(TimeZone::known);
            if zone.is_some() && known.is_none() {
                let message = "There is no time zone of this name, so the record was stored without one. Use an IANA \
                               name, such as Europe/London.";
                let error = ops::UserError::new(UserErrorCode::Invalid, &["timeZone"], message);
                unknown_zones.push(error.within("partners", index));
            }
            known
        };
        let partners = self.partners.into_iter().enumerate().map(|(index, partner)| PartnerRecord {
            time_zone: zone(index, partner.time_zone),
            external_id: partner.external_id,
            name: partner.name,
            state: partner.state.into(),
            version: partner.version.0,
        });
        let partners = partners.collect();
        let clients = self.clients.into_iter().map(|client| ClientRecord {
            external_id: client.external_id,
            partner_external_id: client.partner_external_id,
            name: client.name,
            state: client.state.into(),
            version: client.version.0,
        });
        let users = self.users.into_iter().map(|user| UserRecord {
            external_id: user.external_id,
            client_external_id: user.client_external_id,
            email: user.email,
            state: user.state.into(),
            version: user.version.0,
        });
        let roster = Roster { partners, clients: clients.collect(), users: users.collect() };
        (roster, unknown_zones)
    }
}

/// A partner, as INFIMA's platform has it.
#[derive(InputObject)]
pub struct RosterPartnerInput {
    /// INFIMA's own id of the partner.
    external_id: String,
    /// The name to show.
    name: String,
    /// Its time zone, by which its nights are reckoned. Left out: as stored, or UTC for a new partner unless configured
    /// otherwise.
    time_zone: Option<TimeZone>,
    /// Whether it is still with INFIMA. Archived: its syncs end and its Halo secret is erased.
    state: RosterState,
    /// The version of this record.
    version: RecordVersion,
}

/// A partner's client, as INFIMA's platform has it.
#[derive(InputObject)]
pub struct RosterClientInput {
    /// INFIMA's own id of the client.
    external_id: String,
    /// INFIMA's own id of the partner it belongs to. A client cannot be moved to another partner.
    partner_external_id: String,
    /// The name to show.
    name: String,
    /// Whether it is still with INFIMA. Archived: it counts no users.
    state: RosterState,
    /// The version of this record.
    version: RecordVersion,
}

/// A client's user, as INFIMA's platform has it.
#[derive(InputObject)]
pub struct RosterUserInput {
    /// INFIMA's own id of the user.
    external_id: String,
    /// INFIMA's own id of the client it belongs to.
    client_external_id: String,
    /// Its e-mail address. Users of one client with the same address count once.
    email: Option<String>,
    /// Whether it is counted.
    state: RosterUserState,
    /// The version of this record.
    version: RecordVersion,
}

/// Whether a partner or client is still with INFIMA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::roster::RosterState")]
pub enum RosterState {
    /// It is with INFIMA.
    Active,
    /// It is not any more.
    Archived,
}

/// Whether a user is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::roster::UserState")]
pub enum RosterUserState {
    /// In training, and counted.
    Active,
    /// Paused, and not counted.
    Deactivated,
    /// Gone, and not counted.
    Archived,
}

/// What became of the records.
#[derive(SimpleObject)]
pub struct ImportRosterPayload {
    /// How many records were stored. Null where none were looked at.
    imported: Option<ImportedRoster>,
    /// What has to be mended, with the record's list and index: `["clients", "12", "partnerExternalId"]`.
    user_errors: Vec<UserError>,
}

/// How many records were stored.
#[derive(SimpleObject)]
pub struct ImportedRoster {
    /// Records that were new or newer.
    stored: u32,
    /// Records that were stored already, in this or a newer version.
    already_known: u32,
}
