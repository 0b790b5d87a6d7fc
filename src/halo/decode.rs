//! Lenient decoding of what Halo answers.
//!
//! Halo's published types and its answers differ: whole numbers arrive as `5`, `5.0` or `"5"`; one
//! record arrives bare, in an array or in an envelope (docs/halo-api.md, sections 4.4, 4.5 and 11).
//! An undecodable body is classified as "not JSON" (transient: a gateway, a login page) or as "JSON
//! of another shape" (support has to investigate).
//!
//! `net` has measured an answer before it is decoded here: bytes, values, rows and nesting are
//! bounded. Texts are cut when they are read, and what no type asks for is skipped.

use std::fmt;

use chrono::NaiveDate;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, error::Category};

use super::HaloError;
use crate::net::{Answer, do_heavy_work};

/// The longest text taken from Halo, in UTF-16 units, as its database counts them: the length of
/// the columns that are read here (docs/halo-api.md, section 4.4).
const LONGEST_TEXT: usize = 500;
/// Larger bodies are decoded outside the threads that serve requests, in bytes.
const LARGE: usize = 32 << 10;

/// Decodes an answer; a large one outside the threads that serve requests. The answer's place among
/// the answers in flight is free again when it is decoded, so that their number bounds that of the
/// threads.
pub(super) async fn answer<T: Send + 'static>(
    answer: Answer,
    what: &'static str,
    decode: impl FnOnce(&[u8], &str) -> Result<T, HaloError> + Send + 'static,
) -> Result<T, HaloError> {
    if answer.body.len() <= LARGE {
        return decode(&answer.body, what);
    }
    let decode = move || {
        // The whole answer, with its place, also if no caller waits any more.
        let answer = answer;
        decode(&answer.body, what)
    };
    let decoded = do_heavy_work(decode).await;
    decoded.unwrap_or_else(|| Err(HaloError::NotUnderstood(format!("{what}: the answer could not be decoded"))))
}

/// Decodes a whole body. `what` names it in the evidence.
pub(super) fn json<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, HaloError> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        // serde_json counts it as an error of syntax. It has no other way to be recognised.
        Category::Syntax if error.to_string().starts_with("number out of range") => {
            HaloError::NotUnderstood(format!("{what}: a number that is out of range"))
        }
        Category::Data => HaloError::NotUnderstood(format!("{what}: JSON of an unexpected shape")),
        Category::Syntax | Category::Eof | Category::Io => HaloError::not_api(format!("{what}: not JSON")),
    })
}

/// Decodes one record: bare, the only element of an array, or the only member of an envelope.
/// `None` means that Halo has no such record: an empty body, `null`, or an empty array.
pub(super) fn record<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<Option<T>, HaloError> {
    Ok(record_and_members(body, what)?.map(|(record, _)| record))
}

/// Decodes one record, and returns it also as Halo wrote it.
pub(super) fn record_and_members<T: DeserializeOwned>(
    body: &[u8],
    what: &str,
) -> Result<Option<(T, Value)>, HaloError> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    match unwrapped(json(body, what)?) {
        Value::Null => Ok(None),
        value => T::deserialize(&value)
            .map(|record| Some((record, value)))
            .map_err(|_| HaloError::NotUnderstood(format!("{what}: JSON of an unexpected shape"))),
    }
}

fn unwrapped(value: Value) -> Value {
    match value {
        Value::Array(items) if items.len() <= 1 => items.into_iter().next().map_or(Value::Null, unwrapped),
        Value::Object(members) if !members.contains_key("id") => {
            let mut inside = members.iter().filter(|(_, inner)| inner.is_object() || inner.is_array());
            match (inside.next(), inside.next()) {
                (Some((_, only)), None) => unwrapped(only.clone()),
                _ => Value::Object(members),
            }
        }
        other => other,
    }
}

/// A list page: an array, or an envelope with the rows under the resource's name.
pub(super) struct Page<T> {
    pub rows: Vec<T>,
    /// The number of rows over all pages, if Halo reports it.
    pub total: Option<u32>,
    /// The number of rows on a full page, if Halo reports it.
    pub page_size: Option<u32>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(alias = "clients", alias = "licences", alias = "invoices")]
    rows: Option<Vec<T>>,
    #[serde(default, deserialize_with = "maybe_whole")]
    record_count: Option<i64>,
    #[serde(default, deserialize_with = "maybe_whole")]
    page_size: Option<i64>,
}

/// Decodes a list page.
pub(super) fn page<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<Page<T>, HaloError> {
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Ok(Page { rows: json(body, what)?, total: None, page_size: None });
    }
    let envelope: Envelope<T> = json(body, what)?;
    let rows = match (envelope.rows, envelope.record_count) {
        (Some(rows), _) => rows,
        (None, Some(0)) => Vec::new(),
        (None, _) => return Err(HaloError::NotUnderstood(format!("{what}: an envelope without rows"))),
    };
    let positive = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
    Ok(Page {
        rows,
        total: positive(envelope.record_count),
        page_size: positive(envelope.page_size).filter(|s| *s > 0),
    })
}

/// Reads a whole number: `5`, `5.0` and `"5"` are five; anything else is none.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole_float(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| whole_float(text.parse().ok()?))
        }
        _ => None,
    }
}

fn whole_float(float: f64) -> Option<i64> {
    // Doubles represent every whole number up to 2^53 exactly, far beyond any quantity or id.
    (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0).then_some(float as i64)
}

/// One member's value. Nested values are skipped without being built, so that a member that should
/// be a number or a text cannot use up memory.
struct Scalar(Value);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar(cut(value.chars()).into()))
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Scalar, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar(Value::Array(Vec::new())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Scalar, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar(Value::Array(Vec::new())))
    }
}

/// Reads one member's value; an array or an object comes as an empty array.
pub(super) fn scalar<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Ok(Scalar::deserialize(deserializer)?.0)
}

/// Reads the day of a date such as `2026-11-23T02:00:00`; anything else is none.
pub(super) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let value = scalar(deserializer)?;
    Ok(value.as_str().and_then(|text| text.trim().get(..10)?.parse().ok()))
}

/// Reads one of Halo's ids: signed 32 bits (recurring invoices have negative ones).
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    let value = scalar(deserializer)?;
    whole(&value).and_then(|id| i32::try_from(id).ok()).ok_or_else(|| D::Error::custom("not an id"))
}

pub(super) fn maybe_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i32>, D::Error> {
    Ok(maybe_whole(deserializer)?.and_then(|id| i32::try_from(id).ok()))
}

pub(super) fn maybe_whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(whole(&scalar(deserializer)?))
}

/// Reads text without control characters (except line breaks and tabs), of bounded length. Numbers
/// are accepted as text; nothing else is.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = match scalar(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => return Ok(None),
    };
    let printable = |c: &char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    Ok(Some(text.chars().filter(printable).collect()))
}

/// Returns the beginning of a text, as much of it as Halo's columns hold.
fn cut(text: impl Iterator<Item = char>) -> String {
    let mut left = LONGEST_TEXT;
    let fits = |c: &char| match left.checked_sub(c.len_utf16()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    text.take_while(fits).collect()
}

pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match scalar(deserializer)? {
        Value::Bool(flag) => Some(flag),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        number => whole(&number).map(|number| number != 0),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Row {
        #[serde(deserialize_with = "id")]
        id: i32,
        #[serde(default, deserialize_with = "text")]
        name: Option<String>,
    }

    #[test]
    fn whole_numbers_in_any_clothes() {
        for five in [json!(5), json!(5.0), json!("5"), json!(" 5.0 ")] {
            assert_eq!(whole(&five), Some(5), "{five}");
        }
        for none in [json!(5.5), json!("five"), json!(null), json!(true), json!(1e300), json!("NaN"), json!([5])] {
            assert_eq!(whole(&none), None, "{none}");
        }
    }

    #[test]
    fn one_record_in_any_wrapping() {
        let row = Row { id: 7, name: Some("Łódź".into()) };
        for body in [
            r#"{"id": 7, "name": "Łódź"}"#,
            r#"[{"id": "7", "name": "Łódź"}]"#,
            r#"{"client": {"id": 7.0, "name": "Łódź"}}"#,
            r#"{"record_count": 1, "clients": [{"id": 7, "name": "Łódź"}]}"#,
        ] {
            assert_eq!(record::<Row>(body.as_bytes(), "row").unwrap().as_ref(), Some(&row), "{body}");
        }
        for body in ["", "  ", "null", "[]", r#"{"clients": []}"#] {
            assert_eq!(record::<Row>(body.as_bytes(), "row").unwrap(), None, "{body}");
        }
    }

    #[test]
    fn count_of_any_form_is_read_or_ignored() {
        for (count, total) in [
            ("2", Some(2)),
            ("2.0", Some(2)),
            (r#""2""#, Some(2)),
            ("-1", None),
            ("null", None),
            (r#""many""#, None),
            ("[2]", None),
            ("2.5", None),
            ("99999999999", None),
        ] {
            let body = format!(r#"{{"record_count": {count}, "clients": [{{"id": 1}}, {{"id": 2}}]}}"#);
            let page = page::<Row>(body.as_bytes(), "rows").unwrap();
            assert_eq!((page.rows.len(), page.total), (2, total), "{count}");
        }
    }

    #[test]
    fn not_json_passes_and_wrong_json_does_not() {
        for body in ["<html>", "Rate limit reached", r#"{"clients": [{"id": 1"#, ""] {
            assert!(matches!(page::<Row>(body.as_bytes(), "rows"), Err(HaloError::Unavailable { .. })), "{body}");
        }
        for body in [r#"{"clients": 7}"#, r#"{"load_error": "x"}"#, r#""text""#, r#"[{"name": "no id"}]"#, "17"] {
            assert!(matches!(page::<Row>(body.as_bytes(), "rows"), Err(HaloError::NotUnderstood(_))), "{body}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(record::<Row>(deep.as_bytes(), "row").is_err());
    }

    #[test]
    fn texts_are_cut_as_halos_columns_cut_them() {
        let name = |name: &str| {
            let body = json!({ "id": 1, "name": name }).to_string();
            record::<Row>(body.as_bytes(), "row").unwrap().unwrap().name.unwrap()
        };
        for whole in ["Łódź".to_owned(), "n".repeat(500), "語".repeat(500), "😀".repeat(250)] {
            assert_eq!(name(&whole), whole);
        }
        assert_eq!(name(&"n".repeat(100_000)), "n".repeat(500));
        assert_eq!(name(&format!("n{}", "😀".repeat(1_000))), format!("n{}", "😀".repeat(249)), "no half of a letter");
    }

    #[test]
    fn number_beyond_every_type_is_not_understood() {
        for body in [r#"[{"id": 1e400}]"#, r#"[{"id": 1, "name": -1e999}]"#] {
            assert!(matches!(page::<Row>(body.as_bytes(), "rows"), Err(HaloError::NotUnderstood(_))), "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(body: Vec<u8>, json in r#"[\[\]{}",:0-9a-z.-]{0,40}"#) {
            for body in [&body[..], json.as_bytes()] {
                let _ = page::<Row>(body, "rows");
                let _ = record::<Row>(body, "row");
                let _ = super::super::reason::reason(body, &["secret"]);
            }
        }
    }
}
