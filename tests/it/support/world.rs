//! A whole world for one test: a database, sandbox tenants with a clock of their own, and the app
//! over both.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::{Router, routing::get};
use chrono::Duration;
use infima_halo::app::App;
use infima_halo::auth::{Caller, DevTokenIssuer, PartnerScope, Role, SystemScope, TokenRules};
use infima_halo::clock::Clock;
use infima_halo::config::Config;
use infima_halo::domain::association::Association;
use infima_halo::domain::connection::Connection;
use infima_halo::domain::roster::{ClientRecord, PartnerRecord, RosterState, UserRecord, UserState};
use infima_halo::domain::run::{Run, RunResult};
use infima_halo::halo;
use infima_halo::http::{Identify, IdentifyError};
use infima_halo::ids::{ClientId, HaloCustomerId, PartnerId, RunId};
use infima_halo::ops::association::save::{Associated, Mapping, associate_clients};
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::roster::import::{Roster, import_roster};
use infima_halo::ops::sync::run::{RunOutcome, run_sync};
use infima_halo::ops::{OpError, Ops, Request};
use infima_halo::sandbox::{Sandbox, Tenant};
use infima_halo::storage::clients::Extent;
use infima_halo::storage::{self, Page, Reader, Scope, StorageError};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Decode, Postgres, Type};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::db::TestDatabase;
use super::world_builder::WorldBuilder;

pub const MORNING: &str = "2026-11-24T09:00:00Z";
pub const PARTNER: &str = "northwind";

pub struct World {
    pub app: App,
    pub config: Config,
    pub clock: Clock,
    pub mint: DevTokenIssuer,
    pub tenant: Tenant,
    pub sandbox: Sandbox,
    pub database: TestDatabase,
    /// The database as its owner, to look where no verb leads and to have time pass.
    pub owner: sqlx::PgPool,
    /// Moves with each import, so that the newest record wins.
    pub(super) version: AtomicI64,
    /// How many users of each client were ever imported.
    pub(super) imported_users: Mutex<BTreeMap<String, usize>>,
}

/// Whom the token names, as a request finds it.
pub async fn caller_of(identify: &Identify, token: SecretString) -> Result<Caller, IdentifyError> {
    let claims = (identify.verify)(Some(token)).await?;
    (identify.look_up)(claims).await
}

pub fn rules() -> TokenRules {
    TokenRules {
        issuer: "https://issuer.test".into(),
        audience: "infima-halo".into(),
        partner_claim: "partner".into(),
        leeway: std::time::Duration::from_secs(30),
    }
}

impl World {
    pub fn builder() -> WorldBuilder {
        WorldBuilder::default()
    }

    /// The same partners' Halo, with this database in place of one that is lost.
    pub async fn over(self, database: TestDatabase) -> Self {
        let mut config = self.config.clone();
        config.database.url = database.app_url().clone();
        let app = App::build(&config, self.clock.clone(), 8).await.expect("the database was restored");
        Self { app, config, owner: database.owner().await, database, ..self }
    }

    pub fn ops(&self) -> &Ops {
        &self.app.ops
    }

    /// A caller, as a verified token gives one.
    pub async fn caller(&self, role: Role, partner: Option<&str>) -> Caller {
        self.caller_with(self.token(role, partner)).await
    }

    /// Another caller of the partner's.
    pub async fn caller_named(&self, role: Role, subject: &str) -> Caller {
        let hour = Duration::hours(1);
        self.caller_with(self.mint.mint(role, Some(PARTNER), subject, "Sam Example", hour, &self.clock)).await
    }

    async fn caller_with(&self, token: SecretString) -> Caller {
        let identify = self.app.identify(self.mint.verifier(self.clock.clone()));
        caller_of(&identify, token).await.expect("the token is good")
    }

    /// A token that is valid for an hour.
    pub fn token(&self, role: Role, partner: Option<&str>) -> SecretString {
        let subject = format!("{}-1", role.as_str());
        self.mint.mint(role, partner, &subject, "Sam Example", Duration::hours(1), &self.clock)
    }

    /// Publishes the keys of the tokens until the test ends, and returns where.
    pub async fn publish_keys(&self) -> String {
        let keys = self.mint.jwks().to_string();
        let issuer = Router::new().route("/jwks.json", get(move || async { keys }));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        tokio::spawn(async move { axum::serve(listener, issuer).await.expect("it serves") });
        format!("http://{address}/jwks.json")
    }

    pub async fn admin(&self) -> Caller {
        self.caller(Role::PartnerAdmin, Some(PARTNER)).await
    }

    pub async fn partner(&self) -> PartnerId {
        self.partner_named(PARTNER).await
    }

    pub async fn partner_named(&self, external_id: &str) -> PartnerId {
        let scope = SystemScope::sign_in();
        let found = self.read_as(scope, async |db| storage::partners::id_of(db, scope, external_id).await).await;
        found.expect("the partner is in the roster")
    }

    pub async fn scope(&self) -> PartnerScope {
        PartnerScope::for_worker(self.partner().await)
    }

    fn next_version(&self) -> i64 {
        self.version.fetch_add(1, Ordering::Relaxed)
    }

    /// A partner with clients called by their names, each with so many active users.
    pub async fn import_partner(&self, external_id: &str, clients: &[(&str, usize)]) {
        let version = self.next_version();
        let roster = Roster {
            partners: vec![PartnerRecord {
                external_id: external_id.into(),
                name: external_id.to_uppercase(),
                time_zone: Some(chrono_tz::Europe::Berlin),
                state: RosterState::Active,
                version,
            }],
            clients: clients
                .iter()
                .map(|(name, _)| ClientRecord {
                    external_id: format!("{external_id}/{name}"),
                    partner_external_id: external_id.into(),
                    name: (*name).into(),
                    state: RosterState::Active,
                    version,
                })
                .collect(),
            users: Vec::new(),
        };
        self.import(roster).await;
        for (name, users) in clients {
            self.set_users_of(external_id, name, *users).await;
        }
    }

    pub async fn import(&self, roster: Roster) {
        let platform = self.caller(Role::Platform, None).await;
        let request = Request { caller: &platform, id: "import", operation: None, reason: None };
        let imported = import_roster(self.ops(), &request, &roster).await.expect("the import is allowed");
        assert_eq!(imported.errors, [], "the roster is sound");
    }

    /// Has the client have exactly this many active users.
    pub async fn set_users(&self, client: &str, users: usize) {
        self.set_users_of(PARTNER, client, users).await;
    }

    async fn set_users_of(&self, partner: &str, client: &str, users: usize) {
        let version = self.next_version();
        let client_external_id = format!("{partner}/{client}");
        let ever = {
            let mut imported = self.imported_users.lock().unwrap();
            let ever = imported.entry(client_external_id.clone()).or_default();
            *ever = users.max(*ever);
            *ever
        };
        let record = |number: usize| UserRecord {
            external_id: format!("{client_external_id}/{number}"),
            client_external_id: client_external_id.clone(),
            email: Some(format!("user{number}@{}.example", client.to_lowercase().replace(' ', "-"))),
            state: if number < users { UserState::Active } else { UserState::Deactivated },
            version,
        };
        self.import(Roster { users: (0..ever).map(record).collect(), ..Roster::default() }).await;
    }

    pub fn details(&self) -> Details {
        details_of(&self.tenant)
    }

    /// Saves the connection to the test's tenant, as the partner's admin.
    pub async fn connect(&self) {
        let admin = self.admin().await;
        let partner = self.partner().await;
        save_connection(self.ops(), &request(&admin), partner, self.details()).await.expect("the details are right");
    }

    pub async fn client(&self, name: &str) -> ClientId {
        let filter = storage::clients::ClientFilter { search: Some(format!("{PARTNER}/{name}")), ..Default::default() };
        let page = Page { first: 1, after: None };
        let found = self
            .read(async |db, scope| storage::clients::pages(db, scope, &filter, &page, Extent::default()).await)
            .await;
        let found = found.into_values().next().unwrap_or_default().slice;
        found.items.first().unwrap_or_else(|| panic!("there is no client {name}")).client.id
    }

    pub fn customer(&self, name: &str) -> HaloCustomerId {
        HaloCustomerId(self.tenant.customer_named(name).id)
    }

    /// Associates clients with the customers of the same names.
    pub async fn map(&self, names: &[&str]) -> Associated {
        let mut mappings = Vec::new();
        for name in names {
            mappings.push(self.mapping(name, name).await);
        }
        self.associate(&mappings).await.expect("the mappings are right")
    }

    pub async fn mapping(&self, client: &str, customer: &str) -> Mapping {
        Mapping {
            client: Some(self.client(client).await),
            customer: self.customer(customer),
            allow_shared: false,
            replace: None,
        }
    }

    pub async fn associate(&self, mappings: &[Mapping]) -> Result<Associated, OpError> {
        let admin = self.admin().await;
        associate_clients(self.ops(), &request(&admin), self.partner().await, mappings).await
    }

    /// Executes a run as a worker would.
    pub async fn work(&self, run: RunId) -> RunOutcome {
        run_sync(self.ops(), run, "test", &CancellationToken::new()).await.expect("the run is executed")
    }

    /// Requests a sync of everything and executes it.
    pub async fn sync(&self) -> Run {
        let run = self.request_sync().await;
        self.work(run).await;
        self.run(run).await
    }

    pub async fn request_sync(&self) -> RunId {
        let admin = self.admin().await;
        let requested =
            infima_halo::ops::sync::request::request_sync(self.ops(), &request(&admin), self.partner().await, None)
                .await;
        requested.expect("the request is allowed").run.expect("there is something to sync")
    }

    pub async fn run(&self, id: RunId) -> Run {
        let found = self.read(async |db, scope| storage::runs::find_many(db, scope, &[id]).await).await;
        found.into_iter().next().expect("the run is there")
    }

    pub async fn results(&self, run: RunId) -> Vec<RunResult> {
        let page = Page { first: 1000, after: None };
        let read = async |db: &mut Reader, scope: &PartnerScope| {
            storage::results::of_runs(db, scope, &[run], None, &page).await
        };
        self.read(read).await.remove(&run).unwrap_or_default().items
    }

    pub async fn association(&self, client: &str) -> Association {
        let id = self.client(client).await;
        let found = self.read(async |db, scope| storage::associations::of_clients(db, scope, &[id]).await).await;
        found.into_iter().next().expect("the client is mapped")
    }

    pub async fn connection(&self) -> Connection {
        self.stored_connection().await.expect("connected")
    }

    pub async fn stored_connection(&self) -> Option<Connection> {
        self.read(async |db, scope| storage::connections::find(db, scope).await).await
    }

    /// Reads rows of the partner, as the app does.
    pub async fn read<T>(&self, read: impl AsyncFnOnce(&mut Reader, &PartnerScope) -> Result<T, StorageError>) -> T {
        let scope = self.scope().await;
        self.read_as(&scope, async |db| read(db, &scope).await).await
    }

    async fn read_as<T>(
        &self,
        scope: impl Into<Scope<'_>>,
        read: impl AsyncFnOnce(&mut Reader) -> Result<T, StorageError>,
    ) -> T {
        let mut db = self.ops().db.read(scope).await.expect("the test's database answers");
        read(&mut db).await.expect("the test's database answers")
    }

    /// Changes rows as the database's owner.
    pub async fn change(&self, statement: Query<'_, Postgres, PgArguments>) {
        statement.execute(&self.owner).await.expect("the test's database answers");
    }

    /// Reads one value as the database's owner, who sees all partners.
    pub async fn value<T>(&self, statement: &'static str) -> T
    where
        T: Send + Unpin + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        sqlx::query_scalar(statement).fetch_one(&self.owner).await.expect("the test's database answers")
    }

    /// Reads one value of each row as the database's owner.
    pub async fn values<T>(&self, statement: &'static str) -> Vec<T>
    where
        T: Send + Unpin + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        sqlx::query_scalar(statement).fetch_all(&self.owner).await.expect("the test's database answers")
    }

    /// What Halo would bill: the live subscriptions of ours, quantity by customer.
    pub fn billed(&self) -> BTreeMap<String, Vec<u32>> {
        let mut billed: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for customer in self.tenant.customers() {
            for subscription in self.tenant.live_subscriptions_of(customer.id, halo::VENDOR) {
                billed.entry(customer.name.clone()).or_default().push(subscription.count as u32);
            }
        }
        billed
    }

    /// The requests that Halo got since `mark` that wrote something.
    pub fn writes_since(&self, mark: usize) -> usize {
        use infima_halo::sandbox::Call;
        let journal = self.tenant.journal();
        journal[mark..].iter().filter(|entry| matches!(entry.call, Call::Create | Call::Update | Call::Delete)).count()
    }

    pub fn mark(&self) -> usize {
        self.tenant.journal().len()
    }
}

pub fn details_of(tenant: &Tenant) -> Details {
    Details {
        url: Some(tenant.url()),
        application_client_id: Some(tenant.client_id()),
        client_secret: Some(tenant.client_secret().into()),
        tenant_change: None,
    }
}

pub fn request(caller: &Caller) -> Request<'_> {
    Request { caller, id: "test-request", operation: None, reason: None }
}

impl World {
    /// Waits, by listening, until the run is as wanted.
    pub async fn until_run(&self, id: RunId, wanted: impl Fn(&Run) -> bool) -> Run {
        self.until_run_within(std::time::Duration::from_secs(60), id, wanted).await
    }

    /// The same, for a run that may stay unchanged for this long.
    pub async fn until_run_within(
        &self,
        max_wait: std::time::Duration,
        id: RunId,
        wanted: impl Fn(&Run) -> bool,
    ) -> Run {
        let mut news = sqlx::postgres::PgListener::connect(self.database.owner_url().expose_secret()).await.unwrap();
        news.listen("sync_run").await.unwrap();
        loop {
            let run = self.run(id).await;
            if wanted(&run) {
                return run;
            }
            let heard = tokio::time::timeout(max_wait, news.recv()).await;
            heard.unwrap_or_else(|_| panic!("nothing more happens to the run: {run:?}")).unwrap();
        }
    }

    /// Makes the waiting run due now. Waits are judged by Postgres' clock, which no test waits for.
    pub async fn bring_forward(&self, run: RunId) {
        self.change(sqlx::query("update sync_runs set next_attempt_at = now() where id = $1").bind(run.0)).await;
    }

    /// Lets the window of the request budget be over.
    pub async fn new_budget(&self) {
        self.change(sqlx::query("delete from halo_budgets")).await;
    }

    /// Lets the create-confirmation timeout of the client's unclear write pass.
    pub async fn pass_confirmation_timeout(&self, client: &str) {
        let ago = "update associations set create_sent_at = create_sent_at - interval '1 hour',
                       pending_write_at = pending_write_at - interval '1 hour'
                   where client_id = $1";
        self.change(sqlx::query(ago).bind(self.client(client).await.0)).await;
    }
}
