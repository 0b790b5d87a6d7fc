//! A mutation authorises its caller before it looks at its input: a caller that may not do it gets
//! the same refusal, whatever it sends.

use std::collections::BTreeSet;

use infima_halo::auth::Role;
use serde_json::json;

use crate::graphql::{Api, matrix::Shape};
use crate::support::world::{PARTNER, World};

/// Each mutation with an input that a caller who may do it could send, and with inputs of the right
/// types that it refuses. `$name` stands for an id of the partner `northwind`.
const MUTATIONS: &[(&str, &str, &[&str])] = &[
    (
        "saveHaloConnection",
        "url: \"https://acme.halopsa.com\", applicationClientId: \"a\", clientSecret: \"b\"",
        &["url: \"no address\"", "clientSecret: \"\"", "applicationClientId: \"\\u0007\""],
    ),
    (
        "testHaloConnection",
        "url: \"https://acme.halopsa.com\", applicationClientId: \"a\", clientSecret: \"b\", reason: \"a test\"",
        &["url: \"no address\", reason: \"a test\"", "clientSecret: \"\""],
    ),
    ("confirmHaloTenantChange", "decision: CARRY_OVER", &["decision: CARRY_OVER, reason: \"$long\""]),
    ("disconnectHalo", "", &[]),
    (
        "saveHaloClientAssociations",
        "associations: [{ clientId: \"$client\", haloCustomerId: 1 }]",
        &[
            "associations: []",
            "associations: [{ clientId: \"no id\", haloCustomerId: -1 }]",
            "associations: [{ clientId: \"$client\", haloCustomerId: 1 }, { clientId: \"$client\", haloCustomerId: 1 }]",
        ],
    ),
    ("acceptHaloMappingSuggestions", "exceptClientIds: [\"$client\"]", &["exceptClientIds: [\"no id\"]"]),
    (
        "importHaloMappings",
        "csv: \"infima_client_id,halo_customer_id\"",
        &["csv: \"\"", "csv: \"infima_client_id\\nno id\""],
    ),
    (
        "excludeHaloClients",
        "clientIds: [\"$client\"], reason: \"a test\"",
        &[
            "clientIds: [], reason: \"a test\"",
            "clientIds: [\"no id\"], reason: \"\"",
            "clientIds: [\"$client\"], reason: \"$long\", reviewOn: \"2020-01-01\"",
        ],
    ),
    ("includeHaloClients", "clientIds: [\"$client\"]", &["clientIds: []", "clientIds: [\"no id\"]"]),
    (
        "removeHaloClientAssociation",
        "associationId: \"$association\", quantity: SET_TO_ZERO",
        &["associationId: \"no id\", quantity: SET_TO_ZERO"],
    ),
    ("recreateHaloSubscription", "associationId: \"$association\"", &["associationId: \"no id\""]),
    (
        "resolveHaloSubscription",
        "associationId: \"$association\", answer: ADOPT, adoptSubscriptionId: 1",
        &["associationId: \"$association\", answer: ADOPT", "associationId: \"no id\", answer: CONTINUE"],
    ),
    (
        "requestHaloSync",
        "clientIds: [\"$client\"]",
        &["clientIds: []", "clientIds: [\"no id\"]", "reason: \"$long\"", "reason: \"\\u0007\""],
    ),
    ("reconcileHalo", "reason: \"a test\"", &["reason: \"$long\"", "reason: \"\\u0007\""]),
    (
        "recheckHaloProblem",
        "problemId: \"problem_00000000000000000000000000000001\"",
        &["problemId: \"no id\"", "problemId: \"no id\", reason: \"$long\""],
    ),
    (
        "acknowledgeHaloProblem",
        "problemId: \"problem_00000000000000000000000000000001\", note: \"a note\"",
        &["problemId: \"no id\", note: \"\"", "problemId: \"no id\", note: \"$long\", reason: \"$long\""],
    ),
    (
        "snoozeHaloProblem",
        "problemId: \"problem_00000000000000000000000000000001\", until: \"2026-12-24\"",
        &["problemId: \"no id\", until: \"2020-01-01\"", "problemId: \"no id\", reason: \"$long\""],
    ),
    (
        "updateHaloSyncSettings",
        "timeZone: \"Europe/London\", nightStart: \"01:00\", nightEnd: \"05:00\"",
        &["timeZone: \"Mars/Olympus\"", "nightStart: \"01:00\", nightEnd: \"01:00\""],
    ),
    (
        "pauseHaloSyncs",
        "until: \"2027-06-01\", reason: \"a test\"",
        &["until: \"2020-06-01\", reason: \"a test\"", "until: \"2027-06-01\", reason: \"$long\""],
    ),
    ("resumeHaloSyncs", "reason: \"a test\"", &["reason: \"$long\"", "reason: \"\\u0007\""]),
    (
        "registerHaloWebhook",
        "url: \"https://8.8.8.8/\", eventTypes: [SYNC_FAILED]",
        &["url: \"\", eventTypes: []", "url: \"https://10.0.0.1/\", eventTypes: [TEST]"],
    ),
    (
        "updateHaloWebhook",
        "webhookId: \"webhook_00000000000000000000000000000001\", enabled: true",
        &["webhookId: \"no id\", url: \"no address\"", "webhookId: \"no id\", eventTypes: []"],
    ),
    ("removeHaloWebhook", "webhookId: \"webhook_00000000000000000000000000000001\"", &["webhookId: \"no id\""]),
    ("rotateHaloWebhookSecret", "webhookId: \"webhook_00000000000000000000000000000001\"", &["webhookId: \"no id\""]),
    (
        "removeHaloWebhookSecret",
        "webhookId: \"webhook_00000000000000000000000000000001\", secretId: \"no id\"",
        &["webhookId: \"no id\", secretId: \"no id\""],
    ),
    (
        "sendTestHaloWebhook",
        "webhookId: \"webhook_00000000000000000000000000000001\", reason: \"a test\"",
        &["webhookId: \"no id\", reason: \"$long\"", "webhookId: \"no id\""],
    ),
    (
        "replayHaloWebhookDelivery",
        "deliveryId: \"delivery_00000000000000000000000000000001\", reason: \"a test\"",
        &["deliveryId: \"no id\", reason: \"$long\"", "deliveryId: \"no id\""],
    ),
    (
        "importRoster",
        "partners: [{ externalId: \"new\", name: \"New\", state: ACTIVE, version: 1 }]",
        &[
            "partners: [{ externalId: \"\", name: \"New\", state: ACTIVE, version: 1 }]",
            "partners: [{ externalId: \"new\", name: \"New\", timeZone: \"Mars/Olympus\", state: ACTIVE, version: 1 }]",
            "clients: [{ externalId: \"c\", partnerExternalId: \"unknown\", name: \"C\", state: ACTIVE, version: 1 }]",
        ],
    ),
];

/// The callers about `northwind`. Support and the platform may do some of it.
const CALLERS: [(Role, Option<&str>); 6] = [
    (Role::PartnerViewer, Some(PARTNER)),
    (Role::PartnerViewer, Some("other")),
    (Role::PartnerAdmin, Some("other")),
    (Role::PartnerAdmin, Some("unheard-of")),
    (Role::Support, None),
    (Role::Platform, None),
];

#[tokio::test]
async fn caller_without_permission_gets_the_same_refusal_for_any_input() {
    let world = World::builder().clients(&[("Alder", 3)]).mapped().build().await;
    world.import_partner("other", &[]).await;
    let values = [
        ("client", world.client("Alder").await.to_string()),
        ("association", world.association("Alder").await.id.to_string()),
        ("long", "x".repeat(501)),
    ];
    let partner = world.partner().await;
    let api = Api::over(world);
    for (role, of) in CALLERS {
        let caller = api.world.caller(role, of).await;
        for (mutation, well_formed, malformed) in MUTATIONS {
            let answer = async |input: &str| {
                let filled = values
                    .iter()
                    .fold(input.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value));
                let target =
                    if *mutation == "importRoster" { String::new() } else { format!("partnerId: \"{partner}\", ") };
                let document = format!(
                    "mutation {{ {mutation}(input: {{ {target}{filled} }}) {{ userErrors {{ code message }} }} }}"
                );
                api.ask(&caller, &document, json!({})).await
            };
            let refusal = answer(well_formed).await;
            let code = refusal["errors"][0]["code"].as_str();
            match role {
                Role::PartnerAdmin | Role::PartnerViewer => {
                    assert!(
                        matches!(code, Some("FORBIDDEN" | "NOT_FOUND")),
                        "{mutation} by {role:?} of {of:?}: {refusal}"
                    );
                }
                Role::Support | Role::Platform if code != Some("FORBIDDEN") => continue,
                Role::Support | Role::Platform => {}
            }
            for input in *malformed {
                assert_eq!(answer(input).await, refusal, "{mutation} by {role:?} of {of:?}, with {input}");
            }
        }
    }
}

#[test]
fn every_mutation_of_the_schema_is_in_the_table() {
    let covered: BTreeSet<_> = MUTATIONS.iter().map(|(mutation, ..)| (*mutation).to_owned()).collect();
    assert_eq!(covered, Shape::read().fields_of("Mutation"));
}
