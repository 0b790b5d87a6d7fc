//! `GET /api/RecurringInvoice` (docs/halo-api.md, section 6). The resource is read-only over HTTP:
//! a partner adds a subscription to an invoice by hand.

use serde_json::{Value, json};

use super::{
    answer::Answer,
    disk::Record,
    fault::{Fault, Faults},
    list,
    records::{Invoice, InvoiceLine, LinkedSubscription, NO_DATE},
    request_log::Effect,
    server::Asked,
    state::State,
};

pub(super) fn list(state: &mut State, asked: &Asked, faults: &Faults, _: &mut Vec<Effect>) -> Result<Answer, Answer> {
    let client_id = asked.int("client_id")?;
    let hidden = faults.has(Fault::InvoiceLinesEmpty) || faults.has(Fault::InvoiceLinesLeftOut);
    let lines = asked.flag("includelines")? && !hidden;
    let wanted = |invoice: &&Invoice| client_id.is_none_or(|id| id == i64::from(invoice.client_id));
    let mut rows: Vec<Value> =
        state.invoices.values().filter(wanted).map(|invoice| row(state, invoice, lines)).collect();
    if faults.has(Fault::InvoiceLinesEmpty) {
        rows.iter_mut().for_each(|row| row["lines"] = json!([]));
    }
    if faults.has(Fault::InvoiceLinksLeftOut) {
        for line in rows.iter_mut().filter_map(|row| row["lines"].as_array_mut()).flatten() {
            line["quantity_subscriptions"] = Value::Null;
        }
    }
    list::page(asked, &state.settings, faults, "invoices", rows)
}

pub(super) fn single(state: &mut State, asked: &Asked, faults: &Faults, _: &mut Vec<Effect>) -> Result<Answer, Answer> {
    let id = asked.path_id()?;
    let lines = asked.flag("includedetails")?;
    let found = state.invoices.get(&id).map(|invoice| row(state, invoice, lines));
    Ok(list::single(faults, found, None))
}

fn row(state: &State, invoice: &Invoice, with_lines: bool) -> Value {
    let quantity = |line: &InvoiceLine| -> f64 {
        if line.quantity_subscriptions.is_empty() {
            return line.qty_order;
        }
        let linked = line.quantity_subscriptions.iter().filter_map(|link| state.subscription(link.licence_id));
        linked.filter(|one| one.is_active).map(|one| one.count).sum()
    };
    let total: f64 = invoice.lines.iter().map(|line| quantity(line) * line.unit_price).sum();
    let calculated = invoice.lines.iter().any(|line| !line.quantity_subscriptions.is_empty());
    let mut row = json!({
        "id": invoice.id, "client_id": invoice.client_id, "client_name": state.customer_name(invoice.client_id),
        "total": total, "nextcreationdate": "2026-12-01T00:00:00", "billingcategory": 0, "contract_id": 0,
        "contains_calculated_quantity": calculated, "disabled": invoice.disabled, "startdate": invoice.start_date,
        "enddate": invoice.end_date,
    });
    if with_lines {
        let line = |line: &InvoiceLine| {
            let links = line.quantity_subscriptions.iter().map(|link| {
                let name = state.subscriptions.get(&link.licence_id).map_or("", |one| one.name.as_str());
                json!({
                    "id": link.id, "invoice_line_id": line.id, "kind": 2, "licence_id": link.licence_id,
                    "licence_name": name, "assigned_licences": false, "qty_free": 0, "minimum_qty": 0, "pro_rata": 1,
                    "site_id": -1, "site_name": "", "criteria": [],
                })
            });
            json!({
                "id": line.id, "item_shortdescription": line.item_shortdescription, "unit_price": line.unit_price,
                "qty_order": quantity(line), "isinactive": line.inactive, "startdate": line.start_date,
                "enddate": line.end_date, "recurring_invoice_quantity_type": 1,
                "quantity_subscriptions": links.collect::<Vec<_>>(), "quantity_licences": [], "quantity_users": [],
                "quantity_assets": [],
            })
        };
        row["lines"] = invoice.lines.iter().map(line).collect();
    }
    row
}

impl State {
    /// Negative, going down, as was seen on real tenants.
    pub(super) fn next_invoice_id(&self) -> i32 {
        self.invoices.keys().next().map_or(-94, |lowest| lowest - 1)
    }

    /// Adds a line for the subscription to its customer's recurring invoice, which is created if
    /// absent; a subscription that is on an invoice already stays there. Returns the invoice's id.
    pub(super) fn put_on_invoice(&mut self, subscription: i32) -> Option<i32> {
        let one = self.subscription(subscription)?.clone();
        if let Some(id) = self.invoice_of(subscription) {
            return Some(id);
        }
        let own = self.invoices.values().find(|invoice| invoice.client_id == one.client_id).cloned();
        let id = self.next_invoice_id();
        let mut invoice = own.unwrap_or(Invoice::without_lines(id, one.client_id));
        let next =
            1 + self.invoices.values().flat_map(|invoice| &invoice.lines).map(|line| line.id).max().unwrap_or(76);
        invoice.lines.push(InvoiceLine {
            id: next,
            item_shortdescription: one.name,
            unit_price: one.price,
            qty_order: one.count,
            inactive: false,
            start_date: NO_DATE.into(),
            end_date: NO_DATE.into(),
            quantity_subscriptions: vec![LinkedSubscription { id: next, licence_id: subscription }],
        });
        let id = invoice.id;
        self.put(Record::Invoice(invoice));
        Some(id)
    }

    /// Changes every invoice line with the subscription, and the invoice.
    pub(super) fn edit_invoice_lines(
        &mut self,
        subscription: i32,
        change: impl Fn(&mut InvoiceLine),
        change_invoice: impl Fn(&mut Invoice),
    ) {
        let on_it = |line: &InvoiceLine| line.quantity_subscriptions.iter().any(|link| link.licence_id == subscription);
        let touched: Vec<Invoice> =
            self.invoices.values().filter(|invoice| invoice.lines.iter().any(on_it)).cloned().collect();
        for mut invoice in touched {
            invoice.lines.iter_mut().filter(|line| on_it(line)).for_each(&change);
            change_invoice(&mut invoice);
            self.put(Record::Invoice(invoice));
        }
    }

    /// Removes the subscription from every recurring invoice.
    pub(super) fn take_off_invoices(&mut self, subscription: i32) {
        let on_it = |line: &InvoiceLine| line.quantity_subscriptions.iter().any(|link| link.licence_id == subscription);
        let touched: Vec<Invoice> =
            self.invoices.values().filter(|invoice| invoice.lines.iter().any(on_it)).cloned().collect();
        for mut invoice in touched {
            invoice.lines.retain(|line| !on_it(line));
            self.put(Record::Invoice(invoice));
        }
    }

    /// The recurring invoice a subscription is on.
    pub(super) fn invoice_of(&self, subscription: i32) -> Option<i32> {
        let mut links = self.invoices.values().flat_map(|invoice| {
            let lines = invoice.lines.iter().flat_map(|line| &line.quantity_subscriptions);
            lines.map(|link| (invoice.id, link.licence_id))
        });
        links.find(|(_, licence_id)| *licence_id == subscription).map(|(id, _)| id)
    }
}
