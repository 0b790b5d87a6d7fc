//! Recorded responses: what differs from one run to the next is made the same.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use infima_halo::config::Variables;
use serde_json::{Value, json};

#[derive(Default)]
pub struct Recorded {
    operations: BTreeMap<String, Value>,
    refusals: BTreeMap<String, Value>,
    /// Other responses of an operation than its first: operation → what is special about it → data.
    scenarios: BTreeMap<String, BTreeMap<String, Value>>,
}

/// The parts that are written to files.
pub struct Stable {
    pub operations: Value,
    pub refusals: Value,
    pub scenarios: Value,
}

impl Recorded {
    pub fn operation(&mut self, name: &str, data: &Value) {
        assert!(self.operations.insert(name.into(), data.clone()).is_none(), "{name} is recorded twice");
    }

    pub fn scenario(&mut self, operation: &str, name: &str, data: &Value) {
        let of_operation = self.scenarios.entry(operation.into()).or_default();
        assert!(of_operation.insert(name.into(), data.clone()).is_none(), "{operation}, {name} is recorded twice");
    }

    pub fn refusal(&mut self, code: &str, operation: &str, data: &Value) {
        let payload = data.as_object().and_then(|data| data.values().next()).expect("a mutation's data");
        let codes: Vec<_> = payload["userErrors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
        assert_eq!(codes, [code], "{operation}: {payload}");
        let kept = json!({ "operation": operation, "data": data });
        assert!(self.refusals.insert(code.into(), kept).is_none(), "{code} is recorded twice");
    }

    /// Whether another refusal of the same operation differs only in code and message.
    pub fn refusal_like(&mut self, other: &str, code: &str, message: &str) {
        let mut kept = self.refusals[other].clone();
        let payload = kept["data"].as_object_mut().and_then(|data| data.values_mut().next()).expect("a payload");
        payload["userErrors"][0]["code"] = code.into();
        payload["userErrors"][0]["message"] = message.into();
        self.refusals.insert(code.into(), kept);
    }

    pub fn operations(&self) -> Vec<String> {
        self.operations.keys().cloned().collect()
    }

    pub fn refusals(&self) -> Vec<String> {
        self.refusals.keys().cloned().collect()
    }

    pub fn stable(self) -> Stable {
        let mut known = Known::default();
        let mut stable = |mut value| {
            known.replace("", &mut value);
            value
        };
        Stable {
            operations: stable(json!(self.operations)),
            refusals: stable(json!(self.refusals)),
            scenarios: stable(json!(self.scenarios)),
        }
    }
}

/// Ids and the like that were met, each with what stands for it.
#[derive(Default)]
struct Known {
    stands_for: HashMap<String, String>,
    of_kind: HashMap<String, usize>,
}

impl Known {
    fn replace(&mut self, name: &str, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| self.replace(name, value)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace(name, item)),
            Value::String(text) => {
                if let Some(stable) = self.stable(name, text) {
                    *text = stable;
                }
            }
            _ => {}
        }
    }

    fn stable(&mut self, name: &str, text: &str) -> Option<String> {
        // The audit log writes a list of ids as JSON; what is sent to a webhook is JSON.
        if let Ok(mut value @ (Value::Array(_) | Value::Object(_))) = serde_json::from_str(text) {
            self.replace(name, &mut value);
            return Some(value.to_string());
        }
        if text.starts_with("whsec_") {
            return Some("whsec_YSBzZWNyZXQgb2YgdGhlIG1vY2tzLCBzaG93biBvbmNlIQ==".into());
        }
        if is_time(text) {
            let time = match name {
                "startedAt" => "24T09:00:01",
                "finishedAt" => "24T09:00:05",
                "nextNightlySyncAt" => "25T02:17:00",
                _ => "24T09:00:00",
            };
            return Some(format!("2026-11-{time}.000Z"));
        }
        if let Some((kind, digits)) = text.rsplit_once('_')
            && digits.len() == 32
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        {
            // Everything was recorded with a database of its own; the mocks are one partner's, with
            // one connection.
            if matches!(kind, "partner" | "connection") {
                return Some(format!("{kind}_{:032}", 1));
            }
            return Some(self.stand_in(kind, text, |kind, number| format!("{kind}_{number:032}")));
        }
        if matches!(name, "cursor" | "endCursor") {
            return Some(self.stand_in("cursor", text, |kind, number| format!("{kind}-{number}")));
        }
        // Client IDs of applications.
        if text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() {
            return Some("6b3f2a5e-0c1d-4f7a-9e42-5d8c7b6a1f00".into());
        }
        let (before, address) = text.split_once("http://127.0.0.1:")?;
        let rest = address.trim_start_matches(|c: char| c.is_ascii_digit());
        Some(format!("{before}https://northwind.halopsa.com{rest}"))
    }

    fn stand_in(&mut self, kind: &str, text: &str, make: impl Fn(&str, usize) -> String) -> String {
        let count = self.of_kind.entry(kind.into()).or_default();
        let known = self.stands_for.entry(text.into()).or_insert_with(|| {
            *count += 1;
            make(kind, *count)
        });
        known.clone()
    }
}

fn is_time(text: &str) -> bool {
    text.len() >= 20 && text.ends_with('Z') && text.parse::<chrono::DateTime<chrono::Utc>>().is_ok()
}

/// Compares a file of `frontend-contract/recorded/` with what was found, or writes it where that is
/// requested.
pub fn hold(file: &str, found: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("frontend-contract/recorded").join(file);
    let found = format!("{found:#}\n");
    if Variables::of_this_process().get("CONTRACT_RECORD").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(kept.lines().chain(std::iter::repeat(""))).find(|(found, kept)| found != kept);
    assert!(
        found == kept,
        "{file} is stale, first in (server, file): {differs:?}\nRecord it again: make contract-update"
    );
}
