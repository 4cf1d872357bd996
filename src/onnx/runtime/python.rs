//! Python, asked where its package is and used to download one: isolated, so that nothing of the current folder or
//! of `PYTHONPATH` is run, and without the user's keys.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::common::child;

/// Variables that tell Python's launchers, pip and uv where they are and how they reach the network.
const VARIABLES: [&str; 30] = [
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "PYENV_ROOT",
    "PYENV_VERSION",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_CERT",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_CONFIG_FILE",
    "PIP_NO_INDEX",
    "PIP_FIND_LINKS",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
];

/// Takes one program of `PATH`, or a file by its whole path, and runs it in an empty folder, without input and with a plain environment.
///
/// # Errors
/// It is not there, lies below the current folder, cannot be started, or fails; in words.
pub(super) fn run(program: &Path, arguments: &[&str]) -> Result<Output, String> {
    let file = find(program)?;
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let output = Command::new(file)
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .envs(child::environment(VARIABLES))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    Err(match last {
        Some(line) => line.to_owned(),
        None => format!("ended with {}", output.status),
    })
}

fn find(program: &Path) -> Result<PathBuf, String> {
    let files = match (program.is_absolute(), program.to_str()) {
        (true, _) => vec![program.to_owned()],
        (false, Some(name)) => child::in_path(name),
        (false, None) => Vec::new(),
    };
    let trusted = files.iter().find(|file| !child::is_of_current_folder(file));
    match (trusted, files.first()) {
        (Some(file), _) => Ok(file.clone()),
        (None, Some(refused)) => Err(of_current_folder(refused)),
        (None, None) => Err("not in PATH".to_owned()),
    }
}

/// Why a file is not run or loaded.
pub(super) fn of_current_folder(file: &Path) -> String {
    format!(
        "{} lies below the current folder, from which nothing is run unless it is named; work in another folder, or \
         name the library with --onnxruntime",
        file.display()
    )
}

/// Asks Python where its package is, without importing it. Prints version and folder, or the reason why not. The
/// user's own packages, which an isolated Python leaves out, come last.
const ASK: &str = "
import sys, site
sys.path.append(site.getusersitepackages())
import importlib.metadata as m, importlib.util as u
spec = u.find_spec('onnxruntime')
if spec is None or not spec.submodule_search_locations: raise SystemExit('no package onnxruntime')
version = None
for name in ('onnxruntime-gpu', 'onnxruntime'):
    try: version = version or m.version(name)
    except m.PackageNotFoundError: pass
if version is None: raise SystemExit('onnxruntime of unknown version')
print(version); print(spec.submodule_search_locations[0])
";

/// Version and folder of the package `onnxruntime` of one Python.
///
/// # Errors
/// Why there is none.
pub(super) fn package(program: &Path) -> Result<(String, PathBuf), String> {
    let output = run(program, &["-I", "-c", ASK])?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    match (lines.next(), lines.next()) {
        (Some(version), Some(folder)) => Ok((version.to_owned(), folder.into())),
        _ => Err("did not say where its package is".to_owned()),
    }
}
