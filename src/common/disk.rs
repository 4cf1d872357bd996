//! How much room a file or folder takes.

use std::path::Path;

use serde::Serialize;

/// Deepest folder that is looked into.
const MAX_DEPTH: usize = 64;

/// Room on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DiskUsage {
    /// Lengths of all files, in bytes.
    pub bytes: u64,
    /// How many files.
    pub files: u64,
}

impl DiskUsage {
    /// Of a file or of all files below a folder. Links are not followed; what cannot be read counts as nothing.
    pub fn of(path: &Path) -> Self {
        Self::below(path, MAX_DEPTH)
    }

    fn below(path: &Path, depth: usize) -> Self {
        let Ok(meta) = std::fs::symlink_metadata(path) else {
            return Self::default();
        };
        if !meta.is_dir() {
            return Self {
                bytes: meta.len(),
                files: 1,
            };
        }
        let entries = std::fs::read_dir(path).ok().filter(|_| depth > 0);
        let entries = entries.into_iter().flatten().flatten();
        entries
            .map(|entry| Self::below(&entry.path(), depth - 1))
            .sum()
    }
}

impl std::iter::Sum for DiskUsage {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |one, other| Self {
            bytes: one.bytes + other.bytes,
            files: one.files + other.files,
        })
    }
}

/// A number of bytes for people: `1.5 GB`, decimal units.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, "B");
    for larger in UNITS {
        if value < 999.95 {
            break;
        }
        (value, unit) = (value / 1000.0, larger);
    }
    match unit {
        "B" => format!("{bytes} B"),
        _ => format!("{value:.1} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (18_446_744_073_709_551_615, "18446744.1 TB"),
        ] {
            assert_eq!(human_bytes(bytes), text);
        }
    }

    #[test]
    fn folders_are_added_up_and_links_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/x"), [0; 5]).unwrap();
        std::fs::write(folder.path().join("y"), [0; 2]).unwrap();
        let whole = DiskUsage { bytes: 7, files: 2 };
        assert_eq!(DiskUsage::of(folder.path()), whole);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("/", folder.path().join("a/root")).unwrap();
            assert_eq!(
                DiskUsage::of(folder.path()),
                DiskUsage { bytes: 8, files: 3 }
            );
        }
        assert_eq!(
            DiskUsage::of(&folder.path().join("nowhere")),
            DiskUsage::default()
        );
    }
}
