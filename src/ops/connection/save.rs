//! Checks connection details against Halo, and stores them if they work.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::details::{Details, read_details};
use super::tenant::{TenantDecision, decide, find_evidence};
use super::{changed, count_attempt};
use crate::auth::{Act, PartnerScope};
use crate::domain::activity::Action;
use crate::domain::connection::Connection;
use crate::domain::problem::TenantEvidence;
use crate::domain::run::{RunRequest, Trigger};
use crate::halo::{Credentials, HaloError, Priority, Session};
use crate::ids::{ConnectionId, HaloTenant, RunId};
use crate::ops::sync::enqueue_if_mapped;
use crate::ops::{OpError, Ops, Request, Target, UserError, UserErrorCode, halo};
use crate::storage::connections::{AcceptedCredentials, SealedSecret};
use crate::storage::{connections, tenants};

/// Checks and stores the details. Returns the connection, and the queued run if clients are mapped.
pub async fn save_connection(
    ops: &Ops,
    request: &Request<'_>,
    target: impl Into<Target>,
    details: Details,
) -> Result<(Connection, Option<RunId>), OpError> {
    let scope = request.authorize(ops, Act::SaveConnection, target).await?;
    let partner = scope.partner();
    count_attempt(ops, request, &scope).await?;
    let typed = read_details(ops, &scope, &details).await?;
    let credentials = Credentials::new(typed.url.clone(), &typed.application_client_id, &typed.secret);
    let session = ops.halo.session(credentials, Priority::Interactive).unverified_for(partner);
    let report = session.check().await;

    let failures = report.failures().map(|(_, error)| refused(error));
    let mut refusals: Vec<_> = failures.collect();
    // A request that failed says the same about each layer that it was to show.
    refusals.dedup();
    let checks = halo::checks(&report);
    if !refusals.is_empty() {
        let checks = typed.write_access().completed(checks);
        return Err(OpError::ChecksFailed { errors: refusals, checks });
    }
    let tenant = report.tenant.clone().unwrap_or_else(|| HaloTenant(typed.url.host()));
    let change = find_change(ops, &scope, &session, &tenant).await?;

    let mut tx = ops.begin_active(&scope, request).await?;
    // Another user may have saved, or disconnected, while Halo was checked.
    let before = connections::find(&mut tx, &scope).await?;
    let now = before.as_ref();
    if !typed.stored_connection_still_is(now) && !typed.are_stored_by_another_user(&details, now) {
        return Err(changed());
    }
    // A seal only opens in the row, and for the address, that it was made for.
    let id = before.as_ref().map_or_else(ConnectionId::generate, |before| before.id);
    let url = typed.url.to_string();
    let sealed = details.client_secret.as_ref().map(|_| {
        let trimmed = SecretString::from(typed.secret.expose_secret().trim());
        ops.keys.seal(&trimmed, &halo::secret_binding(id, partner, &url))
    });
    // Halo's record ids mean nothing in another tenant.
    if tenants::has_associations_elsewhere(&mut tx, &scope, &tenant).await? {
        let proven = change.as_ref().is_some_and(|change| change.evidence.proves_identity());
        let decision = details.tenant_change.or(proven.then_some(TenantDecision::CarryOver));
        let same = |change: &&TenantChange| before.as_ref().is_some_and(|before| before.is_same_as(&change.from));
        match change.as_ref().filter(same).zip(decision) {
            Some((TenantChange { from, evidence }, decision)) => {
                decide(&mut tx, from, &tenant, *evidence, decision).await?;
            }
            None => return Err(tenant_changed(change.map(|change| change.evidence))),
        }
    }
    let accepted = AcceptedCredentials {
        id,
        url: &url,
        tenant: &tenant,
        application_client_id: &typed.application_client_id,
        secret: sealed.as_ref().map(|sealed| SealedSecret { bytes: sealed.as_bytes(), key_id: sealed.key_id() }),
        secret_changed: typed.secret_changes(before.as_ref()),
        checks: &checks,
    };
    let connection = connections::save(&mut tx, &accepted).await?;
    let shown = |url: &str, application: &str, tenant: &str| json!({ "url": url, "applicationClientId": application, "tenant": tenant });
    let mut after = shown(&url, &typed.application_client_id, &tenant.0);
    // All that is ever said of the secret.
    after["clientSecret"] = json!(match (&details.client_secret, &before) {
        (None, _) => "kept",
        (Some(_), Some(before)) if before.is_usable() => "replaced",
        (Some(_), _) => "set",
    });
    let was = before.as_ref().map(|before| shown(&before.url, &before.application_client_id, &before.tenant.0));
    tx.record(Action::ConnectionSaved, Some(id.to_string()), was, Some(after)).await?;
    // What could not be synced with the old details is tried again at once.
    let everything = RunRequest::interactive(Trigger::OnDemand, None);
    let run = enqueue_if_mapped(&mut tx, everything).await?;
    tx.commit().await?;

    tracing::info!(partner.id = %partner, halo.tenant = %tenant, "Halo connection saved");
    Ok((connection, run))
}

/// A Halo of another identity than the one that clients are mapped to.
struct TenantChange {
    from: Connection,
    evidence: TenantEvidence,
}

/// Looks for the partner's subscriptions if the details lead to another tenant than before.
async fn find_change(
    ops: &Ops,
    scope: &PartnerScope,
    session: &Session,
    tenant: &HaloTenant,
) -> Result<Option<TenantChange>, OpError> {
    let from = {
        let mut db = ops.db.read(scope).await?;
        let is_mapped = tenants::has_associations_elsewhere(&mut db, scope, tenant).await?;
        connections::find(&mut db, scope).await?.filter(|before| is_mapped && before.tenant != *tenant)
    };
    let Some(from) = from else { return Ok(None) };
    match find_evidence(ops, scope, session, &from.tenant).await {
        Ok(evidence) => Ok(Some(TenantChange { from, evidence })),
        Err(OpError::Halo(error)) => Err(refused(&error).into()),
        Err(error) => Err(error),
    }
}

fn tenant_changed(evidence: Option<TenantEvidence>) -> OpError {
    let found = evidence.filter(|evidence| evidence.total > 0).map(|TenantEvidence { found, total }| {
        format!(" Of {total} of your subscriptions that INFIMA looked for, it shows {found}.")
    });
    let error = UserError::new(
        UserErrorCode::TenantChanged,
        &["url"],
        format!(
            "Your clients are mapped to customers of a Halo with another identity.{} Decide whether it is the same Halo, \
             whose mappings are carried over, or another one, for which they are archived. Or save the URL of the Halo \
             that your clients are mapped to.",
            found.unwrap_or_default()
        ),
    );
    error.hint("Ask the user and send the decision in `tenantChange`, with the same details.").into()
}

/// A failed check as an error of the form. It only names a field if another value there helps: a
/// permission is granted in Halo, and a limit passes by itself.
fn refused(error: &HaloError) -> UserError {
    let error = halo::user_error(error, &[]);
    let field = match error.code {
        UserErrorCode::NotAHaloAddress
        | UserErrorCode::AddressBlocked
        | UserErrorCode::HaloUnreachable
        | UserErrorCode::HaloUnavailable => "url",
        UserErrorCode::CredentialsRejected => "clientSecret",
        _ => return error,
    };
    UserError { field: vec![field.to_owned()], ..error }
}
