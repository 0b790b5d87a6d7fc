//! Exports a month of evidence of all of a partner's clients, for support and the partner's own
//! bookkeeping.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use futures::stream::BoxStream;

use crate::auth::{Act, Denied, PartnerScope, Role};
use crate::domain::evidence::{Day, Days, evidence as entries, parse_month};
use crate::ops::admin::record_reads::record_reads;
use crate::ops::csv::{self, Rows};
use crate::ops::{OpError, Ops, Request, Target, UserErrorCode};
use crate::storage::evidence::{self, MappedClient};
use crate::storage::{Page, Position, Slice, partners};

/// The clients of one chunk: what the export has in memory at once.
const CLIENTS: u16 = 50;
const COLUMNS: [&str; 23] = [
    "date",
    "client_external_id",
    "client_name",
    "halo_customer_id",
    // These two as they are now: a day keeps neither.
    "current_halo_customer_name",
    "current_halo_subscription_id",
    "status",
    "quantity",
    "confirmed_at",
    "carried_forward_since",
    "quantity_before",
    "users_counted",
    "users_same_address",
    "users_deactivated",
    "users_archived",
    "users_client_archived",
    "rule",
    "changed_in_halo",
    "syncs",
    "outcome",
    "problem",
    "run_id",
    "recorded_at",
];
/// The only rule there is: see [`crate::domain::roster::UserCounts`].
const RULE: &str = "active_users_by_address";

/// A month of evidence as CSV, in chunks.
pub struct EvidenceExport {
    pub month: NaiveDate,
    /// Each chunk is read when it is asked for.
    pub chunks: BoxStream<'static, Result<Vec<u8>, OpError>>,
}

/// What is left of an export.
struct Left {
    ops: Ops,
    scope: PartnerScope,
    days: Days,
    page: Page,
}

/// Exports a month, written as `2026-11`, of all clients that were mapped in it.
pub async fn export_evidence(
    ops: &Ops,
    request: &Request<'_>,
    target: Target,
    month: Option<&str>,
) -> Result<EvidenceExport, OpError> {
    let scope = request.authorize_read(ops, Act::ViewPartner, target).await?;
    let Some(month) = month else {
        let message = "Name the month of the export, as in 2026-11.";
        return Err(OpError::refused(UserErrorCode::Required, &["month"], message));
    };
    let Some(month) = parse_month(month) else {
        let message = "This is not a month. Write it as in 2026-11.";
        return Err(OpError::refused(UserErrorCode::Invalid, &["month"], message));
    };
    if request.caller.role() == Role::Support {
        record_reads(ops, request, &[scope.partner()]).await?;
    }
    let partner = partners::find(&mut *ops.db.read(&scope).await?, &scope).await?.ok_or(Denied::NotFound)?;
    let days = Days::of_month(month, partner.settings.time_zone);
    let left = Left { ops: ops.clone(), scope, days, page: Page { first: CLIENTS, after: None } };
    Ok(EvidenceExport { month, chunks: csv::chunks(COLUMNS, left, Left::next) })
}

impl Left {
    /// Reads the next clients, in a transaction of their own: an export that its client reads
    /// slowly holds no connection.
    async fn next(self) -> Result<(Vec<u8>, Option<Self>), OpError> {
        let Left { ops, scope, days, page } = &self;
        let mut db = ops.db.read(scope).await?;
        let Slice { items, has_next } =
            evidence::clients(&mut db, scope, days, page).await?.remove(&scope.partner()).unwrap_or_default();
        let ids: Vec<_> = items.iter().map(|client| client.id).collect();
        let facts = evidence::facts(&mut db, scope, &ids, days).await?;
        drop(db);
        let mut rows = Rows::new();
        for client in &items {
            let of_client = facts.get(&client.id).map(|facts| entries(days, facts, ops.clock.now()));
            of_client.unwrap_or_default().iter().for_each(|day| rows.push(cells(client, day)));
        }
        let last = items.into_iter().last().filter(|_| has_next);
        let left = last.map(|last| {
            let after = Some(Position { key: last.name, id: last.id.0 });
            Left { page: Page { first: CLIENTS, after }, ..self }
        });
        Ok((rows.take(), left))
    }
}

fn cells(client: &MappedClient, day: &Day) -> [String; COLUMNS.len()] {
    let result = day.synced.as_ref().map(|synced| &synced.last);
    let users = result.and_then(|result| result.users);
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let time =
        |at: Option<DateTime<Utc>>| at.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true)).unwrap_or_default();
    let run_ended_at = day.failed.as_ref().map(|failed| failed.at);
    [
        day.date.to_string(),
        client.external_id.clone(),
        client.name.clone(),
        day.mapping.customer.to_string(),
        day.mapping.customer_name.clone().unwrap_or_default(),
        day.mapping.subscription.map(|id| id.to_string()).unwrap_or_default(),
        day.status.as_str().to_owned(),
        number(day.quantity()),
        time(day.confirmed.map(|confirmed| confirmed.at)),
        day.carried_since.map(|date| date.to_string()).unwrap_or_default(),
        number(day.synced.as_ref().and_then(|synced| synced.quantity_before)),
        number(users.map(|users| users.counted)),
        number(users.map(|users| users.same_address)),
        number(users.map(|users| users.deactivated)),
        number(users.map(|users| users.archived)),
        number(users.map(|users| users.client_archived)),
        users.map(|_| RULE.to_owned()).unwrap_or_default(),
        day.synced.as_ref().map(|synced| synced.changed_in_halo.to_string()).unwrap_or_default(),
        day.synced.as_ref().map_or(0, |synced| synced.syncs).to_string(),
        result.map(|result| result.outcome.as_str().to_owned()).unwrap_or_default(),
        day.problem().map(|problem| problem.code().as_str().to_owned()).unwrap_or_default(),
        day.run().map(|run| run.to_string()).unwrap_or_default(),
        time(run_ended_at.or(result.map(|result| result.at))),
    ]
}
