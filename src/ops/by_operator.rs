//! What the operator does at the command line: there is no caller whose rights could be asked for, and the audit log names
//! the operator.

use super::archived::lock_active;
use super::{OpError, Ops, UserErrorCode, check_connection, request_sync::ask_if_mapped};
use crate::auth::{PartnerScope, SystemScope};
use crate::domain::run::{Run, Trigger};
use crate::ids::{PartnerId, RunId};
use crate::storage::runs::RunRequest;
use crate::storage::{activity, connections, partners, runs};

/// The partner with this external id.
pub async fn find_partner(ops: &Ops, external_id: &str) -> Result<Option<PartnerId>, OpError> {
    let mut db = ops.db.read(SystemScope::worker()).await?;
    Ok(partners::id_of(&mut db, SystemScope::worker(), external_id).await?)
}

/// Queues a sync of everything, ahead of the night's.
pub async fn request_sync(ops: &Ops, partner: PartnerId) -> Result<RunId, OpError> {
    let scope = PartnerScope::for_operator(partner);
    let now = ops.clock.now();
    let mut tx = ops.db.begin(&scope).await?;
    lock_active(&mut tx, &scope).await?;
    if !connections::find(&mut tx, &scope).await?.is_some_and(|connection| connection.is_usable()) {
        return Err(check_connection::not_connected());
    }
    let everything = RunRequest { trigger: Trigger::OnDemand, clients: None, night: None, urgent: true };
    let Some(run) = ask_if_mapped(&mut tx, &scope, everything, now).await? else {
        let message = "No client of this partner is mapped to a Halo customer yet, so there is nothing to sync.";
        return Err(OpError::refused(UserErrorCode::NoAssociations, &[], message));
    };
    let entry = activity::Entry { act: "sync.requested", subject: Some(run.to_string()), ..activity::Entry::default() };
    activity::record(&mut tx, &scope, entry, now).await?;
    tx.commit().await?;
    Ok(run)
}

/// A run, and the name of the partner whose it is.
#[derive(Clone, Debug)]
pub struct Followed {
    pub partner: String,
    pub run: Run,
}

/// How these runs stand.
pub async fn look(ops: &Ops, wanted: &[(PartnerId, RunId)]) -> Result<Vec<Followed>, OpError> {
    let mut followed = Vec::new();
    for (partner, run) in wanted {
        let scope = PartnerScope::for_operator(*partner);
        let mut db = ops.db.read(&scope).await?;
        let name = partners::find(&mut db, &scope).await?.map_or_else(|| partner.to_string(), |partner| partner.name);
        let runs = runs::find_many(&mut db, &scope, &[*run]).await?;
        followed.extend(runs.into_iter().map(|run| Followed { partner: name.clone(), run }));
    }
    Ok(followed)
}
