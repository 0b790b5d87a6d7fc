//! The connection form: its errors for wrong details, and its result for right ones.

use infima_halo::domain::problem::{Problem, ProblemKind};
use infima_halo::ops::connection::save::save_connection;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use serde_json::{Value, json};

use super::{desk::Desk, recorded::Recorded};
use crate::support::world::{details_of, request};

/// What is wrong with details before Halo is queried, and what Halo can answer to them.
pub async fn is_checked(recorded: &mut Recorded) {
    let desk = Desk::start(&[("Alder", 3)]).await;
    let details = |name: &str, value: Value| {
        let mut details = desk.details();
        details[name] = value;
        details
    };
    desk.refused(recorded, "NOT_CONNECTED", "TestConnection", json!({})).await;
    desk.refused(recorded, "REQUIRED", "SaveConnection", details("applicationClientId", Value::Null)).await;
    desk.refused(recorded, "TOO_LONG", "SaveConnection", details("applicationClientId", "7".repeat(1000).into())).await;
    desk.refused(recorded, "HALO_URL_INVALID", "SaveConnection", details("url", "our halo".into())).await;
    desk.refused(recorded, "CLIENT_SECRET_REQUIRED", "SaveConnection", details("clientSecret", Value::Null)).await;
    for _ in 0..20 {
        let data = desk.ask(&desk.admin(), "TestConnection", json!({ "input": {} })).await;
        if data["testHaloConnection"]["userErrors"][0]["code"] == "TOO_MANY_ATTEMPTS" {
            recorded.refusal("TOO_MANY_ATTEMPTS", "TestConnection", &data);
            break;
        }
    }

    let desk = Desk::start(&[("Alder", 3)]).await;
    let tenant = &desk.world.tenant;
    let (right, save) = (desk.details(), "SaveConnection");
    let mut wrong = right.clone();
    wrong["clientSecret"] = "not the secret".into();
    desk.refused(recorded, "CREDENTIALS_REJECTED", save, wrong).await;
    tenant.act(Act::SetScopes { scopes: vec!["read:invoices".into(), "edit:softwarelicensing".into()] }).unwrap();
    desk.refused(recorded, "PERMISSION_MISSING", save, right.clone()).await;

    let desk = Desk::start(&[("Alder", 3)]).await;
    let (tenant, right) = (&desk.world.tenant, desk.details());
    let answers = [
        ("NOT_A_HALO_ADDRESS", Fault::HtmlOk, Matching::any()),
        ("HALO_UNREACHABLE", Fault::CutBefore, Matching::any()),
        ("HALO_UNAVAILABLE", Fault::BadGateway, Matching::any()),
        ("HALO_ANSWER_NOT_UNDERSTOOD", Fault::WrongShape, Matching::call(Call::CustomerList)),
    ];
    for (code, fault, matching) in answers {
        tenant.inject(fault, matching, Lasting::Sticky);
        desk.refused(recorded, code, save, right.clone()).await;
        tenant.clear_faults();
    }
    // Another user saves another Halo's details before Halo has answered.
    tenant.inject(Fault::HeldBefore, Matching::any(), Lasting::Once);
    let meanwhile = async {
        tenant.until(|tenant| tenant.held() == 1).await;
        let (admin, partner) = (desk.world.admin().await, desk.world.partner().await);
        let other = details_of(&desk.world.sandbox.tenant("other"));
        save_connection(desk.world.ops(), &request(&admin), partner, other).await.unwrap();
        tenant.release();
    };
    tokio::join!(desk.refused(recorded, "CONNECTION_CHANGED", save, right.clone()), meanwhile);
    tenant.inject(Fault::RateLimitedSeconds(30), Matching::any(), Lasting::Once);
    desk.refused(recorded, "HALO_RATE_LIMITED", save, right).await;

    // They need an address that may no longer be called, a Halo without a list of
    // subscriptions, hundreds of requests, a database that fails in between, very large records,
    // and a refused read.
    for (code, problem) in [
        ("ADDRESS_BLOCKED", ProblemKind::AddressBlocked),
        ("LICENSING_OFF", ProblemKind::LicensingOff),
        ("HALO_BUDGET_EXHAUSTED", ProblemKind::BudgetExhausted { retried: false }),
        ("REQUEST_NOT_SENT", ProblemKind::RequestNotSent { retried: false }),
        ("HALO_ANSWER_TOO_LARGE", ProblemKind::AnswerTooLarge),
        ("HALO_REQUEST_REFUSED", ProblemKind::RequestRefused { reason: "The search is too long.".into() }),
    ] {
        let problem = Problem::new(problem, desk.world.clock.now());
        let message = format!("{} {}", problem.message(), problem.remedy().unwrap());
        // Only another address helps against a blocked one.
        let like = if code == "ADDRESS_BLOCKED" { "NOT_A_HALO_ADDRESS" } else { "HALO_RATE_LIMITED" };
        recorded.refusal_like(like, code, &message);
    }
}

/// What only another connection can cause, and nothing of it is a mock.
pub async fn is_refused(recorded: &mut Recorded) {
    let desk = Desk::start(&[("Alder", 3)]).await;
    desk.ask(&desk.admin(), "SaveConnection", json!({ "input": desk.details() })).await;
    desk.refused(recorded, "NO_ASSOCIATIONS", "SyncNow", json!({})).await;
    let run = desk.world.map(&["Alder"]).await.run.unwrap();
    desk.world.work(run).await;
    let other = desk.world.sandbox.tenant("other");
    let details = json!({
        "url": other.url(), "applicationClientId": other.client_id(), "clientSecret": other.client_secret(),
    });
    desk.refused(recorded, "TENANT_CHANGED", "SaveConnection", details).await;
    let empty = json!({ "nightStart": "02:00", "nightEnd": "02:00" });
    desk.refused(recorded, "INVALID", "UpdateSyncSettings", empty).await;
}
