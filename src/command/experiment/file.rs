//! What the experiment file says: its form, and what no type says.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::command::UsageError;
use crate::common::files;
use crate::common::toml_fault::{line_and_column, line_column_and_what};

/// The file's name.
pub(super) const FILE: &str = "parabench.toml";
/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The experiment: keys are those of the options of `run` and `report`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Experiment {
    pub(super) suite: Spanned<String>,
    #[serde(rename = "model")]
    pub(super) models: Vec<Model>,
    pub(super) judges: Vec<Spanned<String>>,
    pub(super) limit: Option<Spanned<u64>>,
    pub(super) tasks: Option<Spanned<Vec<String>>>,
    pub(super) categories: Option<Spanned<Vec<String>>>,
    pub(super) seed: Option<Spanned<u64>>,
    pub(super) seeds: Option<Spanned<String>>,
    pub(super) repeats: Option<Spanned<u64>>,
    pub(super) rubrics: Option<Spanned<String>>,
    pub(super) max_connections: Option<Spanned<u64>>,
    pub(super) max_cost: Option<Spanned<f64>>,
    pub(super) allow_missing: Option<Spanned<f64>>,
    pub(super) declare: Option<Spanned<String>>,
    pub(super) shard: Option<Spanned<String>>,
    pub(super) results: Option<Spanned<String>>,
    pub(super) report: Option<Report>,
}

/// A model and the name of its run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub(super) name: Spanned<String>,
    pub(super) spec: Spanned<String>,
}

/// What `report` makes of the runs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    pub(super) output: Spanned<String>,
    #[serde(default)]
    pub(super) baselines: Vec<Spanned<String>>,
    pub(super) judge: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) audits: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) multiverse: bool,
}

/// The file's text and what it says.
pub(super) struct File {
    text: String,
    pub(super) experiment: Experiment,
}

impl File {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = files::read_text_bounded(path, MAX_BYTES)?;
        let experiment: Experiment = toml::from_str(&text).map_err(|error| {
            UsageError(format!("{FILE}, {}", line_column_and_what(&text, &error)))
        })?;
        let file = Self { text, experiment };
        file.check()?;
        Ok(file)
    }

    /// What no type says.
    fn check(&self) -> anyhow::Result<()> {
        let models = &self.experiment.models;
        if models.is_empty() {
            return Err(UsageError(format!(
                "{FILE} does not name a model; expected [[model]] with name and spec"
            ))
            .into());
        }
        for (at, model) in models.iter().enumerate() {
            let name = model.name.get_ref();
            if !files::is_safe_name(name) {
                let what = "a model's name is the name of its run: letters, digits, `-`, `_` and `.` are expected";
                return Err(self.fault(model.name.span(), what));
            }
            if models
                .iter()
                .take(at)
                .any(|other| other.name.get_ref() == name)
            {
                return Err(self.fault(model.name.span(), "two models have this name"));
            }
        }
        let baselines = self
            .experiment
            .report
            .iter()
            .flat_map(|report| &report.baselines);
        for baseline in baselines {
            if !models
                .iter()
                .any(|model| model.name.get_ref() == baseline.get_ref())
            {
                let known: Vec<&str> = models
                    .iter()
                    .map(|model| model.name.get_ref().as_str())
                    .collect();
                let what = format!(
                    "no model has this name; expected one of {}",
                    known.join(", ")
                );
                return Err(self.fault(baseline.span(), &what));
            }
        }
        Ok(())
    }

    /// An error with its place in the file.
    pub(super) fn fault(&self, place: Range<usize>, what: &str) -> anyhow::Error {
        let (line, column) = line_and_column(&self.text, place.start);
        UsageError(format!("{FILE}, line {line}, column {column}: {what}")).into()
    }
}
