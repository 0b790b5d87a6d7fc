//! What an operator watches: numbers over all partners, for `/metrics` and `doctor`.

use crate::auth::SystemScope;
use crate::ops::{OpError, Ops};
use crate::storage::figures::{self, DeliveryFigures, RunFigures};
use crate::storage::keys;

/// The numbers of all partners together.
#[derive(Clone, Debug)]
pub struct Figures {
    pub runs: RunFigures,
    pub deliveries: DeliveryFigures,
    /// Open problems of connections and associations, by code.
    pub problems: Vec<(String, i64)>,
    /// Stored secrets, by the id of the key that seals them.
    pub secrets: Vec<(String, i64)>,
}

pub async fn read_figures(ops: &Ops) -> Result<Figures, OpError> {
    let system = SystemScope::worker();
    let mut db = ops.db.read(system).await?;
    Ok(Figures {
        runs: figures::runs(&mut db, system).await?,
        deliveries: figures::deliveries(&mut db, system).await?,
        problems: figures::problems(&mut db, system).await?,
        secrets: keys::keys_in_use(&mut db, system).await?,
    })
}
