//! Use cases of webhooks: registering and changing one, exchanging its secrets, and what workers
//! do: turning facts into deliveries, sending them, and disabling a webhook that takes none.
//!
//! A webhook's address may hold a token of the receiver's: logs and the audit log have its scheme
//! and host only.

pub mod deliver;
pub mod disable_failing;
pub mod register;
pub mod remove;
pub mod remove_secret;
pub mod replay;
pub mod report_events;
pub mod rotate_secret;
pub mod send_test;
pub mod update;

use secrecy::SecretString;
use serde_json::{Value, json};

use super::{OpError, Ops, UserError, UserErrorCode};
use crate::domain::activity::Action;
use crate::domain::webhook::{DisabledBecause, EventType, Webhook, WebhookState, origin_of};
use crate::ids::{PartnerId, WebhookId, WebhookSecretId};
use crate::seal::{Binding, draw_secret};
use crate::storage::connections::SealedSecret;
use crate::storage::{PartnerTx, deliveries, webhooks};
use crate::webhook::AddressProblem;

/// The place that a secret of a webhook is sealed for. It is sent nowhere: deliveries are signed
/// with it.
pub(in crate::ops) fn secret_binding(id: WebhookSecretId, partner: PartnerId) -> Binding<'static> {
    Binding { table: "webhook_secrets", column: "sealed_secret", row: id.0, partner, address: "" }
}

/// Reads the webhook in a transaction that has locked its partner.
async fn find(tx: &mut PartnerTx<'_>, id: Option<WebhookId>) -> Result<Webhook, OpError> {
    let id = id.ok_or_else(not_found)?;
    let scope = tx.scope();
    webhooks::find_many(tx, scope, &[id]).await?.pop().ok_or_else(not_found)
}

fn not_found() -> OpError {
    let message = "This webhook no longer exists. Load the list again.";
    OpError::refused(UserErrorCode::WebhookNotFound, &[], message)
}

/// Refuses to send anything to a disabled webhook.
fn ensure_enabled(tx: &PartnerTx<'_>, webhook: &Webhook) -> Result<(), OpError> {
    if webhook.state(tx.now()) != WebhookState::Disabled {
        return Ok(());
    }
    let message = "This webhook is disabled, so nothing is sent to it. Enable it first.";
    Err(OpError::refused(UserErrorCode::WebhookDisabled, &[], message))
}

/// Reads the kinds of event that a user chose.
fn check_event_types(chosen: &[EventType]) -> Result<Vec<EventType>, UserError> {
    let refused = |code, message| Err(UserError::new(code, &["eventTypes"], message));
    if chosen.is_empty() {
        return refused(UserErrorCode::Required, "Choose at least one kind of event.");
    }
    if chosen.contains(&EventType::Test) {
        return refused(
            UserErrorCode::Invalid,
            "A test is sent whenever you ask for one. Choose other kinds of event.",
        );
    }
    let mut event_types = chosen.to_vec();
    event_types.sort_unstable();
    event_types.dedup();
    Ok(event_types)
}

fn refused_address(problem: AddressProblem) -> UserError {
    let code = match problem {
        AddressProblem::Empty => UserErrorCode::Required,
        AddressProblem::TooLong => UserErrorCode::TooLong,
        AddressProblem::NotPublic => UserErrorCode::AddressBlocked,
        AddressProblem::NotAnAddress | AddressProblem::NotHttps | AddressProblem::UserInfo | AddressProblem::Port => {
            UserErrorCode::WebhookUrlInvalid
        }
    };
    UserError::new(code, &["url"], problem.to_string())
}

/// What the audit log says of the webhook.
fn summary(webhook: &Webhook) -> Value {
    let event_types: Vec<_> = webhook.event_types.iter().map(|kind| kind.as_str()).collect();
    json!({
        "url": origin_of(&webhook.url),
        "eventTypes": event_types.join(", "),
        "enabled": webhook.disabled.is_none(),
    })
}

/// Disables the webhook, and gives up what it still waits for. Returns whether it was enabled.
async fn disable(tx: &mut PartnerTx<'_>, id: WebhookId, url: &str, because: DisabledBecause) -> Result<bool, OpError> {
    if !webhooks::disable(tx, id, because).await? {
        return Ok(false);
    }
    let given_up = deliveries::give_up_pending(tx, id).await?;
    let because = <&str>::from(because);
    metrics::counter!("webhooks_disabled_total", "because" => because).increment(1);
    tracing::warn!(
        partner.id = %tx.scope().partner(), webhook.id = %id, receiver = origin_of(url), because, given_up,
        "webhook disabled"
    );
    Ok(true)
}

/// The same for what no user has decided, which leaves an entry in the audit log.
async fn disable_by_itself(
    tx: &mut PartnerTx<'_>,
    id: WebhookId,
    url: &str,
    because: DisabledBecause,
) -> Result<(), OpError> {
    if disable(tx, id, url, because).await? {
        let before = json!({ "url": origin_of(url), "enabled": true });
        let after = json!({ "url": origin_of(url), "enabled": false, "because": <&str>::from(because) });
        tx.record(Action::WebhookDisabled, Some(id.to_string()), Some(before), Some(after)).await?;
    }
    Ok(())
}

/// Draws a secret for the webhook and seals it. It is shown once, to the user who asked for it.
async fn add_secret(
    ops: &Ops,
    tx: &mut PartnerTx<'_>,
    webhook: WebhookId,
) -> Result<(WebhookSecretId, SecretString), OpError> {
    let (id, secret) = (WebhookSecretId::generate(), draw_secret("whsec_"));
    let sealed = ops.keys.seal(&secret, &secret_binding(id, tx.scope().partner()));
    let stored = SealedSecret { bytes: sealed.as_bytes(), key_id: sealed.key_id() };
    webhooks::add_secret(tx, webhook, id, &stored).await?;
    Ok((id, secret))
}
