//! The only two writes: create a subscription, and set a quantity.
//!
//! Both are `POST /SoftwareLicence` with an array of one; an `id` makes it an update, which is
//! taken to merge (docs/halo-api.md, section 4.5). Halo has no idempotency key, so a create with an
//! unknown outcome is never sent again by this module.

use std::time::Instant;

use serde_json::{Value, json};

use super::{
    HaloError, Session, Subscription, VENDOR, WriteError,
    customers::WireClient,
    decode,
    lookup::whole_record,
    paging::ListedRecord,
    subscriptions::{MARKER_FIELD, WireLicence},
    transport::{ApiRequest, Area, Failure, MaxWait},
};
use crate::{
    ids::{HaloCustomerId, HaloSubscriptionId},
    net::{Answer, AnswerLimits},
};

/// The type that distinguishes subscriptions from plain licences (docs/halo-api.md, section 4.1;
/// Halo publishes no list of values).
const TYPE_SUBSCRIPTION: i32 = 1;

/// A subscription to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscription {
    pub customer: HaloCustomerId,
    /// At most 500 characters.
    pub name: String,
    pub quantity: u32,
    /// The marker that finds the record again if the answer is lost.
    pub marker: String,
    /// Send the customer's main site with the record, because Halo could not store it without one.
    pub with_site: bool,
}

/// Returns whether a reason of Halo's says that a record needs a site.
pub fn asks_for_site(reason: &str) -> bool {
    reason.to_lowercase().contains("site")
}

impl NewSubscription {
    /// Returns the record as it is sent to Halo.
    pub(super) fn record(&self) -> Value {
        json!({
            "client_id": self.customer.0,
            "name": self.name,
            "type": TYPE_SUBSCRIPTION,
            "count": self.quantity,
            "status": "Active",
            "billing_cycle": "Monthly",
            "term_duration": "Monthly",
            "vendor": VENDOR,
            "manufacturer": VENDOR,
            MARKER_FIELD: self.marker,
        })
    }
}

impl Session {
    /// Creates a subscription. The request is not sent after `deadline`, and its answer is not
    /// awaited any longer. It is sent a second time only if Halo has clearly done nothing: if it
    /// refused the token, or the record for want of a site, which is then the customer's main site.
    /// The error says whether Halo may have created it.
    pub async fn create_subscription(
        &self,
        new: &NewSubscription,
        deadline: Instant,
    ) -> Result<Subscription, WriteError> {
        let site = if new.with_site { self.main_site(new.customer, deadline).await? } else { None };
        match self.create(new, site, deadline).await {
            Err(WriteError::Refused(HaloError::Rejected { reason })) if site.is_none() && asks_for_site(&reason) => {
                match self.main_site(new.customer, deadline).await? {
                    Some(site) => self.create(new, Some(site), deadline).await,
                    None => Err(WriteError::Refused(HaloError::Rejected { reason })),
                }
            }
            result => result,
        }
    }

    async fn create(
        &self,
        new: &NewSubscription,
        site: Option<i32>,
        deadline: Instant,
    ) -> Result<Subscription, WriteError> {
        let mut record = new.record();
        if let Some(site) = site {
            record["site_id"] = json!(site);
        }
        let answer = self.write(record, deadline).await?;
        match decode::answer(answer, "created subscription", decode::record::<WireLicence>).await {
            Ok(Some(wire)) if wire.id() > 0 => Ok(wire.of(new.customer)),
            Ok(_) => Err(WriteError::Doubtful(HaloError::NotUnderstood("created subscription: no id".into()))),
            Err(error) => Err(WriteError::Doubtful(error)),
        }
    }

    /// Writes the quantity and nothing else. `customer` has the record now, as just read: another
    /// customer would move it.
    ///
    /// Returns the record as Halo answered it, or `None` if the answer does not show it; the caller
    /// then reads it. The caller compares the id, because Halo may answer an unknown id with a new
    /// record, and the preserved fields, and reads the record where they differ: an answer may
    /// leave members out. The error says whether Halo may have written the quantity.
    pub async fn set_quantity(
        &self,
        id: HaloSubscriptionId,
        customer: HaloCustomerId,
        quantity: u32,
        deadline: Instant,
    ) -> Result<Option<Subscription>, WriteError> {
        let record = json!({ "id": id.0, "client_id": customer.0, "count": quantity });
        let answer = self.write(record, deadline).await?;
        let wire = decode::answer(answer, "written subscription", whole_record::<WireLicence>).await;
        Ok(wire.ok().flatten().map(|wire| wire.of(customer)))
    }

    /// Returns the customer's main site, if Halo shows one.
    async fn main_site(&self, customer: HaloCustomerId, deadline: Instant) -> Result<Option<i32>, WriteError> {
        let found = self.single::<WireClient>(customer.0, MaxWait::Until(deadline)).await;
        Ok(found.map_err(WriteError::Refused)?.and_then(|client| client.main_site()))
    }

    async fn write(&self, record: Value, deadline: Instant) -> Result<Answer, WriteError> {
        let request = ApiRequest {
            area: Area::Licences,
            path: WireLicence::PATH,
            query: &[],
            body: Some(json!([record])),
            max_wait: MaxWait::Until(deadline),
            limits: AnswerLimits::RECORD,
        };
        self.api(request).await.map_err(|Failure { error, may_have_acted, reason }| match reason {
            Some(reason) if may_have_acted => WriteError::Failed { reason, error },
            _ if may_have_acted => WriteError::Doubtful(error),
            _ => WriteError::Refused(error),
        })
    }
}
