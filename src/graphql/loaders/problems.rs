//! The history of problems.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;

use super::{ById, Found, Loaders, group, ids};
use crate::domain::problem_record::{ProblemCounts, ProblemRecord, yesterday_morning};
use crate::graphql::error::Failure;
use crate::ids::{PartnerId, ProblemId};
use crate::storage::problems::{self, ProblemFilter};
use crate::storage::{Page, Slice, partners};

impl Loader<ById<ProblemId>> for Loaders {
    type Value = ProblemRecord;
    type Error = Failure;

    async fn load(&self, keys: &[ById<ProblemId>]) -> Found<ById<ProblemId>, ProblemRecord> {
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let records = problems::find_many(&mut db, &scopes[..], &ids(keys)).await?;
        db.end();
        Ok(records.into_iter().map(|record| (ById(record.partner, record.id), record)).collect())
    }
}

/// A page of a partner's problems.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProblemsPage(pub PartnerId, pub ProblemFilter, pub Page);

impl Loader<ProblemsPage> for Loaders {
    type Value = Slice<ProblemRecord>;
    type Error = Failure;

    async fn load(&self, keys: &[ProblemsPage]) -> Found<ProblemsPage, Slice<ProblemRecord>> {
        let (mut found, now) = (HashMap::new(), self.access_log.now());
        for ((filter, page), of) in group(keys.iter().map(|key| ((key.1.clone(), key.2.clone()), key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let pages = problems::pages(&mut db, &scopes[..], &filter, now, &page).await?;
            db.end();
            let key = |partner| ProblemsPage(partner, filter.clone(), page.clone());
            found.extend(pages.into_iter().map(|(partner, slice)| (key(partner), slice)));
        }
        Ok(found)
    }
}

/// The length of that list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProblemsCount(pub PartnerId, pub ProblemFilter);

impl Loader<ProblemsCount> for Loaders {
    type Value = i64;
    type Error = Failure;

    async fn load(&self, keys: &[ProblemsCount]) -> Found<ProblemsCount, i64> {
        let (mut found, now) = (HashMap::new(), self.access_log.now());
        for (filter, of) in group(keys.iter().map(|key| (key.1.clone(), key.0))) {
            let (scopes, mut db) = self.view(of).await?;
            let counts = problems::counts(&mut db, &scopes[..], &filter, now).await?;
            db.end();
            found.extend(counts.into_iter().map(|(partner, count)| (ProblemsCount(partner, filter.clone()), count)));
        }
        Ok(found)
    }
}

/// The numbers of a partner's problems by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProblemCountsOf(pub PartnerId);

impl Loader<ProblemCountsOf> for Loaders {
    type Value = ProblemCounts;
    type Error = Failure;

    async fn load(&self, keys: &[ProblemCountsOf]) -> Found<ProblemCountsOf, ProblemCounts> {
        let now = self.access_log.now();
        let (scopes, mut db) = self.view(keys.iter().map(|key| key.0)).await?;
        let partners = partners::find_many(&mut db, &scopes[..]).await?;
        let mornings = partners.iter().map(|it| (it.id, yesterday_morning(it.settings.time_zone, now))).collect();
        let counts = problems::totals(&mut db, &scopes[..], &mornings, now).await?;
        db.end();
        Ok(counts.into_iter().map(|(partner, counts)| (ProblemCountsOf(partner), counts)).collect())
    }
}
