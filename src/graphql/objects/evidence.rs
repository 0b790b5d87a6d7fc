//! The evidence behind what a client was billed, day by day.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object};
use chrono::NaiveDate;

use crate::domain::evidence::{self, Days, MOST_DAYS};
use crate::graphql::{
    error::{Failure, Result},
    loaders::{ById, EvidenceOf},
    objects::client::Client,
    objects::customer::HaloCustomer,
    objects::problem::HaloProblem,
    objects::result::HaloSyncResult,
    objects::run::HaloSyncRun,
    objects::user::UserCounts,
    request_context::RequestContext,
    scalars::{Date, Timestamp},
};
use crate::ids::{ClientId, PartnerId};
use crate::storage::evidence::MappedClient;

/// A month has no more days.
const MONTH: usize = 31;

/// Reads the days from `from` to `to` in the time zone of the partner.
pub(in crate::graphql) async fn days(
    request_context: &RequestContext,
    partner: PartnerId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Days> {
    let zone = request_context.load(partner).await?.ok_or(Failure::NotFound)?.settings.time_zone;
    let days = Days { from, to, zone };
    if from > to {
        return Err(Failure::bad_argument("to", "The last day is before the first one. Choose a later day."));
    }
    if days.count() > MOST_DAYS {
        let message = format!("You requested {} days. Request at most {MOST_DAYS} days at once.", days.count());
        return Err(Failure::bad_argument("to", message));
    }
    Ok(days)
}

/// For `complexity`: a list of days counts as many times as it has days.
pub(in crate::graphql) fn cost(from: &Date, to: &Date, each: usize) -> usize {
    let days = Days { from: from.0, to: to.0, zone: chrono_tz::UTC };
    each.saturating_mul(usize::try_from(days.count()).unwrap_or_default())
}

pub(in crate::graphql) async fn of_client(
    request_context: &RequestContext,
    partner: PartnerId,
    client: ClientId,
    days: Days,
) -> Result<Arc<Vec<evidence::Day>>> {
    Ok(request_context.load(EvidenceOf(partner, client, days)).await?.unwrap_or_default())
}

pub(in crate::graphql) fn shown(partner: PartnerId, days: &[evidence::Day]) -> Vec<BillingDay> {
    days.iter().cloned().map(|day| BillingDay { partner, day }).collect()
}

pub struct BillingEvidence {
    pub(in crate::graphql) partner: PartnerId,
    pub(in crate::graphql) days: Days,
    pub(in crate::graphql) client: MappedClient,
}

impl BillingEvidence {
    async fn entries(&self, ctx: &Context<'_>) -> Result<Arc<Vec<evidence::Day>>> {
        of_client(RequestContext::of(ctx), self.partner, self.client.id, self.days).await
    }

    async fn summary(&self, ctx: &Context<'_>) -> Result<evidence::Summary> {
        Ok(evidence::summary(&self.entries(ctx).await?))
    }
}

/// The evidence behind what a client was billed in a month: what syncs stored on its days.
#[Object]
impl BillingEvidence {
    /// The client.
    async fn client(&self, ctx: &Context<'_>) -> Result<Client> {
        let client = RequestContext::of(ctx).load(ById(self.partner, self.client.id)).await?;
        client.map(Client::from).ok_or(Failure::NotFound)
    }

    /// The quantity on the first day of the month on which the client was mapped. Null if it was
    /// not known then.
    async fn first_quantity(&self, ctx: &Context<'_>) -> Result<Option<u32>> {
        Ok(self.summary(ctx).await?.first)
    }

    /// The quantity on the last day of the month on which the client was mapped, or today. Null if
    /// it was not known then.
    async fn last_quantity(&self, ctx: &Context<'_>) -> Result<Option<u32>> {
        Ok(self.summary(ctx).await?.last)
    }

    /// The highest quantity of the month. Null if none is known.
    async fn maximum_quantity(&self, ctx: &Context<'_>) -> Result<Option<u32>> {
        Ok(self.summary(ctx).await?.maximum)
    }

    /// The number of days with another quantity than the day before.
    async fn changes(&self, ctx: &Context<'_>) -> Result<u32> {
        Ok(self.summary(ctx).await?.changes)
    }

    /// The number of days whose status is not `CONFIRMED`.
    async fn unconfirmed_days(&self, ctx: &Context<'_>) -> Result<u32> {
        Ok(self.summary(ctx).await?.unconfirmed)
    }

    /// The days of the month on which the client was mapped, up to today.
    #[graphql(complexity = "MONTH * child_complexity")]
    async fn days(&self, ctx: &Context<'_>) -> Result<Vec<BillingDay>> {
        Ok(shown(self.partner, &self.entries(ctx).await?))
    }
}

pub struct BillingDay {
    partner: PartnerId,
    day: evidence::Day,
}

/// The evidence of one day: what the last sync of that day, in the partner's time zone, stored of
/// the client. If no sync of the day confirmed a quantity, the last known one is carried forward,
/// and `carriedForwardSince` is the day that it is from. Nothing is computed from the client's
/// users of today. The entry of today may still change. Results of syncs are kept for 25 months,
/// unless INFIMA is configured otherwise.
#[Object]
impl BillingDay {
    /// The day, in the partner's time zone.
    async fn date(&self) -> Date {
        Date(self.day.date)
    }

    /// How the day's evidence came about.
    async fn status(&self) -> BillingDayStatus {
        self.day.status.into()
    }

    /// The Halo customer that the client was mapped to at the end of the day. Its name is that of
    /// today, and so is the subscription of the mapping: a day keeps neither.
    async fn halo_customer(&self, ctx: &Context<'_>) -> Result<HaloCustomer> {
        let association = RequestContext::of(ctx).load(ById(self.partner, self.day.mapping.association)).await?;
        association.as_ref().map(HaloCustomer::of).ok_or(Failure::NotFound)
    }

    /// The quantity in Halo at the end of the day, as Halo last confirmed it to a sync. Null if it
    /// had confirmed none.
    async fn quantity(&self) -> Option<u32> {
        self.day.quantity()
    }

    /// The time when Halo confirmed that quantity. Null if it had confirmed none.
    async fn confirmed_at(&self) -> Option<Timestamp> {
        self.day.confirmed.map(|confirmed| confirmed.at.into())
    }

    /// The earlier day on which Halo confirmed that quantity. Null if a sync of this day confirmed
    /// it.
    async fn carried_forward_since(&self) -> Option<Date> {
        self.day.carried_since.map(Date)
    }

    /// The quantity in Halo before the first sync of the day. Null if there was no sync, no
    /// subscription, or no whole number.
    async fn quantity_before(&self) -> Option<u32> {
        self.day.synced.as_ref()?.quantity_before
    }

    /// The number of syncs of the day that have a result for the client.
    async fn syncs(&self) -> u32 {
        self.day.synced.as_ref().map_or(0, |synced| synced.syncs)
    }

    /// The numbers of the client's users when the last sync of the day read them: who was counted,
    /// and who was not. Null without a sync, and for syncs that ran before INFIMA stored the
    /// numbers.
    async fn user_counts(&self) -> Option<UserCounts> {
        self.day.synced.as_ref()?.last.users.map(UserCounts::from)
    }

    /// The rule by which the users were counted. Null if `userCounts` is.
    async fn rule(&self) -> Option<BillingRule> {
        self.day.synced.as_ref()?.last.users.map(|_| BillingRule::ActiveUsersByAddress)
    }

    /// Whether a sync of the day found that the quantity had been changed in Halo since INFIMA last
    /// wrote it. Halo's own audit trail says by whom; INFIMA does not read it.
    async fn changed_in_halo(&self) -> bool {
        self.day.synced.as_ref().is_some_and(|synced| synced.changed_in_halo)
    }

    /// The problem or warning of the sync that the status is about. Null if there is none.
    async fn problem(&self) -> Option<HaloProblem> {
        self.day.problem().cloned().map(HaloProblem)
    }

    /// The sync that the status is about. Null if there was none on that day.
    async fn run(&self, ctx: &Context<'_>) -> Result<Option<HaloSyncRun>> {
        let Some(run) = self.day.run() else { return Ok(None) };
        Ok(RequestContext::of(ctx).load(ById(self.partner, run)).await?.map(HaloSyncRun::from))
    }

    /// The result of the last sync of the day that has one for the client. Null if there is none.
    async fn result(&self) -> Option<HaloSyncResult> {
        let result = self.day.synced.as_ref()?.last.clone();
        Some(HaloSyncResult { partner: self.partner, result })
    }
}

/// How the evidence of a day came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "evidence::DayStatus")]
pub enum BillingDayStatus {
    /// The last sync of the day confirmed the quantity.
    Confirmed,
    /// The last sync of the day failed: see `problem`. An earlier sync of the same day may have
    /// confirmed the quantity.
    Failed,
    /// INFIMA has suspended its writes until a user has reviewed overwritten fields: see `problem`.
    Suspended,
    /// The last sync of the day did not complete the client.
    NotCompleted,
    /// No sync of the client ended on that day: the partner's syncs were paused.
    Paused,
    /// No sync of the client ended on that day.
    NoSync,
}

/// The rules by which users are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum BillingRule {
    /// Each active user is counted; users with the same e-mail address count once. No user of an
    /// archived client is counted.
    ActiveUsersByAddress,
}
