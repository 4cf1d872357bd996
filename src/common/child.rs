//! What programs that this one starts are given, and where they are looked for.
//!
//! The current folder may be an unpacked data set of a stranger. Nothing in it is run unless it was named, and no
//! program gets a key that it was not told to get.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Variables that every program gets, if they are set; none holds a secret.
const PLAIN: [&str; 11] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
];

/// The environment of a program: the plain variables, and those of `more` that are set.
pub fn environment<'a>(more: impl IntoIterator<Item = &'a str>) -> Vec<(String, OsString)> {
    let names = PLAIN.into_iter().chain(more);
    let set = names.filter_map(|name| Some((name.to_owned(), std::env::var_os(name)?)));
    set.collect()
}

/// Files called `program` in the folders of `PATH`, in their order. Relative folders in it, which lead to
/// wherever one happens to be, are passed over.
pub fn in_path(program: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let suffix = std::env::consts::EXE_SUFFIX;
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let files = folders.flat_map(|folder| {
        let with_suffix = (!suffix.is_empty()).then(|| folder.join(format!("{program}{suffix}")));
        [Some(folder.join(program)), with_suffix]
    });
    files.flatten().filter(|file| file.is_file()).collect()
}

/// Whether a file lies below the current folder while that may be a stranger's. A folder that holds the user's
/// home, or is it, is not.
pub fn is_of_current_folder(file: &Path) -> bool {
    let current = std::env::current_dir().and_then(|folder| folder.canonicalize());
    let home = std::env::home_dir().and_then(|home| home.canonicalize().ok());
    match current {
        Ok(current) => is_of_folder(file, &current, home.as_deref()),
        // Nothing can be found below a folder that is gone.
        Err(_) => false,
    }
}

fn is_of_folder(file: &Path, folder: &Path, home: Option<&Path>) -> bool {
    let holds_home = home.is_some_and(|home| home.starts_with(folder));
    let is_root = folder.parent().is_none();
    // As it is written and with links resolved: a link in the folder counts as well.
    let below = file.starts_with(folder)
        || file
            .canonicalize()
            .is_ok_and(|resolved| resolved.starts_with(folder));
    below && !holds_home && !is_root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_a_strangers_folder() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().canonicalize().unwrap();
        let (home, data) = (base.join("home"), base.join("home/data"));
        std::fs::create_dir_all(&data).unwrap();
        let of = |file: &str, folder: &Path| is_of_folder(&base.join(file), folder, Some(&home));
        assert!(of("home/data/lib.so", &data));
        assert!(!of("elsewhere/lib.so", &data));
        // Home, and what holds it.
        assert!(!of("home/.local/lib.so", &home));
        assert!(!of("home/.local/lib.so", &base));
        assert!(!is_of_folder(&data.join("lib.so"), Path::new("/"), None));
        #[cfg(unix)]
        {
            std::fs::write(data.join("real.so"), "").unwrap();
            std::os::unix::fs::symlink(data.join("real.so"), base.join("link.so")).unwrap();
            assert!(of("link.so", &data));
        }
    }

    #[test]
    fn no_key_is_handed_on() {
        let names = environment(["PARABENCH_NOT_SET_ANYWHERE"]);
        assert!(names.iter().any(|(name, _)| name == "PATH"));
        assert!(names.iter().all(|(name, _)| PLAIN.contains(&name.as_str())));
    }
}
