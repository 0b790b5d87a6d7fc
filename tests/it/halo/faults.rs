//! Every fault of the sandbox: no error leaks a secret, and no create is repeated.

use infima_halo::halo::{CheckResult, HaloError, WriteError};
use infima_halo::ids::HaloSubscriptionId;
use infima_halo::sandbox::{Call, Fault};

use super::{CUSTOMER, HaloWorld, new, soon};

/// No error contains the secret or a token, none is a panic, and no create is sent twice, whatever
/// Halo does.
#[tokio::test]
async fn halo_fault_leaks_no_secret_and_repeats_no_create() {
    let world = HaloWorld::with(3, 2).await;
    let secret = world.tenant.client_secret();
    let clean = |error: &HaloError| {
        let text = format!("{error} {error:?} {}", error.evidence());
        assert!(!text.contains(&secret) && !text.contains("eyJ") && !text.contains('<'), "{text}");
    };
    for fault in Fault::all() {
        world.sticky(fault);
        let session = world.session();
        let id = HaloSubscriptionId(world.tenant.subscriptions()[0].id);
        let report = session.check().await;
        report.checks.iter().for_each(|check| match &check.outcome {
            CheckResult::Failed(error) | CheckResult::Unavailable(error) => clean(error),
            _ => {}
        });
        let before = world.calls(Call::Create);
        if let Err(WriteError::Refused(error) | WriteError::Doubtful(error) | WriteError::Failed { error, .. }) =
            session.create_subscription(&new(1), soon()).await
        {
            clean(&error);
        }
        session.search_customers("c", 1, 10).await.err().iter().for_each(clean);
        session.subscription(id).await.err().iter().for_each(clean);
        if let Err(WriteError::Refused(error) | WriteError::Doubtful(error)) =
            session.set_quantity(id, CUSTOMER, 4, soon()).await
        {
            clean(&error);
        }
        // One more request is the retry after a stale token was refused.
        let is_refused_at_once = matches!(fault, Fault::Unauthorized | Fault::Forbidden | Fault::EditDoesNotRead);
        // A create that is refused for want of a site is sent again with the customer's main site.
        let is_sent_with_a_site = fault == Fault::SiteRequired;
        let twice = is_refused_at_once || is_sent_with_a_site || matches!(fault, Fault::TokenDiesAfter(_));
        let most = if twice { 2 } else { 1 };
        assert!(world.calls(Call::Create) - before <= most, "{fault:?}");
        world.tenant.clear_faults();
    }
}
