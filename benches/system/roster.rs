//! Partners with mapped clients, and a Halo for each of them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use infima_halo::app::App;
use infima_halo::auth::Role;
use infima_halo::clock::Clock;
use infima_halo::halo;
use infima_halo::ids::PartnerId;
use infima_halo::ops::Request;
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::sandbox::{CustomerSeed, Sandbox, SandboxOptions, SubscriptionSeed, Tenant, TenantSeed};
use nix::sys::resource::{Resource, getrlimit};

use super::stack::{Database, Ground};

/// The time that a Halo takes to answer, in milliseconds.
const LATENCY: u32 = 5;
/// The users of each client.
pub const USERS: u32 = 10;

/// Inserts so many partners with so many clients, each with [`USERS`] active users.
pub async fn insert(database: &Database, partners: u32, clients: u32) -> anyhow::Result<()> {
    let statements = [
        "insert into partners (id, external_id, name, time_zone, state, source_version, nightly_sync, night_start, night_end)
         select gen_random_uuid(), 'partner-' || n, 'Partner ' || n, 'Europe/Berlin', 'active', 1, true, '01:00', '05:00'
         from generate_series(1, $1) n where $2 > 0",
        "insert into clients (id, partner_id, external_id, name, state, source_version)
         select gen_random_uuid(), p.id, p.external_id || '/client-' || n, 'Client ' || lpad(n::text, 6, '0'), 'active', 1
         from partners p, generate_series(1, $2) n where $1 > 0",
        "insert into users (id, partner_id, client_id, external_id, email, state, source_version)
         select gen_random_uuid(), c.partner_id, c.id, c.external_id || '/user-' || n,
                'user' || n || '@' || c.id || '.example', 'active', 1
         from clients c, generate_series(1, 10) n where $1 > 0 and $2 > 0",
    ];
    for statement in statements {
        sqlx::query(statement).bind(partners as i32).bind(clients as i32).execute(&database.owner).await?;
    }
    Ok(())
}

/// Maps every client of every partner, as if each had been synced, without a Halo.
pub async fn map_without_halo(database: &Database) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "insert into connections (id, partner_id, url, tenant, application_client_id, sealed_secret, sealed_with,
                                  credentials_updated_at, state, checks, last_verified_at, last_synced_at)
         select gen_random_uuid(), id, 'https://' || external_id || '.halopsa.com', external_id, 'client', '\\x00', 'k1',
                now(), 'connected', '[]', now(), now() from partners;
         insert into associations (id, partner_id, client_id, tenant, halo_customer_id, halo_customer_name, shared, state,
                                   marker, initial_name, subscription_id, observed_name, observed_quantity, observed_at,
                                   billing, last_synced_at, last_synced_quantity)
         select gen_random_uuid(), c.partner_id, c.id, p.external_id, row_number() over (partition by p.id order by c.name),
                c.name, false, 'active', 'infima-' || c.id, 'INFIMA', row_number() over (partition by p.id order by c.name),
                'INFIMA Security Awareness Training', 10, now(), 'on_recurring_invoice', now(), 10
         from clients c join partners p on p.id = c.partner_id",
    )
    .execute(&database.owner)
    .await?;
    Ok(())
}

/// The Halos of all partners, a port for each.
pub struct Halos {
    pub sandbox: Sandbox,
    pub tenants: Vec<Tenant>,
}

impl Halos {
    /// Starts a Halo for each partner, with a customer for each client and its subscription.
    async fn start(partners: u32, clients: u32, invoiced: bool) -> anyhow::Result<Self> {
        let customer = |number: u32| {
            let subscription =
                SubscriptionSeed::new("INFIMA Security Awareness Training", halo::VENDOR, USERS, 4.0, 2.0);
            CustomerSeed { invoiced, ..CustomerSeed::named(format!("Client {number:06}")).with([subscription]) }
        };
        let seed = |partner: u32| {
            let mut seed = TenantSeed::empty(&format!("tenant-{partner}"));
            seed.customers = (1..=clients).map(customer).collect();
            seed.settings.rate_limit = usize::MAX;
            seed.settings.latency_ms = LATENCY;
            seed
        };
        let options = SandboxOptions { dir: None, clock: Clock::system() };
        let sandbox = Sandbox::start(options, (1..=partners).map(seed).collect()).await?;
        let tenants = (1..=partners).map(|partner| sandbox.tenant(&format!("tenant-{partner}"))).collect();
        Ok(Self { sandbox, tenants })
    }

    /// How many requests the Halos have answered.
    pub fn requests(&self) -> usize {
        self.tenants.iter().map(|tenant| tenant.journal().len()).sum()
    }
}

/// A database with so many partners, each connected to a Halo of its own, with so many clients that
/// are mapped.
pub async fn connected(
    ground: &Ground,
    partners: u32,
    clients: u32,
    invoiced: bool,
) -> anyhow::Result<(Database, Halos)> {
    // A listener for each Halo, and the connections of a thousand partners at a time.
    let (files, _) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let needed = 2 * u64::from(partners);
    anyhow::ensure!(
        files >= needed,
        "{partners} Halos need {needed} open files, and this process may have {files}: raise the limit (ulimit -n)"
    );
    let database = ground.database().await?;
    insert(&database, partners, clients).await?;
    let halos = Halos::start(partners, clients, invoiced).await?;
    connect(ground, &database, &halos).await?;
    database.analyse().await?;
    Ok((database, halos))
}

/// Connects each partner to its Halo and maps its clients to the customers of the same names, with
/// the subscriptions that are there.
async fn connect(ground: &Ground, database: &Database, halos: &Halos) -> anyhow::Result<()> {
    let mut partners = Vec::<PartnerId>::new();
    let named: Vec<_> =
        halos.tenants.iter().enumerate().map(|(index, tenant)| (format!("partner-{}", index + 1), tenant)).collect();
    // The connections that an app keeps to Halos are closed with it: this process may have only so
    // many.
    for some in named.chunks(1_000) {
        let app = ground.app(database).await?;
        let connected = stream::iter(some).map(|(name, tenant)| connect_one(ground, &app, name, tenant));
        partners.extend(connected.buffered(8).try_collect::<Vec<_>>().await?);
    }
    for (partner, tenant) in partners.into_iter().zip(&halos.tenants) {
        let names: BTreeMap<_, _> =
            tenant.customers().into_iter().map(|customer| (customer.id, customer.name)).collect();
        let (mut customers, mut called, mut subscriptions) = (Vec::new(), Vec::new(), Vec::new());
        for subscription in tenant.subscriptions() {
            customers.push(subscription.client_id);
            called.push(names.get(&subscription.client_id).cloned().context("a subscription has a customer")?);
            subscriptions.push(subscription.id);
        }
        sqlx::query(
            "insert into associations (id, partner_id, client_id, tenant, halo_customer_id, halo_customer_name, shared, state,
                                       marker, initial_name, subscription_id, observed_name, observed_quantity, observed_at,
                                       billing, last_synced_at, last_synced_quantity)
             select gen_random_uuid(), c.partner_id, c.id, n.tenant, h.customer, h.called, false, 'active', 'infima-' || c.id,
                    'INFIMA Security Awareness Training', h.subscription, 'INFIMA Security Awareness Training', $4, now(),
                    'on_recurring_invoice', now(), $4
             from unnest($1::integer[], $2::text[], $3::integer[]) as h (customer, called, subscription)
             join clients c on c.partner_id = $5 and c.name = h.called
             join connections n on n.partner_id = c.partner_id",
        )
        .bind(customers)
        .bind(called)
        .bind(subscriptions)
        .bind(USERS as i32)
        .bind(partner.0)
        .execute(&database.owner)
        .await?;
    }
    sqlx::raw_sql("update connections set customers_read_at = now(), last_synced_at = now()")
        .execute(&database.owner)
        .await?;
    Ok(())
}

async fn connect_one(ground: &Ground, app: &App, external_id: &str, tenant: &Tenant) -> anyhow::Result<PartnerId> {
    let caller = ground.caller(app, Role::PartnerAdmin, Some(external_id)).await?;
    let partner = caller.partner().context("the partner was inserted")?;
    let request = Request { caller: &caller, id: "bench", operation: None, reason: None };
    let details = Details {
        url: Some(tenant.url()),
        application_client_id: Some(tenant.client_id()),
        client_secret: Some(tenant.client_secret().into()),
        tenant_change: None,
    };
    save_connection(&app.ops, &request, partner, details).await?;
    Ok(partner)
}

/// Adds a user to every tenth client of each partner.
pub async fn change_a_tenth(database: &Database) -> anyhow::Result<u64> {
    let changed = sqlx::query(
        "insert into users (id, partner_id, client_id, external_id, email, state, source_version)
         select gen_random_uuid(), c.partner_id, c.id, gen_random_uuid()::text, gen_random_uuid() || '@new.example', 'active', 1
         from clients c where right(c.name, 1) = '7'",
    )
    .execute(&database.owner)
    .await?;
    Ok(changed.rows_affected())
}
