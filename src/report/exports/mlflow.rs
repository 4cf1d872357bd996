//! A tracking folder of MLflow (its file store): one experiment for a suite, one run for a run. MLflow 3 reads it with
//! `MLFLOW_ALLOW_FILE_STORE=true`, or takes it into a database by `mlflow migrate-filestore`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::{ExportError, Exported};
use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::run::folder::names;

/// A finished run, in MLflow's numbering.
const FINISHED: u8 = 3;
/// A local source, in MLflow's numbering.
const LOCAL: u8 = 4;

/// Writes `mlruns/` into a folder.
///
/// # Errors
/// [`ExportError::File`].
pub fn write(runs: &[Exported], folder: &Path) -> Result<(), ExportError> {
    let store = folder.join("mlruns");
    files::create_folder(&store)?;
    let store = store.canonicalize().map_err(FileError::at(&store))?;
    for run in runs {
        let suite = &run.run.manifest.suite.name;
        let experiment = experiment_id(suite);
        let of_experiment = store.join(&experiment);
        files::create_folder(&of_experiment)?;
        let text = format!(
            "artifact_location: {}\nexperiment_id: '{experiment}'\nlifecycle_stage: active\nname: {}\n",
            yaml(&uri(&of_experiment)),
            yaml(&format!("parabench {suite}"))
        );
        files::write_atomic(&of_experiment.join("meta.yaml"), text.as_bytes())?;
        write_run(run, &of_experiment, &experiment)?;
    }
    Ok(())
}

/// Eighteen digits that belong to the suite's name.
fn experiment_id(suite: &str) -> String {
    let number = Digest::of(suite.as_bytes()).as_u64() % 1_000_000_000_000_000_000;
    format!("{number:018}")
}

fn write_run(run: &Exported, experiment: &Path, experiment_id: &str) -> Result<(), ExportError> {
    let id = run.id();
    let folder = experiment.join(&id);
    let artifacts = folder.join("artifacts");
    files::create_folder(&artifacts)?;
    for name in [names::MANIFEST, names::SCORES] {
        let (from, to) = (run.run.folder.join(name), artifacts.join(name));
        fs::copy(&from, &to).map_err(FileError::at(&from))?;
    }
    let (start, end) = milliseconds(run)?;
    let text = format!(
        "artifact_uri: {}\nend_time: {end}\nentry_point_name: ''\nexperiment_id: '{experiment_id}'\nlifecycle_stage: \
         active\nrun_id: {id}\nrun_name: {}\nsource_name: parabench\nsource_type: {LOCAL}\nsource_version: ''\n\
         start_time: {start}\nstatus: {FINISHED}\ntags: []\nuser_id: parabench\n",
        yaml(&uri(&artifacts)),
        yaml(&run.run.label)
    );
    files::write_atomic(&folder.join("meta.yaml"), text.as_bytes())?;
    let metrics = run.metrics().into_iter();
    each(
        &folder,
        "metrics",
        metrics.map(|(name, value)| (name, format!("{end} {value} 0\n"))),
    )?;
    each(&folder, "params", run.parameters())?;
    let mut tags = run.no_means();
    tags.insert("mlflow.runName".to_owned(), run.run.label.clone());
    tags.insert("mlflow.source.name".to_owned(), "parabench".to_owned());
    each(&folder, "tags", tags)
}

/// One file for each name, as MLflow keeps metrics, parameters and tags.
fn each(
    folder: &Path,
    kind: &str,
    values: impl IntoIterator<Item = (String, String)>,
) -> Result<(), ExportError> {
    let folder = folder.join(kind);
    files::create_folder(&folder)?;
    for (name, value) in values {
        files::write_atomic(&folder.join(name), value.as_bytes())?;
    }
    Ok(())
}

/// Start and end in milliseconds since 1970: of the logs or, without logs, when the score table was written.
fn milliseconds(run: &Exported) -> Result<(i64, i64), ExportError> {
    if let Some((start, end)) = run.span {
        return Ok((start.as_millisecond(), end.as_millisecond()));
    }
    let file = run.run.folder.join(names::SCORES);
    let written = fs::metadata(&file).and_then(|meta| meta.modified());
    let written = written.map_err(FileError::at(&file))?;
    let since = written.duration_since(std::time::UNIX_EPOCH);
    let at = since.map_or(0, |time| {
        i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
    });
    Ok((at, at))
}

/// The address of a file.
fn uri(path: &Path) -> String {
    let mut text = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(*byte));
            }
            other => {
                // Writing to a text does not fail.
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text
}

/// Text as YAML in double quotes: what is not printable ASCII is escaped.
fn yaml(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            other => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(other));
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_within_its_quotes() {
        assert_eq!(yaml("a\"b\\c"), r#""a\"b\\c""#);
        assert_eq!(yaml("é\n😀"), r#""\U000000E9\U0000000A\U0001F600""#);
    }

    #[test]
    fn addresses_are_escaped() {
        assert_eq!(uri(Path::new("/a b/é#?")), "file:///a%20b/%C3%A9%23%3F");
    }

    #[test]
    fn experiments_have_eighteen_digits() {
        for suite in ["shapes", "parabench", ""] {
            let id = experiment_id(suite);
            assert!(
                id.len() == 18 && id.bytes().all(|b| b.is_ascii_digit()),
                "{id}"
            );
        }
    }
}
