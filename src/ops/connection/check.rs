//! The connection doctor: the same checks for details that somebody types and for the stored ones. Nothing is stored of typed
//! details; of the stored connection, the outcome is.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::auth::{Act, PartnerScope, permit};
use crate::domain::connection::{Check, Connection};
use crate::domain::problem::{Problem, ProblemKind};
use crate::halo::{Credentials, HaloUrl, Priority, Subject};
use crate::ids::{HaloTenant, PartnerId};
use crate::ops::partner_guard::lock_active;
use crate::ops::{OpError, Ops, Request, UserError, UserErrorCode, halo};
use crate::seal::Sealed;
use crate::storage::{activity, connections, partners};

/// Halo's Client IDs are GUIDs and its secrets two of them; anything far beyond is not one.
const LONGEST: usize = 500;

/// How often one partner's connection may be checked in a minute: enough for typing errors, too few for guessing secrets or
/// for finding out what answers in a network.
const CHECKS_PER_MINUTE: i32 = 10;

/// What somebody typed into the connection form. What is left out is taken from the stored connection.
#[derive(Clone, Debug, Default)]
pub struct Details {
    pub url: Option<String>,
    pub application_client_id: Option<String>,
    pub client_secret: Option<SecretString>,
}

impl Details {
    pub fn is_empty(&self) -> bool {
        self.url.is_none() && self.application_client_id.is_none() && self.client_secret.is_none()
    }
}

/// What the doctor found.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// Which Halo it is, once the address has proved to be one.
    pub tenant: Option<HaloTenant>,
    pub checks: Vec<Check>,
    /// None: it works.
    pub problem: Option<Problem>,
}

/// Checks typed details, or the stored connection where none are given.
pub async fn check_connection(
    ops: &Ops,
    request: &Request<'_>,
    partner: PartnerId,
    details: &Details,
) -> Result<Diagnosis, OpError> {
    if details.is_empty() {
        return recheck(ops, request, partner).await;
    }
    let scope = permit(request.caller, Act::TestTypedConnection, partner)?;
    begin(ops, &scope).await?;
    let typed = read_details(ops, &scope, details).await?;
    let credentials = Credentials::new(typed.url, &typed.application_client_id, &typed.secret);
    let report = ops.halo.session(credentials, Priority::Interactive).unverified_for(partner).check().await;
    let now = ops.clock.now();
    let problem = report.failure().map(|(_, error)| halo::problem(error, None, now));
    Ok(Diagnosis { checks: halo::checks(&report), tenant: report.tenant, problem })
}

async fn recheck(ops: &Ops, request: &Request<'_>, partner: PartnerId) -> Result<Diagnosis, OpError> {
    let scope = permit(request.caller, Act::RecheckConnection, partner)?;
    begin(ops, &scope).await?;
    let (connection, session) =
        halo::stored_session(ops, &scope, Priority::Interactive).await?.ok_or_else(not_connected)?;
    let report = session.check().await;

    let now = ops.clock.now();
    let problem = found(&connection, report.failure().map(|(_, error)| error), report.tenant.as_ref(), now);
    let checks = halo::checks(&report);
    let mut tx = ops.db.begin(&scope).await?;
    connections::record_check(&mut tx, &scope, &checks, problem.as_ref(), now).await?;
    let after = connections::find(&mut tx, &scope).await?;
    let entry = activity::Entry {
        subject: Some(connection.id.to_string()),
        before: Some(standing(&connection)),
        after: after.as_ref().map(standing),
        ..request.entry("connection.rechecked")
    };
    activity::record(&mut tx, &scope, entry, now).await?;
    tx.commit().await?;
    Ok(Diagnosis { tenant: report.tenant, checks, problem })
}

/// What the audit log tells of a connection.
pub(in crate::ops) fn standing(connection: &Connection) -> serde_json::Value {
    let problem = connection.problem.as_ref().map(|problem| problem.code());
    json!({ "url": connection.url, "state": connection.state.as_str(), "problem": problem })
}

/// A Halo that answers well may still be another one than it was.
fn found(
    connection: &Connection,
    error: Option<&crate::halo::HaloError>,
    tenant: Option<&HaloTenant>,
    now: DateTime<Utc>,
) -> Option<Problem> {
    let worked = connection.last_synced_at.max(connection.last_verified_at);
    let problem = match error {
        Some(error) => halo::problem(error, worked, now),
        None if tenant.is_some_and(|tenant| *tenant != connection.tenant) => {
            Problem::new(ProblemKind::TenantChanged, now)
        }
        None => return None,
    };
    Some(problem.with_first_seen_from(connection.problem.as_ref()))
}

pub(in crate::ops) fn not_connected() -> OpError {
    OpError::refused(
        UserErrorCode::NotConnected,
        &[],
        "Halo PSA is not connected. Save the connection details first: Settings > Integrations > Halo PSA.",
    )
}

/// Before Halo is asked anything: the partner is still with INFIMA, and the check is not used to guess secrets or to explore
/// networks.
pub(in crate::ops) async fn begin(ops: &Ops, scope: &PartnerScope) -> Result<(), OpError> {
    let mut tx = ops.db.begin(scope).await?;
    lock_active(&mut tx, scope).await?;
    if !partners::count_connection_test(&mut tx, scope, CHECKS_PER_MINUTE).await? {
        return Err(OpError::refused(
            UserErrorCode::TooManyAttempts,
            &[],
            "The connection was checked too often. Wait a minute, then try again.",
        ));
    }
    tx.commit().await?;
    Ok(())
}

/// Complete details: typed, or taken from the stored connection where that is allowed.
pub(in crate::ops) struct Typed {
    pub url: HaloUrl,
    pub application_client_id: String,
    pub secret: SecretString,
    /// The connection that the rest was taken from.
    stored: Option<Connection>,
}

impl Typed {
    /// Whether what was taken from the stored connection is what is stored now.
    pub fn stored_details_still_are(&self, now: Option<&Connection>) -> bool {
        self.stored.as_ref().zip(now).is_some_and(|(read, now)| {
            now.is_usable() && (&read.url, read.credentials_updated_at) == (&now.url, now.credentials_updated_at)
        })
    }
}

/// Reads what was typed, and says everything that is wrong with it at once. A new URL needs the secret again: the stored one
/// is only ever sent to the host it was saved for.
pub(in crate::ops) async fn read_details(ops: &Ops, scope: &PartnerScope, details: &Details) -> Result<Typed, OpError> {
    let stored = connections::find_with_secret(&mut *ops.db.read(scope).await?, scope).await?;
    let (stored, sealed) = stored.unzip();
    let sealed = sealed.flatten();
    let mut errors = Vec::new();
    let url = match details.url.as_deref().or(stored.as_ref().map(|stored| stored.url.as_str())) {
        None => {
            errors.push(UserError::new(
                UserErrorCode::Required,
                &["url"],
                "Enter the URL of your Halo: Configuration > Integrations > HaloPSA API > API Details.",
            ));
            None
        }
        Some(typed) => match ops.halo.address(typed) {
            Ok(url) => Some(url),
            Err(problem) => {
                errors.push(UserError::new(UserErrorCode::HaloUrlInvalid, &["url"], problem.to_string()));
                None
            }
        },
    };
    let application = details
        .application_client_id
        .as_deref()
        .or(stored.as_ref().map(|stored| stored.application_client_id.as_str()))
        .map(str::trim)
        .unwrap_or_default();
    if application.is_empty() {
        errors.push(UserError::new(
            UserErrorCode::Required,
            &["applicationClientId"],
            "Enter the Client ID of the application that you created in Halo.",
        ));
    }
    if application.chars().count() > LONGEST {
        errors.push(UserError::new(
            UserErrorCode::TooLong,
            &["applicationClientId"],
            "This is too long for a Client ID. Copy it from the application in Halo.",
        ));
    }
    if application.chars().any(char::is_control) {
        errors.push(UserError::new(
            UserErrorCode::Invalid,
            &["applicationClientId"],
            "This holds a control character. Copy the Client ID from the application in Halo.",
        ));
    }
    let same_url = url.as_ref().zip(stored.as_ref()).is_some_and(|(url, stored)| url.to_string() == stored.url);
    let secret = match (&details.client_secret, stored.as_ref().zip(sealed)) {
        (Some(secret), _) if secret.expose_secret().trim().is_empty() => {
            errors.push(secret_required("Enter the Client Secret of the application that you created in Halo."));
            None
        }
        (Some(secret), _) if secret.expose_secret().chars().count() > LONGEST => {
            errors.push(UserError::new(
                UserErrorCode::TooLong,
                &["clientSecret"],
                "This is too long for a Client Secret. Copy it from the application in Halo.",
            ));
            None
        }
        (Some(secret), _) => Some(secret.clone()),
        (None, Some((stored, sealed))) if same_url => {
            let binding = halo::secret_binding(stored.id, scope.partner(), &stored.url);
            Some(ops.keys.open(&Sealed::from_bytes(sealed)?, &binding)?)
        }
        (None, Some(_)) => {
            errors.push(secret_required("A new URL needs the Client Secret again."));
            None
        }
        (None, None) => {
            errors.push(secret_required("Enter the Client Secret of the application that you created in Halo."));
            None
        }
    };
    match (url, secret) {
        (Some(url), Some(secret)) if errors.is_empty() => {
            let application_client_id = application.to_owned();
            Ok(Typed { url, application_client_id, secret, stored })
        }
        _ => Err(OpError::Refused(errors)),
    }
}

fn secret_required(message: &str) -> UserError {
    UserError::new(UserErrorCode::ClientSecretRequired, &["clientSecret"], message)
}

/// The form's field that a failed check is about.
pub(in crate::ops) fn field_of(subject: Subject) -> &'static str {
    match subject {
        Subject::Address => "url",
        Subject::Credentials | Subject::Permission(_) => "clientSecret",
    }
}
