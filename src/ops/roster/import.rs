//! Imports the platform's partners, clients and users. A record that is left out stays as it is; a
//! record with an older version than the stored one is ignored; a record that cannot be stored does
//! not affect the others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::auth::{Act, permit, permit_across};
use crate::domain::activity::Action;
use crate::domain::roster::{ClientRecord, PartnerRecord, UserRecord};
use crate::ids::PartnerId;
use crate::ops::{OpError, Ops, Request, UserError, UserErrorCode};
use crate::storage::roster::{self, UpsertOutcome};
use crate::storage::{activity, connections, partners, run_queue};

/// The most records in one call, all kinds together.
pub const MOST_RECORDS: usize = 5_000;

/// The most characters of an id, a name or an address.
const LONGEST_TEXT: usize = 320;

#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub partners: Vec<PartnerRecord>,
    pub clients: Vec<ClientRecord>,
    pub users: Vec<UserRecord>,
}

#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The number of records that were new or had a newer version.
    pub stored: u32,
    /// The number of records that were already stored in this or a newer version.
    pub already_known: u32,
    pub errors: Vec<UserError>,
    /// The numbers of stored records by partner and list.
    of_partners: BTreeMap<PartnerId, BTreeMap<&'static str, u32>>,
}

/// Stores the records that are new or have a newer version.
pub async fn import_roster(ops: &Ops, request: &Request<'_>, roster: &Roster) -> Result<Imported, OpError> {
    let system = permit_across(request.caller, Act::ImportRoster)?;
    let records = roster.partners.len() + roster.clients.len() + roster.users.len();
    if records > MOST_RECORDS {
        let message = format!("The call has {records} records. Send at most {MOST_RECORDS} at once.");
        return Err(OpError::refused(UserErrorCode::TooMany, &[], message));
    }
    let mut imported = Imported::default();
    let partners = dedupe_latest(&roster.partners, "partners", &mut imported);
    let clients = dedupe_latest(&roster.clients, "clients", &mut imported);
    let users = dedupe_latest(&roster.users, "users", &mut imported);

    let mut tx = ops.db.begin(system).await?;
    let owners = clients.records.iter().map(|client| &client.partner_external_id);
    let partner_ids: BTreeSet<_> = partners.records.iter().map(|partner| &partner.external_id).chain(owners).collect();
    let client_ids: BTreeSet<_> = users.records.iter().map(|user| &user.client_external_id).collect();
    let referenced = roster::referenced_partners(&mut tx, system, partner_ids, client_ids).await?;
    let before = roster::summaries(&mut tx, system, &referenced).await?;
    let outcomes = roster::upsert_partners(&mut tx, system, &partners.records, &ops.settings.nights).await?;
    imported.add("partners", &partners.places, &outcomes);
    // A run locks clients with their associations.
    run_queue::lock_open(&mut tx, &referenced).await?;
    let outcomes = roster::upsert_clients(&mut tx, system, &clients.records).await?;
    imported.add("clients", &clients.places, &outcomes);
    let outcomes = roster::upsert_users(&mut tx, system, &users.records).await?;
    imported.add("users", &users.places, &outcomes);

    // An archived partner's runs end and its secret is erased; its Halo is left as it is.
    let now = ops.clock.now();
    for partner in roster::archived_but_connected(&mut tx, system).await? {
        let scope = permit(request.caller, Act::ImportRoster, partner)?;
        partners::lock(&mut tx, &scope).await?;
        // Runs first, as a run does that ends: two transactions that lock in different orders would
        // wait for each other.
        run_queue::cancel(&mut tx, &scope, now).await?;
        let connected = connections::disconnect(&mut tx, &scope, now).await?;
        let entry = activity::Entry {
            before: connected.then(|| json!({ "connection": "connected" })),
            after: connected.then(|| json!({ "connection": "disconnected" })),
            ..request.entry(Action::PartnerArchived)
        };
        activity::record(&mut tx, &scope, entry, now).await?;
    }

    // One row for each partner of which something was stored, with counts: names of people stay out
    // of the log.
    let changed: Vec<_> = imported.of_partners.keys().copied().collect();
    let mut after = roster::summaries(&mut tx, system, &changed).await?;
    let mut entries = Vec::new();
    for (partner, stored) in &imported.of_partners {
        let mut after = after.remove(partner).unwrap_or_default();
        for (list, records) in stored {
            after[format!("{list}Stored")] = json!(records);
        }
        let before = before.get(partner).cloned();
        entries
            .push((*partner, activity::Entry { before, after: Some(after), ..request.entry(Action::RosterImported) }));
    }
    activity::record_across(&mut tx, system, request.caller.actor(), &entries, now).await?;
    tx.commit().await?;
    Ok(imported)
}

/// Records that can be stored, and at which places of their list they stand.
struct Deduped<T> {
    places: Vec<usize>,
    records: Vec<T>,
}

/// Keeps the newest version of each external id, and refuses the records that cannot be stored.
fn dedupe_latest<T: Clone + Record>(records: &[T], list: &str, imported: &mut Imported) -> Deduped<T> {
    let mut newest: BTreeMap<&str, usize> = BTreeMap::new();
    let mut valid = 0;
    for (place, record) in records.iter().enumerate() {
        if let Some(error) = validate(record) {
            imported.errors.push(error.within(list, place));
            continue;
        }
        valid += 1;
        newest
            .entry(record.external_id())
            .and_modify(|known| {
                if record.version() > records[*known].version() {
                    *known = place;
                }
            })
            .or_insert(place);
    }
    let chosen: BTreeSet<_> = newest.into_values().collect();
    imported.already_known += u32::try_from(valid - chosen.len()).unwrap_or(u32::MAX);
    let places: Vec<_> = chosen.into_iter().collect();
    let records = places.iter().map(|&place| records[place].clone()).collect();
    Deduped { places, records }
}

/// The reason why the record cannot be stored, whatever is stored already.
fn validate(record: &impl Record) -> Option<UserError> {
    if record.external_id().trim().is_empty() {
        return Some(UserError::new(
            UserErrorCode::Required,
            &["externalId"],
            "The record has no external id. Send it again with its id.",
        ));
    }
    // Longer texts do not fit an index, and one such text would fail the whole import.
    if let Some((field, _)) = record.texts().into_iter().find(|(_, text)| text.chars().count() > LONGEST_TEXT) {
        let message = format!("The text is too long. Use at most {LONGEST_TEXT} characters.");
        return Some(UserError::new(UserErrorCode::TooLong, &[field], message));
    }
    // Postgres stores no NUL, and one such text would fail the whole import. No other control
    // character belongs in a name either.
    let (field, _) = record.texts().into_iter().find(|(_, text)| text.chars().any(char::is_control))?;
    let message = "The text has a control character. Remove it and send the record again.";
    Some(UserError::new(UserErrorCode::Invalid, &[field], message))
}

impl Imported {
    fn add(&mut self, list: &'static str, places: &[usize], outcomes: &[UpsertOutcome]) {
        for (&place, outcome) in places.iter().zip(outcomes) {
            let error = match outcome {
                UpsertOutcome::Stored(partner) => {
                    self.stored += 1;
                    *self.of_partners.entry(*partner).or_default().entry(list).or_default() += 1;
                    continue;
                }
                UpsertOutcome::AlreadyKnown => {
                    self.already_known += 1;
                    continue;
                }
                UpsertOutcome::UnknownOwner if list == "clients" => UserError::new(
                    UserErrorCode::OwnerUnknown,
                    &["partnerExternalId"],
                    "There is no partner with this external id. Send the partner first.",
                ),
                UpsertOutcome::UnknownOwner => UserError::new(
                    UserErrorCode::OwnerUnknown,
                    &["clientExternalId"],
                    "There is no client with this external id. Send the client first.",
                ),
                UpsertOutcome::OtherPartner => UserError::new(
                    UserErrorCode::BelongsToAnotherPartner,
                    &["externalId"],
                    "This record belongs to another partner and cannot be moved.",
                ),
            };
            self.errors.push(error.within(list, place));
        }
    }
}

trait Record {
    fn external_id(&self) -> &str;
    fn version(&self) -> i64;
    /// Every text, by its field.
    fn texts(&self) -> Vec<(&'static str, &str)>;
}

impl Record for PartnerRecord {
    fn external_id(&self) -> &str {
        &self.external_id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn texts(&self) -> Vec<(&'static str, &str)> {
        vec![("externalId", &self.external_id), ("name", &self.name)]
    }
}

impl Record for ClientRecord {
    fn external_id(&self) -> &str {
        &self.external_id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn texts(&self) -> Vec<(&'static str, &str)> {
        vec![("externalId", &self.external_id), ("partnerExternalId", &self.partner_external_id), ("name", &self.name)]
    }
}

impl Record for UserRecord {
    fn external_id(&self) -> &str {
        &self.external_id
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn texts(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("externalId", &self.external_id),
            ("clientExternalId", &self.client_external_id),
            ("email", self.email.as_deref().unwrap_or_default()),
        ]
    }
}
