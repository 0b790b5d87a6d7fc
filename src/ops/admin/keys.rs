//! The keys that stored secrets are sealed with: checked at start-up, and changed under load.

use std::collections::BTreeMap;

use serde_json::json;

use crate::auth::{PartnerScope, SystemScope};
use crate::domain::activity::Action;
use crate::ops::{OpError, Ops, halo, webhook};
use crate::seal::{Binding, Sealed};
use crate::storage::connections::SealedSecret;
use crate::storage::keys::{Holder, OutdatedSecret, SecretPlace};
use crate::storage::{AuditContext, keys};

/// How many secrets are re-encrypted in one batch.
const BATCH: i64 = 100;

/// Whether this keyring opens what the database holds. The first start leaves a canary to be opened
/// by later ones.
pub async fn check_canary(ops: &Ops) -> Result<(), OpError> {
    let mut tx = ops.db.begin(SystemScope::housekeeping()).await?;
    match keys::canary(&mut tx).await? {
        Some(sealed) => ops.keys.check_canary(&Sealed::from_bytes(sealed)?)?,
        None => keys::store_canary(&mut tx, ops.keys.seal_canary().as_bytes()).await?,
    }
    tx.commit().await?;
    Ok(())
}

/// What a rotation did, or would do.
#[derive(Clone, Debug, Default)]
pub struct Rotation {
    pub resealed: u64,
    /// Secrets that no key here opens, by the reason: sealed with a missing key, or damaged. They
    /// stay as they are.
    pub remaining: BTreeMap<String, u64>,
    /// For each key, how many secrets it still seals. A key with none may be taken out of the
    /// keyring.
    pub in_use: Vec<(String, i64)>,
}

/// Seals every stored secret that opens with the active key. It may be interrupted at any point and
/// started again, while everything else runs: a secret that was replaced meanwhile is not touched.
pub async fn rotate_keys(ops: &Ops, dry_run: bool) -> Result<Rotation, OpError> {
    let system = SystemScope::housekeeping();
    let mut rotation = Rotation::default();
    for holder in [Holder::Connections, Holder::Webhooks] {
        rotate_secrets(ops, holder, dry_run, &mut rotation).await?;
    }
    let mut tx = ops.db.begin(system).await?;
    if !dry_run {
        keys::store_canary(&mut tx, ops.keys.seal_canary().as_bytes()).await?;
    }
    rotation.in_use = keys::keys_in_use(&mut tx, system).await?;
    tx.commit().await?;
    Ok(rotation)
}

async fn rotate_secrets(ops: &Ops, holder: Holder, dry_run: bool, rotation: &mut Rotation) -> Result<(), OpError> {
    let system = SystemScope::housekeeping();
    let mut after = None;
    loop {
        let outdated = {
            let mut db = ops.db.read(system).await?;
            keys::outdated_secrets(&mut db, system, holder, ops.keys.active_id(), after, BATCH).await?
        };
        let Some(last) = outdated.last() else { return Ok(()) };
        after = Some(last.place.id());
        for OutdatedSecret { place, partner, sealed_secret, key_id } in outdated {
            let (binding, action, subject) = match &place {
                SecretPlace::Connection { id, url } => {
                    (halo::secret_binding(*id, partner, url), Action::ConnectionResealed, id.to_string())
                }
                SecretPlace::Webhook(id) => {
                    (webhook::secret_binding(*id, partner), Action::WebhookSecretResealed, id.to_string())
                }
            };
            let Some((before, sealed)) = reseal(ops, sealed_secret, &binding, rotation) else { continue };
            if dry_run {
                rotation.resealed += 1;
                continue;
            }
            let resealed = SealedSecret { bytes: sealed.as_bytes(), key_id: sealed.key_id() };
            let scope = PartnerScope::for_operator(partner);
            let mut tx = ops.begin(&scope, AuditContext::default()).await?;
            if !keys::reseal(&mut tx, &place, before.as_bytes(), &resealed).await? {
                continue;
            }
            let (before, after) = (json!({ "sealedWith": key_id }), json!({ "sealedWith": resealed.key_id }));
            tx.record(action, Some(subject), Some(before), Some(after)).await?;
            tx.commit().await?;
            rotation.resealed += 1;
        }
    }
}

/// Seals what was sealed again, with the active key. A secret that does not open is counted, and
/// keeps no other from being sealed again.
fn reseal(ops: &Ops, bytes: Vec<u8>, binding: &Binding<'_>, rotation: &mut Rotation) -> Option<(Sealed, Sealed)> {
    let opened = Sealed::from_bytes(bytes).and_then(|before| Ok((ops.keys.open(&before, binding)?, before)));
    match opened {
        Ok((opened, before)) => Some((before, ops.keys.seal(&opened, binding))),
        Err(error) => {
            *rotation.remaining.entry(error.to_string()).or_default() += 1;
            None
        }
    }
}
