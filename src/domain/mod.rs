//! What the business knows, in its own words: connections, associations, runs, nights, and the plan of a sync.
//!
//! Pure: no async, no input or output, no clock but as an argument. It knows neither Halo's field names nor Postgres nor
//! GraphQL. `storage/` fills these values from rows, `ops/` decides with them, `graphql/` shows them.
//!
//! Money is decided in one place, [`plan`]; what can be wrong, and what to do about it, is said in one place, [`problem`].

/// An enum whose variants each have one word, the same in the database, in the audit log and in the logs.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::domain::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::domain::UnknownWord { word: word.to_owned(), of: stringify!($name) }),
                }
            }
        }
    };
}

pub mod activity;
pub mod association;
pub mod connection;
pub mod explain;
pub mod guide;
pub mod plan;
pub mod problem;
pub mod roster;
pub mod run;
pub mod schedule;

/// A word that none of the enum's variants has: the database and the code disagree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is no {of}")]
pub struct UnknownWord {
    word: String,
    of: &'static str,
}
