//! `/api/SoftwareLicence` and `/api/LicenceChange` (docs/halo-api.md, section 4).

use chrono::Duration;
use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    disk::Record,
    fault::{Fault, Faults},
    list,
    records::{Subscription, halo_date},
    request_log::Effect,
    server::Asked,
    state::{Late, State},
};

/// Who Halo's audit trail names for what came over the API.
const INTEGRATION: &str = "Integration";

/// Members a caller may set; everything else it sends is ignored.
const WRITABLE: &str = "type name count client_id site_id purchase_price price start_date end_date billing_cycle \
                        term_duration status is_active autorenew vendor manufacturer distributor supplier_id item_id \
                        notes name_extra snowid third_party_product third_party_productid third_party_productname \
                        product_sku vendor_product_sku parent_id";
/// Those that may not be stored for an integration that is not Halo's own (section 11.19).
const MARKERS: &str = "snowid third_party_product third_party_productid third_party_productname product_sku \
                       vendor_product_sku";

fn is_named(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|one| one == name)
}

pub(super) fn list(state: &mut State, asked: &Asked, faults: &Faults, _: &mut Vec<Effect>) -> Result<Answer, Answer> {
    let inactive = asked.flag("includeinactive")? || faults.has(Fault::InactiveListed);
    let client_id = asked.int("client_id")?;
    let kind = asked.int("licence_type")?;
    let search = asked.param("search").unwrap_or_default().to_lowercase();
    let wanted = |one: &&Subscription| {
        (!one.deleted || inactive && faults.has(Fault::DeletedListed))
            && (one.is_active || inactive)
            && state.agent_sees(one.client_id)
            && client_id.is_none_or(|id| id == i64::from(one.client_id))
            && kind.is_none_or(|kind| kind == i64::from(one.kind))
            && one.name.to_lowercase().contains(&search)
    };
    let listed = |one: &Subscription| list_row(row(state, one, faults), faults);
    let found = state.subscriptions.values().filter(wanted).collect();
    list::page_of(asked, &state.settings, faults, "licences", found, |one| one.id, listed)
}

pub(super) fn single(state: &mut State, asked: &Asked, faults: &Faults, _: &mut Vec<Effect>) -> Result<Answer, Answer> {
    let id = asked.path_id()?;
    let seen = |one: &&Subscription| state.agent_sees(one.client_id);
    let found = state.subscription(id).filter(seen).map(|one| row(state, one, faults));
    let remains = state.subscriptions.get(&id).filter(seen).map(|one| row(state, one, faults));
    Ok(list::single(faults, found, remains))
}

/// Halo's audit trail of one subscription.
pub(super) fn changes(
    state: &mut State,
    asked: &Asked,
    faults: &Faults,
    _: &mut Vec<Effect>,
) -> Result<Answer, Answer> {
    let licence_id = asked.int("licence_id")?;
    let of_it = state.changes.iter().filter(|change| licence_id.is_none_or(|id| id == i64::from(change.licence_id)));
    let row = |change: &super::records::LicenceChange| {
        json!({
            "id": change.id, "datetime": halo_date(change.at), "field_id": 0, "field_name": change.field_name,
            "licence_id": change.licence_id, "old_value": change.old_value, "new_value": change.new_value,
            "who": change.who,
        })
    };
    list::page(asked, &state.settings, faults, "changes", of_it.map(row).collect())
}

pub(super) fn delete(
    state: &mut State,
    asked: &Asked,
    _: &Faults,
    effects: &mut Vec<Effect>,
) -> Result<Answer, Answer> {
    let id = asked.path_id()?;
    let mut one = state.subscription(id).cloned().ok_or(Answer::empty(404))?;
    one.deleted = true;
    state.save_subscription(one, INTEGRATION);
    effects.push(Effect::Deleted { id });
    Ok(Answer::json(200, json!({ "id": id })))
}

/// What one element of the body comes to.
enum Write {
    Create(Subscription),
    Update(Subscription),
    /// Answered as if it were done.
    Ignore(Value),
}

/// `POST /api/SoftwareLicence`: create without an id, else merge what was sent into the record. All
/// elements or none.
pub(super) fn write(
    state: &mut State,
    asked: &Asked,
    faults: &Faults,
    effects: &mut Vec<Effect>,
) -> Result<Answer, Answer> {
    let kind = asked.content_type().split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") && !kind.ends_with("+json") {
        return Err(Answer::problem(415, "Unsupported Media Type"));
    }
    let elements = match &asked.json {
        None => return Err(Answer::invalid("", "Unexpected character encountered while parsing value.")),
        Some(Value::Array(elements)) if !elements.is_empty() => elements,
        Some(Value::Array(_)) => return Err(Answer::refused("No data was sent")),
        Some(_) => {
            let text = "Cannot deserialize the current JSON object into type 'List`1' because the type requires a JSON \
                        array (e.g. [1,2,3]) to deserialize correctly.";
            return Err(Answer::invalid("", text));
        }
    };
    let mut writes = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let Value::Object(element) = element else {
            return Err(Answer::invalid(&format!("[{index}]"), "Error converting value to type 'Licence'."));
        };
        writes.push(decide(state, faults, index, element)?);
    }

    let mut rows = Vec::new();
    for write in writes {
        match write {
            Write::Ignore(row) => rows.push(row),
            Write::Create(one) => {
                if let Some(at) = later(state, faults) {
                    let mut late = state.late.clone();
                    late.push(Late { subscription: Box::new(one), at });
                    state.put(Record::Late(late));
                    effects.push(Effect::CreatedLater);
                    return Err(Answer::html(504, "504 Gateway Time-out"));
                }
                let one = Subscription { id: state.next_subscription_id(), ..one };
                effects.push(Effect::Created { id: one.id, client_id: one.client_id, count: one.count });
                rows.push(row(state, &one, faults));
                state.save_subscription(one, INTEGRATION);
            }
            Write::Update(mut one) => {
                let from = state.subscription(one.id).map_or(0.0, |old| old.count);
                if faults.has(Fault::CountNotKept) {
                    one.count = from;
                }
                for fault in &faults.0 {
                    if let Fault::MemberReset(member) = fault {
                        one.reset(*member);
                    }
                }
                effects.push(Effect::Updated { id: one.id, client_id: one.client_id, from, to: one.count });
                rows.push(row(state, &one, faults));
                if faults.has(Fault::NoChangeAudited) && from == one.count {
                    state.audit(one.id, "count", from.to_string(), from.to_string(), INTEGRATION);
                }
                state.save_subscription(one, INTEGRATION);
            }
        }
    }
    Ok(written(rows, faults))
}

fn later(state: &State, faults: &Faults) -> Option<Option<chrono::DateTime<chrono::Utc>>> {
    faults.0.iter().find_map(|fault| match fault {
        Fault::AppearsAfterLook => Some(None),
        Fault::AppearsAfterSeconds(wait) => Some(Some(state.clock.now() + Duration::seconds((*wait).into()))),
        _ => None,
    })
}

/// 201 with the object for one element, an array for more.
fn written(mut rows: Vec<Value>, faults: &Faults) -> Answer {
    let status = if faults.has(Fault::AnswerOk) { 200 } else { 201 };
    if faults.has(Fault::AnswerEmpty) {
        return Answer::empty(status);
    }
    for row in rows.iter_mut().filter_map(Value::as_object_mut) {
        if faults.has(Fault::AnswerWithoutId) {
            row.remove("id");
        }
        if faults.has(Fault::AnswerShortened) {
            row.retain(|name, _| ["id", "client_id", "count"].contains(&name.as_str()));
        }
        if faults.has(Fault::AnswerWithWarning) {
            row.insert("_warning".into(), json!("The quantity differs from the quantity on the recurring invoice."));
        }
    }
    let object = rows.len() == 1 && !faults.has(Fault::AnswerAsArray);
    Answer::json(status, if object { rows.remove(0) } else { Value::Array(rows) })
}

fn decide(state: &mut State, faults: &Faults, index: usize, element: &Map<String, Value>) -> Result<Write, Answer> {
    let id = match element.get("id").filter(|id| !id.is_null()) {
        Some(id) => fit(index, "id", id, &json!(0))?.as_i64().and_then(|id| i32::try_from(id).ok()).unwrap_or(0),
        None => 0,
    };
    let zero = element.get("count").is_some_and(|count| count.as_f64() == Some(0.0));
    if zero && faults.has(Fault::ZeroRefused) {
        return Err(Answer::invalid(&format!("[{index}].count"), "The quantity must be greater than 0."));
    }
    let (base, update) = if id == 0 {
        let has_site = element.get("site_id").and_then(Value::as_i64).is_some_and(|site| site > 0);
        if let Some(refusal) = refusal(faults, has_site) {
            return Err(refusal);
        }
        (fresh(state, faults), false)
    } else if faults.has(Fault::UpdateMakesRow) {
        (fresh(state, faults), false)
    } else if let Some(old) = state.subscription(id).filter(|one| state.agent_sees(one.client_id)).cloned() {
        if !old.is_active && faults.has(Fault::InactiveRefused) {
            return Err(Answer::refused("This subscription is inactive and cannot be changed"));
        }
        (current(state, faults, old), true)
    } else if faults.has(Fault::UnknownIdMakesRow) {
        (fresh(state, faults), false)
    } else if faults.has(Fault::UnknownIdIgnored) {
        return Ok(Write::Ignore(Value::Object(element.clone())));
    } else if faults.has(Fault::UnknownIdAsBadRequest) {
        return Err(Answer::refused("Record not found"));
    } else if faults.has(Fault::UnknownIdAsServerError) {
        return Err(Answer::exception());
    } else {
        return Err(Answer::empty(404));
    };

    let mut one = merged(base, index, element, faults)?;
    one.count = one.count.round();
    if zero && faults.has(Fault::ZeroDeactivates) {
        one.is_active = false;
    }
    // A row made of an update has no name.
    if one.name.trim().is_empty() && !update && id == 0 {
        return Err(Answer::refused("Please enter a name"));
    }
    let customer = state.customer(one.client_id).filter(|customer| state.agent_sees(customer.id));
    if customer.is_none() && (!update || element.contains_key("client_id")) {
        return Err(Answer::refused("Please select a valid Customer"));
    }
    Ok(if update { Write::Update(one) } else { Write::Create(one) })
}

fn fresh(state: &State, faults: &Faults) -> Subscription {
    let is_active = !faults.has(Fault::StartsInactive);
    Subscription { start_date: state.today(), is_active, ..Subscription::default() }
}

/// The record an update is merged into.
fn current(state: &mut State, faults: &Faults, mut old: Subscription) -> Subscription {
    if faults.has(Fault::PartnerEditsMeanwhile) {
        old.name.push_str(" (edited)");
        old.price += 1.0;
        state.save_subscription(old.clone(), "Partner");
    }
    if faults.has(Fault::ReplacesOnUpdate) {
        return Subscription { id: old.id, client_id: old.client_id, ..Subscription::default() };
    }
    old
}

/// The ways in which a create may be refused (section 7).
fn refusal(faults: &Faults, has_site: bool) -> Option<Answer> {
    let text = "A Contract must be selected";
    faults.0.iter().find_map(|fault| {
        Some(match fault {
            Fault::RefusedAsText => Answer::refused(text),
            Fault::RefusedAsDictionary => Answer::invalid("[0].contract_ref", text),
            Fault::RefusedAsError => Answer::json(400, json!({ "error": text })),
            Fault::RefusedAsMessage => Answer::json(400, json!({ "Message": text })),
            Fault::RefusedAsException => {
                Answer::json(400, json!({ "ClassName": "System.Exception", "Message": text, "StackTraceString": null }))
            }
            Fault::SiteRequired if !has_site => Answer::refused("A Site must be selected"),
            Fault::CreateFails => Answer::json(
                500,
                json!({
                    "ClassName": "System.Data.SqlClient.SqlException",
                    "Message": "Cannot insert the value NULL into column 'Lcontract'; column does not allow nulls.",
                }),
            ),
            _ => return None,
        })
    })
}

/// What was sent laid over the record. `null` leaves a member as it is.
fn merged(
    base: Subscription,
    index: usize,
    element: &Map<String, Value>,
    faults: &Faults,
) -> Result<Subscription, Answer> {
    let mut whole = json!(base);
    for (name, sent) in element {
        let name = name.to_ascii_lowercase();
        let dropped = is_named(MARKERS, &name) && faults.has(Fault::MarkerNotKept);
        if !is_named(WRITABLE, &name) || sent.is_null() || dropped {
            continue;
        }
        whole[&name] = fit(index, &name, sent, &whole[&name])?;
    }
    Ok(serde_json::from_value(whole).expect("each member was made to fit"))
}

/// The value as the member's type: .NET takes a number for text and text for a number.
fn fit(index: usize, name: &str, sent: &Value, like: &Value) -> Result<Value, Answer> {
    let text = sent.as_str();
    let fitted = match like {
        Value::Number(number) if number.is_f64() => {
            sent.as_f64().or_else(|| text?.trim().parse().ok()).map(|number: f64| json!(number))
        }
        Value::Number(_) => {
            let whole = sent.as_f64().or_else(|| text?.trim().parse().ok()).filter(|number| number.fract() == 0.0);
            whole.filter(|number| number.abs() <= f64::from(i32::MAX)).map(|number| json!(number as i32))
        }
        Value::Bool(_) => sent.as_bool().or_else(|| text?.to_ascii_lowercase().parse().ok()).map(Value::Bool),
        _ => match sent {
            Value::String(text) => Some(json!(text)),
            Value::Number(_) | Value::Bool(_) => Some(json!(sent.to_string())),
            _ => None,
        },
    };
    fitted.ok_or_else(|| {
        let path = format!("[{index}].{name}");
        Answer::invalid(&path, format!("Could not convert {sent} to the type of '{name}'. Path '{path}', line 1."))
    })
}

fn row(state: &State, one: &Subscription, faults: &Faults) -> Value {
    let mut row = one.row(state.customer_name(one.client_id));
    if faults.has(Fault::CountAsInteger) {
        row["count"] = json!(one.count as i64);
    } else if faults.has(Fault::CountAsText) {
        row["count"] = json!((one.count as i64).to_string());
    } else if faults.has(Fault::CountAsFraction) {
        row["count"] = json!(one.count + 0.5);
    }
    if faults.has(Fault::UnlistedMembers) {
        row["price"] = json!(format!("{:.2}", one.price));
        row["total_net"] = json!(one.price * one.count);
        row["amount_due"] = json!(one.price * one.count);
        row["date_edited"] = json!(halo_date(state.clock.now()));
        row["linked_item"] = json!({ "id": one.item_id, "use": "item" });
        row["customfields"] = json!([
            { "id": 4, "name": "CFContract", "value": one.custom_field },
            { "id": 2, "name": "CFRegion", "value": "North" },
        ]);
    }
    row
}

/// The row of a list, which may say less than the record, or something else.
fn list_row(mut row: Value, faults: &Faults) -> Value {
    let Value::Object(members) = &mut row else { return row };
    let mut leave_out = |names: &str| members.retain(|name, _| !is_named(names, name));
    if faults.has(Fault::RowsWithoutMarker) {
        leave_out("vendor product_sku");
    }
    if faults.has(Fault::RowsShortened) {
        leave_out("price purchase_price monthly_price monthly_cost start_date end_date site_id item_id supplier_id");
        let notes = members["notes"].as_str().unwrap_or_default().chars().take(10).collect::<String>();
        members.insert("notes".into(), json!(notes));
    }
    if faults.has(Fault::RowsWithBlankMarker) {
        members.extend(["vendor", "product_sku"].map(|name| (name.to_owned(), Value::Null)));
    }
    if faults.has(Fault::RowsDiffer) {
        let name = format!("{} (Monthly)", members["name"].as_str().unwrap_or_default());
        members.insert("name".into(), json!(name));
        members.insert("price".into(), json!(7.5));
    }
    row
}
