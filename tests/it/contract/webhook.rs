//! Webhooks: registering one, exchanging its secret, and what was sent to it.

use serde_json::{Value, json};

use super::{desk::Desk, recorded::Recorded};

/// Records each operation, and what is refused. Nothing is sent.
pub async fn is_recorded(recorded: &mut Recorded, desk: &Desk) {
    let address = "https://8.8.8.8/hooks/infima";
    let kinds = json!(["SYNC_FAILED", "PROBLEM_OPENED", "PROBLEM_RESOLVED", "NIGHT_FINISHED", "EXCLUSION_ENDED"]);
    let register = |url: &str| json!({ "url": url, "eventTypes": kinds });
    desk.refused(recorded, "WEBHOOK_URL_INVALID", "RegisterWebhook", register("our hooks")).await;
    desk.record(recorded, "RegisterWebhook", json!({ "input": register(address) })).await;
    let webhooks = async || desk.ask(&desk.admin(), "Webhooks", json!({})).await["partner"]["haloWebhooks"][0].take();
    let registered = webhooks().await;
    let (id, first) = (&registered["id"], &registered["secrets"][0]["id"]);
    let of_webhook = json!({ "webhookId": id });
    let removed = json!({ "webhookId": id, "secretId": first });
    desk.refused(recorded, "LAST_WEBHOOK_SECRET", "RemoveWebhookSecret", removed.clone()).await;
    desk.record(recorded, "RotateWebhookSecret", json!({ "input": of_webhook })).await;
    desk.record(recorded, "SendTestWebhook", json!({ "input": of_webhook })).await;
    let failed = "update webhook_deliveries set attempts = 1, last_attempt_at = now(), last_status = 503,
                      last_error = 'not_accepted'";
    desk.world.change(sqlx::query(failed)).await;
    desk.record(recorded, "Webhooks", json!({})).await;
    desk.record(recorded, "WebhookDeliveries", of_webhook.clone()).await;
    let sent = desk.ask(&desk.admin(), "WebhookDeliveries", of_webhook.clone()).await;
    let delivery = json!({ "deliveryId": sent["node"]["deliveries"]["edges"][0]["node"]["id"] });
    desk.record(recorded, "ReplayWebhookDelivery", json!({ "input": delivery })).await;
    let unknown = json!({ "deliveryId": "delivery_unknown" });
    desk.refused(recorded, "WEBHOOK_DELIVERY_NOT_FOUND", "ReplayWebhookDelivery", unknown).await;

    desk.record(recorded, "RemoveWebhookSecret", json!({ "input": removed })).await;
    desk.refused(recorded, "WEBHOOK_SECRET_NOT_FOUND", "RemoveWebhookSecret", removed).await;
    let disabled: Value = json!({ "webhookId": id, "enabled": false });
    desk.record(recorded, "UpdateWebhook", json!({ "input": disabled })).await;
    desk.refused(recorded, "WEBHOOK_DISABLED", "SendTestWebhook", of_webhook.clone()).await;
    desk.record(recorded, "RemoveWebhook", json!({ "input": of_webhook })).await;
    desk.refused(recorded, "WEBHOOK_NOT_FOUND", "RemoveWebhook", of_webhook).await;
}
