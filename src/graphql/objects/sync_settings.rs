//! What a partner has decided about its syncs, and their pause.

use async_graphql::{Object, SimpleObject};

use crate::domain::association::{DEFAULT_NAME, NameTemplate};
use crate::domain::roster;
use crate::graphql::{
    objects::activity::Actor,
    scalars::{Date, LocalTime, TimeZone, Timestamp},
};

pub struct HaloSyncPause(roster::Pause);

impl From<roster::Pause> for HaloSyncPause {
    fn from(pause: roster::Pause) -> Self {
        Self(pause)
    }
}

/// A pause of a partner's syncs. Nothing is written to Halo before it ends.
#[Object]
impl HaloSyncPause {
    /// The day on which syncs begin again, in the partner's time zone.
    async fn until(&self) -> Date {
        Date(self.0.until)
    }

    /// The time at which that day begins.
    async fn ends_at(&self) -> Timestamp {
        self.0.ends_at.into()
    }

    /// The reason that was given.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The time since when syncs are paused, or at which the pause was last changed.
    async fn paused_at(&self) -> Timestamp {
        self.0.at.into()
    }

    /// The person who paused them.
    async fn paused_by(&self) -> Actor {
        Actor(self.0.by.clone())
    }
}

/// The settings of a partner's syncs.
#[derive(SimpleObject)]
pub struct HaloSyncSettings {
    /// Whether the nightly sync is switched on. If not, only requested syncs run.
    nightly: bool,
    /// The partner's time zone.
    time_zone: TimeZone,
    /// The earliest start of the nightly sync in the partner's time zone.
    night_start: LocalTime,
    /// The latest start of the nightly sync in the partner's time zone. A time before `nightStart`
    /// is on the next day.
    night_end: LocalTime,
    /// The name of new subscriptions: `{client}` stands for the client's name, and `{customer}` for
    /// that of the Halo customer. `Client.haloSubscriptionName` shows what it makes. The name of a
    /// subscription that exists is never changed.
    subscription_name: String,
    /// Whether a client needs an active user to get a subscription. If not, a client without one
    /// gets a subscription with the quantity 0.
    needs_users: bool,
    /// The percentage by which a quantity may fall without a user's confirmation. A larger fall is
    /// not written: the client has the problem `QUANTITY_HELD`. Null if there is no limit.
    fall_limit_percent: Option<u32>,
}

impl From<&roster::Partner> for HaloSyncSettings {
    fn from(partner: &roster::Partner) -> Self {
        let (settings, rules) = (&partner.settings, &partner.rules);
        Self {
            nightly: settings.nightly,
            time_zone: settings.time_zone.into(),
            night_start: settings.night_start.into(),
            night_end: settings.night_end.into(),
            subscription_name: rules.name.as_ref().map_or(DEFAULT_NAME, NameTemplate::as_str).to_owned(),
            needs_users: rules.needs_users,
            fall_limit_percent: rules.fall_limit.map(|limit| limit.percent().into()),
        }
    }
}
