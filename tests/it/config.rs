//! What the environment may say, what it may not, and that the documentation agrees.

use std::time::Duration;

use infima_halo::config::{
    self, ApiConfig, Config, ConfigError, DatabaseConfig, Environment, LogFormat, TrustedDocuments, Variables,
};
use secrecy::ExposeSecret as _;

fn complete() -> Variables {
    Variables::from([
        ("DATABASE_URL", "postgres://app:planted-password@db/infima"),
        ("INFIMA_KEYS", "a:planted-key"),
        ("INFIMA_AUTH_JWKS_URL", "https://id.example.com/jwks"),
        ("INFIMA_AUTH_ISSUER", "https://id.example.com"),
        ("INFIMA_AUTH_AUDIENCE", "halo"),
    ])
}

fn with(name: &str, value: &str) -> Variables {
    let mut variables = complete();
    variables.set(name, value);
    variables
}

/// The error for one invalid variable, in the words an operator reads.
fn complaint(name: &str, value: &str) -> String {
    let variables = with(name, value);
    let error = Config::read(&variables).err().or_else(|| ApiConfig::read(&variables).err());
    error.unwrap_or_else(|| panic!("{name}={value} was accepted")).to_string()
}

#[test]
fn minimal_environment_has_production_defaults() -> anyhow::Result<()> {
    let config = Config::read(&complete())?;
    assert_eq!(config.environment.environment, Environment::Production);
    assert_eq!((config.halo.requests, config.halo.interactive_reserve), (240, 40));
    assert_eq!(config.halo.create_confirmation, Duration::from_secs(300));
    assert!(config.halo.development_addresses.is_empty());
    assert_eq!(config.worker.lease, Duration::from_secs(20));
    assert_eq!(config.night.time_zone, chrono_tz::UTC);
    assert_eq!(config.log.format, LogFormat::Auto);
    assert!(config.http.cors_origins.is_empty());

    let api = ApiConfig::read(&complete())?;
    assert_eq!(api.auth.partner_claim, "partner");
    assert_eq!(api.documents.trusted, TrustedDocuments::Enforce);
    assert!(api.playground.oidc_issuer.is_none());
    Ok(())
}

#[test]
fn missing_variables_are_named_together() {
    let error = Config::read(&Variables::default()).unwrap_err();
    let ConfigError::Missing(missing) = &error else { panic!("{error}") };
    let names: Vec<_> = missing.iter().map(|missing| missing.variable.as_str()).collect();
    assert_eq!(names, ["DATABASE_URL", "INFIMA_KEYS"]);
    assert!(error.to_string().starts_with("DATABASE_URL (or DATABASE_URL_FILE) is not set: Address of"), "{error}");
}

/// An operator corrects all of them at once.
#[test]
fn every_mistake_is_named_at_once() {
    let mut variables = with("INFIMA_HALO_REQUESTS", "many");
    variables.set("INFIMA_KEYS", "");
    variables.set("INFIMA_LISTEN", "localhost");
    variables.set("INFIMA_AUTH_ISSUER", "");
    variables.set("DATABASE_URL_FILE", "/nowhere");
    let errors = config::read_serving(&variables).unwrap_err().to_string();
    let named: Vec<_> = errors.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    let expected = ["INFIMA_KEYS", "INFIMA_AUTH_ISSUER", "DATABASE_URL", "INFIMA_HALO_REQUESTS", "INFIMA_LISTEN"];
    assert_eq!(named, expected, "{errors}");

    let mut contradicting = with("INFIMA_NIGHT_END", "01:00");
    contradicting.set("INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", "60");
    let errors = Config::read(&contradicting).unwrap_err().to_string();
    assert!(errors.contains("INFIMA_NIGHT_END") && errors.contains("INFIMA_WORKER_ORPHAN_SECONDS"), "{errors}");

    let mut twice = with("INFIMA_ENV", "prod");
    twice.set("INFIMA_OIDC_CLIENT_ID", "playground");
    let errors = config::read_serving(&twice).unwrap_err().to_string();
    assert_eq!(errors.matches("INFIMA_ENV").count(), 1, "{errors}");
}

#[test]
fn empty_variable_counts_as_unset() -> anyhow::Result<()> {
    assert!(matches!(Config::read(&with("INFIMA_KEYS", "")), Err(ConfigError::Missing(_))));
    assert_eq!(Config::read(&with("INFIMA_HALO_REQUESTS", ""))?.halo.requests, 240);
    Ok(())
}

#[test]
fn single_section_can_be_read() -> anyhow::Result<()> {
    let variables =
        Variables::from([("DATABASE_URL", "postgres://db"), ("MIGRATE_DATABASE_URL", "postgres://owner@db")]);
    let database: DatabaseConfig = variables.read()?;
    assert_eq!(database.url.expose_secret(), "postgres://db");
    assert_eq!(database.migrate_url.unwrap().expose_secret(), "postgres://owner@db");
    Ok(())
}

#[test]
fn secret_file_is_read_without_its_last_newline() -> anyhow::Result<()> {
    let directory = std::env::temp_dir().join(format!("infima-config-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let (full, empty) = (directory.join("keys"), directory.join("empty"));
    std::fs::write(&full, "a:from-file\n")?;
    std::fs::write(&empty, "\n")?;

    let mut variables = with("INFIMA_KEYS", "");
    variables.set("INFIMA_KEYS_FILE", &full);
    assert_eq!(Config::read(&variables)?.keys.keys.expose_secret(), "a:from-file");

    variables.set("INFIMA_KEYS_FILE", &empty);
    let error = Config::read(&variables).unwrap_err().to_string();
    assert!(error.contains("INFIMA_KEYS_FILE") && error.ends_with("is empty"), "{error}");

    variables.set("INFIMA_KEYS_FILE", directory.join("nowhere"));
    let error = Config::read(&variables).unwrap_err().to_string();
    assert!(error.starts_with("INFIMA_KEYS_FILE names ") && error.contains("cannot be read"), "{error}");

    variables.set("INFIMA_KEYS", "a:direct");
    let error = Config::read(&variables).unwrap_err().to_string();
    assert_eq!(error, "INFIMA_KEYS and INFIMA_KEYS_FILE are both set; keep one of them");
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

#[test]
fn invalid_value_is_refused_with_variable_and_example() {
    let cases = [
        ("INFIMA_ENV", "prod", "INFIMA_ENV is not usable: 'prod' is none of production, development"),
        (
            "INFIMA_HALO_REQUESTS",
            "many",
            "INFIMA_HALO_REQUESTS is not usable: 'many' is not right: give a whole number",
        ),
        ("INFIMA_LISTEN", "localhost:8080", "give an address and a port, for example 127.0.0.1:8080"),
        ("INFIMA_HALO_REQUESTS", "701", "701 is not in 2..=700"),
        ("INFIMA_HALO_TIMEOUT_SECONDS", "0", "give whole seconds from 1 to 120"),
        ("INFIMA_HALO_TIMEOUT_SECONDS", "-5", "give whole seconds from 1 to 120"),
        ("INFIMA_NIGHT_TIME_ZONE", "Berlin", "for example Europe/Berlin"),
        ("INFIMA_NIGHT_START", "25:00", "for example 01:00"),
        ("INFIMA_NIGHT_END", "01:00", "it has to differ from INFIMA_NIGHT_START"),
        ("INFIMA_AUTH_JWKS_URL", "id.example.com", "give a whole address"),
        ("INFIMA_AUTH_JWKS_URL", "ftp://id.example.com", "start with https:// or http://"),
        ("INFIMA_AUTH_JWKS_URL", "https://me:pw@example.com", "must not hold a user name or password"),
        ("INFIMA_AUTH_JWKS_URL", "http://id.example.com/jwks", "have to be fetched over https, or from this machine"),
        ("INFIMA_AUTH_JWKS_URL", "http://10.0.0.7/jwks", "have to be fetched over https, or from this machine"),
        ("INFIMA_CORS_ORIGINS", "https://app.example.com/path", "give the origin alone: https://app.example.com"),
        ("INFIMA_HALO_DEVELOPMENT_ADDRESSES", "localhost:4010", "production calls public https addresses only"),
        ("INFIMA_HALO_INTERACTIVE_RESERVE", "240", "it has to be below INFIMA_HALO_REQUESTS (240)"),
        ("INFIMA_WORKER_SHUTDOWN_TIMEOUT_SECONDS", "60", "it has to be below INFIMA_WORKER_ORPHAN_SECONDS (60)"),
        ("INFIMA_TRUSTED_DOCUMENTS", "no", "is none of enforce, report, off"),
        ("INFIMA_OIDC_ISSUER", "https://id.example.com", "INFIMA_OIDC_CLIENT_ID is not usable"),
    ];
    for (name, value, expected) in cases {
        let complaint = complaint(name, value);
        assert!(complaint.contains(expected), "{name}={value}: {complaint}");
        assert!(complaint.starts_with("INFIMA_"), "{complaint}");
    }
}

#[test]
fn jwks_url_on_loopback_may_use_http() -> anyhow::Result<()> {
    for address in ["http://localhost:4444/jwks", "http://127.0.0.1/jwks", "http://[::1]:4444/jwks"] {
        assert_eq!(ApiConfig::read(&with("INFIMA_AUTH_JWKS_URL", address))?.auth.jwks_url.as_str(), address);
    }
    let mut development = with("INFIMA_ENV", "development");
    development.set("INFIMA_AUTH_JWKS_URL", "http://issuer:4444/jwks");
    ApiConfig::read(&development)?;
    Ok(())
}

#[test]
fn nightly_window_may_cross_midnight() {
    let mut variables = with("INFIMA_NIGHT_START", "23:00");
    variables.set("INFIMA_NIGHT_END", "03:30");
    assert!(Config::read(&variables).is_ok());
}

#[test]
fn debug_output_contains_no_secret() -> anyhow::Result<()> {
    let printed = format!("{:?}", Config::read(&complete())?);
    assert!(!printed.contains("planted"), "{printed}");
    Ok(())
}

#[test]
fn readme_contains_the_current_settings_table() -> anyhow::Result<()> {
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md"))?;
    let (start, end) = ("<!-- configuration:start -->", "<!-- configuration:end -->");
    let written = document.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map(|(table, _)| table.trim());
    let table = config::table();
    assert!(
        written == Some(table.trim()),
        "the table in docs/configuration.md is stale; put this between {start} and {end}:\n\n{table}"
    );
    Ok(())
}
