//! Files from outside: named by data that is not trusted, or lying in a folder that others filled.
//!
//! One rule for all of them, kept by [`Folder`]:
//!
//! - a name is a relative path with `/` and without `..`;
//! - links are followed, and what they lead to must lie in the folder as well. A snapshot in the cache
//!   of the Hugging Face hub is made of links into the `blobs` folder of its own data set: those count
//!   as inside, and no other do;
//! - only regular files are opened: pipes, devices and sockets are refused without waiting;
//! - every reader states how many bytes it takes at most.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::files::{self, FileError};

/// Deepest folder that [`Folder::list`] looks into, below the folder itself.
const MAX_DEPTH: usize = 8;

/// A folder that others filled.
#[derive(Clone, Debug)]
pub struct Folder {
    /// As it was named, for messages.
    named: PathBuf,
    /// The same, absolute and without links.
    root: PathBuf,
    /// Where links of a snapshot in the hub's cache may lead, absolute and without links.
    blobs: Option<PathBuf>,
}

/// What [`Folder::list`] found.
#[derive(Clone, Debug, Default)]
pub struct FolderListing {
    /// Regular files that may be opened: relative paths with `/`, sorted.
    pub files: Vec<String>,
    /// What was passed over and why: links out of the folder, pipes, names that are not UTF-8.
    pub refused: Vec<String>,
    /// Whether there were more entries than the limit; the rest was not looked at.
    pub more: bool,
}

impl Folder {
    /// Opens the folder of a path that the user named; the path itself may lead through links.
    ///
    /// # Errors
    /// [`FileError::Io`] when there is no such folder.
    pub fn at(path: &Path) -> Result<Self, FileError> {
        let at = FileError::at;
        let root = path.canonicalize().map_err(at(path))?;
        if !root.is_dir() {
            return Err(at(path)(io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self {
            named: path.to_owned(),
            blobs: blobs_of(&root),
            root,
        })
    }

    /// The folder, absolute and without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file of the folder really lies, absolute and without links. It is a regular file.
    ///
    /// # Errors
    /// [`FileError::Outside`] for a name that leaves the folder, [`FileError::NotRegular`], and
    /// [`FileError::Io`] when there is nothing of that name.
    pub fn find(&self, relative: &str) -> Result<PathBuf, FileError> {
        let shown = self.named.join(relative);
        let outside = |target: PathBuf| FileError::Outside {
            path: shown.clone(),
            target,
            folder: self.named.clone(),
        };
        let path = files::join_contained(&self.root, relative)
            .ok_or_else(|| outside(PathBuf::from(relative)))?;
        let target = path.canonicalize().map_err(FileError::at(&shown))?;
        let inside = target.starts_with(&self.root)
            || self
                .blobs
                .as_ref()
                .is_some_and(|blobs| target.starts_with(blobs));
        if !inside {
            return Err(outside(target));
        }
        let kind = fs::metadata(&target).map_err(FileError::at(&shown))?;
        match files::special(kind.file_type()) {
            None => Ok(target),
            Some(what) => Err(FileError::NotRegular { path: shown, what }),
        }
    }

    /// Opens a file of the folder for reading.
    ///
    /// # Errors
    /// Those of [`Folder::find`].
    pub fn open(&self, relative: &str) -> Result<File, FileError> {
        files::open_regular(&self.find(relative)?)
    }

    /// Reads a file of the folder, of at most `limit` bytes.
    ///
    /// # Errors
    /// Those of [`Folder::find`], and [`FileError::TooLong`].
    pub fn read(&self, relative: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        files::read_open(self.open(relative)?, &self.named.join(relative), limit)
    }

    /// Reads a UTF-8 file of the folder, of at most `limit` bytes.
    ///
    /// # Errors
    /// Those of [`Folder::read`], and [`FileError::NotUtf8`].
    pub fn read_text(&self, relative: &str, limit: u64) -> Result<String, FileError> {
        files::utf8(self.read(relative, limit)?, &self.named.join(relative))
    }

    /// All files of the folder and of the folders below it, at most `limit` entries of any kind.
    /// Hidden files and folders are left out without a word, linked folders are not entered.
    ///
    /// # Errors
    /// [`FileError::Io`] when a folder cannot be read.
    pub fn list(&self, limit: usize) -> Result<FolderListing, FileError> {
        let mut found = FolderListing::default();
        let mut open = vec![(self.root.clone(), String::new(), 0)];
        let mut seen = 0;
        while let Some((folder, prefix, depth)) = open.pop() {
            for entry in folder.read_dir().map_err(FileError::at(&folder))? {
                let entry = entry.map_err(FileError::at(&folder))?;
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                seen += 1;
                if seen > limit {
                    found.more = true;
                    return Ok(found.sorted());
                }
                let Ok(name) = entry.file_name().into_string() else {
                    let shown = entry.file_name().to_string_lossy().into_owned();
                    found
                        .refused
                        .push(format!("{prefix}{shown} (its name is not UTF-8)"));
                    continue;
                };
                let relative = format!("{prefix}{name}");
                let kind = entry.file_type().map_err(FileError::at(&entry.path()))?;
                if kind.is_dir() && depth < MAX_DEPTH {
                    open.push((entry.path(), format!("{relative}/"), depth + 1));
                } else if kind.is_dir() {
                    found
                        .refused
                        .push(format!("{relative}/ (more than {MAX_DEPTH} folders deep)"));
                } else if kind.is_file() {
                    found.files.push(relative);
                } else {
                    found.add_special(self, relative);
                }
            }
        }
        Ok(found.sorted())
    }
}

impl FolderListing {
    /// A link or a special file: taken when it leads to a regular file inside.
    fn add_special(&mut self, folder: &Folder, relative: String) {
        match folder.find(&relative) {
            Ok(_) => self.files.push(relative),
            Err(FileError::Outside { target, .. }) => {
                let target = target.display();
                self.refused.push(format!(
                    "{relative} (a link to {target}, outside of the folder)"
                ));
            }
            Err(FileError::NotRegular {
                what: "a folder", ..
            }) => {
                self.refused
                    .push(format!("{relative} (a link to a folder, not entered)"));
            }
            Err(FileError::NotRegular { what, .. }) => {
                self.refused.push(format!("{relative} ({what})"));
            }
            Err(_) => self.refused.push(format!("{relative} (a broken link)")),
        }
    }

    fn sorted(mut self) -> Self {
        self.files.sort();
        self.refused.sort();
        self
    }
}

/// The `blobs` folder that belongs to `…/snapshots/REVISION[/…]`, as the hub's cache has it.
fn blobs_of(root: &Path) -> Option<PathBuf> {
    let snapshots = root
        .ancestors()
        .skip(1)
        .find(|folder| folder.file_name() == Some(OsStr::new("snapshots")))?;
    let blobs = snapshots.with_file_name("blobs").canonicalize().ok()?;
    // A `blobs` that itself leads elsewhere is none of the cache's.
    (blobs.is_dir() && blobs.parent() == snapshots.parent()).then_some(blobs)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn put(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"12345").unwrap();
    }

    #[test]
    fn links_are_followed_inside_and_refused_outside() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        put(&at("set/a/real.txt"));
        put(&at("private.txt"));
        symlink("a/real.txt", at("set/inside")).unwrap();
        symlink("../private.txt", at("set/outside")).unwrap();
        symlink("..", at("set/up")).unwrap();
        symlink("nowhere", at("set/broken")).unwrap();
        symlink("set", at("named")).unwrap();
        let folder = Folder::at(&at("named")).unwrap();
        assert_eq!(folder.read("inside", 5).unwrap(), b"12345");
        assert_eq!(folder.read_text("a/real.txt", 5).unwrap(), "12345");
        for name in [
            "outside",
            "up/private.txt",
            "../private.txt",
            "/etc/passwd",
            "",
        ] {
            let error = folder.read(name, 5).unwrap_err();
            assert!(
                matches!(error, FileError::Outside { .. }),
                "{name}: {error}"
            );
        }
        assert!(folder.read("broken", 5).unwrap_err().is_not_found());
        assert!(matches!(
            folder.read("a", 5),
            Err(FileError::NotRegular { .. })
        ));
        assert!(matches!(
            folder.read("inside", 4),
            Err(FileError::TooLong { .. })
        ));
        let found = folder.list(100).unwrap();
        assert_eq!(found.files, ["a/real.txt", "inside"]);
        assert_eq!(found.refused.len(), 3, "{:?}", found.refused);
        assert!(folder.list(2).unwrap().more);
    }

    #[test]
    fn a_snapshot_of_the_hub_may_link_to_its_own_blobs() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        put(&at("datasets--a--b/blobs/0123"));
        put(&at("datasets--c--d/blobs/4567"));
        fs::create_dir_all(at("datasets--a--b/snapshots/main/data")).unwrap();
        let link = |to: &str, name: &str| {
            symlink(to, at("datasets--a--b/snapshots/main/data").join(name)).unwrap()
        };
        link("../../../blobs/0123", "own");
        link("../../../../datasets--c--d/blobs/4567", "other");
        for (from, prefix) in [("main", "data/"), ("main/data", "")] {
            let folder = Folder::at(&at("datasets--a--b/snapshots").join(from)).unwrap();
            assert!(folder.read(&format!("{prefix}own"), 5).is_ok());
            assert!(folder.read(&format!("{prefix}other"), 5).is_err());
        }
    }
}
