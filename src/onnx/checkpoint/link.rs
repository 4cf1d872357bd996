//! Placing a weight file in a bundle without copying it, if the file system can.
//!
//! ONNX Runtime refuses external data behind `..`, an absolute path or a symbolic link, but accepts a hard link.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// How a file came into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linked {
    /// A second name of the same file: no space used. Changing the one changes the other.
    HardLink,
    /// A copy that shares its blocks with the original until one of them changes.
    Reflink,
    /// A full copy: the file system can do neither, or the bundle is on another one.
    Copy,
}

impl fmt::Display for Linked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HardLink => "hard link",
            Self::Reflink => "reflink",
            Self::Copy => "copy",
        })
    }
}

/// Makes `target` have the content of `source`, in the cheapest way that works. Symbolic links of `source` are
/// followed first.
///
/// # Errors
/// [`io::Error`] when even copying fails; `target` may then hold a part.
pub fn link_or_copy(source: &Path, target: &Path) -> io::Result<Linked> {
    let source = fs::canonicalize(source)?;
    if fs::hard_link(&source, target).is_ok() {
        return Ok(Linked::HardLink);
    }
    if reflink(&source, target).is_ok() {
        return Ok(Linked::Reflink);
    }
    fs::copy(&source, target).map(|_| Linked::Copy)
}

#[cfg(target_os = "linux")]
fn reflink(source: &Path, target: &Path) -> io::Result<()> {
    let from = fs::File::open(source)?;
    let to = fs::File::create(target)?;
    Ok(rustix::fs::ioctl_ficlone(&to, &from)?)
}

#[cfg(not(target_os = "linux"))]
fn reflink(_source: &Path, _target: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbolic_links_are_followed_and_content_is_equal() {
        let folder = tempfile::tempdir().unwrap();
        let blob = folder.path().join("blob");
        fs::write(&blob, b"weights").unwrap();
        let source = folder.path().join("model.safetensors");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&blob, &source).unwrap();
        #[cfg(not(unix))]
        fs::copy(&blob, &source).unwrap();
        let target = folder.path().join("linked");
        link_or_copy(&source, &target).unwrap();
        assert!(fs::symlink_metadata(&target).unwrap().is_file());
        assert_eq!(fs::read(&target).unwrap(), b"weights");
    }

    #[test]
    fn a_missing_source_is_an_error_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("linked");
        assert!(link_or_copy(&folder.path().join("absent"), &target).is_err());
        assert!(!target.exists());
    }
}
