//! Fetching the pinned wheel of ONNX Runtime and taking the one library out of it.
//!
//! The wheel comes through the user's own pip (or uv), so proxies and mirrors work as they are configured; a pinned
//! hash decides what is accepted. 1.28.0 is the last release whose PyPI builds carry no telemetry.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use super::python;
use crate::common::digest::Digest;
use crate::common::files::read_text_bounded;
use crate::common::remembered;

/// The version that is fetched.
pub const PINNED_VERSION: &str = "1.28.0";

/// Largest library that is unpacked, in bytes; the real ones have 18 to 31 million.
const MAX_LIBRARY: u64 = 200_000_000;

/// One wheel on PyPI.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pin {
    os: &'static str,
    arch: &'static str,
    /// Platform tag for pip.
    platform: &'static str,
    sha256: &'static str,
    /// The library inside the wheel's `onnxruntime/capi/`.
    library: &'static str,
}

/// Wheels of [`PINNED_VERSION`] for CPython 3.12. Any of the Python versions would do: the library in them is the
/// same, and Python is not run with it.
const PINS: [Pin; 5] = [
    Pin {
        os: "linux",
        arch: "x86_64",
        platform: "manylinux_2_28_x86_64",
        sha256: "0a83bdb70d143cede762b677789bf2a7acca54b3fb82565601d5c30695aa933c",
        library: "libonnxruntime.so.1.28.0",
    },
    Pin {
        os: "linux",
        arch: "aarch64",
        platform: "manylinux_2_28_aarch64",
        sha256: "4e81a23df16e7acb9d51b06d30cc098e49315ef9180f97bc2221d167b4b04d9c",
        library: "libonnxruntime.so.1.28.0",
    },
    Pin {
        os: "macos",
        arch: "aarch64",
        platform: "macosx_14_0_arm64",
        sha256: "26ff0fdd06efb6c155bae95387a09db1a2be89c7a03e4d0bffd5a171cc2826da",
        library: "libonnxruntime.1.28.0.dylib",
    },
    Pin {
        os: "windows",
        arch: "x86_64",
        platform: "win_amd64",
        sha256: "c35064f9b3c43c81c5d5d282091401d0f1ff22796d93ccade4ea2ece5e137ab8",
        library: "onnxruntime.dll",
    },
    Pin {
        os: "windows",
        arch: "aarch64",
        platform: "win_arm64",
        sha256: "e02feeb0165c5f13b4cc954738078d59b90128516ac12b671ee24a530242bf02",
        library: "onnxruntime.dll",
    },
];

/// Why the wheel cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No wheel is pinned for this machine.
    #[error(
        "no wheel is pinned for {os} on {arch}; install ONNX Runtime yourself and set ORT_DYLIB_PATH"
    )]
    Platform {
        /// Operating system.
        os: &'static str,
        /// Processor architecture.
        arch: &'static str,
    },
    /// Neither pip nor uv works.
    #[error("neither pip nor uv could download onnxruntime=={PINNED_VERSION}: {0}")]
    Download(String),
    /// The wheel is not the pinned one.
    #[error("the downloaded wheel has SHA-256 {found}, pinned is {expected}; it was not used")]
    Hash {
        /// Hash of what came.
        found: String,
        /// The pinned hash.
        expected: &'static str,
    },
    /// The wheel cannot be unpacked.
    #[error("the wheel does not hold {0} as expected")]
    Unpack(&'static str, #[source] zip::result::ZipError),
    /// The cache cannot be written.
    #[error("cannot write to the cache {}", path.display())]
    Io {
        /// The place.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Pin {
    /// The wheel for the machine that this program was built for.
    pub(super) fn for_this_machine() -> Option<&'static Self> {
        PINS.iter()
            .find(|pin| pin.os == std::env::consts::OS && pin.arch == std::env::consts::ARCH)
    }

    /// The library's file name.
    pub(super) fn library(&self) -> &'static str {
        self.library
    }

    /// Where the library lies in a cache folder.
    pub(super) fn library_in(&self, cache: &Path) -> PathBuf {
        cache
            .join("onnxruntime")
            .join(format!("{PINNED_VERSION}-{}-{}", self.os, self.arch))
            .join(self.library)
    }
}

/// Fetches, checks and unpacks the library into the cache; gives its path.
///
/// Several processes may do this at once: each works in a folder of its own and the finished file is renamed into
/// place, so nobody ever sees a part.
pub(super) fn fetch(cache: &Path) -> Result<PathBuf, FetchError> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let pin = Pin::for_this_machine().ok_or(FetchError::Platform { os, arch })?;
    let target = pin.library_in(cache);
    let folder = target.parent().unwrap_or(cache);
    let failed = |source| FetchError::Io {
        path: folder.into(),
        source,
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let work = tempfile::tempdir_in(folder).map_err(failed)?;
    tracing::info!(
        "fetching ONNX Runtime {PINNED_VERSION} (about 20 MB) through pip into {}",
        folder.display()
    );
    let wheel = download(pin, work.path())?;
    check_hash(&wheel, pin)?;
    unpack(&wheel, pin, &target)?;
    record_hash(&target).map_err(failed)?;
    tracing::info!(
        "ONNX Runtime {PINNED_VERSION} installed: {}",
        target.display()
    );
    target.canonicalize().map_err(failed)
}

/// Programs that can download a wheel, with the arguments that come before pip's.
const INSTALLERS: [(&str, &[&str]); 4] = [
    ("python3", &["-I", "-m", "pip"]),
    ("python", &["-I", "-m", "pip"]),
    ("pip", &[]),
    ("uv", &["tool", "run", "pip"]),
];

fn download(pin: &Pin, folder: &Path) -> Result<PathBuf, FetchError> {
    // The installer works in a folder of its own.
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.into());
    let (destination, wanted) = (
        folder.to_string_lossy(),
        format!("onnxruntime=={PINNED_VERSION}"),
    );
    let mut problems = Vec::new();
    for (program, before) in INSTALLERS {
        let mut arguments = before.to_vec();
        arguments.extend("download --quiet --no-input --disable-pip-version-check".split(' '));
        arguments.extend("--no-deps --only-binary=:all: --implementation cp".split(' '));
        arguments.extend(["--abi", "cp312", "--python-version", "3.12"]);
        arguments.extend(["--platform", pin.platform, "--dest", &destination, &wanted]);
        match python::run(Path::new(program), &arguments) {
            Err(reason) => problems.push(format!("{program}: {reason}")),
            Ok(_) => match wheel_in(&folder) {
                Some(wheel) => return Ok(wheel),
                None => problems.push(format!("{program}: no wheel came")),
            },
        }
    }
    Err(FetchError::Download(problems.join("; ")))
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let mut files = fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

fn check_hash(wheel: &Path, pin: &Pin) -> Result<(), FetchError> {
    let failed = |source| FetchError::Io {
        path: wheel.into(),
        source,
    };
    let found = Digest::of_file(wheel).map_err(failed)?.to_string();
    if found == pin.sha256 {
        Ok(())
    } else {
        Err(FetchError::Hash {
            found,
            expected: pin.sha256,
        })
    }
}

fn unpack(wheel: &Path, pin: &Pin, target: &Path) -> Result<(), FetchError> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let failed = |source| FetchError::Io {
        path: folder.into(),
        source,
    };
    let broken = |error| FetchError::Unpack(pin.library, error);
    let file = File::open(wheel).map_err(failed)?;
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(broken)?;
    let entry = archive
        .by_name(&format!("onnxruntime/capi/{}", pin.library))
        .map_err(broken)?;
    let mut output = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    io::copy(&mut entry.take(MAX_LIBRARY), &mut output).map_err(failed)?;
    output
        .flush()
        .and_then(|()| output.as_file().sync_all())
        .map_err(failed)?;
    output
        .persist(target)
        .map_err(|error| failed(error.error))?;
    Ok(())
}

/// The file beside a library that holds its SHA-256.
fn hash_file(library: &Path) -> PathBuf {
    let mut name = library.file_name().unwrap_or_default().to_owned();
    name.push(".sha256");
    library.with_file_name(name)
}

fn record_hash(library: &Path) -> io::Result<()> {
    fs::write(
        hash_file(library),
        remembered::digest_of(library)?.to_string(),
    )
}

/// Compares a library of the cache with the hash that was noted when it was fetched. One that was fetched before hashes
/// were noted gets its note now.
///
/// # Errors
/// In words why it is not taken.
pub(super) fn check_library(library: &Path) -> Result<(), String> {
    let shown = library.display();
    let noted = match read_text_bounded(&hash_file(library), 80) {
        Ok(noted) => noted,
        Err(error) if error.is_not_found() => {
            return record_hash(library).map_err(|error| format!("{shown}: {error}"));
        }
        Err(error) => return Err(error.to_string()),
    };
    let found = remembered::digest_of(library).map_err(|error| format!("{shown}: {error}"))?;
    match noted.trim() == found.to_string() {
        true => Ok(()),
        false => Err(format!("{shown} was changed since it was fetched")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_that_is_not_the_pinned_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("x.whl");
        fs::write(&wheel, b"not a wheel").unwrap();
        let error = check_hash(&wheel, &PINS[0]).unwrap_err();
        assert!(matches!(error, FetchError::Hash { .. }), "{error}");
    }

    #[test]
    fn a_wheel_without_the_library_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = folder.path().join("x.whl");
        fs::write(&wheel, b"not a zip").unwrap();
        let target = folder.path().join("lib.so");
        assert!(matches!(
            unpack(&wheel, &PINS[0], &target),
            Err(FetchError::Unpack(..))
        ));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_library_that_changed_in_the_cache_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libonnxruntime.so");
        fs::write(&library, b"code").unwrap();
        assert_eq!(check_library(&library), Ok(()));
        assert_eq!(check_library(&library), Ok(()));
        fs::write(&library, b"evil").unwrap();
        assert!(check_library(&library).unwrap_err().contains("changed"));
    }

    /// What `.ci/wheel` packs beside the program is what the program looks for.
    #[test]
    fn the_python_wheel_packs_the_same_wheels() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/python/onnxruntime.txt");
        let text = fs::read_to_string(file).unwrap();
        assert!(
            text.contains(&format!("onnxruntime=={PINNED_VERSION} ")),
            "{text}"
        );
        let hashes = text.matches("--hash=sha256:").count();
        assert_eq!(hashes, PINS.len());
        for pin in &PINS {
            assert!(
                text.contains(pin.sha256),
                "{} is not in {file}",
                pin.platform
            );
        }
    }

    #[test]
    fn pins_are_complete_and_distinct() {
        for pin in &PINS {
            assert_eq!(pin.sha256.len(), 64);
            assert_eq!(
                PINS.iter()
                    .filter(|other| other.sha256 == pin.sha256)
                    .count(),
                1
            );
        }
    }
}
