//! What was installed together with this program, as the Python wheel does it: the library in `PREFIX/lib/parabench/`
//! for `PREFIX/bin/parabench`, and the Python of a virtual environment in `PREFIX/bin/`.
//!
//! Both are found by the place of the program's own file, links followed, and never by the current folder. Whoever
//! could change them could change the program itself.

use std::env;
use std::path::{Path, PathBuf};

use super::wheel::Pin;

/// The folder of libraries below the prefix.
const LIBRARIES: &str = "lib/parabench";

/// The library that was installed with this program.
///
/// # Errors
/// In words why there is none.
pub(super) fn library() -> Result<PathBuf, String> {
    let pin = Pin::for_this_machine().ok_or("no wheel is pinned for this platform")?;
    library_of(&program()?, pin.library())
}

/// The Python in the folder of this program, where there is one.
pub(super) fn python() -> Option<PathBuf> {
    let folder = program().ok()?.parent()?.to_owned();
    let names = ["python3", "python", "python.exe"];
    let files = names.map(|name| folder.join(name));
    files.into_iter().find(|file| file.is_file())
}

/// This program's file, absolute and with links resolved.
fn program() -> Result<PathBuf, String> {
    env::current_exe()
        .and_then(|file| file.canonicalize())
        .map_err(|error| format!("the place of this program is not known: {error}"))
}

fn library_of(program: &Path, name: &str) -> Result<PathBuf, String> {
    let prefix = program
        .parent()
        .and_then(Path::parent)
        .ok_or("this program does not lie in a folder `bin`")?;
    let file = prefix.join(LIBRARIES).join(name);
    match file.canonicalize() {
        Ok(library) if !library.is_file() => Err(format!("{} is not a file", file.display())),
        Ok(library) => same_owner(program, &library).map(|()| library),
        Err(_) => Err(format!("no {}", file.display())),
    }
}

/// A library of somebody else than the program's owner was not installed with it.
#[cfg(unix)]
fn same_owner(program: &Path, library: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let owner = |file: &Path| {
        let meta = file
            .metadata()
            .map_err(|error| format!("{}: {error}", file.display()))?;
        Ok::<u32, String>(meta.uid())
    };
    match owner(program)? == owner(library)? {
        true => Ok(()),
        false => Err(format!(
            "{} belongs to another user than this program",
            library.display()
        )),
    }
}

#[cfg(not(unix))]
fn same_owner(_program: &Path, _library: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_library_is_found_by_the_place_of_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().canonicalize().unwrap();
        let program = prefix.join("bin/parabench");
        let library = prefix.join(LIBRARIES).join("x.so");
        for file in [&program, &library] {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
        }
        fs::write(&program, "").unwrap();
        let reason = library_of(&program, "x.so").unwrap_err();
        assert!(reason.contains("lib/parabench/x.so"), "{reason}");
        fs::create_dir(&library).unwrap();
        assert!(
            library_of(&program, "x.so")
                .unwrap_err()
                .contains("is not a file")
        );
        fs::remove_dir(&library).unwrap();
        fs::write(&library, "").unwrap();
        assert_eq!(library_of(&program, "x.so"), Ok(library));
    }

    #[test]
    fn the_current_folder_is_no_prefix() {
        assert!(library_of(Path::new("parabench"), "x.so").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_library_of_another_user_is_passed_over() {
        if rustix::process::geteuid().is_root() {
            let folder = tempfile::tempdir().unwrap();
            let (program, library) = (folder.path().join("program"), folder.path().join("x.so"));
            fs::write(&program, "").unwrap();
            fs::write(&library, "").unwrap();
            std::os::unix::fs::chown(&library, Some(12_345), None).unwrap();
            assert!(
                same_owner(&program, &library)
                    .unwrap_err()
                    .contains("another user")
            );
        }
    }
}
