//! Explains troubles: what is wrong, and what happens next.

use crate::domain::trouble::{Trouble, TroubleKind, WaitsFor};

impl Trouble {
    /// What is wrong.
    pub fn message(&self) -> String {
        let problem = self.problem.as_ref().map(|problem| problem.message());
        match &self.kind {
            TroubleKind::NightMissing => "The nightly sync is due, and INFIMA has not queued it.".into(),
            TroubleKind::NotBegun => "A sync is due, and INFIMA has not begun it.".into(),
            TroubleKind::ConnectionBlocked | TroubleKind::HaloDown => problem.unwrap_or_default(),
            TroubleKind::SyncRetried => {
                format!("A sync did not come to its end. {}", problem.unwrap_or_default()).trim_end().to_owned()
            }
            TroubleKind::ClientsBlocked { clients: 1, example } => {
                format!("{example}: {}", problem.unwrap_or_default())
            }
            TroubleKind::ClientsBlocked { clients, example } => {
                format!("{clients} clients, for example {example}: {}", problem.unwrap_or_default())
            }
            TroubleKind::NightFailed => {
                format!("The last nightly sync confirmed no client. {}", problem.unwrap_or_default())
                    .trim_end()
                    .to_owned()
            }
            TroubleKind::NightEndedInPart { clients: 1 } => {
                "The last nightly sync confirmed every client but one.".into()
            }
            TroubleKind::NightEndedInPart { clients } => {
                format!("The last nightly sync confirmed every client but {clients}.")
            }
            TroubleKind::Paused(pause) => format!(
                "Syncs are paused until {}, so quantities in Halo may be out of date: {}",
                pause.until.format("%-d %B %Y"),
                pause.reason
            ),
            TroubleKind::Decided { clients: None } => {
                "A user has confirmed that INFIMA may write again. Nothing was written since then.".into()
            }
            TroubleKind::Decided { clients: Some((1, example)) } => {
                format!("A user has decided about {example}, and no sync has carried it out yet.")
            }
            TroubleKind::Decided { clients: Some((clients, example)) } => format!(
                "A user has decided about {clients} clients, for example {example}, and no sync has carried it out yet."
            ),
        }
    }

    /// What happens next: what a person has to do, or what INFIMA does by itself.
    pub fn next_step(&self) -> String {
        let remedy = self.problem.as_ref().and_then(|problem| problem.remedy());
        let is_retried = self.next_at.is_some();
        match (&self.kind, self.waits_for) {
            (TroubleKind::NightMissing | TroubleKind::NotBegun, _) => {
                "INFIMA's operator has to check that a worker is running. The sync begins as soon as one is.".into()
            }
            (TroubleKind::SyncRetried, WaitsFor::Infima) => {
                "INFIMA's engineers have to look into the fault. The sync is tried again all the same.".into()
            }
            (TroubleKind::ConnectionBlocked, WaitsFor::Infima) => {
                "INFIMA's engineers have to look at Halo's answer. The next sync tries again.".into()
            }
            (TroubleKind::ConnectionBlocked | TroubleKind::ClientsBlocked { .. }, _) => {
                let rest = if is_retried { "The next sync checks it." } else { "Then request a sync." };
                [remedy, Some(rest)].into_iter().flatten().collect::<Vec<_>>().join(" ")
            }
            (TroubleKind::Paused(_), _) => {
                "Syncs begin again by themselves on that day. Resume them to sync before.".into()
            }
            (TroubleKind::Decided { .. }, _) if is_retried => "The next sync carries the decision out.".into(),
            (TroubleKind::Decided { .. }, _) => "Request a sync, which carries the decision out.".into(),
            (TroubleKind::NightEndedInPart { .. }, _) if is_retried => {
                "The next sync tries the clients that are left again.".into()
            }
            _ if is_retried => "INFIMA tries again by itself.".into(),
            _ => "Nightly syncs are switched off: request a sync.".into(),
        }
    }
}
