//! Takes in the platform's report of partners, clients and users. Nothing is removed by leaving it out; a record older than
//! what is here is ignored; one record's fault does not keep the others out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{OpError, Ops, Request, UserError, UserErrorCode};
use crate::auth::{Act, PartnerScope, permit_across};
use crate::domain::roster::{ClientRecord, PartnerRecord, UserRecord};
use crate::storage::roster::{self, Taken};
use crate::storage::{activity, connections, partners, runs};

/// The most records in one call, all kinds together.
pub const MOST_RECORDS: usize = 5_000;

#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub partners: Vec<PartnerRecord>,
    pub clients: Vec<ClientRecord>,
    pub users: Vec<UserRecord>,
}

#[derive(Clone, Debug, Default)]
pub struct Imported {
    pub stored: u32,
    /// The same version, or a newer one, was here already.
    pub already_known: u32,
    pub errors: Vec<UserError>,
}

/// Stores what is new.
pub async fn import_roster(ops: &Ops, request: &Request<'_>, roster: &Roster) -> Result<Imported, OpError> {
    let system = permit_across(request.caller, Act::ImportRoster)?;
    let records = roster.partners.len() + roster.clients.len() + roster.users.len();
    if records > MOST_RECORDS {
        let message = format!("Send at most {MOST_RECORDS} records in one call; this one has {records}.");
        return Err(OpError::refused(UserErrorCode::TooMany, &[], message));
    }
    let mut imported = Imported::default();
    let mut tx = ops.db.begin(system).await?;

    let (places, chosen) = distinct(&roster.partners, "partners", |record| &record.external_id, &mut imported);
    let taken = roster::take_partners(&mut tx, system, &chosen, &ops.settings.nights).await?;
    imported.add("partners", &places, &taken);
    let (places, chosen) = distinct(&roster.clients, "clients", |record| &record.external_id, &mut imported);
    let taken = roster::take_clients(&mut tx, system, &chosen).await?;
    imported.add("clients", &places, &taken);
    let (places, chosen) = distinct(&roster.users, "users", |record| &record.external_id, &mut imported);
    let taken = roster::take_users(&mut tx, system, &chosen).await?;
    imported.add("users", &places, &taken);

    // An archived partner's runs end and its secret is erased; its Halo is left as it is.
    let now = ops.clock.now();
    for partner in roster::archived_but_connected(&mut tx, system).await? {
        let scope = PartnerScope::for_worker(partner);
        partners::lock(&mut tx, &scope).await?;
        connections::disconnect(&mut tx, &scope).await?;
        runs::cancel(&mut tx, &scope, now).await?;
        let entry =
            activity::Entry { after: Some(json!({ "state": "archived" })), ..request.entry("partner.archived") };
        activity::record(&mut tx, &scope, entry, now).await?;
    }
    tx.commit().await?;
    Ok(imported)
}

/// Of several records with one external id only the newest version counts. Empty external ids are refused.
fn distinct<T: Clone + Versioned>(
    records: &[T],
    list: &str,
    external_id: impl Fn(&T) -> &String,
    imported: &mut Imported,
) -> (Vec<usize>, Vec<T>) {
    let mut newest: BTreeMap<&String, usize> = BTreeMap::new();
    for (place, record) in records.iter().enumerate() {
        if external_id(record).trim().is_empty() {
            let error = UserError::new(UserErrorCode::Required, &["externalId"], "Give the record its external id.");
            imported.errors.push(error.within(list, place));
            continue;
        }
        newest
            .entry(external_id(record))
            .and_modify(|known| {
                if record.version() > records[*known].version() {
                    *known = place;
                }
            })
            .or_insert(place);
    }
    let chosen: BTreeSet<_> = newest.into_values().collect();
    let valid = records.iter().filter(|record| !external_id(record).trim().is_empty()).count();
    imported.already_known += u32::try_from(valid - chosen.len()).unwrap_or(u32::MAX);
    let places: Vec<_> = chosen.into_iter().collect();
    let kept = places.iter().map(|&place| records[place].clone()).collect();
    (places, kept)
}

impl Imported {
    fn add(&mut self, list: &str, places: &[usize], taken: &[Taken]) {
        for (&place, taken) in places.iter().zip(taken) {
            let error = match taken {
                Taken::Stored => {
                    self.stored += 1;
                    continue;
                }
                Taken::AlreadyKnown => {
                    self.already_known += 1;
                    continue;
                }
                Taken::UnknownOwner if list == "clients" => UserError::new(
                    UserErrorCode::OwnerUnknown,
                    &["partnerExternalId"],
                    "There is no partner with this external id. Send the partner first.",
                ),
                Taken::UnknownOwner => UserError::new(
                    UserErrorCode::OwnerUnknown,
                    &["clientExternalId"],
                    "There is no client with this external id. Send the client first.",
                ),
                Taken::OtherPartner => UserError::new(
                    UserErrorCode::BelongsToAnotherPartner,
                    &["externalId"],
                    "This record belongs to another partner and cannot be moved.",
                ),
            };
            self.errors.push(error.within(list, place));
        }
    }
}

trait Versioned {
    fn version(&self) -> i64;
}

impl Versioned for PartnerRecord {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for ClientRecord {
    fn version(&self) -> i64 {
        self.version
    }
}

impl Versioned for UserRecord {
    fn version(&self) -> i64 {
        self.version
    }
}
