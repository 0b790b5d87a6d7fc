//! What tests need: a database of their own, and a place for what they leave when they fail.

pub mod api_process;
pub mod artifacts;
pub mod cable;
pub mod data_dir;
pub mod db;
pub mod halo_admin;
pub mod hostile_halo;
pub mod program;
pub mod random;
pub mod receiver;
pub mod served;
pub mod server;
pub mod statements;
pub mod worker;
pub mod world;
pub mod world_builder;

use std::time::Duration;

/// Longer than anything a test waits for, so that a hang is a failure with a name.
pub const LONGEST: Duration = Duration::from_secs(90);
/// The pause between two looks at something that sends no notification.
const PAUSE: Duration = Duration::from_millis(20);

/// Polls until the condition holds.
pub async fn until(so: impl AsyncFn() -> bool) {
    let looking = async {
        while !so().await {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(LONGEST, looking).await.expect("it comes to that");
}
