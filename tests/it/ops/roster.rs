//! The platform's import: who is counted, and which records are accepted.

use infima_halo::auth::{Denied, Role};
use infima_halo::domain::association::Ending;
use infima_halo::domain::roster::{ClientRecord, PartnerRecord, RosterState, UserRecord, UserState};
use infima_halo::domain::run::RunState;
use infima_halo::ops::association::resolve::Answer;
use infima_halo::ops::connection::Details;
use infima_halo::ops::connection::check::check_connection;
use infima_halo::ops::connection::save::save_connection;
use infima_halo::ops::roster::import::{Imported, MOST_RECORDS, Roster, import_roster};
use infima_halo::ops::sync::request::request_sync;
use infima_halo::ops::sync::run::RunOutcome;
use infima_halo::ops::sync::settings::{SettingsChanges, update_settings};
use infima_halo::ops::{OpError, Request, UserErrorCode, admin};
use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use serde_json::json;

use crate::support::halo_admin::refusal;
use crate::support::served::Served;
use crate::support::world::{PARTNER, World, request};

async fn import(world: &World, roster: Roster) -> Result<Imported, OpError> {
    let platform = world.caller(Role::Platform, None).await;
    import_roster(world.ops(), &request(&platform), &roster).await
}

fn partner(external_id: &str, state: RosterState, version: i64) -> PartnerRecord {
    PartnerRecord { external_id: external_id.into(), name: external_id.to_uppercase(), time_zone: None, state, version }
}

fn client(external_id: &str, owner: &str, name: &str, version: i64) -> ClientRecord {
    ClientRecord {
        external_id: external_id.into(),
        partner_external_id: owner.into(),
        name: name.into(),
        state: RosterState::Active,
        version,
    }
}

fn user(external_id: &str, owner: &str, email: Option<&str>, version: i64) -> UserRecord {
    UserRecord {
        external_id: external_id.into(),
        client_external_id: owner.into(),
        email: email.map(str::to_owned),
        state: UserState::Active,
        version,
    }
}

fn clients(records: Vec<ClientRecord>) -> Roster {
    Roster { clients: records, ..Roster::default() }
}

fn users(records: Vec<UserRecord>) -> Roster {
    Roster { users: records, ..Roster::default() }
}

async fn active_users(world: &World, client: &str) -> i32 {
    sqlx::query_scalar("select active_user_count(id) from clients where external_id = $1")
        .bind(client)
        .fetch_one(&world.owner)
        .await
        .expect("the client is there")
}

async fn name(world: &World, client: &str) -> String {
    sqlx::query_scalar("select name from clients where external_id = $1")
        .bind(client)
        .fetch_one(&world.owner)
        .await
        .expect("the client is there")
}

fn codes(imported: &Imported) -> Vec<(UserErrorCode, String)> {
    imported.errors.iter().map(|error| (error.code, error.field.join("."))).collect()
}

#[tokio::test]
async fn older_or_equal_version_changes_nothing() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    import(&world, clients(vec![client("c1", PARTNER, "Now", 7)])).await?;
    for (version, text) in [(6, "Before"), (7, "The same")] {
        let imported = import(&world, clients(vec![client("c1", PARTNER, text, version)])).await?;
        assert_eq!((imported.stored, imported.already_known), (0, 1));
        assert_eq!(name(&world, "c1").await, "Now");
    }
    let imported = import(&world, clients(vec![client("c1", PARTNER, "After", 8)])).await?;
    assert_eq!((imported.stored, name(&world, "c1").await.as_str()), (1, "After"));
    Ok(())
}

#[tokio::test]
async fn newest_version_in_one_import_counts() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    let records = [("Old", 1), ("New", 3), ("Middle", 2)].map(|(text, version)| client("c1", PARTNER, text, version));
    let imported = import(&world, clients(records.to_vec())).await?;
    assert_eq!((imported.stored, imported.already_known, imported.errors.len()), (1, 2, 0));
    assert_eq!(name(&world, "c1").await, "New");
    Ok(())
}

#[tokio::test]
async fn import_with_invalid_records_stores_the_valid_ones() {
    let world = World::builder().build().await;
    world.import_partner("contoso", &[("Theirs", 1)]).await;
    let roster = Roster {
        partners: vec![partner(" ", RosterState::Active, 1)],
        clients: vec![
            client("c1", PARTNER, "Good", 1),
            client("c2", "unknown", "Ownerless", 1),
            client("", PARTNER, "Nameless", 1),
            // Another partner's client cannot be taken.
            client("contoso/Theirs", PARTNER, "Stolen", 99),
        ],
        users: vec![
            user("u1", "c1", Some("a@b.example"), 1),
            user("u2", "c2", None, 1),
            user("contoso/Theirs/0", "c1", None, 99),
        ],
    };
    let imported = import(&world, roster).await.expect("each record by itself");
    assert_eq!(imported.stored, 2);
    assert_eq!(
        codes(&imported),
        [
            (UserErrorCode::Required, "partners.0.externalId".to_owned()),
            (UserErrorCode::Required, "clients.2.externalId".to_owned()),
            (UserErrorCode::OwnerUnknown, "clients.1.partnerExternalId".to_owned()),
            (UserErrorCode::BelongsToAnotherPartner, "clients.3.externalId".to_owned()),
            (UserErrorCode::OwnerUnknown, "users.1.clientExternalId".to_owned()),
            (UserErrorCode::BelongsToAnotherPartner, "users.2.externalId".to_owned()),
        ]
    );
    assert_eq!(active_users(&world, "c1").await, 1);
    assert_eq!(active_users(&world, "contoso/Theirs").await, 1);
    assert_eq!(name(&world, "contoso/Theirs").await, "Theirs");
}

#[tokio::test]
async fn unstorable_text_refuses_only_its_record() {
    let world = World::builder().build().await;
    let roster = Roster {
        partners: vec![
            PartnerRecord { name: "North\0wind".into(), ..partner(PARTNER, RosterState::Active, 99) },
            partner("conto\0so", RosterState::Active, 1),
        ],
        clients: vec![
            client("c1", PARTNER, "Good", 1),
            // Newer than the one before, but it cannot be stored.
            client("c1", PARTNER, "Bad\0", 2),
            client("c2", "north\0wind", "Ownerless", 1),
        ],
        users: vec![
            user("u1", "c1", Some("a@b.example"), 1),
            user("u2", "c1", Some("a@b\0.example"), 1),
            user("u3", "c\u{1b}1", None, 1),
            user("u\n4", "c1", None, 1),
        ],
    };
    let imported = import(&world, roster).await.expect("each record by itself");
    assert_eq!((imported.stored, imported.already_known), (2, 0));
    let fields = [
        "partners.0.name",
        "partners.1.externalId",
        "clients.1.name",
        "clients.2.partnerExternalId",
        "users.1.email",
        "users.2.clientExternalId",
        "users.3.externalId",
    ];
    assert_eq!(codes(&imported), fields.map(|field| (UserErrorCode::Invalid, field.to_owned())));
    assert_eq!((name(&world, "c1").await.as_str(), active_users(&world, "c1").await), ("Good", 1));
}

/// A text that does not fit an index would refuse the whole import, with an internal error.
#[tokio::test]
async fn overlong_text_refuses_only_its_record() {
    let world = World::builder().build().await;
    // Postgres compresses repeated text; it cannot compress this.
    let long: String = (0..3_000).map(|number: u32| format!("{:x}", number.wrapping_mul(2_654_435_761))).collect();
    let roster = Roster {
        partners: vec![partner(&long, RosterState::Active, 1)],
        clients: vec![client("c1", PARTNER, "Good", 1), client("c2", PARTNER, &long, 1), client("c3", &long, "x", 1)],
        users: vec![user("u1", "c1", None, 1), user(&long, "c1", None, 1), user("u3", "c1", Some(&long), 1)],
    };
    let imported = import(&world, roster).await.expect("each record by itself");
    assert_eq!(imported.stored, 2);
    let fields = [
        "partners.0.externalId",
        "clients.1.name",
        "clients.2.partnerExternalId",
        "users.1.externalId",
        "users.2.email",
    ];
    assert_eq!(codes(&imported), fields.map(|field| (UserErrorCode::TooLong, field.to_owned())));
}

#[tokio::test]
async fn import_of_5001_records_is_refused() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    import(&world, clients(vec![client("c1", PARTNER, "Large", 1)])).await?;
    let mut records: Vec<_> = (0..=MOST_RECORDS).map(|number| user(&format!("u{number}"), "c1", None, 1)).collect();
    assert_eq!(refusal(import(&world, users(records.clone())).await), [UserErrorCode::TooMany]);
    assert_eq!(active_users(&world, "c1").await, 0, "nothing of it is stored");
    records.pop();
    assert_eq!(import(&world, users(records)).await.expect("as many as are allowed").stored, 5_000);
    assert_eq!(active_users(&world, "c1").await, 5_000);
    Ok(())
}

#[tokio::test]
async fn user_is_counted_once_by_normalised_email() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    import(&world, clients(vec![client("c1", PARTNER, "One", 1)])).await?;
    let records = vec![
        user("u1", "c1", Some("Sam@Example.com"), 1),
        user("u2", "c1", Some("  sam@example.COM "), 1),
        user("u3", "c1", Some("kim@example.com"), 1),
        // Without an address, the external id distinguishes users.
        user("u4", "c1", None, 1),
        user("u5", "c1", Some("   "), 1),
        UserRecord { state: UserState::Deactivated, ..user("u6", "c1", Some("off@example.com"), 1) },
        UserRecord { state: UserState::Archived, ..user("u7", "c1", Some("gone@example.com"), 1) },
    ];
    import(&world, users(records)).await?;
    assert_eq!(active_users(&world, "c1").await, 4);
    let archived = ClientRecord { state: RosterState::Archived, ..client("c1", PARTNER, "One", 2) };
    import(&world, clients(vec![archived])).await?;
    assert_eq!(active_users(&world, "c1").await, 0, "an archived client has no users");
    Ok(())
}

#[tokio::test]
async fn omitted_record_stays_and_user_may_change_client() -> anyhow::Result<()> {
    let world = World::builder().build().await;
    let both = vec![client("c1", PARTNER, "One", 1), client("c2", PARTNER, "Two", 1)];
    import(&world, clients(both)).await?;
    import(&world, users(vec![user("u1", "c1", None, 1), user("u2", "c1", None, 1)])).await?;
    import(&world, users(vec![user("u2", "c2", None, 2)])).await?;
    assert_eq!((active_users(&world, "c1").await, active_users(&world, "c2").await), (1, 1));
    Ok(())
}

#[tokio::test]
async fn archived_partner_runs_are_cancelled_without_writes() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let waiting = world.request_sync().await;
    let mark = world.mark();
    let archived = Roster { partners: vec![partner(PARTNER, RosterState::Archived, 99)], ..Roster::default() };
    import(&world, archived).await.expect("it is allowed");
    assert_eq!(world.run(waiting).await.state, RunState::Cancelled);
    let kept: i64 = world.value("select count(*) from connections where sealed_secret is not null").await;
    assert_eq!((kept, world.mark()), (0, mark), "the secret is erased, Halo hears nothing");
    assert_eq!(world.billed(), [("Alder".into(), vec![3])].into());
    Ok(())
}

async fn archive(world: &World) {
    let archived = Roster { partners: vec![partner(PARTNER, RosterState::Archived, 99)], ..Roster::default() };
    import(world, archived).await.expect("it is allowed");
}

/// Its token still works, to look at what was.
#[tokio::test]
async fn archived_partner_mutations_are_refused() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    let (association, mapping) = (world.association("Alder").await.id, world.mapping("Alder", "Alder").await);
    archive(&world).await;

    let (admin, support, id) = (world.admin().await, world.caller(Role::Support, None).await, world.partner().await);
    let (admin, ops) = (request(&admin), world.ops());
    let support = Request { reason: Some("ticket 7".to_owned()), ..request(&support) };
    let mark = world.mark();
    let tried: [(&str, Option<OpError>); 11] = [
        ("save", save_connection(ops, &admin, id, world.details()).await.err()),
        ("test", check_connection(ops, &admin, id, &world.details()).await.err()),
        ("recheck", check_connection(ops, &support, id, &Details::default()).await.err()),
        ("associate", world.associate(&[mapping]).await.err()),
        ("remove", world.remove(association, Ending::KeepQuantity).await.err()),
        ("recreate", world.recreate(association).await.err()),
        ("resolve", world.resolve(association, Answer::Continue).await.err()),
        ("sync", request_sync(ops, &admin, id, None).await.err()),
        ("sync by support", request_sync(ops, &support, id, None).await.err()),
        ("sync by hand", admin::request_sync(ops, id).await.err()),
        ("settings", update_settings(ops, &admin, id, &SettingsChanges::default()).await.err()),
    ];
    for (what, error) in tried {
        assert!(matches!(error, Some(OpError::Archived)), "{what}: {error:?}");
    }
    assert_eq!((world.open_run().await, world.mark()), (None, mark), "nothing is queued, Halo hears nothing");

    let served = Served::over(world).await;
    let shown = served.data(&served.admin(), "{ partner { name haloConnection { url } } }", json!({})).await;
    assert_eq!(shown, json!({ "partner": { "name": "NORTHWIND", "haloConnection": null } }));
    let sync = "mutation { requestHaloSync(input: {}) { run { id } userErrors { code } } }";
    let reply = served.ask(&served.admin(), sync, json!({})).await;
    assert_eq!(reply.code(), "FORBIDDEN");
    let said = reply.body["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(said.contains("archived at INFIMA"), "{said}");

    // A partner that is active again continues where it was.
    import(&served.world, Roster { partners: vec![partner(PARTNER, RosterState::Active, 100)], ..Roster::default() })
        .await?;
    served.world.connect().await;
    assert_eq!(served.world.sync().await.state, RunState::Succeeded);
    Ok(())
}

#[tokio::test]
async fn archived_partner_run_does_not_write() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 3)]).synced().build().await;
    world.tenant.inject(Fault::HeldBefore, Matching::call(Call::CustomerList), Lasting::Once);
    let (admin, id) = (world.admin().await, world.partner().await);
    let admin = request(&admin);
    let meanwhile = async {
        world.tenant.until(|tenant| tenant.held() == 1).await;
        archive(&world).await;
        world.tenant.release();
    };
    let (saved, ()) = tokio::join!(save_connection(world.ops(), &admin, id, world.details()), meanwhile);
    assert!(matches!(saved, Err(OpError::Archived)), "{saved:?}");

    // A run that is queued all the same is started by no worker, and ends with the next import.
    import(&world, Roster { partners: vec![partner(PARTNER, RosterState::Active, 100)], ..Roster::default() }).await?;
    world.connect().await;
    let run = world.request_sync().await;
    sqlx::query("update partners set state = 'archived'").execute(&world.owner).await?;
    let mark = world.mark();
    assert_eq!(world.work(run).await, RunOutcome::Skipped);
    assert_eq!((world.run(run).await.state, world.mark()), (RunState::Queued, mark));
    import(&world, Roster::default()).await?;
    assert_eq!(world.run(run).await.state, RunState::Cancelled);
    Ok(())
}

#[tokio::test]
async fn import_by_other_roles_is_forbidden() {
    let world = World::builder().build().await;
    for caller in [world.admin().await, world.caller(Role::Support, None).await] {
        let tried = import_roster(world.ops(), &request(&caller), &Roster::default()).await;
        assert!(matches!(tried, Err(OpError::Denied(Denied::Forbidden))), "{tried:?}");
    }
}
