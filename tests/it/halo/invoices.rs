//! What recurring invoices bill.

use infima_halo::domain::guide::Permission;
use infima_halo::halo::{HaloError, NotBilledReason, RecurringBilling};
use infima_halo::ids::{HaloCustomerId, HaloInvoiceId, HaloSubscriptionId};
use infima_halo::sandbox::{Act, Call, CustomerSeed, Fault, Lasting, Level, Matching, SubscriptionSeed, TenantSeed};
use std::collections::BTreeMap;

use super::{CUSTOMER, HaloWorld, levels};

/// Halo's answers for one subscription of customer 41, which is on an invoice.
async fn world_with_invoice() -> (HaloWorld, HaloSubscriptionId) {
    let world = HaloWorld::with(1, 0).await;
    let id = world.created(&world.session(), 5).await.id;
    world.tenant.act(Act::PutOnInvoice { id: id.0 }).unwrap();
    (world, id)
}

async fn billing(world: &HaloWorld, id: HaloSubscriptionId) -> RecurringBilling {
    let found = world.session().recurring_billing(&[(id, CUSTOMER)].into()).await.unwrap()[&id];
    let lists = matches!(found.billing, RecurringBilling::Billed | RecurringBilling::NotBilled(Some(_)));
    let invoice = world.tenant.invoices().into_iter().next().map(|invoice| HaloInvoiceId(invoice.id));
    assert_eq!(found.invoice, invoice.filter(|_| lists), "{found:?}");
    found.billing
}

#[tokio::test]
async fn subscription_is_billed_only_by_an_invoice_line_that_bills() {
    let (world, id) = world_with_invoice().await;
    let not_billed = |reason| RecurringBilling::NotBilled(Some(reason));
    let (past, today) = ("2026-10-31T00:00:00", "2026-11-24T00:00:00");
    let (future, none) = ("2031-01-01T00:00:00", "1901-01-01T00:00:00");
    let date = |date: &str| date.to_owned();
    for (act, undo, expected) in [
        (
            Act::SetInvoiceDisabled { id: id.0, disabled: true },
            Act::SetInvoiceDisabled { id: id.0, disabled: false },
            not_billed(NotBilledReason::InvoiceDisabled),
        ),
        (
            Act::EndInvoice { id: id.0, date: date(past) },
            Act::EndInvoice { id: id.0, date: date(none) },
            not_billed(NotBilledReason::InvoiceEnded),
        ),
        (
            Act::SetInvoiceLineInactive { id: id.0, inactive: true },
            Act::SetInvoiceLineInactive { id: id.0, inactive: false },
            not_billed(NotBilledReason::LineInactive),
        ),
        (
            Act::EndInvoiceLine { id: id.0, date: date(past) },
            Act::EndInvoiceLine { id: id.0, date: date(none) },
            not_billed(NotBilledReason::LineEnded),
        ),
        (
            Act::StartInvoice { id: id.0, date: date(future) },
            Act::StartInvoice { id: id.0, date: date(today) },
            not_billed(NotBilledReason::InvoiceNotStarted),
        ),
        (
            Act::StartInvoiceLine { id: id.0, date: date(future) },
            Act::StartInvoiceLine { id: id.0, date: date(none) },
            not_billed(NotBilledReason::LineNotStarted),
        ),
        (
            Act::EndInvoice { id: id.0, date: date(today) },
            Act::EndInvoice { id: id.0, date: date(future) },
            RecurringBilling::Billed,
        ),
    ] {
        world.tenant.act(act.clone()).unwrap();
        assert_eq!(billing(&world, id).await, expected, "{act:?}");
        world.tenant.act(undo).unwrap();
        assert_eq!(billing(&world, id).await, RecurringBilling::Billed, "after {act:?}");
    }
    world.tenant.act(Act::TakeOffInvoices { id: id.0 }).unwrap();
    assert_eq!(billing(&world, id).await, RecurringBilling::NotBilled(None));

    world.tenant.act(levels(Level::Read, Level::Modify, Level::None)).unwrap();
    let denied = world.session().recurring_billing(&[(id, CUSTOMER)].into()).await;
    assert_eq!(denied, Err(HaloError::PermissionDenied(Permission::AgentInvoices)));
}

#[tokio::test]
async fn invoices_listed_without_lines_are_read_singly() {
    for fault in [Fault::InvoiceLinesEmpty, Fault::InvoiceLinesLeftOut] {
        let (world, id) = world_with_invoice().await;
        world.sticky(fault);
        assert_eq!(billing(&world, id).await, RecurringBilling::Billed, "{fault:?}");
        world.tenant.act(Act::TakeOffInvoices { id: id.0 }).unwrap();
        assert_eq!(billing(&world, id).await, RecurringBilling::NotBilled(None), "{fault:?}");
        // Where a single read fails, nothing is claimed.
        world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::InvoiceSingle), Lasting::Sticky);
        assert_eq!(billing(&world, id).await, RecurringBilling::Unknown, "{fault:?}");
    }
}

#[tokio::test]
async fn invoice_lines_listed_without_their_subscriptions_are_read_singly() {
    let (world, id) = world_with_invoice().await;
    world.sticky(Fault::InvoiceLinksLeftOut);
    assert_eq!(billing(&world, id).await, RecurringBilling::Billed);
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::InvoiceSingle), Lasting::Sticky);
    assert_eq!(billing(&world, id).await, RecurringBilling::Unknown);
}

/// Sixty customers are billed fixed quantities: a few invoices show that the list is right.
#[tokio::test]
async fn invoice_lines_of_fixed_quantities_cost_few_requests() {
    let customers = (0..60).map(|n| {
        let other = SubscriptionSeed::new("Backup", "Datto", 3, 9.0, 5.0);
        CustomerSeed::named(format!("Customer {n:03}")).with([other]).invoiced()
    });
    let world = HaloWorld::of(TenantSeed { customers: customers.collect(), ..TenantSeed::empty("acme") }).await;
    let own: BTreeMap<_, _> = world
        .tenant
        .subscriptions()
        .iter()
        .map(|it| (HaloSubscriptionId(it.id), HaloCustomerId(it.client_id)))
        .collect();
    for id in own.keys() {
        world.tenant.act(Act::BillFixedQuantity { id: id.0 }).unwrap();
    }
    let session = world.session();
    session.tenant().await.unwrap();
    let (found, requests) = world.requests(session.recurring_billing(&own)).await;
    assert!(found.unwrap().values().all(|found| found.billing == RecurringBilling::NotBilled(None)));
    assert_eq!(requests, 6, "a token, a page, its proof, and three invoices");
}

#[tokio::test]
async fn single_reads_of_invoices_are_bounded_and_begin_with_the_own_customers() {
    let customers = (0..60).map(|n| {
        let other = SubscriptionSeed::new("Backup", "Datto", 3, 9.0, 5.0);
        CustomerSeed::named(format!("Customer {n:03}")).with([other]).invoiced()
    });
    let world = HaloWorld::of(TenantSeed { customers: customers.collect(), ..TenantSeed::empty("acme") }).await;
    let last = world.tenant.subscriptions().pop().unwrap();
    world.sticky(Fault::InvoiceLinesEmpty);
    let session = world.session();
    session.tenant().await.unwrap();
    let own = [(HaloSubscriptionId(last.id), HaloCustomerId(last.client_id))].into();
    let (found, requests) = world.requests(session.recurring_billing(&own)).await;
    assert_eq!(found.unwrap()[&HaloSubscriptionId(last.id)].billing, RecurringBilling::Billed);
    assert_eq!(requests, 4, "a token, a page, its proof, and the invoice of the customer");
    let absent = [(HaloSubscriptionId(1), HaloCustomerId(41))].into();
    let (found, requests) = world.requests(session.recurring_billing(&absent)).await;
    assert_eq!(found.unwrap()[&HaloSubscriptionId(1)].billing, RecurringBilling::Unknown);
    assert!(requests <= 52, "{requests} requests");
}

#[tokio::test]
async fn invoices_are_read_only_until_every_subscription_is_found() {
    let (world, id) = world_with_invoice().await;
    let session = world.session();
    session.subscription(id).await.unwrap();
    let (found, requests) = world.requests(session.recurring_billing(&[(id, CUSTOMER)].into())).await;
    assert_eq!((found.unwrap()[&id].billing, requests), (RecurringBilling::Billed, 1));
    let (found, requests) = world.requests(session.recurring_billing(&BTreeMap::new())).await;
    assert_eq!((found.unwrap().len(), requests), (0, 0));
}
