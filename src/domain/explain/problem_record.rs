//! Explains what problems keep from happening.

use crate::domain::problem_record::Consequence;

impl Consequence {
    /// What does not happen while the problem is there.
    pub fn message(self) -> &'static str {
        match self {
            Consequence::NothingIsSynced => "No count of any client is written to Halo.",
            Consequence::HiddenClientsAreNotSynced => {
                "The counts of the clients whose customers are hidden are not written to Halo."
            }
            Consequence::ClientIsNotSynced => "The client's count is not written to Halo.",
            Consequence::NoSubscription => "The client has no subscription in Halo, so it is not billed.",
            Consequence::MayBeBilledTwice => "The client may be billed twice.",
            Consequence::SyncContinues => "Nothing: the client's count is written to Halo all the same.",
        }
    }
}
