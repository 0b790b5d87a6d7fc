//! What this process has learned about each Halo: where it issues tokens, and how many rows fit
//! into a page. A lost memory costs a few requests and nothing else, so it is not stored.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use url::Url;

use super::{
    HaloUrl, Session,
    paging::{ListedRecord, PAGE_SIZE},
};

/// More hosts than a process serves. Any partner may type any host, so the memory is bounded.
const MAX_HOSTS: usize = 10_000;
/// Smaller pages are not remembered: a few huge rows must not make every later read a long one.
const MIN_REMEMBERED_PAGE: u32 = 25;

#[derive(Default)]
pub(super) struct HostMemory(Mutex<HashMap<HaloUrl, Host>>);

#[derive(Default)]
struct Host {
    token_url: Option<Url>,
    /// By the path of the resource.
    page_sizes: HashMap<&'static str, u32>,
}

impl HostMemory {
    fn hosts(&self) -> MutexGuard<'_, HashMap<HaloUrl, Host>> {
        self.0.lock().expect("nothing panics while holding the host memory")
    }

    fn update(&self, url: &HaloUrl, change: impl FnOnce(&mut Host)) {
        let mut hosts = self.hosts();
        if hosts.len() >= MAX_HOSTS && !hosts.contains_key(url) {
            hosts.clear();
        }
        change(hosts.entry(url.clone()).or_default());
    }
}

impl Session {
    /// Returns the number of rows to ask for in one page.
    pub(super) fn page_size<R: ListedRecord>(&self) -> u32 {
        let hosts = self.halo.hosts.hosts();
        hosts.get(&self.credentials.url).and_then(|host| host.page_sizes.get(R::PATH)).copied().unwrap_or(PAGE_SIZE)
    }

    /// Remembers that a larger page was too large.
    pub(super) fn remember_page_size<R: ListedRecord>(&self, size: u32) {
        let size = size.max(MIN_REMEMBERED_PAGE);
        self.halo.hosts.update(&self.credentials.url, |host| {
            let known = host.page_sizes.entry(R::PATH).or_insert(PAGE_SIZE);
            *known = size.min(*known);
        });
    }

    /// Returns the address that issued a token last.
    pub(super) fn known_token_url(&self) -> Option<Url> {
        self.halo.hosts.hosts().get(&self.credentials.url)?.token_url.clone()
    }

    /// Remembers that this address issues tokens.
    pub(super) fn remember_token_url(&self, url: &Url) {
        self.halo.hosts.update(&self.credentials.url, |host| host.token_url = Some(url.clone()));
    }
}
