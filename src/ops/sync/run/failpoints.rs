//! The moments of a sync at which a crash must do no harm, in one list: before and after each write to Halo or to our tables.
//!
//! A build for development can be told to stand still at one of them, as a whole process, and be killed there from outside;
//! the crash tests do so at every one. A build for production knows nothing of it.

use crate::ops::Ops;

macro_rules! moments {
    ($($(#[doc = $doc:literal])+ $moment:ident = $name:literal,)+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Moment { $($(#[doc = $doc])+ $moment,)+ }

        impl Moment {
            pub const ALL: &[Moment] = &[$(Moment::$moment,)+];

            pub fn name(self) -> &'static str {
                match self { $(Moment::$moment => $name,)+ }
            }
        }
    };
}

moments! {
    /// The run is ours; nothing was done.
    Claimed = "claimed",
    /// It is noted that new requests are not covered any more.
    ReadingBegun = "reading-begun",
    /// What is desired was read. The number of associations is noted.
    Desired = "desired",
    /// Halo was read; nothing of it is noted.
    Observed = "observed",
    /// What Halo shows of the customers is noted, and that nothing more is to be written where fields were lost.
    Observation = "sighted",
    /// The outcomes that need no write are noted.
    Noted = "noted",
    /// It is noted that a create is about to be sent.
    CreateIntended = "create-intended",
    /// The lease was checked; the create is sent next.
    CreateDue = "create-due",
    /// Halo created the subscription; we have no note of its id.
    CreateAnswered = "create-answered",
    /// Nobody knows whether Halo created it; that is not noted as an outcome.
    CreateDoubtful = "create-doubtful",
    /// Halo refused the create; its intent still stands.
    CreateRefused = "create-refused",
    /// The intent of the refused create is taken back.
    CreateForgotten = "create-forgotten",
    /// The subscription's id is noted; the outcome is not.
    Owned = "owned",
    /// It is noted what the write of a quantity must leave as it is.
    QuantityIntended = "quantity-intended",
    /// The lease was checked; the quantity is sent next.
    QuantityDue = "quantity-due",
    /// Halo certainly did not write the quantity; it is noted as sent.
    QuantityRefused = "quantity-refused",
    /// The note of the refused quantity is taken back.
    QuantityForgotten = "quantity-forgotten",
    /// Halo has the quantity; we have no note of it.
    QuantityAnswered = "quantity-answered",
    /// One outcome is noted.
    Recorded = "recorded",
    /// Which subscriptions are on recurring invoices is noted.
    Billed = "billed",
    /// The requests are counted; the end is not written.
    Counted = "counted",
    /// The end is written, but not committed.
    Finishing = "finishing",
    /// The run is over.
    Finished = "finished",
    /// That it goes on later is written, but not committed.
    PuttingBack = "putting-back",
    /// The run is to go on later.
    PutBack = "put-back",
    /// Told to stop: that others go on is written, but not committed.
    GivingBack = "giving-back",
    /// Told to stop: others go on.
    GivenBack = "given-back",
    /// Told to stop and out of time: the lease of what is still under way has ended.
    LeasesEnded = "leases-ended",
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Moment::ALL.iter().find(|moment| moment.name() == name).copied();
        found.ok_or_else(|| {
            let names: Vec<_> = Moment::ALL.iter().map(|moment| moment.name()).collect();
            format!("'{name}' is no moment of a sync; they are {}", names.join(", "))
        })
    }
}

/// Where the process was told to stand still here, it says so on standard output and stops, with every thread, until it is
/// killed or continued.
#[cfg(feature = "dev")]
pub(super) fn reached(ops: &Ops, moment: Moment) {
    use std::io::Write as _;
    if ops.settings.stand_still_at.contains(&moment) {
        let mut out = std::io::stdout().lock();
        // Without anybody listening there is nobody to be told.
        let _ = writeln!(out, "standing still at {}", moment.name()).and_then(|()| out.flush());
        drop(out);
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP);
    }
}

#[cfg(not(feature = "dev"))]
pub(super) fn reached(_: &Ops, _: Moment) {}
