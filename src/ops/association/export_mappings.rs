//! Exports the mappings of all of a partner's clients, to be edited and imported.

use futures::stream::BoxStream;

use super::mapping_file::COLUMNS;
use crate::auth::{Act, Denied, PartnerScope, Role};
use crate::ops::admin::record_reads::record_reads;
use crate::ops::csv::{self, Rows};
use crate::ops::{OpError, Ops, Request, Target};
use crate::storage::clients::{self, ClientFilter, Extent, Listed, ListedClient};
use crate::storage::{Page, Position, Slice, partners};

/// The clients of one chunk: what the export has in memory at once.
const CLIENTS: u16 = 500;

/// What is left of an export.
struct Left {
    ops: Ops,
    scope: PartnerScope,
    page: Page,
}

/// Returns the file in chunks, each of which is read when it is asked for.
pub async fn export_mappings(
    ops: &Ops,
    request: &Request<'_>,
    target: Target,
) -> Result<BoxStream<'static, Result<Vec<u8>, OpError>>, OpError> {
    let scope = request.authorize_read(ops, Act::ViewPartner, target).await?;
    if request.caller.role() == Role::Support {
        record_reads(ops, request, &[scope.partner()]).await?;
    }
    partners::find(&mut *ops.db.read(&scope).await?, &scope).await?.ok_or(Denied::NotFound)?;
    let left = Left { ops: ops.clone(), scope, page: Page { first: CLIENTS, after: None } };
    Ok(csv::chunks(COLUMNS, left, Left::next))
}

impl Left {
    /// Reads the next clients, in a transaction of their own: an export that its client reads
    /// slowly holds no connection.
    async fn next(self) -> Result<(Vec<u8>, Option<Self>), OpError> {
        let extent = Extent { associations: true, total: false };
        let mut db = self.ops.db.read(&self.scope).await?;
        let found = clients::pages(&mut db, &self.scope, &ClientFilter::default(), &self.page, extent).await?;
        drop(db);
        let Slice { items, has_next } = found.into_values().next().unwrap_or_default().slice;
        let mut rows = Rows::new();
        items.iter().for_each(|client| rows.push(cells(client)));
        let last = items.into_iter().last().filter(|_| has_next).map(|last| last.client);
        let left = last.map(|last| {
            let after = Some(Position { key: last.name, id: last.id.0 });
            Left { page: Page { first: CLIENTS, after }, ..self }
        });
        Ok((rows.take(), left))
    }
}

/// A client that is mapped to a customer, or to none. A mapping that is ending counts no more.
fn cells(ListedClient { client, listed }: &ListedClient) -> [String; COLUMNS.len()] {
    let association = listed.as_ref().and_then(|Listed { association, .. }| association.as_ref());
    let customer = association.filter(|it| !it.is_over()).map(|association| &association.customer);
    // An import takes a line break inside a cell for a mistake.
    let one_line = |name: &str| name.replace(['\r', '\n'], " ");
    [
        client.id.to_string(),
        one_line(&client.name),
        customer.map(|customer| customer.id.to_string()).unwrap_or_default(),
        customer.and_then(|customer| customer.name.as_deref()).map(one_line).unwrap_or_default(),
    ]
}
