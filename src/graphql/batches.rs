//! Runs the batches of the library's data loader once the resolvers have requested all keys that
//! they can.
//!
//! A fixed delay would split a long list on a busy machine into several batches, and would make
//! every batch wait. Here batches run in the request's own task, after the resolvers: a batch has
//! all keys of one level of the query, and a request that is dropped takes its batches with it.
//! Once nothing is left to read for now, the request's database connection returns to the pool.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered, Stream, StreamExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::yield_now;

use crate::storage::SharedReader;

/// How often in a row the resolvers must have requested nothing before a batch begins: lists of
/// more than 30 entries are polled a few entries at a time, and not each of them needs a key.
const QUIET_TURNS: usize = 4;

/// The side that the data loader hands its batches to. Clones share their queue.
#[derive(Clone)]
pub(super) struct BatchQueue {
    batches: UnboundedSender<BoxFuture<'static, ()>>,
    requested_keys: Arc<AtomicUsize>,
}

impl BatchQueue {
    /// Queues a batch, which collects its keys when it begins.
    pub(super) fn push(&self, batch: BoxFuture<'static, ()>) {
        let requested_keys = self.requested_keys.clone();
        let begin_late = async move {
            let (mut known, mut quiet) = (requested_keys.load(Ordering::Relaxed), 0);
            while quiet < QUIET_TURNS {
                yield_now().await;
                let now = requested_keys.load(Ordering::Relaxed);
                quiet = if now == known { quiet + 1 } else { 0 };
                known = now;
            }
            batch.await;
        };
        // The queue is closed once the operation has ended: then nothing waits for the batch.
        let _ = self.batches.send(Box::pin(begin_late));
    }

    /// Counts a key that a resolver requests.
    pub(super) fn count_key(&self) {
        self.requested_keys.fetch_add(1, Ordering::Relaxed);
    }
}

/// The side that runs the batches of one operation.
pub(super) struct BatchRunner {
    reads: Arc<SharedReader>,
    queued: UnboundedReceiver<BoxFuture<'static, ()>>,
    running: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl BatchRunner {
    /// A runner of batches that read through `reads`, with the queue that it takes them from.
    pub(super) fn new(reads: Arc<SharedReader>) -> (BatchQueue, Self) {
        let (batches, queued) = unbounded_channel();
        let queue = BatchQueue { batches, requested_keys: Arc::default() };
        (queue, Self { reads, queued, running: FuturesUnordered::new() })
    }

    /// Runs the resolvers and, whenever they wait, the batches that they wait for.
    pub(super) async fn run<T>(&mut self, resolvers: impl Future<Output = T>) -> T {
        let mut resolvers = pin!(resolvers);
        loop {
            tokio::select! {
                biased;
                response = &mut resolvers => {
                    self.reads.close();
                    return response;
                }
                Some(batch) = self.queued.recv() => self.running.push(batch),
                Some(()) = self.running.next() => {}
                // The resolvers wait for something else, such as Halo.
                () = until_unused(&self.reads), if self.running.is_empty() => self.reads.close(),
            }
        }
    }

    /// Runs the resolvers of each event of a subscription.
    pub(super) fn run_each<T: 'static>(
        self,
        events: impl Stream<Item = T> + Send + 'static,
    ) -> impl Stream<Item = T> + Send {
        stream::unfold((self, events.boxed()), |(mut runner, mut events)| async move {
            let event = runner.run(events.next()).await?;
            Some((event, (runner, events)))
        })
    }
}

/// Waits until a transaction is open that nothing has used for a few turns. The resolvers may open
/// one themselves, so this looks each time that they were polled.
async fn until_unused(reads: &SharedReader) {
    poll_fn(|_| if reads.is_open() { Poll::Ready(()) } else { Poll::Pending }).await;
    for _ in 0..QUIET_TURNS {
        yield_now().await;
    }
}
