//! How much one caller may request. The limits of documents and of the schema are in `graphql/`.

use std::time::Duration;

use ipnet::IpNet;

use crate::graphql::limits::DocumentLimits;

/// The limits before and around execution. The configuration of `serve` sets eight of them; the
/// others are those of [`Limits::default`].
#[derive(Clone, Debug)]
pub struct Limits {
    /// The size of a request's body, and of a message on a socket, in bytes.
    pub body: usize,
    /// The size of a request's body for callers who import the roster, in bytes.
    pub import_body: usize,
    pub document: DocumentLimits,
    /// The number of open connections of all clients together; further ones wait to be accepted.
    /// Each may hold some hundred KB that its client has not read yet, and needs one of the
    /// process' open files.
    pub connections: usize,
    /// For reading the head of a request, and for a connection to wait for its next request.
    pub head_timeout: Duration,
    /// For reading a request's body.
    pub body_timeout: Duration,
    /// After which a query is stopped.
    pub query_timeout: Duration,
    /// After which the caller of a mutation gets `TIMEOUT`; the mutation continues.
    pub mutation_timeout: Duration,
    /// Operations of one caller in a minute, over HTTP and sockets together. Each process counts
    /// for itself, here and below.
    pub requests_per_minute: u32,
    /// Open subscriptions of one caller, over all its sockets and event streams.
    pub subscriptions: usize,
    /// Open downloads of one caller.
    pub downloads: usize,
    /// Open sockets of one caller.
    pub sockets: usize,
    /// Open sockets whose caller has not signed in yet, of all callers together.
    pub unauthenticated_sockets: usize,
    /// Those of them that come from one address.
    pub unauthenticated_sockets_per_address: usize,
    /// Open connections from one address on which no caller has been identified yet. Three quarters
    /// of all connections may be such.
    pub connections_per_address: usize,
    /// Proxies whose word for their clients' addresses is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// For signing in on a socket.
    pub init_timeout: Duration,
    /// For a client to read some of a response, or a message on a socket. After it, the connection
    /// is closed.
    pub send_timeout: Duration,
    /// The interval of pings on a socket, and of comments on an event stream.
    pub keep_alive: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 256 * 1024,
            import_body: 8 * 1024 * 1024,
            document: DocumentLimits::default(),
            connections: 10_000,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(15),
            query_timeout: Duration::from_secs(30),
            mutation_timeout: Duration::from_secs(90),
            requests_per_minute: 300,
            subscriptions: 10,
            downloads: 2,
            sockets: 20,
            unauthenticated_sockets: 1_000,
            unauthenticated_sockets_per_address: 100,
            connections_per_address: 1_000,
            trusted_proxies: Vec::new(),
            init_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(20),
            keep_alive: Duration::from_secs(15),
        }
    }
}
