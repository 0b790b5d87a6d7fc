//! Reads lists page by page, to their ends.
//!
//! Halo caps its pages (at 100 rows now), ignores the page number on some lists and may leave
//! `record_count` out or count something else with it (docs/halo-api.md, section 7). So the end of
//! a list is proven by its rows alone: an empty page, a page without new rows, or one shorter than
//! an earlier page. `record_count` only decides whether reading on is cheaper than single reads,
//! and reports rows that are missing.

use std::{collections::HashSet, marker::PhantomData};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    HaloError, KeptRows, Session,
    decode::{self, Page},
    transport::{ApiRequest, Area, MaxWait},
};
use crate::net::AnswerLimits;

/// The largest page that Halo returns.
pub(super) const PAGE_SIZE: u32 = 100;
/// The smallest page cap that is expected of a Halo. Caps of 50 and 100 rows are known.
pub(super) const MIN_PAGE_CAP: u32 = 20;
/// The most pages of one list: far beyond a real tenant's list of invoices (30,000 rows) and a real
/// customer's list of subscriptions (5,000). A longer list never ends and would exhaust the
/// tenant's budget. A list that replaces single reads may be as long as it is cheaper.
const MAX_PAGES: u32 = 300;
const MAX_FILTERED_PAGES: u32 = 50;
/// The most rows of one list, for a Halo whose pages have more rows than were asked for.
const MAX_ROWS: usize = 100_000;
/// A read that has used this many requests is completed whatever the wait. Two such reads do not
/// fit into a tenant's budget, and an abandoned read starts again from its beginning.
const BULK_READ_AFTER: u32 = 100;
/// The most records of one list that are left out because each alone is larger than what is read.
const MAX_TOO_LARGE: u32 = 10;
/// How often a list is read before it counts as one that changes all the time.
const MAX_READINGS: u32 = 3;

/// A kind of record that Halo lists.
pub(super) trait ListedRecord: DeserializeOwned + Send + 'static {
    /// The resource, such as `/Client`.
    const PATH: &'static str;
    const AREA: Area;
    /// The parameters with which a list leaves nothing out.
    const ALL: &'static [(&'static str, &'static str)];
    /// Whether lists are in the order of descending ids.
    const NEWEST_FIRST: bool = false;

    fn id(&self) -> i32;

    /// The memory that the row takes up, in bytes.
    fn size(&self) -> usize {
        size_of::<Self>()
    }

    /// Adds what only a record that was read singly shows.
    fn with_members(self, _members: &Value) -> Self {
        self
    }

    /// Whether a list row holds all that is needed; if not, the record is read by itself.
    fn is_whole(&self) -> bool {
        true
    }

    /// Whether a row that was not asked for is returned when a list shows it.
    fn is_of_interest(&self) -> bool {
        false
    }
}

/// The parameters that restrict a list.
pub(super) type ListFilter = Vec<(&'static str, String)>;

/// How the end of a list is proven after its first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndProof {
    /// By a second page, even after a short first one: a Halo may cap its pages at any size. Needed
    /// before a create, where a hidden row leads to a second billed subscription.
    AnotherPage,
    /// By a first page shorter than any expected cap. Enough where a hidden row costs nothing.
    SmallFirstPage,
}

/// A list that is read page by page.
pub(super) struct Pages<'s, R> {
    session: &'s Session,
    filter: ListFilter,
    proof: EndProof,
    /// Pages read.
    read: u32,
    most: u32,
    /// The rows to ask for in one page; smaller after an answer that was too large.
    size: u32,
    /// Rows received at this size and before, repeated ones included: the place of the next page.
    received: u32,
    ids: HashSet<i32>,
    total: Option<u32>,
    /// Rows were deleted while the list was read, and moved later ones to pages that were read
    /// before.
    shrank: bool,
    /// The longest page at this size. A shorter one is the last.
    longest: u32,
    /// The longest page before the size became smaller: the server's cap, if it is below the size.
    cap: u32,
    ended: bool,
    repeated: bool,
    /// Records that are larger than an answer may be, and are left out.
    too_large: u32,
    /// The rows came in the order of ascending ids.
    ascending: bool,
    kind: PhantomData<fn() -> R>,
}

impl<R: ListedRecord> Pages<'_, R> {
    /// Reads the next rows, without any that were there before; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<R>>, HaloError> {
        if self.ended {
            return Ok(None);
        }
        if self.read >= self.most || self.ids.len() > MAX_ROWS {
            return Err(HaloError::NotUnderstood(format!("{}: the list does not end", R::PATH)));
        }
        let Page { rows, total, .. } = self.read_page().await?;
        self.read += 1;
        let length = rows.len() as u32;
        // A count of the page's own rows falls on the last page.
        self.shrank |= total < self.total && total.is_some_and(|total| total != length);
        self.total = total;
        self.ascending = rows.first().map(R::id) < rows.last().map(R::id);
        let short =
            length < self.longest || self.read == 1 && length < MIN_PAGE_CAP && self.proof == EndProof::SmallFirstPage;
        self.received += length;
        self.longest = self.longest.max(length);
        if self.leaves_rows_out() {
            self.enlarge();
        }
        let new_rows: Vec<R> = rows.into_iter().filter(|row| self.ids.insert(row.id())).collect();
        self.repeated = length > 0 && new_rows.is_empty();
        // A count that promises more rows is worth another page; one that does not proves nothing.
        self.ended = new_rows.is_empty() || short && self.rows_left().unwrap_or(0) == 0;
        Ok((!new_rows.is_empty()).then_some(new_rows))
    }

    /// Reads the page after the rows received so far. A page that is too large is read again with
    /// fewer rows, down to one. A single record that is too large is left out: it must not hide the
    /// others.
    async fn read_page(&mut self) -> Result<Page<R>, HaloError> {
        loop {
            // A server that caps its pages below the requested size counts pages of its own size.
            let effective = self.effective_size();
            // A count may promise rows after a short page: they would be on the page after it.
            let page_no = self.received.div_ceil(effective) + 1;
            match self.session.page::<R>(&self.filter, page_no, self.size, max_wait(self.read)).await {
                Err(HaloError::AnswerTooLarge(_)) if self.size > 1 => {
                    let smaller = largest_divisor(self.size);
                    self.session.remember_page_size::<R>(smaller);
                    if (1..self.size).contains(&self.longest) {
                        self.cap = self.longest;
                    }
                    (self.size, self.longest) = (smaller, 0);
                    // The next page begins at a multiple of its size, and may repeat rows.
                    self.received -= self.received % self.effective_size();
                    self.most = self.most.saturating_mul(2);
                }
                Err(HaloError::AnswerTooLarge(evidence)) if self.too_large < MAX_TOO_LARGE => {
                    tracing::warn!(evidence, "a record of the list is too large and is left out");
                    self.too_large += 1;
                    self.received += 1;
                }
                other => return other,
            }
        }
    }

    /// Asks for more rows again after a record that alone was too large, as far as a larger page
    /// begins where the next row is.
    fn enlarge(&mut self) {
        let mut size = self.session.page_size::<R>().min(self.cap);
        while size > self.size && !self.received.is_multiple_of(size) {
            size = largest_divisor(size);
        }
        if size > self.size {
            (self.size, self.longest) = (size, 0);
        }
    }

    /// Lets the list have at least this many pages.
    pub(super) fn allow(&mut self, pages: u32) {
        self.most = self.most.max(pages);
    }

    /// Returns how many pages were read.
    pub(super) fn read(&self) -> u32 {
        self.read
    }

    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Returns whether no page had a row so far.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Returns whether the last page was in the order of ascending ids.
    pub(super) fn ascending(&self) -> bool {
        self.ascending
    }

    /// Returns whether the list was read to its end and showed all of its rows.
    pub(super) fn is_whole(&self) -> bool {
        self.ended && !self.repeated && !self.shrank && !self.leaves_rows_out()
    }

    /// Returns whether rows were deleted while the list was read, so that others may be missing.
    pub(super) fn shrank(&self) -> bool {
        self.shrank
    }

    /// Returns whether rows were left out, each of which is too large.
    pub(super) fn leaves_rows_out(&self) -> bool {
        self.too_large > 0
    }

    fn effective_size(&self) -> u32 {
        if self.longest > 0 { self.longest.min(self.size) } else { self.size.min(self.cap) }
    }

    /// Returns the `record_count` of the latest page, if it is there.
    pub(super) fn total(&self) -> Option<u32> {
        self.total
    }

    /// Returns how many rows `record_count` promises besides those that were read, if it is there.
    pub(super) fn rows_left(&self) -> Option<u32> {
        Some(self.total?.saturating_sub(self.ids.len() as u32))
    }

    /// Returns the number of requests to the list's end as far as `record_count` shows it; at least
    /// one, because only a page proves the end.
    pub(super) fn requests_left(&self) -> Option<usize> {
        if self.ended {
            return Some(0);
        }
        // Behind a record that alone is too large, pages are as long again as before.
        let later = self.session.page_size::<R>().min(self.cap);
        let length = if self.size < later || self.longest == 0 { later } else { self.longest };
        Some((self.rows_left()?.div_ceil(length) as usize).max(1))
    }

    /// Reads all rows, and keeps those that are `wanted`. A list that stops short of its own count
    /// by repeating a page leaves rows out and is an error, and so is one with a record that is too
    /// large. One that became shorter meanwhile is read again from its beginning.
    pub(super) async fn all(mut self, kept: &mut KeptRows, wanted: impl Fn(&R) -> bool) -> Result<Vec<R>, HaloError> {
        let kept_before = kept.clone();
        for _ in 0..MAX_READINGS {
            let mut rows = Vec::new();
            while let Some(more) = self.next().await? {
                for row in more.into_iter().filter(&wanted) {
                    kept.add(&row)?;
                    rows.push(row);
                }
            }
            if !self.shrank {
                return self.proven(rows);
            }
            tracing::info!(path = R::PATH, "rows were deleted while the list was read; it is read again");
            *kept = kept_before.clone();
            self = Self { most: self.most, ..self.session.pages(self.filter, self.proof) };
        }
        Err(HaloError::not_api(format!("{}: the list became shorter each time it was read", R::PATH)))
    }

    /// Returns the rows of a list that was read to its end, unless it leaves some out.
    fn proven(&self, rows: Vec<R>) -> Result<Vec<R>, HaloError> {
        if self.leaves_rows_out() {
            return Err(HaloError::AnswerTooLarge(format!("{}: {} records", R::PATH, self.too_large)));
        }
        if self.repeated && self.rows_left().is_some_and(|left| left > 0) {
            return Err(HaloError::NotUnderstood(format!("{}: the list repeats a page and leaves rows out", R::PATH)));
        }
        if let Some(missing) = self.rows_left().filter(|left| *left > 0) {
            tracing::warn!(path = R::PATH, missing, "Halo counts more rows than its list has");
        }
        Ok(rows)
    }
}

impl Session {
    pub(super) fn pages<R: ListedRecord>(&self, filter: ListFilter, proof: EndProof) -> Pages<'_, R> {
        let size = self.page_size::<R>();
        let most = if filter.is_empty() { MAX_PAGES } else { MAX_FILTERED_PAGES };
        Pages {
            session: self,
            most: most.saturating_mul(PAGE_SIZE / size),
            filter,
            proof,
            read: 0,
            size,
            received: 0,
            ids: HashSet::new(),
            total: None,
            shrank: false,
            longest: 0,
            cap: PAGE_SIZE,
            ended: false,
            repeated: false,
            too_large: 0,
            ascending: false,
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
        query.push(("orderdesc", R::NEWEST_FIRST.to_string()));
        let limits = AnswerLimits::PAGE;
        let request = ApiRequest { area: R::AREA, path: R::PATH, query: &query, body: None, max_wait, limits };
        match self.api(request).await {
            Ok(answer) => decode::answer(answer, R::PATH, decode::page).await,
            Err(failure) => Err(match failure.error {
                // A list always exists, unless its whole module is missing.
                HaloError::NotFound if R::AREA == Area::Licences => HaloError::LicensingOff,
                HaloError::NotFound => HaloError::NotUnderstood(format!("GET {}: 404", R::PATH)),
                error => error,
            }),
        }
    }

    /// Reads one page of any size; what of it is too large, as several smaller ones. A single
    /// record that is too large is left out: it must not hide the others.
    pub(super) async fn page_in_parts<R: ListedRecord>(
        &self,
        filter: &[(&'static str, String)],
        page_no: u32,
        page_size: u32,
    ) -> Result<Page<R>, HaloError> {
        // The pages that are still to be read, with their sizes; the next one is the last.
        let mut parts = vec![(page_no, page_size)];
        let (mut joined, mut too_large): (Option<Page<R>>, _) = (None, None);
        while let Some((no, size)) = parts.pop() {
            let page = if size > self.page_size::<R>() {
                Err(HaloError::AnswerTooLarge(format!("{}: a page of this size was too large before", R::PATH)))
            } else {
                self.page::<R>(filter, no, size, MaxWait::Default).await
            };
            match page {
                Err(HaloError::AnswerTooLarge(_)) if size > 1 => {
                    let smaller = largest_divisor(size);
                    self.remember_page_size::<R>(smaller);
                    let first = (no - 1) * (size / smaller) + 1;
                    parts.extend((first..first + size / smaller).rev().map(|no| (no, smaller)));
                }
                Err(error @ HaloError::AnswerTooLarge(_)) => {
                    tracing::warn!(evidence = error.evidence(), "a record of the list is too large and is left out");
                    too_large = Some(error);
                }
                Err(error) => return Err(error),
                Ok(page) => {
                    let is_last = page.rows.len() < size as usize;
                    match &mut joined {
                        // More rows than were asked for are those of the next parts.
                        Some(joined) => joined.rows.extend(page.rows.into_iter().take(size as usize)),
                        // The size that is stated is that of a part.
                        None => joined = Some(Page { page_size: page.page_size.filter(|_| size == page_size), ..page }),
                    }
                    if is_last {
                        break;
                    }
                }
            }
        }
        // Where there is nothing else to show, an empty page would not be true.
        let shown = joined.filter(|joined| too_large.is_none() || !joined.rows.is_empty());
        shown.ok_or_else(|| too_large.unwrap_or_else(|| HaloError::AnswerTooLarge(R::PATH.into())))
    }
}

/// Returns the longest wait for the next request of a read that has used this many.
pub(super) fn max_wait(read: u32) -> MaxWait {
    if read < BULK_READ_AFTER { MaxWait::Default } else { MaxWait::BulkRead }
}

/// Returns the next smaller page size whose pages begin where pages of this size begin.
pub(super) fn largest_divisor(size: u32) -> u32 {
    (1..=size / 2).rev().find(|divisor| size.is_multiple_of(*divisor)).unwrap_or(1)
}
