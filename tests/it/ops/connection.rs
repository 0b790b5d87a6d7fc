//! Connecting a Halo: what can be mistyped, or be missing in Halo. A refused save leaves nothing
//! behind.

use anyhow::Context;
use infima_halo::app::App;
use infima_halo::auth::{Denied, Role};
use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::connection::{CheckOutcome, CheckSubject, Connection, ConnectionState};
use infima_halo::domain::problem::ProblemCode;
use infima_halo::domain::run::RunState;
use infima_halo::ids::RunId;
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::check::{Diagnosis, check_connection};
use infima_halo::ops::connection::disconnect::disconnect;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::sync::nightly::{Selection, enqueue_nightly_syncs};
use infima_halo::ops::sync::request::request_sync;
use infima_halo::ops::{OpError, Request, UserErrorCode};
use infima_halo::sandbox::{Act, AgentLevels, Call, Fault, Lasting, Level, Matching};

use crate::support::halo_admin::{SUCCEEDED, refusal};
use crate::support::world::{World, details_of, request};

async fn save(world: &World, details: Details) -> Result<(Connection, Option<RunId>), OpError> {
    let admin = world.admin().await;
    save_connection(world.ops(), &request(&admin), world.partner().await, details).await
}

async fn check(world: &World, details: &Details) -> Result<Diagnosis, OpError> {
    let admin = world.admin().await;
    check_connection(world.ops(), &request(&admin), world.partner().await, details).await
}

/// The only error, as code and field.
fn only<T: std::fmt::Debug>(result: Result<T, OpError>) -> (UserErrorCode, String, String) {
    match result {
        Err(OpError::Refused(errors) | OpError::ChecksFailed { errors, .. }) if errors.len() == 1 => {
            let error = errors.into_iter().next().expect("there is one");
            (error.code, error.field.join("."), error.message)
        }
        other => panic!("this should have been refused for one reason: {other:?}"),
    }
}

#[tokio::test]
async fn invalid_halo_url_is_refused_with_advice() {
    let world = World::builder().build().await;
    for (typed, hint) in [
        ("", "Paste the address"),
        ("acme", "https://acme.halopsa.com"),
        ("htp://acme.halopsa.com", "not a web address"),
        ("http://acme.halopsa.com", "https"),
        ("https://acme.halopsa.com:8443", "Leave out :8443"),
        ("https://sam:secret@acme.halopsa.com", "user name"),
        ("https://10.0.0.7", "not on the public internet"),
        ("https://localhost/api", "not on the public internet"),
    ] {
        let (code, field, message) = only(save(&world, Details { url: Some(typed.into()), ..world.details() }).await);
        assert_eq!((code, field.as_str()), (UserErrorCode::HaloUrlInvalid, "url"), "{typed}");
        assert!(message.contains(hint), "{typed}: {message}");
        assert!(world.stored_connection().await.is_none(), "{typed}");
    }
    assert_eq!(world.mark(), 0, "Halo was not asked");
}

#[tokio::test]
async fn halo_url_is_reduced_to_its_origin() {
    for path in ["", "/", "/api", "/auth/", "/config/integrations?selid=17#api", "  "] {
        let world = World::builder().build().await;
        let url = format!("{}{path}", world.tenant.url());
        let (connection, run) =
            save(&world, Details { url: Some(url), ..world.details() }).await.expect("it is a Halo");
        assert_eq!(connection.url, world.tenant.url());
        assert_eq!((connection.tenant.0.as_str(), connection.state), ("northwind", ConnectionState::Connected));
        assert_eq!(run, None, "no client is associated");
    }
}

#[tokio::test]
async fn missing_details_are_reported_together() {
    let world = World::builder().build().await;
    let nothing = Details {
        url: Some(" ".into()),
        application_client_id: None,
        client_secret: Some(" ".into()),
        ..Details::default()
    };
    assert_eq!(
        refusal(save(&world, nothing).await),
        [UserErrorCode::HaloUrlInvalid, UserErrorCode::Required, UserErrorCode::ClientSecretRequired]
    );
    let long = Details {
        application_client_id: Some("x".repeat(501)),
        client_secret: Some("x".repeat(501).into()),
        ..world.details()
    };
    assert_eq!(refusal(save(&world, long).await), [UserErrorCode::TooLong, UserErrorCode::TooLong]);
}

#[tokio::test]
async fn wrong_and_swapped_credentials_are_refused_alike() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    let (id, secret) = (world.tenant.client_id(), world.tenant.client_secret());
    for (id, secret) in [(secret.as_str(), id.as_str()), (id.as_str(), "wrong"), ("wrong", secret.as_str())] {
        let details = Details {
            application_client_id: Some(id.into()),
            client_secret: Some(secret.to_owned().into()),
            ..world.details()
        };
        let (code, field, message) = only(save(&world, details).await);
        assert_eq!((code, field.as_str()), (UserErrorCode::CredentialsRejected, "clientSecret"));
        assert!(!message.contains(secret), "{message}");
        assert!(world.stored_connection().await.is_none());
    }
    // Copied text often has spaces around it.
    let padded = Details {
        application_client_id: Some(format!(" {id}\n")),
        client_secret: Some(format!("\t{secret} ").into()),
        ..world.details()
    };
    save(&world, padded).await?;
    assert_eq!(world.connection().await.application_client_id, id);
    Ok(())
}

#[tokio::test]
async fn missing_permission_is_named_as_in_the_guide() -> anyhow::Result<()> {
    let scopes = |names: &[&str]| Act::SetScopes { scopes: names.iter().map(|&name| name.into()).collect() };
    let levels =
        |customers, licensing| Act::SetAgentLevels(AgentLevels { customers, licensing, invoices: Level::Read });
    let world = World::builder().build().await;
    for (act, named) in [
        (scopes(&["read:invoices", "edit:softwarelicensing"]), "read:customers"),
        (scopes(&["read:customers", "read:invoices"]), "edit:softwarelicensing"),
        (levels(Level::None, Level::Modify), "Customers Access Level"),
        (levels(Level::Read, Level::None), "Software Licencing Access Level"),
        // Halo answers as for a missing level.
        (Act::SwitchLicensing { on: false }, "Software Licencing Access Level"),
    ] {
        world.tenant.act(act.clone())?;
        let (code, _, message) = only(save(&world, world.details()).await);
        assert_eq!(code, UserErrorCode::PermissionMissing, "{act:?}");
        assert!(message.contains(named), "{act:?}: {message}");
        assert!(world.stored_connection().await.is_none(), "{act:?}");
        world.tenant.act(scopes(&["read:customers", "read:invoices", "edit:softwarelicensing"]))?;
        world.tenant.act(levels(Level::Read, Level::Modify))?;
        world.tenant.act(Act::SwitchLicensing { on: true })?;
    }
    Ok(())
}

#[tokio::test]
async fn refused_save_names_everything_that_is_missing() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).build().await;
    let levels = AgentLevels { customers: Level::None, licensing: Level::None, invoices: Level::Read };
    world.tenant.act(Act::SetAgentLevels(levels))?;
    let Err(OpError::ChecksFailed { errors, .. }) = save(&world, world.details()).await else {
        panic!("two levels are missing")
    };
    let messages: Vec<_> = errors.iter().map(|error| error.message.as_str()).collect();
    assert_eq!(errors.len(), 2, "{messages:?}");
    assert!(messages[0].contains("Customers Access Level"), "{messages:?}");
    assert!(messages[1].contains("Software Licencing Access Level"), "{messages:?}");
    Ok(())
}

#[tokio::test]
async fn unreadable_invoices_and_empty_customers_only_warn() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    let scopes = vec!["read:customers".into(), "edit:softwarelicensing".into()];
    world.tenant.act(Act::SetScopes { scopes })?;
    let (connection, _) = save(&world, world.details()).await.expect("it works without");
    let outcome = |subject| {
        connection.checks.iter().find(|check| check.subject == subject).map(|check| (check.outcome, check.required))
    };
    assert_eq!(outcome(CheckSubject::ReadInvoices), Some((CheckOutcome::Warning, false)));
    assert_eq!(outcome(CheckSubject::AgentCustomers), Some((CheckOutcome::Warning, true)));
    assert_eq!(outcome(CheckSubject::EditSoftwareLicensing), Some((CheckOutcome::Unknown, true)));
    assert_eq!(outcome(CheckSubject::AgentUsers), Some((CheckOutcome::Unknown, false)));
    assert_eq!(connection.state, ConnectionState::Connected);
    Ok(())
}

#[tokio::test]
async fn unreachable_halo_differs_from_no_halo() {
    let world = World::builder().build().await;
    for (fault, code) in [
        (Fault::CutBefore, UserErrorCode::HaloUnreachable),
        (Fault::Maintenance, UserErrorCode::HaloUnavailable),
        (Fault::BadGateway, UserErrorCode::HaloUnavailable),
        (Fault::HtmlOk, UserErrorCode::NotAHaloAddress),
        (Fault::WrongShape, UserErrorCode::NotAHaloAddress),
        // No other address helps: it passes by itself.
        (Fault::RateLimitedSeconds(7), UserErrorCode::HaloRateLimited),
    ] {
        for call in [Call::Discovery, Call::InstanceInfo] {
            world.tenant.inject(fault, Matching::call(call), Lasting::Sticky);
        }
        let (found, field, _) = only(save(&world, world.details()).await);
        let at = if code == UserErrorCode::HaloRateLimited { "" } else { "url" };
        assert_eq!((found, field.as_str()), (code, at), "{fault:?}");
        assert!(world.stored_connection().await.is_none(), "{fault:?}");
        world.tenant.clear_faults();
        world.end_pauses().await;
    }
}

#[tokio::test]
async fn slow_halo_check_times_out() {
    let world = World::builder().customers(&["Alder"]).set("INFIMA_HALO_TIMEOUT_SECONDS", 1).build().await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::Token), Lasting::Sticky);
    assert_eq!(refusal(save(&world, world.details()).await), [UserErrorCode::HaloUnreachable]);
    assert!(world.stored_connection().await.is_none());
}

#[tokio::test]
async fn repeated_wrong_credentials_are_rate_limited() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    let wrong = Details { client_secret: Some("wrong".to_owned().into()), ..world.details() };
    for _ in 0..10 {
        let problem = check(&world, &wrong).await.expect("it may be tried").problem;
        assert_eq!(problem.map(|problem| problem.code()), Some(ProblemCode::CredentialsRejected));
    }
    let mark = world.mark();
    assert_eq!(refusal(check(&world, &wrong).await), [UserErrorCode::TooManyAttempts]);
    assert_eq!(refusal(save(&world, world.details()).await), [UserErrorCode::TooManyAttempts]);
    // Another process counts with this one.
    let (other, admin) = (App::build(&world.config, world.clock.clone(), 2).await?, world.admin().await);
    let again = check_connection(&other.ops, &request(&admin), world.partner().await, &wrong).await;
    assert_eq!(refusal(again), [UserErrorCode::TooManyAttempts]);
    assert_eq!(world.mark(), mark, "Halo is not asked");
    sqlx::query("update partners set connection_tests = array(select at - interval '1 minute' from unnest(connection_tests) at)")
        .execute(&world.owner)
        .await
        ?;
    check(&world, &wrong).await.expect("the minute is over");
    Ok(())
}

/// Any user may type any host. The checks of such a host count against that user alone.
#[tokio::test]
async fn typed_address_checks_leave_partner_budget_untouched() {
    let world = World::builder()
        .clients(&[("Alder", 3)])
        .set("INFIMA_HALO_REQUESTS", 40)
        .set("INFIMA_HALO_INTERACTIVE_RESERVE", 20)
        .connected()
        .build()
        .await;
    world.import_partner("stranger", &[]).await;
    let stranger = world.caller(Role::PartnerAdmin, Some("stranger")).await;
    let wrong = Details { client_secret: Some("wrong".to_owned().into()), ..world.details() };
    let try_it = async || {
        let id = world.partner_named("stranger").await;
        let diagnosis = check_connection(world.ops(), &request(&stranger), id, &wrong).await.expect("it may be tried");
        diagnosis.problem.expect("it is wrong").code()
    };
    let used = async || -> i32 {
        let used = "select cardinality(people) from halo_budgets where host = $1";
        let host = world.tenant.url().replace("http://", "");
        sqlx::query_scalar(used).bind(host).fetch_one(&world.owner).await.unwrap()
    };
    let before = used().await;
    for _ in 0..5 {
        assert_eq!(try_it().await, ProblemCode::CredentialsRejected);
    }
    assert_eq!(try_it().await, ProblemCode::BudgetExhausted, "ten of forty, two each");
    assert_eq!(used().await, before, "the partner's own budget is as it was");

    // Nor does a pause that Halo imposes on a stranger delay the partner's syncs.
    world.new_budget().await;
    world.tenant.inject(Fault::RateLimitedSeconds(300), Matching::call(Call::Token), Lasting::Once);
    assert_eq!(try_it().await, ProblemCode::RateLimited);
    let mark = world.mark();
    assert_eq!(try_it().await, ProblemCode::RateLimited);
    assert_eq!(world.mark(), mark, "the stranger waits");
    world.map(&["Alder"]).await;
    assert_eq!(world.look().await, Some(SUCCEEDED));
    // Once Halo has accepted the typed credentials, requests count as that Halo's own.
    let before = used().await;
    assert_eq!(check(&world, &world.details()).await.expect("it may be tried").problem, None);
    assert!(used().await > before);
}

/// The form and the check promise nothing that only a sync does.
#[tokio::test]
async fn typed_address_without_an_answer_promises_no_retry() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    for (fault, code) in [
        (Fault::CutBefore, ProblemCode::HaloUnreachable),
        (Fault::Maintenance, ProblemCode::HaloUnavailable),
        (Fault::RateLimitedSeconds(7), ProblemCode::RateLimited),
    ] {
        world.tenant.inject(fault, Matching::any(), Lasting::Sticky);
        let problem = check(&world, &world.details()).await?.problem.context("it does not work")?;
        assert_eq!(problem.code(), code, "{fault:?}");
        assert!(!problem.message().contains("itself"), "{}", problem.message());
        assert!(problem.remedy().is_some_and(|it| it.contains("try again") || it.contains("Try again")), "{problem:?}");
        world.tenant.clear_faults();
        world.end_pauses().await;
    }
    Ok(())
}

#[tokio::test]
async fn changed_url_requires_the_secret_again() {
    let world = World::builder().connected().build().await;
    let elsewhere = Details { url: Some(world.sandbox.tenant("other").url()), ..Details::default() };
    let (code, field, _) = only(save(&world, elsewhere.clone()).await);
    assert_eq!((code, field.as_str()), (UserErrorCode::ClientSecretRequired, "clientSecret"));
    assert_eq!(only(check(&world, &elsewhere).await).0, UserErrorCode::ClientSecretRequired);
    assert_eq!(world.sandbox.tenant("other").journal(), [], "the secret was not sent there");
    let same = Details { url: Some(world.tenant.url()), ..Details::default() };
    save(&world, same).await.expect("the stored secret is for this address");
}

/// As many saves as are allowed in a minute, from two servers.
#[tokio::test]
async fn concurrent_first_saves_leave_a_working_connection() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).build().await;
    let second = App::build(&world.config, world.clock.clone(), 8).await?;
    let (admin, partner) = (world.admin().await, world.partner().await);
    let request = request(&admin);
    let saves = (0..10).map(|number| {
        let ops = if number % 2 == 0 { world.ops() } else { &second.ops };
        save_connection(ops, &request, partner, world.details())
    });
    let saved = futures::future::try_join_all(saves).await?;
    let id = world.connection().await.id;
    assert!(saved.iter().all(|(connection, _)| connection.id == id));
    world.map(&["Alder"]).await;
    assert_eq!(world.look().await, Some(SUCCEEDED), "the stored secret can be opened");
    Ok(())
}

#[tokio::test]
async fn concurrent_url_change_does_not_reuse_the_stored_secret() {
    let world = World::builder().connected().build().await;
    let other = world.sandbox.tenant("other");
    let held = || world.tenant.inject(Fault::HeldBefore, Matching::call(Call::CustomerList), Lasting::Once);
    let same = Details { url: Some(world.tenant.url()), ..Details::default() };
    held();
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        save(&world, details_of(&other)).await.expect("no client is associated");
        world.tenant.release();
    };
    let (late, ()) = tokio::join!(save(&world, same.clone()), meanwhile);
    assert_eq!(refusal(late), [UserErrorCode::ConnectionChanged]);
    assert_eq!(world.connection().await.url, other.url());
    assert_eq!(check(&world, &Details::default()).await.expect("it is connected").problem, None);

    // After a disconnect, there is no secret to keep.
    save(&world, world.details()).await.expect("no client is associated");
    held();
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        let admin = world.admin().await;
        disconnect(world.ops(), &request(&admin), world.partner().await).await.expect("it is connected");
        world.tenant.release();
    };
    let (late, ()) = tokio::join!(save(&world, same), meanwhile);
    assert_eq!(refusal(late), [UserErrorCode::ConnectionChanged]);
    assert_eq!(world.connection().await.state, ConnectionState::Disconnected);
}

#[tokio::test]
async fn other_tenant_is_refused_while_clients_are_associated() {
    let world = World::builder().clients(&[("Alder", 3)]).mapped().build().await;
    world.look().await;
    let other = world.sandbox.tenant("other");
    let (code, field, _) = only(save(&world, details_of(&other)).await);
    assert_eq!((code, field.as_str()), (UserErrorCode::TenantChanged, "url"));
    assert_eq!(world.connection().await.url, world.tenant.url());

    world.remove(world.association("Alder").await.id, Ending::KeepQuantity).await.expect("it is mapped");
    save(&world, details_of(&other)).await.expect("no client is associated any more");
    assert_eq!(world.connection().await.tenant.0, "other");
}

#[tokio::test]
async fn run_against_changed_tenant_writes_nothing() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 4)]).only(&["Alder"]).mapped().build().await;
    world.look().await;
    world.map(&["Birch"]).await;
    world.set_users("Alder", 5).await;
    let synced = world.connection().await.last_synced_at;
    // The tenant that answers says that it is another Halo, and does not show our subscription.
    let id = world.record_of("Alder").await.id;
    world.tenant.act(Act::ClearMarkers { id }).expect("it is there");
    world.tenant.inject(Fault::DiscoveryOfAnother, Matching::any(), Lasting::Sticky);
    let mark = world.mark();
    let run = world.sync().await;
    assert_eq!((run.state, world.writes_since(mark)), (RunState::Failed, 0));
    let connection = world.connection().await;
    assert_eq!(connection.problem.map(|it| it.code()), Some(ProblemCode::TenantChanged));
    assert_eq!((connection.state, connection.last_synced_at), (ConnectionState::NeedsAttention, synced));
    for client in ["Alder", "Birch"] {
        let association = world.association(client).await;
        assert_eq!(association.problem.map(|it| it.code()), Some(ProblemCode::TenantChanged), "{client}");
    }
    let diagnosis = check(&world, &Details::default()).await.expect("it can be asked");
    assert_eq!(diagnosis.problem.map(|it| it.code()), Some(ProblemCode::TenantChanged));

    world.tenant.clear_faults();
    assert_eq!(world.sync().await.state, RunState::Succeeded);
    assert_eq!(world.is_billed_right().await, Ok(()));
}

#[tokio::test]
async fn disconnect_erases_secret_and_reconnect_resumes() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).mapped().build().await;
    world.look().await;
    let waiting = world.request_sync().await;
    let mark = world.mark();
    let admin = world.admin().await;
    let partner = world.partner().await;
    assert!(disconnect(world.ops(), &request(&admin), partner).await.expect("it is connected"));
    assert!(!disconnect(world.ops(), &request(&admin), partner).await.expect("that is no error"));
    assert_eq!(world.run(waiting).await.state, RunState::Cancelled);
    let kept: i64 = world.value("select count(*) from connections where sealed_secret is not null").await;
    assert_eq!(kept, 0, "the secret is erased");
    assert_eq!(
        refusal(request_sync(world.ops(), &request(&admin), partner, None).await),
        [UserErrorCode::NotConnected]
    );
    world.clock.advance(chrono::Duration::days(2));
    assert_eq!(enqueue_nightly_syncs(world.ops(), Selection::Due).await?, []);
    assert_eq!(world.mark(), mark, "Halo hears nothing of it");
    assert_eq!(world.association("Alder").await.state, AssociationState::Active, "mappings stay");

    let (_, run) = save(&world, world.details()).await.expect("the details are right");
    assert_eq!(world.work(run.expect("mapped clients are synced at once")).await, SUCCEEDED);
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
    assert_eq!(world.writes_since(mark), 0);
    Ok(())
}

#[tokio::test]
async fn sync_request_without_connection_or_association_is_refused() {
    let world = World::builder().clients(&[("Alder", 3)]).build().await;
    let (admin, partner) = (world.admin().await, world.partner().await);
    assert_eq!(
        refusal(request_sync(world.ops(), &request(&admin), partner, None).await),
        [UserErrorCode::NotConnected]
    );
    world.connect().await;
    assert_eq!(
        refusal(request_sync(world.ops(), &request(&admin), partner, None).await),
        [UserErrorCode::NoAssociations]
    );
    let asked = vec![Some(world.client("Alder").await), None];
    let requested = request_sync(world.ops(), &request(&admin), partner, Some(asked)).await.expect("each by itself");
    assert_eq!(requested.run, None);
    let errors: Vec<_> = requested.errors.iter().map(|error| (error.code, error.field.join("."))).collect();
    assert_eq!(
        errors,
        [
            (UserErrorCode::ClientNotAssociated, "clientIds.0".into()),
            (UserErrorCode::ClientNotFound, "clientIds.1".into())
        ]
    );
}

#[tokio::test]
async fn typed_details_test_stores_nothing_and_recheck_stores_result() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    let diagnosis = check(&world, &world.details()).await.expect("they can be tested");
    assert_eq!(diagnosis.problem, None);
    assert!(world.stored_connection().await.is_none());
    assert_eq!(refusal(check(&world, &Details::default()).await), [UserErrorCode::NotConnected]);

    world.connect().await;
    world.tenant.act(Act::DeleteAgent)?;
    let diagnosis = check(&world, &Details::default()).await.expect("it can be rechecked");
    let problem = diagnosis.problem.expect("the agent is gone");
    assert_eq!(problem.code(), ProblemCode::CredentialsRejected);
    assert!(problem.message().contains("It last worked on 24 November 2026"), "{}", problem.message());
    assert_eq!(world.connection().await.state, ConnectionState::NeedsAttention);

    world.tenant.act(Act::RestoreAccess)?;
    save(&world, world.details()).await.expect("the new credentials are right");
    assert_eq!(world.connection().await.state, ConnectionState::Connected);
    Ok(())
}

#[tokio::test]
async fn support_may_recheck_but_not_test_credentials() -> anyhow::Result<()> {
    let world = World::builder().connected().build().await;
    let (support, partner) = (world.caller(Role::Support, None).await, world.partner().await);
    let typed = check_connection(world.ops(), &request(&support), partner, &world.details()).await;
    assert!(matches!(typed, Err(OpError::Denied(Denied::Forbidden))), "{typed:?}");
    let saved = save_connection(world.ops(), &request(&support), partner, world.details()).await;
    assert!(matches!(saved, Err(OpError::Denied(Denied::Forbidden))));
    let silent = check_connection(world.ops(), &request(&support), partner, &Details::default()).await;
    assert_eq!(refusal(silent), [UserErrorCode::ReasonRequired]);
    let explained = Request { reason: Some("ticket 7".to_owned()), ..request(&support) };
    let rechecked = check_connection(world.ops(), &explained, partner, &Details::default()).await;
    assert_eq!(rechecked?.problem, None);
    Ok(())
}
