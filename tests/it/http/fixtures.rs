//! A schema for tests of the HTTP layer: its fields answer, wait, fail and panic.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_graphql::{Context, Enum, Error, Object, Result, Schema, SchemaBuilder, Subscription};
use futures::{Stream, StreamExt, stream};
use infima_halo::{
    auth::Caller,
    graphql::{ErrorCode, RequestId, compat::nulls::SpecNulls, limits},
};
use tokio::sync::Semaphore;

/// What a test sees of the resolvers, and how it controls them.
#[derive(Clone)]
pub(crate) struct Probe {
    /// Gets a permit when a waiting resolver has started.
    pub(crate) started: Arc<Semaphore>,
    /// A waiting resolver continues for each permit.
    pub(crate) proceed: Arc<Semaphore>,
    /// Gets a permit when a waiting resolver is dropped, finished or not.
    pub(crate) dropped: Arc<Semaphore>,
    pub(crate) finished: Arc<AtomicBool>,
    /// How many events of the flood were made.
    pub(crate) made: Arc<AtomicUsize>,
}

impl Default for Probe {
    fn default() -> Self {
        let none = || Arc::new(Semaphore::new(0));
        Self { started: none(), proceed: none(), dropped: none(), finished: Arc::default(), made: Arc::default() }
    }
}

pub(crate) type TestSchema = SpecNulls<Query, Mutation, Events>;

impl Probe {
    pub(crate) fn schema(&self) -> TestSchema {
        let builder: SchemaBuilder<_, _, _> = Schema::build(Query, Mutation, Events);
        let schema = builder
            .data(self.clone())
            .limit_depth(limits::DEPTH)
            .limit_complexity(limits::COMPLEXITY)
            .limit_directives(limits::DIRECTIVES)
            .limit_recursive_depth(limits::RECURSION)
            .finish();
        SpecNulls::of(schema)
    }

    async fn wait(&self) -> i32 {
        let _dropped = DropProbe(self.dropped.clone());
        self.started.add_permits(1);
        self.proceed.acquire().await.unwrap().forget();
        self.finished.store(true, Ordering::SeqCst);
        1
    }
}

struct DropProbe(Arc<Semaphore>);

impl Drop for DropProbe {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

/// Waits until a resolver has added a permit.
pub(crate) async fn acquired(of: &Semaphore) {
    of.acquire().await.unwrap().forget();
}

fn panics(message: &str) -> i32 {
    panic!("{message}")
}

pub(crate) struct Query;

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
enum Colour {
    Red,
    Green,
}

#[Object]
impl Query {
    async fn hello(&self, name: Option<String>) -> String {
        format!("hello {}", name.unwrap_or_else(|| "world".into()))
    }

    async fn me(&self, ctx: &Context<'_>) -> Result<String> {
        let caller = ctx.data::<Caller>()?;
        Ok(format!("{} {}", caller.role().as_str(), caller.subject()))
    }

    async fn request_id(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(ctx.data::<RequestId>()?.as_str().to_owned())
    }

    async fn id(&self, id: async_graphql::ID) -> String {
        id.0
    }

    async fn add(&self, a: i32, b: i32) -> i32 {
        a + b
    }

    async fn paint(&self, colour: Option<Colour>) -> Option<Colour> {
        colour
    }

    async fn node(&self) -> Node {
        Node
    }

    async fn slow(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.data::<Probe>()?.wait().await)
    }

    async fn late(&self) -> i32 {
        tokio::task::yield_now().await;
        1
    }

    async fn boom(&self) -> i32 {
        panics("a resolver that panics")
    }

    async fn fails(&self) -> Option<Result<i32, Error>> {
        Some(Err(Error::new("relation \"partners\" does not exist at /srv/src/storage.rs:7")))
    }

    async fn halo(&self) -> Result<Option<i32>> {
        Err(ErrorCode::HaloUnreachable.error("Halo does not answer."))
    }
}

pub(crate) struct Node;

#[Object]
impl Node {
    async fn name(&self) -> &str {
        "node"
    }

    async fn node(&self) -> Node {
        Node
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn slow(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(ctx.data::<Probe>()?.wait().await)
    }

    async fn boom(&self) -> i32 {
        panics("a mutation that panics")
    }

    async fn length(&self, text: String) -> usize {
        text.len()
    }
}

pub(crate) struct Events;

#[Subscription]
impl Events {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    /// One event, then nothing until it is dropped.
    async fn forever(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = i32>> {
        let probe = ctx.data::<Probe>()?.clone();
        Ok(stream::iter([0]).chain(stream::once(async move { probe.wait().await })))
    }

    /// Large events as fast as they are read, more than a server should buffer.
    async fn flood(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = String>> {
        let probe = ctx.data::<Probe>()?.clone();
        let drop_probe = DropProbe(probe.dropped.clone());
        Ok(stream::repeat_with(move || {
            let _until_dropped = &drop_probe;
            probe.made.fetch_add(1, Ordering::SeqCst);
            "x".repeat(200_000)
        })
        .take(500)
        .chain(stream::pending()))
    }

    async fn denied(&self) -> Result<stream::Empty<i32>> {
        Err(ErrorCode::NotFound.error("there is no such record"))
    }
}
