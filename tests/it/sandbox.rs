//! The sandbox answers as Halo's API notes say Halo does. Plain HTTP only: nothing of `halo/` is
//! used here.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::{DateTime, Duration, TimeZone, Utc};
use infima_halo::{
    clock::Clock,
    sandbox::{
        Act, AgentLevels, Call, Effect, Fault, Lasting, Level, Matching, RetryAfter, Sandbox, SandboxOptions, Tenant,
        TenantSeed,
    },
};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

const SCOPES: &str = "read:customers read:invoices edit:softwarelicensing";

fn at_night() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 2, 0, 0).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "these tests call the sandbox as a foreign client would")]
fn http() -> reqwest::Client {
    // The second caller finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // No TLS here; reading the system's certificates for each client takes longer than the tests.
    reqwest::Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// A tenant in memory with a clock that stands still.
async fn tenant_of(seed: TenantSeed) -> (Sandbox, Tenant, Clock) {
    let clock = Clock::manual(at_night());
    let name = seed.name.clone();
    let options = SandboxOptions { dir: None, clock: clock.clone() };
    let sandbox = Sandbox::start(options, vec![seed]).await.unwrap();
    let tenant = sandbox.tenant(&name);
    (sandbox, tenant, clock)
}

async fn small_tenant() -> (Sandbox, Tenant, Clock) {
    tenant_of(TenantSeed::with_customers("acme", ["Acme Ltd", "Bravo GmbH", "acme holdings"])).await
}

struct Answer {
    status: u16,
    headers: header::HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {:?}", self.text))
    }
}

/// A stranger with a token.
struct Caller {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Caller {
    async fn new(tenant: &Tenant) -> Caller {
        let answer = ask_token(tenant, &tenant.client_secret(), Some(SCOPES)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        Caller { http: http(), base: tenant.url(), token }
    }

    async fn try_send(&self, method: Method, path: &str, body: Option<Value>) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        read(request.send().await?).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.try_send(Method::GET, path, None).await.unwrap()
    }

    async fn post(&self, body: Value) -> Answer {
        self.try_send(Method::POST, "/api/SoftwareLicence", Some(body)).await.unwrap()
    }

    async fn create(&self, client_id: i32, count: u32) -> Answer {
        let body = json!([{ "client_id": client_id, "name": "Training", "type": 1, "count": count, "vendor": "INFIMA",
                            "product_sku": "marker-1", "something_else": true }]);
        self.post(body).await
    }

    async fn ids(&self, path: &str, key: &str) -> Vec<i64> {
        self.get(path).await.json()[key].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }
}

async fn read(response: reqwest::Response) -> reqwest::Result<Answer> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}

async fn ask_token(tenant: &Tenant, secret: &str, scope: Option<&str>) -> Answer {
    let id = tenant.client_id();
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", secret)];
    form.extend(scope.map(|scope| ("scope", scope)));
    read(http().post(format!("{}/auth/token", tenant.url())).form(&form).send().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn discovery_needs_no_token_and_paths_ignore_case() -> anyhow::Result<()> {
    let (_sandbox, tenant, _) = small_tenant().await;
    for path in ["/api/authinfo", "/API/AuthInfo"] {
        let found = read(http().get(tenant.url() + path).send().await?).await?.json();
        assert_eq!(found["auth_url"], format!("{}/auth", tenant.url()));
        assert_eq!(found["tenant_id"], "acme");
    }
    let caller = Caller::new(&tenant).await;
    for path in ["/api/client", "/api/Client", "/api/CLIENT/"] {
        assert_eq!(caller.get(path).await.status, 200);
    }
    assert_eq!(caller.get("/api/Nothing").await.status, 404);
    assert_eq!(caller.try_send(Method::PUT, "/api/SoftwareLicence/1", Some(json!({}))).await?.status, 405);
    Ok(())
}

#[tokio::test]
async fn token_endpoint_refuses_like_openiddict() -> anyhow::Result<()> {
    let (_sandbox, tenant, _) = small_tenant().await;
    let (id, secret) = (tenant.client_id(), tenant.client_secret());
    let address = tenant.url() + "/auth/token";

    let good = ask_token(&tenant, &secret, Some(SCOPES)).await.json();
    assert_eq!((&good["token_type"], &good["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(good["scope"], SCOPES);

    let as_json = json!({ "grant_type": "client_credentials", "client_id": id, "client_secret": secret });
    let answer = read(http().post(&address).json(&as_json).send().await?).await?;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")));

    let answer = ask_token(&tenant, "wrong", Some(SCOPES)).await;
    assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("invalid_client")));
    let answer = ask_token(&tenant, &secret, Some("read:customer")).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_scope")));

    let form = [("grant_type", "client_credentials"), ("scope", SCOPES)];
    for (tenant_name, status) in [("acme", 200), ("ACME", 200), ("other", 500)] {
        let asked = http().post(format!("{address}?tenant={tenant_name}")).basic_auth(&id, Some(&secret)).form(&form);
        assert_eq!(read(asked.send().await?).await?.status, status, "{tenant_name}");
    }
    let shown = serde_json::to_string(&tenant.journal())?;
    assert!(!shown.contains(&secret) && !shown.contains(good["access_token"].as_str().unwrap()));
    Ok(())
}

#[tokio::test]
async fn token_without_scope_permits_nothing() {
    let (_sandbox, tenant, _) = small_tenant().await;
    let answer = ask_token(&tenant, &tenant.client_secret(), None).await.json();
    assert_eq!(answer["scope"], Value::Null);
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let caller = Caller { token, ..Caller::new(&tenant).await };
    let refused = caller.get("/api/Client").await;
    assert_eq!((refused.status, refused.text.as_str()), (401, ""));
}

#[tokio::test]
async fn removed_secret_application_or_agent_look_the_same() -> anyhow::Result<()> {
    let mut answers = BTreeSet::new();
    for act in [Act::RotateSecret, Act::DeleteApplication, Act::DeleteAgent] {
        let (_sandbox, tenant, _) = small_tenant().await;
        let caller = Caller::new(&tenant).await;
        let secret = tenant.client_secret();
        tenant.act(act)?;
        let (token, read) = (ask_token(&tenant, &secret, Some(SCOPES)).await, caller.get("/api/Client").await);
        answers.insert((token.status, token.text, read.status, read.text));
        tenant.act(Act::RestoreAccess)?;
        assert_eq!(Caller::new(&tenant).await.get("/api/Client").await.status, 200);
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers.first().map(|(status, ..)| *status), Some(401));
    Ok(())
}

#[tokio::test]
async fn permission_is_intersection_of_scopes_and_agent() -> anyhow::Result<()> {
    let (_sandbox, tenant, _) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    let id = caller.create(41, 3).await.json()["id"].as_i64().unwrap();

    tenant.act(Act::SetAgentLevels(AgentLevels {
        customers: Level::Read,
        licensing: Level::Read,
        invoices: Level::None,
    }))?;
    for (path, status) in [
        ("/api/Client".to_owned(), 200),
        (format!("/api/SoftwareLicence/{id}"), 200),
        ("/api/RecurringInvoice".into(), 403),
        ("/api/RecurringInvoice/-94".into(), 401),
    ] {
        let answer = caller.get(&path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(status == 200 || answer.text.is_empty());
    }
    let write = caller.post(json!([{ "id": id, "count": 9 }])).await;
    assert_eq!((write.status, write.text.as_str()), (403, ""));

    tenant.act(Act::SetScopes { scopes: vec!["read:customers".into()] })?;
    let narrower = ask_token(&tenant, &tenant.client_secret(), Some(SCOPES)).await;
    assert_eq!(narrower.json()["scope"], "read:customers");
    let narrow = Caller::new(&tenant).await;
    assert_eq!(narrow.get("/api/Client").await.status, 200);
    assert_eq!(narrow.get("/api/SoftwareLicence").await.status, 403);

    for (fault, error) in
        [(Fault::ScopeAsInvalidScope, "invalid_scope"), (Fault::ScopeAsInvalidRequest, "invalid_request")]
    {
        tenant.inject(fault, Matching::any(), Lasting::Once);
        let refused = ask_token(&tenant, &tenant.client_secret(), Some(SCOPES)).await;
        assert_eq!((refused.status, &refused.json()["error"]), (400, &json!(error)));
    }
    tenant.act(Act::SwitchLicensing { on: false })?;
    assert_eq!(caller.get("/api/SoftwareLicence").await.status, 403);
    Ok(())
}

#[tokio::test]
async fn paging_requires_pageinate_and_is_capped() {
    let names = (0..250).map(|n| format!("Customer {n:03}"));
    let (_sandbox, tenant, _) = tenant_of(TenantSeed::with_customers("acme", names)).await;
    let caller = Caller::new(&tenant).await;

    assert_eq!(caller.ids("/api/Client", "clients").await.len(), 50);
    assert_eq!(caller.ids("/api/Client?count=200", "clients").await.len(), 200);
    assert_eq!(caller.ids("/api/Client?paginate=true&page_size=10&page_no=3", "clients").await.len(), 50);
    let page = caller.get("/api/Client?pageinate=true&page_size=500&page_no=1&order=id").await.json();
    assert_eq!((&page["record_count"], page["clients"].as_array().unwrap().len()), (&json!(250), 100));
    let mut all = BTreeSet::new();
    for page_no in 1..=4 {
        let path = format!("/api/Client?pageinate=true&page_size=100&page_no={page_no}&order=id&nonsense=7");
        all.extend(caller.ids(&path, "clients").await);
    }
    assert_eq!(all.len(), 250);
    let backwards = caller.ids("/api/Client?order=id&orderdesc=true&count=2", "clients").await;
    assert_eq!(backwards, [290, 289]);
    assert_eq!(caller.get("/api/Client?pageinate=yes").await.status, 400);
}

#[tokio::test]
async fn customer_search_omits_inactive_by_default() -> anyhow::Result<()> {
    let (_sandbox, tenant, _) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    assert_eq!(caller.ids("/api/Client?search=ACME", "clients").await, [43, 41]);
    tenant.act(Act::SetCustomerActive { id: 43, active: false })?;
    assert_eq!(caller.ids("/api/Client?search=acme", "clients").await, [41]);
    assert_eq!(caller.ids("/api/Client?search=acme&includeinactive=true&order=id", "clients").await, [41, 43]);
    tenant.act(Act::MergeCustomer { id: 42, into: 41 })?;
    assert_eq!(caller.get("/api/Client/42").await.status, 404);
    assert_eq!(caller.get("/api/Client/41?includedetails=true").await.json()["name"], "Acme Ltd");
    assert_eq!(caller.get("/api/Client/me").await.status, 401);
    Ok(())
}

#[tokio::test]
async fn subscription_is_created_merged_and_deleted() -> anyhow::Result<()> {
    let (_sandbox, tenant, _) = small_tenant().await;
    let caller = Caller::new(&tenant).await;

    let made = caller.create(41, 17).await;
    assert_eq!(made.status, 201);
    assert!(made.text.contains("\"count\":17.0"), "a double, as in current builds: {}", made.text);
    let made = made.json();
    let id = i32::try_from(made["id"].as_i64().unwrap()).unwrap();
    assert_eq!(
        (&made["type"], &made["product_sku"], &made["end_date"]),
        (&json!(1), &json!("marker-1"), &json!("1901-01-01T00:00:00"))
    );

    tenant.act(Act::RenameSubscription { id, name: "Ours".into() })?;
    tenant.act(Act::RepriceSubscription { id, price: 2.5, cost: 1.0 })?;
    let merged = caller.post(json!([{ "id": id, "client_id": 41, "count": 18 }])).await;
    assert_eq!(merged.status, 201);
    let merged = merged.json();
    assert_eq!((&merged["name"], &merged["price"], &merged["count"]), (&json!("Ours"), &json!(2.5), &json!(18.0)));

    // The trap: a client_id that is not the current one moves the record.
    caller.post(json!([{ "id": id, "client_id": 42, "count": 18 }])).await;
    assert_eq!(caller.ids("/api/SoftwareLicence?client_id=42", "licences").await, [i64::from(id)]);
    // The second trap: a misspelt parameter is ignored.
    assert_eq!(caller.ids("/api/SoftwareLicence?clientid=41", "licences").await, [i64::from(id)]);

    let changes = caller.get(&format!("/api/LicenceChange?licence_id={id}&order=id")).await.json();
    let counts = changes["changes"].as_array().unwrap().iter().filter(|row| row["field_name"] == "count");
    assert_eq!(counts.map(|row| row["new_value"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), ["17", "18"]);

    let deleted = caller.try_send(Method::DELETE, &format!("/api/SoftwareLicence/{id}"), None).await?;
    assert_eq!((deleted.status, deleted.json()), (200, json!({ "id": id })));
    assert_eq!(caller.get(&format!("/api/SoftwareLicence/{id}")).await.status, 404);
    assert_eq!(caller.post(json!([{ "id": id, "count": 1 }])).await.status, 404);
    let effects: Vec<Effect> = tenant.journal().into_iter().flat_map(|entry| entry.effects).collect();
    assert!(effects.contains(&Effect::Created { id, client_id: 41, count: 17.0 }));
    assert!(effects.contains(&Effect::Updated { id, client_id: 41, from: 17.0, to: 18.0 }));
    assert!(effects.contains(&Effect::Deleted { id }));
    Ok(())
}

#[tokio::test]
async fn bad_request_gets_a_dotnet_response() -> anyhow::Result<()> {
    let (_sandbox, tenant, _) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    let bare = caller.post(json!({ "client_id": 41, "name": "x", "count": 1 })).await;
    assert_eq!((bare.status, bare.json().is_object()), (400, true));
    let probe = caller.get("/api/SoftwareLicence/probe").await;
    assert_eq!((probe.status, probe.json()), (400, json!({ "id": ["The value 'probe' is not valid."] })));
    let words = caller.post(json!([{ "client_id": 41, "name": "x", "count": "many" }])).await;
    assert!(words.status == 400 && words.json()["[0].count"].is_array(), "{}", words.text);
    assert_eq!(caller.post(json!([{ "client_id": 999, "name": "x", "count": 1 }])).await.status, 400);
    let form = http().post(tenant.url() + "/api/SoftwareLicence").bearer_auth(&caller.token).form(&[("a", "b")]);
    assert_eq!(form.send().await?.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(tenant.subscriptions().is_empty());
    Ok(())
}

#[tokio::test]
async fn recurring_invoice_has_negative_id_and_names_subscription() -> anyhow::Result<()> {
    let (_sandbox, tenant, _) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    let id = i32::try_from(caller.create(41, 17).await.json()["id"].as_i64().unwrap()).unwrap();
    let invoice = tenant.act(Act::PutOnInvoice { id })?;
    assert!(invoice < 0);

    let list = caller.get("/api/RecurringInvoice?pageinate=true&page_size=10").await.json();
    assert_eq!((&list["invoices"][0]["id"], &list["invoices"][0]["lines"]), (&json!(invoice), &Value::Null));
    let whole = caller.get(&format!("/api/RecurringInvoice/{invoice}?includedetails=true")).await.json();
    let line = &whole["lines"][0];
    assert_eq!((&line["quantity_subscriptions"][0]["licence_id"], &line["qty_order"]), (&json!(id), &json!(17.0)));
    let listed = caller.get("/api/RecurringInvoice?includelines=true").await.json();
    assert_eq!(listed["invoices"][0]["lines"][0]["quantity_subscriptions"][0]["licence_id"], json!(id));
    Ok(())
}

#[tokio::test]
async fn rate_limit_window_follows_the_clock() {
    let (_sandbox, tenant, clock) = small_tenant().await;
    tenant.configure(|settings| settings.rate_limit = 3);
    let caller = Caller::new(&tenant).await;
    for _ in 0..2 {
        assert_eq!(caller.get("/api/Client").await.status, 200);
    }
    let limited = caller.get("/api/Client").await;
    assert_eq!(limited.status, 429);
    assert!(limited.text.starts_with("Rate Limit Reached - 3 Requests per rolling 5 minute window"));
    assert!(!limited.headers.contains_key(header::RETRY_AFTER));
    clock.advance(Duration::seconds(299));
    tenant.configure(|settings| settings.retry_after = RetryAfter::Seconds);
    assert_eq!(caller.get("/api/Client").await.headers[header::RETRY_AFTER], "1");
    clock.advance(Duration::seconds(1));
    assert_eq!(caller.get("/api/Client").await.status, 200);
}

#[tokio::test]
async fn token_expires_on_time_or_when_revoked() {
    let (_sandbox, tenant, clock) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    clock.advance(Duration::seconds(3599));
    assert_eq!(caller.get("/api/Client").await.status, 200);
    clock.advance(Duration::seconds(1));
    assert_eq!(caller.get("/api/Client").await.status, 401);
    tenant.inject(Fault::TokenDiesAfter(0), Matching::any(), Lasting::Once);
    assert_eq!(Caller::new(&tenant).await.get("/api/Client").await.status, 401);
    tenant.inject(Fault::TokenLifetimeAsText, Matching::any(), Lasting::Once);
    assert_eq!(ask_token(&tenant, &tenant.client_secret(), Some(SCOPES)).await.json()["expires_in"], "3600");
}

#[tokio::test]
async fn create_may_succeed_after_a_failed_response() {
    for (fault, status) in [
        (Fault::ServerErrorAfter, Some(500)),
        (Fault::GatewayTimeoutAfter, Some(504)),
        (Fault::CutAfter, None),
        (Fault::CutHalfway, None),
        (Fault::TruncatedJson, Some(201)),
        (Fault::AnswerEmpty, Some(201)),
    ] {
        let (_sandbox, tenant, _) = small_tenant().await;
        let caller = Caller::new(&tenant).await;
        tenant.inject(fault, Matching::call(Call::Create), Lasting::Once);
        let body = json!([{ "client_id": 41, "name": "Training", "count": 5 }]);
        let answer = caller.try_send(Method::POST, "/api/SoftwareLicence", Some(body)).await.ok();
        assert_eq!(answer.map(|answer| answer.status), status, "{fault:?}");
        assert_eq!(tenant.subscriptions().len(), 1, "{fault:?}");
    }
    for fault in [Fault::ServerErrorBefore, Fault::GatewayTimeoutBefore, Fault::CutBefore, Fault::HtmlOk] {
        let (_sandbox, tenant, _) = small_tenant().await;
        let caller = Caller::new(&tenant).await;
        tenant.inject(fault, Matching::call(Call::Create), Lasting::Once);
        let body = json!([{ "client_id": 41, "name": "Training", "count": 5 }]);
        let _ = caller.try_send(Method::POST, "/api/SoftwareLicence", Some(body)).await;
        assert!(tenant.subscriptions().is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn create_may_appear_late() {
    let (_sandbox, tenant, clock) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    tenant.inject(Fault::AppearsAfterLook, Matching::any(), Lasting::Once);
    tenant.inject(Fault::AppearsAfterSeconds(60), Matching::call(Call::Create).nth(2), Lasting::Once);
    assert_eq!(caller.create(41, 5).await.status, 504);
    assert_eq!(caller.create(42, 5).await.status, 504);
    assert_eq!(caller.ids("/api/SoftwareLicence?client_id=41", "licences").await.len(), 0);
    assert_eq!(caller.ids("/api/SoftwareLicence?client_id=41", "licences").await.len(), 1);
    assert_eq!(caller.ids("/api/SoftwareLicence?client_id=42", "licences").await.len(), 0);
    clock.advance(Duration::seconds(60));
    assert_eq!(caller.ids("/api/SoftwareLicence?client_id=42", "licences").await.len(), 1);
    assert_eq!(tenant.journal().iter().filter(|entry| entry.call == Call::Late).count(), 2);
}

#[tokio::test]
async fn held_request_completes_after_its_client_gave_up() {
    let (_sandbox, tenant, _) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    tenant.inject(Fault::HeldBefore, Matching::call(Call::Create), Lasting::Once);
    tokio::select! {
        _ = caller.create(41, 5) => panic!("answered though it was held"),
        () = tenant.until(|tenant| tenant.held() == 1) => {}
    }
    assert!(tenant.subscriptions().is_empty());
    tenant.release();
    tenant.until(|tenant| tenant.subscriptions().len() == 1).await;

    tenant.inject(Fault::HeldAfter, Matching::call(Call::Create), Lasting::Once);
    let release = async {
        tenant.until(|tenant| tenant.held() == 1).await;
        assert_eq!(tenant.subscriptions().len(), 2, "done before it is answered");
        tenant.release();
    };
    let (answer, ()) = tokio::join!(caller.create(41, 6), release);
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn deleted_record_response_is_configurable() -> anyhow::Result<()> {
    let (_sandbox, tenant, _) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    let id = caller.create(41, 5).await.json()["id"].as_i64().unwrap();
    let path = format!("/api/SoftwareLicence/{id}");
    let once = |fault| tenant.inject(fault, Matching::any(), Lasting::Once);

    for (fault, count) in [
        (Fault::CountAsInteger, "\"count\":5,"),
        (Fault::CountAsText, "\"count\":\"5\","),
        (Fault::CountAsFraction, "\"count\":5.5,"),
    ] {
        once(fault);
        assert!(caller.get(&path).await.text.contains(count), "{fault:?}");
    }
    once(Fault::AnswerAsArray);
    once(Fault::AnswerOk);
    let answer = caller.post(json!([{ "id": id, "count": 6 }])).await;
    assert_eq!((answer.status, &answer.json()[0]["count"]), (200, &json!(6.0)));

    once(Fault::ReplacesOnUpdate);
    assert_eq!(caller.post(json!([{ "id": id, "count": 7 }])).await.json()["name"], "");
    once(Fault::PartnerEditsMeanwhile);
    assert_eq!(caller.post(json!([{ "id": id, "count": 8 }])).await.json()["name"], " (edited)");
    once(Fault::ZeroDeactivates);
    assert_eq!(caller.post(json!([{ "id": id, "count": 0 }])).await.json()["is_active"], false);
    once(Fault::ZeroRefused);
    assert_eq!(caller.post(json!([{ "id": id, "count": 0 }])).await.status, 400);
    once(Fault::UnknownIdMakesRow);
    let other = caller.post(json!([{ "id": 7777, "client_id": 41, "name": "x", "count": 1 }])).await.json();
    assert!(other["id"] != 7777 && other["id"] != id);
    once(Fault::MarkerNotKept);
    assert_eq!(caller.create(42, 1).await.json()["product_sku"], "");

    tenant.act(Act::DeleteSubscription { id: i32::try_from(id)? })?;
    for (fault, status, text) in [
        (Fault::GoneAsEmpty, 200, ""),
        (Fault::GoneAsNull, 200, "null"),
        (Fault::GoneAsForbidden, 403, ""),
        (Fault::GoneAsBadRequest, 400, "\"Record not found\""),
    ] {
        once(fault);
        let answer = caller.get(&path).await;
        assert_eq!((answer.status, answer.text.as_str()), (status, text), "{fault:?}");
    }
    once(Fault::GoneAsDeleted);
    assert_eq!(caller.get(&path).await.json()["deleted"], true);
    assert_eq!(tenant.unconsumed_faults(), []);
    Ok(())
}

#[tokio::test]
async fn list_faults_falsify_lists() {
    let (_sandbox, tenant, _) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    let list = "/api/Client?pageinate=true&page_size=2&order=id&page_no=";
    let sticky = |fault| {
        tenant.clear_faults();
        tenant.inject(fault, Matching::call(Call::CustomerList), Lasting::Sticky);
    };
    sticky(Fault::EndlessPage);
    let (near, far) =
        (caller.ids(&format!("{list}1"), "clients").await, caller.ids(&format!("{list}99"), "clients").await);
    assert!(near.len() == 2 && far.len() == 2 && near != far);
    sticky(Fault::RepeatedPage);
    assert_eq!(caller.ids(&format!("{list}2"), "clients").await, [41, 42]);
    sticky(Fault::RowMissing(42));
    assert_eq!(caller.ids(&format!("{list}1"), "clients").await, [41, 43]);
    sticky(Fault::NoRecordCount);
    assert_eq!(caller.get(&format!("{list}1")).await.json()["record_count"], Value::Null);
    sticky(Fault::BareArray);
    assert_eq!(caller.get(&format!("{list}1")).await.json()[0]["id"], 41);
    assert_eq!(tenant.unconsumed_faults(), []);
}

/// Each fault of the catalogue reaches some request, and the tenant is whole again afterwards.
#[tokio::test]
async fn every_fault_is_used_by_a_test() {
    let (_sandbox, tenant, _) = small_tenant().await;
    tenant.configure(|settings| settings.rate_limit = 100_000);
    let id = Caller::new(&tenant).await.create(41, 5).await.json()["id"].as_i64().unwrap();
    for fault in Fault::all().filter(|fault| !matches!(fault, Fault::HeldBefore | Fault::HeldAfter)) {
        let caller = Caller::new(&tenant).await;
        tenant.inject(fault, Matching::any(), Lasting::Once);
        let _ = http().get(tenant.url() + "/api/authinfo").send().await;
        if tenant.unconsumed_faults().is_empty() {
            continue;
        }
        let _ = ask_token(&tenant, &tenant.client_secret(), Some(SCOPES)).await;
        for path in ["/api/Client", "/api/Client/41", "/api/SoftwareLicence", "/api/RecurringInvoice"] {
            caller.get(path).await;
        }
        for body in [json!({ "id": id, "count": 6 }), json!({ "client_id": 41, "name": "x", "count": 1 })] {
            caller.post(json!([body])).await;
        }
        assert_eq!(tenant.unconsumed_faults(), [], "nothing asked can show {fault:?}: {}", fault.meaning());
    }
    assert_eq!(Caller::new(&tenant).await.get("/api/Client").await.status, 200);
}

static DIRS: AtomicU32 = AtomicU32::new(0);

/// A directory that is removed when the test is over.
struct Dir(std::path::PathBuf);

impl Dir {
    fn new() -> Dir {
        let name = format!("halo-sandbox-{}-{}", std::process::id(), DIRS.fetch_add(1, Ordering::Relaxed));
        Dir(std::env::temp_dir().join(name))
    }

    async fn open(&self) -> std::io::Result<Sandbox> {
        let options = SandboxOptions { dir: Some(self.0.clone()), clock: Clock::manual(at_night()) };
        Sandbox::start(options, vec![TenantSeed::with_customers("acme", ["Acme Ltd"]), TenantSeed::other()]).await
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        // A leftover in the temporary directory harms no other test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn tenant_survives_a_kill() -> anyhow::Result<()> {
    let dir = Dir::new();
    let sandbox = dir.open().await?;
    let tenant = sandbox.tenant("acme");
    let caller = Caller::new(&tenant).await;
    let id = caller.create(41, 5).await.json()["id"].as_i64().unwrap();
    tenant.inject(Fault::CountAsText, Matching::any(), Lasting::Sticky);
    tenant.inject(Fault::AppearsAfterLook, Matching::any(), Lasting::Once);
    assert_eq!(caller.create(41, 7).await.status, 504);
    tenant.act(Act::AddCustomer { name: "東京".into() })?;
    let busy = dir.open().await.err().map(|refused| refused.kind());
    assert_eq!(busy, Some(std::io::ErrorKind::ResourceBusy), "two processes must not write the same tenant");
    drop(sandbox);

    // Half a line, as a kill in the middle of a write leaves it.
    let file = dir.0.join("acme.jsonl");
    let mut text = std::fs::read(&file)?;
    text.extend_from_slice(b"[{\"subscription\":{\"id\":9");
    std::fs::write(&file, text)?;

    let sandbox = dir.open().await?;
    let again = sandbox.tenant("acme");
    assert_eq!(again.url(), tenant.url());
    assert_eq!(again.client_secret(), tenant.client_secret());
    assert_eq!(again.customers().last().unwrap().name, "東京");
    let read = caller.get(&format!("/api/SoftwareLicence/{id}")).await;
    assert_eq!(read.json()["count"], "5", "the token and the armed fault are still there");
    caller.get("/api/SoftwareLicence").await;
    assert_eq!(again.subscriptions().len(), 2, "so is the create that was late");
    assert_eq!(again.journal().iter().filter(|entry| entry.call == Call::Create).count(), 2);
    assert!(sandbox.tenant("other").subscriptions().is_empty());
    sandbox.stop().await;
    dir.open().await?.stop().await;
    Ok(())
}

#[tokio::test]
async fn tenants_are_isolated() -> anyhow::Result<()> {
    let options = SandboxOptions { dir: None, clock: Clock::manual(at_night()) };
    let sandbox = Sandbox::start(options, vec![TenantSeed::northwind(), TenantSeed::other()]).await?;
    let (northwind, other) = (sandbox.tenant("northwind-msp"), sandbox.tenant("other"));
    let caller = Caller::new(&northwind).await;
    let stranger = Caller { base: other.url(), ..caller };
    assert_eq!(stranger.get("/api/Client").await.status, 401);
    assert_eq!(Caller::new(&other).await.ids("/api/Client", "clients").await.len(), 3);
    assert!(northwind.customer_named("Łódź Precision").id > 0);
    Ok(())
}

#[tokio::test]
async fn admin_actions_are_available_over_http() -> anyhow::Result<()> {
    let (_sandbox, tenant, _) = small_tenant().await;
    let caller = Caller::new(&tenant).await;
    let send = async |method: Method, path: &str, body: Value| caller.try_send(method, path, Some(body)).await.unwrap();
    let act = json!({ "act": "add_subscription", "client_id": 41, "name": "DNS", "vendor": "Other", "count": 4 });
    let id = send(Method::POST, "/sandbox/act", act).await.json()["id"].clone();
    send(Method::POST, "/sandbox/act", json!({ "act": "set_count", "id": id, "count": 6 })).await;
    let levels = json!({ "act": "set_agent_levels", "customers": "none", "licensing": "modify", "invoices": "read" });
    assert_eq!(send(Method::POST, "/sandbox/act", levels).await.status, 200);
    assert_eq!(caller.get("/api/Client").await.status, 403);
    let state = caller.get("/sandbox/state").await.json();
    let history = state["subscriptions"][0]["history"].as_array().unwrap();
    assert_eq!(history.iter().map(|step| step["count"].as_f64().unwrap()).collect::<Vec<_>>(), [4.0, 6.0]);
    assert!(!caller.get("/sandbox/state").await.text.contains(&tenant.client_secret()));

    let fault =
        json!({ "fault": { "appears_after_seconds": 5 }, "matching": { "client_id": 41 }, "lasting": "sticky" });
    assert_eq!(send(Method::POST, "/sandbox/faults", fault).await.status, 200);
    assert_eq!(tenant.unconsumed_faults(), [Fault::AppearsAfterSeconds(5)]);
    send(Method::DELETE, "/sandbox/faults", json!({})).await;
    assert_eq!(tenant.unconsumed_faults(), []);
    let unknown = send(Method::POST, "/sandbox/act", json!({ "act": "rename_customer", "id": 1, "name": "x" })).await;
    assert_eq!(unknown.status, 409);

    let journal = caller.get("/sandbox/journal?after=1").await.json();
    assert_eq!(journal[0]["no"], 2);
    let page = http().get(tenant.url()).send().await?;
    assert_eq!(page.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    // A page of another origin cannot call it: neither by a form nor by a name of its own.
    let form = http().post(tenant.url() + "/sandbox/act").form(&[("act", "rotate_secret")]);
    assert_eq!(form.send().await?.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let named = http().get(tenant.url() + "/sandbox/credentials").header(header::HOST, "attacker.example");
    assert_eq!(named.send().await?.status(), StatusCode::FORBIDDEN);
    Ok(())
}
