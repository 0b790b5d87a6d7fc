//! One verb a file: what can be done with a partner's integration.
//!
//! A verb reads from top to bottom: authorise, load, decide, write, enqueue, commit, return. This
//! is the only module where transactions begin and end, and none of them is held across a call to
//! Halo: read, close, call, then a short write that checks again. It knows neither HTTP nor GraphQL
//! nor SQL. Called by `graphql/`, `jobs/` and `cli/`; it calls `storage/`, `queue/`, `halo/`,
//! `webhook/`, `seal/` and `domain/`. `halo.rs` is the one place where Halo's words are turned into
//! the domain's.

pub mod admin;
pub mod association;
mod authorize;
pub mod connection;
mod csv;
mod error;
pub mod evidence;
mod halo;
mod partner_guard;
pub mod problem;
pub mod roster;
pub mod sync;
pub mod webhook;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub use association::search_text;
use association::{CustomerDirectories, SearchMemory};
pub use authorize::Target;
pub use error::{ARCHIVED, HaloFailure, HaloFailureCode, OpError, UserError, UserErrorCode};

use tokio::sync::Semaphore;

use crate::auth::Caller;
use crate::clock::Clock;
use crate::domain::activity::Action;
use crate::domain::clock_skew::ClockSkew;
use crate::domain::roster::NightlySchedule;
use crate::halo::Halo;
use crate::seal::Keyring;
use crate::storage::leases::LeaseTerms;
use crate::storage::{Db, activity};
use crate::webhook::WebhookSender;

/// What every verb works with. Cheap to clone.
#[derive(Clone)]
pub struct Ops(Arc<Parts>);

pub struct Parts {
    pub db: Db,
    pub keys: Keyring,
    pub halo: Halo,
    pub webhooks: WebhookSender,
    pub clock: Clock,
    /// How far this process' clock is from the shared one.
    pub clock_skew: Mutex<ClockSkew>,
    /// When the database last refused a write.
    pub refused_write: Mutex<Option<Instant>>,
    /// Searches that need not be sent again.
    pub searches: SearchMemory,
    /// Lists of customers that were read lately.
    pub directories: CustomerDirectories,
    pub settings: Settings,
    /// One place for a run during which a worker died: such runs are executed one after the other.
    pub taken_over: Arc<Semaphore>,
    /// One place for a comparison of all clients with all customers, which keeps a processor busy.
    pub comparisons: Arc<Semaphore>,
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// After a create in doubt, an empty look counts as "not created" only this much later: Halo
    /// may still be at work when its gateway gives up.
    pub create_confirmation_timeout: Duration,
    /// A subscription that was read longer ago is read and planned again before it is written: the
    /// partner may have moved or deactivated it in the meantime.
    pub max_observation_age: Duration,
    pub lease: LeaseTerms,
    /// How long results of syncs are kept.
    pub retention_months: u32,
    /// A new partner's nightly schedule, until a user changes it.
    pub nights: NightlySchedule,
    /// The address at which the guide for partners is published.
    pub guide_url: Option<String>,
    /// Whether a partner's administrators see whole e-mail addresses of users.
    pub admins_see_addresses: bool,
}

impl Ops {
    pub fn new(db: Db, keys: Keyring, halo: Halo, webhooks: WebhookSender, clock: Clock, settings: Settings) -> Self {
        Self(Arc::new(Parts {
            db,
            keys,
            halo,
            webhooks,
            clock,
            clock_skew: Mutex::default(),
            refused_write: Mutex::default(),
            searches: SearchMemory::default(),
            directories: CustomerDirectories::default(),
            settings,
            taken_over: Arc::new(Semaphore::new(1)),
            comparisons: Arc::new(Semaphore::new(1)),
        }))
    }
}

impl std::ops::Deref for Ops {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The caller of a verb, and what the audit log records of the request.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub caller: &'a Caller,
    /// Finds the request again in logs and in the audit log.
    pub id: &'a str,
    /// The name of the GraphQL operation, for what support reads and is refused.
    pub operation: Option<&'a str>,
    /// Why, in support's words.
    pub reason: Option<String>,
}

impl Request<'_> {
    /// An entry for the audit logs of several partners, to be completed.
    fn entry(&self, action: Action) -> activity::Entry {
        activity::Entry {
            action,
            subject: None,
            reason: self.reason.clone(),
            before: None,
            after: None,
            request_id: Some(self.id.to_owned()),
        }
    }
}
