//! A Halo tenant to develop and test against: Halo's HTTP API over a small model of a tenant. One
//! process serves several tenants, each on its own port (Halo distinguishes tenants by host, the
//! sandbox by port).
//!
//! It answers as Halo's API notes say Halo answers, in its traps too: paging only with `pageinate`,
//! capped pages, empty 401 and 403 bodies, array bodies, a rate limit, negative invoice ids. The
//! notes are `docs/halo-api.md`. What they do not know ("either answer") and what goes wrong on a
//! bad day are [`Fault`]s, armed for one request or until further notice. What a partner does
//! inside Halo is an [`Act`]. Everything that was asked is in the journal ([`Tenant::journal`]),
//! without secrets and tokens.
//!
//! A tenant is on disk before it answers, so it outlives a `SIGKILL`.
//!
//! The sandbox is not a mock of `halo/`: the two modules share no type, because a mistake that both
//! sides shared would go unnoticed. Only `cli`, `dev` and tests may call it. Halo's own words
//! (`client_id`, `licence`, `count`) are used here.

mod admin_actions;
mod answer;
mod auth;
mod control;
mod customers;
mod disk;
mod fault;
mod invoices;
mod list;
mod records;
mod request_log;
mod seed;
mod server;
mod state;
mod subscriptions;
mod tenant;

use std::{fs::File, io, net::Ipv4Addr, path::PathBuf, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

pub use self::{
    admin_actions::{Act, ActRefused},
    fault::{Fault, Lasting, Matching},
    records::{Customer, Invoice, InvoiceLine, LicenceChange, LinkedSubscription, Member, Subscription},
    request_log::{Call, Effect, Entry},
    seed::{CustomerSeed, SubscriptionSeed, TenantSeed},
    state::{AgentLevels, Level, RetryAfter, Settings, TenantId},
    tenant::Tenant,
};

/// How a sandbox is run.
pub struct SandboxOptions {
    /// Where the tenants are kept, a file each; `None` keeps them in memory only.
    pub dir: Option<PathBuf>,
    /// Token lifetimes, the rate limit and every date in an answer go by this clock.
    pub clock: Clock,
}

/// Running tenants. [`Sandbox::stop`] ends them in order; dropping it is a power cut.
pub struct Sandbox {
    tenants: Vec<Tenant>,
    taken_ports: Vec<u16>,
    serving: Vec<JoinHandle<io::Result<()>>>,
    stop: CancellationToken,
    /// Held while running: two processes must not write the same tenants.
    _lock: Option<File>,
}

impl Sandbox {
    /// Opens the tenants and listens on 127.0.0.1. A tenant that is on disk already continues as it
    /// was left and its seed is ignored; it takes its old port again if that is free.
    ///
    /// # Errors
    /// When the directory cannot be used, another sandbox is using it, a tenant's file is damaged,
    /// or a tenant's name is not made of lower-case letters, digits and hyphens.
    pub async fn start(options: SandboxOptions, seeds: Vec<TenantSeed>) -> io::Result<Sandbox> {
        let _lock = options.dir.as_deref().map(disk::lock).transpose()?;
        let stop = CancellationToken::new();
        let (tenants, taken_ports, serving) = (Vec::new(), Vec::new(), Vec::new());
        let mut sandbox = Sandbox { tenants, taken_ports, serving, stop: stop.clone(), _lock };
        for seed in seeds {
            let wanted = seed.port;
            let state = state::State::open(options.dir.as_deref(), options.clock.clone(), seed)?;
            let wanted = state.port.or(wanted);
            let listener = listen(wanted).await?;
            let port = listener.local_addr()?.port();
            sandbox.taken_ports.extend(wanted.filter(|wanted| *wanted != port));
            let tenant = Tenant::new(state, port, stop.clone());
            let app = axum::Router::new().fallback(server::serve).with_state(tenant.clone());
            let until = stop.clone();
            sandbox.serving.push(tokio::spawn(async move {
                axum::serve(listener, app).with_graceful_shutdown(until.cancelled_owned()).await
            }));
            sandbox.tenants.push(tenant);
        }
        Ok(sandbox)
    }

    /// # Panics
    /// When no tenant of this name was seeded.
    pub fn tenant(&self, name: &str) -> Tenant {
        let found = self.tenants.iter().find(|tenant| tenant.name() == name);
        found.unwrap_or_else(|| panic!("the sandbox has no tenant called {name:?}")).clone()
    }

    /// The ports that another process occupies: each tenant that should have had one of them got
    /// another port.
    pub fn taken_ports(&self) -> &[u16] {
        &self.taken_ports
    }

    /// Answers what is being asked, then closes the ports.
    pub async fn stop(mut self) {
        self.stop.cancel();
        for serving in self.serving.drain(..) {
            // A listener that failed has nothing left to stop.
            let _ = serving.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.tenants.iter().for_each(Tenant::close);
        self.stop.cancel();
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

/// The port asked for, else any. A process that has just been killed may need a moment to give its
/// port back.
async fn listen(wanted: Option<u16>) -> io::Result<TcpListener> {
    for _ in 0..20 {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, wanted.unwrap_or(0))).await {
            Err(taken) if taken.kind() == io::ErrorKind::AddrInUse => {
                tokio::time::sleep(Duration::from_millis(10)).await
            }
            done => return done,
        }
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}
