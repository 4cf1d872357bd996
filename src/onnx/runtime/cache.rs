//! Where files that can be fetched or computed again are kept.

use std::env;
use std::path::PathBuf;

/// The folder for this program's caches: `PARABENCH_CACHE` if set, else `parabench` in the platform's cache folder.
/// `None` when neither is known (no home folder). The folder need not exist yet.
#[must_use]
pub fn cache_folder() -> Option<PathBuf> {
    if let Some(folder) = variable("PARABENCH_CACHE") {
        return Some(folder);
    }
    let platform = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Caches"))
    } else {
        // The XDG base directory specification: relative paths are to be ignored.
        let xdg = variable("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        xdg.or_else(|| variable("HOME").map(|home| home.join(".cache")))
    };
    platform.map(|folder| folder.join("parabench"))
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
