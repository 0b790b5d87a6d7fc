//! How much one caller may request. The limits of documents and of the schema are in `graphql/`.

use std::time::Duration;

use crate::graphql::limits::DocumentLimits;

/// The limits that hold before and around execution. `serve` is told five of them by its configuration, and takes
/// the others of [`Limits::default`].
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request's body, and of one message on a socket.
    pub body: usize,
    /// Bytes of a request's body for those who import the roster.
    pub import_body: usize,
    pub document: DocumentLimits,
    /// Connections at the same time, whoever they are of: further ones wait to be taken. Each may hold some hundred KB of what
    /// its client has not taken yet, and needs one of the process' open files.
    pub connections: usize,
    /// For reading a request's head, and how long a connection may wait for its next request.
    pub head_time: Duration,
    /// For reading a request's body.
    pub read_time: Duration,
    /// After this a query is stopped.
    pub query_time: Duration,
    /// After this the caller of a mutation is told to look later; the mutation goes on.
    pub mutation_time: Duration,
    /// Operations of one caller a minute, over HTTP and sockets together. This and the numbers of open things below are
    /// counted by each process for itself.
    pub requests_per_minute: u32,
    /// Subscriptions of one caller at the same time, over all its sockets and event streams.
    pub subscriptions: usize,
    /// Sockets of one caller at the same time.
    pub sockets: usize,
    /// Sockets that nobody has signed in on yet, of all callers together.
    pub unknown_sockets: usize,
    /// For the first message of a socket.
    pub init_time: Duration,
    /// For a client to take some of an answer, or a message of a socket; one that does not is gone.
    pub send_time: Duration,
    /// How often an idle socket or event stream is tried.
    pub keep_alive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 256 * 1024,
            import_body: 8 * 1024 * 1024,
            document: DocumentLimits::default(),
            connections: 10_000,
            head_time: Duration::from_secs(30),
            read_time: Duration::from_secs(15),
            query_time: Duration::from_secs(30),
            mutation_time: Duration::from_secs(90),
            requests_per_minute: 300,
            subscriptions: 10,
            sockets: 20,
            unknown_sockets: 1_000,
            init_time: Duration::from_secs(10),
            send_time: Duration::from_secs(20),
            keep_alive: Duration::from_secs(15),
        }
    }
}
