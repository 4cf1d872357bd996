//! ONNX Runtime: finding the library, loading it once, opening sessions on a chosen device.
//!
//! The library is loaded when it is first needed, not linked: see [`find()`] for where it comes from. ONNX Runtime
//! allows one environment per process, so the first [`Runtime::open`] decides and later ones share its result.

mod beside;
mod device;
mod find;
mod python;
mod session;
mod wheel;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::common::remembered;

pub use device::{Device, DeviceError};
pub use find::run_python;
pub use find::{
    Candidate, FindError, LibrarySource, MIN_MINOR, RuntimeLibrary, RuntimeOptions, find, switch,
};
pub use session::{Input, Outputs, Session, SessionError, SessionOptions, Slot};
pub use wheel::{FetchError, PINNED_VERSION};

/// Why ONNX Runtime cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// There is no library.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The library is there but cannot be loaded.
    #[error(
        "ONNX Runtime at {} cannot be loaded; parabench needs version 1.{MIN_MINOR} or newer, set ORT_DYLIB_PATH to one",
        path.display()
    )]
    Load {
        /// The library.
        path: PathBuf,
        /// What the loader said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another library is in use already; a process can load only one.
    #[error("{} was asked for, but this process has loaded {} already", asked.display(), loaded.display())]
    AlreadyLoaded {
        /// The library that was asked for now.
        asked: PathBuf,
        /// The library in use.
        loaded: PathBuf,
    },
}

/// The loaded library. Cloning is cheap; all clones are the same environment.
#[derive(Debug, Clone)]
pub struct Runtime(Arc<Loaded>);

#[derive(Debug)]
struct Loaded {
    environment: ort::environment::Environment,
    found: RuntimeLibrary,
    version: String,
}

/// The environment of this process, once there is one.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

impl Runtime {
    /// Finds and loads ONNX Runtime, or gives the one that this process has loaded already.
    ///
    /// # Errors
    /// [`RuntimeError`] when there is no library, it cannot be loaded, or another one than the one asked for is in use.
    pub fn open(options: &RuntimeOptions) -> Result<Self, RuntimeError> {
        let mut slot = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = slot.as_ref() {
            return runtime.clone().unless_other(options);
        }
        let found = find(options)?;
        tracing::debug!(path = %found.path.display(), "loading ONNX Runtime");
        let environment = load(&found).map_err(|source| RuntimeError::Load {
            path: found.path.clone(),
            source,
        })?;
        // The environment starts by logging everything; below a warning nothing of it is of use to a user.
        environment.set_log_level(ort::logging::LogLevel::Warning);
        let version = version(ort::info(), &found);
        let runtime = Self(Arc::new(Loaded {
            environment,
            found,
            version,
        }));
        *slot = Some(runtime.clone());
        Ok(runtime)
    }

    fn unless_other(self, options: &RuntimeOptions) -> Result<Self, RuntimeError> {
        let loaded = &self.0.found.path;
        match &options.library {
            Some(asked)
                if asked != loaded && asked.canonicalize().ok().as_ref() != Some(loaded) =>
            {
                Err(RuntimeError::AlreadyLoaded {
                    asked: asked.clone(),
                    loaded: loaded.clone(),
                })
            }
            _ => Ok(self),
        }
    }

    /// Where the library came from.
    #[must_use]
    pub fn found(&self) -> &RuntimeLibrary {
        &self.0.found
    }

    /// Version of the library, e.g. `1.28.0`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// The name of the library's file, where it came from and its SHA-256, for the record of a run, which reports publish:
    /// without the folders of this machine. The hash of a library that cannot be read any more is left out.
    #[must_use]
    pub fn provenance(&self) -> BTreeMap<String, String> {
        let RuntimeLibrary { path, source, .. } = self.found();
        let hash = remembered::digest_of(path).ok();
        let name = path.file_name().map(|name| name.to_string_lossy());
        let facts = [
            name.map(|name| ("onnxruntime.file", name.into_owned())),
            Some(("onnxruntime.from", source.to_string())),
            hash.map(|hash| ("onnxruntime.sha256", hash.to_string())),
        ];
        let facts = facts.into_iter().flatten();
        facts
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// Execution providers that the library was built with, by ONNX Runtime's names.
    #[must_use]
    pub fn providers(&self) -> Vec<&'static str> {
        device::providers()
    }

    fn environment(&self) -> &ort::environment::Environment {
        &self.0.environment
    }
}

type LoadError = Box<dyn std::error::Error + Send + Sync>;

#[cfg(feature = "load-dynamic")]
fn load(found: &RuntimeLibrary) -> Result<ort::environment::Environment, LoadError> {
    // Not as `ort::Error`: making one asks the library that just could not be loaded.
    settle(ort::init_from(&found.path).map_err(|error| error.to_string())?)
}

#[cfg(not(feature = "load-dynamic"))]
fn load(_found: &RuntimeLibrary) -> Result<ort::environment::Environment, LoadError> {
    settle(ort::init())
}

fn settle(
    builder: ort::environment::EnvironmentBuilder,
) -> Result<ort::environment::Environment, LoadError> {
    let builder = builder.with_name(env!("CARGO_PKG_NAME"));
    Ok(builder.with_telemetry(false).build()?)
}

/// The version, from the build information (`… git-branch=rel-1.28.0, …`), else from the file's name.
fn version(info: &str, found: &RuntimeLibrary) -> String {
    let after = |text: &str, mark: &str| -> Option<String> {
        let rest = text.split(mark).nth(1)?;
        let version: String = rest
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        let version = version.trim_end_matches('.').to_owned();
        (!version.is_empty()).then_some(version)
    };
    let name = found.path.file_name().unwrap_or_default().to_string_lossy();
    after(info, "git-branch=rel-")
        .or_else(|| after(&name, ".so."))
        .or_else(|| found.version.clone())
        .unwrap_or_else(|| "unknown".into())
}
