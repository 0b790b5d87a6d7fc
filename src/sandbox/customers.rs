//! `GET /api/Client` (docs/halo-api.md, section 3).

use serde_json::Value;

use super::{
    answer::Answer,
    fault::{Fault, Faults},
    list,
    records::Customer,
    request_log::Effect,
    server::Asked,
    state::State,
};

/// A small picture, as Halo puts one into each row.
const LOGO: &str = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";

pub(super) fn list(state: &mut State, asked: &Asked, faults: &Faults, _: &mut Vec<Effect>) -> Result<Answer, Answer> {
    let inactive = asked.flag("includeinactive")? || faults.has(Fault::InactiveListed);
    let active = asked.param("includeactive").is_none_or(|text| !text.eq_ignore_ascii_case("false"));
    let search = asked.param("search").unwrap_or_default().trim();
    let wanted = |customer: &&Customer| {
        !customer.deleted
            && state.agent_sees(customer.id)
            && (if customer.inactive { inactive } else { active })
            && found(&customer.name, search, faults)
    };
    let found = state.customers.values().filter(wanted).collect();
    list::page_of(
        asked,
        &state.settings,
        faults,
        "clients",
        found,
        |customer| customer.id,
        |customer| row(customer, faults),
    )
}

pub(super) fn single(state: &mut State, asked: &Asked, faults: &Faults, _: &mut Vec<Effect>) -> Result<Answer, Answer> {
    // No use as a connection test: it answers so for an API agent.
    if asked.segment(2) == "me" {
        return Err(Answer::empty(401));
    }
    let id = asked.path_id()?;
    let seen = |customer: &&Customer| state.agent_sees(customer.id);
    let found = state.customer(id).filter(seen).map(|customer| row(customer, faults));
    let remains = state.customers.get(&id).filter(seen).map(|customer| row(customer, faults));
    Ok(list::single(faults, found, remains))
}

fn row(customer: &Customer, faults: &Faults) -> Value {
    if faults.has(Fault::HugeLogo(customer.id)) {
        return customer.row(&LOGO.repeat(20_000));
    }
    if faults.has(Fault::LargeLogos) { customer.row(&LOGO.repeat(400)) } else { customer.row(LOGO) }
}

/// Contains, whatever the case, unless a fault says otherwise: what Halo does is not known (section
/// 11.17).
fn found(name: &str, search: &str, faults: &Faults) -> bool {
    let fold = |text: &str| if faults.has(Fault::SearchMindsCase) { text.to_owned() } else { text.to_lowercase() };
    let (name, search) = (fold(name), fold(search));
    if faults.has(Fault::SearchStartsWith) { name.starts_with(&search) } else { name.contains(&search) }
}
