//! The probe of a real tenant, against the sandbox: a well-behaved tenant refutes nothing, each
//! statement can be refuted, and neither output nor report names a customer or a secret.

use std::collections::BTreeSet;

use infima_halo::app::probe::{self, CHECKS, ProbeReport, ProbeWrites, Verdict};
use infima_halo::clock::Clock;
use infima_halo::config::{ProbeConfig, Variables};
use infima_halo::ids::HaloCustomerId;
use infima_halo::sandbox::{
    Act, Call, CustomerSeed, Effect, Fault, Lasting, Matching, Sandbox, SandboxOptions, SubscriptionSeed, Tenant,
    TenantSeed,
};
use secrecy::SecretString;

use crate::support::program::{program, run};

const PLANTED: &str = "Plantedname";

async fn tenant() -> (Sandbox, Tenant) {
    let training = |count| SubscriptionSeed::new(&format!("{PLANTED} backup"), "Datto", count, 3.0, 2.0);
    let customers = vec![
        CustomerSeed::named(format!("{PLANTED} Logistics")).with([training(4), training(5)]).invoiced(),
        CustomerSeed::named(format!("{PLANTED} Dental")).with([training(6)]).invoiced(),
        CustomerSeed::named(format!("{PLANTED} School")),
        CustomerSeed::named(format!("{PLANTED} (old)")).inactive(),
    ];
    let seed = TenantSeed { customers, ..TenantSeed::empty("acme") };
    let sandbox = Sandbox::start(SandboxOptions { dir: None, clock: Clock::system() }, vec![seed]).await.unwrap();
    let tenant = sandbox.tenant("acme");
    let id = tenant.subscriptions()[1].id;
    tenant.act(Act::SetSubscriptionActive { id, active: false }).unwrap();
    (sandbox, tenant)
}

async fn probe(tenant: &Tenant, writes: bool) -> ProbeReport {
    let address = format!("127.0.0.1:{}", tenant.port());
    let variables =
        Variables::from([("INFIMA_ENV", "development"), ("INFIMA_HALO_DEVELOPMENT_ADDRESSES", address.as_str())]);
    let config = ProbeConfig::read(&variables).unwrap();
    let secret = SecretString::from(tenant.client_secret());
    let session = probe::session(&config, &tenant.url(), &tenant.client_id(), &secret).unwrap();
    let report = session.probe_reads().await;
    if !writes {
        return report;
    }
    let customer = HaloCustomerId(tenant.customers()[2].id);
    let writes = ProbeWrites { customer, name: "INFIMA probe".into(), marker: "infima-probe-1".into() };
    session.probe_writes(report, &writes).await.0
}

#[tokio::test]
async fn well_behaved_tenant_refutes_nothing() {
    let (_sandbox, tenant) = tenant().await;
    let report = probe(&tenant, true).await;
    // 100 customers are more than this tenant has; everything else can be tested.
    for check in CHECKS.iter().filter(|check| check.id != "customers.page-cap") {
        assert!(matches!(report.verdict(check.id), Verdict::Holds { .. }), "{}:\n{report}", check.id);
    }
}

#[tokio::test]
async fn probe_without_writes_changes_nothing() {
    let (_sandbox, tenant) = tenant().await;
    let before = (tenant.subscriptions(), tenant.customers().len(), tenant.invoices());
    probe(&tenant, false).await;
    assert_eq!((tenant.subscriptions(), tenant.customers().len(), tenant.invoices()), before);
    let reads = |call: Call| !matches!(call, Call::Create | Call::Update | Call::Delete);
    assert!(tenant.journal().iter().all(|entry| reads(entry.call)));
}

#[tokio::test]
async fn probe_with_writes_leaves_one_subscription_with_quantity_zero() {
    let (_sandbox, tenant) = tenant().await;
    let before = tenant.subscriptions();
    probe(&tenant, true).await;
    let after = tenant.subscriptions();
    let [known @ .., created] = after.as_slice() else { panic!("nothing was created") };
    assert_eq!(known, before, "no other subscription changed");
    assert_eq!((created.name.as_str(), created.count), ("INFIMA probe", 0.0));
    let effects = tenant.journal().into_iter().flat_map(|entry| entry.effects);
    let written: Vec<_> = effects.filter(|effect| !matches!(effect, Effect::TokenIssued)).collect();
    assert_eq!(written.len(), 4, "one create and three quantities: {written:?}");
}

/// The faults that refute each statement. Those of `unfamiliar` are refuted by a setting of the
/// tenant.
fn refutations() -> Vec<(&'static str, Fault, Matching)> {
    use Fault::*;
    let call = Matching::call;
    vec![
        ("discovery.authinfo", DiscoveryWithoutTenant, call(Call::Discovery)),
        ("discovery.auth-url", AuthUrlElsewhere, call(Call::Discovery)),
        ("discovery.instance-info", HtmlOk, call(Call::InstanceInfo)),
        ("token.address", TokenAtRoot, call(Call::Token)),
        ("token.answer", TokenLifetimeAsText, call(Call::Token)),
        ("token.scopes", TokenWithoutScope, call(Call::Token)),
        ("token.tenant", TenantNeeded, call(Call::Token)),
        ("token.wrong-secret", BadGateway, call(Call::Token).nth(3)),
        ("token.unknown-scope", BadGateway, call(Call::Token).nth(4)),
        ("token.ungranted-scope", BadGateway, call(Call::Token).nth(5)),
        ("token.no-scope", BadGateway, call(Call::Token).nth(6)),
        ("paths.case", Forbidden, call(Call::CustomerList).nth(2)),
        ("customers.envelope", BareArray, call(Call::CustomerList)),
        ("customers.paging", RepeatedPage, call(Call::CustomerList)),
        ("customers.record-count", CountOfPage, call(Call::CustomerList)),
        ("customers.inactive", InactiveListed, call(Call::CustomerList)),
        ("customers.search", SearchMindsCase, call(Call::CustomerList)),
        ("customers.record", SingleAsArray, call(Call::CustomerSingle)),
        ("customers.unknown-id", GoneAsEmpty, call(Call::CustomerSingle)),
        ("answers.sizes", LargeLogos, call(Call::CustomerList)),
        ("licences.read", EditDoesNotRead, call(Call::SubscriptionList)),
        ("licences.envelope", BareArray, call(Call::SubscriptionList)),
        ("licences.count", CountAsFraction, call(Call::SubscriptionList)),
        ("licences.inactive", InactiveListed, call(Call::SubscriptionList)),
        ("licences.filter", EmptyList, call(Call::SubscriptionList).nth(3)),
        ("licences.unknown-parameter", EmptyList, call(Call::SubscriptionList).nth(4)),
        ("licences.record", SingleAsArray, call(Call::SubscriptionSingle)),
        ("licences.unknown-id", GoneAsNull, call(Call::SubscriptionSingle)),
        ("licences.bad-id", ServerErrorBefore, call(Call::SubscriptionSingle).nth(2)),
        ("licences.changes", WrongShape, call(Call::ChangeList)),
        ("invoices.read", Unauthorized, call(Call::InvoiceList)),
        ("invoices.envelope", BareArray, call(Call::InvoiceList)),
        ("invoices.lines", InvoiceLinesEmpty, call(Call::InvoiceList)),
        ("limits.rate", RateLimitedSeconds(7), call(Call::CustomerList)),
        ("answers.latency", CutBefore, call(Call::CustomerList)),
        ("write.create", RefusedAsText, call(Call::Create)),
        ("write.answer", AnswerAsArray, call(Call::Create)),
        ("write.stored", CountAsFraction, call(Call::SubscriptionSingle)),
        ("write.active", StartsInactive, call(Call::Create)),
        ("write.marker", MarkerNotKept, call(Call::Create)),
        ("write.listed", EmptyList, call(Call::SubscriptionList)),
        ("write.merge", ReplacesOnUpdate, call(Call::Update)),
        ("write.zero", ZeroDeactivates, call(Call::Update)),
    ]
}

const UNFAMILIAR: [&str; 6] =
    ["customers.row", "customers.order", "licences.types", "invoices.ids", "invoices.links", "limits.headers"];

#[tokio::test]
async fn each_statement_is_refuted_by_a_tenant_that_differs() {
    let mut refuted = BTreeSet::from(["customers.page-cap"]);
    for (id, fault, matching) in refutations() {
        let (_sandbox, tenant) = tenant().await;
        let lasting = if matching.nth > 1 { Lasting::Once } else { Lasting::Sticky };
        tenant.inject(fault, matching, lasting);
        let report = probe(&tenant, id.starts_with("write.")).await;
        assert!(matches!(report.verdict(id), Verdict::Refuted { .. }), "{id} by {fault:?}:\n{report}");
        assert!(!report.to_string().contains(PLANTED), "{report}");
        refuted.insert(id);
    }
    let (_sandbox, tenant) = tenant().await;
    tenant.configure(|settings| settings.unfamiliar = true);
    let report = probe(&tenant, false).await;
    for id in UNFAMILIAR {
        assert!(matches!(report.verdict(id), Verdict::Refuted { .. }), "{id}:\n{report}");
        refuted.insert(id);
    }
    let all: BTreeSet<_> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(refuted, all, "each check is refuted once");
}

#[tokio::test]
async fn page_of_more_than_100_rows_refutes_the_page_cap() -> anyhow::Result<()> {
    let customers = (0..120).map(|number| format!("{PLANTED} {number}"));
    let seed = TenantSeed::with_customers("acme", customers);
    let sandbox = Sandbox::start(SandboxOptions { dir: None, clock: Clock::system() }, vec![seed]).await?;
    let tenant = sandbox.tenant("acme");
    let report = probe(&tenant, false).await;
    assert!(matches!(report.verdict("customers.page-cap"), Verdict::Holds { .. }), "{report}");
    tenant.configure(|settings| settings.page_cap = 1000);
    let report = probe(&tenant, false).await;
    assert!(matches!(report.verdict("customers.page-cap"), Verdict::Refuted { .. }), "{report}");
    Ok(())
}

#[test]
fn api_notes_name_each_check_and_no_other() {
    let notes = include_str!("../../docs/halo-api.md");
    let named: BTreeSet<&str> = notes
        .split("probe:")
        .skip(1)
        .flat_map(|after| after.split(')').next().unwrap_or_default().split(','))
        .map(|id| id.trim().trim_matches('`'))
        .collect();
    let all: BTreeSet<_> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(named, all);
}

#[tokio::test]
async fn output_and_report_name_no_customer_and_no_secret() -> anyhow::Result<()> {
    let (_sandbox, tenant) = tenant().await;
    let folder = crate::support::data_dir::make("probe-output").await;
    let (secret, report) = (folder.join("secret"), folder.join("report.txt"));
    std::fs::write(&secret, tenant.client_secret() + "\n")?;
    let customer = tenant.customers()[2].id.to_string();
    let (url, id) = (tenant.url(), tenant.client_id());
    let mut command =
        program(&["probe", "--url", &url, "--client-id", &id, "--write", "--customer", &customer, "--yes"]);
    command.arg("--secret-file").arg(&secret).arg("--report").arg(&report);
    command.env("INFIMA_ENV", "development").env("INFIMA_LOG", "trace");
    command.env("INFIMA_HALO_DEVELOPMENT_ADDRESSES", format!("127.0.0.1:{}", tenant.port()));
    let ended = run(&mut command).await;
    assert!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("It creates the subscription \"INFIMA probe "), "{}", ended.stdout);
    let shared = std::fs::read_to_string(&report)?;
    assert!(shared.contains("holds         write.zero"), "{shared}");
    for text in [&ended.stdout, &ended.stderr, &shared] {
        assert!(!text.contains(PLANTED), "{text}");
        assert!(!text.contains(&tenant.client_secret()) && !text.contains("eyJ"), "{text}");
    }
    assert!(
        !shared.contains(&tenant.client_id()) && !shared.contains("127.0.0.1") && !shared.contains("acme"),
        "{shared}"
    );
    Ok(())
}

#[tokio::test]
async fn writes_without_confirmation_send_nothing() -> anyhow::Result<()> {
    let (_sandbox, tenant) = tenant().await;
    let before = tenant.journal().len();
    let folder = crate::support::data_dir::make("probe-confirm").await;
    let secret = folder.join("secret");
    std::fs::write(&secret, tenant.client_secret())?;
    let (url, id) = (tenant.url(), tenant.client_id());
    let mut command = program(&["probe", "--url", &url, "--client-id", &id, "--write", "--customer", "43"]);
    command.arg("--secret-file").arg(&secret).env("INFIMA_ENV", "development");
    command.env("INFIMA_HALO_DEVELOPMENT_ADDRESSES", format!("127.0.0.1:{}", tenant.port()));
    let ended = run(&mut command).await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("nothing was sent to Halo, because you did not type yes"), "{}", ended.stderr);
    assert_eq!(tenant.journal().len(), before);
    Ok(())
}
