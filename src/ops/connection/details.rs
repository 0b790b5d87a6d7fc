//! Connection details that a user typed into the form, completed from the stored connection.

use secrecy::{ExposeSecret, SecretString};

use super::tenant::TenantDecision;
use crate::auth::PartnerScope;
use crate::domain::connection::{Connection, WriteAccess};
use crate::halo::HaloUrl;
use crate::ops::{OpError, Ops, UserError, UserErrorCode, halo};
use crate::seal::Sealed;
use crate::storage::connections;

/// Halo's Client IDs are GUIDs and its secrets two of them; anything far beyond is not one.
const LONGEST: usize = 500;

/// What a user typed into the connection form. What is left out is taken from the stored
/// connection.
#[derive(Clone, Debug, Default)]
pub struct Details {
    pub url: Option<String>,
    pub application_client_id: Option<String>,
    pub client_secret: Option<SecretString>,
    /// What becomes of the associations if the details lead to a Halo of another identity.
    pub tenant_change: Option<TenantDecision>,
}

impl Details {
    pub fn is_empty(&self) -> bool {
        self.url.is_none() && self.application_client_id.is_none() && self.client_secret.is_none()
    }
}

/// Complete details: typed, or taken from the stored connection where that is allowed.
pub(super) struct Typed {
    pub url: HaloUrl,
    pub application_client_id: String,
    pub secret: SecretString,
    /// Whether the secret is the stored one, typed again or not.
    secret_is_stored: bool,
    /// The connection that the rest was taken from.
    stored: Option<Connection>,
}

impl Typed {
    /// Whether the stored connection, or that there was none, is as it was when the details were
    /// completed from it.
    pub fn stored_connection_still_is(&self, now: Option<&Connection>) -> bool {
        match (&self.stored, now) {
            (Some(read), Some(now)) => now.is_same_as(read),
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether the secret is another one than the one that is stored now.
    pub fn secret_changes(&self, now: Option<&Connection>) -> bool {
        !(self.secret_is_stored && now.is_some_and(Connection::is_usable) && self.stored_connection_still_is(now))
    }

    /// Whether another user has stored the same address and application, whose secret was typed as
    /// well: two users who save the same details are both right.
    pub fn are_stored_by_another_user(&self, typed: &Details, now: Option<&Connection>) -> bool {
        typed.client_secret.is_some()
            && now.is_some_and(|now| {
                now.is_usable()
                    && now.url == self.url.to_string()
                    && now.application_client_id == self.application_client_id
            })
    }

    /// What writes under exactly these details have shown.
    pub fn write_access(&self) -> WriteAccess {
        let same = |stored: &&Connection| {
            self.secret_is_stored
                && stored.is_usable()
                && stored.url == self.url.to_string()
                && stored.application_client_id == self.application_client_id
        };
        self.stored.as_ref().filter(same).map_or(WriteAccess::Unknown, |stored| stored.write_access)
    }
}

/// Reads what was typed, and says everything that is wrong with it at once. A new URL needs the
/// secret again: the stored one is only ever sent to the host it was saved for.
pub(super) async fn read_details(ops: &Ops, scope: &PartnerScope, details: &Details) -> Result<Typed, OpError> {
    let stored = connections::load(&mut *ops.db.read(scope).await?, scope).await?;
    let stored = stored.and_then(|stored| stored.connection);
    let (stored, sealed) = stored.map(|stored| (stored.connection, stored.sealed_secret)).unzip();
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
            "The Client ID has a control character. Copy it from the application in Halo.",
        ));
    }
    let same_url = url.as_ref().zip(stored.as_ref()).is_some_and(|(url, stored)| url.to_string() == stored.url);
    let mut secret_is_stored = false;
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
        (Some(secret), Some((stored, sealed))) if same_url => {
            // A stored secret that cannot be opened is another one.
            let before = open(ops, scope, stored, sealed).ok();
            secret_is_stored =
                before.is_some_and(|before| before.expose_secret().trim() == secret.expose_secret().trim());
            Some(secret.clone())
        }
        (Some(secret), _) => Some(secret.clone()),
        (None, Some((stored, sealed))) if same_url => {
            secret_is_stored = true;
            Some(open(ops, scope, stored, sealed)?)
        }
        (None, Some(_)) => {
            errors.push(secret_required(
                "The stored Client Secret belongs to another URL. Enter the Client Secret again.",
            ));
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
            Ok(Typed { url, application_client_id, secret, secret_is_stored, stored })
        }
        _ => Err(OpError::Refused(errors)),
    }
}

fn open(ops: &Ops, scope: &PartnerScope, stored: &Connection, sealed: Vec<u8>) -> Result<SecretString, OpError> {
    let binding = halo::secret_binding(stored.id, scope.partner(), &stored.url);
    Ok(ops.keys.open(&Sealed::from_bytes(sealed)?, &binding)?)
}

fn secret_required(message: &str) -> UserError {
    UserError::new(UserErrorCode::ClientSecretRequired, &["clientSecret"], message)
}
