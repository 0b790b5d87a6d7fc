//! A data directory as `dev` has one, which may have a Postgres of its own in it.

use std::fs;
use std::path::{Path, PathBuf};

use infima_halo::dev::postgres;

/// A directory of this name that no other process uses.
pub async fn make(name: &str) -> PathBuf {
    let parent = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    // Directories of failed tests. One that a concurrent run uses resists.
    for earlier in fs::read_dir(&parent).unwrap().filter_map(Result::ok) {
        let its = earlier.file_name().to_string_lossy().starts_with(&format!("{name}-"));
        if its && postgres::erase(&earlier.path()).await.is_ok() {
            fs::remove_dir_all(earlier.path()).unwrap();
        }
    }
    let data_dir = parent.join(format!("{name}-{}", std::process::id()));
    fs::create_dir(&data_dir).unwrap();
    data_dir
}

/// Removes the directory and its server.
pub async fn remove(data_dir: &Path) {
    postgres::erase(data_dir).await.unwrap();
    fs::remove_dir_all(data_dir).unwrap();
}
