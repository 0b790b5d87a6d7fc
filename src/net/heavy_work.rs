//! Work that takes more than a moment, such as inflating and decoding a large answer, outside the
//! threads that serve requests.
//!
//! Only so much of it is done at a time: the rest of the processor is for requests, and an
//! allocator keeps some memory for each thread that has worked.

use std::{sync::LazyLock, thread::available_parallelism};

use tokio::{sync::Semaphore, task::spawn_blocking};

/// Half of the processors are left alone.
static PLACES: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(available_parallelism().map_or(1, |processors| processors.get().div_ceil(2))));

/// Does the work when its turn has come. `None`: it panicked.
pub async fn do_heavy_work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let place = PLACES.acquire().await.ok()?;
    let work = move || {
        let done = work();
        // Also if no caller waits any more.
        drop(place);
        done
    };
    spawn_blocking(work).await.ok()
}
