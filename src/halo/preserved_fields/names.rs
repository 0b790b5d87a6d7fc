//! Which members of a record change with its quantity, and how the others are called.
//!
//! Halo's documented members are listed in docs/halo-api.md, section 4.4. A member of another name
//! is compared as well; a number or date of such a name may still be one that Halo computes.

use super::{QuantityChange, value};

/// Documented members that Halo changes by itself: the quantity, what follows from it, usage, and
/// the customer's name.
const CHANGED_BY_HALO: [&str; 8] = [
    "count",
    "consumedcount",
    "requested_quantity",
    "requested_quantity_date",
    "monthly_price",
    "monthly_cost",
    "client_name",
    "licence_client_name",
];
/// Members of Halo's screens, which say nothing about the record.
const SCREEN: [&str; 4] = ["key", "use", "table", "logo"];
/// Parts of the names of counters, usage, computed sums and times of changes.
const WORDS_OF_COUNTERS: [&str; 16] = [
    "count",
    "counter",
    "total",
    "subtotal",
    "used",
    "usage",
    "consumed",
    "available",
    "version",
    "rowversion",
    "etag",
    "token",
    "hash",
    "synced",
    "changed",
    "revision",
];
const PARTS_OF_TIMES: [&str; 6] = ["modified", "updated", "lastupdate", "last_", "timestamp", "lastchange"];
/// Documented members that a quantity never changes, those that decide about money first.
const SETTINGS: [&str; 24] = [
    "price",
    "purchase_price",
    "item_id",
    "billing_cycle",
    "term_duration",
    "start_date",
    "end_date",
    "status",
    "is_active",
    "autorenew",
    "client_id",
    "site_id",
    "supplier_id",
    "name",
    "notes",
    "vendor",
    "manufacturer",
    "distributor",
    "product_sku",
    "vendor_product_sku",
    "parent_id",
    "type",
    "external_link_id",
    "azure_connection_id",
];

/// How a member follows the quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// A quantity never changes it.
    Never,
    /// Halo may switch a subscription off whose quantity becomes 0.
    Zero,
    /// No document names it: Halo may compute it from the quantity, or write a time into it.
    Perhaps,
}

/// Returns whether Halo changes the member by itself, so that it is not compared.
pub(super) fn is_changed_by_halo(name: &str) -> bool {
    if SETTINGS.contains(&name) {
        return false;
    }
    CHANGED_BY_HALO.contains(&name)
        || SCREEN.contains(&name)
        // Import members and warnings; licences in use and available.
        || name.starts_with('_')
        || name.starts_with("licences_")
        || PARTS_OF_TIMES.iter().any(|part| name.contains(part))
        || name.split('_').any(|word| WORDS_OF_COUNTERS.contains(&word))
}

pub(super) fn follows(path: &str) -> Follows {
    match path {
        "is_active" | "status" => Follows::Zero,
        path if SETTINGS.contains(&path) || path.ends_with("_id") => Follows::Never,
        _ => Follows::Perhaps,
    }
}

impl Follows {
    /// Returns whether the change of the quantity explains that a member with the value `before`
    /// has the value `now`.
    pub(super) fn explains(self, before: &str, now: &str, quantity: QuantityChange) -> bool {
        match self {
            Follows::Never => false,
            Follows::Zero => quantity.to == 0,
            Follows::Perhaps => value::is_computed(before, now, quantity) || value::is_later(before, now),
        }
    }
}

/// The most fields that are named: a record that was replaced has lost them all.
const MAX_NAMED: usize = 50;

/// Returns the names of the fields as Halo's screens have them, money first, each once.
pub(super) fn labels(mut paths: Vec<&String>) -> Vec<String> {
    let rank = |path: &str| SETTINGS.iter().position(|name| *name == path).unwrap_or(SETTINGS.len());
    paths.sort_by_key(|path| rank(path));
    let mut labels: Vec<String> = Vec::new();
    for label in paths.into_iter().map(|path| label(path)) {
        if labels.len() < MAX_NAMED && !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

/// Paths hold names that Halo sent, and are shown to the partner: they stay short and plain.
fn label(path: &str) -> String {
    let words = match path {
        "purchase_price" => "cost",
        "item_id" => "product",
        "autorenew" => "auto renew",
        "is_active" => "active",
        path => path.strip_suffix("_id").unwrap_or(path),
    };
    let plain = |c: char| if c.is_alphanumeric() || c == '.' { c } else { ' ' };
    words.chars().map(plain).take(60).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
