//! Whom support looks at. Every scope that a caller gets for a partner comes from here, so that an operation of support's
//! leaves a row in the log of each partner it looked at, written before the answer leaves; and so does what support may not do.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::auth::{Act, Caller, Denied, PartnerScope, Role, permit};
use crate::ids::PartnerId;
use crate::ops::admin::record_reads::{record_reads, record_refused};
use crate::ops::{OpError, Ops, Request};

/// The partners that one operation has looked at. Clones share what they know.
#[derive(Clone, Default)]
pub(super) struct AccessLog(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// RunOutcome at and not written down yet.
    open: BTreeSet<PartnerId>,
    /// Written down: a subscription looks again for each event.
    written: BTreeSet<PartnerId>,
    /// What support asked for and may not do, not written down yet.
    refused: Vec<(PartnerId, Act)>,
}

impl AccessLog {
    /// Asks the policy, and remembers whom support gets to see.
    pub(super) fn permit(&self, caller: &Caller, act: Act, partner: PartnerId) -> Result<PartnerScope, Denied> {
        let permitted = permit(caller, act, partner);
        match permitted {
            Ok(_) => self.note(caller, [partner]),
            Err(_) if caller.role() == Role::Support => {
                self.0.lock().expect("never held across a panic").refused.push((partner, act));
            }
            Err(_) => {}
        }
        permitted
    }

    /// Remembers partners that support found in a list.
    pub(super) fn note(&self, caller: &Caller, partners: impl IntoIterator<Item = PartnerId>) {
        if caller.role() == Role::Support {
            let mut seen = self.0.lock().expect("never held across a panic");
            let new: Vec<_> = partners.into_iter().filter(|partner| !seen.written.contains(partner)).collect();
            seen.open.extend(new);
        }
    }

    /// Writes down what was refused and looked at since the last time; the latter but where a verb has left a row for the same request.
    pub(super) async fn flush(&self, ops: &Ops, request: &Request<'_>, operation: Option<&str>) -> Result<(), OpError> {
        let (partners, refused): (Vec<_>, _) = {
            let mut seen = self.0.lock().expect("never held across a panic");
            let open = std::mem::take(&mut seen.open);
            seen.written.extend(&open);
            (open.into_iter().collect(), std::mem::take(&mut seen.refused))
        };
        if !refused.is_empty() {
            record_refused(ops, request, &refused, operation).await?;
        }
        if partners.is_empty() {
            return Ok(());
        }
        record_reads(ops, request, &partners, operation).await
    }
}
