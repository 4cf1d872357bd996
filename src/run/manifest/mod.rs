//! `run.toml`: everything that decided the result of a run.

mod extra;
mod import;
mod suite;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use self::extra::ExtraAxes;
pub use self::import::{IMPORTED, ImportSection, ImportedFile};
pub use self::suite::{CategorySection, SuiteSection};
use crate::common::digest::Digest;
use crate::common::files;
use crate::endpoint::identity::modernise;
use crate::judge;
use crate::model;
use crate::run::RunError;
use crate::run::record::{SCHEMA, SchemaVersion};
use crate::run::shard::Shard;
use crate::suite::select::{Filter, SampleRange};
use crate::suite::{Axis, Suite};

/// The schema of runs whose suite declares its axes.
pub const DECLARING: u32 = 2;

/// Longest `run.toml` that is read, in bytes.
pub const MAX_MANIFEST_BYTES: u64 = 4 << 20;

/// Everything that decided the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of this file.
    pub schema: SchemaVersion<DECLARING>,
    /// Program and version that made the run.
    pub program: String,
    /// What was asked.
    pub suite: SuiteSection,
    /// Which of it, and how often.
    pub sampling: SamplingSection,
    /// Who answered.
    pub model: ModelSection,
    /// What was declared before the first mark; absent where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<DeclarationSection>,
    /// Which part of the run this is, where several machines share it; absent in whole runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Where the run was merged from shards: what each of them gave. Decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<MergedSection>,
    /// Where the marks were made elsewhere: the files that they come from. Such a run has no logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportSection>,
    /// Who marked; a run can be marked by several judges.
    #[serde(default, rename = "judge")]
    pub judges: Vec<JudgeSection>,
}

/// What was asked of the suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingSection {
    /// At most so many tasks; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Only these tasks; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<String>,
    /// Only these categories; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Digest of the ids that this selects.
    pub tasks_digest: Digest,
    /// The seed that all others derive from.
    pub run_seed: u64,
    /// Numbers of the samples per task, half open: `0..1`.
    pub seeds: String,
}

/// What is worth knowing later and decides nothing; what it was in each sitting.
pub type Provenance = BTreeMap<String, String>;

/// Adds what holds in this sitting to what held before.
pub fn add_provenance(known: &mut Provenance, now: &Provenance) {
    for (name, value) in now {
        let before = known.entry(name.clone()).or_insert_with(|| value.clone());
        if before.split("; then ").last() != Some(value) {
            *before = format!("{before}; then {value}");
        }
    }
}

/// Adds what held in the sittings of another part of the run; what is known stays once, so that adding again changes
/// nothing.
pub fn unite_provenance(known: &mut Provenance, other: &Provenance) {
    for (name, values) in other {
        let before = known.entry(name.clone()).or_default();
        for value in values.split("; then ") {
            if before.is_empty() {
                *before = value.to_owned();
            } else if !before.split("; then ").any(|one| one == value) {
                *before = format!("{before}; then {value}");
            }
        }
    }
}

/// The model of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSection {
    /// The specification as it was given.
    pub spec: String,
    /// What it stands for.
    pub identity: model::Identity,
    /// What decides no answer: addresses, the retry policy.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provenance: Provenance,
}

/// What was declared before the first mark: primary contrast, margin, looks and so on, known by their digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationSection {
    /// Digest of the declared values.
    pub digest: Digest,
}

/// The shards that a run was merged from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergedSection {
    /// How many shards the run has.
    pub shards: u32,
    /// Those of them that were there.
    pub shard: Vec<MergedShard>,
}

/// What one shard gave to a merged run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergedShard {
    /// Its number, from 0.
    pub index: u32,
    /// Whether everything that was planned for it is there.
    pub complete: bool,
    /// Answers.
    pub answers: u64,
    /// Records of marks, superseded ones included.
    pub marks: u64,
    /// SHA-256 of its log of answers, each record's line as it was written.
    pub samples: Digest,
    /// SHA-256 of its log of marks.
    pub judgments: Digest,
}

/// A judge of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgeSection {
    /// Marks per sample and axis.
    pub repeats: u32,
    /// Digest of the identity: marks of judges are comparable when it is equal.
    pub digest: Digest,
    /// Who it is.
    pub identity: judge::Identity,
    /// What decides no mark: addresses, the retry policy.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provenance: Provenance,
    /// Axes that it marks beside the suite's: they enter no official figure.
    #[serde(default, rename = "axis", skip_serializing_if = "ExtraAxes::are_none")]
    pub extra: ExtraAxes,
}

impl JudgeSection {
    /// The section of a judge.
    pub fn new(identity: &judge::Identity, repeats: u32) -> Self {
        Self {
            repeats,
            digest: identity.digest(),
            identity: identity.clone(),
            provenance: Provenance::new(),
            extra: ExtraAxes::default(),
        }
    }
}

/// Name and version of this program, as `run.toml` records them.
pub fn program() -> String {
    format!("parabench {}", env!("CARGO_PKG_VERSION"))
}

impl SamplingSection {
    /// The section of a filter that selects the tasks at `selected`.
    pub fn new(filter: &Filter, seeds: SampleRange, suite: &Suite, selected: &[usize]) -> Self {
        let ids = selected.iter().filter_map(|&index| suite.tasks.get(index));
        Self {
            limit: filter.limit,
            tasks: filter.tasks.clone(),
            categories: filter.categories.clone(),
            tasks_digest: Digest::of_fields(ids.map(|task| task.id().as_bytes())),
            run_seed: filter.seed,
            seeds: seeds.to_string(),
        }
    }

    /// The filter that this was made of.
    pub fn filter(&self) -> Filter {
        Filter {
            limit: self.limit,
            tasks: self.tasks.clone(),
            categories: self.categories.clone(),
            seed: self.run_seed,
        }
    }
}

impl Manifest {
    /// Reads `run.toml`.
    ///
    /// # Errors
    /// [`RunError::File`] and [`RunError::Manifest`].
    pub fn read(path: &Path) -> Result<Self, RunError> {
        let text = files::read_text_bounded(path, MAX_MANIFEST_BYTES)?;
        let mut manifest: Self = toml::from_str(&text).map_err(|error| RunError::Manifest {
            path: path.to_owned(),
            message: format!("not a run.toml of schema {SCHEMA}: {error}"),
        })?;
        manifest.modernise();
        Ok(manifest)
    }

    /// Brings what an earlier version recorded of endpoints into the present form.
    fn modernise(&mut self) {
        if let Some(provenance) = modernise(&mut self.model.identity.details) {
            self.model.provenance = provenance;
        }
        for judge in &mut self.judges {
            if let Some(provenance) = modernise(&mut judge.identity.details) {
                judge.provenance = provenance;
                judge.digest = judge.identity.digest();
            }
        }
    }

    /// Writes `run.toml`, whole or not at all.
    ///
    /// # Errors
    /// [`RunError::File`] and [`RunError::Manifest`].
    pub fn write(&self, path: &Path) -> Result<(), RunError> {
        let text = toml::to_string(self).map_err(|error| RunError::Manifest {
            path: path.to_owned(),
            message: error.to_string(),
        })?;
        Ok(files::write_atomic(path, text.as_bytes())?)
    }

    /// The axes of a judge's rows: the suite's, then those that it marks beside them.
    pub fn axes_of(&self, judge: &JudgeSection) -> Vec<Axis> {
        let axes = self.suite.axes.iter().chain(judge.extra.iter());
        axes.copied().collect()
    }

    /// The axes of all rows.
    pub fn all_axes(&self) -> Vec<Axis> {
        let mut axes = self.suite.axes.clone();
        for axis in self.judges.iter().flat_map(|judge| judge.extra.iter()) {
            if !axes.contains(axis) {
                axes.push(*axis);
            }
        }
        axes
    }

    /// The manifest of the whole run that a shard is a part of.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self {
            shard: None,
            merged: None,
            ..self.clone()
        }
    }

    /// The name of a run that is given none.
    pub fn default_name(&self) -> String {
        default_name(
            &self.suite.name,
            &self.model.identity.name,
            self.samples_digest(),
        )
    }

    /// Digest of what decides the samples: suite, selection, seeds and model.
    /// Judges and a declaration are not in it, so that a run can be judged again by another one; nor is the shard,
    /// so that all shards of a run have one name.
    pub fn samples_digest(&self) -> Digest {
        let alone = Self {
            judges: Vec::new(),
            declaration: None,
            ..self.whole()
        };
        let lines = alone.settings();
        Digest::of_fields(lines.iter().flat_map(|(k, v)| [k.as_bytes(), v.as_bytes()]))
    }

    /// The settings in which two manifests differ, judges and declaration aside: one line each.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let (before, now) = (self.settings(), now.settings());
        let keys: std::collections::BTreeSet<_> = before.keys().chain(now.keys()).collect();
        let absent = || "absent".to_owned();
        keys.into_iter()
            .filter(|key| !key.starts_with("judge") && !key.starts_with("declaration"))
            .filter_map(|key| {
                let (old, new) = (before.get(key), now.get(key));
                (old != new).then(|| {
                    let old = old.cloned().unwrap_or_else(absent);
                    let new = new.cloned().unwrap_or_else(absent);
                    format!("  {key}: recorded {old}, now {new}")
                })
            })
            .collect()
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let mut flat = BTreeMap::new();
        if let Ok(value) = toml::Value::try_from(self) {
            flatten("", &value, &mut flat);
        }
        flat.retain(|key, _| !key.starts_with("model.provenance.") && !key.starts_with("merged."));
        flat
    }
}

/// The name of a run that is given none: suite, model and the first characters of the digest of what decides its
/// answers.
pub fn default_name(suite: &str, model: &str, samples: Digest) -> String {
    format!("{suite}-{model}-{}", samples.short(8))
}

fn flatten(prefix: &str, value: &toml::Value, flat: &mut BTreeMap<String, String>) {
    let join = |key: &str| match prefix {
        "" => key.to_owned(),
        _ => format!("{prefix}.{key}"),
    };
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                flatten(&join(key), value, flat);
            }
        }
        toml::Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                flatten(&join(&index.to_string()), value, flat);
            }
        }
        scalar => {
            flat.insert(prefix.to_owned(), scalar.to_string());
        }
    }
}
