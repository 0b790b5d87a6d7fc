//! One tenant: its records, who may do what, what is armed, what was asked.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    io,
    path::Path,
};

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    disk::{self, Disk, Record},
    fault::Armed,
    records::{Customer, Invoice, LicenceChange, Subscription, halo_date},
    request_log::{Call, Effect, Entry},
    seed::TenantSeed,
};
use crate::clock::Clock;

/// Older entries of the journal are forgotten.
const JOURNAL_ROWS: usize = 20_000;

/// Traits of the tenant that are numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Rows a page has at most, whatever `page_size` says.
    pub page_cap: usize,
    /// Requests allowed in a rolling window, and its seconds. All applications of the tenant share
    /// it.
    pub rate_limit: usize,
    pub rate_window_seconds: i64,
    pub retry_after: RetryAfter,
    /// Seconds.
    pub token_lifetime: u32,
    /// Lists differ from every Halo that is known: rows in descending order, without `toplevel_id`,
    /// `type` and `licence_id`, ids of invoices positive; and answers have a rate-limit header.
    pub unfamiliar: bool,
    /// Milliseconds until a request is answered.
    #[serde(default)]
    pub latency_ms: u32,
}

impl Default for Settings {
    fn default() -> Self {
        let retry_after = RetryAfter::Absent;
        Self {
            page_cap: 100,
            rate_limit: 300,
            rate_window_seconds: 300,
            retry_after,
            token_lifetime: 3600,
            unfamiliar: false,
            latency_ms: 0,
        }
    }
}

/// What the tenant's own 429 says about when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    Absent,
    Seconds,
    HttpDate,
}

/// What the agent may do in one part of Halo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    None,
    Read,
    Modify,
}

/// The agent's feature access levels: the second of Halo's two permission layers, beside the
/// application's scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentLevels {
    pub customers: Level,
    pub licensing: Level,
    pub invoices: Level,
}

/// The application and the agent it logs in as.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Access {
    pub client_id: String,
    pub client_secret: String,
    pub application_exists: bool,
    pub scopes: Vec<String>,
    pub agent_exists: bool,
    pub agent: AgentLevels,
    /// "Allow use of all Customers" is off: the agent sees these customers and their records only.
    #[serde(default)]
    pub agent_customers: Option<Vec<i32>>,
    pub licensing_on: bool,
    /// The name by which discovery calls the tenant.
    #[serde(default)]
    pub tenant_id: TenantId,
}

/// The tenant id of discovery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantId {
    /// The tenant's own name.
    #[default]
    Own,
    /// Discovery has none, as on an own host.
    Absent,
    Named(String),
}

/// An access token that was given out. Only its hash is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Token {
    pub hash: String,
    pub scopes: Vec<String>,
    pub until: DateTime<Utc>,
}

/// A create that was answered with an error and is still to take effect.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Late {
    pub subscription: Box<Subscription>,
    /// `None`: after the next look at the list.
    pub at: Option<DateTime<Utc>>,
}

pub(super) struct State {
    pub name: String,
    pub port: Option<u16>,
    pub clock: Clock,
    pub access: Access,
    pub settings: Settings,
    pub customers: BTreeMap<i32, Customer>,
    pub subscriptions: BTreeMap<i32, Subscription>,
    pub invoices: BTreeMap<i32, Invoice>,
    pub changes: Vec<LicenceChange>,
    pub tokens: HashMap<String, Token>,
    pub late: Vec<Late>,
    pub armed: Vec<Armed>,
    pub journal: VecDeque<Entry>,
    /// When the requests of the current window came, for the rate limit.
    recent: VecDeque<DateTime<Utc>>,
    unsaved: Vec<Record>,
    disk: Disk,
}

impl State {
    /// The tenant as it is on disk, else as the seed has it.
    pub(super) fn open(dir: Option<&Path>, clock: Clock, seed: TenantSeed) -> io::Result<State> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if seed.name.is_empty() || !seed.name.chars().all(allowed) {
            let text = format!("a tenant's name has lower-case letters, digits and hyphens only, not {:?}", seed.name);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let mut state = State {
            name: seed.name.clone(),
            port: None,
            clock,
            access: seed.access(),
            settings: seed.settings.clone(),
            customers: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            invoices: BTreeMap::new(),
            changes: Vec::new(),
            tokens: HashMap::new(),
            late: Vec::new(),
            armed: Vec::new(),
            journal: VecDeque::new(),
            recent: VecDeque::new(),
            unsaved: Vec::new(),
            disk: Disk::Nowhere,
        };
        let file = dir.map(|dir| disk::path(dir, &seed.name));
        let records = file.as_deref().map(disk::read).transpose()?.unwrap_or_default();
        if records.is_empty() {
            seed.plant(&mut state);
        } else {
            records.into_iter().for_each(|record| state.apply(record));
        }
        let since = state.clock.now() - Duration::seconds(state.settings.rate_window_seconds);
        let asked = state.journal.iter().filter(|entry| !entry.method.is_empty() && entry.status != 429);
        state.recent = asked.map(|entry| entry.at).filter(|at| *at > since).collect();
        if let Some(file) = file {
            state.disk = disk::rewrite(&file, &state.all_records())?;
        }
        state.unsaved.clear();
        Ok(state)
    }

    /// Changes the tenant, to be on disk with the next [`State::commit`].
    pub(super) fn put(&mut self, record: Record) {
        self.unsaved.push(record.clone());
        self.apply(record);
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Port(port) => self.port = Some(port),
            Record::Access(access) => self.access = access,
            Record::Settings(settings) => self.settings = settings,
            Record::Customer(customer) => drop(self.customers.insert(customer.id, customer)),
            Record::Subscription(one) => drop(self.subscriptions.insert(one.id, *one)),
            Record::Invoice(invoice) => drop(self.invoices.insert(invoice.id, invoice)),
            Record::Change(change) => self.changes.push(change),
            Record::Token(token) => drop(self.tokens.insert(token.hash.clone(), token)),
            Record::Late(late) => self.late = late,
            Record::Armed(armed) => self.armed = armed,
            Record::Entry(entry) => {
                if self.journal.len() == JOURNAL_ROWS {
                    self.journal.pop_front();
                }
                self.journal.push_back(entry);
            }
        }
    }

    fn all_records(&self) -> Vec<Record> {
        let now = self.clock.now();
        let mut all = vec![
            Record::Access(self.access.clone()),
            Record::Settings(self.settings.clone()),
            Record::Late(self.late.clone()),
            Record::Armed(self.armed.clone()),
        ];
        all.extend(self.port.map(Record::Port));
        all.extend(self.customers.values().cloned().map(Record::Customer));
        all.extend(self.subscriptions.values().cloned().map(|one| Record::Subscription(Box::new(one))));
        all.extend(self.invoices.values().cloned().map(Record::Invoice));
        all.extend(self.changes.iter().cloned().map(Record::Change));
        all.extend(self.tokens.values().filter(|token| token.until > now).cloned().map(Record::Token));
        all.extend(self.journal.iter().cloned().map(Record::Entry));
        all
    }

    /// Writes what changed. Where it answers `false`, nothing may be answered: the change is not on
    /// disk.
    #[must_use]
    pub(super) fn commit(&mut self) -> bool {
        self.disk.keep(&std::mem::take(&mut self.unsaved))
    }

    /// From here on nothing is written any more.
    pub(super) fn close(&mut self) {
        self.disk = Disk::Closed;
    }

    /// Counts a request against the rolling window. Refused ones do not count.
    ///
    /// # Errors
    /// How long until the next one is allowed.
    pub(super) fn spend_request(&mut self) -> Result<(), Duration> {
        let now = self.clock.now();
        let window = Duration::seconds(self.settings.rate_window_seconds);
        while self.recent.front().is_some_and(|at| *at <= now - window) {
            self.recent.pop_front();
        }
        if self.recent.len() >= self.settings.rate_limit {
            return Err(self.recent.front().map_or(window, |first| *first + window - now));
        }
        self.recent.push_back(now);
        Ok(())
    }

    /// Applies delayed changes that are due. `list_was_read` is true right after a list request.
    pub(super) fn apply_due_changes(&mut self, list_was_read: bool) {
        let now = self.clock.now();
        let due = |late: &Late| late.at.map_or(list_was_read, |at| at <= now);
        if !self.late.iter().any(due) {
            return;
        }
        let (due_now, waiting): (Vec<Late>, Vec<Late>) = self.late.drain(..).partition(due);
        self.put(Record::Late(waiting));
        for late in due_now {
            let id = self.next_subscription_id();
            let one = Subscription { id, ..*late.subscription };
            let effect = Effect::Created { id, client_id: one.client_id, count: one.count };
            self.save_subscription(one, "Integration");
            self.note(Call::Late, "a late create takes effect", Value::Null, effect);
        }
    }

    /// A journal entry about something that did not come over HTTP.
    pub(super) fn note(&mut self, call: Call, what: &str, sent: Value, effect: impl Into<Option<Effect>>) {
        self.put(Record::Entry(Entry {
            no: self.next_entry_no(),
            at: self.clock.now(),
            tenant: self.name.clone(),
            call,
            method: String::new(),
            path: what.into(),
            query: String::new(),
            status: 0,
            sent,
            effects: effect.into().into_iter().collect(),
            faults: Vec::new(),
        }));
    }

    pub(super) fn next_entry_no(&self) -> u64 {
        self.journal.back().map_or(1, |last| last.no + 1)
    }

    pub(super) fn next_customer_id(&self) -> i32 {
        self.customers.keys().next_back().map_or(41, |last| last + 1)
    }

    pub(super) fn next_subscription_id(&self) -> i32 {
        self.subscriptions.keys().next_back().map_or(9001, |last| last + 1)
    }

    /// The name by which discovery calls the tenant, if it does.
    pub(super) fn tenant_id(&self) -> Option<&str> {
        match &self.access.tenant_id {
            TenantId::Own => Some(&self.name),
            TenantId::Absent => None,
            TenantId::Named(name) => Some(name),
        }
    }

    /// Whether the agent may see this customer and its records.
    pub(super) fn agent_sees(&self, customer: i32) -> bool {
        self.access.agent_customers.as_ref().is_none_or(|seen| seen.contains(&customer))
    }

    /// The customer, unless it is deleted or merged away.
    pub(super) fn customer(&self, id: i32) -> Option<&Customer> {
        self.customers.get(&id).filter(|customer| !customer.deleted)
    }

    /// The subscription, unless it is deleted.
    pub(super) fn subscription(&self, id: i32) -> Option<&Subscription> {
        self.subscriptions.get(&id).filter(|one| !one.deleted)
    }

    pub(super) fn customer_name(&self, id: i32) -> &str {
        self.customers.get(&id).map_or("", |customer| &customer.name)
    }

    /// Stores a subscription and writes down in Halo's audit trail what changed in it.
    pub(super) fn save_subscription(&mut self, one: Subscription, who: &str) {
        let before = self.subscriptions.get(&one.id).map(Subscription::audited);
        let is_new = before.is_none();
        let before = before.unwrap_or_default();
        let after = one.audited();
        let id = one.id;
        self.put(Record::Subscription(Box::new(one)));
        for ((_, old), (field, new)) in before.into_iter().zip(after) {
            if old != new && (!is_new || field == "count") {
                self.audit(id, field, old, new, who);
            }
        }
    }

    pub(super) fn audit(&mut self, licence_id: i32, field: &str, old_value: String, new_value: String, who: &str) {
        self.put(Record::Change(LicenceChange {
            id: self.changes.last().map_or(1, |last| last.id + 1),
            at: self.clock.now(),
            field_name: field.into(),
            licence_id,
            old_value,
            new_value,
            who: who.into(),
        }));
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.unwrap_or_default())
    }

    pub(super) fn today(&self) -> String {
        halo_date(self.clock.now())
    }
}
