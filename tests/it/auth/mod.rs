//! Tokens: which are accepted, which are refused, and how the issuer's keys are fetched.

mod sign_in;
mod signing_keys;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Duration, Utc};
use futures::FutureExt;
use infima_halo::{
    app,
    auth::{Act, Caller, Denied, DevTokenIssuer, FetchKeys, Role, TokenRules, Verifier, VerifyError, permit},
    clock::Clock,
    config::{ApiConfig, Variables},
    ids::PartnerId,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

fn rules() -> TokenRules {
    TokenRules {
        issuer: "https://id.infima.example".into(),
        audience: "infima-halo".into(),
        partner_claim: "infima_partner".into(),
        leeway: std::time::Duration::from_secs(30),
    }
}

fn noon() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn good_claims() -> Value {
    let at = noon().timestamp();
    json!({
        "iss": "https://id.infima.example", "aud": "infima-halo", "sub": "user-1", "name": "Ada",
        "role": "partner_admin", "infima_partner": "msp-7", "iat": at, "nbf": at, "exp": at + 600,
    })
}

async fn verdict(change: impl FnOnce(&mut Value)) -> Result<(), VerifyError> {
    let mint = DevTokenIssuer::generate(rules());
    let mut claims = good_claims();
    change(&mut claims);
    mint.verifier(Clock::manual(noon())).verify(&mint.sign(&claims)).await.map(|_| ())
}

#[tokio::test]
async fn valid_token_becomes_a_caller() -> anyhow::Result<()> {
    let mint = DevTokenIssuer::generate(rules());
    let verifier = mint.verifier(Clock::manual(noon()));
    let claims = verifier.verify(&mint.sign(&good_claims())).await?;
    assert_eq!(claims.partner_external_id(), Some("msp-7"));
    let partner = PartnerId::generate();
    let caller = Caller::new(claims, Some(partner));
    assert_eq!((caller.subject(), caller.name(), caller.role()), ("user-1", Some("Ada"), Role::PartnerAdmin));
    assert_eq!(caller.expires_at(), noon() + Duration::seconds(600 + 30), "as long as it is accepted");
    assert_eq!(permit(&caller, Act::Associate, partner)?.partner(), partner);
    assert_eq!(permit(&caller, Act::Associate, PartnerId::generate()).unwrap_err(), Denied::NotFound);
    Ok(())
}

#[tokio::test]
async fn token_with_several_audiences_or_fractional_times_is_accepted() {
    assert_eq!(verdict(|c| c["aud"] = json!(["other", "infima-halo"])).await, Ok(()));
    assert_eq!(verdict(|c| c["exp"] = json!(noon().timestamp() as f64 + 0.5)).await, Ok(()));
}

#[tokio::test]
async fn invalid_claim_is_refused_by_name() {
    let at = noon().timestamp();
    let leave_out = |name: &'static str| move |c: &mut Value| drop(c.as_object_mut().unwrap().remove(name));
    assert_eq!(verdict(|c| c["iss"] = "https://evil.example".into()).await, Err(VerifyError::Issuer));
    assert_eq!(verdict(leave_out("iss")).await, Err(VerifyError::Claim("iss")));
    assert_eq!(verdict(|c| c["aud"] = "billing".into()).await, Err(VerifyError::Audience));
    assert_eq!(verdict(leave_out("aud")).await, Err(VerifyError::Claim("aud")));
    assert_eq!(verdict(|c| c["aud"] = json!([7])).await, Err(VerifyError::Claim("aud")));
    assert_eq!(verdict(leave_out("exp")).await, Err(VerifyError::Claim("exp")));
    assert_eq!(verdict(|c| c["exp"] = "tomorrow".into()).await, Err(VerifyError::Claim("exp")));
    assert_eq!(verdict(|c| c["exp"] = json!(1e300)).await, Err(VerifyError::Claim("exp")));
    assert_eq!(verdict(|c| c["exp"] = (at - 29).into()).await, Ok(()));
    assert_eq!(verdict(|c| c["exp"] = (at - 30).into()).await, Err(VerifyError::Expired));
    assert_eq!(verdict(|c| c["nbf"] = (at + 30).into()).await, Ok(()));
    assert_eq!(verdict(|c| c["nbf"] = (at + 31).into()).await, Err(VerifyError::NotYetValid));
    assert_eq!(verdict(leave_out("sub")).await, Err(VerifyError::Claim("sub")));
    assert_eq!(verdict(|c| c["sub"] = "a\nb".into()).await, Err(VerifyError::Claim("sub")));
    assert_eq!(verdict(leave_out("role")).await, Err(VerifyError::Claim("role")));
    assert_eq!(verdict(|c| c["role"] = "system".into()).await, Err(VerifyError::Claim("role")));
    assert_eq!(verdict(leave_out("infima_partner")).await, Err(VerifyError::Claim("partner")));
}

#[tokio::test]
async fn configured_leeway_bounds_clock_skew() {
    let mint = DevTokenIssuer::generate(TokenRules { leeway: std::time::Duration::from_secs(120), ..rules() });
    let verifier = mint.verifier(Clock::manual(noon()));
    let at = noon().timestamp();
    for (claim, second, expected) in [
        ("exp", at - 119, Ok(())),
        ("exp", at - 120, Err(VerifyError::Expired)),
        ("nbf", at + 120, Ok(())),
        ("nbf", at + 121, Err(VerifyError::NotYetValid)),
    ] {
        let mut claims = good_claims();
        claims[claim] = second.into();
        assert_eq!(verifier.verify(&mint.sign(&claims)).await.map(|_| ()), expected, "{claim} {}", second - at);
    }
}

#[tokio::test]
async fn configured_leeway_reaches_the_server() -> anyhow::Result<()> {
    let mint = DevTokenIssuer::generate(rules());
    let keys = axum::Json(mint.jwks());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let issuer = axum::Router::new().fallback(move || async { keys });
    tokio::spawn(async { axum::serve(listener, issuer).await });
    let variables = Variables::from([
        ("INFIMA_AUTH_JWKS_URL", format!("http://{address}/jwks").as_str()),
        ("INFIMA_AUTH_ISSUER", "https://id.infima.example"),
        ("INFIMA_AUTH_AUDIENCE", "infima-halo"),
        ("INFIMA_AUTH_PARTNER_CLAIM", "infima_partner"),
        ("INFIMA_AUTH_LEEWAY_SECONDS", "0"),
    ]);
    let config = ApiConfig::read(&variables)?.auth;
    let verifier = app::verifier(&config, &Clock::manual(noon()))?;
    let mut claims = good_claims();
    assert_eq!(verifier.verify(&mint.sign(&claims)).await.map(|_| ()), Ok(()));
    claims["exp"] = (noon().timestamp() - 1).into();
    assert_eq!(verifier.verify(&mint.sign(&claims)).await.map(|_| ()), Err(VerifyError::Expired));
    Ok(())
}

#[tokio::test]
async fn support_token_with_partner_claim_has_no_partner() -> anyhow::Result<()> {
    let mint = DevTokenIssuer::generate(rules());
    let mut claims = good_claims();
    claims["role"] = "support".into();
    let claims = mint.verifier(Clock::manual(noon())).verify(&mint.sign(&claims)).await?;
    assert_eq!(claims.partner_external_id(), None);
    assert_eq!(Caller::new(claims, Some(PartnerId::generate())).partner(), None);
    Ok(())
}

#[tokio::test]
async fn token_not_signed_by_its_named_key_is_refused() -> anyhow::Result<()> {
    let (mint, other) = (DevTokenIssuer::generate(rules()), DevTokenIssuer::generate(rules()));
    let verifier = mint.verifier(Clock::manual(noon()));
    let token = mint.sign(&good_claims());
    let [header, claims, signature] = parts(&token);
    let kid = mint.jwks()["keys"][0]["kid"].clone();
    let with = |header: Value, signature: &str| -> SecretString {
        format!("{}.{claims}.{signature}", BASE64_URL_SAFE_NO_PAD.encode(header.to_string())).into()
    };
    let es256 = json!({"alg": "ES256", "kid": kid});
    let wrong = [
        (with(json!({"alg": "none", "kid": kid}), ""), VerifyError::Malformed),
        (with(json!({"alg": "HS256", "kid": kid}), &signature), VerifyError::Algorithm),
        (with(json!({"alg": "RS256", "kid": kid}), &signature), VerifyError::Algorithm),
        (with(json!({"alg": "ES256"}), &signature), VerifyError::UnknownKey),
        (with(json!({"alg": "ES256", "kid": kid, "crit": ["b64"]}), &signature), VerifyError::Malformed),
        (with(json!({"alg": "ES256", "kid": kid, "zip": "DEF"}), &signature), VerifyError::Malformed),
        (with(json!({"alg": "ES256", "kid": kid, "cty": "JWT"}), &signature), VerifyError::Malformed),
        (with(es256.clone(), &signature), VerifyError::Signature),
        (with(es256, ""), VerifyError::Signature),
        (other.sign(&good_claims()), VerifyError::UnknownKey),
        (format!("{header}.{}.{signature}", BASE64_URL_SAFE_NO_PAD.encode("{}")).into(), VerifyError::Signature),
        (format!("{header}.{claims}").into(), VerifyError::Malformed),
        ("x".repeat(9000).into(), VerifyError::Malformed),
    ];
    verifier.verify(&token).await?;
    for (index, (token, why)) in wrong.into_iter().enumerate() {
        assert_eq!(verifier.verify(&token).await.unwrap_err(), why, "case {index}");
    }
    Ok(())
}

#[tokio::test]
async fn rsa_and_ed25519_keys_are_accepted() -> anyhow::Result<()> {
    let der = |text: &str| BASE64_STANDARD.decode(text).unwrap();
    let keys = [
        (Algorithm::EdDSA, EncodingKey::from_ed_der(&der(signing_keys::ED25519))),
        (Algorithm::RS256, EncodingKey::from_rsa_der(&der(signing_keys::RSA))),
    ];
    for (algorithm, key) in keys {
        let mut jwk = Jwk::from_encoding_key(&key, algorithm)?;
        jwk.common.key_id = Some("k1".into());
        let jwks = json!({ "keys": [jwk] }).to_string();
        let verifier = Verifier::with_keys(rules(), jwks.as_bytes(), Clock::manual(noon()))?;
        let signed = |algorithm| {
            let mut header = Header::new(algorithm);
            header.kid = Some("k1".into());
            SecretString::from(jsonwebtoken::encode(&header, &good_claims(), &key).unwrap())
        };
        verifier.verify(&signed(algorithm)).await?;
        if algorithm == Algorithm::RS256 {
            // One key, one algorithm.
            assert_eq!(verifier.verify(&signed(Algorithm::PS256)).await.unwrap_err(), VerifyError::Algorithm);
        }
    }
    Ok(())
}

/// Claims with a partner that is named again behind the others.
struct NamedTwice(Value);

impl serde::Serialize for NamedTwice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.0.as_object().unwrap().iter();
        serializer.collect_map(all.chain([(&"infima_partner".to_owned(), &json!("another"))]))
    }
}

#[tokio::test]
async fn claim_that_is_named_twice_is_refused() {
    let key = EncodingKey::from_ed_der(&BASE64_STANDARD.decode(signing_keys::ED25519).unwrap());
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some("k1".into());
    let jwks = json!({ "keys": [jwk] }).to_string();
    let verifier = Verifier::with_keys(rules(), jwks.as_bytes(), Clock::manual(noon())).unwrap();
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("k1".into());
    let token = jsonwebtoken::encode(&header, &NamedTwice(good_claims()), &key).unwrap();
    assert_eq!(verifier.verify(&token.into()).await.unwrap_err(), VerifyError::Malformed);
}

fn parts(token: &SecretString) -> [String; 3] {
    let parts: Vec<String> = token.expose_secret().split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

/// An issuer that counts requests for its keys and publishes what a test sets.
struct Issuer {
    asked: AtomicUsize,
    publishes: Mutex<Option<String>>,
}

impl Issuer {
    fn publishing(document: Option<String>) -> Arc<Self> {
        Arc::new(Self { asked: AtomicUsize::new(0), publishes: Mutex::new(document) })
    }

    fn publish(&self, document: Option<String>) {
        *self.publishes.lock().unwrap() = document;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn verifier(self: &Arc<Self>, clock: &Clock) -> Verifier {
        let issuer = self.clone();
        let fetch: FetchKeys = Arc::new(move |_| {
            let issuer = issuer.clone();
            async move {
                issuer.asked.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                issuer.publishes.lock().unwrap().clone().map(String::into_bytes).ok_or_else(|| "unreachable".into())
            }
            .boxed()
        });
        Verifier::new(rules(), "https://id.infima.example/jwks.json".parse().unwrap(), fetch, clock.clone())
    }
}

fn token(mint: &DevTokenIssuer, clock: &Clock) -> SecretString {
    mint.mint(Role::PartnerAdmin, Some("msp-7"), "user-1", "Ada", Duration::days(3), clock)
}

#[tokio::test]
async fn jwks_is_fetched_once_and_again_for_an_unknown_key() -> anyhow::Result<()> {
    let clock = Clock::manual(noon());
    let (old, new) = (DevTokenIssuer::generate(rules()), DevTokenIssuer::generate(rules()));
    let issuer = Issuer::publishing(Some(old.jwks().to_string()));
    let verifier = issuer.verifier(&clock);
    let old_token = token(&old, &clock);
    let first = futures::future::join_all((0..20).map(|_| verifier.verify(&old_token))).await;
    assert!(first.iter().all(Result::is_ok));
    assert_eq!(issuer.asked(), 1);

    issuer.publish(Some(new.jwks().to_string()));
    // Within the cool-down, unknown keys cause no request, however many callers use them.
    let new_token = token(&new, &clock);
    for _ in 0..20 {
        assert_eq!(verifier.verify(&new_token).await.unwrap_err(), VerifyError::UnknownKey);
    }
    assert_eq!(issuer.asked(), 1);
    clock.advance(Duration::seconds(30));
    verifier.verify(&new_token).await?;
    assert_eq!(issuer.asked(), 2);
    // The issuer has withdrawn the old key.
    assert_eq!(verifier.verify(&old_token).await.unwrap_err(), VerifyError::UnknownKey);
    Ok(())
}

/// A token is verified once and believed from then on, under the same conditions.
#[tokio::test]
async fn verified_token_ends_with_its_key_and_its_time() {
    let clock = Clock::manual(noon());
    let (mint, other) = (DevTokenIssuer::generate(rules()), DevTokenIssuer::generate(rules()));
    let issuer = Issuer::publishing(Some(mint.jwks().to_string()));
    let verifier = issuer.verifier(&clock);
    let long = token(&mint, &clock);
    let short = mint.mint(Role::PartnerAdmin, Some("msp-7"), "user-1", "Ada", Duration::minutes(5), &clock);
    for _ in 0..2 {
        verifier.verify(&long).await.unwrap();
        verifier.verify(&short).await.unwrap();
    }
    clock.advance(Duration::minutes(5) + Duration::from_std(rules().leeway).unwrap() - Duration::seconds(1));
    verifier.verify(&short).await.unwrap();
    clock.advance(Duration::seconds(1));
    assert_eq!(verifier.verify(&short).await.unwrap_err(), VerifyError::Expired);

    // The issuer publishes another key under the same id: the old signature is worth nothing.
    let mut replaced = other.jwks();
    replaced["keys"][0]["kid"] = mint.jwks()["keys"][0]["kid"].clone();
    issuer.publish(Some(replaced.to_string()));
    verifier.verify(&long).await.unwrap();
    clock.advance(Duration::minutes(15));
    assert_eq!(verifier.verify(&long).await.unwrap_err(), VerifyError::Signature);
    // The issuer publishes the first key again.
    issuer.publish(Some(mint.jwks().to_string()));
    clock.advance(Duration::minutes(16));
    verifier.verify(&long).await.unwrap();
}

#[tokio::test]
async fn issuer_outage_keeps_known_keys_for_a_day() -> anyhow::Result<()> {
    let clock = Clock::manual(noon());
    let mint = DevTokenIssuer::generate(rules());
    let issuer = Issuer::publishing(None);
    let verifier = issuer.verifier(&clock);
    let token = token(&mint, &clock);
    assert_eq!(verifier.verify(&token).await.unwrap_err(), VerifyError::KeysUnavailable);

    issuer.publish(Some(mint.jwks().to_string()));
    clock.advance(Duration::minutes(1));
    verifier.verify(&token).await?;

    issuer.publish(Some("<html>gateway</html>".into()));
    clock.advance(Duration::hours(23));
    verifier.verify(&token).await?;
    assert_eq!(issuer.asked(), 3);
    clock.advance(Duration::hours(2));
    assert_eq!(verifier.verify(&token).await.unwrap_err(), VerifyError::KeysUnavailable);
    Ok(())
}

#[tokio::test]
async fn first_good_answer_after_an_outage_at_start_counts_at_once() {
    let clock = Clock::manual(noon());
    let mint = DevTokenIssuer::generate(rules());
    let issuer = Issuer::publishing(None);
    let verifier = issuer.verifier(&clock);
    let token = token(&mint, &clock);
    // However many callers wait, the issuer is asked once a second.
    for _ in 0..20 {
        assert_eq!(verifier.verify(&token).await.unwrap_err(), VerifyError::KeysUnavailable);
    }
    assert_eq!(issuer.asked(), 1);
    issuer.publish(Some(mint.jwks().to_string()));
    clock.advance(Duration::seconds(1));
    verifier.verify(&token).await.unwrap();
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn jwks_keys_unfit_for_signing_are_ignored() -> anyhow::Result<()> {
    let mint = DevTokenIssuer::generate(rules());
    let clock = Clock::manual(noon());
    let published = |change: &dyn Fn(&mut Value)| {
        let mut jwks = mint.jwks();
        change(&mut jwks["keys"][0]);
        Verifier::with_keys(rules(), jwks.to_string().as_bytes(), clock.clone())
    };
    assert!(published(&|key| key["use"] = "enc".into()).is_err());
    assert!(published(&|key| key["alg"] = "ES384".into()).is_err());
    assert!(published(&|key| drop(key.as_object_mut().unwrap().remove("kid"))).is_err());
    assert!(published(&|key| *key = json!({"kty": "oct", "kid": "k", "k": "c2VjcmV0"})).is_err());
    let short_rsa = json!({"kty": "RSA", "kid": "k", "n": "AQAB", "e": "AQAB"});
    assert!(published(&|key| *key = short_rsa.clone()).is_err());
    // A key of an unknown type stands beside one of ours.
    let mut jwks = mint.jwks();
    jwks["keys"].as_array_mut().unwrap().insert(0, json!({"kty": "PQC", "kid": "new"}));
    let verifier = Verifier::with_keys(rules(), jwks.to_string().as_bytes(), clock.clone())?;
    verifier.verify(&token(&mint, &clock)).await?;
    Ok(())
}

#[test]
fn development_issuer_reloads_its_key() -> anyhow::Result<()> {
    let dir = std::env::temp_dir().join(format!("infima-mint-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir(&dir)?;
    let file = dir.join("signing-key.pem");
    let first = DevTokenIssuer::load_or_create(&file, rules())?;
    let again = DevTokenIssuer::load_or_create(&file, rules())?;
    assert_eq!(first.jwks(), again.jwks());
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
    assert!(first.jwks()["keys"][0].get("d").is_none());
    std::fs::remove_dir_all(&dir)?;
    Ok(())
}

proptest! {
    #[test]
    fn arbitrary_text_is_not_a_token(header in ".{0,60}", claims in ".{0,60}", rest in ".{0,60}", raw in any::<bool>()) {
        let mint = DevTokenIssuer::generate(rules());
        let encode = |part: &str| if raw { part.to_owned() } else { BASE64_URL_SAFE_NO_PAD.encode(part) };
        let token: SecretString = format!("{}.{}.{}", encode(&header), encode(&claims), encode(&rest)).into();
        let verdict = mint.verifier(Clock::manual(noon())).verify(&token).now_or_never().unwrap();
        prop_assert!(verdict.is_err());
    }
}
