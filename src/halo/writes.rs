//! The only two writes: create a subscription, and set a quantity.
//!
//! Both are `POST /SoftwareLicence` with an array of one; an `id` makes it an update, which is taken to merge (Halo's API notes,
//! section 4.5). There is no idempotency key in Halo, so a create whose outcome is unknown is never sent again from here.

use std::time::Instant;

use serde_json::json;

use super::{
    HaloError, Session, Subscription, VENDOR, WriteError, decode,
    paging::Record,
    subscriptions::{MARKER_FIELD, WireLicence},
    transport::{Area, Ask, Failure, MaxWait},
};
use crate::{
    ids::{HaloCustomerId, HaloSubscriptionId},
    net::Answer,
};

/// Tells subscriptions from plain licences (Halo's API notes, section 4.1; there is no published list of values).
const TYPE_SUBSCRIPTION: i32 = 1;

/// A subscription to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscription {
    pub customer: HaloCustomerId,
    /// At most 500 characters.
    pub name: String,
    pub quantity: u32,
    /// Finds the record again should the answer be lost.
    pub marker: String,
}

impl Session {
    /// Creates a subscription. Not sent after `deadline`, which also ends the waiting for an answer. Nothing but a token that
    /// Halo turns away at the door (and has therefore done nothing with) leads to a second sending; the error says whether
    /// Halo may have created it.
    pub async fn create_subscription(
        &self,
        new: &NewSubscription,
        deadline: Instant,
    ) -> Result<Subscription, WriteError> {
        let record = json!({
            "client_id": new.customer.0,
            "name": new.name,
            "type": TYPE_SUBSCRIPTION,
            "count": new.quantity,
            "status": "Active",
            "billing_cycle": "Monthly",
            "term_duration": "Monthly",
            "vendor": VENDOR,
            "manufacturer": VENDOR,
            MARKER_FIELD: new.marker,
        });
        let answer = self.write(record, deadline).await?;
        match decode::record::<WireLicence>(&answer.body, "created subscription") {
            Ok(Some(wire)) if wire.id() > 0 => Ok(wire.of(new.customer)),
            Ok(_) => Err(WriteError::Doubtful(HaloError::NotUnderstood("created subscription: no id".into()))),
            Err(error) => Err(WriteError::Doubtful(error)),
        }
    }

    /// Writes the quantity and nothing else. `customer` is where the record is now, as just read: another one would move it.
    ///
    /// Gives the record as Halo answered it, or `None` where the answer does not tell; then read it back. The caller compares
    /// the id, because Halo may answer an id it does not know with a new record, and the untouched fields, reading the record
    /// once more where they differ: an answer may be shorter than the record. The error says whether Halo may have written it.
    pub async fn set_quantity(
        &self,
        id: HaloSubscriptionId,
        customer: HaloCustomerId,
        quantity: u32,
        deadline: Instant,
    ) -> Result<Option<Subscription>, WriteError> {
        let record = json!({ "id": id.0, "client_id": customer.0, "count": quantity });
        let answer = self.write(record, deadline).await?;
        let wire = decode::record::<WireLicence>(&answer.body, "written subscription");
        Ok(wire.ok().flatten().map(|wire| wire.of(customer)))
    }

    async fn write(&self, record: serde_json::Value, deadline: Instant) -> Result<Answer, WriteError> {
        let ask = Ask {
            area: Area::Licences,
            path: WireLicence::PATH,
            query: &[],
            body: Some(json!([record])),
            max_wait: MaxWait::Until(deadline),
        };
        self.api(ask).await.map_err(|Failure { error, may_have_acted }| {
            if may_have_acted { WriteError::Doubtful(error) } else { WriteError::Refused(error) }
        })
    }
}
