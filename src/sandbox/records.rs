//! What a tenant holds, in Halo's own field names, because that is how it goes over the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Halo's way of writing "no date" (docs/halo-api.md, section 4.4).
pub(super) const NO_DATE: &str = "1901-01-01T00:00:00";

/// ISO 8601 without a zone, as Halo writes dates (section 7).
pub(super) fn halo_date(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// A customer of the tenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Customer {
    pub id: i32,
    pub name: String,
    pub inactive: bool,
    pub details: CustomerDetails,
    /// Deleted, or merged away: in no answer any more. Kept, so that its id is not given out again.
    pub deleted: bool,
    pub merged_into: Option<i32>,
}

/// What distinguishes customers of the same name. Empty texts are how Halo writes that it has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomerDetails {
    pub site: String,
    pub website: String,
    pub phone: String,
    pub address: String,
}

impl Customer {
    /// The row as Halo shows it (section 3).
    pub(super) fn row(&self, logo: &str) -> Value {
        let CustomerDetails { site, website, phone, address } = &self.details;
        json!({
            "id": self.id, "name": self.name, "toplevel_id": 1, "toplevel_name": "Customers", "inactive": self.inactive,
            "colour": "#4a7ebb", "main_site_id": self.id + 9, "is_account": false, "customertype": 0, "accountsid": "",
            "itglue_id": "", "dbc_company_id": "", "accountmanagertech": 0, "is_vip": false, "mailbox_override": 0,
            "main_site_name": site, "website": website, "phone_number": phone,
            "override_org_address": { "line1": address, "line2": "", "line3": "", "line4": "", "postcode": "" },
            "key": format!("client_{}", self.id), "use": "client", "logo": logo,
        })
    }
}

/// A row of Halo's `SoftwareLicence` table. `type` 1 is a subscription (section 4.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subscription {
    pub id: i32,
    #[serde(rename = "type")]
    pub kind: i32,
    pub name: String,
    /// A whole number in Halo's database, a double in its answers.
    pub count: f64,
    pub client_id: i32,
    pub site_id: i32,
    pub purchase_price: f64,
    pub price: f64,
    pub start_date: String,
    pub end_date: String,
    pub billing_cycle: String,
    pub term_duration: String,
    pub status: String,
    pub is_active: bool,
    pub deleted: bool,
    pub autorenew: bool,
    pub vendor: String,
    pub manufacturer: String,
    pub distributor: String,
    pub supplier_id: i32,
    pub item_id: i32,
    pub notes: String,
    pub name_extra: String,
    pub snowid: String,
    pub third_party_product: String,
    pub third_party_productid: String,
    pub third_party_productname: String,
    pub product_sku: String,
    pub vendor_product_sku: String,
    pub parent_id: i32,
    /// The value of a custom field, shown by [`super::Fault::UnlistedMembers`].
    pub custom_field: String,
}

/// A member that an update may reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    #[default]
    Price,
    PurchasePrice,
    ItemId,
    BillingCycle,
    TermDuration,
    EndDate,
    Status,
    IsActive,
    Autorenew,
    SiteId,
    SupplierId,
    Name,
    Notes,
    CustomField,
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            id: 0,
            kind: 0,
            name: String::new(),
            count: 0.0,
            client_id: 0,
            site_id: -1,
            purchase_price: 0.0,
            price: 0.0,
            start_date: NO_DATE.into(),
            end_date: NO_DATE.into(),
            billing_cycle: String::new(),
            term_duration: String::new(),
            status: String::new(),
            is_active: true,
            deleted: false,
            autorenew: false,
            vendor: String::new(),
            manufacturer: String::new(),
            distributor: String::new(),
            supplier_id: 0,
            item_id: 0,
            notes: String::new(),
            name_extra: String::new(),
            snowid: String::new(),
            third_party_product: String::new(),
            third_party_productid: String::new(),
            third_party_productname: String::new(),
            product_sku: String::new(),
            vendor_product_sku: String::new(),
            parent_id: 0,
            custom_field: String::new(),
        }
    }
}

impl Subscription {
    /// Neither deleted nor inactive.
    pub fn is_live(&self) -> bool {
        self.is_active && !self.deleted
    }

    /// Gives every member that an update may reset a value of its own.
    pub(super) fn set_terms(&mut self) {
        (self.price, self.purchase_price) = (2.5, 1.0);
        (self.item_id, self.site_id, self.supplier_id) = (77, 542, 5);
        for (text, value) in [
            (&mut self.billing_cycle, "Yearly"),
            (&mut self.term_duration, "36 months"),
            (&mut self.end_date, "2027-06-30T00:00:00"),
            (&mut self.status, "Active"),
            (&mut self.name, "Training, agreed in May"),
            (&mut self.notes, "Ask for Ada before the renewal, and send the invoice to the branch in Łódź."),
            (&mut self.custom_field, "C-2027-04"),
        ] {
            *text = value.into();
        }
        (self.is_active, self.autorenew) = (true, true);
    }

    pub(super) fn reset(&mut self, member: Member) {
        let empty = Subscription::default();
        match member {
            Member::Price => self.price = 0.0,
            Member::PurchasePrice => self.purchase_price = 0.0,
            Member::ItemId => self.item_id = 0,
            Member::BillingCycle => self.billing_cycle.clear(),
            Member::TermDuration => self.term_duration.clear(),
            Member::EndDate => self.end_date = empty.end_date,
            Member::Status => self.status.clear(),
            Member::IsActive => self.is_active = false,
            Member::Autorenew => self.autorenew = false,
            Member::SiteId => self.site_id = empty.site_id,
            Member::SupplierId => self.supplier_id = 0,
            Member::Name => self.name.clear(),
            Member::Notes => self.notes.clear(),
            Member::CustomField => self.custom_field.clear(),
        }
    }

    /// The fields whose changes Halo's audit trail keeps, as text.
    pub(super) fn audited(&self) -> [(&'static str, String); 9] {
        [
            ("count", self.count.to_string()),
            ("name", self.name.clone()),
            ("client_id", self.client_id.to_string()),
            ("price", self.price.to_string()),
            ("purchase_price", self.purchase_price.to_string()),
            ("notes", self.notes.clone()),
            ("status", self.status.clone()),
            ("is_active", self.is_active.to_string()),
            ("deleted", self.deleted.to_string()),
        ]
    }

    /// The row as Halo shows it, `count` as a double (section 4.4).
    pub(super) fn row(&self, client_name: &str) -> Value {
        let mut row = json!(self);
        let more = json!({
            "client_name": client_name, "licence_client_name": client_name, "site_name": "", "supplier_name": "",
            "monthly_price": self.price, "monthly_cost": self.purchase_price, "licences_in_use": 0.0,
            "licences_in_use_user": 0.0, "licences_in_use_user_for_billing": 0.0, "licences_available": self.count,
            "requested_quantity": 0, "requested_quantity_date": NO_DATE, "consumedcount": 0.0, "external_link_id": 0,
            "azure_connection_id": 0, "assigned_at_deletion": 0, "tenant_id": "", "tenant_name": "",
            "key": format!("licence_{}", self.id), "use": "licence",
        });
        if let (Value::Object(row), Value::Object(more)) = (&mut row, more) {
            row.extend(more);
            row.remove("custom_field");
        }
        row
    }
}

/// One row of Halo's own audit trail of a subscription (section 4.2). The rows of `count` are its
/// quantity's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LicenceChange {
    pub id: i32,
    pub at: DateTime<Utc>,
    pub field_name: String,
    pub licence_id: i32,
    pub old_value: String,
    pub new_value: String,
    pub who: String,
}

/// A recurring invoice. Its id is negative, as in Halo (section 6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: i32,
    pub client_id: i32,
    #[serde(default)]
    pub disabled: bool,
    /// [`NO_DATE`] if it has begun.
    #[serde(default = "no_date")]
    pub start_date: String,
    /// [`NO_DATE`] if it never ends.
    #[serde(default = "no_date")]
    pub end_date: String,
    pub lines: Vec<InvoiceLine>,
}

impl Invoice {
    pub(super) fn without_lines(id: i32, client_id: i32) -> Self {
        Self { id, client_id, disabled: false, start_date: no_date(), end_date: no_date(), lines: Vec::new() }
    }
}

fn no_date() -> String {
    NO_DATE.into()
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvoiceLine {
    pub id: i32,
    pub item_shortdescription: String,
    pub unit_price: f64,
    /// Used where no subscription sets the quantity.
    pub qty_order: f64,
    #[serde(default)]
    pub inactive: bool,
    #[serde(default = "no_date")]
    pub start_date: String,
    #[serde(default = "no_date")]
    pub end_date: String,
    pub quantity_subscriptions: Vec<LinkedSubscription>,
}

/// How a line points at a subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkedSubscription {
    pub id: i32,
    pub licence_id: i32,
}
