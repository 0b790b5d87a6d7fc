//! How a test's world is set up, from an empty Halo to one that was synced.

use chrono::{DateTime, Utc};
use infima_halo::app::App;
use infima_halo::auth::DevTokenIssuer;
use infima_halo::clock::Clock;
use infima_halo::config::{Config, Variables};
use infima_halo::sandbox::{Sandbox, SandboxOptions, TenantSeed};
use infima_halo::seal;
use secrecy::ExposeSecret;

use super::db::TestDatabase;
use super::halo_admin::SUCCEEDED;
use super::world::{MORNING, PARTNER, World, rules};

/// Describes a world; `build` makes it. Without any call: a partner `northwind` without clients,
/// and its Halo without customers.
#[derive(Default)]
pub struct WorldBuilder {
    clients: Vec<(String, usize)>,
    customers: Option<Vec<String>>,
    tenant: Option<TenantSeed>,
    has_empty_roster: bool,
    has_unlimited_requests: bool,
    settings: Vec<(&'static str, String)>,
    adjust: Option<Adjustment>,
    database: Option<TestDatabase>,
    for_processes: bool,
    progress: Progress,
    associated: Option<Vec<String>>,
}

type Adjustment = Box<dyn FnOnce(&mut Variables) + Send>;

/// How far the partner has come when the test begins.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd)]
enum Progress {
    #[default]
    Imported,
    Connected,
    Mapped,
    Synced,
}

impl WorldBuilder {
    /// The partner's clients, by name and number of active users. Halo has a customer for each,
    /// unless `customers` or `tenant` says otherwise.
    pub fn clients<S: AsRef<str>>(mut self, clients: &[(S, usize)]) -> Self {
        self.clients = clients.iter().map(|(name, users)| (name.as_ref().to_owned(), *users)).collect();
        self
    }

    /// The customers in Halo, where they differ from the clients.
    pub fn customers<S: AsRef<str>>(mut self, names: &[S]) -> Self {
        self.customers = Some(names.iter().map(|name| name.as_ref().to_owned()).collect());
        self
    }

    /// The partner's Halo as a whole.
    pub fn tenant(mut self, seed: TenantSeed) -> Self {
        self.tenant = Some(seed);
        self
    }

    /// Leaves the partner out of the roster.
    pub fn empty_roster(mut self) -> Self {
        self.has_empty_roster = true;
        self
    }

    /// Sets an environment variable of the app.
    pub fn set(mut self, name: &'static str, value: impl ToString) -> Self {
        self.settings.push((name, value.to_string()));
        self
    }

    /// Uses this database, instead of one on the tests' server.
    pub fn database(mut self, database: TestDatabase) -> Self {
        self.database = Some(database);
        self
    }

    /// Changes the app's environment after everything else was set.
    pub fn adjust(mut self, adjust: impl FnOnce(&mut Variables) + Send + 'static) -> Self {
        self.adjust = Some(Box::new(adjust));
        self
    }

    /// Takes request budgets out of the test: Halo's is unlimited, and ours is as large as it may
    /// be and new every second.
    pub fn unlimited_requests(mut self) -> Self {
        self.has_unlimited_requests = true;
        self.set("INFIMA_HALO_REQUESTS", 700).set("INFIMA_HALO_WINDOW_SECONDS", 1)
    }

    /// Shares the world with other processes: the system's clock, and times that a test can wait
    /// for.
    pub fn for_processes(mut self) -> Self {
        self.for_processes = true;
        self
    }

    /// Saves the connection to the partner's Halo.
    pub fn connected(mut self) -> Self {
        self.progress = Progress::Connected;
        self
    }

    /// Connects, and associates each client with the customer of its name. The run that creates the
    /// subscriptions waits.
    pub fn mapped(mut self) -> Self {
        self.progress = Progress::Mapped;
        self
    }

    /// Connects, associates each client, and runs the sync that creates the subscriptions.
    pub fn synced(mut self) -> Self {
        self.progress = Progress::Synced;
        self
    }

    /// Associates only these clients.
    pub fn only(mut self, names: &[&str]) -> Self {
        self.associated = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    pub async fn build(mut self) -> World {
        let names: Vec<String> = self.clients.iter().map(|(name, _)| name.clone()).collect();
        let customers = self.customers.take().unwrap_or_else(|| names.clone());
        let seed = self.tenant.take().unwrap_or_else(|| TenantSeed::with_customers(PARTNER, customers));
        let (clients, progress) = (std::mem::take(&mut self.clients), self.progress);
        let (has_partner, is_unlimited) = (!self.has_empty_roster, self.has_unlimited_requests);
        let associated = self.associated.take().unwrap_or(names);

        let world = self.start(seed).await;
        if is_unlimited {
            world.tenant.configure(|settings| settings.rate_limit = usize::MAX);
        }
        if has_partner {
            let clients: Vec<_> = clients.iter().map(|(name, users)| (name.as_str(), *users)).collect();
            world.import_partner(PARTNER, &clients).await;
        }
        if progress >= Progress::Connected {
            world.connect().await;
        }
        if progress >= Progress::Mapped {
            let associated: Vec<_> = associated.iter().map(String::as_str).collect();
            assert_eq!(world.map(&associated).await.errors, []);
        }
        if progress >= Progress::Synced {
            assert_eq!(world.look().await, Some(SUCCEEDED));
        }
        world
    }

    /// Starts the sandbox and the app over a new database.
    async fn start(mut self, seed: TenantSeed) -> World {
        let clock = if self.for_processes {
            Clock::system()
        } else {
            Clock::manual(MORNING.parse::<DateTime<Utc>>().expect("a constant"))
        };
        let database = match self.database.take() {
            Some(database) => database,
            None => TestDatabase::create().await,
        };
        let name = seed.name.clone();
        let options = SandboxOptions { dir: None, clock: clock.clone() };
        let sandbox = Sandbox::start(options, vec![seed, TenantSeed::other()]).await.expect("the sandbox starts");
        let tenant = sandbox.tenant(&name);
        let mut variables = Variables::default();
        variables.set("DATABASE_URL", database.app_url().expose_secret());
        variables.set("INFIMA_ENV", "development");
        variables.set("INFIMA_KEYS", seal::DEVELOPMENT_KEYS);
        let addresses = [tenant.port(), sandbox.tenant("other").port()].map(|port| format!("127.0.0.1:{port}"));
        variables.set("INFIMA_HALO_DEVELOPMENT_ADDRESSES", addresses.join(","));
        variables.set("INFIMA_HALO_CREATE_CONFIRMATION_SECONDS", "300");
        let short_times = if self.for_processes { super::worker::SHORT_TIMES } else { &[] };
        for (name, value) in short_times {
            variables.set(name, *value);
        }
        for (name, value) in &self.settings {
            variables.set(name, value);
        }
        if let Some(adjust) = self.adjust {
            adjust(&mut variables);
        }
        let config = Config::read(&variables).expect("the test's configuration");
        let app = App::build(&config, clock.clone(), 8).await.expect("the app starts");
        World {
            app,
            config,
            clock,
            mint: DevTokenIssuer::generate(rules()),
            tenant,
            sandbox,
            owner: database.owner().await,
            database,
            version: 1.into(),
            imported_users: Default::default(),
        }
    }
}
