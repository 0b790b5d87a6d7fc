//! The shape of Halo's JSON without its values, for a report that can be shared.

use serde_json::{Map, Value};

/// Deeper values are left out.
const DEPTH: usize = 3;
/// More members are left out.
const MEMBERS: usize = 80;

/// Describes a value by its types. Member names are shown, because Halo defines them; texts and
/// numbers are not.
pub(super) fn shape(value: &Value) -> String {
    describe(value, DEPTH)
}

fn describe(value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::Number(number) if number.as_i64().is_some_and(|number| number < 0) => "negative int".into(),
        Value::Number(number) if number.is_f64() => "double".into(),
        Value::Number(_) => "int".into(),
        Value::String(text) if text.is_empty() => "empty text".into(),
        Value::String(_) => "text".into(),
        Value::Array(items) => match items.first() {
            None => "[]".into(),
            Some(_) if depth == 0 => format!("[{}]", items.len()),
            Some(first) => format!("[{} of {}]", items.len(), describe(first, depth - 1)),
        },
        Value::Object(_) if depth == 0 => "{…}".into(),
        Value::Object(members) => {
            let shown = members.iter().take(MEMBERS);
            let shown: Vec<_> =
                shown.map(|(name, value)| format!("{}: {}", member(name), describe(value, depth - 1))).collect();
            format!("{{{}}}", shown.join(", "))
        }
    }
}

/// Returns a member's name if it looks like one of Halo's; a key with capitals, spaces or other
/// characters may be data.
pub(super) fn member(name: &str) -> &str {
    const DOT_NET: [&str; 4] = ["Message", "ClassName", "StackTraceString", "ExceptionMethod"];
    let is_plain =
        name.len() <= 60 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain || DOT_NET.contains(&name) { name } else { "(masked)" }
}

/// Returns the names of the members of `before` that are absent or different in `after`.
pub(super) fn differences(before: &Map<String, Value>, after: &Map<String, Value>, ignored: &[&str]) -> Vec<String> {
    let differs = |(name, value): &(&String, &Value)| {
        !ignored.contains(&name.as_str())
            && match after.get(*name) {
                None => true,
                Some(now) => now != *value && (now.as_f64().is_none() || now.as_f64() != value.as_f64()),
            }
    };
    before.iter().filter(differs).map(|(name, _)| member(name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn shape_shows_no_value() {
        let value = json!({ "clients": [{ "id": 41, "name": "Planted Ltd", "price": 1.5 }], "Planted Ltd": -3 });
        assert_eq!(shape(&value), "{(masked): negative int, clients: [1 of {id: int, name: text, price: double}]}");
    }

    #[test]
    fn differences_name_absent_and_changed_members_only() {
        let before = json!({ "id": 1, "count": 5, "name": "a", "site_id": 3 });
        let after = json!({ "id": 1.0, "count": 6, "name": "b", "more": true });
        let names = differences(before.as_object().unwrap(), after.as_object().unwrap(), &["count"]);
        assert_eq!(names, ["name", "site_id"]);
    }
}
