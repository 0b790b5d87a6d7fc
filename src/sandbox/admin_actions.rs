//! What people do inside Halo, which no API call of ours can: the partner at work, and the ways an
//! integration is broken from that side.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    disk::Record,
    records::{Customer, Subscription},
    request_log::{Call, Effect},
    seed::{self, SubscriptionSeed},
    state::{AgentLevels, State, TenantId},
};

/// Who Halo's audit trail names for it.
const PARTNER: &str = "Partner";

/// One thing done by hand. `id` is Halo's id of the record meant.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    AddCustomer {
        name: String,
    },
    RenameCustomer {
        id: i32,
        name: String,
    },
    SetCustomerActive {
        id: i32,
        active: bool,
    },
    DeleteCustomer {
        id: i32,
    },
    /// The customer's subscriptions and invoices go to the other one, and the customer is gone.
    MergeCustomer {
        id: i32,
        into: i32,
    },
    /// A subscription of any vendor, by hand.
    AddSubscription {
        client_id: i32,
        name: String,
        vendor: String,
        count: u32,
    },
    /// A second one with the same content, marker included.
    CopySubscription {
        id: i32,
    },
    RenameSubscription {
        id: i32,
        name: String,
    },
    RepriceSubscription {
        id: i32,
        price: f64,
        cost: f64,
    },
    EditNotes {
        id: i32,
        notes: String,
    },
    /// The partner fills in prices, dates, terms and links.
    SetTerms {
        id: i32,
    },
    SetCount {
        id: i32,
        count: u32,
    },
    MoveSubscription {
        id: i32,
        client_id: i32,
    },
    SetSubscriptionActive {
        id: i32,
        active: bool,
    },
    DeleteSubscription {
        id: i32,
    },
    /// Brings a deleted subscription back as it was.
    RestoreSubscription {
        id: i32,
    },
    /// Blanks the fields in which an integration may have left its mark.
    ClearMarkers {
        id: i32,
    },
    PutOnInvoice {
        id: i32,
    },
    TakeOffInvoices {
        id: i32,
    },
    /// The recurring invoices with this subscription are disabled, or enabled again.
    SetInvoiceDisabled {
        id: i32,
        disabled: bool,
    },
    /// The recurring invoices with this subscription end on this date.
    EndInvoice {
        id: i32,
        date: String,
    },
    /// The recurring invoices with this subscription begin on this date.
    StartInvoice {
        id: i32,
        date: String,
    },
    /// The invoice lines of this subscription begin on this date.
    StartInvoiceLine {
        id: i32,
        date: String,
    },
    /// The invoice lines of this subscription become inactive, or active again.
    SetInvoiceLineInactive {
        id: i32,
        inactive: bool,
    },
    /// The invoice lines of this subscription have a fixed quantity from now on.
    BillFixedQuantity {
        id: i32,
    },
    /// The invoice lines of this subscription end on this date.
    EndInvoiceLine {
        id: i32,
        date: String,
    },
    /// The old secret and its tokens stop working.
    RotateSecret,
    DeleteApplication,
    DeleteAgent,
    /// A new application and agent with the rights they had, and new credentials.
    RestoreAccess,
    SetAgentLevels(AgentLevels),
    /// "Allow use of all Customers": with `only`, the agent sees these customers and their records
    /// alone.
    SetAgentCustomers {
        only: Option<Vec<i32>>,
    },
    /// The tenant id of discovery, as after an upgrade or a move to another host.
    SetTenantId {
        tenant_id: TenantId,
    },
    /// The application's scopes. Tokens given out before keep theirs.
    SetScopes {
        scopes: Vec<String>,
    },
    /// Software licensing on or off for the whole tenant.
    SwitchLicensing {
        on: bool,
    },
}

/// Why an act was not done.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActRefused {
    #[error("this tenant has no customer {0}; its customers are listed on its page")]
    NoCustomer(i32),
    #[error("this tenant has no subscription {0}; its subscriptions are listed on its page")]
    NoSubscription(i32),
    #[error("a customer cannot be merged into itself; choose another one")]
    SameCustomer,
    #[error("the sandbox has been stopped; start it again")]
    Stopped,
}

impl State {
    /// Carries the action out and enters it in the request log. Returns the id of the record that
    /// was made or changed, 0 if there is none.
    pub(super) fn act(&mut self, act: Act) -> Result<i32, ActRefused> {
        let sent = json!(act);
        let what = sent["act"].as_str().unwrap_or_default().to_owned();
        let subscriptions = self.subscriptions.len();
        let id = self.done(act)?;
        let made = self.subscriptions.len() > subscriptions;
        let made = self.subscriptions.get(&id).filter(|_| made);
        let effect = made.map(|one| Effect::Created { id, client_id: one.client_id, count: one.count });
        self.note(Call::ByHand, &what, sent, effect);
        Ok(id)
    }

    fn done(&mut self, act: Act) -> Result<i32, ActRefused> {
        match act {
            Act::AddCustomer { name } => {
                let id = self.next_customer_id();
                self.put(Record::Customer(Customer { id, name, ..Customer::default() }));
                Ok(id)
            }
            Act::RenameCustomer { id, name } => self.edit_customer(id, |customer| customer.name = name),
            Act::SetCustomerActive { id, active } => self.edit_customer(id, |customer| customer.inactive = !active),
            Act::DeleteCustomer { id } => self.edit_customer(id, |customer| customer.deleted = true),
            Act::MergeCustomer { id, into } => self.merge(id, into),
            Act::AddSubscription { client_id, name, vendor, count } => {
                self.customer(client_id).ok_or(ActRefused::NoCustomer(client_id))?;
                let made = SubscriptionSeed::new(&name, &vendor, count, 0.0, 0.0).subscription();
                let id = self.next_subscription_id();
                let start_date = self.today();
                self.save_subscription(Subscription { id, client_id, start_date, ..made }, PARTNER);
                Ok(id)
            }
            Act::CopySubscription { id } => {
                let copied = self.subscription(id).cloned().ok_or(ActRefused::NoSubscription(id))?;
                let id = self.next_subscription_id();
                self.save_subscription(Subscription { id, ..copied }, PARTNER);
                Ok(id)
            }
            Act::RenameSubscription { id, name } => self.edit(id, |one| one.name = name),
            Act::RepriceSubscription { id, price, cost } => {
                self.edit(id, |one| (one.price, one.purchase_price) = (price, cost))
            }
            Act::EditNotes { id, notes } => self.edit(id, |one| one.notes = notes),
            Act::SetTerms { id } => self.edit(id, Subscription::set_terms),
            Act::SetCount { id, count } => self.edit(id, |one| one.count = count.into()),
            Act::MoveSubscription { id, client_id } => {
                self.customer(client_id).ok_or(ActRefused::NoCustomer(client_id))?;
                self.edit(id, |one| one.client_id = client_id)
            }
            Act::SetSubscriptionActive { id, active } => self.edit(id, |one| one.is_active = active),
            Act::DeleteSubscription { id } => self.edit(id, |one| one.deleted = true),
            Act::RestoreSubscription { id } => {
                let mut one = self.subscriptions.get(&id).cloned().ok_or(ActRefused::NoSubscription(id))?;
                one.deleted = false;
                self.save_subscription(one, PARTNER);
                Ok(id)
            }
            Act::ClearMarkers { id } => self.edit(id, |one| {
                for field in [
                    &mut one.snowid,
                    &mut one.third_party_product,
                    &mut one.third_party_productid,
                    &mut one.third_party_productname,
                    &mut one.product_sku,
                    &mut one.vendor_product_sku,
                ] {
                    field.clear();
                }
            }),
            Act::PutOnInvoice { id } => self.put_on_invoice(id).ok_or(ActRefused::NoSubscription(id)),
            Act::TakeOffInvoices { id } => {
                self.subscription(id).ok_or(ActRefused::NoSubscription(id))?;
                self.take_off_invoices(id);
                Ok(id)
            }
            Act::SetInvoiceDisabled { id, disabled } => {
                self.edit_invoice_lines(id, |_| {}, |invoice| invoice.disabled = disabled);
                Ok(id)
            }
            Act::EndInvoice { id, date } => {
                self.edit_invoice_lines(id, |_| {}, |invoice| invoice.end_date.clone_from(&date));
                Ok(id)
            }
            Act::StartInvoice { id, date } => {
                self.edit_invoice_lines(id, |_| {}, |invoice| invoice.start_date.clone_from(&date));
                Ok(id)
            }
            Act::StartInvoiceLine { id, date } => {
                self.edit_invoice_lines(id, |line| line.start_date.clone_from(&date), |_| {});
                Ok(id)
            }
            Act::SetInvoiceLineInactive { id, inactive } => {
                self.edit_invoice_lines(id, |line| line.inactive = inactive, |_| {});
                Ok(id)
            }
            Act::BillFixedQuantity { id } => {
                self.edit_invoice_lines(id, |line| line.quantity_subscriptions.clear(), |_| {});
                Ok(id)
            }
            Act::EndInvoiceLine { id, date } => {
                self.edit_invoice_lines(id, |line| line.end_date.clone_from(&date), |_| {});
                Ok(id)
            }
            Act::RotateSecret => {
                self.access.client_secret = seed::new_client_secret();
                self.access_changed(true)
            }
            Act::DeleteApplication => {
                self.access.application_exists = false;
                self.access_changed(true)
            }
            Act::DeleteAgent => {
                self.access.agent_exists = false;
                self.access_changed(true)
            }
            Act::RestoreAccess => {
                self.access.client_id = seed::new_client_id();
                self.access.client_secret = seed::new_client_secret();
                self.access.application_exists = true;
                self.access.agent_exists = true;
                self.access_changed(true)
            }
            Act::SetAgentLevels(levels) => {
                self.access.agent = levels;
                self.access_changed(false)
            }
            Act::SetAgentCustomers { only } => {
                self.access.agent_customers = only;
                self.access_changed(false)
            }
            Act::SetTenantId { tenant_id } => {
                self.access.tenant_id = tenant_id;
                self.access_changed(false)
            }
            Act::SetScopes { scopes } => {
                self.access.scopes = scopes;
                self.access_changed(false)
            }
            Act::SwitchLicensing { on } => {
                self.access.licensing_on = on;
                self.access_changed(false)
            }
        }
    }

    fn edit_customer(&mut self, id: i32, change: impl FnOnce(&mut Customer)) -> Result<i32, ActRefused> {
        let mut customer = self.customer(id).cloned().ok_or(ActRefused::NoCustomer(id))?;
        change(&mut customer);
        self.put(Record::Customer(customer));
        Ok(id)
    }

    fn edit(&mut self, id: i32, change: impl FnOnce(&mut Subscription)) -> Result<i32, ActRefused> {
        let mut one = self.subscription(id).cloned().ok_or(ActRefused::NoSubscription(id))?;
        change(&mut one);
        self.save_subscription(one, PARTNER);
        Ok(id)
    }

    fn merge(&mut self, id: i32, into: i32) -> Result<i32, ActRefused> {
        if id == into {
            return Err(ActRefused::SameCustomer);
        }
        self.customer(into).ok_or(ActRefused::NoCustomer(into))?;
        self.edit_customer(id, |customer| (customer.deleted, customer.merged_into) = (true, Some(into)))?;
        let moved: Vec<Subscription> = self.subscriptions.values().filter(|one| one.client_id == id).cloned().collect();
        for one in moved {
            self.save_subscription(Subscription { client_id: into, ..one }, PARTNER);
        }
        let invoices: Vec<_> = self.invoices.values().filter(|invoice| invoice.client_id == id).cloned().collect();
        for mut invoice in invoices {
            invoice.client_id = into;
            self.put(Record::Invoice(invoice));
        }
        Ok(into)
    }

    /// `ends_tokens`: what was given out before is worth nothing any more.
    fn access_changed(&mut self, ends_tokens: bool) -> Result<i32, ActRefused> {
        self.put(Record::Access(self.access.clone()));
        if ends_tokens {
            let now = self.clock.now();
            let live: Vec<_> = self.tokens.values().filter(|token| token.until > now).cloned().collect();
            for mut token in live {
                token.until = now;
                self.put(Record::Token(token));
            }
        }
        Ok(0)
    }
}
