//! The promise that only the quantity is written, made checkable.
//!
//! Every member that a record had before a write is compared with what it has after the write,
//! nested ones included, but those that Halo itself changes (`names`). Like is compared with like:
//! both are read singly, because a list row may leave members out or shorten them. An answer to a
//! write may do so as well; it is believed where it shows every member as it was, and otherwise the
//! record is read.
//!
//! The members are kept as short texts (`value`), because they are stored with each write that is
//! under way: a crash between a write and its answer hides nothing.

mod names;
mod value;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most members that are kept one by one; those that follow are kept as one.
const MAX_MEMBERS: usize = 500;
/// The name under which members are kept as one.
const OTHERS: &str = "others";

/// The members of one record that a write of the quantity must leave as they are, by their paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PreservedFields(BTreeMap<String, String>);

/// What became of a record's members between two reads. The lists name the fields in the words of
/// Halo's screens, those that decide about money first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldDiff {
    /// All are as before.
    Unchanged,
    /// Some changed to values that a user must have typed: the partner edited the record at the
    /// same time.
    Edited(Vec<String>),
    /// Some that had a value are blank, zero, or switched off: Halo replaced or reset the record.
    Overwritten(Vec<String>),
}

/// What a write did to the quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantityChange {
    /// `None` if Halo showed something other than a whole number.
    pub from: Option<u32>,
    pub to: u32,
}

impl PreservedFields {
    /// Takes the members of a record as Halo answered it.
    pub(super) fn of(record: &Value) -> Self {
        let mut members = BTreeMap::new();
        // Whose record it is has been compared already.
        for (name, value) in record.as_object().into_iter().flatten().filter(|(name, _)| *name != "id") {
            value::collect(name, value, &mut members);
        }
        if let Some(first_of_rest) = members.keys().nth(MAX_MEMBERS).cloned() {
            let rest = members.split_off(&first_of_rest);
            members.insert(OTHERS.into(), value::shortened(format!("{rest:?}")));
        }
        Self(members)
    }

    /// Compares these members, read before a write, with those read after it. A member that was not
    /// there before is not compared. One that is not there any more is blank, because Halo may
    /// leave blank members out.
    pub fn diff(&self, after: &PreservedFields, quantity: QuantityChange) -> FieldDiff {
        let (mut lost, mut edited) = (Vec::new(), Vec::new());
        for (path, before) in &self.0 {
            let now = after.0.get(path).map(String::as_str).unwrap_or_default();
            // Nothing inside of a member becomes blank with a quantity.
            let explicable = !(now.is_empty() && path.contains('.'));
            if before == now || explicable && names::follows(path).explains(before, now, quantity) {
                continue;
            }
            if now.is_empty() { lost.push(path) } else { edited.push(path) }
        }
        match (lost.is_empty(), edited.is_empty()) {
            (true, true) => FieldDiff::Unchanged,
            (true, false) => FieldDiff::Edited(names::labels(edited)),
            (false, _) => FieldDiff::Overwritten(names::labels(lost)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn diff(before: &Value, after: &Value, from: u32, to: u32) -> FieldDiff {
        let quantity = QuantityChange { from: Some(from), to };
        PreservedFields::of(before).diff(&PreservedFields::of(after), quantity)
    }

    fn changed(before: &Value, after: &Value) -> FieldDiff {
        diff(before, after, 3, 8)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn partners_edit_differs_from_a_replaced_record() {
        let before = json!({ "name": "Training", "price": 2.5, "purchase_price": null, "notes": "billed monthly" });
        let edited = json!({ "name": "Schulung", "price": 3.0, "purchase_price": 0, "notes": "billed monthly " });
        assert_eq!(changed(&before, &edited), FieldDiff::Edited(names(&["price", "name"])));
        let replaced = json!({ "name": "", "price": 0.0, "notes": null });
        assert_eq!(changed(&before, &replaced), FieldDiff::Overwritten(names(&["price", "name", "notes"])));
        let both = json!({ "name": "Training", "notes": "new" });
        assert_eq!(changed(&before, &both), FieldDiff::Overwritten(names(&["price"])));
        let filled = json!({ "name": "Training", "price": 2.5, "purchase_price": 1, "notes": "billed monthly" });
        assert_eq!(changed(&before, &filled), FieldDiff::Edited(names(&["cost"])));
    }

    #[test]
    fn forms_of_one_value_are_equal() {
        for (left, right) in [
            (json!(2.5), json!("2.50")),
            (json!(77), json!("77")),
            (json!(true), json!("True")),
            (json!(false), json!(null)),
            (json!("2027-06-30T00:00:00"), json!("2027-06-30")),
            (json!("2027-06-30T00:00:00"), json!("2027-06-30T00:00:00.000Z")),
            (json!("1901-01-01T00:00:00"), json!(null)),
            (json!("0001-01-01"), json!("")),
            (json!(0), json!("0.00")),
            (json!("a\r\nb"), json!("a\nb ")),
            (json!([1, 2]), json!([2, 1])),
            (json!([]), json!(null)),
            (json!({}), json!(null)),
        ] {
            let (left, right) = (json!({ "term": left }), json!({ "term": right }));
            assert_eq!(changed(&left, &right), FieldDiff::Unchanged, "{left} {right}");
            assert_eq!(changed(&right, &left), FieldDiff::Unchanged, "{right} {left}");
        }
        let (site, none) = (json!({ "site_id": 42 }), json!({ "site_id": -1 }));
        assert_eq!(changed(&site, &none), FieldDiff::Overwritten(names(&["site"])));
        assert_eq!(changed(&none, &json!({ "site_id": 0 })), FieldDiff::Unchanged);
        let long = "Ask for Ada before the renewal. ".repeat(400);
        let changed_end = format!("{long}!");
        let (long, other) = (json!({ "notes": long }), json!({ "notes": changed_end }));
        assert_eq!(changed(&long, &other), FieldDiff::Edited(names(&["notes"])));
        assert!(serde_json::to_string(&PreservedFields::of(&long)).unwrap().len() < 100);
    }

    #[test]
    fn members_inside_of_members_are_compared() {
        let field = |name: &str, value: Value| json!({ "id": 4, "name": name, "value": value });
        let before = json!({
            "customfields": [field("CFContract", json!("C-1")), field("CFSeats", json!(12))],
            "linked_item": { "id": 77, "name": "Training" },
            "licence_roles": [{ "id": 5 }],
        });
        assert_eq!(changed(&before, &before), FieldDiff::Unchanged);
        let mut after = before.clone();
        after["customfields"] = json!([field("CFSeats", json!("12")), field("CFContract", json!("C-1"))]);
        after["customfields"][0]["id"] = json!(9);
        assert_eq!(changed(&before, &after), FieldDiff::Unchanged, "another order, and new ids");
        after["customfields"][1]["value"] = json!("");
        let lost = names(&["customfields.CFContract.value"]);
        assert_eq!(changed(&before, &after), FieldDiff::Overwritten(lost));
        for (member, lost) in [("linked_item", "linked item.id"), ("licence_roles", "licence roles.5")] {
            let mut after = before.clone();
            after[member] = json!(null);
            let FieldDiff::Overwritten(fields) = changed(&before, &after) else { panic!("{member}") };
            assert!(fields.contains(&lost.to_owned()), "{fields:?}");
        }
        let mut after = before.clone();
        after["customfields"][1]["value"] = json!(null);
        assert!(matches!(diff(&before, &after, 12, 0), FieldDiff::Overwritten(_)), "no zero of ours");
    }

    #[test]
    fn what_halo_changes_itself_is_not_compared() {
        let before = json!({
            "id": 9001, "count": 3, "licences_available": 3, "monthly_price": 7.5, "total_price": 7.5,
            "net_amount": 7.5, "last_modified": "2026-11-24T02:00:00", "edited_on": "2026-11-24T02:00:00",
            "usage_percent": 10, "client_name": "Alder", "discount": 5, "price": 2.5,
        });
        let after = |to: f64| {
            json!({
                "id": 9001, "count": to, "licences_available": to, "monthly_price": 2.5 * to,
                "total_price": 2.5 * to, "net_amount": 2.5 * to, "last_modified": "2026-11-25T02:00:00",
                "edited_on": "2026-11-25T02:00:00", "usage_percent": 4, "client_name": "Alder Ltd", "discount": 5,
                "price": 2.5, "_warning": "The quantity differs.", "renewal": "2027-01-01",
            })
        };
        assert_eq!(diff(&before, &after(8.0), 3, 8), FieldDiff::Unchanged);
        assert_eq!(diff(&before, &after(0.0), 3, 0), FieldDiff::Unchanged);
        for (member, expected) in [("discount", "discount"), ("price", "price")] {
            let mut reset = after(8.0);
            reset[member] = json!(0);
            assert_eq!(diff(&before, &reset, 3, 8), FieldDiff::Overwritten(names(&[expected])));
        }
        let (active, inactive) = (json!({ "is_active": true }), json!({ "is_active": false }));
        assert_eq!(diff(&active, &inactive, 3, 0), FieldDiff::Unchanged, "a zero may switch it off");
        assert_eq!(changed(&active, &inactive), FieldDiff::Overwritten(names(&["active"])));
    }

    #[test]
    fn record_of_any_size_is_kept_in_bounds() {
        let members = (0..5000).map(|number| (format!("m{number}"), json!("x".repeat(500))));
        let mut record: Value = members.collect::<serde_json::Map<_, _>>().into();
        record["many"] = (0..5000).map(|number| json!({ "id": number, "device": "x" })).collect();
        let before = PreservedFields::of(&record);
        assert!(serde_json::to_string(&before).unwrap().len() < 20_000);
        record["m4999"] = json!("y");
        let quantity = QuantityChange { from: Some(3), to: 8 };
        assert_ne!(before.diff(&PreservedFields::of(&record), quantity), FieldDiff::Unchanged);
    }
}
