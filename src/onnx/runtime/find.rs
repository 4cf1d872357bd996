//! Where the ONNX Runtime library is looked for, in this order:
//!
//! 1. a configured file ([`RuntimeOptions::library`]);
//! 2. the file that `ORT_DYLIB_PATH` names;
//! 3. the library that was installed with this program: `PREFIX/lib/parabench/` for `PREFIX/bin/parabench`;
//! 4. this program's own cache;
//! 5. a Python package `onnxruntime` (or `onnxruntime-gpu`) that is new enough: of the Python beside this program, then
//!    of those in `PATH`;
//! 6. the pinned wheel, fetched through pip or uv into the cache, unless [`RuntimeOptions::offline`].
//!
//! A file that is named (1, 2) must be there: falling through to another one would hide the mistake. A program that
//! was built without the feature `load-dynamic` has its library linked and looks for none.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use super::beside;
use super::python;
use super::wheel::{self, FetchError, Pin};
use crate::common::child::is_of_current_folder;
use crate::common::files::{self, own_cache_folder};

/// Oldest accepted minor version of ONNX Runtime 1.x: older ones can crash at the end of a process.
pub const MIN_MINOR: u32 = 23;
/// First minor version whose PyPI builds report usage to Microsoft unless `ORT_DISABLE_TELEMETRY` is set before the
/// library loads, which a running process cannot do for itself.
const TELEMETRY_MINOR: u32 = 29;
/// Set to anything by people who accept newer builds with telemetry off.
const TELEMETRY_OFF: &str = "ORT_DISABLE_TELEMETRY";

/// What the search may do.
#[derive(Debug, Clone, Default)]
pub struct RuntimeOptions {
    /// A library file from the configuration.
    pub library: Option<PathBuf>,
    /// Cache folder; by default [`own_cache_folder`].
    pub cache: Option<PathBuf>,
    /// Never use the network.
    pub offline: bool,
}

/// Forbids the network, as `--offline` does.
const OFFLINE: &str = "PARABENCH_OFFLINE";
/// Names the ONNX Runtime library, as `--onnxruntime` does.
const LIBRARY: &str = "PARABENCH_ONNXRUNTIME";

impl RuntimeOptions {
    /// The options that the environment asks for, by the variables that stand for the command line's.
    #[must_use]
    pub fn from_env() -> Self {
        let forbidden = std::env::var(OFFLINE);
        Self {
            library: std::env::var_os(LIBRARY).map(PathBuf::from),
            cache: None,
            // What is not understood forbids.
            offline: forbidden.is_ok_and(|value| switch(&value) != Some(false)),
        }
    }
}

/// What a variable that is yes or no says; `None` for any other word. Empty means no, as if it were not set.
pub fn switch(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "yes" | "y" | "true" | "t" | "on" => Some(true),
        "" | "0" | "no" | "n" | "false" | "f" | "off" => Some(false),
        _ => None,
    }
}

/// Where a library came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LibrarySource {
    /// `ORT_DYLIB_PATH`.
    Environment,
    /// [`RuntimeOptions::library`].
    Configured,
    /// Installed with this program, in its own folder.
    Beside,
    /// The cache, from an earlier fetch.
    Cache,
    /// An installed Python package.
    Python,
    /// The pinned wheel, fetched now.
    Fetched,
    /// Linked when this program was built (without the feature `load-dynamic`).
    Linked,
}

impl fmt::Display for LibrarySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "ORT_DYLIB_PATH",
            Self::Configured => "configuration",
            Self::Beside => "installed with this program",
            Self::Cache => "cache",
            Self::Python => "installed Python package",
            Self::Fetched => "fetched now",
            Self::Linked => "linked into this program",
        })
    }
}

/// A place that was looked at and not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The place.
    pub source: LibrarySource,
    /// Why nothing was taken from it.
    pub reason: String,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.reason)
    }
}

/// A library file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeLibrary {
    /// The file, absolute.
    pub path: PathBuf,
    /// Where it came from.
    pub source: LibrarySource,
    /// Its version, where that is known before it is loaded.
    pub version: Option<String>,
    /// Places that were looked at before.
    pub skipped: Vec<Candidate>,
}

/// Why no library was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// A file that was named is not there.
    #[error("{by} names {}, which is not a file", path.display())]
    NamedFileMissing {
        /// Who names it.
        by: LibrarySource,
        /// The file.
        path: PathBuf,
    },
    /// Nothing was found, and fetching is forbidden.
    #[error(
        "no ONNX Runtime found ({}) and the network is off; \
         run `pip install onnxruntime=={}` or set ORT_DYLIB_PATH to the library",
        list(.0),
        wheel::PINNED_VERSION
    )]
    Offline(Vec<Candidate>),
    /// There is no folder to keep a fetched library in.
    #[error("no cache folder is known; set PARABENCH_CACHE to one")]
    NoCache,
    /// Fetching failed.
    #[error("no ONNX Runtime found ({}) and fetching it failed", list(.skipped))]
    Fetch {
        /// Places that were looked at before.
        skipped: Vec<Candidate>,
        /// Why.
        #[source]
        source: FetchError,
    },
}

fn list(candidates: &[Candidate]) -> String {
    candidates
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Looks for the library; see the module's description for the order. Says through `tracing` before it fetches.
///
/// # Errors
/// [`FindError`] when a named file is missing, or nothing is found and nothing can be fetched.
pub fn find(options: &RuntimeOptions) -> Result<RuntimeLibrary, FindError> {
    if !cfg!(feature = "load-dynamic") {
        let program = env::current_exe().unwrap_or_default();
        return Ok(found(program, LibrarySource::Linked, None, Vec::new()));
    }
    let variable = env::var_os("ORT_DYLIB_PATH")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    for (source, named) in [
        (LibrarySource::Configured, options.library.clone()),
        (LibrarySource::Environment, variable),
    ] {
        if let Some(path) = named {
            return named_file(source, &path);
        }
    }
    let mut skipped = Vec::new();
    let pinned = Some(wheel::PINNED_VERSION.to_owned());
    match beside::library() {
        Ok(path) => return Ok(found(path, LibrarySource::Beside, pinned, skipped)),
        Err(reason) => skipped.push(Candidate {
            source: LibrarySource::Beside,
            reason,
        }),
    }
    let cache = options.cache.clone().or_else(own_cache_folder);
    match cached(cache.as_deref()) {
        Ok(path) => return Ok(found(path, LibrarySource::Cache, pinned, skipped)),
        Err(reason) => skipped.push(Candidate {
            source: LibrarySource::Cache,
            reason,
        }),
    }
    match python() {
        Ok((path, version)) => {
            return Ok(found(path, LibrarySource::Python, Some(version), skipped));
        }
        Err(reason) => skipped.push(Candidate {
            source: LibrarySource::Python,
            reason,
        }),
    }
    if options.offline {
        return Err(FindError::Offline(skipped));
    }
    match wheel::fetch(&cache.ok_or(FindError::NoCache)?) {
        Ok(path) => Ok(found(path, LibrarySource::Fetched, pinned, skipped)),
        Err(source) => Err(FindError::Fetch { skipped, source }),
    }
}

fn found(
    path: PathBuf,
    source: LibrarySource,
    version: Option<String>,
    skipped: Vec<Candidate>,
) -> RuntimeLibrary {
    RuntimeLibrary {
        path,
        source,
        version,
        skipped,
    }
}

/// A named file as an absolute path: the loader would look for a relative one beside the executable first.
fn named_file(by: LibrarySource, path: &Path) -> Result<RuntimeLibrary, FindError> {
    match path.canonicalize() {
        Ok(absolute) if absolute.is_file() => Ok(found(absolute, by, None, Vec::new())),
        _ => Err(FindError::NamedFileMissing {
            by,
            path: path.into(),
        }),
    }
}

fn cached(cache: Option<&Path>) -> Result<PathBuf, String> {
    let cache = cache.ok_or("no cache folder is known")?;
    let pin = Pin::for_this_machine().ok_or("no wheel is pinned for this platform")?;
    let path = pin.library_in(cache);
    if files::is_foreign(&path) {
        return Err(format!("{} belongs to another user", path.display()));
    }
    // Absolute, for the same reason as above.
    match path.canonicalize() {
        Ok(absolute) if absolute.is_file() => {
            wheel::check_library(&absolute)?;
            Ok(absolute)
        }
        _ => Err(format!("no {}", path.display())),
    }
}

fn python() -> Result<(PathBuf, String), String> {
    first_python(package_of)
}

/// Runs a script by the first Python that succeeds: the one beside this program, then those of `PATH`. It is started as
/// `python::run` starts programs: isolated where `-I` is among the arguments, without the user's keys.
///
/// # Errors
/// What each of them said.
pub fn run_python(arguments: &[&str]) -> Result<(), String> {
    first_python(|program| python::run(program, arguments).map(drop))
}

fn first_python<T>(ask: impl Fn(&Path) -> Result<T, String>) -> Result<T, String> {
    let mut reasons = Vec::new();
    // A program that was installed into a virtual environment is often started without activating it.
    let own = beside::python();
    let in_path = ["python3", "python"].map(PathBuf::from);
    for program in own.into_iter().chain(in_path) {
        match ask(&program) {
            Ok(found) => return Ok(found),
            Err(reason) => reasons.push(format!("{}: {reason}", program.display())),
        }
    }
    Err(reasons.join("; "))
}

fn package_of(program: &Path) -> Result<(PathBuf, String), String> {
    let (version, folder) = python::package(program)?;
    usable(&version, env::var_os(TELEMETRY_OFF).is_some())?;
    let library = library_of_package(&folder.join("capi"))?;
    match is_of_current_folder(&library) {
        true => Err(python::of_current_folder(&library)),
        false => Ok((library, version)),
    }
}

/// Is a package of this version one that may be taken without asking?
fn usable(version: &str, telemetry_off: bool) -> Result<(), String> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(1), Some(minor)) if minor < MIN_MINOR => {
            Err(format!("{version} is older than 1.{MIN_MINOR}"))
        }
        (Some(1), Some(minor)) if minor >= TELEMETRY_MINOR && !telemetry_off => Err(format!(
            "{version} reports usage over the network; set {TELEMETRY_OFF}=1 to use it"
        )),
        (Some(1), Some(_)) => Ok(()),
        _ => Err(format!("{version} is not a version 1.x")),
    }
}

fn library_of_package(folder: &Path) -> Result<PathBuf, String> {
    let is_library = |name: &str| {
        name == "onnxruntime.dll"
            || name.starts_with("libonnxruntime.so")
            || (name.starts_with("libonnxruntime.") && name.ends_with(".dylib"))
    };
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = entries
        .flatten()
        .filter(|entry| is_library(&entry.file_name().to_string_lossy()));
    files
        .next()
        .map(|entry| entry.path())
        .ok_or_else(|| format!("no library in {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_reporting_versions_are_passed_over() {
        assert!(usable("1.28.0", false).is_ok());
        assert!(usable("1.23.2", false).is_ok());
        assert!(usable("1.22.1", false).is_err());
        assert!(usable("1.31.1", false).unwrap_err().contains(TELEMETRY_OFF));
        assert!(usable("1.31.1", true).is_ok());
        assert!(usable("2.0.0", true).is_err());
        assert!(usable("nonsense", true).is_err());
    }

    #[test]
    fn a_named_file_must_exist() {
        let error = named_file(
            LibrarySource::Configured,
            Path::new("/nowhere/libonnxruntime.so"),
        )
        .unwrap_err();
        assert!(
            error.to_string().contains("configuration names /nowhere"),
            "{error}"
        );
    }

    #[test]
    fn an_empty_cache_gives_the_place_that_was_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let reason = cached(Some(folder.path())).unwrap_err();
        assert!(
            reason.contains(&*folder.path().to_string_lossy()),
            "{reason}"
        );
    }
}
