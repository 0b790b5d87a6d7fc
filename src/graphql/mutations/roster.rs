//! Importing the partners, clients and users of INFIMA's platform.

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
    /// Imports up to 5,000 records of partners, clients and users. Only INFIMA's platform may call
    /// it. Records that are not in the input stay as they are, a record with an older version than
    /// the stored one is ignored, and importing the same records again changes nothing. Each record
    /// succeeds or fails on its own.
    async fn import_roster(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The records. Partners are stored before clients, and clients before users.")]
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

/// The records of `importRoster`, at most 5,000.
#[derive(InputObject)]
pub struct ImportRosterInput {
    /// The records of partners.
    #[graphql(default)]
    partners: Vec<RosterPartnerInput>,
    /// The records of clients.
    #[graphql(default)]
    clients: Vec<RosterClientInput>,
    /// The records of users.
    #[graphql(default)]
    users: Vec<RosterUserInput>,
}

impl ImportRosterInput {
    /// The records, and an error for each time zone that does not exist: its partner is stored
    /// without one.
    fn read(self) -> (Roster, Vec<ops::UserError>) {
        let mut unknown_zones = Vec::new();
        let mut zone = |index: usize, zone: Option<TimeZone>| {
            let known = zone.as_ref().and_then(TimeZone::known);
            if zone.is_some() && known.is_none() {
                let message = "The time zone does not exist, so the record was stored without one. Use an IANA \
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

/// The record of a partner in INFIMA's platform.
#[derive(InputObject)]
pub struct RosterPartnerInput {
    /// INFIMA's id of the partner.
    external_id: String,
    /// The name to show.
    name: String,
    /// The partner's time zone, which determines when its nightly sync runs. Default: the stored
    /// time zone, or the configured one for a new partner.
    time_zone: Option<TimeZone>,
    /// Whether the partner is active. An archived partner's syncs end and its Client Secret is
    /// deleted.
    state: RosterState,
    /// The version of this record.
    version: RecordVersion,
}

/// The record of a client in INFIMA's platform.
#[derive(InputObject)]
pub struct RosterClientInput {
    /// INFIMA's id of the client.
    external_id: String,
    /// INFIMA's id of the client's partner. A client cannot be moved to another partner.
    partner_external_id: String,
    /// The name to show.
    name: String,
    /// Whether the client is active. An archived client has an active user count of 0.
    state: RosterState,
    /// The version of this record.
    version: RecordVersion,
}

/// The record of a client's user in INFIMA's platform.
#[derive(InputObject)]
pub struct RosterUserInput {
    /// INFIMA's id of the user.
    external_id: String,
    /// INFIMA's id of the user's client.
    client_external_id: String,
    /// The user's e-mail address. Users of one client with the same address count once.
    email: Option<String>,
    /// Whether the user is counted.
    state: RosterUserState,
    /// The version of this record.
    version: RecordVersion,
}

/// The states of a partner or client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::roster::RosterState")]
pub enum RosterState {
    /// The partner or client is a customer of INFIMA.
    Active,
    /// The partner or client is no longer a customer of INFIMA.
    Archived,
}

/// The states of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::domain::roster::UserState")]
pub enum RosterUserState {
    /// The user is in training and counted.
    Active,
    /// The user is deactivated and not counted.
    Deactivated,
    /// The user is archived and not counted.
    Archived,
}

/// The result of `importRoster`.
#[derive(SimpleObject)]
pub struct ImportRosterPayload {
    /// The numbers of stored records. Null if nothing was imported.
    imported: Option<ImportedRoster>,
    /// The errors in the input that have to be fixed, with the record's list and index in `field`:
    /// `["clients", "12", "partnerExternalId"]`.
    user_errors: Vec<UserError>,
}

/// The numbers of stored records.
#[derive(SimpleObject)]
pub struct ImportedRoster {
    /// The number of records that were new or had a newer version.
    stored: u32,
    /// The number of records that were already stored in this or a newer version.
    already_known: u32,
}
