//! The TOML file that describes a program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::common::child;
use crate::common::digest::Digest;
use crate::common::files::{FileError, is_safe_name, read_bounded, read_text_bounded};
use crate::model::{ModelError, text};

/// Longest such file, in bytes.
const MAX_TOML_BYTES: u64 = 64 << 10;
/// Largest file among program and arguments whose content is digested; of larger
/// ones (weights) the size is noted.
const MAX_DIGESTED_BYTES: u64 = 64 << 20;
/// The file as people write it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    name: Option<String>,
    thinks: Option<bool>,
    program: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: Vec<String>,
    #[serde(default = "one")]
    workers: usize,
    #[serde(default = "ten_minutes")]
    startup_timeout_s: f64,
    #[serde(default = "ten_minutes")]
    task_timeout_s: f64,
}

fn one() -> usize {
    1
}

fn ten_minutes() -> f64 {
    600.0
}

/// A program that can be started.
pub(super) struct Config {
    /// Name of the model, safe as a file name.
    pub(super) name: String,
    /// Whether the file declares that the model thinks.
    pub(super) thinks: Option<bool>,
    /// The program, found.
    pub(super) program: PathBuf,
    /// Its arguments.
    pub(super) args: Vec<String>,
    /// The folder of the file: the program's working folder.
    pub(super) folder: PathBuf,
    /// The whole environment of the program.
    pub(super) env: Vec<(String, OsString)>,
    /// Names that the file lists and that are not set.
    pub(super) unset: Vec<String>,
    /// How many copies of the program run at once.
    pub(super) workers: usize,
    /// Time until its hello.
    pub(super) startup: Duration,
    /// Time for one task.
    pub(super) task: Duration,
    /// Digests of the file, of the program and of the files among the arguments.
    pub(super) digests: BTreeMap<String, String>,
}

impl Config {
    /// Reads a file and finds the program.
    ///
    /// # Errors
    /// Every fault of the file at once.
    pub(super) fn read(path: &Path) -> Result<Self, ModelError> {
        let text = read_text_bounded(path, MAX_TOML_BYTES).map_err(|error| {
            let what = "command: cannot read the description of the program";
            ModelError::caused_by(what, error)
        })?;
        let wire: Wire = toml::from_str(&text).map_err(|error| {
            let what = format!("command: {} is malformed", path.display());
            ModelError::caused_by(what, error)
        })?;
        let folder = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let folder = std::path::absolute(folder.unwrap_or(Path::new(".")))
            .map_err(|error| ModelError::caused_by("command", FileError::at(path)(error)))?;
        let mut faults = wire.faults();
        let program = find(&wire.program, &folder);
        if let Err(fault) = &program {
            faults.push(fault.clone());
        }
        let (Ok(program), true) = (program, faults.is_empty()) else {
            let (path, faults) = (path.display(), faults.join("\n  "));
            return Err(ModelError::new(format!(
                "command: {path} cannot be used:\n  {faults}"
            )));
        };
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        let (env, unset) = environment(&wire.env);
        Ok(Self {
            name: wire
                .name
                .unwrap_or_else(|| text::safe_name(&stem.unwrap_or_default())),
            thinks: wire.thinks,
            digests: digests(&text, &program, &wire.args, &folder)?,
            program,
            args: wire.args,
            folder,
            env,
            unset,
            workers: wire.workers,
            startup: Duration::from_secs_f64(wire.startup_timeout_s),
            task: Duration::from_secs_f64(wire.task_timeout_s),
        })
    }
}

impl Wire {
    fn faults(&self) -> Vec<String> {
        const WEEK_S: f64 = 7.0 * 24.0 * 3600.0;
        let mut faults = Vec::new();
        if let Some(name) = self.name.as_ref().filter(|name| !is_safe_name(name)) {
            faults.push(format!(
                "name = \"{name}\" is not made of letters, digits, `-`, `_` and `.`"
            ));
        }
        if !(1..=64).contains(&self.workers) {
            faults.push(format!("workers = {} is not in 1 to 64", self.workers));
        }
        for (key, seconds) in [
            ("startup_timeout_s", self.startup_timeout_s),
            ("task_timeout_s", self.task_timeout_s),
        ] {
            if !(seconds > 0.0 && seconds <= WEEK_S) {
                faults.push(format!("{key} = {seconds} is not in 0 to {WEEK_S} seconds"));
            }
        }
        faults
    }
}

/// The program: a name with a separator is relative to the folder of the file, a
/// bare name is looked for in `PATH`.
fn find(program: &str, folder: &Path) -> Result<PathBuf, String> {
    if program.contains(['/', '\\']) {
        let path = folder.join(program);
        return match path.is_file() {
            true => Ok(path),
            false => Err(format!("program: there is no file {}", path.display())),
        };
    }
    child::in_path(program).into_iter().next().ok_or_else(|| {
        let hint = match folder.join(program).is_file() {
            true => format!("; for the file beside the description write \"./{program}\""),
            false => String::new(),
        };
        format!("program: no `{program}` in any folder of PATH{hint}")
    })
}

/// The variables a program gets, and the listed ones that are not set.
fn environment(listed: &[String]) -> (Vec<(String, OsString)>, Vec<String>) {
    let unset = listed
        .iter()
        .filter(|name| std::env::var_os(name).is_none());
    let env = child::environment(listed.iter().map(String::as_str));
    (env, unset.cloned().collect())
}

/// What decides the answers as far as files can tell: the description, the
/// program, and each argument that names a file.
fn digests(
    toml: &str,
    program: &Path,
    args: &[String],
    folder: &Path,
) -> Result<BTreeMap<String, String>, ModelError> {
    let of_file = |path: &Path| -> Result<String, FileError> {
        let bytes = std::fs::metadata(path).map_err(FileError::at(path))?.len();
        if bytes > MAX_DIGESTED_BYTES {
            return Ok(format!("{bytes} bytes"));
        }
        Ok(Digest::of(&read_bounded(path, MAX_DIGESTED_BYTES)?).to_string())
    };
    let unreadable = |error| ModelError::caused_by("command: a file cannot be read", error);
    let mut digests = BTreeMap::from([
        (
            "description".into(),
            Digest::of(toml.as_bytes()).to_string(),
        ),
        ("program".into(), of_file(program).map_err(unreadable)?),
    ]);
    for arg in args {
        let path = folder.join(arg);
        if !arg.is_empty() && path.is_file() {
            let digest = of_file(&path).map_err(unreadable)?;
            digests.insert(format!("file.{arg}"), digest);
        }
    }
    Ok(digests)
}
