//! What a tenant starts with.

use super::{
    disk::Record,
    records::{Customer, CustomerDetails, Invoice, Subscription},
    state::{Access, AgentLevels, Level, Settings, State, TenantId},
};

/// A tenant to be made where none of that name is on disk.
#[derive(Clone, Debug)]
pub struct TenantSeed {
    /// Also its `tenant_id`: lower-case letters, digits and hyphens.
    pub name: String,
    /// The port to be taken where it is free.
    pub port: Option<u16>,
    pub customers: Vec<CustomerSeed>,
    /// The agent's levels to start with.
    pub agent: AgentLevels,
    pub settings: Settings,
}

#[derive(Clone, Debug)]
pub struct CustomerSeed {
    pub name: String,
    pub inactive: bool,
    pub details: CustomerDetails,
    pub subscriptions: Vec<SubscriptionSeed>,
    /// Whether there is a recurring invoice with these subscriptions on it.
    pub invoiced: bool,
}

/// A subscription of another vendor.
#[derive(Clone, Debug)]
pub struct SubscriptionSeed {
    pub name: String,
    pub vendor: String,
    pub count: u32,
    /// In the tenant's currency, a unit.
    pub price: f64,
    pub cost: f64,
}

impl TenantSeed {
    /// A tenant without customers, its application and agent set up as INFIMA's guide says, the
    /// agent also allowed to read invoices.
    pub fn empty(name: &str) -> Self {
        Self {
            name: name.into(),
            port: None,
            customers: Vec::new(),
            agent: AgentLevels { customers: Level::Read, licensing: Level::Modify, invoices: Level::Read },
            settings: Settings::default(),
        }
    }

    /// Customers by name, without subscriptions; ids are given in this order, from 41.
    pub fn with_customers<S: Into<String>>(name: &str, customers: impl IntoIterator<Item = S>) -> Self {
        let customers = customers.into_iter().map(|name| CustomerSeed::named(name)).collect();
        Self { customers, ..Self::empty(name) }
    }

    /// A managed service provider with a score of customers, some of them awkward.
    pub fn northwind() -> Self {
        let microsoft = |count| SubscriptionSeed::new("Microsoft 365 Business Premium", "Microsoft", count, 20.6, 16.5);
        let backup = |count| SubscriptionSeed::new("Server backup, 1 TB", "Datto", count, 89.0, 52.0);
        let dns = |count| SubscriptionSeed::new("DNS filter", "DNSFilter", count, 2.0, 0.9);
        let edr = |count| SubscriptionSeed::new("Managed EDR", "Huntress", count, 5.25, 3.1);
        let customers = vec![
            CustomerSeed::named("Alder & Finch LLP").with([microsoft(24), edr(26)]).invoiced(),
            CustomerSeed::named("Bluewater Dental Group").with([microsoft(11)]).invoiced(),
            CustomerSeed::named("Café Zoë"),
            CustomerSeed::named("Drummond Logistics").with([microsoft(63), backup(2), edr(70)]).invoiced(),
            CustomerSeed::named("Evergreen Primary School").with([dns(120)]),
            CustomerSeed::named("Fjord Architekten GmbH").with([microsoft(18)]).invoiced(),
            CustomerSeed::named("Granite Peak Insurance").with([microsoft(41), dns(41)]),
            CustomerSeed::named("Harbourside Vets"),
            CustomerSeed::named("Iona Textiles Ltd").with([backup(1)]).invoiced(),
            CustomerSeed::named("Juniper Health Clinic").with([edr(33)]),
            CustomerSeed::named("Kestrel Aviation"),
            CustomerSeed::named("Łódź Precision").with([microsoft(29)]).invoiced(),
            CustomerSeed::named("Müller & Söhne \"Präzision\" KG"),
            CustomerSeed::named("O'Brien's Bakery; DROP TABLE clients"),
            CustomerSeed::named("東京デザイン株式会社").with([microsoft(9)]),
            CustomerSeed::named("شركة النور للتجارة"),
            CustomerSeed::named("Springfield Veterinary").at(
                "Springfield",
                "https://www.springfieldvets.example/",
                "+1 217 555 0142",
                "742 Evergreen Terrace, Springfield, IL 62704",
            ),
            CustomerSeed::named("Springfield Veterinary").at(
                "Shelbyville",
                "shelbyvillevets.example",
                "+1 217 555 0199",
                "12 Lemon Tree Road, Shelbyville, IL 62565",
            ),
            CustomerSeed::named("<b>Bold</b> Ideas & Co"),
            CustomerSeed::named("Harbourside Vets (old)").inactive(),
            CustomerSeed::named("Northwind MSP (internal)").with([microsoft(14), edr(15), dns(15)]),
        ];
        Self { customers, ..Self::empty("northwind-msp") }
    }

    /// A second, small one whose agent cannot read invoices, as INFIMA's guide sets it up.
    pub fn other() -> Self {
        let names = ["Quayside Printing", "Alder & Finch LLP", "Vega Robotics AB"];
        let mut seed = Self::with_customers("other", names);
        seed.agent.invoices = Level::None;
        seed
    }

    pub(super) fn access(&self) -> Access {
        Access {
            client_id: new_client_id(),
            client_secret: new_client_secret(),
            application_exists: true,
            scopes: ["read:customers", "read:invoices", "edit:softwarelicensing"].map(String::from).to_vec(),
            agent_exists: true,
            agent: self.agent,
            agent_customers: None,
            licensing_on: true,
            tenant_id: TenantId::Own,
        }
    }

    pub(super) fn plant(self, state: &mut State) {
        for seed in self.customers {
            let client_id = state.next_customer_id();
            let CustomerSeed { name, inactive, details, subscriptions, invoiced } = seed;
            state.put(Record::Customer(Customer { id: client_id, name, inactive, details, ..Customer::default() }));
            if invoiced {
                let id = state.next_invoice_id();
                state.put(Record::Invoice(Invoice::without_lines(id, client_id)));
            }
            for seed in subscriptions {
                let id = state.next_subscription_id();
                let start_date = state.today();
                state.save_subscription(Subscription { id, client_id, start_date, ..seed.subscription() }, "Partner");
                if invoiced {
                    state.put_on_invoice(id);
                }
            }
        }
    }
}

impl CustomerSeed {
    pub fn named(name: impl Into<String>) -> Self {
        let details = CustomerDetails::default();
        Self { name: name.into(), inactive: false, details, subscriptions: Vec::new(), invoiced: false }
    }

    /// Gives the customer what distinguishes it from another one of the same name.
    pub fn at(self, site: &str, website: &str, phone: &str, address: &str) -> Self {
        let [site, website, phone, address] = [site, website, phone, address].map(str::to_owned);
        Self { details: CustomerDetails { site, website, phone, address }, ..self }
    }

    pub fn with(self, subscriptions: impl IntoIterator<Item = SubscriptionSeed>) -> Self {
        Self { subscriptions: subscriptions.into_iter().collect(), ..self }
    }

    pub fn invoiced(self) -> Self {
        Self { invoiced: true, ..self }
    }

    pub fn inactive(self) -> Self {
        Self { inactive: true, ..self }
    }
}

impl SubscriptionSeed {
    pub fn new(name: &str, vendor: &str, count: u32, price: f64, cost: f64) -> Self {
        Self { name: name.into(), vendor: vendor.into(), count, price, cost }
    }

    pub(super) fn subscription(self) -> Subscription {
        Subscription {
            kind: 1,
            name: self.name,
            count: f64::from(self.count),
            price: self.price,
            purchase_price: self.cost,
            manufacturer: self.vendor.clone(),
            vendor: self.vendor,
            status: "Active".into(),
            billing_cycle: "Monthly".into(),
            term_duration: "Monthly".into(),
            ..Subscription::default()
        }
    }
}

/// A GUID, as Halo gives an application.
pub(super) fn new_client_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Two GUIDs joined by a hyphen: 73 characters (docs/halo-api.md, section 2).
pub(super) fn new_client_secret() -> String {
    format!("{}-{}", uuid::Uuid::new_v4(), uuid::Uuid::new_v4())
}
