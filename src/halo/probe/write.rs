//! The trial of writing: one subscription is created, changed twice and set to zero. Nothing else
//! is written, and nothing is deleted.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Probe, ProbeReport, Seen, shape::differences};
use crate::halo::{NewSubscription, Session};
use crate::ids::HaloCustomerId;

/// Members that Halo changes itself when the quantity changes.
const FOLLOWS_QUANTITY: &[&str] = &[
    "count",
    "licences_available",
    "licences_in_use",
    "consumedcount",
    "requested_quantity",
    "requested_quantity_date",
    "monthly_price",
    "monthly_cost",
    "logo",
    "key",
    "use",
];

/// The subscription that the trial creates.
#[derive(Clone, Debug)]
pub struct ProbeWrites {
    pub customer: HaloCustomerId,
    /// The name in Halo, by which the user finds the record.
    pub name: String,
    pub marker: String,
}

impl Session {
    /// Tests every statement that needs a write and adds the verdicts to `report`, whose reads came
    /// before. Returns the id of the created record, if Halo returned one.
    pub async fn probe_writes(&self, report: ProbeReport, writes: &ProbeWrites) -> (ProbeReport, Option<i64>) {
        let mut probe = Probe {
            session: self,
            report,
            bearer: None,
            slowest: Duration::ZERO,
            rate_headers: Vec::new(),
            limited: false,
        };
        probe.report.tried_writes = true;
        let created = match self.token(None).await {
            Ok(token) => {
                probe.bearer = Some(token.value.clone());
                probe.writes(writes).await
            }
            Err(_) => None,
        };
        probe.report.requests = self.requests();
        (probe.report, created)
    }
}

impl Probe<'_> {
    async fn writes(&mut self, writes: &ProbeWrites) -> Option<i64> {
        let ProbeWrites { customer, name, marker } = writes.clone();
        let sent = NewSubscription { customer, name, quantity: 1, marker, with_site: false }.record();
        let answer = self.write(sent.clone()).await?;
        self.report.judge("write.create", answer.is_success(), answer.describe());
        if !answer.is_success() {
            return None;
        }
        let id = answer.object().and_then(|object| object.get("id")?.as_i64());
        self.report.judge("write.answer", answer.status == 201 && id.is_some(), answer.describe());
        let listed = self.find_in_list(writes).await;
        self.report.judge("write.listed", listed.is_some(), if listed.is_some() { "listed" } else { "not listed" });
        let id = id.or(listed)?;
        let mut before = self.read(id).await?;
        let sent = sent.as_object().cloned().unwrap_or_default();
        let different = differences(&sent, &before, &["product_sku"]);
        let text = if different.is_empty() { "every member".into() } else { format!("not: {}", different.join(", ")) };
        self.report.judge("write.stored", different.is_empty(), text);
        let active = before.get("is_active") == Some(&Value::Bool(true));
        self.report.judge("write.active", active, if active { "is_active: true" } else { "not active" });
        let kept = before.get("product_sku") == sent.get("product_sku");
        self.report.judge("write.marker", kept, if kept { "stored" } else { "not stored" });
        for quantity in [2, 3] {
            let update = json!({ "id": id, "client_id": writes.customer.0, "count": quantity });
            let Some(answer) = self.write(update).await else { break };
            let after = self.read(id).await?;
            let mut different = differences(&before, &after, FOLLOWS_QUANTITY);
            different
                .extend(differences(&after, &before, FOLLOWS_QUANTITY).into_iter().filter(|n| !before.contains_key(n)));
            let stored = after.get("count").and_then(Value::as_f64) == Some(f64::from(quantity));
            let other = answer.object().and_then(|object| object.get("id")?.as_i64()).is_some_and(|other| other != id);
            let text = match (stored, other, different.is_empty()) {
                (_, true, _) => "the answer shows another record".into(),
                (false, ..) => format!("the quantity was not stored; {}", answer.status),
                (true, false, true) => "the quantity, and no other member".into(),
                (true, false, false) => format!("also changed: {}", different.join(", ")),
            };
            self.report.judge("write.merge", stored && !other && different.is_empty(), text);
            before = after;
        }
        let zero = self.write(json!({ "id": id, "client_id": writes.customer.0, "count": 0 })).await?;
        if !zero.is_success() {
            self.report.judge("write.zero", false, zero.describe());
            return Some(id);
        }
        let after = self.read(id).await?;
        let stored = after.get("count").and_then(Value::as_f64) == Some(0.0);
        let active = after.get("is_active") == Some(&Value::Bool(true));
        self.report.judge("write.zero", stored && active, format!("stored: {stored}, still active: {active}"));
        Some(id)
    }

    async fn write(&mut self, record: Value) -> Option<Seen> {
        self.post("/api/SoftwareLicence", json!([record])).await
    }

    async fn read(&mut self, id: i64) -> Option<Map<String, Value>> {
        let seen = self.get(&format!("/api/SoftwareLicence/{id}"), &[("includedetails", "true")]).await?;
        let json = seen.json.filter(|_| (200..300).contains(&seen.status))?;
        let record = if let Value::Array(mut items) = json { items.pop()? } else { json };
        record.as_object().cloned()
    }

    /// Finds the created record by its name, which is unique in this trial.
    async fn find_in_list(&mut self, writes: &ProbeWrites) -> Option<i64> {
        let customer = writes.customer.to_string();
        let query = [
            ("pageinate", "true"),
            ("page_size", "100"),
            ("page_no", "1"),
            ("order", "id"),
            ("orderdesc", "true"),
            ("includeinactive", "true"),
            ("client_id", customer.as_str()),
        ];
        let seen = self.get("/api/SoftwareLicence", &query).await?;
        let rows = seen.rows("licences")?;
        rows.iter().find(|row| row["name"] == writes.name.as_str())?["id"].as_i64()
    }
}
