//! Rows, read in batches: a list takes the same few statements however long it is, and so do lists
//! within lists.
//!
//! Every key names the partner, and a partner's rows are only read with a scope that the policy
//! gives for it.

mod counts;
mod evidence;
mod pages;
mod problems;
mod records;
mod webhooks;

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

pub(super) use counts::{ActivityCount, ClientsCount, HistoryCount, ResultsCount, RunsCount, UserCountsOf};
pub(super) use evidence::{EvidenceCount, EvidenceOf, EvidencePage};
pub(super) use pages::{ActivityPage, ClientsPage, HistoryPage, ResultsPage, RunsPage, UsersPage};
pub(super) use problems::{ProblemCountsOf, ProblemsCount, ProblemsPage};
pub(super) use records::{
    AssociationOf, ById, ClientsOf, ConnectionOf, CountsOf, OwnerOf, ReconciliationOf, ScheduleOf, TroublesOf,
};
pub(super) use webhooks::{DeliveriesCount, DeliveriesPage, WebhooksOf};

use super::access_log::AccessLog;
use super::error::Result;
use crate::auth::{Act, Caller, PartnerScope, permit_across};
use crate::ids::PartnerId;
use crate::storage::{SharedReader, Turn};

/// Reads the rows of one request.
pub(super) struct Loaders {
    pub(super) reads: Arc<SharedReader>,
    pub(super) caller: Caller,
    pub(super) access_log: AccessLog,
}

type Found<K, V> = Result<HashMap<K, V>>;

impl Loaders {
    /// Waits for its turn to read the rows of these partners, with a scope for each.
    async fn open(
        &self,
        act: Act,
        partners: impl IntoIterator<Item = PartnerId>,
    ) -> Result<(Vec<PartnerScope>, Turn<'_>)> {
        let mut partners: Vec<_> = partners.into_iter().collect();
        partners.sort_unstable();
        partners.dedup();
        let scopes = self.access_log.permit_and_record(act, partners).await?;
        let db = match scopes.as_slice() {
            [scope] => self.reads.turn(scope).await?,
            // A caller that may view several partners may view all of them.
            _ => self.reads.turn(permit_across(&self.caller, Act::ListPartners)?).await?,
        };
        Ok((scopes, db))
    }

    async fn view(&self, partners: impl IntoIterator<Item = PartnerId>) -> Result<(Vec<PartnerScope>, Turn<'_>)> {
        self.open(Act::ViewPartner, partners).await
    }
}

fn ids<I: Copy>(keys: &[ById<I>]) -> Vec<I> {
    keys.iter().map(|key| key.1).collect()
}

/// Groups keys by their arguments: one statement reads the keys of one group.
fn group<A: Eq + Hash, I>(keys: impl Iterator<Item = (A, I)>) -> HashMap<A, Vec<I>> {
    let mut grouped: HashMap<A, Vec<I>> = HashMap::new();
    for (arguments, key) in keys {
        grouped.entry(arguments).or_default().push(key);
    }
    grouped
}
