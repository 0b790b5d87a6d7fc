//! Failpoints: the instants of a sync at which a crash must do no harm, before and after each write
//! to Halo or to our tables.
//!
//! [`pass`] and [`commit`] are the only ways to a failpoint, so [`Failpoint`] is the complete list;
//! the crash tests stop a worker process at every variant and kill it there. Without the feature
//! `dev` a failpoint compiles to nothing.

use crate::storage::{StorageError, Tx};

/// An instant of a sync at which a test can stop the process. Its name in `INFIMA_FAILPOINTS` is
/// the variant's, in kebab case.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Failpoint {
    /// The worker holds the run's lease; nothing was done.
    RunClaimed,
    /// The desired quantities were read, and the number of associations is stored: later requests
    /// are not covered by the run.
    DesiredLoaded,
    /// The associations were carried over to another identity of the tenant.
    TenantCarriedOver,
    /// Halo was read; nothing of its answers is stored.
    HaloRead,
    /// What Halo shows of the customers is stored, and whether the partner's writes are suspended.
    ObservationRecorded,
    /// The outcomes that need no write are stored.
    OutcomesWithoutWriteRecorded,
    /// The intent to create a subscription is stored.
    CreateIntentRecorded,
    /// The lease was checked; the create is sent next.
    BeforeCreate,
    /// Halo created the subscription; its id is not stored.
    AfterCreate,
    /// Halo may have created the subscription; no outcome is stored.
    CreateUnconfirmed,
    /// Halo refused the create; its intent is still stored.
    CreateRefused,
    /// The intent of the refused create is cleared.
    CreateIntentCleared,
    /// Halo's reason for not storing the create is stored; the outcome is not.
    CreateFailureRecorded,
    /// The subscription's id is stored; the outcome is not.
    SubscriptionIdRecorded,
    /// The fields that the write of a quantity must preserve are stored.
    QuantityIntentRecorded,
    /// The lease was checked; the quantity is sent next.
    BeforeQuantityUpdate,
    /// Halo certainly did not write the quantity; it is still stored as pending.
    QuantityRefused,
    /// The pending write of the refused quantity is cleared.
    QuantityIntentCleared,
    /// Halo has the quantity; that is not stored.
    AfterQuantityUpdate,
    /// The outcome of one association is stored.
    OutcomeRecorded,
    /// The subscriptions that are on recurring invoices are stored.
    BillingRecorded,
    /// The report of the weekly comparison is stored.
    ReconciliationRecorded,
    /// The end of the run is written, but not committed.
    BeforeFinishCommit,
    /// The run is over.
    RunFinished,
    /// The later attempt is written, but not committed.
    BeforeRescheduleCommit,
    /// The run continues later.
    RunRescheduled,
    /// The process is stopping; the handover to another worker is written, but not committed.
    BeforeHandoverCommit,
    /// The process is stopping; another worker continues the run.
    RunHandedOver,
    /// The process is stopping and out of time: the leases of its unfinished runs have ended.
    LeasesEnded,
}

/// Stops the process here if the failpoint is configured.
#[cfg(feature = "dev")]
#[expect(clippy::disallowed_macros, reason = "the one place that evaluates a failpoint")]
pub(super) fn pass(failpoint: Failpoint) {
    fail::fail_point!(<&str>::from(failpoint));
}

#[cfg(not(feature = "dev"))]
pub(super) fn pass(_: Failpoint) {}

/// Commits, then passes the failpoint. What a sync stores is committed through here, so that each
/// commit has a failpoint.
pub(super) async fn commit(tx: impl Into<Tx>, after: Failpoint) -> Result<(), StorageError> {
    tx.into().commit().await?;
    pass(after);
    Ok(())
}

/// Has the whole process stop itself (SIGSTOP) when a sync passes one of these failpoints, after a
/// line on standard output that names the failpoint. A test then kills or continues the process.
#[cfg(feature = "dev")]
pub fn stop_process_at(names: &[String]) -> Result<(), String> {
    use std::io::Write as _;
    use strum::VariantArray as _;
    for name in names {
        let failpoint: Failpoint = name.parse().map_err(|_| {
            let known: Vec<&str> = Failpoint::VARIANTS.iter().map(|known| known.into()).collect();
            format!("'{name}' is not a failpoint; the failpoints are {}", known.join(", "))
        })?;
        fail::cfg_callback(failpoint.to_string(), move || {
            let mut out = std::io::stdout().lock();
            // Without a reader of standard output the line is lost and the process stops all the
            // same.
            let _ = writeln!(out, "stopped at failpoint {failpoint}").and_then(|()| out.flush());
            drop(out);
            let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP);
        })?;
    }
    Ok(())
}
