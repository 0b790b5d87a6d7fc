//! Tests what reading customers, subscriptions and recurring invoices shows.

use serde_json::{Map, Value};

use super::{
    Probe, Seen, UNKNOWN_ID,
    shape::{differences, shape},
};

const PAGED: [(&str, &str); 3] = [("pageinate", "true"), ("page_no", "1"), ("order", "id")];
/// Members of a record that may differ between two reads without a change.
pub(super) const COMPUTED: &[&str] = &["logo", "key", "use"];

impl Probe<'_> {
    pub(super) async fn customers(&mut self) {
        let Some(list) = self.page("/api/client", &[("page_size", "100")]).await else { return };
        self.report.judge("paths.case", list.is_success(), format!("{}", list.status));
        let Some(list) = self.page("/api/Client", &[("page_size", "100")]).await else { return };
        self.envelope("customers.envelope", &list, "clients", true);
        let Some(rows) = list.rows("clients").cloned() else { return };
        let first = rows.first().and_then(Value::as_object).cloned();
        match &first {
            None => self.report.not_testable("customers.row", "the agent sees no customer"),
            Some(row) => {
                let has = ["id", "name", "toplevel_id", "inactive"].iter().all(|name| row.contains_key(*name));
                self.report.judge("customers.row", has, shape(&Value::Object(row.clone())));
                let size = list.bytes / rows.len();
                self.report.judge("answers.sizes", size < 20_000, format!("{size} bytes for each customer row"));
            }
        }
        let ids: Vec<i64> = rows.iter().filter_map(id).collect();
        if ids.len() > 1 {
            self.report.judge("customers.order", ids.is_sorted(), format!("{} ids", ids.len()));
        } else {
            self.report.not_testable("customers.order", "fewer than two customers");
        }
        let inactive = rows.iter().filter(|row| row["inactive"] == Value::Bool(true)).count();
        self.report.judge("customers.inactive", inactive == 0, format!("{inactive} of {} rows inactive", rows.len()));
        self.customer_paging(rows.len()).await;
        let Some(row) = first else { return };
        self.customer_search(&rows).await;
        if let Some(id) = row.get("id").and_then(Value::as_i64) {
            let path = format!("/api/Client/{id}");
            self.record("customers.record", &path, &row).await;
        }
        self.unknown("customers.unknown-id", &format!("/api/Client/{UNKNOWN_ID}")).await;
    }

    async fn customer_paging(&mut self, on_a_page: usize) {
        if on_a_page < 100 {
            self.report.not_testable("customers.page-cap", "fewer than 100 customers");
        } else if let Some(seen) = self.page("/api/Client", &[("page_size", "1000")]).await {
            let rows = seen.rows("clients").map_or(0, Vec::len);
            self.report.judge("customers.page-cap", rows <= 100, format!("{rows} rows on one page"));
        }
        let one = [("pageinate", "true"), ("order", "id"), ("page_size", "1")];
        let Some(first) = self.get("/api/Client", &[&one[..], &[("page_no", "1")]].concat()).await else { return };
        let Some(second) = self.get("/api/Client", &[&one[..], &[("page_no", "2")]].concat()).await else { return };
        if on_a_page < 2 {
            self.report.not_testable("customers.paging", "fewer than two customers");
            return self.report.not_testable("customers.record-count", "fewer than two customers");
        }
        let (a, b) =
            (first.rows("clients").cloned().unwrap_or_default(), second.rows("clients").cloned().unwrap_or_default());
        let differ = a.len() == 1 && b.len() == 1 && a.first().and_then(id) != b.first().and_then(id);
        self.report.judge(
            "customers.paging",
            differ,
            format!("pages of {} and {} rows, different: {differ}", a.len(), b.len()),
        );
        let count = first.object().and_then(|object| object.get("record_count")?.as_i64());
        match count {
            Some(count) => {
                let seen =
                    format!("record_count {}, rows seen {on_a_page}", if count > 1 { "above 1" } else { "at most 1" });
                self.report.judge(
                    "customers.record-count",
                    usize::try_from(count).is_ok_and(|count| count >= on_a_page),
                    seen,
                );
            }
            None => self.report.judge("customers.record-count", false, "no record_count"),
        }
    }

    async fn customer_search(&mut self, rows: &[Value]) {
        let name = |row: &Value| row["name"].as_str().map(str::to_owned);
        let Some(part) = rows.iter().filter_map(name).find_map(|name| middle(&name)) else {
            return self.report.not_testable("customers.search", "no customer's name is long enough");
        };
        if let Some(seen) = self.page("/api/Client", &[("page_size", "100"), ("search", &part.to_uppercase())]).await {
            let wanted = part.to_lowercase();
            let hits = seen.rows("clients").map_or(0, |rows| {
                rows.iter().filter_map(name).filter(|name| name.to_lowercase().contains(&wanted)).count()
            });
            self.report.judge("customers.search", hits > 0, format!("{hits} customers with that part in their name"));
        }
    }

    pub(super) async fn licences(&mut self) {
        let all = [("page_size", "100"), ("includeinactive", "true")];
        let Some(list) = self.page("/api/SoftwareLicence", &all).await else { return };
        self.report.judge("licences.read", list.is_success(), format!("{}", list.status));
        if !list.is_success() {
            return;
        }
        self.envelope("licences.envelope", &list, "licences", false);
        let rows = list.rows("licences").cloned().unwrap_or_default();
        self.unknown("licences.unknown-id", &format!("/api/SoftwareLicence/{UNKNOWN_ID}")).await;
        if let Some(seen) = self.get("/api/SoftwareLicence/probe", &[]).await {
            self.report.judge("licences.bad-id", seen.status == 400, format!("{}", seen.status));
        }
        let Some(row) = rows.first().and_then(Value::as_object).cloned() else {
            for id in ["types", "count", "inactive", "filter", "unknown-parameter", "record", "changes"] {
                let check = super::CHECKS.iter().find(|check| check.id.strip_prefix("licences.") == Some(id));
                self.report.not_testable(check.expect("a check of the table").id, "the agent sees no licence");
            }
            return;
        };
        let types = rows.iter().filter(|row| row["type"].is_i64()).count();
        let ones = rows.iter().filter(|row| row["type"] == 1).count();
        self.report.judge("licences.types", types == rows.len(), format!("{ones} of {} rows have type 1", rows.len()));
        let whole = |value: &Value| value.as_f64().is_some_and(|count| count.fract() == 0.0);
        let forms = rows.iter().filter(|row| !whole(&row["count"])).count();
        let form = shape(&rows[0]["count"]);
        self.report.judge("licences.count", forms == 0, format!("the first is {form}; {forms} rows are not whole"));
        if let Some(seen) =
            self.page("/api/SoftwareLicence", &[("page_size", "100"), ("includeinactive", "false")]).await
        {
            let rows = seen.rows("licences").cloned().unwrap_or_default();
            let inactive = rows.iter().filter(|row| row["is_active"] == Value::Bool(false)).count();
            self.report.judge(
                "licences.inactive",
                inactive == 0,
                format!("{inactive} of {} rows inactive", rows.len()),
            );
        }
        self.licence_filter(&row, rows.len()).await;
        if let Some(id) = row.get("id").and_then(Value::as_i64) {
            let path = format!("/api/SoftwareLicence/{id}");
            self.record("licences.record", &path, &row).await;
            if let Some(seen) = self.get("/api/LicenceChange", &[("licence_id", &id.to_string())]).await {
                let changes = seen.json.as_ref().is_some_and(|json| json["changes"].is_array());
                self.report.judge("licences.changes", changes, seen.describe());
            }
        }
    }

    async fn licence_filter(&mut self, row: &Map<String, Value>, all: usize) {
        let Some(customer) = row.get("client_id").and_then(Value::as_i64) else { return };
        let customer_text = customer.to_string();
        let query = [("page_size", "100"), ("includeinactive", "true"), ("client_id", customer_text.as_str())];
        let Some(filtered) = self.page("/api/SoftwareLicence", &query).await else { return };
        let rows = filtered.rows("licences").cloned().unwrap_or_default();
        let own = rows.iter().filter(|row| row["client_id"].as_i64() == Some(customer)).count();
        self.report.judge(
            "licences.filter",
            own == rows.len() && own > 0,
            format!("{own} of {} rows match", rows.len()),
        );
        let query = [("page_size", "100"), ("includeinactive", "true"), ("clientid", customer_text.as_str())];
        let Some(misspelt) = self.page("/api/SoftwareLicence", &query).await else { return };
        let seen = misspelt.rows("licences").map_or(0, Vec::len);
        self.report.judge("licences.unknown-parameter", seen == all, format!("{seen} of {all} rows"));
    }

    pub(super) async fn invoices(&mut self) {
        let query = [("page_size", "50"), ("includelines", "true")];
        let Some(list) = self.page("/api/RecurringInvoice", &query).await else { return };
        self.report.judge("invoices.read", matches!(list.status, 200 | 403), format!("{}", list.status));
        let rest = ["invoices.envelope", "invoices.ids", "invoices.lines", "invoices.links"];
        if !list.is_success() {
            return rest.iter().for_each(|id| self.report.not_testable(id, "invoices cannot be read"));
        }
        self.envelope("invoices.envelope", &list, "invoices", false);
        let rows = list.rows("invoices").cloned().unwrap_or_default();
        if rows.is_empty() {
            return rest[1..].iter().for_each(|id| self.report.not_testable(id, "there is no recurring invoice"));
        }
        let negative = rows.iter().filter(|row| row["id"].as_i64().is_some_and(|id| id < 0)).count();
        self.report.judge("invoices.ids", negative == rows.len(), format!("{negative} of {} ids", rows.len()));
        let lines = |row: &Value| row["lines"].as_array().map_or(0, Vec::len);
        let busiest = rows.iter().max_by_key(|row| lines(row)).unwrap_or(&rows[0]);
        let path = format!("/api/RecurringInvoice/{}", busiest["id"].as_i64().unwrap_or_default());
        let Some(record) = self.get(&path, &[("includedetails", "true")]).await else { return };
        let record = record.json.unwrap_or_default();
        if lines(&record) == 0 && lines(busiest) == 0 {
            self.report.not_testable("invoices.lines", "the first invoices have no lines");
            return self.report.not_testable("invoices.links", "the first invoices have no lines");
        }
        let seen = format!("{} lines in the list, {} in the record", lines(busiest), lines(&record));
        self.report.judge("invoices.lines", lines(busiest) == lines(&record), seen);
        let source = if lines(busiest) > 0 { busiest } else { &record };
        let links = source["lines"].as_array().into_iter().flatten();
        let links: Vec<&Value> = links.filter_map(|line| line["quantity_subscriptions"].as_array()?.first()).collect();
        match links.first() {
            None => self.report.not_testable("invoices.links", "no line is linked to a subscription"),
            Some(link) => self.report.judge("invoices.links", link["licence_id"].is_i64(), shape(link)),
        }
    }

    async fn page(&mut self, path: &str, more: &[(&str, &str)]) -> Option<Seen> {
        let inactive: &[_] =
            if path.ends_with("lient") { &[("includeinactive", "false"), ("includeactive", "true")] } else { &[] };
        self.get(path, &[&PAGED[..], inactive, more].concat()).await
    }

    fn envelope(&mut self, id: &'static str, list: &Seen, key: &str, paged: bool) {
        let has = |name: &str| list.object().is_some_and(|object| object.contains_key(name));
        let whole = has("record_count") && has(key) && (!paged || has("page_no") && has("page_size"));
        // The rows are described by the checks of rows.
        let members: Vec<String> = match list.object() {
            Some(object) => object
                .iter()
                .map(|(name, value)| match value {
                    Value::Array(rows) => format!("{}: [{}]", super::shape::member(name), rows.len()),
                    value => format!("{}: {}", super::shape::member(name), shape(value)),
                })
                .collect(),
            None => vec![if list.rows(key).is_some() { "a bare array".into() } else { list.describe() }],
        };
        self.report.judge(id, whole, format!("{}, {}", list.status, members.join(", ")));
    }

    /// Compares a list row with its record.
    async fn record(&mut self, id: &'static str, path: &str, row: &Map<String, Value>) {
        let Some(seen) = self.get(path, &[("includedetails", "true")]).await else { return };
        match seen.object() {
            Some(record) => {
                let different = differences(row, record, COMPUTED);
                let more = record.keys().filter(|name| !row.contains_key(*name)).count();
                let text = if different.is_empty() { "none".into() } else { different.join(", ") };
                let text = format!("different or absent in the record: {text}; only in the record: {more} members");
                self.report.judge(id, different.is_empty(), text);
            }
            None => self.report.judge(id, false, seen.describe()),
        }
    }

    async fn unknown(&mut self, id: &'static str, path: &str) {
        if let Some(seen) = self.get(path, &[]).await {
            self.report.judge(id, seen.status == 404, seen.describe());
        }
    }
}

pub(super) fn id(row: &Value) -> Option<i64> {
    row["id"].as_i64()
}

/// Returns letters from the middle of a name, not its beginning.
fn middle(name: &str) -> Option<String> {
    let word = name.split(|c: char| !c.is_ascii_alphabetic()).find(|word| word.len() >= 5)?;
    Some(word[1..5].to_owned())
}
