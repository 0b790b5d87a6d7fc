//! Creating subscriptions, and setting their quantity.

use infima_halo::domain::guide::Permission;
use infima_halo::halo::{FieldDiff, HaloError, Quantity, QuantityChange, Subscription, VENDOR, WriteError};
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Level, Matching, Tenant};
use serde_json::json;

use super::{CUSTOMER, HaloWorld, found, levels, new, soon};

#[tokio::test]
async fn create_response_of_any_shape_is_understood() {
    for fault in [
        None,
        Some(Fault::AnswerAsArray),
        Some(Fault::AnswerOk),
        Some(Fault::AnswerWithWarning),
        Some(Fault::CountAsText),
    ] {
        let world = HaloWorld::with(1, 0).await;
        fault.into_iter().for_each(|fault| world.once(fault));
        let subscription = world.created(&world.session(), 17).await;
        assert_eq!((subscription.customer, &subscription.quantity), (CUSTOMER, &Quantity::Whole(17)), "{fault:?}");
        assert_eq!(subscription.marker.as_deref(), Some("infima:test-marker"));
        assert!(subscription.active && !subscription.deleted && subscription.is_from_our_vendor());
        let there = &world.tenant.live_subscriptions_of(41, VENDOR)[0];
        assert_eq!((there.id, there.kind, there.count), (subscription.id.0, 1, 17.0), "{fault:?}");
    }
}

#[tokio::test]
async fn refused_create_gives_reason_and_creates_nothing() {
    use Fault::*;
    let world = HaloWorld::with(1, 0).await;
    let session = world.session();
    for fault in [RefusedAsText, RefusedAsDictionary, RefusedAsError, RefusedAsMessage, RefusedAsException] {
        world.once(fault);
        let refused = session.create_subscription(&new(5), soon()).await;
        let Err(WriteError::Refused(HaloError::Rejected { reason })) = refused else {
            panic!("{fault:?}: {refused:?}")
        };
        assert!(reason.ends_with("A Contract must be selected"), "{fault:?}: {reason}");
    }
    world.once(RateLimitedSeconds(7));
    let refused = session.create_subscription(&new(5), soon()).await;
    assert!(matches!(refused, Err(WriteError::Refused(HaloError::RateLimited { .. }))), "{refused:?}");
    world.tenant.act(levels(Level::Read, Level::Read, Level::Read)).unwrap();
    let refused = session.create_subscription(&new(5), soon()).await;
    let denied = HaloError::PermissionDenied(Permission::AgentSoftwareLicencing);
    assert_eq!(refused, Err(WriteError::Refused(denied)));
    assert!(world.tenant.subscriptions().is_empty());
}

/// Any response that is not clearly success or refusal is unclear, and is never resolved by sending
/// again.
#[tokio::test]
async fn create_without_clear_answer_is_sent_once() {
    use Fault::*;
    for fault in [
        ServerErrorBefore,
        ServerErrorAfter,
        BadGateway,
        Maintenance,
        GatewayTimeoutBefore,
        GatewayTimeoutAfter,
        CutBefore,
        CutAfter,
        CutHalfway,
        HeldBefore,
        HeldAfter,
        AppearsAfterLook,
        AppearsAfterSeconds(60),
        TruncatedJson,
        HtmlOk,
        RedirectToLogin,
        RedirectElsewhere,
        WrongShape,
        DeepJson,
        HugeAnswer,
        AnswerEmpty,
        AnswerWithoutId,
    ] {
        let world = HaloWorld::with(1, 0).await;
        let session = world.session();
        session.search_customers("", 1, 1).await.unwrap();
        world.tenant.inject(fault, Matching::call(Call::Create), Lasting::Once);
        let doubtful = session.create_subscription(&new(5), soon()).await;
        let may_have_acted = match fault {
            // Halo says that it could not store the record, and may have stored it all the same.
            ServerErrorBefore | ServerErrorAfter => matches!(doubtful, Err(WriteError::Failed { .. })),
            _ => matches!(doubtful, Err(WriteError::Doubtful(_))),
        };
        assert!(may_have_acted, "{fault:?}: {doubtful:?}");
        world.tenant.clear_faults();
        let arrived = |tenant: &Tenant| tenant.journal().iter().filter(|entry| entry.call == Call::Create).count();
        world.tenant.until(|tenant| arrived(tenant) == 1).await;
        assert_eq!(arrived(&world.tenant), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn set_quantity_writes_only_the_quantity() {
    use Fault::*;
    let world = HaloWorld::with(1, 0).await;
    let session = world.session();
    let id = world.created(&session, 5).await.id;
    world.tenant.act(Act::RenameSubscription { id: id.0, name: "Schulung".into() }).unwrap();
    world.tenant.act(Act::RepriceSubscription { id: id.0, price: 2.5, cost: 1.25 }).unwrap();
    world.tenant.act(Act::EditNotes { id: id.0, notes: "agreed in May".into() }).unwrap();
    let before = found(session.subscription(id).await.unwrap());

    for (quantity, fault) in
        [(6, None), (7, Some(AnswerAsArray)), (8, Some(AnswerOk)), (9, Some(AnswerEmpty)), (10, Some(HtmlOk))]
    {
        fault.into_iter().for_each(|fault| world.tenant.inject(fault, Matching::call(Call::Update), Lasting::Once));
        let answered = session.set_quantity(id, CUSTOMER, quantity, soon()).await.unwrap();
        assert_eq!(answered.is_some(), !matches!(fault, Some(AnswerEmpty | HtmlOk)), "{fault:?}");
        if let Some(after) = answered {
            assert_eq!((after.id, after.quantity.whole()), (id, Some(quantity)));
            assert_eq!(diff(&before, &after), FieldDiff::Unchanged);
        }
    }
    let sent: Vec<_> =
        world.tenant.journal().into_iter().filter(|entry| entry.call == Call::Update).map(|entry| entry.sent).collect();
    assert_eq!(sent[0], json!([{ "id": id.0, "client_id": 41, "count": 6 }]));

    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let replaced = [
        "price",
        "cost",
        "billing cycle",
        "term duration",
        "start date",
        "status",
        "name",
        "notes",
        "vendor",
        "manufacturer",
        "product sku",
        "type",
    ];
    for (fault, expected) in [
        (PartnerEditsMeanwhile, FieldDiff::Edited(names(&["price", "name"]))),
        (ReplacesOnUpdate, FieldDiff::Overwritten(names(&replaced))),
    ] {
        world.once(fault);
        let after = session.set_quantity(id, CUSTOMER, 11, soon()).await.unwrap().unwrap();
        assert_eq!(diff(&before, &after), expected, "{fault:?}");
    }
}

fn diff(before: &Subscription, after: &Subscription) -> FieldDiff {
    let quantity = QuantityChange { from: before.quantity.whole(), to: after.quantity.whole().expect("it is whole") };
    let (before, after) = (before.fields.as_ref(), after.fields.as_ref());
    before.expect("it was read singly").diff(after.expect("the answer shows the record"), quantity)
}

#[tokio::test]
async fn refused_quantity_gives_reason() {
    use Fault::*;
    let world = HaloWorld::with(1, 0).await;
    let session = world.session();
    let id = world.created(&session, 5).await.id;
    world.once(ZeroRefused);
    let refused = session.set_quantity(id, CUSTOMER, 0, soon()).await;
    assert!(
        matches!(&refused, Err(WriteError::Refused(HaloError::Rejected { reason })) if reason.contains("greater than 0")),
        "{refused:?}"
    );
    world.tenant.act(Act::DeleteSubscription { id: id.0 }).unwrap();
    let refused = session.set_quantity(id, CUSTOMER, 6, soon()).await;
    assert_eq!(refused, Err(WriteError::Refused(HaloError::NotFound)));
}
