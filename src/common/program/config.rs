//! The TOML file that describes a program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::ProgramError;
use crate::common::child;
use crate::common::digest::Digest;
use crate::common::files::{FileError, is_safe_name, read_bounded, read_text_bounded, safe_name};
use crate::common::plain::excerpt;

/// Longest such file, in bytes.
const MAX_TOML_BYTES: u64 = 64 << 10;
/// Largest file among program and arguments whose content is digested; of larger
/// ones (weights) the size is noted.
const MAX_DIGESTED_BYTES: u64 = 64 << 20;

/// What the file says of a program of any kind.
#[derive(Deserialize)]
struct Wire {
    name: Option<String>,
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

/// The fields of [`Wire`].
const KEYS: [&str; 7] = [
    "name",
    "program",
    "args",
    "env",
    "workers",
    "startup_timeout_s",
    "task_timeout_s",
];

fn one() -> usize {
    1
}

fn ten_minutes() -> f64 {
    600.0
}

/// What the file says beside, for programs of one kind.
pub trait Description: DeserializeOwned {
    /// Its fields. Those of no list are refused.
    const KEYS: &'static [&'static str];

    /// What makes no sense in it, one line each.
    fn faults(&self) -> Vec<String>;
}

/// A field that no program of the kind has.
#[derive(Debug, thiserror::Error)]
#[error("unknown field `{found}`, expected one of {}", known.join(", "))]
struct UnknownField {
    found: String,
    known: Vec<&'static str>,
}

/// A program that can be started.
pub struct Config {
    /// Its name, safe as a file name.
    pub name: String,
    /// The program, found.
    pub program: PathBuf,
    /// Its arguments.
    pub(super) args: Vec<String>,
    /// The folder of the file: the program's working folder.
    pub(super) folder: PathBuf,
    /// The whole environment of the program.
    pub(super) env: Vec<(String, OsString)>,
    /// Names that the file lists and that are not set.
    unset: Vec<String>,
    /// How many copies of the program run at once.
    pub workers: usize,
    /// Time until its hello.
    pub(super) startup: Duration,
    /// Time for one task.
    pub task: Duration,
    /// Digests of the file, of the program and of the files among the arguments.
    pub digests: BTreeMap<String, String>,
}

impl Config {
    /// Reads a file and finds the program.
    ///
    /// # Errors
    /// Every fault of the file at once.
    pub fn read<T: Description>(path: &Path) -> Result<(Self, T), ProgramError> {
        let text = read_text_bounded(path, MAX_TOML_BYTES).map_err(|error| {
            ProgramError::caused_by("cannot read the description of the program", error)
        })?;
        let (wire, own) = parse::<T>(path, &text)?;
        let folder = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let folder = std::path::absolute(folder.unwrap_or(Path::new("."))).map_err(|error| {
            ProgramError::caused_by("its folder is not known", FileError::at(path)(error))
        })?;
        let mut faults = wire.faults();
        faults.extend(own.faults());
        let program = find(&wire.program, &folder);
        if let Err(fault) = &program {
            faults.push(fault.clone());
        }
        let (Ok(program), true) = (program, faults.is_empty()) else {
            let (path, faults) = (path.display(), faults.join("\n  "));
            return Err(ProgramError::new(format!(
                "{path} cannot be used:\n  {faults}"
            )));
        };
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        let (env, unset) = environment(&wire.env);
        let config = Self {
            name: wire
                .name
                .unwrap_or_else(|| safe_name(&stem.unwrap_or_default())),
            digests: digests(&text, &program, &wire.args, &folder)?,
            program,
            args: wire.args,
            folder,
            env,
            unset,
            workers: wire.workers,
            startup: Duration::from_secs_f64(wire.startup_timeout_s),
            task: Duration::from_secs_f64(wire.task_timeout_s),
        };
        Ok((config, own))
    }

    /// What people should read before the program is asked.
    pub fn notices(&self) -> Vec<String> {
        let unset = self.unset.iter();
        let unset = unset.map(|name| format!("command: the variable {name} of `env` is not set"));
        unset.collect()
    }
}

/// What the file says of the program, and what it says beside.
fn parse<T: Description>(path: &Path, text: &str) -> Result<(Wire, T), ProgramError> {
    let malformed = |error: Box<dyn std::error::Error + Send + Sync>| {
        ProgramError::caused_by(format!("{} is malformed", path.display()), error)
    };
    let wire: Wire = toml::from_str(text).map_err(|error| malformed(error.into()))?;
    let own: T = toml::from_str(text).map_err(|error| malformed(error.into()))?;
    let table: toml::Table = toml::from_str(text).map_err(|error| malformed(error.into()))?;
    let known: Vec<&str> = KEYS.iter().chain(T::KEYS).copied().collect();
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok((wire, own)),
        Some(found) => {
            let found = excerpt(found, 80);
            Err(malformed(UnknownField { found, known }.into()))
        }
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
            true => format!("; for the file next to the description write \"./{program}\""),
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
) -> Result<BTreeMap<String, String>, ProgramError> {
    let of_file = |path: &Path| -> Result<String, FileError> {
        let bytes = std::fs::metadata(path).map_err(FileError::at(path))?.len();
        if bytes > MAX_DIGESTED_BYTES {
            return Ok(format!("{bytes} bytes"));
        }
        Ok(Digest::of(&read_bounded(path, MAX_DIGESTED_BYTES)?).to_string())
    };
    let unreadable = |error| ProgramError::caused_by("a file cannot be read", error);
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
