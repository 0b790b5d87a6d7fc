//! When the reads that resolvers ask for are done: once no resolver can go on without them.
//!
//! The library's data loader puts keys together for a fixed time and then reads. However that time is chosen, a long list on
//! a busy machine is read in several parts, and every read waits for it. Here the loader's reads wait instead until all
//! resolvers have been asked, and they run within the request's own task: a batch holds all that a level of the query
//! needs, and a request that is dropped takes its reads with it.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::task::AtomicWaker;

/// The reads of one request that have not begun. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct LoaderScheduler(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl LoaderScheduler {
    /// Takes a read that gathers its keys when it begins.
    pub(super) fn add(&self, read: BoxFuture<'static, ()>) {
        self.0.lock().expect("never held across a panic").push(read);
    }

    /// Runs the resolvers, and the reads whenever the resolvers can get no further.
    pub(super) async fn run<T>(&self, resolvers: impl Future<Output = T>) -> T {
        let mut resolvers = pin!(resolvers);
        let mut reads = FuturesUnordered::new();
        let asked = Arc::new(Asked::default());
        let waker = Waker::from(asked.clone());
        poll_fn(|cx| {
            loop {
                asked.anew(cx.waker());
                if let Poll::Ready(answer) = resolvers.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Poll::Ready(answer);
                }
                // Long lists ask a few of their entries, then let others have their turn: this is called again at once.
                if asked.wants_more() {
                    return Poll::Pending;
                }
                reads.extend(std::mem::take(&mut *self.0.lock().expect("never held across a panic")));
                // A read that is done has handed out its rows: the resolvers can go on.
                match reads.poll_next_unpin(cx) {
                    Poll::Ready(Some(())) => {}
                    Poll::Ready(None) | Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await
    }
}

/// Notices whether the resolvers want to be asked again while they are asked.
#[derive(Default)]
struct Asked {
    again: AtomicBool,
    task: AtomicWaker,
}

impl Asked {
    fn anew(&self, task: &Waker) {
        self.task.register(task);
        self.again.store(false, Ordering::SeqCst);
    }

    fn wants_more(&self) -> bool {
        self.again.load(Ordering::SeqCst)
    }
}

impl Wake for Asked {
    fn wake(self: Arc<Self>) {
        self.again.store(true, Ordering::SeqCst);
        self.task.wake();
    }
}
