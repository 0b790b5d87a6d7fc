//! Maps clients by a file that a user has edited. It is validated as a whole first.

use std::collections::{BTreeMap, BTreeSet};

use super::accept_suggestions::{MOST_ERRORS, count, too_many_subscriptions};
use super::customer_directory::CustomerDirectory;
use super::mapping_file::{CLIENT_ID, CUSTOMER_ID, Line, MappingFile, at_line};
use super::mapping_table::{Mapped, Mapping, MappingTable};
use super::save::{enqueue_creation, kept_subscriptions};
use crate::auth::Act;
use crate::halo::{CustomerLookup, HaloError, Session};
use crate::ids::{HaloCustomerId, RunId};
use crate::ops::connection::ensure_unchanged;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode, halo};

/// Customers that are not in the list of active ones and are looked at by themselves, to say why.
const MOST_LOOKED_UP: usize = 20;

/// What became of the lines of a file.
#[derive(Clone, Debug, Default)]
pub struct ImportedMappings {
    pub mapped: u32,
    /// Lines of clients that were mapped to this customer before.
    pub already_mapped: u32,
    /// Lines without a customer: nothing was done about them.
    pub without_customer: u32,
    /// Lines that were left out, each with an error.
    pub invalid: u32,
    pub errors: Vec<UserError>,
    pub run: Option<RunId>,
}

/// Maps the clients of the file. If any line has an error, nothing is changed, unless the user
/// wants the others to be mapped.
pub async fn import_mappings(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    text: &str,
    skip_invalid: bool,
) -> Result<ImportedMappings, OpError> {
    let scope = request.authorize(ops, Act::Associate, target).await?;
    let MappingFile { lines, mut errors } = MappingFile::read(text)?;
    let (connection, session) = halo::active_session(ops, &scope).await?;
    let directory = ops.directories.fresh(&connection, &session, &ops.clock).await.map_err(halo::refused)?;
    let (lines, empty): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.customer.is_some());
    let wanted: Vec<_> = lines.iter().filter_map(mapping).collect();
    let later = too_many_subscriptions(ops, &scope, &connection.tenant, &wanted).await?;
    let (later, lines): (Vec<_>, Vec<_>) =
        lines.into_iter().partition(|line| line.client.is_some_and(|client| later.contains(&client)));
    errors.extend(later.iter().map(|line| {
        let message = "Too many clients of this file have a subscription at another customer. Import this line in another file, \
                       after this one.";
        at_line(line.number, CLIENT_ID, UserErrorCode::TooMany, message)
    }));
    let wanted: Vec<_> = lines.iter().filter_map(mapping).collect();
    let customers = customers(&session, &directory, &wanted).await.map_err(halo::refused)?;
    let kept = kept_subscriptions(ops, &scope, &connection.tenant, &session, &wanted).await?;

    let mut tx = ops.begin_active(&scope, request).await?;
    ensure_unchanged(&mut tx, &connection).await?;
    let mut table = MappingTable::read(&mut tx, connection.tenant, &wanted, Some(customers), kept).await?;
    let mut imported = ImportedMappings { without_customer: count(empty.len()), ..ImportedMappings::default() };
    let mut changed = Vec::new();
    for (line, mapped) in lines.iter().zip(table.map_all(&mut tx, &wanted).await?) {
        match mapped {
            Mapped::Stored(client) => changed.push(client),
            Mapped::Unchanged => imported.already_mapped += 1,
            Mapped::Refused(error) => {
                let is_about_client = error.field.iter().any(|field| field == "clientId");
                let column = if is_about_client { CLIENT_ID } else { CUSTOMER_ID };
                errors.push(at_line(line.number, column, error.code, &error.message));
            }
        }
    }
    errors.sort_by_key(|error| error.field.get(1).and_then(|line| line.parse::<u64>().ok()));
    imported.invalid = count(errors.len());
    errors.truncate(MOST_ERRORS);
    if !errors.is_empty() && !skip_invalid {
        // What the transaction has stored is undone.
        return Err(OpError::Refused(errors));
    }
    imported.mapped = count(changed.len());
    imported.errors = errors;
    imported.run = enqueue_creation(&mut tx, changed).await?;
    tx.commit().await?;
    Ok(imported)
}

fn mapping(line: &Line) -> Option<Mapping> {
    Some(Mapping { client: line.client, customer: line.customer?, allow_shared: false, replace: None })
}

/// The customers of the lines: those in the list of active ones, and what Halo says of some others.
async fn customers(
    session: &Session,
    directory: &CustomerDirectory,
    wanted: &[Mapping],
) -> Result<BTreeMap<HaloCustomerId, CustomerLookup>, HaloError> {
    let ids: BTreeSet<_> = wanted.iter().map(|mapping| mapping.customer).collect();
    let absent: Vec<_> = ids.iter().filter(|id| directory.find(**id).is_none()).copied().collect();
    let mut customers: BTreeMap<_, _> = absent.iter().map(|id| (*id, CustomerLookup::Missing)).collect();
    customers.extend(session.customers(&absent[..absent.len().min(MOST_LOOKED_UP)]).await?);
    let listed = ids.iter().filter_map(|id| directory.find(*id));
    customers.extend(listed.map(|customer| (customer.id, CustomerLookup::Found(customer.clone()))));
    Ok(customers)
}
