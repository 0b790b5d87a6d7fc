//! What users do, through the public API.

use std::sync::atomic::Ordering;
use std::time::Duration;

use infima_halo::ids::{AssociationId, HaloSubscriptionId, RunId};
use serde_json::{Value, json};

use super::stage::{Party, Racer, Stage};
use crate::support::hostile_halo::CUSTOMERS;
use crate::support::random::Random;

const SAVE: &str = "mutation($input: SaveHaloConnectionInput!) {
    saveHaloConnection(input: $input) { run { id } userErrors { code } } }";
const DISCONNECT: &str = "mutation { disconnectHalo(input: {}) { userErrors { code } } }";
const TEST: &str = "mutation { testHaloConnection(input: {}) { test { works } userErrors { code } } }";
const MAP: &str = "mutation($input: SaveHaloClientAssociationsInput!) {
    saveHaloClientAssociations(input: $input) { associations { id } run { id } userErrors { code } } }";
const UNMAP: &str = "mutation($input: RemoveHaloClientAssociationInput!) {
    removeHaloClientAssociation(input: $input) { run { id } userErrors { code } } }";
const RESOLVE: &str = "mutation($input: ResolveHaloSubscriptionInput!) {
    resolveHaloSubscription(input: $input) { run { id } userErrors { code } } }";
const SYNC: &str = "mutation($input: RequestHaloSyncInput!) {
    requestHaloSync(input: $input) { run { id } userErrors { code } } }";
const IMPORT: &str = "mutation($input: ImportRosterInput!) {
    importRoster(input: $input) { imported { stored } userErrors { code } } }";
const NIGHTLY: &str = "mutation($nightly: Boolean!) {
    updateHaloSyncSettings(input: { nightly: $nightly }) { userErrors { code } } }";
const SEARCH: &str = "query($search: String!) { haloCustomers(search: $search) { nodes { name } } }";
const PREVIEW: &str = "{ haloSyncPreview { complete entries { problem { code } } } }";
const ENDINGS: [&str; 2] = ["KEEP_QUANTITY", "SET_TO_ZERO"];

impl Stage {
    /// One user does one thing. Who finds that Halo is not connected, connects it.
    pub async fn act(&self, party: &Party, random: &mut Random) {
        if party.is_disconnected.swap(false, Ordering::Relaxed) {
            return self.connect(party, random.below(2), Some("ARCHIVE")).await;
        }
        let racer = &party.clients[random.below(party.clients.len())];
        match random.below(40) {
            0..5 => self.connect(party, random.below(2), [None, Some("ARCHIVE")][random.below(2)]).await,
            5 if random.below(3) == 0 => drop(self.ask_as(party, "disconnect", DISCONNECT, json!({})).await),
            5 => drop(self.ask_as(party, "test connection", TEST, json!({})).await),
            6..15 => {
                let replace = [None, Some(ENDINGS[0]), Some(ENDINGS[1])][random.below(3)];
                self.map(party, racer, random.below(party.clients.len()), random.below(2) == 0, replace).await;
            }
            15..18 => self.unmap(party, racer, random.one_of(&ENDINGS)).await,
            18..20 => self.resolve(party).await,
            20..24 => self.sync(party, None).await,
            24..26 => self.sync(party, Some(racer)).await,
            26..32 => self.import(party, racer, racer.least + random.below(10)).await,
            32 => self.import_client(party, racer, random.below(3) > 0).await,
            33 if random.below(3) == 0 => {
                self.import_partner(party, false).await;
                while !self.import_partner(party, true).await {}
            }
            34 => drop(self.ask_as(party, "settings", NIGHTLY, json!({ "nightly": random.below(2) == 0 })).await),
            35..37 => drop(self.ask_as(party, "preview", PREVIEW, json!({})).await),
            _ => {
                let search = random.below(1_000).to_string();
                drop(self.ask_as(party, "search", SEARCH, json!({ "search": search })).await);
            }
        }
    }

    async fn ask_as(&self, party: &Party, what: &'static str, document: &str, variables: Value) -> Option<Value> {
        let (end, data) = self.ask(&party.token, what, document, variables).await;
        party.is_disconnected.fetch_or(end == "NOT_CONNECTED", Ordering::Relaxed);
        data
    }

    async fn connect(&self, party: &Party, to: usize, tenant_change: Option<&str>) {
        let mut input = match party.tenants.get(to) {
            Some(tenant) => json!({ "url": tenant.url(), "applicationClientId": tenant.client_id(),
                                    "clientSecret": tenant.client_secret() }),
            None => json!({ "url": format!("http://{}", self.halo.address), "applicationClientId": "any",
                            "clientSecret": "any" }),
        };
        input["tenantChange"] = json!(tenant_change);
        let saved = self.ask_as(party, "save connection", SAVE, json!({ "input": input })).await;
        self.note_run(saved.as_ref());
    }

    async fn map(&self, party: &Party, racer: &Racer, place: usize, shared: bool, replace: Option<&str>) {
        // Both tenants give ids from 41 on, in this order.
        let first = if party.tenants.is_empty() { CUSTOMERS.start } else { 41 };
        let mapping = json!({ "clientId": racer.id.to_string(), "haloCustomerId": first + place as i32,
                              "allowSharedCustomer": shared,
                              "replace": replace.map(|ending| json!({ "previousSubscription": ending })) });
        let input = json!({ "input": { "associations": [mapping] } });
        let saved = self.ask_as(party, "map", MAP, input).await;
        self.note_run(saved.as_ref());
        let associations = saved.as_ref().and_then(|saved| saved["associations"].as_array());
        let ids = associations.into_iter().flatten().filter_map(|it| it["id"].as_str()?.parse::<AssociationId>().ok());
        self.confirmed_associations.lock().unwrap().extend(ids);
    }

    async fn unmap(&self, party: &Party, racer: &Racer, ending: &str) {
        let all = self.world.associations_of(party.id).await;
        let Some(mapped) = all.iter().find(|it| it.client == racer.id && !it.is_over()) else { return };
        let input = json!({ "input": { "associationId": mapped.id.to_string(), "quantity": ending } });
        let removed = self.ask_as(party, "unmap", UNMAP, input).await;
        self.note_run(removed.as_ref());
    }

    /// Decides one problem: the client's own subscription is the one with its marker, and no other.
    async fn resolve(&self, party: &Party) {
        let all = self.world.associations_of(party.id).await;
        let asked =
            all.iter().find_map(|it| Some((it, it.problem.as_ref()?.subscriptions())).filter(|it| !it.1.is_empty()));
        let Some((association, candidates)) = asked else { return };
        let marker = sqlx::query_scalar("select marker from associations where id = $1").bind(association.id.0);
        let marker: String = marker.fetch_one(&self.world.owner).await.expect("the database answers");
        let tenant = party.tenants.iter().find(|tenant| tenant.name() == association.tenant.0);
        let its = |id: &&HaloSubscriptionId| {
            tenant.and_then(|tenant| tenant.subscription(id.0)).is_some_and(|it| it.product_sku == marker)
        };
        let own = candidates.iter().find(its).map(|id| id.0);
        let answer = if own.is_some() { "ADOPT" } else { "CREATE_NEW" };
        let input =
            json!({ "associationId": association.id.to_string(), "answer": answer, "adoptSubscriptionId": own });
        let resolved = self.ask_as(party, "resolve", RESOLVE, json!({ "input": input })).await;
        self.note_run(resolved.as_ref());
    }

    async fn sync(&self, party: &Party, only: Option<&Racer>) {
        let input = json!({ "clientIds": only.map(|racer| [racer.id.to_string()]) });
        let requested = self.ask_as(party, "sync", SYNC, json!({ "input": input })).await;
        self.note_run(requested.as_ref());
    }

    /// A run whose id was answered may not be lost.
    fn note_run(&self, payload: Option<&Value>) {
        let id = payload.and_then(|payload| payload["run"]["id"].as_str()?.parse::<RunId>().ok());
        self.confirmed_runs.lock().unwrap().extend(id);
    }

    /// Sets the number of the client's active users.
    async fn import(&self, party: &Party, racer: &Racer, active: usize) {
        let version = self.next_version();
        let (partner, client) = (party.name, racer.name);
        racer.imports.lock().unwrap().push((version, active, false));
        let user = |number: usize| {
            let state = if number < active { "ACTIVE" } else { "DEACTIVATED" };
            json!({ "externalId": format!("{partner}/{client}/{number}"), "version": version, "state": state,
                    "clientExternalId": format!("{partner}/{client}"),
                    "email": format!("user{number}@{client}.example") })
        };
        let users: Vec<_> = (0..racer.least + 10).map(user).collect();
        if self.import_records("import users", json!({ "users": users })).await {
            let mut imports = racer.imports.lock().unwrap();
            imports.iter_mut().filter(|import| import.0 == version).for_each(|import| import.2 = true);
        }
    }

    async fn import_client(&self, party: &Party, racer: &Racer, active: bool) {
        let external_id = format!("{}/{}", party.name, racer.name);
        let client = json!({ "externalId": external_id, "partnerExternalId": party.name, "name": racer.name,
                             "state": state(active), "version": self.next_version() });
        self.import_records("import client", json!({ "clients": [client] })).await;
    }

    async fn import_partner(&self, party: &Party, active: bool) -> bool {
        let partner = json!({ "externalId": party.name, "name": party.name, "state": state(active),
                              "version": self.next_version() });
        self.import_records("import partner", json!({ "partners": [partner] })).await
    }

    /// Returns whether the import was confirmed.
    async fn import_records(&self, what: &'static str, input: Value) -> bool {
        let (_, imported) = self.ask(&self.platform, what, IMPORT, json!({ "input": input })).await;
        imported.is_some_and(|imported| imported["userErrors"] == json!([]))
    }

    /// Connects and maps everybody, so that there is something to lose.
    pub async fn prepare(&self) {
        for party in &self.parties {
            self.connect(party, 0, None).await;
            for (place, racer) in party.clients.iter().enumerate() {
                self.map(party, racer, place, false, None).await;
            }
        }
    }

    /// Everybody comes home: users do what the remedies say until there is nothing left to do.
    pub async fn come_home(&self) {
        for party in self.parties.iter().filter(|party| !party.tenants.is_empty()) {
            while !self.import_partner(party, true).await {}
            for racer in &party.clients {
                self.import_client(party, racer, true).await;
            }
            self.pass_a_minute().await;
            self.connect(party, 0, Some("ARCHIVE")).await;
            for (place, racer) in party.clients.iter().enumerate() {
                self.map(party, racer, place, true, Some(ENDINGS[0])).await;
            }
        }
        for _ in 0..6 {
            self.finish_runs().await;
            for party in self.parties.iter().filter(|party| !party.tenants.is_empty()) {
                self.resolve(party).await;
                self.sync(party, None).await;
            }
        }
        self.finish_runs().await;
    }

    /// Waits until every run is over, those that wait for their time being brought forward.
    async fn finish_runs(&self) {
        let waiting = async {
            while self.bring_forward().await > 0 {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let over = tokio::time::timeout(Duration::from_secs(120), waiting).await;
        if over.is_err() {
            println!("some runs do not end");
        }
    }

    /// Connections may be checked again: that is limited for each minute.
    pub async fn pass_a_minute(&self) {
        self.world.change(sqlx::query("update partners set connection_tests = '{}'")).await;
    }

    /// Has waiting runs be due, except those of the hostile partner. Returns the number of open
    /// runs.
    pub async fn bring_forward(&self) -> i64 {
        let friendly: Vec<_> =
            self.parties.iter().filter(|party| !party.tenants.is_empty()).map(|party| party.id.0).collect();
        let due = "with due as (update sync_runs set next_attempt_at = now()
                                where state = 'queued' and next_attempt_at > now() and partner_id = any($1))
                   select count(*) from sync_runs where state in ('queued', 'running') and partner_id = any($1)";
        sqlx::query_scalar(due).bind(friendly).fetch_one(&self.world.owner).await.expect("the database answers")
    }
}

fn state(active: bool) -> &'static str {
    if active { "ACTIVE" } else { "ARCHIVED" }
}
