//! Which subscriptions a recurring invoice bills. Invoices are only read: a write would have to
//! carry every line or lose the rest (docs/halo-api.md, section 6).

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use serde::Deserialize;

use super::{
    HaloError, Session, decode,
    paging::{EndProof, ListedRecord},
    subscriptions::VENDOR,
    token::OAuthScope,
    transport::{Area, MaxWait},
};
use crate::domain::guide::Permission;
use crate::ids::{HaloCustomerId, HaloInvoiceId, HaloSubscriptionId};

/// The most invoices that are read one by one, where Halo lists them without their lines.
const MAX_SINGLE_READS: usize = 50;
/// The invoices that are read one by one where a list shows lines and no subscription in any of
/// them. If these show none either, the list is believed.
const MAX_SAMPLES: usize = 3;
/// The most invoices without lines, or with lines that show no subscription, that are kept until
/// then.
const MAX_UNREAD: usize = 2_000;

/// What recurring invoices say of one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecurringBilling {
    /// A line that bills takes its quantity from the subscription.
    Billed,
    /// No line bills the subscription, and every invoice was read.
    NotBilled(Option<NotBilledReason>),
    /// Not every invoice was shown with its lines.
    Unknown,
}

/// What recurring invoices say of one subscription, and which invoice says it: the first one that
/// bills the subscription, else the first one that lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvoicedSubscription {
    pub billing: RecurringBilling,
    pub invoice: Option<HaloInvoiceId>,
}

/// What all invoices say of subscriptions, and customers that are billed a fixed quantity.
pub type AllBilling = (BTreeMap<HaloSubscriptionId, InvoicedSubscription>, BTreeMap<HaloCustomerId, HaloInvoiceId>);

/// Why a line that names a subscription does not bill it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotBilledReason {
    InvoiceDisabled,
    InvoiceEnded,
    InvoiceNotStarted,
    LineInactive,
    LineEnded,
    LineNotStarted,
}

#[derive(Deserialize)]
pub(super) struct WireInvoice {
    /// Negative for recurring invoices.
    #[serde(deserialize_with = "decode::id")]
    id: i32,
    #[serde(default, deserialize_with = "decode::maybe_id")]
    client_id: Option<i32>,
    #[serde(default, deserialize_with = "decode::flag")]
    disabled: Option<bool>,
    #[serde(default, deserialize_with = "decode::date")]
    startdate: Option<NaiveDate>,
    #[serde(default, deserialize_with = "decode::date")]
    enddate: Option<NaiveDate>,
    lines: Option<Vec<WireLine>>,
}

#[derive(Deserialize)]
struct WireLine {
    #[serde(default, deserialize_with = "decode::flag")]
    isinactive: Option<bool>,
    #[serde(default, deserialize_with = "decode::date")]
    startdate: Option<NaiveDate>,
    #[serde(default, deserialize_with = "decode::date")]
    enddate: Option<NaiveDate>,
    #[serde(default, deserialize_with = "decode::text")]
    item_shortdescription: Option<String>,
    quantity_subscriptions: Option<Vec<WireQuantity>>,
    quantity_licences: Option<Vec<WireQuantity>>,
}

#[derive(Deserialize)]
struct WireQuantity {
    #[serde(default, deserialize_with = "decode::maybe_id")]
    licence_id: Option<i32>,
}

impl ListedRecord for WireInvoice {
    const PATH: &'static str = "/RecurringInvoice";
    const AREA: Area = Area::Invoices;
    const ALL: &'static [(&'static str, &'static str)] = &[("includelines", "true")];

    fn id(&self) -> i32 {
        self.id
    }
}

/// What has been read so far of the subscriptions in question.
struct Findings<'a> {
    wanted: &'a BTreeMap<HaloSubscriptionId, HaloCustomerId>,
    today: NaiveDate,
    billed: BTreeMap<HaloSubscriptionId, HaloInvoiceId>,
    reasons: BTreeMap<HaloSubscriptionId, (NotBilledReason, HaloInvoiceId)>,
    /// Customers of these subscriptions whose invoices have a line for us with a fixed quantity.
    fixed: BTreeMap<HaloCustomerId, HaloInvoiceId>,
    /// Whether all invoices are read, also if every subscription is found before.
    to_the_end: bool,
}

impl WireLine {
    /// Whether the line is for a product of ours, and shows that no subscription sets its quantity.
    fn is_fixed(&self) -> bool {
        let names_us = self.item_shortdescription.as_ref().is_some_and(|text| text.to_uppercase().contains(VENDOR));
        let is_empty = |quantities: &Option<Vec<WireQuantity>>| quantities.as_ref().is_some_and(Vec::is_empty);
        names_us && is_empty(&self.quantity_subscriptions) && self.quantity_licences.as_ref().is_none_or(Vec::is_empty)
    }
}

impl Findings<'_> {
    fn add(&mut self, invoice: &WireInvoice) {
        let head = match invoice {
            invoice if invoice.disabled.unwrap_or(false) => Some(NotBilledReason::InvoiceDisabled),
            invoice if is_over(invoice.enddate, self.today) => Some(NotBilledReason::InvoiceEnded),
            invoice if is_to_come(invoice.startdate, self.today) => Some(NotBilledReason::InvoiceNotStarted),
            _ => None,
        };
        for line in invoice.lines.iter().flatten() {
            let reason = head.or_else(|| match line {
                line if line.isinactive.unwrap_or(false) => Some(NotBilledReason::LineInactive),
                line if is_over(line.enddate, self.today) => Some(NotBilledReason::LineEnded),
                line if is_to_come(line.startdate, self.today) => Some(NotBilledReason::LineNotStarted),
                _ => None,
            });
            if reason.is_none()
                && line.is_fixed()
                && let Some(customer) = invoice.client_id.map(HaloCustomerId)
                && self.wanted.values().any(|wanted| *wanted == customer)
            {
                self.fixed.entry(customer).or_insert(HaloInvoiceId(invoice.id));
            }
            let quantities = line.quantity_subscriptions.iter().chain(&line.quantity_licences).flatten();
            for id in quantities.filter_map(|quantity| quantity.licence_id).map(HaloSubscriptionId) {
                match reason {
                    _ if !self.wanted.contains_key(&id) => {}
                    None => drop(self.billed.entry(id).or_insert(HaloInvoiceId(invoice.id))),
                    Some(reason) => drop(self.reasons.entry(id).or_insert((reason, HaloInvoiceId(invoice.id)))),
                }
            }
        }
    }

    /// Returns whether any line of the invoice shows where its quantity comes from.
    fn shows_links(invoice: &WireInvoice) -> bool {
        let quantities =
            invoice.lines.iter().flatten().flat_map(|line| [&line.quantity_subscriptions, &line.quantity_licences]);
        quantities.flatten().any(|quantities| !quantities.is_empty())
    }

    fn are_complete(&self) -> bool {
        !self.to_the_end && self.billed.len() == self.wanted.len()
    }

    fn belongs_to_open(&self, invoice: &WireInvoice) -> bool {
        let open = self.wanted.iter().filter(|(id, _)| !self.billed.contains_key(id));
        open.into_iter().any(|(_, customer)| Some(customer.0) == invoice.client_id)
    }
}

/// A day has come when it has come anywhere.
fn is_to_come(start: Option<NaiveDate>, today: NaiveDate) -> bool {
    start.is_some_and(|start| start > today + Days::new(1))
}

/// Halo's dates have no time zone, so a day is over when it is over everywhere. A date of 1900 or
/// 1901 means that there is none.
fn is_over(end: Option<NaiveDate>, today: NaiveDate) -> bool {
    end.is_some_and(|end| end.year() > 1901 && end + Days::new(1) < today)
}

impl Session {
    /// Reads whether recurring invoices bill these subscriptions, given with their customers. It
    /// stops as soon as all of them are found.
    ///
    /// A Halo that lists invoices without their lines, or lines without what they bill, is asked
    /// for single invoices, up to [`MAX_SINGLE_READS`] and as far as the budget reaches; what
    /// remains is [`RecurringBilling::Unknown`]. [`HaloError::PermissionDenied`] is a normal
    /// answer: the guide's agent has no Invoices level.
    pub async fn recurring_billing(
        &self,
        wanted: &BTreeMap<HaloSubscriptionId, HaloCustomerId>,
    ) -> Result<BTreeMap<HaloSubscriptionId, InvoicedSubscription>, HaloError> {
        Ok(self.read_invoices(wanted, false).await?.0)
    }

    /// Reads the same from all invoices, and which of the customers are billed a fixed quantity for
    /// a product of ours, each with one such invoice.
    pub async fn billing_of_all(
        &self,
        wanted: &BTreeMap<HaloSubscriptionId, HaloCustomerId>,
    ) -> Result<AllBilling, HaloError> {
        self.read_invoices(wanted, true).await
    }

    async fn read_invoices(
        &self,
        wanted: &BTreeMap<HaloSubscriptionId, HaloCustomerId>,
        to_the_end: bool,
    ) -> Result<AllBilling, HaloError> {
        if !self.token(None).await?.grants(OAuthScope::ReadInvoices) {
            return Err(HaloError::PermissionDenied(Permission::ReadInvoices));
        }
        let now: DateTime<Utc> = self.halo.clock.now();
        let mut findings = Findings {
            wanted,
            today: now.date_naive(),
            billed: BTreeMap::new(),
            reasons: BTreeMap::new(),
            fixed: BTreeMap::new(),
            to_the_end,
        };
        let (mut without_lines, mut without_links) = (Vec::new(), Vec::new());
        let (mut lists_lines, mut lists_links, mut left_out) = (false, false, false);
        let mut pages = self.pages::<WireInvoice>(Vec::new(), EndProof::SmallFirstPage);
        while !findings.are_complete()
            && let Some(invoices) = pages.next().await?
        {
            for invoice in invoices {
                findings.add(&invoice);
                let kept = if invoice.lines.as_ref().is_none_or(Vec::is_empty) {
                    &mut without_lines
                } else if Findings::shows_links(&invoice) {
                    (lists_lines, lists_links) = (true, true);
                    continue;
                } else {
                    lists_lines = true;
                    &mut without_links
                };
                if kept.len() < MAX_UNREAD {
                    kept.push(invoice);
                } else {
                    left_out = true;
                }
            }
        }
        // An empty list of lines is believed where the same list shows other invoices' lines.
        without_lines.retain(|invoice| invoice.lines.is_none() || !lists_lines);
        if !lists_links {
            without_links.sort_by_key(|invoice| !findings.belongs_to_open(invoice));
            if self.hides_links(&without_links, &mut findings).await {
                without_lines.extend(without_links);
            }
        }
        without_lines.sort_by_key(|invoice| !findings.belongs_to_open(invoice));
        let mut all_read = !left_out && !pages.leaves_rows_out() && !pages.shrank();
        for (read, invoice) in without_lines.iter().enumerate() {
            if findings.are_complete() {
                break;
            }
            let single = if read < MAX_SINGLE_READS {
                self.single::<WireInvoice>(invoice.id, MaxWait::Default).await
            } else {
                Ok(None)
            };
            match single {
                Ok(Some(invoice)) if invoice.lines.is_some() => findings.add(&invoice),
                Ok(_) => all_read = false,
                Err(error) => {
                    tracing::info!(evidence = error.evidence(), "an invoice's lines could not be read");
                    all_read = false;
                    break;
                }
            }
        }
        let invoiced = |id: &HaloSubscriptionId| {
            let (billing, invoice) = match (findings.billed.get(id), findings.reasons.get(id), all_read) {
                (Some(invoice), _, _) => (RecurringBilling::Billed, Some(*invoice)),
                (None, Some((reason, invoice)), true) => (RecurringBilling::NotBilled(Some(*reason)), Some(*invoice)),
                (None, None, true) => (RecurringBilling::NotBilled(None), None),
                (None, _, false) => (RecurringBilling::Unknown, None),
            };
            InvoicedSubscription { billing, invoice }
        };
        Ok((wanted.keys().map(|id| (*id, invoiced(id))).collect(), findings.fixed))
    }

    /// Returns whether the list hides what its lines bill: a few of these invoices are read one by
    /// one, and shown to the findings. Lines of fixed quantities bill no subscription, so that most
    /// such lists are right.
    async fn hides_links(&self, listed: &[WireInvoice], findings: &mut Findings<'_>) -> bool {
        for invoice in listed.iter().take(MAX_SAMPLES) {
            if findings.are_complete() || !findings.belongs_to_open(invoice) {
                break;
            }
            match self.single::<WireInvoice>(invoice.id, MaxWait::Default).await {
                Ok(Some(invoice)) if Findings::shows_links(&invoice) => {
                    findings.add(&invoice);
                    return true;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::info!(evidence = error.evidence(), "an invoice's lines could not be read");
                    return true;
                }
            }
        }
        false
    }
}
