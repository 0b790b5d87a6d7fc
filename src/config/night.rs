use chrono::NaiveTime;
use chrono_tz::Tz;

use super::ConfigError;

/// The window of the nightly syncs, in the partner's local time.
#[derive(Clone, Debug, clap::Args)]
pub struct NightConfig {
    /// Time zone of partners that were imported without one
    #[arg(env = "INFIMA_NIGHT_TIME_ZONE", id = "night-time-zone", default_value = "UTC", value_parser = time_zone)]
    pub time_zone: Tz,

    /// Local time at which the nightly syncs begin
    #[arg(env = "INFIMA_NIGHT_START", id = "night-start", default_value = "01:00", value_parser = time_of_day)]
    pub start: NaiveTime,

    /// Local time by which the last nightly sync has begun; earlier than the start means the next
    /// morning
    #[arg(env = "INFIMA_NIGHT_END", id = "night-end", default_value = "05:00", value_parser = time_of_day)]
    pub end: NaiveTime,
}

impl NightConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.start == self.end {
            return Err(ConfigError::invalid("INFIMA_NIGHT_END", "it has to differ from INFIMA_NIGHT_START"));
        }
        Ok(())
    }
}

fn time_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| "give a name of the IANA time zone database, for example Europe/Berlin".into())
}

fn time_of_day(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| "give hours and minutes, for example 01:00".into())
}
