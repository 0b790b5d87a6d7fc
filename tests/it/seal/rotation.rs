//! Keys change under load, through a SIGKILL in the middle; a sealed secret opens in its own row
//! only; and nothing starts with the wrong keys.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::{Engine, prelude::BASE64_STANDARD};
use infima_halo::app::{App, StartError};
use infima_halo::auth::Role;
use infima_halo::clock::Clock;
use infima_halo::config::{Config, Variables};
use infima_halo::ids::PartnerId;
use infima_halo::sandbox::Call;
use infima_halo::seal::{Binding, Keyring, OpenError, Sealed};
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::PgPool;
use tokio::process::Command;
use uuid::Uuid;

use crate::graphql::matrix::add_other_partner;
use crate::support::db::TestDatabase;
use crate::support::program::{Running, program, run};
use crate::support::served::Served;
use crate::support::until;
use crate::support::world::World;

const SECRETS: i64 = 1_500;

fn key(id: &str, byte: u8) -> String {
    let mut bytes = [byte; 32];
    bytes[0] = byte.wrapping_add(1);
    format!("{id}:{}", BASE64_STANDARD.encode(bytes))
}

fn keys(ids: &[(&str, u8)]) -> String {
    ids.iter().map(|(id, byte)| key(id, *byte)).collect::<Vec<_>>().join(",")
}

fn keyring(text: &str) -> Keyring {
    Keyring::parse(&text.into()).unwrap()
}

const ADDRESS: &str = "https://x.halopsa.com";

fn place(row: Uuid, partner: Uuid) -> Binding<'static> {
    let partner = PartnerId(partner);
    Binding { table: "connections", column: "sealed_secret", row, partner, address: ADDRESS }
}

fn rotate(database: &TestDatabase, keys: &str, more: &[&str]) -> Command {
    let mut command = program(&[&["rotate-keys"], more].concat());
    command.env("DATABASE_URL", database.app_url().expose_secret()).env("INFIMA_KEYS", keys);
    command
}

async fn start(database: &TestDatabase, keys: &str) -> Result<App, StartError> {
    let mut variables = Variables::default();
    variables.set("DATABASE_URL", database.app_url().expose_secret());
    variables.set("INFIMA_KEYS", keys);
    App::build(&Config::read(&variables).unwrap(), Clock::system(), 2).await
}

/// Partners with a connection each, whose secret is `secret <n>`, sealed with the active key of
/// `keyring`.
async fn plant(owner: &PgPool, keyring: &Keyring, many: i64) {
    let (mut rows, mut partners, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..many {
        let (row, partner) = (Uuid::now_v7(), Uuid::now_v7());
        let secret = keyring.seal(&format!("secret {number}").into(), &place(row, partner));
        rows.push(row);
        partners.push(partner);
        sealed.push(secret.as_bytes().to_vec());
    }
    sqlx::query(
        "insert into partners (id, external_id, name, time_zone, state, source_version, nightly_sync, night_start, night_end)
         select id, id::text, 'x', 'UTC', 'active', 1, true, '01:00', '05:00' from unnest($1::uuid[]) id",
    )
    .bind(&partners)
    .execute(owner)
    .await
    .unwrap();
    sqlx::query(
        "insert into connections (id, partner_id, url, tenant, application_client_id, sealed_secret, sealed_with,
             credentials_updated_at, state, checks)
         select r.id, r.partner, $5, 'x', 'x', r.sealed, $4, now(), 'connected', '[]'
         from unnest($1::uuid[], $2::uuid[], $3::bytea[]) r (id, partner, sealed)",
    )
    .bind(&rows)
    .bind(&partners)
    .bind(&sealed)
    .bind(keyring.active_id())
    .bind(ADDRESS)
    .execute(owner)
    .await
    .unwrap();
}

/// Opens every secret, by its row.
async fn opened(owner: &PgPool, keyring: &Keyring) -> Result<BTreeMap<Uuid, String>, OpenError> {
    let rows: Vec<(Uuid, Uuid, Vec<u8>, String)> =
        sqlx::query_as("select id, partner_id, sealed_secret, sealed_with from connections order by id")
            .fetch_all(owner)
            .await
            .unwrap();
    let open = |(row, partner, sealed, with): (Uuid, Uuid, Vec<u8>, String)| {
        let sealed = Sealed::from_bytes(sealed)?;
        assert_eq!(sealed.key_id(), with, "the column says which key the value needs");
        Ok((row, keyring.open(&sealed, &place(row, partner))?.expose_secret().to_owned()))
    };
    rows.into_iter().map(open).collect()
}

async fn sealed_with(owner: &PgPool, key: &str) -> i64 {
    sqlx::query_scalar("select count(*) from connections where sealed_with = $1")
        .bind(key)
        .fetch_one(owner)
        .await
        .unwrap()
}

/// How many secrets the rotation has re-encrypted so far, whatever became of them since.
async fn written_down(owner: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from activity where act = 'connection.resealed'")
        .fetch_one(owner)
        .await
        .unwrap()
}

#[tokio::test]
async fn key_rotation_survives_load_and_a_kill() -> anyhow::Result<()> {
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    let (old, both) = (keys(&[("old", 1)]), keys(&[("new", 2), ("old", 1)]));
    start(&database, &old).await?;
    plant(&owner, &keyring(&old), SECRETS).await;

    let would = run(&mut rotate(&database, &both, &["--dry-run"])).await;
    assert_eq!(
        would.stdout,
        format!("{SECRETS} stored secrets would be re-encrypted with the key 'new'.\n  old: seals {SECRETS}\n")
    );
    assert_eq!(sealed_with(&owner, "old").await, SECRETS, "a dry run changes nothing");

    // Meanwhile a process that does not know the new key yet replaces secrets, as users do: any but
    // the first and the last, which mark the middle of the rotation.
    let ends: Vec<Uuid> = sqlx::query_scalar(
        "(select id from connections order by id limit 1) union all (select id from connections order by id desc limit 1)",
    )
    .fetch_all(&owner)
    .await
    ?;
    let stop = Arc::new(AtomicBool::new(false));
    let saving = {
        let (owner, keyring, stop, ends) = (owner.clone(), keyring(&old), stop.clone(), ends.clone());
        tokio::spawn(async move {
            let mut expected = BTreeMap::new();
            while !stop.load(Ordering::SeqCst) || expected.len() <= 20 {
                let (row, partner): (Uuid, Uuid) = sqlx::query_as(
                    "select id, partner_id from connections where id <> all($1) order by random() limit 1",
                )
                .bind(&ends)
                .fetch_one(&owner)
                .await
                .unwrap();
                let secret = format!("replaced {}", expected.len());
                let sealed = keyring.seal(&secret.as_str().into(), &place(row, partner));
                sqlx::query("update connections set sealed_secret = $2, sealed_with = 'old' where id = $1")
                    .bind(row)
                    .bind(sealed.as_bytes())
                    .execute(&owner)
                    .await
                    .unwrap();
                expected.insert(row, secret);
            }
            expected
        })
    };
    // The rotation stops at the last one, which is held until the kill.
    let mut held = owner.begin().await?;
    sqlx::query("select from connections where id = $1 for update").bind(ends[1]).execute(&mut *held).await?;
    let rotating = Running::start(&mut rotate(&database, &both, &[]));
    until(async || written_down(&owner).await >= 20).await;
    rotating.kill().await;
    held.rollback().await?;
    let done = sealed_with(&owner, "new").await;
    assert!((1..SECRETS).contains(&done), "it was killed in the middle: {done} of {SECRETS}");
    assert_eq!(opened(&owner, &keyring(&both)).await?.len(), SECRETS as usize, "each opens, before or after");
    assert_eq!(opened(&owner, &keyring(&old)).await, Err(OpenError::KeyMissing { needed: "new".into() }));
    start(&database, &both).await.expect("what has both keys starts in the middle of it");

    // Again, to its end, still under load.
    let ended = run(&mut rotate(&database, &both, &[])).await;
    assert!(ended.status.success(), "{}", ended.stderr);
    stop.store(true, Ordering::SeqCst);
    let expected = saving.await?;
    // Secrets that were replaced meanwhile are left for a last pass.
    let ended = run(&mut rotate(&database, &both, &[])).await;
    assert!(ended.stdout.ends_with(&format!(
        "with the key 'new'.\n  new: seals {SECRETS}\n  old: seals nothing any more and can be removed from INFIMA_KEYS\n"
    )));
    let alone = opened(&owner, &keyring(&keys(&[("new", 2)]))).await.expect("the new key opens all there is");
    for (row, secret) in expected {
        assert_eq!(alone[&row], secret, "a saved secret was lost");
    }
    assert!(alone.values().any(|secret| secret.starts_with("secret ")));
    // Each replacement was logged in its own transaction, with its actor.
    let unwritten: i64 = sqlx::query_scalar(
        "select count(*) from connections c where not exists (
             select from activity a where a.partner_id = c.partner_id and a.act = 'connection.resealed'
                 and a.actor ->> 'subject' = 'operator' and a.before ->> 'sealedWith' = 'old'
                 and a.after ->> 'sealedWith' = 'new')",
    )
    .fetch_one(&owner)
    .await?;
    assert_eq!(unwritten, 0);
    start(&database, &keys(&[("new", 2)])).await.expect("the old key is not needed any more");
    assert!(matches!(start(&database, &old).await, Err(StartError::WrongKeys(_))));
    Ok(())
}

#[tokio::test]
async fn missing_key_is_named_and_others_are_resealed() {
    let database = TestDatabase::create().await;
    let owner = database.owner().await;
    plant(&owner, &keyring(&keys(&[("lost", 3)])), 2).await;
    plant(&owner, &keyring(&keys(&[("old", 1)])), 3).await;
    let ended = run(&mut rotate(&database, &keys(&[("new", 2), ("old", 1)]), &[])).await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stdout.starts_with("3 stored secrets were re-encrypted"), "{}", ended.stdout);
    assert!(ended.stdout.contains("  lost: seals 2\n  new: seals 3\n"), "{}", ended.stdout);
    assert!(ended.stderr.contains("2 left as they are: sealed with the key \"lost\""), "{}", ended.stderr);
    assert_eq!((sealed_with(&owner, "lost").await, sealed_with(&owner, "new").await), (2, 3));
}

/// An attacker who can write to the database cannot have one partner's secret sent to another's
/// Halo.
#[tokio::test]
async fn swapped_secrets_do_not_open_and_are_not_sent() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 1)]).connected().build().await;
    add_other_partner(&world).await;
    sqlx::query(
        "update connections c set sealed_secret = o.sealed_secret, sealed_with = o.sealed_with
         from connections o where o.id <> c.id",
    )
    .execute(&world.owner)
    .await?;
    let served = Served::over(world).await;
    let tokens = |served: &Served, tenant: &str| {
        let journal = served.world.sandbox.tenant(tenant).journal();
        journal.iter().filter(|entry| entry.call == Call::Token).count()
    };
    for (partner, tenant) in [("northwind", "northwind"), ("other", "other")] {
        let (token, before) = (served.token(Role::PartnerAdmin, Some(partner)), tokens(&served, tenant));
        let recheck = "mutation { testHaloConnection(input: {}) { test { works } userErrors { code } } }";
        let reply = served.ask(&token, recheck, json!({})).await;
        assert_eq!(reply.code(), "INTERNAL", "{}", reply.body);
        let search =
            served.ask(&token, "{ haloCustomers(search: \"\") { totalCount } partner { name } }", json!({})).await;
        assert_eq!(search.code(), "INTERNAL");
        assert!(search.body["data"]["partner"]["name"].is_string(), "{}", search.body);
        assert_eq!(tokens(&served, tenant), before, "nothing was sent");
    }
    Ok(())
}

/// Nor can the attacker have it sent to a host of their own.
#[tokio::test]
async fn secret_does_not_open_for_a_changed_address() -> anyhow::Result<()> {
    let world = World::builder().clients(&[("Alder", 1)]).connected().build().await;
    let elsewhere = world.sandbox.tenant("other");
    let moved = "update connections set url = $1";
    sqlx::query(moved).bind(elsewhere.url()).execute(&world.owner).await?;
    let served = Served::over(world).await;
    let token = served.admin();
    for document in [
        "mutation { testHaloConnection(input: {}) { test { works } userErrors { code } } }",
        "mutation { saveHaloConnection(input: {}) { userErrors { code } } }",
        "{ haloCustomers(search: \"\") { totalCount } }",
        "{ haloSyncPreview { complete } }",
    ] {
        assert_eq!(served.ask(&token, document, json!({})).await.code(), "INTERNAL", "{document}");
    }
    assert_eq!(elsewhere.journal().len(), 0, "nothing was sent there");
    // Back in its place, the secret opens again.
    sqlx::query(moved).bind(served.world.tenant.url()).execute(&served.world.owner).await?;
    let data = served.data(&token, "{ haloCustomers(search: \"\") { totalCount } }", json!({})).await;
    assert_eq!(data["haloCustomers"]["totalCount"], 1);
    Ok(())
}

#[tokio::test]
async fn wrong_keyring_prevents_start() {
    let database = TestDatabase::create().await;
    start(&database, &keys(&[("a", 1)])).await.expect("the first start leaves the canary");
    start(&database, &keys(&[("b", 2), ("a", 1)])).await.expect("the key is among them");
    for wrong in [keys(&[("b", 2)]), keys(&[("a", 2)])] {
        assert!(matches!(start(&database, &wrong).await, Err(StartError::WrongKeys(_))));
    }
    let published = infima_halo::seal::DEVELOPMENT_KEYS;
    for published in
        [published.to_owned(), published.replace("development:", "mine:"), format!("{},{published}", key("a", 1))]
    {
        assert!(matches!(start(&database, &published).await, Err(StartError::DevelopmentKey)));
    }
    assert!(matches!(start(&database, "a:AAAA").await, Err(StartError::Keys(_))));
}
