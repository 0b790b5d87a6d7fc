//! Webhooks: what they are notified of, by a real receiver that checks signatures, and what becomes
//! of a receiver that fails.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use infima_halo::app::App;
use infima_halo::auth::Role;
use infima_halo::domain::run::RunState;
use infima_halo::domain::webhook::DeliveryError;
use infima_halo::ids::WebhookDeliveryId;
use infima_halo::ops::admin::housekeeping::{self, Job};
use infima_halo::ops::admin::keys::rotate_keys;
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::ops::webhook::deliver::{Attempt, deliver};
use infima_halo::ops::webhook::disable_failing::disable_failing;
use infima_halo::ops::webhook::report_events::report_events;
use infima_halo::sandbox::Act;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::graphql::Api;
use crate::support::receiver::{Answer, Received, Receiver};
use crate::support::statements::Statements;
use crate::support::until;
use crate::support::worker::Worker;
use crate::support::world::{PARTNER, World};
use crate::support::world_builder::WorldBuilder;

const ANY_PORT: (&str, &str) = ("INFIMA_HALO_DEVELOPMENT_ADDRESSES", "127.0.0.1:*");
const ALL: &str = "[SYNC_FAILED, PROBLEM_OPENED, PROBLEM_RESOLVED, NIGHT_FINISHED, EXCLUSION_ENDED]";
const WEBHOOKS: &str = "{ partner { haloWebhooks {
    id url state failingSince willBeDisabledAt disabledBecause secrets { id }
    deliveries { totalCount nodes {
        id eventType state attempts lastAttemptAt lastStatus lastError lastErrorMessage nextAttemptAt payload } } } } }";

/// A partner with a webhook.
struct Hooked {
    api: Api,
    receiver: Receiver,
    id: String,
    secret: String,
}

impl Hooked {
    /// A partner without clients, by a clock that the test moves.
    async fn start() -> Self {
        Self::over(World::builder()).await
    }

    async fn over(builder: WorldBuilder) -> Self {
        let api = Api::over(builder.set(ANY_PORT.0, ANY_PORT.1).build().await);
        let receiver = Receiver::start().await;
        let registered = register(&api, &receiver.url(), ALL).await;
        let text = |field: &Value| field.as_str().unwrap_or_else(|| panic!("{registered}")).to_owned();
        let (id, secret) = (text(&registered["webhook"]["id"]), text(&registered["secret"]));
        Self { api, receiver, id, secret }
    }

    fn world(&self) -> &World {
        &self.api.world
    }

    /// The answer of a mutation whose input has the webhook's id.
    async fn mutate(&self, mutation: &str, input: &str, selection: &str) -> Value {
        self.mutate_of(&self.id, mutation, input, selection).await
    }

    async fn mutate_of(&self, id: &str, mutation: &str, input: &str, selection: &str) -> Value {
        let document = format!(
            "mutation {{ {mutation}(input: {{ webhookId: \"{id}\" {input} }}) {{ {selection} userErrors {{ code field }} }} }}"
        );
        self.api.data(&self.world().admin().await, &document, json!({})).await[mutation].take()
    }

    async fn update(&self, input: &str) -> Value {
        self.mutate("updateHaloWebhook", input, "webhook { state }").await
    }

    /// Has a test sent, and returns its delivery.
    async fn test(&self) -> WebhookDeliveryId {
        self.test_of(&self.id).await
    }

    async fn test_of(&self, id: &str) -> WebhookDeliveryId {
        let sent = self.mutate_of(id, "sendTestHaloWebhook", "", "delivery { id }").await;
        sent["delivery"]["id"].as_str().unwrap_or_else(|| panic!("{sent}")).parse().unwrap()
    }

    async fn replay(&self, delivery: WebhookDeliveryId) -> Value {
        let document = format!(
            "mutation {{ replayHaloWebhookDelivery(input: {{ deliveryId: \"{delivery}\" }}) {{
                delivery {{ id state attempts }} userErrors {{ code }} }} }}"
        );
        let admin = self.world().admin().await;
        self.api.data(&admin, &document, json!({})).await["replayHaloWebhookDelivery"].take()
    }

    async fn deliver(&self, delivery: WebhookDeliveryId) -> Attempt {
        deliver(self.world().ops(), delivery).await.unwrap()
    }

    /// The webhook as its partner's administrator sees it.
    async fn shown(&self) -> Value {
        self.api.data(&self.world().admin().await, WEBHOOKS, json!({})).await["partner"]["haloWebhooks"][0].take()
    }

    fn later(&self, by: TimeDelta) {
        self.world().clock.advance(by);
    }
}

async fn register(api: &Api, url: &str, event_types: &str) -> Value {
    let document = format!(
        "mutation {{ registerHaloWebhook(input: {{ url: \"{url}\", eventTypes: {event_types} }}) {{
            webhook {{ id state }} secret userErrors {{ code field message }} }} }}"
    );
    api.data(&api.world.admin().await, &document, json!({})).await["registerHaloWebhook"].take()
}

/// The jobs of deliveries that wait.
async fn jobs(world: &World) -> i64 {
    world.value("select count(*) from apalis.jobs where job_type = 'webhook.delivery' and status = 'Pending'").await
}

fn failed(error: DeliveryError) -> Attempt {
    Attempt::Failed(error)
}

/// The data of the only event of a kind.
fn data(events: &[Received], kind: &str) -> Value {
    let mut found = events.iter().map(Received::json).filter(|event| event["type"] == kind);
    let event = found.next().unwrap_or_else(|| panic!("there is no {kind} in {events:?}"));
    assert!(found.next().is_none(), "there is one {kind}");
    event["data"].clone()
}

/// By the worker as production runs it, from the facts of real syncs to signed requests.
#[tokio::test]
async fn webhook_is_notified_of_each_kind_of_event_without_names() {
    let clients = [("Alder", 3), ("Birch", 2), ("Cedar", 1)];
    let builder = World::builder().clients(&clients).for_processes().only(&["Alder", "Birch"]).synced();
    let hooked = Hooked::over(builder).await;
    let (world, ops, admin) = (hooked.world(), hooked.world().ops(), hooked.world().admin().await);
    assert_eq!(report_events(ops).await.unwrap(), 0, "what was before it existed is not reported");

    world.tenant.act(Act::RotateSecret).unwrap();
    let failed = world.sync().await;
    assert_eq!(failed.state, RunState::Failed);
    world.tenant.act(Act::RestoreAccess).unwrap();
    world.connect().await;
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    world.set_users("Alder", 4).await;
    let night = enqueue_nightly_syncs(ops, Selection::Today).await.unwrap()[0].1;
    world.work(night).await;
    let cedar = world.client("Cedar").await.to_string();
    let exclude = format!(
        "mutation {{ excludeHaloClients(input: {{ clientIds: [\"{cedar}\"], reason: \"a trial\", reviewOn: \"{}\" }}) {{
            userErrors {{ code }} }} }}",
        (world.clock.now() + TimeDelta::days(3)).date_naive()
    );
    hooked.api.data(&admin, &exclude, json!({})).await;
    world.change(sqlx::query("update client_exclusions set ends_at = now()")).await;

    let worker = Worker::start_with(world, &[ANY_PORT]);
    let events = hooked.receiver.until_received(5).await;
    until(async || world.value::<i64>("select count(*) from webhook_deliveries where state = 'pending'").await == 0)
        .await;
    assert_eq!(report_events(ops).await.unwrap(), 0, "each fact is reported once");
    assert_eq!(hooked.receiver.received().len(), 5, "{events:?}");

    let partner = world.partner().await.to_string();
    assert!(
        events.iter().all(|event| event.is_verified_by(&hooked.secret) && event.json()["data"]["partnerId"] == partner)
    );
    let problem: Uuid = world.value("select id from problems").await;
    let problem = format!("problem_{}", problem.simple());
    let failed = json!({ "partnerId": partner, "runId": failed.id.to_string(), "trigger": "ON_DEMAND",
        "problem": "CREDENTIALS_REJECTED" });
    assert_eq!(data(&events, "halo.sync.failed"), failed);
    for kind in ["halo.problem.opened", "halo.problem.resolved"] {
        let data = data(&events, kind);
        assert_eq!((&data["problemId"], &data["problem"]), (&json!(problem), &json!("CREDENTIALS_REJECTED")), "{kind}");
        assert_eq!((&data["clientId"], &data["blocksSync"]), (&Value::Null, &json!(true)), "{kind}");
    }
    let finished = data(&events, "halo.night.finished");
    let numbers = ["created", "updated", "unchanged", "failed", "skipped"].map(|number| finished[number].as_i64());
    assert_eq!(numbers, [0, 1, 1, 0, 0].map(Some));
    assert_eq!((&finished["runId"], &finished["status"]), (&json!(night.to_string()), &json!("SUCCEEDED")));
    assert_eq!(data(&events, "halo.exclusion.ended")["clientId"], cedar);

    let audit: String = world.value("select string_agg(concat(before, after), ' ') from activity").await;
    for (place, text) in [("the log", worker.everything()), ("the audit log", audit)] {
        assert!(text.contains(&hooked.receiver.origin()), "{place} has the receiver");
        for secret in ["planted-token", "planted-key", &hooked.secret] {
            assert!(!text.contains(secret), "{secret} is in {place}");
        }
    }
    for name in ["alder", "birch", "cedar", "northwind", "trial", "sam example"] {
        for event in &events {
            assert!(!event.body.to_lowercase().contains(name), "{name} is in {}", event.body);
        }
    }
    worker.kill().await;
}

#[tokio::test]
async fn failed_delivery_is_tried_again_until_it_arrives() {
    let hooked = Hooked::start().await;
    hooked.receiver.answers([Answer::Status(500), Answer::Status(404)]);
    let delivery = hooked.test().await;
    assert_eq!(hooked.deliver(delivery).await, failed(DeliveryError::NotAccepted));
    assert_eq!(hooked.deliver(delivery).await, Attempt::Skipped, "it is not due");
    let shown = hooked.shown().await;
    assert_eq!((&shown["state"], &shown["failingSince"]), (&json!("FAILING"), &json!("2026-11-24T09:00:00.000Z")));
    let first = &shown["deliveries"]["nodes"][0];
    let facts = ["id", "eventType", "state", "attempts", "lastStatus", "lastError"].map(|field| first[field].clone());
    assert_eq!(
        facts,
        [json!(delivery.to_string()), "TEST".into(), "PENDING".into(), 1.into(), 500.into(), "NOT_ACCEPTED".into()]
    );
    let next = first["nextAttemptAt"].as_str().unwrap();
    assert!(("2026-11-24T09:00:10.000Z".."2026-11-24T09:00:12.100Z").contains(&next), "{next}");
    assert_eq!(first["payload"], hooked.receiver.received()[0].body);
    assert!(!shown.to_string().contains("says more than"), "the answer's body is not kept");

    hooked.later(TimeDelta::seconds(12));
    assert_eq!(hooked.deliver(delivery).await, failed(DeliveryError::NotAccepted));
    hooked.later(TimeDelta::seconds(59));
    assert_eq!(hooked.deliver(delivery).await, Attempt::Skipped);
    hooked.later(TimeDelta::seconds(13));
    assert_eq!(hooked.deliver(delivery).await, Attempt::Delivered);
    let shown = hooked.shown().await;
    assert_eq!((&shown["state"], &shown["failingSince"]), (&json!("ACTIVE"), &Value::Null));
    let ended = &shown["deliveries"]["nodes"][0];
    let facts = ["state", "attempts", "lastStatus", "lastError", "nextAttemptAt"].map(|field| ended[field].clone());
    assert_eq!(facts, [json!("DELIVERED"), 3.into(), 204.into(), Value::Null, Value::Null]);

    let received = hooked.receiver.received();
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|it| it.id() == delivery.to_string() && it.body == received[0].body));
    assert!(received.iter().all(|it| it.is_signed_by(&hooked.secret) && it.path.ends_with("?key=planted-key")));
}

#[tokio::test]
async fn receiver_that_is_gone_disables_the_webhook() {
    let hooked = Hooked::start().await;
    hooked.receiver.answers([Answer::Status(410)]);
    let (first, second) = (hooked.test().await, hooked.test().await);
    assert_eq!(hooked.deliver(first).await, failed(DeliveryError::Gone));
    let shown = hooked.shown().await;
    assert_eq!((&shown["state"], &shown["disabledBecause"]), (&json!("DISABLED"), &json!("GONE")));
    let deliveries = shown["deliveries"]["nodes"].as_array().unwrap();
    let ends: Vec<_> = deliveries.iter().map(|it| (it["state"].clone(), it["lastError"].clone())).collect();
    assert_eq!(ends, [(json!("GIVEN_UP"), json!("WEBHOOK_DISABLED")), (json!("GIVEN_UP"), json!("GONE"))]);
    assert_eq!(hooked.deliver(second).await, Attempt::Skipped);
    let refused = json!([{ "code": "WEBHOOK_DISABLED" }]);
    assert_eq!(hooked.replay(second).await["userErrors"], refused);
    assert_eq!(hooked.mutate("sendTestHaloWebhook", "", "").await["userErrors"][0]["code"], "WEBHOOK_DISABLED");
    let audited: String = hooked.world().value("select after::text from activity where act = 'webhook.disabled'").await;
    assert!(audited.contains("gone"), "{audited}");

    assert_eq!(hooked.update("enabled: true").await["webhook"]["state"], "ACTIVE");
    let replayed = hooked.replay(second).await;
    assert_eq!(replayed["delivery"], json!({ "id": second.to_string(), "state": "PENDING", "attempts": 0 }));
    assert_eq!(hooked.deliver(second).await, Attempt::Delivered);
    // One that has arrived is sent again as well, as it was.
    hooked.replay(second).await;
    assert_eq!(hooked.deliver(second).await, Attempt::Delivered);
    let received = hooked.receiver.received();
    assert_eq!((received.len(), received[1].id(), &received[1].body), (3, received[2].id(), &received[2].body));
}

#[tokio::test]
async fn webhook_that_fails_for_days_is_disabled_after_a_notice() {
    let hooked = Hooked::start().await;
    let ops = hooked.world().ops();
    hooked.receiver.answers(std::iter::repeat_n(Answer::Status(503), 2));
    let delivery = hooked.test().await;
    hooked.deliver(delivery).await;
    let state = async || {
        disable_failing(ops).await.unwrap();
        let shown = hooked.shown().await;
        (shown["state"].as_str().unwrap().to_owned(), shown["willBeDisabledAt"].clone())
    };
    assert_eq!(state().await, ("FAILING".to_owned(), Value::Null));
    hooked.later(TimeDelta::days(3));
    let notice = ("WILL_BE_DISABLED".to_owned(), json!("2026-11-29T09:00:00.000Z"));
    assert_eq!(state().await, notice);
    let noticed = async || hooked.world().value::<bool>("select noticed_at is not null from webhooks").await;
    assert!(noticed().await);
    // Any success ends it, and the next failure begins a time of its own.
    assert_eq!(hooked.deliver(delivery).await, failed(DeliveryError::NotAccepted));
    let another = hooked.test().await;
    assert_eq!(hooked.deliver(another).await, Attempt::Delivered);
    assert_eq!((state().await.0, noticed().await), ("ACTIVE".to_owned(), false));

    hooked.receiver.answers([Answer::Status(503)]);
    let last = hooked.test().await;
    hooked.deliver(last).await;
    hooked.later(TimeDelta::days(5) - TimeDelta::minutes(1));
    assert_eq!(state().await.0, "WILL_BE_DISABLED");
    hooked.later(TimeDelta::minutes(1));
    assert_eq!(state().await, ("DISABLED".to_owned(), Value::Null));
    let shown = hooked.shown().await;
    assert_eq!(shown["disabledBecause"], "FAILING");
    assert!(shown["deliveries"]["nodes"].as_array().unwrap().iter().all(|it| it["state"] != "PENDING"));
}

#[tokio::test]
async fn rotated_secret_signs_beside_the_earlier_one_until_that_is_removed() {
    let hooked = Hooked::start().await;
    let rotate = async || hooked.mutate("rotateHaloWebhookSecret", "", "secret webhook { secrets { id } }").await;
    let rotated = rotate().await;
    let new = rotated["secret"].as_str().unwrap().to_owned();
    assert!(new.starts_with("whsec_") && new != hooked.secret);
    let old = rotated["webhook"]["secrets"][0]["id"].as_str().unwrap().to_owned();
    let sent = async || {
        let delivery = hooked.test().await;
        assert_eq!(hooked.deliver(delivery).await, Attempt::Delivered);
        let received = hooked.receiver.received().pop().unwrap();
        (received.signatures(), received.is_signed_by(&hooked.secret), received.is_signed_by(&new))
    };
    assert_eq!(sent().await, (2, true, true));
    let remove = async |secret: &str| {
        let input = format!("secretId: \"{secret}\"");
        hooked.mutate("removeHaloWebhookSecret", &input, "webhook { secrets { id } }").await
    };
    let removed = remove(&old).await;
    assert_eq!(removed["webhook"]["secrets"].as_array().unwrap().len(), 1);
    assert_eq!(sent().await, (1, false, true));
    assert_eq!(
        remove(&old).await["userErrors"],
        json!([{ "code": "WEBHOOK_SECRET_NOT_FOUND", "field": ["secretId"] }])
    );
    let last = removed["webhook"]["secrets"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(remove(&last).await["userErrors"], json!([{ "code": "LAST_WEBHOOK_SECRET", "field": ["secretId"] }]));
    rotate().await;
    rotate().await;
    assert_eq!(rotate().await["userErrors"], json!([{ "code": "TOO_MANY", "field": null }]));
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let hooked = Hooked::start().await;
    hooked.receiver.answers([Answer::Redirect]);
    let delivery = hooked.test().await;
    assert_eq!(hooked.deliver(delivery).await, failed(DeliveryError::Redirected));
    assert_eq!(hooked.receiver.received().len(), 1);
    let shown = hooked.shown().await["deliveries"]["nodes"][0].take();
    assert_eq!((&shown["lastStatus"], &shown["lastError"]), (&json!(302), &json!("REDIRECTED")));
    assert!(shown["lastErrorMessage"].as_str().unwrap().contains("redirect, which is not followed"));
}

#[tokio::test]
async fn address_that_is_not_public_is_refused_and_never_called() {
    let api = Api::over(World::builder().build().await);
    let blocked = "This address is not on the public internet, so INFIMA may not call it. Use the address under which \
                   your receiver is reached from outside.";
    for url in ["https://10.0.0.1/", "https://169.254.169.254/latest", "https://localhost/", "https://hooks.invalid/a"]
    {
        let refused = register(&api, url, ALL).await;
        assert_eq!(
            refused,
            json!({ "webhook": null, "secret": null,
                "userErrors": [{ "code": "ADDRESS_BLOCKED", "field": ["url"], "message": blocked }] }),
            "{url}"
        );
    }
    for (url, code) in [("", "REQUIRED"), ("hooks", "WEBHOOK_URL_INVALID"), ("http://8.8.8.8/", "WEBHOOK_URL_INVALID")]
    {
        let errors = register(&api, url, "[]").await["userErrors"].take();
        let codes = [&errors[0]["code"], &errors[0]["field"][0], &errors[1]["code"], &errors[1]["field"][0]];
        assert_eq!(codes, [code, "url", "REQUIRED", "eventTypes"], "{url}");
    }
    // An address that was accepted and leads elsewhere since.
    let receiver = Receiver::start().await;
    let registered = register(&api, "https://8.8.8.8/", "[SYNC_FAILED]").await;
    let id = registered["webhook"]["id"].as_str().unwrap().to_owned();
    api.world.change(sqlx::query("update webhooks set url = $1").bind(receiver.url())).await;
    let hooked = Hooked { api, receiver, id, secret: String::new() };
    let delivery = hooked.test().await;
    assert_eq!(hooked.deliver(delivery).await, failed(DeliveryError::AddressBlocked));
    assert_eq!(hooked.receiver.received().len(), 0);
}

#[tokio::test]
async fn whole_address_is_shown_to_administrators_only() {
    let hooked = Hooked::start().await;
    let partner = hooked.world().partner().await.to_string();
    let document = format!("{{ partner(id: \"{partner}\") {{ haloWebhooks {{ url }} }} }}");
    let viewer = hooked.world().caller(Role::PartnerViewer, Some(PARTNER)).await;
    let callers = [
        (hooked.world().admin().await, hooked.receiver.url()),
        (viewer, hooked.receiver.origin()),
        (hooked.api.support().await, hooked.receiver.origin()),
    ];
    for (caller, url) in callers {
        let shown = hooked.api.data(&caller, &document, json!({})).await;
        assert_eq!(shown["partner"]["haloWebhooks"][0]["url"], url, "{:?}", caller.role());
    }
    let stored: String =
        hooked.world().value("select string_agg(encode(sealed_secret, 'escape'), '') from webhook_secrets").await;
    assert!(!stored.contains(&hooked.secret[6..]), "the secret is sealed");
}

#[tokio::test]
async fn input_that_cannot_be_carried_out_is_refused_with_its_field() {
    let hooked = Hooked::start().await;
    let error = |code: &str, field: Value| json!([{ "code": code, "field": field }]);
    let of_events = |code| error(code, json!(["eventTypes"]));
    assert_eq!(hooked.update("eventTypes: []").await["userErrors"], of_events("REQUIRED"));
    assert_eq!(hooked.update("eventTypes: [TEST]").await["userErrors"], of_events("INVALID"));
    assert_eq!(hooked.update("url: \"ftp://x\"").await["userErrors"], error("WEBHOOK_URL_INVALID", json!(["url"])));
    assert_eq!(hooked.update("").await, json!({ "webhook": { "state": "ACTIVE" }, "userErrors": [] }));
    for _ in 1..10 {
        assert_eq!(register(&hooked.api, &hooked.receiver.url(), ALL).await["userErrors"], json!([]));
    }
    assert_eq!(register(&hooked.api, &hooked.receiver.url(), ALL).await["userErrors"][0]["code"], "TOO_MANY");
    let removed = hooked.mutate("removeHaloWebhook", "", "removedWebhookId").await;
    assert_eq!(removed, json!({ "removedWebhookId": hooked.id, "userErrors": [] }));
    let unknown = error("WEBHOOK_NOT_FOUND", Value::Null);
    assert_eq!(hooked.mutate("removeHaloWebhook", "", "").await["userErrors"], unknown);
    assert_eq!(hooked.update("enabled: true").await["userErrors"], unknown);
    let nothing = hooked.replay(WebhookDeliveryId::generate()).await;
    assert_eq!(nothing["userErrors"], json!([{ "code": "WEBHOOK_DELIVERY_NOT_FOUND" }]));
    assert_eq!(hooked.world().value::<i64>("select count(*) from webhook_secrets").await, 9, "they go with it");
}

#[tokio::test]
async fn disabled_webhook_is_notified_of_nothing_that_happens_meanwhile() {
    let hooked = Hooked::over(World::builder().clients(&[("Alder", 3)]).for_processes().synced()).await;
    let world = hooked.world();
    let become_of_it = async |problem: &str| {
        let change = format!("update associations set problem = {problem}");
        sqlx::query(sqlx::AssertSqlSafe(change)).execute(&world.owner).await.unwrap();
    };
    let problem = |code: &str| format!("jsonb_build_object('code', '{code}', 'since', now())");
    assert_eq!(hooked.update("enabled: false").await["webhook"]["state"], "DISABLED");
    become_of_it(&problem("customer_inactive")).await;
    assert_eq!(report_events(world.ops()).await.unwrap(), 0);
    hooked.update("enabled: true, eventTypes: [PROBLEM_RESOLVED]").await;
    assert_eq!(report_events(world.ops()).await.unwrap(), 0);
    // What is opened is not wanted any more; what is closed is.
    become_of_it(&problem("quantity_refused")).await;
    assert_eq!(report_events(world.ops()).await.unwrap(), 1);
    let kinds: Vec<String> = world.values("select event_type from webhook_deliveries").await;
    assert_eq!(kinds, ["halo.problem.resolved"]);
    // An archived partner is notified of nothing.
    become_of_it("null").await;
    world.change(sqlx::query("update partners set state = 'archived'")).await;
    assert_eq!(report_events(world.ops()).await.unwrap(), 0);
}

/// A transaction that is stored late has facts that are dated before the last reading.
#[tokio::test]
async fn fact_that_is_stored_late_is_reported() {
    let hooked = Hooked::over(World::builder().clients(&[("Alder", 3)]).for_processes().synced()).await;
    let world = hooked.world();
    let mut late = world.owner.begin().await.unwrap();
    let blocked = "update associations set state = 'needs_attention',
                       problem = jsonb_build_object('code', 'subscription_deleted', 'since', now())";
    sqlx::query(blocked).execute(&mut *late).await.unwrap();
    assert_eq!(report_events(world.ops()).await.unwrap(), 0);
    late.commit().await.unwrap();
    assert_eq!(report_events(world.ops()).await.unwrap(), 1);
    assert_eq!(report_events(world.ops()).await.unwrap(), 0);
    assert_eq!(jobs(world).await, 1);
}

#[tokio::test]
async fn worker_killed_before_its_note_leaves_a_delivery_that_is_sent_again() {
    let hooked = Hooked::over(World::builder().for_processes()).await;
    hooked.receiver.answers([Answer::Held]);
    let delivery = hooked.test().await;
    let worker = Worker::start_with(hooked.world(), &[ANY_PORT]);
    hooked.receiver.until_received(1).await;
    worker.kill().await;
    assert_eq!(housekeeping::run(hooked.world().ops(), Job::LostDeliveries).await.unwrap(), 0, "a lease holds it");
    hooked.world().change(sqlx::query("update webhook_deliveries set lease_until = now()")).await;
    let next = Worker::start_with(hooked.world(), &[ANY_PORT]);
    let received = hooked.receiver.until_received(2).await;
    assert!(received.iter().all(|it| it.id() == delivery.to_string() && it.is_verified_by(&hooked.secret)));
    until(async || hooked.shown().await["deliveries"]["nodes"][0]["state"] == "DELIVERED").await;
    next.kill().await;
}

#[tokio::test]
async fn lost_job_of_a_delivery_is_queued_again_once() {
    let hooked = Hooked::start().await;
    let (world, sweep) =
        (hooked.world(), async || housekeeping::run(hooked.world().ops(), Job::LostDeliveries).await.unwrap());
    let delivery = hooked.test().await;
    world.change(sqlx::query("delete from apalis.jobs")).await;
    for _ in 0..3 {
        assert_eq!((sweep().await, jobs(world).await), (1, 1));
    }
    assert_eq!(hooked.deliver(delivery).await, Attempt::Delivered);
    assert_eq!(hooked.deliver(delivery).await, Attempt::Skipped, "a job that comes twice does no harm");
    assert_eq!((sweep().await, hooked.receiver.received().len()), (0, 1));
}

/// A receiver that answers slowly holds one worker, whatever waits for it.
#[tokio::test]
async fn slow_receiver_is_sent_one_delivery_at_a_time() {
    let hooked = Hooked::start().await;
    hooked.receiver.answers([Answer::Held]);
    let (first, second) = (hooked.test().await, hooked.test().await);
    let other = register(&hooked.api, &hooked.receiver.url(), ALL).await["webhook"]["id"].as_str().unwrap().to_owned();
    let behind = async {
        hooked.receiver.until_received(1).await;
        assert_eq!(hooked.deliver(second).await, Attempt::Skipped);
        assert_eq!(housekeeping::run(hooked.world().ops(), Job::LostDeliveries).await.unwrap(), 0);
        // Another webhook does not wait for it.
        let to_other = hooked.test_of(&other).await;
        assert_eq!(hooked.deliver(to_other).await, Attempt::Delivered);
        hooked.world().change(sqlx::query("delete from apalis.jobs")).await;
        hooked.receiver.release();
    };
    let (attempt, ()) = tokio::join!(hooked.deliver(first), behind);
    assert_eq!((attempt, jobs(hooked.world()).await), (Attempt::Delivered, 1), "the next one has its job");
    assert_eq!(hooked.deliver(second).await, Attempt::Delivered);
}

#[tokio::test]
async fn facts_of_all_partners_are_read_by_the_same_few_statements() {
    let hooked = Hooked::over(World::builder().clients(&[("Alder", 3)]).for_processes().synced()).await;
    let world = hooked.world();
    let (app, statements) = Statements::reported(world).await;
    let sent = async |code: &str| {
        let blocked = format!("update associations set problem = jsonb_build_object('code', '{code}', 'since', now())");
        sqlx::query(sqlx::AssertSqlSafe(blocked)).execute(&world.owner).await.unwrap();
        statements.clear();
        let made = {
            let _listening = statements.listen();
            report_events(&app.ops).await.unwrap()
        };
        (made, statements.sent().len())
    };
    let (one, few) = sent("customer_inactive").await;
    crate::graphql::matrix::add_other_partner(world).await;
    let more = "insert into webhooks (id, partner_id, url, event_types, created_at, reports_since)
                select gen_random_uuid(), p.id, w.url, w.event_types, now(), w.reports_since
                from partners p, webhooks w, generate_series(1, 4)";
    world.change(sqlx::query(more)).await;
    let (many, statements) = sent("quantity_refused").await;
    assert!(one == 1 && many > 8, "{one}, {many}");
    assert!((5..=14).contains(&few), "{few}");
    assert_eq!(statements, few);
}

#[tokio::test]
async fn secrets_of_webhooks_are_sealed_with_the_new_key() {
    let hooked = Hooked::start().await;
    let world = hooked.world();
    let key = |id: &str, byte: u8| {
        let bytes: Vec<u8> = (0..32).map(|at| at ^ byte).collect();
        format!("{id}:{}", BASE64_STANDARD.encode(bytes))
    };
    let with_keys = async |keys: String| {
        let mut config = world.config.clone();
        config.keys.keys = keys.into();
        App::build(&config, world.clock.clone(), 4).await.unwrap()
    };
    let both = with_keys(format!("{},{}", key("new", 7), infima_halo::seal::DEVELOPMENT_KEYS)).await;
    assert_eq!(rotate_keys(&both.ops, true).await.unwrap().resealed, 1);
    let rotation = rotate_keys(&both.ops, false).await.unwrap();
    assert_eq!((rotation.resealed, rotation.in_use), (1, vec![("new".to_owned(), 1)]));
    let alone = with_keys(key("new", 7)).await;
    let delivery = hooked.test().await;
    assert_eq!(deliver(&alone.ops, delivery).await.unwrap(), Attempt::Delivered);
    assert!(hooked.receiver.received()[0].is_signed_by(&hooked.secret));
    // A secret that a process cannot open is no fault of the receiver's.
    let later = hooked.test().await;
    assert_eq!(hooked.deliver(later).await, failed(DeliveryError::SecretsUnreadable));
    assert_eq!(hooked.shown().await["state"], "ACTIVE");
}

#[tokio::test]
async fn deliveries_that_ended_are_removed_after_30_days() {
    let hooked = Hooked::start().await;
    let run = async || housekeeping::run(hooked.world().ops(), Job::OldDeliveries).await.unwrap();
    let delivery = hooked.test().await;
    hooked.deliver(delivery).await;
    hooked.later(TimeDelta::days(30));
    assert_eq!(run().await, 0);
    let waiting = hooked.test().await;
    hooked.later(TimeDelta::minutes(1));
    assert_eq!((run().await, run().await), (1, 0));
    hooked.later(TimeDelta::days(90));
    assert_eq!(run().await, 0, "what waits is kept");
    assert_eq!(hooked.deliver(waiting).await, Attempt::Delivered);
}

/// The times of real jobs, in their order, without a wait in the test.
#[tokio::test]
async fn next_attempt_is_queued_for_its_time() {
    let hooked = Hooked::start().await;
    hooked.receiver.answers([Answer::Status(500)]);
    let delivery = hooked.test().await;
    hooked.world().change(sqlx::query("delete from apalis.jobs")).await;
    hooked.deliver(delivery).await;
    let wait: f64 = hooked.world().value("select extract(epoch from run_at - now())::float8 from apalis.jobs").await;
    assert!(Duration::from_secs_f64(wait) > Duration::from_secs(5) && wait < 13.0, "{wait}");
}
