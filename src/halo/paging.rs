//! Reads records: a whole list, one record by its id, or many by the cheaper way.
//!
//! Halo caps its pages (at 100 rows now), ignores the page number on some lists and may leave
//! `record_count` out (docs/halo-api.md, section 7). So nothing is computed from the page size
//! asked for, and a list that never ends is an error.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    marker::PhantomData,
};

use serde::de::DeserializeOwned;

use super::{
    HaloError, Session,
    decode::{self, Page},
    transport::{ApiRequest, Area, MaxWait},
};

/// The largest page that Halo returns.
const PAGE_SIZE: u32 = 100;
/// The most pages of one list: far beyond a real tenant's list of invoices (30,000 rows) and a real
/// customer's list of subscriptions (5,000). A longer list never ends and would exhaust the tenant's
/// budget. A list that replaces single reads may be as long as it is cheaper.
const MAX_PAGES: u32 = 300;
const MAX_FILTERED_PAGES: u32 = 50;
/// A read that has used this many requests is completed whatever the wait. Two such reads do not
/// fit into a tenant's budget, and an abandoned read starts again from its beginning.
const BULK_READ_AFTER: u32 = 100;
/// Up to this many records are read one by one without reading the list first.
const MAX_SINGLE_READS_FIRST: usize = 2;
/// This many unanswered single reads in a row mean that Halo is unreachable, not that these records
/// are broken.
const MAX_UNANSWERED_IN_A_ROW: u32 = 3;

/// A kind of record that Halo lists.
pub(super) trait ListedRecord: DeserializeOwned + Send {
    /// The resource, such as `/Client`.
    const PATH: &'static str;
    const AREA: Area;
    /// The parameters with which a list leaves nothing out.
    const ALL: &'static [(&'static str, &'static str)];

    fn id(&self) -> i32;

    /// Whether a list row holds all that is needed; if not, the record is read by itself.
    fn is_whole(&self) -> bool {
        true
    }
}

/// Halo's answer for one record's id; `None` means that Halo has no such record.
pub(super) type RecordLookup<R> = Result<Option<R>, HaloError>;

/// A list that is read page by page.
pub(super) struct Pages<'s, R> {
    session: &'s Session,
    filter: Vec<(&'static str, String)>,
    read: u32,
    most: u32,
    seen: HashSet<i32>,
    total: Option<u32>,
    longest: u32,
    ended: bool,
    repeated: bool,
    kind: PhantomData<fn() -> R>,
}

impl<R: ListedRecord> Pages<'_, R> {
    /// The next rows, without any that were there before; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<R>>, HaloError> {
        if self.ended {
            return Ok(None);
        }
        if self.read >= self.most {
            return Err(HaloError::NotUnderstood(format!("{}: the list does not end", R::PATH)));
        }
        let Page { rows, total, .. } =
            self.session.page::<R>(&self.filter, self.read + 1, PAGE_SIZE, max_wait(self.read)).await?;
        self.read += 1;
        self.total = total;
        self.longest = self.longest.max(rows.len() as u32);
        let empty = rows.is_empty();
        let fresh: Vec<R> = rows.into_iter().filter(|row| self.seen.insert(row.id())).collect();
        self.repeated = !empty && fresh.is_empty();
        self.ended = fresh.is_empty() || self.rows_left() == Some(0);
        Ok((!fresh.is_empty()).then_some(fresh))
    }

    fn rows_left(&self) -> Option<u32> {
        Some(self.total?.saturating_sub(self.seen.len() as u32))
    }

    /// Returns the number of requests to the list's end, if it is known.
    fn requests_left(&self) -> Option<usize> {
        if self.ended {
            return Some(0);
        }
        Some(self.rows_left()?.div_ceil(self.longest.max(1)) as usize)
    }

    /// Reads one more page and moves what is wanted of it to `found`; false at the end.
    async fn next_into(
        &mut self,
        wanted: &mut BTreeSet<i32>,
        found: &mut BTreeMap<i32, RecordLookup<R>>,
    ) -> Result<bool, HaloError> {
        let Some(rows) = self.next().await? else { return Ok(false) };
        found.extend(
            rows.into_iter()
                .filter(|row| row.is_whole() && wanted.remove(&row.id()))
                .map(|row| (row.id(), Ok(Some(row)))),
        );
        Ok(true)
    }

    /// All rows. A list that stops short of its own count by repeating a page is not taken for
    /// whole.
    pub(super) async fn all(mut self) -> Result<Vec<R>, HaloError> {
        let mut rows = Vec::new();
        while let Some(more) = self.next().await? {
            rows.extend(more);
        }
        if self.repeated && self.rows_left().is_some_and(|left| left > 0) {
            return Err(HaloError::NotUnderstood(format!("{}: the list repeats a page and leaves rows out", R::PATH)));
        }
        Ok(rows)
    }
}

impl Session {
    pub(super) fn pages<R: ListedRecord>(&self, filter: Vec<(&'static str, String)>) -> Pages<'_, R> {
        Pages {
            session: self,
            most: if filter.is_empty() { MAX_PAGES } else { MAX_FILTERED_PAGES },
            filter,
            read: 0,
            seen: HashSet::new(),
            total: None,
            longest: 0,
            ended: false,
            repeated: false,
            kind: PhantomData,
        }
    }

    /// Reads one page; `page_no` counts from 1. Paging works only with `pageinate`, spelt this way.
    pub(super) async fn page<R: ListedRecord>(
        &self,
        filter: &[(&'static str, String)],
        page_no: u32,
        page_size: u32,
        max_wait: MaxWait,
    ) -> Result<Page<R>, HaloError> {
        let mut query = filter.to_vec();
        // What the caller asks for goes first and is not asked for twice.
        query.extend(
            R::ALL
                .iter()
                .filter(|(name, _)| filter.iter().all(|(given, _)| given != name))
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        query.push(("pageinate", "true".into()));
        query.push(("page_size", page_size.to_string()));
        query.push(("page_no", page_no.to_string()));
        query.push(("order", "id".into()));
        query.push(("orderdesc", "false".into()));
        let request = ApiRequest { area: R::AREA, path: R::PATH, query: &query, body: None, max_wait };
        match self.api(request).await {
            Ok(answer) => decode::page(&answer.body, R::PATH),
            Err(failure) => Err(match failure.error {
                // A list always exists, unless its whole module is missing.
                HaloError::NotFound if R::AREA == Area::Licences => HaloError::LicensingOff,
                HaloError::NotFound => HaloError::NotUnderstood(format!("GET {}: 404", R::PATH)),
                error => error,
            }),
        }
    }

    /// Reads one record by its id. `None` means that Halo has no such record: 404, an empty answer,
    /// or 400, each of which has to be expected for a deleted id (docs/halo-api.md, section 11.7).
    pub(super) async fn single<R: ListedRecord>(&self, id: i32, max_wait: MaxWait) -> Result<Option<R>, HaloError> {
        let path = format!("{}/{id}", R::PATH);
        let query = [("includedetails", "true".to_owned())];
        let request = ApiRequest { area: R::AREA, path: &path, query: &query, body: None, max_wait };
        let answer = match self.api(request).await.map_err(HaloError::from) {
            Ok(answer) => answer,
            Err(HaloError::NotFound | HaloError::Rejected { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let record: Option<R> = decode::record(&answer.body, R::PATH)?;
        if record.as_ref().is_some_and(|record| record.id() != id) {
            return Err(HaloError::NotUnderstood(format!("{path}: another record was answered")));
        }
        Ok(record)
    }

    /// Reads many records by their ids, by list pages or one by one, whichever needs fewer
    /// requests; the first page shows how long the list is. A record that the list lacks is read by
    /// itself before it counts as deleted. A record for which Halo has no answer, or none that is
    /// understood, affects only that record while Halo answers for others.
    pub(super) async fn look_up<R: ListedRecord>(
        &self,
        wanted: BTreeSet<i32>,
    ) -> Result<BTreeMap<i32, RecordLookup<R>>, HaloError> {
        let mut found = BTreeMap::new();
        let mut missing = wanted;
        let mut pages = self.pages::<R>(Vec::new());
        // One page more than there are records is never read; see the comparison below.
        pages.most = pages.most.max(u32::try_from(missing.len()).unwrap_or(u32::MAX).saturating_add(1));
        if missing.len() > MAX_SINGLE_READS_FIRST {
            while !missing.is_empty() && pages.requests_left().unwrap_or(pages.read as usize) < missing.len() {
                if !pages.next_into(&mut missing, &mut found).await? {
                    break;
                }
            }
        }
        let (mut refused, mut refusal) = (BTreeSet::new(), None);
        let (mut unclear, mut silent) = (BTreeMap::new(), 0);
        for (read, id) in (pages.read..).zip(missing) {
            match self.single(id, max_wait(read)).await {
                Ok(record) => {
                    silent = 0;
                    found.insert(id, Ok(record));
                }
                Err(error @ HaloError::PermissionDenied(_)) => {
                    refused.insert(id);
                    refusal = Some(error);
                }
                Err(error @ HaloError::Unavailable(_)) if silent + 1 < MAX_UNANSWERED_IN_A_ROW => {
                    silent += 1;
                    unclear.insert(id, Err(error));
                }
                Err(error @ HaloError::NotUnderstood(_)) => drop(unclear.insert(id, Err(error))),
                Err(error) => return Err(error),
            }
        }
        if found.is_empty()
            && pages.seen.is_empty()
            && let Some((_, Err(error))) = unclear.pop_first()
        {
            return Err(error);
        }
        // If no record was found, the list distinguishes deleted records from a module that is
        // switched off, and an empty tenant from one that is hidden from the agent.
        if !found.is_empty() && found.values().all(|it| matches!(it, Ok(None))) {
            if pages.read == 0 {
                pages.next().await?;
            }
            if pages.seen.is_empty() && found.len() > MAX_SINGLE_READS_FIRST {
                return Err(HaloError::PermissionDenied(R::AREA.level()));
            }
        }
        // 401 and 403 may mean a gone record as well as a missing permission. Where the list shows
        // anything, it decides; where it cannot be read or is empty, it is the permission: a module
        // that is switched off may look like that.
        while !refused.is_empty() && pages.next_into(&mut refused, &mut found).await? {}
        if let Some(refusal) = refusal.filter(|_| !refused.is_empty() && pages.seen.is_empty()) {
            return Err(refusal);
        }
        found.extend(refused.into_iter().map(|id| (id, Ok(None))));
        found.extend(unclear);
        Ok(found)
    }
}

/// Returns the longest wait for the next request of a read that has used this many.
fn max_wait(read: u32) -> MaxWait {
    if read < BULK_READ_AFTER { MaxWait::Default } else { MaxWait::BulkRead }
}
