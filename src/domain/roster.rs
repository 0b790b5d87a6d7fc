//! Partners, clients and users, as INFIMA's platform reports them.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::activity::Actor;
use super::association::NameTemplate;
use super::plan::FallLimit;
use crate::ids::{ClientId, PartnerId, UserId};

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
    /// The pause that holds now.
    pub pause: Option<Pause>,
    pub rules: SubscriptionRules,
}

/// Why nothing is written to Halo for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The day on which syncs begin again.
    pub until: NaiveDate,
    /// When that day begins in the partner's time zone.
    pub ends_at: DateTime<Utc>,
    pub reason: String,
    pub at: DateTime<Utc>,
    pub by: Actor,
}

/// What a partner has decided about its subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionRules {
    /// The name of new subscriptions; `None` is INFIMA's own.
    pub name: Option<NameTemplate>,
    /// A client without active users gets no subscription before it has one.
    pub needs_users: bool,
    /// A quantity that would fall by more than this waits for a user.
    pub fall_limit: Option<FallLimit>,
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
    pub exclusion: Option<Exclusion>,
}

/// Why a client is not mapped on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exclusion {
    pub reason: String,
    /// The day from which the client is to be mapped again.
    pub review_on: Option<NaiveDate>,
    pub at: DateTime<Utc>,
    pub by: Actor,
}

/// How many of a client's users are counted, and how many are not, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UserCounts {
    pub counted: u32,
    /// Active users whose e-mail address another counted user has.
    pub same_address: u32,
    pub deactivated: u32,
    pub archived: u32,
    /// Active users of an archived client.
    pub client_archived: u32,
}

impl UserCounts {
    /// `identities` is the number of distinct people among the `active` users.
    pub fn new(client: RosterState, identities: u32, active: u32, deactivated: u32, archived: u32) -> Self {
        let counted = client.billed_users(identities);
        match client {
            RosterState::Active => {
                let same_address = active.saturating_sub(identities);
                Self { counted, same_address, deactivated, archived, client_archived: 0 }
            }
            RosterState::Archived => Self { counted, same_address: 0, deactivated, archived, client_archived: active },
        }
    }
}

/// Why a user is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum NotCounted {
    SameAddress,
    Deactivated,
    Archived,
    ClientArchived,
}

/// A client's user, as the list behind a count shows it.
#[derive(Clone, Debug)]
pub struct ListedUser {
    pub id: UserId,
    pub client: ClientId,
    pub external_id: String,
    pub email: Option<String>,
    /// `None` for a user who is counted.
    pub not_counted: Option<NotCounted>,
}

/// Shows an e-mail address so that a person who knows it recognises it, and no other person learns
/// it.
pub fn masked_address(address: &str) -> String {
    let (user, domain) = address.trim().rsplit_once('@').unwrap_or((address.trim(), ""));
    let first: String = user.chars().take(1).collect();
    if domain.is_empty() { format!("{first}***") } else { format!("{first}***@{domain}") }
}

/// How a partner's clients stand.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientCounts {
    pub total: u32,
    pub mapped: u32,
    pub excluded: u32,
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

#[cfg(test)]
mod tests {
    use super::masked_address;

    #[test]
    fn masked_address_shows_the_first_letter_and_the_domain() {
        assert_eq!(masked_address(" ada.lovelace@alder.example "), "a***@alder.example");
        assert_eq!(masked_address("ö@alder.example"), "ö***@alder.example");
        assert_eq!(masked_address("a@b@alder.example"), "a***@alder.example");
        assert_eq!(masked_address("no address"), "n***");
    }
}
