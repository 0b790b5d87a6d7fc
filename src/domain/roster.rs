//! Partners, clients and users, as INFIMA's platform reports them.

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::ids::{ClientId, PartnerId};

/// Whether a partner or a client is still with INFIMA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RosterState {
    Active,
    Archived,
}

impl RosterState {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns how many users of a client in this state are billed: none of an archived one.
    pub fn billed_users(self, active: u32) -> u32 {
        match self {
            Self::Active => active,
            Self::Archived => 0,
        }
    }
}

/// Only users in state `Active` are counted, and so billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum UserState {
    Active,
    Deactivated,
    Archived,
}

impl UserState {
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Clone, Debug)]
pub struct Partner {
    pub id: PartnerId,
    /// INFIMA's own id, which the token's partner claim holds.
    pub external_id: String,
    pub name: String,
    pub state: RosterState,
    pub settings: NightlySchedule,
}

/// When a partner's nights are.
#[derive(Clone, Debug)]
pub struct NightlySchedule {
    pub time_zone: chrono_tz::Tz,
    pub nightly: bool,
    /// Local times; a window may reach past midnight.
    pub night_start: NaiveTime,
    pub night_end: NaiveTime,
}

#[derive(Clone, Debug)]
pub struct Client {
    pub id: ClientId,
    pub partner: PartnerId,
    pub external_id: String,
    pub name: String,
    pub state: RosterState,
    pub active_users: u32,
}

/// How a partner's clients stand.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientCounts {
    pub total: u32,
    pub mapped: u32,
    pub needing_attention: u32,
}

/// One record of the platform's report. A record is ignored when a newer version of it is already
/// here.
#[derive(Clone, Debug)]
pub struct PartnerRecord {
    pub external_id: String,
    pub name: String,
    pub time_zone: Option<chrono_tz::Tz>,
    pub state: RosterState,
    pub version: i64,
}

#[derive(Clone, Debug)]
pub struct ClientRecord {
    pub external_id: String,
    pub partner_external_id: String,
    pub name: String,
    pub state: RosterState,
    pub version: i64,
}

#[derive(Clone, Debug)]
pub struct UserRecord {
    pub external_id: String,
    pub client_external_id: String,
    pub email: Option<String>,
    pub state: UserState,
    pub version: i64,
}
