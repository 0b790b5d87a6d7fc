//! What tests stand on: a database of their own, and a place for what they leave when they fail.

pub mod artifacts;
pub mod data_dir;
pub mod db;
pub mod halo_admin;
pub mod program;
pub mod served;
pub mod worker;
pub mod world;
pub mod world_builder;

use std::time::Duration;

/// Longer than anything a test waits for, so that a hang is a failure with a name.
pub const LONGEST: Duration = Duration::from_secs(90);
/// Between two looks at what tells no news of itself.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks until it is so.
pub async fn until(so: impl AsyncFn() -> bool) {
    let looking = async {
        while !so().await {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(LONGEST, looking).await.expect("it comes to that");
}
