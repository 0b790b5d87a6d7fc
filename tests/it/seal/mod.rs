//! Sealed values open where they belong, and nowhere else.

mod rotation;

use base64::{Engine, prelude::BASE64_STANDARD};
use infima_halo::{
    ids::PartnerId,
    seal::{Binding, DEVELOPMENT_KEYS, Keyring, KeyringError, OpenError, Sealed},
};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

fn key(id: &str, byte: u8) -> String {
    let mut bytes = [byte; 32];
    bytes[0] = byte.wrapping_add(1);
    format!("{id}:{}", BASE64_STANDARD.encode(bytes))
}

fn keyring(text: &str) -> Keyring {
    Keyring::parse(&text.into()).unwrap()
}

fn place() -> Binding<'static> {
    Binding {
        table: "connections",
        column: "sealed_secret",
        row: Uuid::now_v7(),
        partner: PartnerId::generate(),
        address: "https://northwind.halopsa.com",
    }
}

fn secret() -> SecretString {
    "planted-halo-client-secret".into()
}

#[test]
fn sealed_value_opens_only_in_its_place() -> anyhow::Result<()> {
    let (keyring, here) = (keyring(&key("k1", 1)), place());
    let sealed = keyring.seal(&secret(), &here);
    assert_eq!(keyring.open(&sealed, &here)?.expose_secret(), secret().expose_secret());
    let elsewhere = [
        Binding { row: Uuid::now_v7(), ..here },
        Binding { partner: PartnerId::generate(), ..here },
        Binding { address: "https://evil.example", ..here },
        Binding { address: "", ..here },
        Binding { column: "url", ..here },
        Binding { table: "associations", ..here },
        Binding { row: here.partner.0, partner: PartnerId(here.row), ..here },
    ];
    for other in elsewhere {
        assert_eq!(keyring.open(&sealed, &other).unwrap_err(), OpenError::DoesNotOpen { key: "k1".into() });
    }
    Ok(())
}

#[test]
fn retired_key_opens_but_does_not_seal() -> anyhow::Result<()> {
    let here = place();
    let sealed = keyring(&key("2025", 1)).seal(&secret(), &here);
    let rotated = keyring(&format!("{},{}", key("2026", 2), key("2025", 1)));
    let again = rotated.seal(&rotated.open(&sealed, &here)?, &here);
    assert_eq!((sealed.key_id(), again.key_id()), ("2025", "2026"));
    Ok(())
}

#[test]
fn missing_key_is_named() {
    let here = place();
    let sealed = keyring(&key("2025", 1)).seal(&secret(), &here);
    assert_eq!(
        keyring(&key("2026", 2)).open(&sealed, &here).unwrap_err(),
        OpenError::KeyMissing { needed: "2025".into() }
    );
    // Another key under the id that is asked for is not that key.
    assert_eq!(
        keyring(&key("2025", 2)).open(&sealed, &here).unwrap_err(),
        OpenError::DoesNotOpen { key: "2025".into() }
    );
}

#[test]
fn canary_reveals_a_wrong_keyring() -> anyhow::Result<()> {
    let canary = keyring(&key("a", 1)).seal_canary();
    keyring(&format!("{},{}", key("b", 2), key("a", 1))).check_canary(&canary)?;
    assert_eq!(keyring(&key("b", 2)).check_canary(&canary), Err(OpenError::KeyMissing { needed: "a".into() }));
    assert!(keyring(&key("a", 2)).check_canary(&canary).is_err());
    Ok(())
}

#[test]
fn development_key_is_recognised_under_any_name() {
    assert!(keyring(DEVELOPMENT_KEYS).is_development_key());
    let renamed = DEVELOPMENT_KEYS.replace("development:", "production:");
    assert!(keyring(&format!("{},{renamed}", key("a", 1))).is_development_key());
    assert!(!keyring(&key("a", 1)).is_development_key());
}

#[test]
fn sealed_values_are_unprintable_and_unique() {
    let (keyring, here) = (keyring(&key("k1", 1)), place());
    let (one, two) = (keyring.seal(&secret(), &here), keyring.seal(&secret(), &here));
    assert_ne!(one, two);
    assert_eq!(format!("{keyring:?} {one:?}"), r#"Keyring(k1) Sealed(with "k1")"#);
    assert!(!one.as_bytes().windows(7).any(|part| part == b"planted"));
}

#[test]
fn invalid_keyring_is_refused_with_its_cause() {
    let parse = |text: &str| Keyring::parse(&text.into()).unwrap_err();
    assert_eq!(parse(" , "), KeyringError::Empty);
    assert_eq!(parse(&format!("{},justakey", key("a", 1))), KeyringError::NotAnEntry { position: 2 });
    assert_eq!(parse("a b:AAAA"), KeyringError::NotAnId { position: 1 });
    assert_eq!(parse("a:not base64!"), KeyringError::NotBase64 { id: "a".into() });
    assert_eq!(parse("a:AAAA"), KeyringError::WrongLength { id: "a".into(), bytes: 3 });
    assert_eq!(parse(&format!("{},{}", key("a", 1), key("a", 2))), KeyringError::TwiceTheSameId { id: "a".into() });
    assert_eq!(parse(&format!("a:{}", BASE64_STANDARD.encode([0u8; 32]))), KeyringError::NotRandom { id: "a".into() });
}

proptest! {
    #[test]
    fn sealed_text_opens_unchanged(text in ".{0,200}") {
        let (keyring, here) = (keyring(&key("k1", 1)), place());
        let stored = Sealed::from_bytes(keyring.seal(&text.as_str().into(), &here).as_bytes().to_vec()).unwrap();
        let opened = keyring.open(&stored, &here).unwrap();
        prop_assert_eq!(opened.expose_secret(), text);
    }

    #[test]
    fn arbitrary_bytes_do_not_open(bytes in proptest::collection::vec(any::<u8>(), 0..120), flip in any::<prop::sample::Index>()) {
        let (keyring, here) = (keyring(&key("k1", 1)), place());
        if let Ok(sealed) = Sealed::from_bytes(bytes) {
            prop_assert!(keyring.open(&sealed, &here).is_err());
        }
        let mut changed = keyring.seal(&secret(), &here).as_bytes().to_vec();
        let at = flip.index(changed.len());
        changed[at] ^= 1;
        if let Ok(sealed) = Sealed::from_bytes(changed) {
            prop_assert!(keyring.open(&sealed, &here).is_err());
        }
    }
}
