//! Pages of lists: their size, cursors and total counts.
//!
//! Lists are paginated by keyset: a cursor holds the sort key of an entry, and every page costs the
//! same.

use async_graphql::{
    Context, Object, ObjectType, OutputType,
    connection::{Connection, CursorType, Edge, OpaqueCursor},
};
use chrono::DateTime;
use uuid::Uuid;

use super::{
    error::{Failure, Result},
    loaders::{
        ActivityCount, ClientsCount, DeliveriesCount, EvidenceCount, HistoryCount, ProblemsCount, ResultsCount,
        RunsCount, UserCountsOf,
    },
    request_context::RequestContext,
    scalars::Timestamp,
};
use crate::auth::SystemScope;
use crate::domain::roster::UserCounts;
use crate::ops::search_text;
use crate::storage::partners::{self, PartnerFilter};
use crate::storage::problems::{self, ProblemFilter};
use crate::storage::{Page, Period, Position, Slice};

const DEFAULT: u16 = 25;
const MOST: u16 = 100;

pub(super) type Place = OpaqueCursor<(String, Uuid)>;
/// A list whose length is known.
pub(super) type Paged<N> = Connection<Place, N, Total>;

/// How many entries a page may have.
pub(super) fn size(first: Option<i32>) -> Result<u16> {
    match first.map_or(Ok(DEFAULT), u16::try_from) {
        Ok(first) if (1..=MOST).contains(&first) => Ok(first),
        _ => {
            Err(Failure::bad_argument("first", format!("A page has 1 to {MOST} entries. Use a number in this range.")))
        }
    }
}

/// Reads a cursor.
pub(super) fn cursor<C: CursorType>(after: Option<&str>) -> Result<Option<C>> {
    after.map(|after| C::decode_cursor(after).map_err(|_| of_another_list())).transpose()
}

fn of_another_list() -> Failure {
    Failure::bad_argument("after", "This is not a cursor of this list. Use one from `pageInfo` or an edge of it.")
}

/// Reads the arguments `first` and `after` of a list.
pub(super) fn page(first: Option<i32>, after: Option<&str>) -> Result<Page> {
    let after = cursor::<Place>(after)?.map(|OpaqueCursor((key, id))| Position { key, id });
    Ok(Page { first: size(first)?, after })
}

/// The same of a list that is sorted by time.
pub(super) fn page_by_time(first: Option<i32>, after: Option<&str>) -> Result<Page> {
    let page = page(first, after)?;
    match &page.after {
        Some(after) if DateTime::parse_from_rfc3339(&after.key).is_err() => Err(of_another_list()),
        _ => Ok(page),
    }
}

/// Reads the argument `search`. An empty text is no filter.
pub(super) fn search(text: Option<String>) -> Result<Option<String>> {
    let text = text.as_deref().map(search_text).transpose()?;
    Ok(text.filter(|text| !text.is_empty()).map(str::to_owned))
}

/// Reads the arguments `from` and `to` of a list.
pub(super) fn period(from: Option<Timestamp>, to: Option<Timestamp>) -> Period {
    Period { from: from.map(Into::into), to: to.map(Into::into) }
}

/// For `complexity`: a page counts as many times as it has entries.
pub(super) fn paged(first: Option<i32>, each: usize) -> usize {
    each * usize::from(size(first).unwrap_or(MOST))
}

/// Makes the connection of a page. `place` returns the sort key of an entry.
pub(super) fn shown<T, N: OutputType, A: ObjectType>(
    page: &Page,
    slice: Slice<T>,
    total: A,
    place: impl Fn(&T) -> (String, Uuid),
    show: impl Fn(T) -> N,
) -> Connection<Place, N, A> {
    let mut shown = Connection::with_additional_fields(page.after.is_some(), slice.has_next, total);
    let edges = slice.items.into_iter().map(|item| Edge::new(OpaqueCursor(place(&item)), show(item)));
    shown.edges.extend(edges);
    shown
}

/// What the total count of a list counts. It is only counted if `totalCount` is selected.
pub enum Total {
    Partners(SystemScope, PartnerFilter),
    /// With the number, if the page's statement has counted.
    Clients(ClientsCount, Option<i64>),
    Runs(RunsCount),
    Problems(ProblemsCount),
    ProblemsOfAll(SystemScope, ProblemFilter),
    Activity(ActivityCount),
    Results(ResultsCount),
    History(HistoryCount),
    Evidence(EvidenceCount),
    Deliveries(DeliveriesCount),
    /// Of a list that was read as a whole.
    Known(i64),
    /// Of a client's users, those who are counted, those who are not, or both.
    Users(UserCountsOf, Option<bool>),
}

#[Object]
impl Total {
    /// The number of entries on all pages of the list.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let request_context = RequestContext::of(ctx);
        let count = match self {
            Total::Partners(scope, filter) => {
                let mut db = request_context.reads.turn(*scope).await?;
                let count = partners::count(&mut db, *scope, filter).await?;
                db.end();
                Some(count)
            }
            Total::Clients(_, Some(count)) => Some(*count),
            Total::Clients(count, None) => request_context.load(count.clone()).await?,
            Total::Problems(count) => request_context.load(count.clone()).await?,
            Total::ProblemsOfAll(scope, filter) => {
                let now = request_context.access_log.now();
                let mut db = request_context.reads.turn(*scope).await?;
                let count = problems::count_across(&mut db, *scope, filter, now).await?;
                db.end();
                Some(count)
            }
            Total::Runs(count) => request_context.load(count.clone()).await?,
            Total::Activity(count) => request_context.load(count.clone()).await?,
            Total::Results(count) => request_context.load(count.clone()).await?,
            Total::Known(count) => Some(*count),
            Total::History(count) => request_context.load(count.clone()).await?,
            Total::Deliveries(count) => request_context.load(count.clone()).await?,
            Total::Evidence(count) => request_context.load(*count).await?,
            Total::Users(key, counted) => request_context.load(*key).await?.map(|counts| {
                let UserCounts { counted: yes, same_address, deactivated, archived, client_archived } = counts;
                let no = same_address + deactivated + archived + client_archived;
                i64::from(counted.map_or(yes + no, |counted| if counted { yes } else { no }))
            }),
        };
        Ok(i32::try_from(count.unwrap_or_default()).unwrap_or(i32::MAX))
    }
}
