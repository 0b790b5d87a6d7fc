//! The form in which two answers of Halo agree about a member.
//!
//! Halo writes "none" as `null`, an empty text, 0, -1 for an id, a date of 1901, or not at all, and
//! one number as `2.5` or `"2.50"`. All forms of "none" are the empty text here.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{QuantityChange, names};

/// Longer texts are kept as a hash, in bytes.
const LONGEST: usize = 48;
/// Longer paths are kept as a hash, in bytes: nested names may add up.
const LONGEST_PATH: usize = 160;
/// Longer names are cut, in characters.
const LONGEST_NAME: usize = 60;
/// Values of deeper members are compared as one.
const DEPTH: usize = 4;
/// The most values of one member that are compared one by one.
const MAX_VALUES: usize = 60;
/// Members that distinguish the elements of an array. Halo may give new ids to elements that
/// it stores again, so their names come first.
const ELEMENT_NAMES: [&str; 4] = ["name", "key", "field_name", "id"];
/// The digits after the point that count in a number.
const PRECISION: f64 = 1e6;

/// Adds the member's values to `members`, one for each path.
pub(super) fn collect(name: &str, value: &Value, members: &mut BTreeMap<String, String>) {
    let (name, mut values) = (plain_name(name), BTreeMap::new());
    add(name.clone(), &name, value, DEPTH, &mut values);
    if values.len() > MAX_VALUES {
        let all = shortened(format!("{values:?}"));
        values = [(name, all)].into();
    }
    members.extend(values);
}

fn plain_name(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect::<String>().to_lowercase()
}

fn add(path: String, name: &str, value: &Value, depth: usize, values: &mut BTreeMap<String, String>) {
    if names::is_changed_by_halo(name) {
        return;
    }
    match value {
        Value::Object(_) | Value::Array(_) if depth == 0 => drop(values.insert(path, shortened(value.to_string()))),
        Value::Object(members) => add_members(&path, members.iter(), depth - 1, values),
        Value::Array(items) => add_items(&path, name, items, depth - 1, values),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            drop(values.insert(path, canonical(name, value)));
        }
    }
}

fn add_members<'a>(
    path: &str,
    members: impl Iterator<Item = (&'a String, &'a Value)>,
    depth: usize,
    values: &mut BTreeMap<String, String>,
) {
    for (name, value) in members {
        let name = plain_name(name);
        let path = hashed_beyond(LONGEST_PATH, format!("{path}.{name}"));
        add(path, &name, value, depth, values);
    }
}

/// Adds the elements of an array by their names, because their order may differ between two
/// answers. That an element is there counts as a value.
fn add_items(path: &str, name: &str, items: &[Value], depth: usize, values: &mut BTreeMap<String, String>) {
    let mut scalars = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Value::Object(members) = item else {
            scalars.push(canonical(name, item));
            continue;
        };
        let named = ELEMENT_NAMES.iter().map(|name| (*name, canonical(name, &item[*name])));
        let named = named.into_iter().find(|(_, text)| !text.is_empty());
        let (by, key) = named.unwrap_or_else(|| ("", index.to_string()));
        let path = hashed_beyond(LONGEST_PATH, format!("{path}.{key}"));
        let has_other_name = !matches!(by, "" | "id");
        add_members(&path, members.iter().filter(|(name, _)| !(has_other_name && *name == "id")), depth, values);
        values.insert(path, "1".into());
    }
    scalars.retain(|text| !text.is_empty());
    scalars.sort();
    if !scalars.is_empty() {
        values.insert(path.to_owned(), shortened(scalars.join(",")));
    }
}

fn canonical(name: &str, value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => String::new(),
        Value::Bool(true) => "1".into(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| of_number(name, number)),
        Value::String(text) => of_text(name, text.trim()),
        Value::Array(_) | Value::Object(_) => shortened(value.to_string()),
    }
}

fn of_number(name: &str, number: f64) -> String {
    let is_none = number == 0.0 || number == -1.0 && name.ends_with("id");
    if is_none { String::new() } else { shortened(((number * PRECISION).round() / PRECISION).to_string()) }
}

fn of_text(name: &str, text: &str) -> String {
    if text.eq_ignore_ascii_case("false") {
        return String::new();
    }
    if text.eq_ignore_ascii_case("true") {
        return "1".into();
    }
    if let Some(number) = number(text) {
        return of_number(name, number);
    }
    match date(text) {
        Some(date) if date.year() <= 1901 => String::new(),
        Some(date) => date.format("%Y-%m-%dT%H:%M:%S").to_string(),
        None => shortened(text.replace("\r\n", "\n")),
    }
}

/// Reads text that is a number as Halo writes them; a product code such as `007` is none.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.len() <= 15 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_code = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if is_plain && !is_code { text.parse().ok() } else { None }
}

fn date(text: &str) -> Option<NaiveDateTime> {
    if text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let with_zone = || DateTime::parse_from_rfc3339(text).ok().map(|date| date.naive_utc());
    let at_time = || {
        let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
        formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    };
    let of_day = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
    with_zone().or_else(at_time).or_else(of_day)
}

/// Returns the text, or a hash of it that fits into a stored note.
pub(super) fn shortened(text: String) -> String {
    hashed_beyond(LONGEST, text)
}

fn hashed_beyond(length: usize, text: String) -> String {
    if text.len() <= length {
        return text;
    }
    let digest = Sha256::digest(&text);
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("#{hex}")
}

/// Returns whether a number changed as the quantity did: by the same difference, or by the same
/// factor.
pub(super) fn is_computed(before: &str, now: &str, quantity: QuantityChange) -> bool {
    let number = |text: &str| if text.is_empty() { Some(0.0) } else { text.parse::<f64>().ok() };
    let (Some(before), Some(now), Some(from)) = (number(before), number(now), quantity.from) else { return false };
    let (from, to) = (f64::from(from), f64::from(quantity.to));
    let near = |left: f64, right: f64| (left - right).abs() < 0.01 * left.abs().max(1.0);
    near(now - before, to - from) || near(now * from, before * to)
}

/// Returns whether a date became a later one, as the time of a change does.
pub(super) fn is_later(before: &str, now: &str) -> bool {
    date(before).zip(date(now)).is_some_and(|(before, now)| before < now)
}
