//! Follows a sync as it happens, whichever process does the work.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use async_graphql::{Context, ID, Subscription as SubscriptionRoot};
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, Stream};
use tokio::time::{sleep, timeout};

use super::{
    access_log::AccessLog,
    error::{Failure, Result},
    objects::run::HaloSyncRun,
    request_context::RequestContext,
};
use crate::auth::{Act, Caller};
use crate::domain::run::{Run, RunState, Trigger};
use crate::ids::{ClientId, PartnerId, RunId};
use crate::ops::Ops;
use crate::storage::run_listener::{RunChanges, RunListener};
use crate::storage::{results, runs};

/// After this time the run is read even without a notification: a database connection that died
/// silently delivers none.
const MAX_SILENCE: Duration = Duration::from_secs(15);
/// The same while a nightly sync runs, whose results are not announced: a night has hundreds of
/// thousands, and hardly any is followed.
const MAX_SILENCE_AT_NIGHT: Duration = Duration::from_secs(2);
/// How long the database may be away before the subscription ends.
const MAX_OUTAGE: Duration = Duration::from_secs(60);
/// The pause between two reads of a database that is away.
const OUTAGE_INTERVAL: Duration = Duration::from_secs(1);

/// The most ids of changed rows in one event.
const MOST_CHANGES: usize = 100;
/// How much older than the latest one a result may be that no event has covered.
const OVERLAP: TimeDelta = TimeDelta::seconds(60);

pub struct Subscription;

/// The root of all subscriptions.
#[SubscriptionRoot]
impl Subscription {
    /// Sends a sync in its current state and again after each change until it is finished. Clients
    /// that cannot keep a connection open can poll the query `haloSyncRun` instead.
    async fn halo_sync_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The sync's global id.")] id: ID,
    ) -> Result<impl Stream<Item = Result<HaloSyncRun>>> {
        let request_context = RequestContext::of(ctx);
        let run: RunId = id.parse().map_err(|_| Failure::NotFound)?;
        let partner = request_context.owner(run.0).await?.ok_or(Failure::NotFound)?;
        let followed = FollowedRun {
            ops: request_context.ops.clone(),
            caller: request_context.caller.clone(),
            access_log: request_context.access_log.clone(),
            partner,
            run,
            // Subscribed before the first read, so that no change between the two is missed.
            changes: ctx.data_unchecked::<RunListener>().of(run),
            selects_changes: ctx.look_ahead().field("changedClientIds").exists(),
            recorded: Recorded::default(),
            shown: None,
            away_since: None,
            over: false,
        };
        Ok(stream::unfold(followed, FollowedRun::next))
    }
}

struct FollowedRun {
    ops: Ops,
    caller: Caller,
    access_log: AccessLog,
    partner: PartnerId,
    run: RunId,
    changes: RunChanges,
    /// Whether the ids of changed rows are selected.
    selects_changes: bool,
    recorded: Recorded,
    shown: Option<Run>,
    /// Since when the database has been away.
    away_since: Option<Instant>,
    over: bool,
}

impl FollowedRun {
    /// The next state of the run that is not the one shown already.
    async fn next(mut self) -> Option<(Result<HaloSyncRun>, Self)> {
        while !self.over {
            if self.away_since.is_some() {
                sleep(OUTAGE_INTERVAL).await;
            } else if let Some(shown) = &self.shown {
                let silence = match (shown.trigger, shown.state) {
                    (Trigger::Nightly, RunState::Running) => MAX_SILENCE_AT_NIGHT,
                    _ => MAX_SILENCE,
                };
                // A notification and the time-out have the same consequence: the run is read again.
                let _ = timeout(silence, self.changes.next()).await;
            }
            let read = self.read().await;
            if let Err(Failure::Unavailable(_)) = read
                && self.away_since.get_or_insert_with(Instant::now).elapsed() < MAX_OUTAGE
            {
                continue;
            }
            self.away_since = None;
            match read {
                Ok((run, _)) if self.shown.as_ref() == Some(&run) => {}
                Ok((run, results)) => {
                    self.over = run.state.is_finished();
                    self.shown = Some(run.clone());
                    let changed = results.and_then(|results| self.recorded.take_new(results));
                    return Some((Ok(HaloSyncRun::event(run, changed)), self));
                }
                Err(failure) => {
                    self.over = true;
                    return Some((Err(failure), self));
                }
            }
        }
        None
    }

    /// Reads the run and, if selected, its latest results, after the policy has permitted it again.
    async fn read(&self) -> Result<(Run, Option<Results>)> {
        if self.caller.expires_at() <= self.ops.clock.now() {
            return Err(Failure::Expired);
        }
        let scopes = self.access_log.permit_and_record(Act::ViewPartner, [self.partner]).await?;
        let mut db = self.ops.db.read(&scopes[0]).await?;
        let run = runs::find_many(&mut db, &scopes[0], &[self.run]).await?.pop().ok_or(Failure::NotFound)?;
        if !self.selects_changes {
            return Ok((run, None));
        }
        let most = (MOST_CHANGES + self.recorded.known.len() + 1) as i64;
        let results = results::recorded_since(&mut db, &scopes[0], self.run, self.recorded.since(), most).await?;
        Ok((run, Some(results)))
    }
}

/// Clients with the times at which their results were recorded, the oldest first.
type Results = Vec<(ClientId, DateTime<Utc>)>;

/// The results that earlier events have covered, as far back as a result may still appear: two
/// processes that recorded them one after the other may differ in their clocks.
#[derive(Default)]
struct Recorded {
    latest: Option<DateTime<Utc>>,
    known: HashSet<(ClientId, DateTime<Utc>)>,
}

impl Recorded {
    fn since(&self) -> DateTime<Utc> {
        self.latest.map_or(DateTime::UNIX_EPOCH, |latest| latest - OVERLAP)
    }

    /// The clients whose results no event has covered yet; `None` if there are too many to name.
    fn take_new(&mut self, results: Results) -> Option<Vec<ClientId>> {
        let new: Vec<_> =
            results.iter().filter(|result| !self.known.contains(result)).map(|(client, _)| *client).collect();
        self.latest = self.latest.max(results.last().map(|(_, at)| *at));
        self.known.extend(results);
        let since = self.since();
        self.known.retain(|(_, at)| *at >= since);
        (new.len() <= MOST_CHANGES).then_some(new)
    }
}
