//! Looks up records whose ids are known: one by itself, or many by the cheaper way.
//!
//! Subscriptions are listed with the newest first. A copy of a subscription is newer than its
//! original, so a list that is read until every wanted record was in it has shown each copy, and
//! rows that are older than all of ours cost nothing. A Halo that ignores the order is read on to
//! the end, for a few pages. What the tenant's list is too long for is looked for in the
//! customer's list, at one request like a single read; there as well, a copy shows.
//!
//! A record that is older than all of the partner's subscriptions, and came back after its
//! successor was created, may be on a page that is not read. It is looked for by its customer for
//! as long as `duplicate_possible` lasts.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    HaloError, KeptRows, Session, decode,
    paging::{EndProof, ListFilter, ListedRecord, Pages, max_wait},
    transport::{ApiRequest, MaxWait},
};
use crate::net::AnswerLimits;

/// The most pages that are read on where a list is not in the order that was asked for.
const MAX_PAGES_OUT_OF_ORDER: u32 = 5;
/// Up to this many records are read one by one without reading the list first.
const MAX_SINGLE_READS_FIRST: usize = 2;
/// This many unanswered single reads in a row mean that Halo is unreachable, not that these records
/// are broken.
const MAX_UNANSWERED_IN_A_ROW: u32 = 3;

/// Halo's answer for one record's id; `None` means that Halo has no such record.
pub(super) type RecordLookup<R> = Result<Option<R>, HaloError>;

/// What proves that Halo does not show a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AbsenceProof {
    /// A read of that id alone, whatever a list shows. Needed before a record counts as deleted.
    SingleRead,
    /// A list that was read to its end, else a read of that id. Enough for what the agent sees.
    WholeList,
}

impl Session {
    /// Reads one record by its id. `None` means that Halo has no such record: 404, an empty answer,
    /// or 400, each of which has to be expected for a deleted id (docs/halo-api.md, section 11.7).
    pub(super) async fn single<R: ListedRecord>(&self, id: i32, max_wait: MaxWait) -> Result<Option<R>, HaloError> {
        let path = format!("{}/{id}", R::PATH);
        let query = [("includedetails", "true".to_owned())];
        let limits = AnswerLimits::RECORD;
        let request = ApiRequest { area: R::AREA, path: &path, query: &query, body: None, max_wait, limits };
        let answer = match self.api(request).await.map_err(HaloError::from) {
            Ok(answer) => answer,
            Err(HaloError::NotFound | HaloError::Rejected { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let record = decode::answer(answer, R::PATH, whole_record::<R>).await?;
        if record.as_ref().is_some_and(|record| record.id() != id) {
            return Err(HaloError::NotUnderstood(format!("{path}: another record was answered")));
        }
        Ok(record)
    }

    /// Reads many records by their ids, by list pages or one by one, whichever needs fewer
    /// requests; the first page shows how long the list is. A record that the list lacks is read by
    /// itself before it counts as deleted. A record for which Halo has no answer, or none that is
    /// understood, affects only that record while Halo answers for others. Rows of interest that
    /// the list showed besides are returned as well. `absence` decides for which records that the
    /// list lacks the read by itself is left out.
    ///
    /// A record that comes with a filter is looked for on the first page of that list before it is
    /// read singly.
    pub(super) async fn look_up<R: ListedRecord>(
        &self,
        wanted: BTreeMap<i32, Option<ListFilter>>,
        absence: AbsenceProof,
    ) -> Result<(BTreeMap<i32, RecordLookup<R>>, Vec<R>), HaloError> {
        let mut records =
            Records { missing: wanted, found: BTreeMap::new(), others: Vec::new(), kept: KeptRows::default() };
        let mut pages = self.pages::<R>(Vec::new(), EndProof::SmallFirstPage);
        if records.missing.len() > MAX_SINGLE_READS_FIRST {
            // One page more than there are records is never read.
            pages.allow(u32::try_from(records.missing.len()).unwrap_or(u32::MAX).saturating_add(1));
            records.read_list(&mut pages).await?;
        }
        if absence == AbsenceProof::WholeList && pages.is_whole() {
            let absent = std::mem::take(&mut records.missing);
            records.found.extend(absent.into_keys().map(|id| (id, Ok(None))));
        }
        let mut doubtful = self.read_singly(&mut records, &pages).await?;
        if records.found.is_empty()
            && pages.is_empty()
            && let Some((_, error)) = doubtful.unclear.pop_first()
        {
            return Err(error);
        }
        // If no record was found, the list distinguishes deleted records from a module that is
        // switched off, and an empty tenant from one that is hidden from the agent.
        if !records.found.is_empty() && records.found.values().all(|it| matches!(it, Ok(None))) {
            if pages.read() == 0 {
                pages.next().await?;
            }
            if pages.is_empty() && records.found.len() > MAX_SINGLE_READS_FIRST {
                return Err(HaloError::NothingVisible(R::AREA.level()));
            }
        }
        // 401 and 403 may mean a gone record as well as a missing permission. Where the list shows
        // anything, it decides; where it cannot be read or is empty, it is the permission: a module
        // that is switched off may look like that.
        records.missing = doubtful.refused.into_iter().map(|id| (id, None)).collect();
        while !records.missing.is_empty() && records.read_page(&mut pages).await? {}
        if let Some(refusal) = doubtful.refusal.filter(|_| !records.missing.is_empty() && pages.is_empty()) {
            return Err(refusal);
        }
        records.found.extend(records.missing.into_keys().map(|id| (id, Ok(None))));
        records.found.extend(doubtful.unclear.into_iter().map(|(id, error)| (id, Err(error))));
        Ok((records.found, records.others))
    }

    /// Reads what is still missing, each by its filtered list or by itself.
    async fn read_singly<R: ListedRecord>(
        &self,
        records: &mut Records<R>,
        pages: &Pages<'_, R>,
    ) -> Result<Doubtful, HaloError> {
        let mut doubtful = Doubtful::default();
        let mut unanswered = 0;
        let mut read = pages.read();
        while let Some((id, filter)) = records.missing.pop_first() {
            read += 1;
            // The list may end without the record; only a single read says that it is deleted.
            if let Some(filter) = filter.filter(|_| !pages.ended())
                && let Ok(page) = self.page::<R>(&filter, 1, self.page_size::<R>(), max_wait(read)).await
            {
                records.missing.insert(id, None);
                records.sort(page.rows)?;
                continue;
            }
            match self.single(id, max_wait(read)).await {
                Ok(record) => {
                    unanswered = 0;
                    records.found.insert(id, Ok(record));
                }
                Err(error @ HaloError::PermissionDenied(_)) => {
                    doubtful.refused.insert(id);
                    doubtful.refusal = Some(error);
                }
                Err(error @ (HaloError::NoAnswer | HaloError::Unavailable { .. }))
                    if unanswered + 1 < MAX_UNANSWERED_IN_A_ROW =>
                {
                    unanswered += 1;
                    doubtful.unclear.insert(id, error);
                }
                Err(error @ (HaloError::NotUnderstood(_) | HaloError::AnswerTooLarge(_))) => {
                    doubtful.unclear.insert(id, error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(doubtful)
    }
}

/// Records for which a single read gave no answer that decides.
#[derive(Default)]
struct Doubtful {
    /// Refused: gone, or not permitted.
    refused: BTreeSet<i32>,
    refusal: Option<HaloError>,
    unclear: BTreeMap<i32, HaloError>,
}

/// What a look-up has and has not found so far.
struct Records<R> {
    missing: BTreeMap<i32, Option<ListFilter>>,
    found: BTreeMap<i32, RecordLookup<R>>,
    /// Rows that were not asked for and may matter.
    others: Vec<R>,
    kept: KeptRows,
}

impl<R: ListedRecord> Records<R> {
    /// Reads the list while that is cheaper than single reads, and a list without the order that
    /// was asked for a few pages further.
    async fn read_list(&mut self, pages: &mut Pages<'_, R>) -> Result<(), HaloError> {
        while !self.missing.is_empty() && pages.requests_left().unwrap_or(pages.read() as usize) < self.missing.len() {
            if !self.read_page(pages).await? {
                break;
            }
        }
        if R::NEWEST_FIRST && pages.ascending() {
            let most = pages.read() + MAX_PAGES_OUT_OF_ORDER;
            while pages.rows_left().is_some_and(|left| left > 0) && pages.read() < most {
                if !self.read_page(pages).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Reads one more page; false at the end.
    async fn read_page(&mut self, pages: &mut Pages<'_, R>) -> Result<bool, HaloError> {
        let Some(rows) = pages.next().await? else { return Ok(false) };
        self.sort(rows)?;
        Ok(true)
    }

    /// Moves the missing rows to `found`, and other rows that may matter to `others`. A missing row
    /// that leaves too much out stays missing.
    fn sort(&mut self, rows: Vec<R>) -> Result<(), HaloError> {
        for row in rows {
            let id = row.id();
            if self.missing.contains_key(&id) {
                if row.is_whole() {
                    self.missing.remove(&id);
                    self.found.insert(id, Ok(Some(row)));
                }
            } else if row.is_of_interest() && !self.found.contains_key(&id) {
                self.kept.add(&row)?;
                self.others.push(row);
            }
        }
        Ok(())
    }
}

/// Decodes a record that was read singly, with all of its members.
pub(super) fn whole_record<R: ListedRecord>(body: &[u8], what: &str) -> Result<Option<R>, HaloError> {
    let record = decode::record_and_members::<R>(body, what)?;
    Ok(record.map(|(record, members)| record.with_members(&members)))
}
