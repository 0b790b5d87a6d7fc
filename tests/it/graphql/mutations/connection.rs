//! Saving and checking the connection: what is observed of each permission, and what only a write
//! shows.

use anyhow::{Context, Result};
use infima_halo::auth::Caller;
use infima_halo::sandbox::{Act, AgentLevels, Fault, Lasting, Level, Matching};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::support::world::World;

const SAVE: &str = "mutation($input: SaveHaloConnectionInput!) { saveHaloConnection(input: $input) {
    haloConnection { status } checks { subject outcome message guideStep } userErrors { code field message } } }";
const RECHECK: &str = "mutation($input: TestHaloConnectionInput!) { testHaloConnection(input: $input) {
    test { works checks { subject outcome message } problem { code message } }
    haloConnection { status problem { code } checks { subject outcome } } userErrors { code } } }";
const SHOWN: &str = "{ partner { haloConnection {
    status lastVerifiedAt problem { code since } checks { subject outcome message } } } }";

/// An agent with Software Licencing on this level.
fn licensing(level: Level) -> Act {
    Act::SetAgentLevels(AgentLevels { customers: Level::Read, licensing: level, invoices: Level::Read })
}

fn details(world: &World) -> Value {
    let tenant = &world.tenant;
    let (url, id, secret) = (tenant.url(), tenant.client_id(), tenant.client_secret());
    json!({ "input": { "url": url, "applicationClientId": id, "clientSecret": secret } })
}

/// The outcome and the message of one finding.
fn finding(checks: &Value, subject: &str) -> (String, String) {
    let checks = checks.as_array().cloned().unwrap_or_default();
    let check = checks.iter().find(|check| check["subject"] == subject).cloned().unwrap_or_default();
    let text = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
    (text("outcome"), text("message"))
}

fn write_outcomes(checks: &Value) -> [String; 2] {
    ["EDIT_SOFTWARE_LICENSING", "AGENT_SOFTWARE_LICENCING"].map(|subject| finding(checks, subject).0)
}

async fn connection(api: &Api, admin: &Caller) -> Value {
    api.data(admin, SHOWN, json!({})).await["partner"]["haloConnection"].take()
}

async fn recheck(api: &Api, admin: &Caller) -> Value {
    api.data(admin, RECHECK, json!({ "input": {} })).await["testHaloConnection"].take()
}

#[tokio::test]
async fn permission_to_write_is_unknown_until_a_write_has_succeeded() {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).build().await);
    let admin = api.world.admin().await;
    let saved = api.data(&admin, SAVE, details(&api.world)).await["saveHaloConnection"].take();
    assert_eq!(saved["haloConnection"]["status"], "CONNECTED");
    assert_eq!(write_outcomes(&saved["checks"]), ["UNKNOWN", "UNKNOWN"]);
    let (_, message) = finding(&saved["checks"], "AGENT_SOFTWARE_LICENCING");
    assert!(message.contains("will be known with the first subscription"), "{message}");
    assert_eq!(finding(&saved["checks"], "READ_CUSTOMERS").0, "GRANTED");
    let rechecked = recheck(&api, &admin).await;
    assert_eq!(write_outcomes(&rechecked["test"]["checks"]), ["UNKNOWN", "UNKNOWN"]);

    api.world.map(&["Alder"]).await;
    api.world.look().await;
    assert_eq!(write_outcomes(&connection(&api, &admin).await["checks"]), ["GRANTED", "GRANTED"]);
    let rechecked = recheck(&api, &admin).await;
    assert_eq!(write_outcomes(&rechecked["test"]["checks"]), ["GRANTED", "GRANTED"]);

    // Another secret is another credential: nothing has been written with it.
    api.world.tenant.act(Act::RestoreAccess).unwrap();
    let saved = api.data(&admin, SAVE, details(&api.world)).await["saveHaloConnection"].take();
    assert_eq!(write_outcomes(&saved["checks"]), ["UNKNOWN", "UNKNOWN"]);
}

/// The likeliest slip: the guide's two other levels are Read Only.
#[tokio::test]
async fn refused_write_outlives_rechecks_and_saves_until_a_write_succeeds() -> Result<()> {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).build().await);
    let admin = api.world.admin().await;
    api.world.tenant.act(licensing(Level::Read))?;
    let saved = api.data(&admin, SAVE, details(&api.world)).await["saveHaloConnection"].take();
    assert_eq!(write_outcomes(&saved["checks"]), ["UNKNOWN", "UNKNOWN"], "reading shows nothing of it");
    api.world.map(&["Alder"]).await;
    api.world.look().await;

    let refused = connection(&api, &admin).await;
    assert_eq!(
        (&refused["status"], &refused["problem"]["code"]),
        (&json!("NEEDS_ATTENTION"), &json!("PERMISSION_MISSING"))
    );
    assert_eq!(write_outcomes(&refused["checks"]), ["UNKNOWN", "MISSING"]);
    let verified = refused["lastVerifiedAt"].clone();
    // The connection checked again, the same details typed again or saved again: none of it writes.
    let same = details(&api.world);
    for (document, variables) in [(RECHECK, json!({ "input": {} })), (RECHECK, same.clone()), (SAVE, same)] {
        let answer = api.data(&admin, document, variables).await;
        let (_, payload) = answer.as_object().and_then(|it| it.iter().next()).context("one field")?;
        let checks = if document == SAVE { &payload["checks"] } else { &payload["test"]["checks"] };
        assert_eq!(write_outcomes(checks), ["UNKNOWN", "MISSING"], "{payload}");
        assert_ne!(payload["test"]["works"], true, "{payload}");
        let shown = connection(&api, &admin).await;
        assert_eq!(shown["problem"], refused["problem"], "{payload}");
        if document == RECHECK {
            assert_eq!(shown["lastVerifiedAt"], verified);
        }
    }

    api.world.tenant.act(licensing(Level::Modify))?;
    assert_eq!(write_outcomes(&recheck(&api, &admin).await["test"]["checks"]), ["UNKNOWN", "MISSING"]);
    api.world.sync().await;
    let fixed = connection(&api, &admin).await;
    assert_eq!((&fixed["status"], &fixed["problem"]), (&json!("CONNECTED"), &Value::Null));
    assert_eq!(write_outcomes(&fixed["checks"]), ["GRANTED", "GRANTED"]);
    Ok(())
}

#[tokio::test]
async fn refused_write_is_forgotten_with_other_credentials() -> Result<()> {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).connected().build().await);
    let admin = api.world.admin().await;
    api.world.tenant.act(licensing(Level::Read))?;
    api.world.map(&["Alder"]).await;
    api.world.look().await;
    assert_eq!(connection(&api, &admin).await["status"], "NEEDS_ATTENTION");
    api.world.tenant.act(Act::RestoreAccess)?;
    let saved = api.data(&admin, SAVE, details(&api.world)).await["saveHaloConnection"].take();
    assert_eq!(saved["haloConnection"]["status"], "CONNECTED");
    assert_eq!(write_outcomes(&saved["checks"]), ["UNKNOWN", "UNKNOWN"]);
    Ok(())
}

/// A sync that has nothing to write shows nothing of the permission to write.
#[tokio::test]
async fn refused_write_outlives_a_sync_without_writes() -> Result<()> {
    let api = Api::synced(&[("Alder", 3)]).await;
    let admin = api.world.admin().await;
    api.world.tenant.act(licensing(Level::Read))?;
    api.world.set_users("Alder", 4).await;
    api.world.sync().await;
    assert_eq!(write_outcomes(&connection(&api, &admin).await["checks"])[1], "MISSING");
    api.world.set_users("Alder", 3).await;
    api.world.sync().await;
    let shown = connection(&api, &admin).await;
    assert_eq!(shown["problem"]["code"], "PERMISSION_MISSING");
    assert_eq!(write_outcomes(&shown["checks"])[1], "MISSING");
    Ok(())
}

#[tokio::test]
async fn refused_save_returns_every_finding() -> Result<()> {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).build().await);
    let admin = api.world.admin().await;
    let levels = AgentLevels { customers: Level::None, licensing: Level::Read, invoices: Level::None };
    api.world.tenant.act(Act::SetAgentLevels(levels))?;
    let saved = api.data(&admin, SAVE, details(&api.world)).await["saveHaloConnection"].take();
    assert_eq!(saved["haloConnection"], Value::Null);
    assert_eq!(saved["userErrors"].as_array().map(Vec::len), Some(1));
    let outcomes: Vec<_> = saved["checks"].as_array().context("a list")?.iter().collect();
    let outcomes: Vec<_> = outcomes.iter().map(|it| format!("{} {}", it["subject"], it["outcome"])).collect();
    insta::assert_snapshot!(outcomes.join("\n").replace('"', ""), @r"
    ADDRESS GRANTED
    CREDENTIALS GRANTED
    AGENT_CUSTOMERS MISSING
    AGENT_USERS UNKNOWN
    AGENT_SOFTWARE_LICENCING UNKNOWN
    AGENT_INVOICES WARNING
    READ_CUSTOMERS GRANTED
    READ_INVOICES GRANTED
    EDIT_SOFTWARE_LICENSING UNKNOWN
    ");
    // Nothing was checked, so there is nothing to show.
    let nothing = api.data(&admin, SAVE, json!({ "input": { "url": " " } })).await["saveHaloConnection"].take();
    assert_eq!(nothing["checks"], Value::Null);
    Ok(())
}

/// The guide asks for no Invoices level.
#[tokio::test]
async fn agent_set_up_by_the_guide_is_reported_under_its_own_heading() -> Result<()> {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).build().await);
    let admin = api.world.admin().await;
    let levels = AgentLevels { customers: Level::Read, licensing: Level::Modify, invoices: Level::None };
    api.world.tenant.act(Act::SetAgentLevels(levels))?;
    let saved = api.data(&admin, SAVE, details(&api.world)).await["saveHaloConnection"].take();
    assert_eq!(saved["haloConnection"]["status"], "CONNECTED");
    let checks = &saved["checks"];
    assert_eq!(finding(checks, "READ_INVOICES").0, "GRANTED");
    let (outcome, message) = finding(checks, "AGENT_INVOICES");
    assert_eq!(outcome, "WARNING");
    assert!(message.contains("The guide does not ask for it"), "{message}");
    let steps = checks.as_array().context("a list")?.iter().filter(|it| it["subject"] == "AGENT_INVOICES");
    assert_eq!(steps.map(|it| it["guideStep"].clone()).collect::<Vec<_>>(), ["Creating an API Agent"]);
    Ok(())
}

/// An error of Halo's says nothing of a permission.
#[tokio::test]
async fn permission_that_could_not_be_read_is_unknown_and_not_missing() {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).build().await);
    let admin = api.world.admin().await;
    let invoices = Matching::call(infima_halo::sandbox::Call::InvoiceList);
    api.world.tenant.inject(Fault::ServerErrorBefore, invoices, Lasting::Sticky);
    let saved = api.data(&admin, SAVE, details(&api.world)).await["saveHaloConnection"].take();
    assert_eq!(saved["haloConnection"]["status"], "CONNECTED");
    let (outcome, message) = finding(&saved["checks"], "READ_INVOICES");
    assert_eq!(outcome, "UNKNOWN", "{message}");
    assert!(message.contains("status 500"), "{message}");
}
