//! The handle on one running tenant, for tests and for a process that embeds the sandbox.

use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    admin_actions::{Act, ActRefused},
    disk::Record,
    fault::{Armed, Fault, Lasting, Matching},
    records::{Customer, Invoice, LicenceChange, Subscription},
    request_log::Entry,
    state::{Settings, State},
};

/// One tenant. Clones are the same tenant.
#[derive(Clone)]
pub struct Tenant(Arc<Inner>);

struct Inner {
    name: String,
    port: u16,
    state: Mutex<State>,
    stop: CancellationToken,
    /// Requests that are held back just now.
    held: AtomicUsize,
    /// Changes when held requests are let go.
    released: watch::Sender<()>,
    /// Changes whenever something happened.
    news: watch::Sender<()>,
}

impl Tenant {
    pub(super) fn new(mut state: State, port: u16, stop: CancellationToken) -> Self {
        state.put(Record::Port(port));
        // Nothing has been answered yet, so nothing is lost where this cannot be written.
        let _ = state.commit();
        let (released, news) = (watch::Sender::new(()), watch::Sender::new(()));
        let name = state.name.clone();
        Self(Arc::new(Inner { name, port, state: Mutex::new(state), stop, held: AtomicUsize::new(0), released, news }))
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// `http://127.0.0.1:port`, what a partner would store as the Halo URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }

    pub fn port(&self) -> u16 {
        self.0.port
    }

    pub fn client_id(&self) -> String {
        self.state().access.client_id.clone()
    }

    /// In plain text: it opens a sandbox.
    pub fn client_secret(&self) -> String {
        self.state().access.client_secret.clone()
    }

    /// What a partner would type into the connection form: `url`, `client_id`, `client_secret`.
    pub fn credentials(&self) -> serde_json::Value {
        let (client_id, client_secret) = (self.client_id(), self.client_secret());
        serde_json::json!({ "url": self.url(), "client_id": client_id, "client_secret": client_secret })
    }

    /// Carries out an action inside Halo, as the partner would. Returns the id of the record made
    /// or changed (for [`Act::PutOnInvoice`] the invoice's), 0 if there is none.
    ///
    /// # Errors
    /// The record is not there, or the sandbox was stopped.
    pub fn act(&self, act: Act) -> Result<i32, ActRefused> {
        self.change(|state| state.act(act)).ok_or(ActRefused::Stopped)?
    }

    /// Changes the tenant's limits, for good.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        self.change(|state| {
            let mut settings = state.settings.clone();
            change(&mut settings);
            state.put(Record::Settings(settings));
        });
    }

    /// Every customer that is not deleted, by id.
    pub fn customers(&self) -> Vec<Customer> {
        self.state().customers.values().filter(|customer| !customer.deleted).cloned().collect()
    }

    /// The active customer of this name with the lowest id.
    ///
    /// # Panics
    /// When there is none.
    pub fn customer_named(&self, name: &str) -> Customer {
        let found = self.customers().into_iter().find(|customer| !customer.inactive && customer.name == name);
        found.unwrap_or_else(|| panic!("the tenant has no active customer called {name:?}"))
    }

    /// Every subscription that is not deleted, inactive ones included, by id.
    pub fn subscriptions(&self) -> Vec<Subscription> {
        self.state().subscriptions.values().filter(|one| !one.deleted).cloned().collect()
    }

    /// A subscription by id, deleted or not.
    pub fn subscription(&self, id: i32) -> Option<Subscription> {
        self.state().subscriptions.get(&id).cloned()
    }

    /// The live subscriptions of a customer that carry this vendor's name: more than one is a wrong
    /// invoice.
    pub fn live_subscriptions_of(&self, client_id: i32, vendor: &str) -> Vec<Subscription> {
        let of_it = |one: &Subscription| one.is_live() && one.client_id == client_id && one.vendor == vendor;
        self.subscriptions().into_iter().filter(of_it).collect()
    }

    pub fn invoices(&self) -> Vec<Invoice> {
        self.state().invoices.values().cloned().collect()
    }

    /// Halo's own audit trail, oldest first.
    pub fn changes(&self) -> Vec<LicenceChange> {
        self.state().changes.clone()
    }

    /// What was asked and done, in the order in which it took effect. The last 20,000 entries.
    pub fn journal(&self) -> Vec<Entry> {
        self.state().journal.iter().cloned().collect()
    }

    /// The count that a subscription was created with, as Halo's audit trail has it.
    pub fn count_at_creation(&self, id: i32) -> Option<String> {
        let state = self.state();
        let first = state.changes.iter().find(|change| change.licence_id == id && change.field_name == "count");
        first.map(|change| change.new_value.clone())
    }

    /// Arms a fault. Several may be armed, and may take part in the same request.
    pub fn inject(&self, fault: Fault, matching: Matching, lasting: Lasting) {
        self.change(|state| {
            let mut armed = state.armed.clone();
            armed.push(Armed { fault, matching, lasting, used: 0 });
            state.put(Record::Armed(armed));
        });
    }

    /// Disarms everything, and lets held requests go.
    pub fn clear_faults(&self) {
        self.change(|state| state.put(Record::Armed(Vec::new())));
        self.release();
    }

    /// Armed faults that have not taken part in any request: a test that leaves one did not test
    /// what it says.
    pub fn unconsumed_faults(&self) -> Vec<Fault> {
        self.state().armed.iter().filter(|armed| armed.used == 0).map(|armed| armed.fault).collect()
    }

    /// How many requests are held back just now.
    pub fn held(&self) -> usize {
        self.0.held.load(Ordering::SeqCst)
    }

    /// Releases the held requests.
    pub fn release(&self) {
        self.0.released.send_replace(());
    }

    /// Waits, without polling, until this holds: `tenant.until(|tenant| tenant.held() == 1)`.
    pub async fn until(&self, holds: impl Fn(&Tenant) -> bool) {
        let mut news = self.0.news.subscribe();
        while !holds(self) {
            if news.changed().await.is_err() {
                return;
            }
        }
    }

    pub(super) async fn hold(&self) {
        let mut released = self.0.released.subscribe();
        self.0.held.fetch_add(1, Ordering::SeqCst);
        self.0.news.send_replace(());
        tokio::select! {
            _ = released.changed() => {}
            () = self.0.stop.cancelled() => {}
        }
        self.0.held.fetch_sub(1, Ordering::SeqCst);
        self.0.news.send_replace(());
    }

    /// The tenant as it is now, with what has come due.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.locked();
        state.apply_due_changes(false);
        state
    }

    /// Changes the tenant and has it on disk before coming back. `None`: it is not on disk, and
    /// nothing may be answered.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> Option<R> {
        let mut state = self.locked();
        state.apply_due_changes(false);
        let done = change(&mut state);
        let kept = state.commit();
        drop(state);
        self.0.news.send_replace(());
        kept.then_some(done)
    }

    pub(super) fn close(&self) {
        self.locked().close();
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("the tenant's lock is never held across a panic")
    }
}
