//! The minimal run: `run.toml` and `scores.csv`, all that an analysis needs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::common::digest::Digest;
use crate::common::files::{self, FileError};
use crate::imported::ScoresImportError;
use crate::imported::assemble::{JudgeMarks, ModelMarks};
use crate::judge::{self, MissingReason};
use crate::model;
use crate::run::folder::names;
use crate::run::manifest::{
    CategorySection, ImportSection, JudgeSection, Manifest, ModelSection, SamplingSection,
    SuiteSection, program,
};
use crate::run::record::SchemaVersion;
use crate::run::scores::{self, ScoreRow, Status};
use crate::suite::{Axis, Definition, Kind};

pub use crate::run::manifest::IMPORTED as KIND;

/// A run that can be written.
#[derive(Clone, Debug)]
pub struct ImportedRun {
    /// Its manifest, less the digest of the table.
    pub manifest: Manifest,
    /// Its table.
    pub rows: Vec<ScoreRow>,
}

/// The run of one model.
pub fn run(definition: &Definition, marks: &ModelMarks, section: ImportSection) -> ImportedRun {
    let thinks = thinks(definition, marks);
    let manifest = Manifest {
        schema: if definition.declares() {
            SchemaVersion::newest()
        } else {
            SchemaVersion::default()
        },
        program: program(),
        suite: suite_section(definition, marks),
        sampling: SamplingSection {
            limit: None,
            tasks: Vec::new(),
            categories: Vec::new(),
            tasks_digest: Digest::of_fields(marks.tasks.iter().map(|task| task.id.as_bytes())),
            run_seed: 0,
            seeds: format!("0..{}", marks.samples),
        },
        model: ModelSection {
            spec: KIND.to_owned(),
            identity: model::Identity {
                name: marks.model.clone(),
                kind: KIND.to_owned(),
                thinks,
                details: BTreeMap::new(),
            },
            provenance: BTreeMap::new(),
        },
        declaration: None,
        shard: None,
        merged: None,
        import: Some(section),
        judges: marks
            .judges
            .iter()
            .map(|judge| judge_section(definition, judge))
            .collect(),
    };
    let rows = rows(definition, marks, thinks);
    ImportedRun { manifest, rows }
}

/// A model thinks if its suite looks at reasoning and any such mark was given.
fn thinks(definition: &Definition, marks: &ModelMarks) -> bool {
    let looks = |axis: &Axis| axis.needs_reasoning();
    !definition.axes.iter().any(looks)
        || marks
            .judges
            .iter()
            .any(|judge| judge.axes.iter().any(looks))
}

fn judge_section(definition: &Definition, judge: &JudgeMarks) -> JudgeSection {
    let mut details = BTreeMap::from([("marks".to_owned(), KIND.to_owned())]);
    if judge.axes.len() < definition.axes.len() {
        let keys: Vec<&str> = judge.axes.iter().map(|axis| axis.key()).collect();
        details.insert(judge::AXES.to_owned(), keys.join(", "));
    }
    let identity = judge::Identity {
        name: judge.name.clone(),
        kind: KIND.to_owned(),
        details,
    };
    JudgeSection::new(&identity, judge.repeats)
}

fn suite_section(definition: &Definition, marks: &ModelMarks) -> SuiteSection {
    let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
    for task in &marks.tasks {
        *counts.entry(task.category).or_default() += 1;
    }
    let categories = definition.categories.iter().enumerate();
    let section = |(place, category): (usize, &crate::suite::Category)| CategorySection {
        name: category.name.clone(),
        kind: category.kind,
        planned: category.planned,
        selected: counts.get(&place).copied().unwrap_or(0),
    };
    let clusters = marks.tasks.iter();
    SuiteSection {
        name: definition.name.clone(),
        version: definition.version.clone(),
        digest: digest(definition, marks),
        mapping: definition.mapping,
        print: definition.print,
        exempt: marks
            .tasks
            .iter()
            .filter(|task| !task.without.is_empty())
            .map(|task| (task.id.to_string(), task.without.clone()))
            .collect(),
        axes: definition.axes.clone(),
        scores: definition.scores.clone(),
        categories: categories.map(section).collect(),
        clusters: clusters
            .filter_map(|task| Some((task.id.to_string(), task.cluster.as_ref()?.to_string())))
            .collect(),
    }
}

/// What the suite says, with the ids of the tasks; no texts and pictures, which are not here.
fn digest(definition: &Definition, marks: &ModelMarks) -> Digest {
    let wire = toml::to_string(&definition.to_wire()).unwrap_or_default();
    let ids = marks.tasks.iter().map(|task| task.id.as_bytes());
    let head = [b"parabench imported suite 1".as_slice(), wire.as_bytes()];
    Digest::of_fields(head.into_iter().chain(ids))
}

fn rows(definition: &Definition, marks: &ModelMarks, thinks: bool) -> Vec<ScoreRow> {
    let (suite, model): (Arc<str>, Arc<str>) =
        (definition.name.as_str().into(), marks.model.as_str().into());
    let judges: Vec<(Arc<str>, &JudgeMarks)> = marks
        .judges
        .iter()
        .map(|judge| (judge.name.as_str().into(), judge))
        .collect();
    let names: Vec<Arc<str>> = definition
        .categories
        .iter()
        .map(|category| category.name.as_str().into())
        .collect();
    let mut rows = Vec::new();
    for (at, task) in marks.tasks.iter().enumerate() {
        let category = names
            .get(task.category)
            .cloned()
            .unwrap_or_else(|| "".into());
        let kind = definition
            .categories
            .get(task.category)
            .map_or(Kind::Edit, |category| category.kind);
        for sample in 0..marks.samples {
            for (name, judge) in &judges {
                for &axis in &definition.axes {
                    for repeat in 0..judge.repeats {
                        let without = task.without.iter().any(|key| key == axis.key());
                        let applies = axis.exists_in(&category, kind)
                            && !without
                            && judge.axes.contains(&axis)
                            && (thinks || !axis.needs_reasoning());
                        let found = judge.marks.get(&(at, sample, repeat, axis));
                        let (score, status) = match (applies, found) {
                            (false, _) => (None, Status::NotApplicable),
                            (true, Some(Ok(score))) => (Some(*score), Status::Ok),
                            (true, Some(Err(why))) => (None, Status::Missing(*why)),
                            (true, None) => (None, Status::Missing(MissingReason::NotInFile)),
                        };
                        rows.push(ScoreRow {
                            suite: Arc::clone(&suite),
                            task: Arc::clone(&task.id),
                            category: Arc::clone(&category),
                            kind,
                            model: Arc::clone(&model),
                            seed: sample,
                            axis,
                            judge: Arc::clone(name),
                            repeat,
                            score,
                            status,
                        });
                    }
                }
            }
        }
    }
    rows
}

impl ImportedRun {
    /// Writes the run into a folder that is not there yet.
    ///
    /// # Errors
    /// The folder exists, or the disk fails.
    pub fn write(mut self, folder: &Path) -> Result<(), ScoresImportError> {
        if folder.exists() {
            return Err(ScoresImportError::Format(format!(
                "{} exists already; choose another name with -o, or remove it",
                folder.display()
            )));
        }
        files::create_folder(folder)?;
        let table = folder.join(names::SCORES);
        scores::write(&table, &self.rows)?;
        let digest = Digest::of_file(&table).map_err(FileError::at(&table))?;
        if let Some(import) = &mut self.manifest.import {
            import.scores = Some(digest);
        }
        Ok(self.manifest.write(&folder.join(names::MANIFEST))?)
    }
}
