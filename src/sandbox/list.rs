//! Lists: order, paging, envelope (docs/halo-api.md, section 7).

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{
    answer::Answer,
    fault::{Fault, Faults},
    server::Asked,
    state::Settings,
};

/// Rows given where nothing says how many.
const DEFAULT_ROWS: i64 = 50;

/// All rows that fit the question, cut to what was asked for. Only with `pageinate=true` do
/// `page_size` and `page_no` act; without it `count` limits the rows. Unknown parameters are
/// ignored.
pub(super) fn page(
    asked: &Asked,
    settings: &Settings,
    faults: &Faults,
    key: &str,
    mut rows: Vec<Value>,
) -> Result<Answer, Answer> {
    if faults.has(Fault::EmptyList) {
        rows.clear();
    }
    sort(asked, &mut rows)?;
    for fault in &faults.0 {
        match fault {
            Fault::RowMissing(0) => drop(rows.pop()),
            Fault::RowMissing(id) => rows.retain(|row| row["id"] != json!(id)),
            Fault::RowWithoutCustomer(id) => {
                let last = rows.len().wrapping_sub(1);
                let named = rows.iter().position(|row| row["id"] == json!(id)).unwrap_or(last);
                if let Some(row) = rows.get_mut(named) {
                    row["client_id"] = json!(null);
                }
            }
            _ => {}
        }
    }
    if settings.unfamiliar {
        rows.reverse();
        rows.iter_mut().for_each(make_unfamiliar);
    }
    let mut total = rows.len();
    let cut = Cut::asked(asked, settings)?;
    let Cut { page_no, size, .. } = cut;
    let mut skipped = cut.skipped();
    if faults.has(Fault::RepeatedPage) {
        skipped = 0;
    }
    if faults.has(Fault::RepeatedPage) || faults.has(Fault::CountTooHigh) {
        total = total.max(1) * 10;
    }
    let mut shown: Vec<Value> = if faults.has(Fault::EndlessPage) {
        total = i32::MAX as usize;
        endless(rows.first().cloned().unwrap_or_else(|| json!({})), page_no, size)
    } else {
        rows.into_iter().skip(skipped).take(size).collect()
    };
    if asked.flag("idonly")? {
        shown = shown.iter().map(|row| json!({ "id": row["id"] })).collect();
    }
    if faults.has(Fault::BareArray) {
        return Ok(Answer::json(200, Value::Array(shown)));
    }
    if faults.has(Fault::CountOfPage) {
        total = shown.len();
    }
    let mut envelope = cut.envelope(key, total, shown);
    if faults.has(Fault::NoRecordCount) {
        envelope.as_object_mut().expect("made as an object above").remove("record_count");
    }
    Ok(Answer::json(200, envelope))
}

/// The same for `records` that become rows by `show`. In the order of their ids, only those of the
/// page become rows: a tenant may have very many.
pub(super) fn page_of<T>(
    asked: &Asked,
    settings: &Settings,
    faults: &Faults,
    key: &str,
    mut records: Vec<&T>,
    id: impl Fn(&T) -> i32,
    show: impl Fn(&T) -> Value,
) -> Result<Answer, Answer> {
    let by_id = asked.param("order") == Some("id") && asked.param("order2").is_none() && asked.flag("pageinate")?;
    if !by_id || settings.unfamiliar || !faults.0.is_empty() || asked.flag("idonly")? {
        return page(asked, settings, faults, key, records.into_iter().map(show).collect());
    }
    records.sort_unstable_by_key(|record| id(record));
    if asked.flag("orderdesc")? {
        records.reverse();
    }
    let (total, cut) = (records.len(), Cut::asked(asked, settings)?);
    let shown = records.into_iter().skip(cut.skipped()).take(cut.size).map(show).collect();
    Ok(Answer::json(200, cut.envelope(key, total, shown)))
}

/// The part of a list that was asked for.
struct Cut {
    paging: bool,
    size: usize,
    page_no: i64,
}

impl Cut {
    fn asked(asked: &Asked, settings: &Settings) -> Result<Self, Answer> {
        let paging = asked.flag("pageinate")?;
        let rows = if paging { asked.int("page_size")? } else { asked.int("count")? };
        let size = usize::try_from(rows.filter(|rows| *rows > 0).unwrap_or(DEFAULT_ROWS)).unwrap_or(usize::MAX);
        let size = if paging { size.min(settings.page_cap) } else { size };
        let page_no = if paging { asked.int("page_no")?.unwrap_or(1).max(1) } else { 1 };
        Ok(Self { paging, size, page_no })
    }

    fn skipped(&self) -> usize {
        self.size.saturating_mul(usize::try_from(self.page_no - 1).unwrap_or(usize::MAX))
    }

    fn envelope(&self, key: &str, total: usize, shown: Vec<Value>) -> Value {
        let mut envelope = json!({ "record_count": total, key: shown });
        if self.paging {
            envelope["page_no"] = json!(self.page_no);
            envelope["page_size"] = json!(self.size);
        }
        envelope
    }
}

fn make_unfamiliar(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(make_unfamiliar),
        Value::Object(members) => {
            members.retain(|name, _| !["toplevel_id", "type", "licence_id"].contains(&name.as_str()));
            if let Some(id) = members.get("id").and_then(Value::as_i64) {
                members.insert("id".into(), json!(id.abs()));
            }
            members.values_mut().for_each(make_unfamiliar);
        }
        _ => {}
    }
}

/// `size` rows like this one, with ids that no page had before.
fn endless(like: Value, page_no: i64, size: usize) -> Vec<Value> {
    let first = 1_000_000 + (page_no - 1).saturating_mul(i64::try_from(size).unwrap_or(i64::MAX));
    let numbered = |id: i64| {
        let mut row = like.clone();
        row["id"] = json!(id);
        row
    };
    (first..).take(size).map(numbered).collect()
}

/// Sorts by `order`, `order2` … `order5`. Without them it sorts by name, as Halo's own windows do,
/// so that a client that needs stable pages has to ask for them.
fn sort(asked: &Asked, rows: &mut [Value]) -> Result<(), Answer> {
    let mut fields: Vec<(&str, bool)> = Vec::new();
    for digit in ["", "2", "3", "4", "5"] {
        if let Some(field) = asked.param(&format!("order{digit}")).filter(|field| !field.is_empty()) {
            fields.push((field, asked.flag(&format!("orderdesc{digit}"))?));
        }
    }
    if fields.is_empty() {
        fields.push(("name", false));
    }
    rows.sort_by(|left, right| {
        let by = |(field, descending): &(&str, bool)| {
            let order = compare(&left[*field], &right[*field]);
            if *descending { order.reverse() } else { order }
        };
        fields.iter().map(by).fold(Ordering::Equal, Ordering::then)
    });
    Ok(())
}

fn compare(left: &Value, right: &Value) -> Ordering {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => left.as_str().map(str::to_lowercase).cmp(&right.as_str().map(str::to_lowercase)),
    }
}

/// A single record, or what Halo may say about an id that is gone (section 11.7). `remains` is what
/// is left of it.
pub(super) fn single(faults: &Faults, found: Option<Value>, remains: Option<Value>) -> Answer {
    use Fault::*;
    let Some(row) = found else {
        return faults
            .0
            .iter()
            .find_map(|fault| {
                Some(match fault {
                    GoneAsDeleted => Answer::json(200, deleted(remains.clone()?)),
                    GoneAsEmpty => Answer::empty(200),
                    GoneAsNull => Answer::json(200, Value::Null),
                    GoneAsProblem => Answer::problem(404, "Not Found"),
                    GoneAsBadRequest => Answer::refused("Record not found"),
                    GoneAsUnauthorized => Answer::empty(401),
                    GoneAsForbidden => Answer::empty(403),
                    _ => return None,
                })
            })
            .unwrap_or_else(|| Answer::empty(404));
    };
    Answer::json(200, if faults.has(SingleAsArray) { json!([row]) } else { row })
}

fn deleted(mut row: Value) -> Value {
    row["deleted"] = json!(true);
    row
}
